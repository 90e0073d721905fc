"""XOR games with side constraints, relaxed by multipliers: proved upper ends, and the points found on the way."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from entsched.games.nonlocal_game import XorGame
from entsched.games.xor.bound import UNIT_ROUNDOFF
from entsched.games.xor.master import Mixture, best_mixture
from entsched.games.xor.value import Optimum, best_vectors, correlator_of

Floats = NDArray[np.float64]


class Lagrangian:
    """phi(multipliers) = max sum (W - sum_k multipliers_k C_k) E + support: above every allowed value.

    The support is multipliers_k times the upper end of constraint k if it is positive, and times
    the lower end if it is negative. The constraints are divided by sum |C_k| / sum |W|. All points found
    on the way are kept.
    """

    def __init__(self, game: XorGame, tolerance: float, deadline: float) -> None:
        self.game, self.tolerance, self.deadline = game, tolerance, deadline
        self.size = float(np.abs(game.weights).sum()) or 1.0
        sizes = np.array([float(np.abs(c.coefficients).sum()) or self.size for c in game.constraints]) / self.size
        self.factors = 1 / sizes
        arrays = [c.coefficients / size for c, size in zip(game.constraints, sizes, strict=True)]
        self.coefficients = np.array(arrays).reshape(-1, *game.questions)
        self.lower = np.array([c.lower for c in game.constraints]) / sizes
        self.upper = np.array([c.upper for c in game.constraints]) / sizes
        self.points: list[Optimum] = []
        self.places: list[Floats] = []
        self.values: list[float] = []
        self.sums: list[Floats] = []

    def evaluate(self, multipliers: Floats, objective: float = 1.0) -> tuple[float, Optimum]:
        """A proved upper end on phi, for ``objective`` times W, and the vectors and multipliers behind it."""
        weights = objective * self.game.weights - np.tensordot(multipliers, self.coefficients, 1)
        found = best_vectors(weights, self.tolerance, self._nearest(multipliers), self.deadline)
        correlator = correlator_of(found.u, found.v)
        self.points.append(found)
        self.places.append(multipliers)
        self.values.append(float(np.sum(self.game.weights * correlator)))
        self.sums.append(np.tensordot(self.coefficients, correlator, 2))
        used = multipliers != 0
        terms = multipliers[used] * np.where(multipliers > 0, self.upper, self.lower)[used]
        terms_count = len(multipliers) + 4
        rounding = terms_count * UNIT_ROUNDOFF * (self.size * (1 + np.abs(multipliers).sum()) + np.abs(terms).sum())
        return found.upper + math.fsum(terms) + 2 * float(rounding), found

    def _nearest(self, multipliers: Floats) -> Optimum | None:
        if not self.points:
            return None
        distances = [float(np.abs(place - multipliers).sum()) for place in self.places]
        return self.points[int(np.argmin(distances))]

    def mixture(self, objective: float, radius: float) -> Mixture | None:
        """The best mixture of the points found; missing the constraints costs ``radius`` a unit."""
        limit = np.full(len(self.factors), radius)
        values = objective * np.array(self.values) / self.size
        sums = np.array(self.sums) / self.size
        return best_mixture(values, sums, self.lower / self.size, self.upper / self.size, -limit, limit)

    def secant(self) -> Floats | None:
        """The multiplier at which one constraint should just hold, between the nearest places on either side."""
        sums = np.array(self.sums)[:, 0]
        over, under = sums - self.upper[0], sums - self.lower[0]
        misses = over if np.any(over > 0) and np.all(sums[0] >= self.upper[0]) else under
        if not (np.any(misses > 0) and np.any(misses < 0)):
            return None
        above = int(np.argmin(np.where(misses > 0, misses, np.inf)))
        below = int(np.argmin(np.where(misses < 0, -misses, np.inf)))
        share = np.clip(misses[above] / (misses[above] - misses[below]), 0.05, 0.95)
        return (1 - share) * self.places[above] + share * self.places[below]
