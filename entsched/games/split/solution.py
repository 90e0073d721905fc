"""One result type for every set of correlations: both ends of the value, and the strategy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import CorrelationSet
from entsched.games.split.correlations import PairCorrelations

Floats = NDArray[np.float64]

#: Gaps below this fraction of the game's scale count as closed.
GAP_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Part:
    """One pure strategy of a mixture: angles in the plane of the two largest correlations, measured on a pair or not.

    Party A answers question x by angle ``angles_a[x]`` and B by ``angles_b[y]``; the correlator of an
    entangled part is that of :class:`PairCorrelations`, for a perfect pair cos(angles_a[x] - angles_b[y]).
    A part that is not entangled has angles 0 and pi only: fixed answers +1 and -1.
    """

    weight: float
    angles_a: Floats
    angles_b: Floats
    entangled: bool

    @classmethod
    def fixed(cls, weight: float, answers_a: Floats, answers_b: Floats) -> Part:
        """The part without a pair whose answers are the given +1 and -1."""
        angles_a, angles_b = (np.where(answers > 0, 0.0, np.pi) for answers in (answers_a, answers_b))
        return cls(weight, angles_a, angles_b, entangled=False)

    def coalescing(self, correlations: PairCorrelations) -> Floats:
        """C[x, y] = (1 + E[x, y]) / 2; a part that is not entangled ignores the correlations of the pair."""
        if self.entangled:
            return (1 + correlations.correlator(self.angles_a, self.angles_b)) / 2
        return (1 + np.cos(np.subtract.outer(self.angles_a, self.angles_b))) / 2


@dataclass(frozen=True, eq=False)
class Solution:
    """The optimum of a split game over one set of correlations at splitting probability p.

    Attributes
    ----------
    correlations : the set
    splitting : p
    lower, upper : both ends of the optimal J; ``upper`` is reached by ``coalescing``, ``lower`` is
        proved by duality at ``multiplier``
    multiplier : the price mu of one unit of splitting probability, -dJ/dp
    coalescing : C[x, y] of the strategy that reaches ``upper``
    parts : the strategy as a mixture of pure ones, chosen with shared randomness; empty for the
        no-signalling set, whose strategies have no parts of this kind
    """

    correlations: CorrelationSet
    splitting: float
    lower: float
    upper: float
    multiplier: float
    scale: float
    coalescing: Floats
    parts: tuple[Part, ...] = ()

    @property
    def gap(self) -> float:
        """How far the two ends are apart."""
        return self.upper - self.lower

    @property
    def status(self) -> str:
        """``optimal`` if the ends agree to 1e-9 of the game's scale, else ``bounded``."""
        return "optimal" if self.gap <= GAP_TOLERANCE * self.scale else "bounded"


def mix(parts: tuple[Part, ...], correlations: PairCorrelations) -> Floats:
    """C[x, y] of a mixture of pure strategies."""
    return np.sum([part.weight * part.coalescing(correlations) for part in parts], axis=0)
