"""Static routing as a game: eight linear functionals of a behavior, and R - weight W as a function of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.workload import BaselineReward, Workload

Floats = NDArray[np.float64]

#: The functionals of P(a, b | x, y), in order: customers of a pair that server 0 gets; the loads of both servers; the
#: rates of their batches, Hz; half the second moment of the work that comes to them, lambda E[B^2] / 2, s; and
#: the wait inside the pair, summed over its two customers, s.
CUSTOMERS, LOAD, RATE, SECOND, DELAY = 0, 1, 3, 5, 7

#: The gap that is left open on purpose, as a fraction of R + weight W, and the boxes after which a search gives up.
GAP, MOST_BOXES = 1e-4, 6000

#: Types up to which both ends are proved: 4^4 deterministic pairs, moment matrices of 25 rows.
MOST_TYPES = 4

#: Weights within what floating point carries safely through products with waits.
LEAST_WEIGHT, MOST_WEIGHT = 1e-9, 1e9

#: Loads that a search allows a server, and that its programs may be over it.
MOST_LOAD, SLACK = 0.999, 1e-6

#: Loads nearer to 1 count as this far from it while a search is under way.
MARGIN = 5e-4


class Figures(NamedTuple):
    """W, seconds, and R, baseline output per second."""

    mean_wait_s: float
    baseline_rate: float


@dataclass(frozen=True, eq=False)
class StaticGame:
    """Maximise R - weight W over static behaviors of a workload.

    Parameters
    ----------
    weight : baseline output that a second of mean wait is worth, 1e-9 to 1e9

    Raises
    ------
    GameError
        If the weight is out of range, there are more than 4 types, the load is above 0.999, or the reward outgrows
        every line while one server can serve everybody: the stretch of the other then never ends, and R has no bound.

    Examples
    --------
    >>> from entsched.behavior import Behavior
    >>> from entsched.workload.baseline import Affine
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> game = StaticGame(two, Affine(law="affine", setup_s=1.0), weight=0.1)
    >>> figures = game.figures(game.point(Behavior.from_coalescing([[1, 1], [1, 1]]).p))
    >>> round(figures.mean_wait_s, 6), round(figures.baseline_rate, 6)
    (1.905, 0.778801)
    """

    workload: Workload
    baseline: BaselineReward
    weight: float

    def __post_init__(self) -> None:
        n = len(self.workload.types)
        if not LEAST_WEIGHT <= self.weight <= MOST_WEIGHT:
            raise GameError(
                f"weight given {self.weight}, allowed: {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}, output per second of wait"
            )
        if n > MOST_TYPES:
            raise GameError(f"given {n} types, allowed for the best static routing: at most {MOST_TYPES}")
        if self.workload.load > MOST_LOAD:
            raise GameError(
                f"given load {self.workload.load:.6g}, allowed for the best static routing: at most {MOST_LOAD}"
            )
        if np.isinf(self.baseline.endless_rate) and 2 * self.workload.load <= 1:
            raise GameError(
                f"baseline given {self.baseline.law}, which outgrows every line: one server can serve everybody, the "
                "stretch of the other never ends and R has no bound; allowed: a saturating, affine or linear reward"
            )

    @property
    def types(self) -> int:
        """How many types a request can have."""
        return len(self.workload.types)

    @cached_property
    def functionals(self) -> Floats:
        """Their coefficients on P(a, b | x, y), shape (8, 2, 2, types, types)."""
        w, n = self.workload, self.types
        a, b, x, y = np.indices((2, 2, n, n))
        mean, second, rate = w.type_means_s, w.type_second_moments_s2, w.arrival_rate_hz
        rows = [(a == 0) + 1.0 * (b == 0)]
        rows += [rate * ((a == s) * mean[x] + (b == s) * mean[y]) for s in (0, 1)]
        rows += [rate * ((a == s) | (b == s)) for s in (0, 1)]
        met = 2 * mean[x] * mean[y]
        rows += [rate / 2 * ((a == s) * second[x] + (b == s) * second[y] + ((a == s) & (b == s)) * met) for s in (0, 1)]
        rows += [(a == b) * w.batch_delay_s[x, y]]
        return np.array(rows) * w.pi

    def point(self, p: Floats) -> Floats:
        """The functionals of a behavior p[a, b, x, y], shape (8,); of several along leading axes, shape (..., 8)."""
        found: Floats = (
            np.asarray(p).reshape(*np.shape(p)[:-4], -1) @ self.functionals.reshape(len(self.functionals), -1).T
        )
        return found

    def figures(self, point: Floats) -> Figures:
        """W and R at a point; loads of nearly 1 or more count as 1 - 0.0005.

        W = (sum_s n_s V_s + D) / 2 with V_s = second_s / (1 - load_s), and R = sum_s (1 - load_s) L_s E[T(Exp(L_s))].
        """
        customers = (point[CUSTOMERS], 2 - point[CUSTOMERS])
        free = [max(1 - point[LOAD + s], MARGIN) for s in (0, 1)]
        wait = sum(customers[s] * point[SECOND + s] / free[s] for s in (0, 1)) + point[DELAY]
        rate = sum((1 - point[LOAD + s]) * self.baseline.expected_rate(point[RATE + s]) for s in (0, 1))
        return Figures(float(wait / 2), float(rate))

    def value(self, point: Floats) -> float:
        """R - weight W at a point."""
        wait_s, rate = self.figures(point)
        return rate - self.weight * wait_s

    def gradient(self, point: Floats) -> Floats:
        """The derivative of the value by each functional, shape (8,)."""
        gradient = np.zeros(8)
        for s, customers in ((0, point[CUSTOMERS]), (1, 2 - point[CUSTOMERS])):
            load, rate, second = (point[at + s] for at in (LOAD, RATE, SECOND))
            free = max(1 - load, MARGIN)
            gradient[CUSTOMERS] -= self.weight / 2 * (1 - 2 * s) * second / free
            gradient[LOAD + s] = -self.baseline.expected_rate(rate)
            if free > MARGIN:
                gradient[LOAD + s] -= self.weight / 2 * customers * second / free**2
            gradient[SECOND + s] = -self.weight / 2 * customers / free
            gradient[RATE + s] = free * self._slope(rate)
        gradient[DELAY] = -self.weight / 2
        return gradient

    def _slope(self, rate_hz: float) -> float:
        """The derivative of L E[T(Exp(L))] by L, numerically."""
        step = 1e-5 * self.workload.arrival_rate_hz
        low = max(rate_hz - step, 0.0)
        high = low + 2 * step
        return (self.baseline.expected_rate(high) - self.baseline.expected_rate(low)) / (high - low)
