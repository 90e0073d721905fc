"""The areas in the plane of R and W that routers dominate: without pairs, and with those that are ahead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.pareto import hypervolume, mixed_hypervolume
from entsched.sim.statistics import Estimate, student_interval
from entsched.tournament.coins import Coin
from entsched.tournament.comparison import Comparison
from entsched.tournament.entanglement import TIME_SHARING, entangled_points, sides
from entsched.tournament.points import Point, State
from entsched.tournament.ranks import layers
from entsched.tournament.standings import CLASSES, ends

Row = dict[str, Any]
Indices = NDArray[np.intp]
Place = tuple[float, float]

#: How much worse than the worst point of a class the corner is that its areas reach to, as a fraction.
OUTSIDE = 0.05


def worth(comparison: Comparison, coins: Sequence[Coin] = ()) -> list[Row]:
    """For each class the areas that local strategies dominate, and these with the points with pairs that are ahead.

    Areas of R against W reach to a corner 5 % worse than the worst R and W of all points of the class, and leave out
    points without bound; of routers that share a clock they are those below the lines between points, of others
    those of the points and of the coins between them. Where all figures are exact, so is the difference; else it is a
    mean over replications, in which both sides met the same customers, with a 95 % interval by itself. Points
    that are not ahead for sure add nothing.
    """
    found = entangled_points(comparison, (), coins)
    rows: list[Row] = []
    for widest in CLASSES:
        local, entangled = sides(comparison, widest)
        verdicts = [row["ahead"] for row in found if row["class"] == widest.value]
        ahead = [index for index, verdict in zip(entangled.tolist(), verdicts, strict=True) if verdict == "yes"]
        more = np.append(local, ahead).astype(np.intp)
        both = _front(comparison, local), _front(comparison, more)
        reached = [coin for coin in coins if coin.is_allowed(widest)]
        corner = _corner([comparison.points[i] for i in (*local, *entangled)])
        row: Row = {"class": widest.value, "local_points": len(local), "entangled_points": len(entangled)}
        rows.append(row | (_areas(*both, reached, corner, widest in TIME_SHARING) if len(entangled) else {}))
    return rows


def _front(comparison: Comparison, side: Indices) -> list[Point]:
    """The points of one side that no other of it dominates for sure, without those that have no bound."""
    best = side[layers(comparison.dominates[np.ix_(side, side)]) == 1]
    found = (comparison.points[index] for index in best.tolist())
    return [point for point in found if point.state is State.RANKED]


def _corner(points: Sequence[Point]) -> Place:
    """A place that is worse than all points."""
    figures = [point.place for point in points if point.state is State.RANKED] or [(0.0, 0.0)]
    rates, waits = zip(*figures, strict=True)
    return (1 - OUTSIDE) * min(rates), (1 + OUTSIDE) * max(waits)


def _areas(
    local: Sequence[Point], more: Sequence[Point], coins: Sequence[Coin], corner: Place, shares_time: bool
) -> Row:
    everyone = [*local, *more]
    if not local or not more:
        return {}
    row: Row = {"corner_rate": corner[0], "corner_wait_s": corner[1]}
    mixed = [(float(rate), float(wait_s)) for coin in coins for rate, wait_s in coin.curve]
    if all(point.exact for point in everyone):
        mine, theirs = (
            _area([*(point.place for point in side), *mixed], corner, shares_time) for side in (local, more)
        )
        found, source = Estimate(theirs - mine, theirs - mine, theirs - mine), "exact"
    else:
        common = sorted(set.intersection(*(set(point.runs) for point in everyone)))
        areas = [
            [_area([point.runs[k] for point in side], corner, shares_time) for k in common] for side in (local, more)
        ]
        mine, theirs = (math.fsum(each) / len(common) if common else math.nan for each in areas)
        found = student_interval(np.subtract(areas[1], areas[0])) if common else Estimate(math.nan, math.nan, math.nan)
        source = "simulated"
    row |= {"local_area": mine, "entangled_area": theirs, "source": source}
    return row | ends("area_difference", (found.mean, found.low, found.high))


def _area(figures: Sequence[Place], corner: Place, shares_time: bool) -> float:
    area = mixed_hypervolume if shares_time else hypervolume
    return area([rate for rate, _ in figures], [wait_s for _, wait_s in figures], corner)
