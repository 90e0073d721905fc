"""What entanglement is worth in a tournament: in each class, strategies that use pairs against those that do not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.pareto import hypervolume, mixed_hypervolume
from entsched.sim.statistics import Estimate, student_interval
from entsched.strategies.base import Resource, StrategyClass
from entsched.tournament.comparison import Comparison
from entsched.tournament.points import Point, State
from entsched.tournament.ranks import layers
from entsched.tournament.standings import CLASSES, difference, ends, members

Row = dict[str, Any]
Indices = NDArray[np.intp]

#: The classes whose routers share a clock, and so can follow two strategies in turn, each for a long time.
TIME_SHARING = (StrategyClass.SCHEDULED, StrategyClass.ADAPTIVE, StrategyClass.COMMUNICATING)


def sides(comparison: Comparison, widest: StrategyClass) -> tuple[Indices, Indices]:
    """The points up to a class that share randomness only, and those that use pairs."""
    inside = members(comparison.points, widest, Resource.ENTANGLED)
    local = members(comparison.points, widest, Resource.LOCAL)
    return local, np.setdiff1d(inside, local)


def entangled_points(comparison: Comparison, static: Sequence[Row] = ()) -> list[Row]:
    """For each class and each of its points with pairs: whether points without do as well, and the wait saved.

    ``ahead`` is ``yes`` if for sure no local routers of the class have as much R and as short a W, ``no`` if for sure
    some have, else ``undecided``. What is saved is against the least mean wait of local routers with at least as much
    R: at the points that were played; on straight lines between neighbouring p of one strategy, so that it does not
    depend on which p these are; and, for routers that share a clock, on lines between any two points, which they reach
    by following one strategy for a long time and then the other. Nothing is known where there are none.

    Parameters
    ----------
    static : bounds on R - weight W of the static class, rows of :func:`entsched.static.table.comparison_rows`; with
        them ``proved_s`` is what exact points of that class save at least, against all its local routers
    """
    rows: list[Row] = []
    for widest in CLASSES:
        local, entangled = sides(comparison, widest)
        for index in entangled.tolist():
            point = comparison.points[index]
            row: Row = {"class": widest.value, "strategy": point.strategy, "splitting": point.splitting}
            row |= {"baseline_rate": point.place[0], "mean_wait_s": point.place[1]}
            saving = _saving(comparison, index, local, widest in TIME_SHARING)
            proved = _proved(point, static) if widest is StrategyClass.STATIC else {}
            rows.append(row | {"ahead": _ahead(comparison, index, local, saving)} | saving | proved)
    return rows


def _proved(point: Point, static: Sequence[Row]) -> Row:
    """By the bounds R <= upper + weight W of local static routers; where they prove nothing, a negative number."""
    if point.exact is None or not static:
        return {}
    rate, wait_s = point.exact
    return {"proved_s": max((rate - row["local_upper"]) / row["weight"] for row in static) - wait_s}


def _ahead(comparison: Comparison, index: int, local: Indices, saving: Row) -> str:
    """Whether points, or mixtures of them, are as good as another."""
    if (comparison.dominates | comparison.ties)[local, index].any() or saving.get("saved_s_high", math.inf) <= 0:
        return "no"
    unsure = comparison.may_match[local, index].any() or saving.get("saved_s_low", math.inf) <= 0
    return "undecided" if unsure else "yes"


def _saving(comparison: Comparison, index: int, local: Indices, shares_time: bool) -> Row:
    """The least wait of local routers with at least as much R, less that of the point itself."""
    rivals = [*_points_with_as_much(comparison, index, local), *_between_points(comparison, index, local, shares_time)]
    if not rivals:
        return {}
    best = min(rivals, key=lambda weights: sum(w * float(comparison.waits.mean[i, index]) for i, w in weights.items()))
    return _named(comparison, best) | ends("saved_s", _waits_longer(comparison, best, index))


def _named(comparison: Comparison, weights: dict[int, float]) -> Row:
    """The local rival: one strategy with its p, or two that share the time."""
    points = [(comparison.points[i], weight) for i, weight in weights.items()]
    if len({point.strategy for point, _ in points}) > 1:
        return {"local": " and ".join(point.label for point, _ in points), "local_splitting": None}
    splittings = [weight * point.splitting for point, weight in points if point.splitting is not None]
    return {"local": points[0][0].strategy, "local_splitting": math.fsum(splittings) if splittings else None}


def _points_with_as_much(comparison: Comparison, index: int, local: Indices) -> Iterator[dict[int, float]]:
    for rival in local.tolist():
        if comparison.rates.mean[rival, index] >= 0 or comparison.rates.equal[rival, index]:
            yield {rival: 1.0}


def _between_points(
    comparison: Comparison, index: int, local: Indices, shares_time: bool
) -> Iterator[dict[int, float]]:
    """The weights with which two points have as much R as another: neighbouring p of one strategy, or any two."""
    for first, second in combinations(local.tolist(), 2) if shares_time else _neighbours(comparison, local):
        above, below = (float(comparison.rates.mean[i, index]) for i in (first, second))
        if math.isfinite(above - below) and above * below < 0:
            share = below / (below - above)
            yield {first: share, second: 1 - share}


def _neighbours(comparison: Comparison, local: Indices) -> Iterator[tuple[int, int]]:
    """Neighbouring p of one strategy."""
    points = comparison.points
    over_p = sorted((i for i in local.tolist() if points[i].splitting is not None), key=lambda i: _order(points[i]))
    return ((i, j) for i, j in pairwise(over_p) if points[i].strategy == points[j].strategy)


def _order(point: Point) -> tuple[str, float]:
    return point.strategy, point.splitting or 0.0


def _waits_longer(comparison: Comparison, weights: dict[int, float], index: int) -> tuple[float, float, float]:
    """The mean wait of weighted points less that of another, with a 95 % interval over replications if not exact."""
    if len(weights) == 1:
        return difference(comparison.waits, next(iter(weights)), index)
    if all(comparison.waits.replications[i, index] == 0 for i in weights):
        exact = math.fsum(weight * float(comparison.waits.mean[i, index]) for i, weight in weights.items())
        return exact, exact, exact
    mine, theirs = comparison.points[index].runs, {i: comparison.points[i].runs for i in weights}
    common = sorted(set(mine).intersection(*theirs.values()))
    found = student_interval([sum(w * theirs[i][k][1] for i, w in weights.items()) - mine[k][1] for k in common])
    return found.mean, found.low, found.high


def worth(comparison: Comparison) -> list[Row]:
    """For each class the areas that local strategies dominate, and these with the points with pairs that are ahead.

    Areas of R against W reach to the worst corner of the fronts of both sides, and leave out points without bound; of
    routers that share a clock they are those below the lines between points.
    Where all figures are exact, so is the difference; else it is a mean over replications, in which both
    sides met the same customers. Points that are not ahead for sure add nothing.
    """
    rows: list[Row] = []
    for widest in CLASSES:
        local, entangled = sides(comparison, widest)
        shares_time = widest in TIME_SHARING
        ahead = [i for i in entangled.tolist() if _is_ahead(comparison, i, local, shares_time)]
        row: Row = {"class": widest.value, "local_points": len(local), "entangled_points": len(entangled)}
        more = np.append(local, ahead).astype(np.intp)
        found = _areas(_front(comparison, local), _front(comparison, more), shares_time) if len(entangled) else {}
        rows.append(row | found)
    return rows


def _is_ahead(comparison: Comparison, index: int, local: Indices, shares_time: bool) -> bool:
    return _ahead(comparison, index, local, _saving(comparison, index, local, shares_time)) == "yes"


def _front(comparison: Comparison, side: Indices) -> list[Point]:
    """The points of one side that no other of it dominates for sure, without those that have no bound."""
    best = side[layers(comparison.dominates[np.ix_(side, side)]) == 1]
    found = (comparison.points[index] for index in best.tolist())
    return [point for point in found if point.state is State.RANKED]


def _areas(local: Sequence[Point], entangled: Sequence[Point], shares_time: bool) -> Row:
    everyone = [*local, *entangled]
    if not local or not entangled:
        return {}
    corner = (min(point.place[0] for point in everyone), max(point.place[1] for point in everyone))
    row: Row = {"corner_rate": corner[0], "corner_wait_s": corner[1]}
    if all(point.exact for point in everyone):
        mine, theirs = (_area([point.place for point in side], corner, shares_time) for side in (local, entangled))
        found, source = Estimate(theirs - mine, theirs - mine, theirs - mine), "exact"
    else:
        common = sorted(set.intersection(*(set(point.runs) for point in everyone)))
        areas = [
            [_area([point.runs[k] for point in side], corner, shares_time) for k in common]
            for side in (local, entangled)
        ]
        mine, theirs = (math.fsum(each) / len(common) if common else math.nan for each in areas)
        found = student_interval(np.subtract(areas[1], areas[0])) if common else Estimate(math.nan, math.nan, math.nan)
        source = "simulated"
    row |= {"local_area": mine, "entangled_area": theirs, "source": source}
    return row | ends("area_difference", (found.mean, found.low, found.high))


def _area(places: Sequence[tuple[float, float]], corner: tuple[float, float], shares_time: bool) -> float:
    area = mixed_hypervolume if shares_time else hypervolume
    return area([rate for rate, _ in places], [wait_s for _, wait_s in places], corner)
