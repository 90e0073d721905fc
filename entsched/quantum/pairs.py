"""A supply of Bell pairs with the measurements that routers make on them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import qutip
from numpy.typing import ArrayLike

from entsched.behavior import Behavior
from entsched.quantum.measurement import Measurement, born_behavior, projective
from entsched.quantum.one_shot import OneShotPair


@dataclass(frozen=True, eq=False)
class MeasuredPairs:
    """A state, and for each question the measurement that each party makes on its half."""

    state: qutip.Qobj
    measurements_a: tuple[Measurement, ...]
    measurements_b: tuple[Measurement, ...]

    @classmethod
    def at_angles(cls, state: qutip.Qobj, angles_a: ArrayLike, angles_b: ArrayLike) -> MeasuredPairs:
        """Projective measurements at angles (radians) in the X-Z plane, one for each question."""
        return cls(state, _at(angles_a), _at(angles_b))

    def behavior(self) -> Behavior:
        """P(a, b | x, y) by Born's rule."""
        return born_behavior(self.state, self.measurements_a, self.measurements_b)

    def draw(self, x: int, y: int, draws: tuple[float, float]) -> tuple[int, int]:
        """Measure a fresh pair for questions x and y; the pair is consumed."""
        pair = OneShotPair(self.state)
        a = pair.measure_a(self.measurements_a[x], draws[0])
        return a, pair.measure_b(self.measurements_b[y], draws[1])


@dataclass(frozen=True, eq=False)
class SharedCoin:
    """Answers from shared randomness alone, given by their behavior."""

    table: Behavior

    def behavior(self) -> Behavior:
        """P(a, b | x, y)."""
        return self.table

    def draw(self, x: int, y: int, draws: tuple[float, float]) -> tuple[int, int]:
        """Answers to questions x and y, A's first."""
        a = int(draws[0] >= self.table.marginal_a[0, x])
        joint = self.table.p[a, :, x, y]
        return a, int(draws[1] >= joint[0] / joint.sum())


@dataclass(frozen=True, eq=False)
class PairMixture:
    """Shared randomness that picks, for every request pair, what the routers do with their pair.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> mixture = PairMixture((1.0,), (MeasuredPairs.at_angles(phi_plus(), [0.0], [0.0]),))
    >>> mixture.draw(0, 0, 0.5, (0.1, 0.9))
    (0, 0)
    """

    weights: tuple[float, ...]
    parts: tuple[MeasuredPairs | SharedCoin, ...]

    def behavior(self) -> Behavior:
        """P(a, b | x, y) of the mixture."""
        return Behavior(
            np.sum([w * part.behavior().p for w, part in zip(self.weights, self.parts, strict=True)], axis=0)
        )

    def draw(self, x: int, y: int, shared: float, draws: tuple[float, float]) -> tuple[int, int]:
        """Answers to questions x and y: ``shared`` in [0, 1) picks the part, ``draws`` its outcomes."""
        edges = list(accumulate(self.weights))[:-1]
        return self.parts[bisect_right(edges, shared)].draw(x, y, draws)


def _at(angles: ArrayLike) -> tuple[Measurement, ...]:
    return tuple(projective(float(angle)) for angle in np.asarray(angles))
