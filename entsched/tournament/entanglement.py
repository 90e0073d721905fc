"""What entanglement is worth in a tournament: in each class, strategies that use pairs against those that do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.strategies.base import Resource, StrategyClass
from entsched.tournament.coins import Coin, least_coin
from entsched.tournament.comparison import EQUAL, Comparison
from entsched.tournament.points import Point
from entsched.tournament.rivals import Rivals, rivals
from entsched.tournament.standings import CLASSES, ends, members

Row = dict[str, Any]
Indices = NDArray[np.intp]

#: The classes whose routers share a clock, and so can follow two strategies in turn, each for a long time.
TIME_SHARING = (StrategyClass.SCHEDULED, StrategyClass.ADAPTIVE, StrategyClass.COMMUNICATING)


def sides(comparison: Comparison, widest: StrategyClass) -> tuple[Indices, Indices]:
    """The points up to a class that share randomness only, and those that use pairs."""
    inside = members(comparison.points, widest, Resource.ENTANGLED)
    local = members(comparison.points, widest, Resource.LOCAL)
    return local, np.setdiff1d(inside, local)


def entangled_points(comparison: Comparison, static: Sequence[Row] = (), coins: Sequence[Coin] = ()) -> list[Row]:
    """For each class and each of its points with pairs: whether points without do as well, and the wait saved.

    ``ahead`` is ``yes`` if for sure none of the local points of the class, and of what they reach by mixing, has as
    much R and as short a W, ``no`` if for sure some has, else ``undecided``. Either word is wrong for any point of a
    class in at most 5 % of tournaments. What is saved is against the least mean wait of local routers with at least
    as much R; all lower ends of a class hold in at least 95 % of tournaments, and so do all upper ends.

    Mixtures of local points are: for exact memoryless points two routings picked by a shared coin; for points that
    are simulated the straight lines between neighbouring p of one strategy; and, for routers that share a clock, the
    lines between any two points, which they reach by following one strategy for a long time and then the other.
    Nothing is known of a saving where no local routers have as much R.

    Parameters
    ----------
    static : bounds on R - weight W of the static class, rows of :func:`entsched.static.table.comparison_rows`; with
        them ``proved_s`` is what exact points of that class save at least, against all its local routers
    coins : of the local points, from :func:`entsched.tournament.coins.coins`
    """
    rows: list[Row] = []
    for widest in CLASSES:
        local, entangled = sides(comparison, widest)
        allowed = [coin for coin in coins if coin.is_allowed(widest)]
        met = rivals(comparison, local, entangled, widest in TIME_SHARING)
        for index, found in zip(entangled.tolist(), met, strict=True):
            point = comparison.points[index]
            row: Row = {"class": widest.value, "strategy": point.strategy, "splitting": point.splitting}
            row |= {"baseline_rate": point.place[0], "mean_wait_s": point.place[1]}
            proved = _proved(point, static) if widest is StrategyClass.STATIC else {}
            rows.append(row | _saving(comparison, point, found, allowed) | proved)
    return rows


def _proved(point: Point, static: Sequence[Row]) -> Row:
    """By the bounds R <= upper + weight W of local static routers; where they prove nothing, a negative number."""
    if point.exact is None or not static:
        return {}
    rate, wait_s = point.exact
    return {"proved_s": max((rate - row["local_upper"]) / row["weight"] for row in static) - wait_s}


def _saving(comparison: Comparison, point: Point, found: Rivals, coins: Sequence[Coin]) -> Row:
    """Whether a point is ahead, and the least wait of local routers with at least as much R less that of the point."""
    figures = [found.best.wait_s, found.low_s, found.high_s]
    local = _named(comparison, found.best.shares) if found.best.shares else {}
    tossed = least_coin(coins, point.exact[0]) if point.exact else None
    if tossed and point.exact:
        less = tossed[1] - point.exact[1]
        if less < figures[0] - EQUAL * tossed[1]:
            local = {"local": tossed[0], "local_splitting": None}
        figures = [min(figure, less) for figure in figures]
    tolerance = EQUAL * point.place[1]
    ahead = "yes" if figures[1] > tolerance else "no" if figures[2] <= tolerance else "undecided"
    return {"ahead": ahead} | local | (ends("saved_s", figures) if local else {})


def _named(comparison: Comparison, shares: dict[int, float]) -> Row:
    """The local rival: one strategy with its p, or two that are followed in turn."""
    points = [(comparison.points[i], share) for i, share in shares.items()]
    if len({point.strategy for point, _ in points}) > 1:
        return {"local": " and ".join(point.label for point, _ in points) + " in turn", "local_splitting": None}
    splittings = [share * point.splitting for point, share in points if point.splitting is not None]
    return {"local": points[0][0].strategy, "local_splitting": math.fsum(splittings) if splittings else None}
