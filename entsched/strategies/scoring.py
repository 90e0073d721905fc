"""The score of routing: the Bell inequality that the outcomes of the routers themselves test."""

from __future__ import annotations

import numpy as np

from entsched.behavior import Behavior
from entsched.games.split.classical import deterministic_oracle
from entsched.games.split.solution import GAP_TOLERANCE
from entsched.routing import coalescing_cost, routing_game
from entsched.strategies.base import RoutingScore
from entsched.workload import Workload


def routing_score(workload: Workload, multiplier: float, behavior: Behavior) -> RoutingScore:
    """The score at a price of splitting, with what no local routers go below and what a behavior is expected to have.

    Its mean is J + multiplier * p, which deterministic routers minimise among all local ones. The bound is lowered by
    1e-9 of the game's scale, more than rounding takes.

    Parameters
    ----------
    multiplier : the price of splitting, seconds
    behavior : of symmetric routers that ask for their types

    Raises
    ------
    GameError
        As :func:`entsched.routing.classical_optimum`.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> score = routing_score(two, 1.2, Behavior.from_coalescing([[0.85, 0.85], [0.85, 0.15]]))
    >>> round(score.local_bound, 6), round(score.expected, 6)
    (0.7625, 0.757875)
    """
    game = routing_game(workload)
    best = deterministic_oracle(game)(multiplier)
    splitting, excess_s = game.point(behavior.coalescing)
    margin = GAP_TOLERANCE * (game.scale + abs(multiplier))
    return RoutingScore(
        cost=np.array(coalescing_cost(workload)),
        multiplier=multiplier,
        local_bound=best.value + multiplier * best.splitting - margin,
        expected=excess_s + multiplier * splitting,
    )
