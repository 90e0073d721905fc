"""Measurements of both routers as directions on the Bloch sphere: what they give on a state, and real pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import qutip
from numpy.typing import ArrayLike, NDArray

from entsched.behavior import Behavior
from entsched.entanglement.readout import Readout
from entsched.quantum.bell import PairError
from entsched.quantum.correlation import PrincipalPlane, bloch_vectors, correlation_matrix
from entsched.quantum.detection import imperfect
from entsched.quantum.measurement import Measurement, spin
from entsched.quantum.pairs import MeasuredPairs, PairMixture, SharedCoin

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Directions:
    """One choice of measurements: for each question the direction of a spin, arrays (n, 3) of unit vectors.

    Unless their recipe says otherwise, routers flip their outcomes together by a fair shared coin, so that each
    server is as likely as the other whatever the state; routers whose detectors stay silent have a shared coin of
    their own.
    """

    a: Floats
    b: Floats

    @classmethod
    def in_plane(cls, plane: PrincipalPlane, angles_a: ArrayLike, angles_b: ArrayLike) -> Directions:
        """Angles (radians) in the plane in which a state is most correlated."""
        return cls(_around(plane.axes_a, angles_a), _around(plane.axes_b, angles_b))

    def coalescing(self, state: qutip.Qobj, readout: Readout) -> Floats:
        """C[x, y] = (1 + gain a_x T b_y + constant) / 2 on a state with correlation matrix T."""
        correlator = self.a @ correlation_matrix(state) @ self.b.T
        return (1 + readout.gain * correlator + readout.constant) / 2

    def leans(self, state: qutip.Qobj, readout: Readout) -> tuple[Floats, Floats]:
        """By how much outcome 0 is likelier than outcome 1 before any flip: of A for each x and of B for each y."""
        clear = readout.efficiency * (1 - 2 * readout.error)
        bloch_a, bloch_b = bloch_vectors(state)
        return clear * self.a @ bloch_a, clear * self.b @ bloch_b

    def source(self, state: qutip.Qobj, readout: Readout, flipped: bool = True) -> PairMixture:
        """The pairs themselves, to be measured one by one; coins pick the part."""
        coins = list(product((0, 1) if flipped else (0,), (0, 1)))
        parts = tuple(
            MeasuredPairs(state, *(self._measurements(side, flip, silent, readout) for side in (self.a, self.b)))
            for flip, silent in coins
        )
        return PairMixture((1 / len(coins),) * len(coins), parts)

    def _measurements(self, side: Floats, flip: int, silent: int, readout: Readout) -> tuple[Measurement, ...]:
        answer = (0.5, 0.5) if readout.no_click == "coin" else (1.0 - silent, float(silent))
        sign = 1 - 2 * flip
        return tuple(imperfect(spin(sign * each), readout.error, readout.efficiency, answer) for each in side)


@dataclass(frozen=True, eq=False)
class Recipe:
    """What two routers do with a pair: shared randomness picks directions, or answers that need no pair.

    Attributes
    ----------
    weights : probabilities of the parts
    parts : directions, or what shared randomness alone does: C[x, y] with both servers as likely, or a behavior
    flipped : whether a fair shared coin flips the outcomes on pairs, of both routers together

    Raises
    ------
    PairError
        If there is not one weight for each part, or the weights are no probabilities.
    """

    weights: tuple[float, ...]
    parts: tuple[Directions | Behavior | Floats, ...]
    flipped: bool = True

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.parts) or not self.parts:
            raise PairError(f"given {len(self.weights)} weights for {len(self.parts)} parts, allowed: one for each")
        if min(self.weights) < 0 or abs(sum(self.weights) - 1) > 1e-9:
            raise PairError(f"given weights {self.weights}, allowed: probabilities with sum 1")

    def behavior(self, state: qutip.Qobj, readout: Readout) -> Behavior:
        """P(a, b | x, y) on a state, by Born's rule."""
        of_parts = [_coalescing(part, state, readout) for part in self.parts]
        total = np.sum([w * c for w, c in zip(self.weights, of_parts, strict=True)], axis=0)
        fair = Behavior.from_coalescing(np.clip(total, 0.0, 1.0))
        weighted = zip(self.weights, self.parts, strict=True)
        leaning = [weight * lean for weight, part in weighted if (lean := self._lean(part, state, readout)) is not None]
        return Behavior(fair.p + np.sum(leaning, axis=0)) if leaning else fair

    def _lean(self, part: Directions | Behavior | Floats, state: qutip.Qobj, readout: Readout) -> Floats | None:
        """What the marginals of a part add to a table [a, b, x, y] with both servers as likely; None if nothing."""
        if isinstance(part, Behavior):
            return part.p - Behavior.from_coalescing(part.coalescing).p
        if self.flipped or not isinstance(part, Directions):
            return None
        sign = np.array([1.0, -1.0])
        lean_a, lean_b = (np.multiply.outer(sign, lean) / 4 for lean in part.leans(state, readout))
        lean: Floats = lean_a[:, None, :, None] + lean_b[None, :, None, :]
        return lean

    def source(self, state: qutip.Qobj, readout: Readout) -> Pairs:
        """The pairs, for runs that measure every one of them."""
        return Pairs(self, state, readout)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs in a state, measured by a recipe; the operators are made at the first measurement."""

    recipe: Recipe
    state: qutip.Qobj
    readout: Readout

    def behavior(self) -> Behavior:
        """P(a, b | x, y), by Born's rule."""
        return self.recipe.behavior(self.state, self.readout)

    def draw(self, x: int, y: int, shared: float, draws: tuple[float, float]) -> tuple[int, int]:
        """Measure a fresh pair for questions x and y: ``shared`` in [0, 1) picks the part, ``draws`` its outcomes."""
        return self.mixture.draw(x, y, shared, draws)

    @cached_property
    def mixture(self) -> PairMixture:
        """All parts with their probabilities."""
        weights: list[float] = []
        parts: list[MeasuredPairs | SharedCoin] = []
        for weight, part in zip(self.recipe.weights, self.recipe.parts, strict=True):
            if isinstance(part, Directions):
                source = part.source(self.state, self.readout, self.recipe.flipped)
                weights += [weight * each for each in source.weights]
                parts += source.parts
            else:
                weights.append(weight)
                parts.append(SharedCoin(part if isinstance(part, Behavior) else Behavior.from_coalescing(part)))
        return PairMixture(tuple(weights), tuple(parts))


def _coalescing(part: Directions | Behavior | Floats, state: qutip.Qobj, readout: Readout) -> Floats:
    """C[x, y] of one part of a recipe."""
    if isinstance(part, Directions):
        return part.coalescing(state, readout)
    return part.coalescing if isinstance(part, Behavior) else part


def _around(axes: Floats, angles: ArrayLike) -> Floats:
    """cos(t) first + sin(t) second for each angle t."""
    t = np.asarray(angles, dtype=float)
    directions: Floats = np.stack([np.cos(t), np.sin(t)], axis=-1) @ axes
    return directions
