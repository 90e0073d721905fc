"""The least wait of points, and of mixtures of two of them, that have as much output as another point."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.tournament.comparison import Comparison
from entsched.tournament.points import Point

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

#: How often what is said for sure of a class may be wrong, all of its points together.
ERROR = 0.05


class Rival(NamedTuple):
    """The least wait, in seconds beyond that of the point, and the share of each point it takes; none if infinite."""

    wait_s: float
    shares: dict[int, float]


class Rivals(NamedTuple):
    """The best rival by means, and what is sure of the least wait: it is at least ``low_s``, at most ``high_s``."""

    best: Rival
    low_s: float
    high_s: float


def least_wait(rates: Floats, waits_s: Floats, lines: Indices) -> Rival:
    """The least wait of what has at least the rate 0, among points and lines between two of them.

    Parameters
    ----------
    rates, waits_s : shape (n,)
    lines : shape (m, 2), the points that may be mixed

    Examples
    --------
    >>> least_wait(np.array([1.0, -1.0]), np.array([4.0, 2.0]), np.array([[0, 1]]))
    Rival(wait_s=3.0, shares={0: 0.5, 1: 0.5})
    """
    enough = np.flatnonzero(rates >= 0)
    found = [Rival(float(waits_s[i]), {int(i): 1.0}) for i in enough[np.argsort(waits_s[enough], kind="stable")][:1]]
    finite = np.isfinite(rates[lines]).all(axis=1)
    crossing = lines[finite & (rates[lines].min(axis=1) < 0) & (rates[lines].max(axis=1) > 0)]
    if len(crossing):
        first, second = rates[crossing].T
        share = second / (second - first)
        mixed = share * waits_s[crossing[:, 0]] + (1 - share) * waits_s[crossing[:, 1]]
        least = int(np.argmin(mixed))
        one, other = crossing[least].tolist()
        found.append(Rival(float(mixed[least]), {one: float(share[least]), other: float(1 - share[least])}))
    return min(found, key=lambda rival: rival.wait_s, default=Rival(np.inf, {}))


def rivals(comparison: Comparison, local: Indices, entangled: Indices, shares_time: bool) -> list[Rivals]:
    """The rivals of each entangled point, with ends that hold for all of them together.

    The true best rival is one point or lies between two, so with intervals at 1 - 0.05 / (2 entangled points) all
    lower ends hold in at least 95 % of tournaments. Any of the local points could be taken for an upper end that is
    too low, so these are from intervals at 1 - 0.05 / (entangled points x local points).

    Parameters
    ----------
    local, entangled : indices of points; of equal ones those that need no p are named
    shares_time : whether routers reach the line between any two points, not just between neighbouring p
    """
    local = np.array(sorted(local, key=lambda i: comparison.points[i].splitting is not None), dtype=np.intp)
    points = [comparison.points[i] for i in local.tolist()]
    figures = comparison.rates, comparison.waits
    many = max(len(entangled), 1)
    likely_rates, likely_waits = (each.at(1 - ERROR / (2 * many)) for each in figures)
    sure_rates, sure_waits = (each.at(1 - ERROR / (max(len(local), 2) * many)) for each in figures)
    every_two = _every_two(len(local))
    found = []
    for index in entangled.tolist():
        lines = every_two if shares_time else _neighbours(points, comparison.points[index].exact is not None)
        place = local, index
        best = least_wait(comparison.rates.mean[place], comparison.waits.mean[place], lines)
        low = least_wait(likely_rates.high[place], likely_waits.low[place], lines)
        high = least_wait(sure_rates.low[place], sure_waits.high[place], lines)
        named = Rival(best.wait_s, {int(local[i]): share for i, share in best.shares.items()})
        found.append(Rivals(named, low.wait_s, high.wait_s))
    return found


def _every_two(number: int) -> Indices:
    return np.array(list(combinations(range(number), 2)), dtype=np.intp).reshape(-1, 2)


def _neighbours(points: Sequence[Point], is_exact: bool) -> Indices:
    """Neighbouring p of one strategy; for an exact point only if one of them is simulated, as coins do the rest."""
    over_p = sorted(
        (i for i, point in enumerate(points) if point.splitting is not None),
        key=lambda i: (points[i].strategy, points[i].splitting or 0.0),
    )
    lines = [
        (i, j)
        for i, j in pairwise(over_p)
        if points[i].strategy == points[j].strategy and not (is_exact and points[i].exact and points[j].exact)
    ]
    return np.array(lines, dtype=np.intp).reshape(-1, 2)
