"""The no-signalling optimum: every C[x, y] in [0, 1] is allowed, so the cheapest pairs coalesce."""

from __future__ import annotations

import numpy as np

from entsched.behavior import CorrelationSet
from entsched.games.split.game import SplitGame
from entsched.games.split.solution import Solution


def solve(game: SplitGame, splitting: float) -> Solution:
    """Coalesce the pairs of questions in the order of their price until 1 - p is used up.

    This is also what two routers reach that tell each other everything, and a fractional knapsack:
    exact, with the price at the boundary as its dual multiplier.

    Examples
    --------
    >>> chsh = SplitGame(cost=[[0, 0], [0, 0.25]], weight=np.full((2, 2), 0.25))
    >>> solve(chsh, 0.25).upper
    0.0
    """
    weight, cost = game.weight.ravel(), game.cost.ravel()
    price = np.divide(cost, weight, out=np.zeros_like(cost), where=weight > 0)
    order = np.argsort(price, kind="stable")
    before = np.cumsum(weight[order]) - weight[order]
    room = np.clip(1 - splitting - before, 0.0, weight[order])
    share = np.divide(room, weight[order], out=np.full_like(room, 0.5), where=weight[order] > 0)
    coalescing = np.empty_like(share)
    coalescing[order] = share
    full = np.flatnonzero((room > 0) & (weight[order] > 0))
    multiplier = float(price[order[full[-1]]]) if len(full) else float(price.min())
    value = float(cost @ coalescing)
    lower = float(np.minimum(cost - multiplier * weight, 0).sum()) + multiplier * (1 - splitting)
    return Solution(
        correlations=CorrelationSet.NO_SIGNALLING,
        splitting=splitting,
        lower=min(lower, value),
        upper=value,
        multiplier=multiplier,
        scale=game.scale,
        coalescing=coalescing.reshape(game.questions),
    )
