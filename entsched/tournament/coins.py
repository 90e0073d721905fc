"""What memoryless local routers reach when a shared coin, tossed for each pair, picks one of two routings; exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from entsched.behavior import ConditionalTable
from entsched.config import Experiment
from entsched.queueing import evaluate
from entsched.strategies.base import Resource, Scenario, StrategyClass
from entsched.strategies.compiling import by_pair_of, is_memoryless, memoryless_table
from entsched.tournament.comparison import EQUAL
from entsched.tournament.points import Point, State, places

Floats = NDArray[np.float64]
Place = tuple[float, float]

#: The shares at which coins are evaluated at first, and of how many of the most promising the best is found.
SHARES, PROMISING = np.linspace(0.0, 1.0, 9), 3


@dataclass(frozen=True, eq=False)
class Coin:
    """Two local points and the figures of what a coin makes of them.

    Attributes
    ----------
    figures : from the share of the first point to R (output per second) and W (seconds)
    curve : the figures at ``SHARES``, shape (shares, 2)
    """

    first: Point
    second: Point
    figures: Callable[[float], Place]
    curve: Floats

    @property
    def label(self) -> str:
        """Both points, for people."""
        return f"{self.first.label} or {self.second.label} by a coin"

    def is_allowed(self, widest: StrategyClass) -> bool:
        """Whether routers of a class can follow both points."""
        classes = tuple(StrategyClass)
        return all(classes.index(point.strategy_class) <= classes.index(widest) for point in (self.first, self.second))


def coins(experiment: Experiment, points: Sequence[Point]) -> list[Coin]:
    """Every two local points of a tournament whose routing tables are known and differ."""
    workload, baseline = experiment.workload, experiment.baseline

    def figures(table: Floats) -> Place:
        found = evaluate(workload, ConditionalTable(table), baseline)
        return found.baseline_rate, found.mean_wait_s

    known: list[tuple[Point, Floats]] = []
    for point, table in _tables(experiment, points):
        is_new = all(np.abs(table - other).max() > EQUAL for _, other in known)
        if is_new and np.allclose(figures(table), point.exact or np.nan, rtol=EQUAL, atol=0.0):
            known.append((point, table))
    return [
        coin(first, second, lambda share, one=one, other=other: figures(share * one + (1 - share) * other))  # type: ignore[misc]
        for (first, one), (second, other) in combinations(known, 2)
    ]


def coin(first: Point, second: Point, figures: Callable[[float], Place]) -> Coin:
    """A coin between two points, evaluated at all shares."""
    return Coin(first, second, figures, np.array([figures(share) for share in SHARES.tolist()]))


def _tables(experiment: Experiment, points: Sequence[Point]) -> list[tuple[Point, Floats]]:
    """The routing tables p[a, b, x, y] of exact local points that look at nothing but the requests, without p first."""
    tasks = {(task.strategy.label, task.splitting): task for task, _ in places(experiment, {})}
    found = []
    for point in sorted(points, key=lambda point: point.splitting is not None):
        is_static = point.strategy_class in (StrategyClass.SYMMETRIC, StrategyClass.STATIC)
        if not is_static or point.resource is not Resource.LOCAL or point.state is not State.RANKED or not point.exact:
            continue
        task = tasks[point.strategy, point.splitting]
        scenario = Scenario(task.workload, task.splitting, task.entanglement, task.communication, task.baseline)
        plan = task.strategy.compiled(scenario)
        if is_memoryless(task.strategy.strategy, plan) and by_pair_of(plan) is None:
            found.append((point, memoryless_table(plan, task.workload, point.strategy).p))
    return found


def least_coin(tossed: Sequence[Coin], rate: float) -> tuple[str, float] | None:
    """The coin of the least wait (seconds) with at least a rate, and that wait; None if none has it.

    Examples
    --------
    >>> from math import nan
    >>> place = StrategyClass.STATIC, Resource.LOCAL, State.RANKED, nan
    >>> one, other = (Point(name, None, *place, (r, w), {}) for name, r, w in (("a", 1.0, 1.0), ("b", 2.0, 2.0)))
    >>> label, wait_s = least_coin([coin(one, other, lambda share: (2 - share, (2 - share) ** 2))], 1.7)
    >>> label, round(wait_s, 9)
    ('a or b by a coin', 2.89)
    """
    found = [(each.label, float(each.curve[i, 1])) for each in tossed for i in np.flatnonzero(each.curve[:, 0] >= rate)]
    crossings = []
    for each in tossed:
        for (low, start), (high, stop) in pairwise(zip(SHARES.tolist(), each.curve, strict=True)):
            if (start[0] - rate) * (stop[0] - rate) < 0:
                share = (rate - start[0]) / (stop[0] - start[0])
                crossings.append((float(start[1] + share * (stop[1] - start[1])), each, (low, high)))
    for _, each, ends in sorted(crossings, key=lambda crossing: crossing[0])[:PROMISING]:
        share = float(brentq(lambda share, figures=each.figures: figures(share)[0] - rate, *ends, xtol=1e-14))
        found.append((each.label, each.figures(share)[1]))
    return min(found, key=lambda one: one[1], default=None)
