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
from entsched.quantum.correlation import PrincipalPlane, correlation_matrix
from entsched.quantum.detection import imperfect
from entsched.quantum.measurement import Measurement, spin
from entsched.quantum.pairs import MeasuredPairs, PairMixture, SharedCoin

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Directions:
    """One choice of measurements: for each question the direction of a spin, arrays (n, 3) of unit vectors.

    Routers flip their outcomes together by a fair shared coin, so that each server is as likely as the
    other whatever the state; routers whose detectors stay silent have a shared coin of their own.
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

    def source(self, state: qutip.Qobj, readout: Readout) -> PairMixture:
        """The pairs themselves, to be measured one by one; coins pick the part."""
        coins = [(flip, silent) for flip, silent in product((0, 1), repeat=2)]
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
    parts : directions, or C[x, y] of shared randomness alone

    Raises
    ------
    PairError
        If there is not one weight for each part, or the weights are no probabilities.
    """

    weights: tuple[float, ...]
    parts: tuple[Directions | Floats, ...]

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.parts) or not self.parts:
            raise PairError(f"given {len(self.weights)} weights for {len(self.parts)} parts, allowed: one for each")
        if min(self.weights) < 0 or abs(sum(self.weights) - 1) > 1e-9:
            raise PairError(f"given weights {self.weights}, allowed: probabilities with sum 1")

    def behavior(self, state: qutip.Qobj, readout: Readout) -> Behavior:
        """P(a, b | x, y) on a state, by Born's rule."""
        of_parts = [p.coalescing(state, readout) if isinstance(p, Directions) else p for p in self.parts]
        total = np.sum([w * c for w, c in zip(self.weights, of_parts, strict=True)], axis=0)
        return Behavior.from_coalescing(np.clip(total, 0.0, 1.0))

    def source(self, state: qutip.Qobj, readout: Readout) -> Pairs:
        """The pairs, for runs that measure every one of them."""
        return Pairs(self, state, readout)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs in a state, measured by a recipe; the operators are made at the first measurement."""

    recipe: Recipe
    state: qutip.Qobj
    readout: Readout

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
                source = part.source(self.state, self.readout)
                weights += [weight * each for each in source.weights]
                parts += source.parts
            else:
                weights.append(weight)
                parts.append(SharedCoin(Behavior.from_coalescing(part)))
        return PairMixture(tuple(weights), tuple(parts))


def _around(axes: Floats, angles: ArrayLike) -> Floats:
    """cos(t) first + sin(t) second for each angle t."""
    t = np.asarray(angles, dtype=float)
    directions: Floats = np.stack([np.cos(t), np.sin(t)], axis=-1) @ axes
    return directions
