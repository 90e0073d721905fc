"""What the solver returns for every set of correlations: both ends, the strategy, the proof."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Gaps below this fraction of the game's scale count as closed.
GAP_TOLERANCE = 1e-7


class Status(StrEnum):
    """How far a value is settled."""

    OPTIMAL = "optimal"  # both ends agree to 1e-7 of the game's scale
    BOUNDED = "bounded"  # both ends hold, but they are apart
    INTERRUPTED = "interrupted"  # stopped early: both ends hold
    INFEASIBLE = "infeasible"  # no behavior of the set meets the side constraints


@dataclass(frozen=True, eq=False)
class Deterministic:
    """Fixed answers: A answers question x by ``answers_a[x]``, B answers y by ``answers_b[y]`` (0, 1, ...)."""

    answers_a: Integers
    answers_b: Integers


@dataclass(frozen=True, eq=False)
class Vectors:
    """Unit vectors with E[x, y] = <u[x], v[y]>: a quantum strategy of an XOR game (Tsirelson).

    Attributes
    ----------
    u, v : arrays (questions to A, d) and (questions to B, d) of unit rows
    """

    u: Floats
    v: Floats


@dataclass(frozen=True, eq=False)
class Realisation:
    """A shared state and each party's measurements, as plain arrays.

    Attributes
    ----------
    state : density matrix on C^da tensor C^db, array (da db, da db)
    measurements_a : array (questions to A, answers of A, da, da)
    measurements_b : array (questions to B, answers of B, db, db)
    """

    state: NDArray[np.complex128]
    measurements_a: NDArray[np.complex128]
    measurements_b: NDArray[np.complex128]


Strategy = Deterministic | Vectors | Realisation


class Part(NamedTuple):
    """A strategy of a mixture, chosen by shared randomness with probability ``weight``."""

    weight: float
    strategy: Strategy


class LocalDual(NamedTuple):
    """Multipliers of the side constraints; the proof maximises over deterministic strategies."""

    multipliers: Floats


class XorDual(NamedTuple):
    """[[diag(d), -G], [-G^T, diag(e)]] >= 0, so sum G E <= (sum d + sum e) / 2; G with multipliers."""

    multipliers: Floats
    d: Floats
    e: Floats


class MomentDual(NamedTuple):
    """A positive semidefinite matrix on the moment matrix indexed by ``words`` (see games/npa)."""

    multipliers: Floats
    words: tuple[tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]], ...]
    matrix: NDArray[np.float64]


class NoSignallingDual(NamedTuple):
    """Potentials f[a, x, y] (sum over y is 0) and g[b, x, y] (sum over x is 0).

    Adding them changes no value of a no-signalling behavior, so it is at most
    sum_xy max_ab (G + f + g).
    """

    multipliers: Floats
    f: Floats
    g: Floats


Dual = LocalDual | XorDual | MomentDual | NoSignallingDual


@dataclass(frozen=True, eq=False)
class GameValue:
    """The largest value of a game over one set of behaviors.

    Attributes
    ----------
    correlations : the set: local, quantum, no-signalling, single-pair, ...
    lower : reached by ``strategy`` (and by ``behavior``); -inf if no strategy was found
    upper : proved by ``dual``; inf if nothing was proved
    scale : the game's unit of size, in which gaps are judged
    behavior : P[a, b, x, y] of the strategy, or its correlator E[x, y] for an XOR game
    strategy : parts mixed by shared randomness; empty for the no-signalling set
    dual : what proves the upper end
    interrupted : whether the search was stopped before its end
    """

    correlations: str
    lower: float
    upper: float
    scale: float
    behavior: Floats | None = None
    strategy: tuple[Part, ...] = ()
    dual: Dual | None = None
    interrupted: bool = False
    wall_time_s: float = 0.0

    @property
    def gap(self) -> float:
        """How far the two ends are apart."""
        return self.upper - self.lower

    @property
    def status(self) -> Status:
        """Optimal if the ends agree to 1e-7 of the game's scale."""
        if self.upper == -np.inf:
            return Status.INFEASIBLE
        if self.gap <= GAP_TOLERANCE * self.scale:
            return Status.OPTIMAL
        return Status.INTERRUPTED if self.interrupted else Status.BOUNDED
