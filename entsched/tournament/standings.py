"""The tables of a tournament: standings of all points, duels of two, fronts of each class and resource."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.strategies.base import Resource, StrategyClass
from entsched.tournament.comparison import Comparison, Differences
from entsched.tournament.points import Point
from entsched.tournament.ranks import layers

Row = dict[str, Any]

CLASSES, RESOURCES = tuple(StrategyClass), tuple(Resource)

#: The ranks of a point, with what its rivals may at most be allowed.
RANKS = {
    "rank_among_equals": "its class and resource",
    "rank_in_class": "its class, any resource",
    "rank": "anything",
}


def members(
    points: Sequence[Point], widest: StrategyClass, strongest: Resource = Resource.NO_SIGNALLING
) -> NDArray[np.intp]:
    """The points that are allowed no more than a class and a resource: both are nested, in the order of their names."""
    return np.array(
        [
            index
            for index, point in enumerate(points)
            if CLASSES.index(point.strategy_class) <= CLASSES.index(widest)
            and RESOURCES.index(point.resource) <= RESOURCES.index(strongest)
        ],
        dtype=np.intp,
    )


def ranks(comparison: Comparison) -> dict[str, NDArray[np.intp]]:
    """The layer of each point among those that are allowed no more than it, than its class, and among all."""
    points = comparison.points
    found = {name: np.zeros(len(points), dtype=np.intp) for name in RANKS}
    for widest in CLASSES:
        for strongest in RESOURCES:
            inside = members(points, widest, strongest)
            layer = layers(comparison.dominates[np.ix_(inside, inside)])
            for index, rank in zip(inside.tolist(), layer.tolist(), strict=True):
                if points[index].strategy_class is widest:
                    if points[index].resource is strongest:
                        found["rank_among_equals"][index] = rank
                    if strongest is RESOURCES[-1]:
                        found["rank_in_class"][index] = rank
    found["rank"] = layers(comparison.dominates)
    return found


def standings(points: Sequence[Point], comparison: Comparison) -> list[Row]:
    """A row for each point: its figures, its ranks, and who dominates it for sure; those without a rank last."""
    found = ranks(comparison)
    rows = []
    for index, point in enumerate(comparison.points):
        places = {name: int(found[name][index]) for name in RANKS}
        winners = np.flatnonzero(comparison.dominates[:, index])
        names = "; ".join(comparison.points[winner].label for winner in winners)
        rows.append(_named(point) | _figures(point) | places | {"dominated_by": names, "state": point.state.value})
    rows.sort(key=lambda row: (row["rank"], CLASSES.index(row["class"]), row["mean_wait_s"]))
    spoiled = [
        _named(point) | {"state": point.state.value, "reason": point.reason} for point in points if not point.is_ranked
    ]
    return rows + spoiled


def _named(point: Point) -> Row:
    return {
        "strategy": point.strategy,
        "splitting": point.splitting,
        "class": point.strategy_class.value,
        "resource": point.resource.value,
    }


def _figures(point: Point) -> Row:
    """R and W with intervals, exact or simulated, and the simulated ones beside them."""
    row: Row = {"split_fraction": point.split_fraction, "source": "exact" if point.exact else "simulated"}
    for name, exact, e in zip(
        ("baseline_rate", "mean_wait_s"), point.exact or (None, None), point.simulated, strict=True
    ):
        row |= ends(name, (e.mean, e.low, e.high) if exact is None else (exact, exact, exact))
        row |= ends(f"sim_{name}", (e.mean, e.low, e.high)) if math.isfinite(e.mean) else {}
    return row | {"replications": len(point.runs)}


def ends(name: str, figures: Sequence[float]) -> Row:
    """A figure and the ends of its interval as columns.

    Examples
    --------
    >>> ends("mean_wait_s", (1.0, 0.9, 1.1))
    {'mean_wait_s': 1.0, 'mean_wait_s_low': 0.9, 'mean_wait_s_high': 1.1}
    """
    return {f"{name}{end}": float(value) for end, value in zip(("", "_low", "_high"), figures, strict=True)}


def duels(comparison: Comparison) -> list[Row]:
    """The differences of every two points at one p, and of each point from the front of its class at any other p."""
    points = comparison.points
    on_front = {each: _front(comparison, each, RESOURCES[-1]) for each in CLASSES}
    rows = []
    for one, other in _meetings(points):
        same = points[one].splitting == points[other].splitting
        if same or other in on_front[points[one].strategy_class]:
            rows.append(_duel(comparison, one, other, "equal p" if same else "front of its class"))
    return rows


def _meetings(points: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """Every two points of different strategies; once if at one p, else both ways."""
    for one, first in enumerate(points):
        for other, second in enumerate(points):
            if first.strategy != second.strategy and (one < other or first.splitting != second.splitting):
                yield one, other


def _duel(comparison: Comparison, one: int, other: int, because: str) -> Row:
    first, second = comparison.points[one], comparison.points[other]
    row: Row = {"strategy": first.strategy, "splitting": first.splitting}
    row |= {"other": second.strategy, "other_splitting": second.splitting, "because": because}
    for name, figure in (("baseline_rate", comparison.rates), ("mean_wait_s", comparison.waits)):
        row |= ends(f"{name}_difference", difference(figure, one, other))
        row[f"{name}_replications"] = int(figure.replications[one, other])
    return row | {"verdict": comparison.verdict(one, other)}


def difference(figure: Differences, one: int, other: int) -> tuple[float, float, float]:
    """The difference of two points and the ends of its interval."""
    return float(figure.mean[one, other]), float(figure.low[one, other]), float(figure.high[one, other])


def fronts(comparison: Comparison) -> list[Row]:
    """For each class and resource, the points that none allowed as much dominates for sure, in the order of R."""
    rows = []
    for widest in CLASSES:
        for strongest in RESOURCES:
            for order, index in enumerate(_front(comparison, widest, strongest), start=1):
                point = comparison.points[index]
                rate, wait_s = point.place
                place: Row = {"class": widest.value, "resource": strongest.value, "order": order}
                figures: Row = {"baseline_rate": rate, "mean_wait_s": wait_s}
                own = {"class_of_strategy": point.strategy_class.value, "resource_of_strategy": point.resource.value}
                rows.append(place | {"strategy": point.strategy, "splitting": point.splitting} | figures | own)
    return rows


def _front(comparison: Comparison, widest: StrategyClass, strongest: Resource) -> list[int]:
    """The first layer among the points that are allowed no more than this, by falling R."""
    inside = members(comparison.points, widest, strongest)
    best = inside[layers(comparison.dominates[np.ix_(inside, inside)]) == 1]
    return sorted(
        best.tolist(), key=lambda index: (-comparison.points[index].place[0], comparison.points[index].place[1])
    )
