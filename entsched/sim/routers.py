"""Two routers: each sees its own request, asks its question, and sends its request to a server."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

import numpy as np

from entsched.behavior import ConditionalTable
from entsched.errors import StrategyError
from entsched.strategies.base import JointPlan, LocalView, RoutingPlan, as_server

#: From the two views and the pair's draws (shared, A's, B's) to the two servers.
Route = Callable[[LocalView, LocalView, float, float, float], tuple[int, int]]


def table_route(plan: RoutingPlan) -> Route:
    """Routers that draw their outputs from the plan's behavior: a from P(a | x), b from P(b | a, x, y).

    With the same draws, A's server is the same whatever B is asked.
    """
    cumulative_a, cumulative_b = _cumulative(plan.behavior)
    ask_a, ask_b = plan.ask

    def draw(view_a: LocalView, view_b: LocalView, shared: float, draw_a: float, draw_b: float) -> tuple[int, int]:
        x = ask_a(view_a)
        a = bisect_right(cumulative_a[x], draw_a)
        return a, bisect_right(cumulative_b[a][x][ask_b(view_b)], draw_b)

    return _answered(plan, draw)


def measured_route(plan: RoutingPlan, name: str) -> Route:
    """Routers that measure a fresh qutip pair for every single request pair.

    Raises
    ------
    StrategyError
        If the plan has no physical pairs.
    """
    pairs = plan.pairs
    if pairs is None:
        raise StrategyError(f"strategy {name!r} has no pairs to measure, allowed: simulation.measurement table")
    ask_a, ask_b = plan.ask

    def draw(view_a: LocalView, view_b: LocalView, shared: float, draw_a: float, draw_b: float) -> tuple[int, int]:
        return pairs.draw(ask_a(view_a), ask_b(view_b), shared, (draw_a, draw_b))

    return _answered(plan, draw)


def joint_route(plan: JointPlan) -> Route:
    """Routers that know both types and draw both servers from the plan's table."""
    cumulative_a = _nested(plan.table.p.sum(axis=1).transpose(1, 2, 0))
    _, cumulative_b = _cumulative(plan.table)

    def route(view_a: LocalView, view_b: LocalView, shared: float, draw_a: float, draw_b: float) -> tuple[int, int]:
        x, y = view_a.type_index, view_b.type_index
        a = bisect_right(cumulative_a[x][y], draw_a)
        return a, bisect_right(cumulative_b[a][x][y], draw_b)

    return route


def _answered(plan: RoutingPlan, draw: Route) -> Route:
    """The route from drawn outputs to servers; outputs that are servers already pass through."""
    answer_a, answer_b = plan.answer
    if (answer_a, answer_b) == (as_server, as_server):
        return draw

    def route(view_a: LocalView, view_b: LocalView, shared: float, draw_a: float, draw_b: float) -> tuple[int, int]:
        a, b = draw(view_a, view_b, shared, draw_a, draw_b)
        return answer_a(a, view_a), answer_b(b, view_b)

    return route


def _cumulative(table: ConditionalTable) -> tuple[list[list[float]], list[list[list[list[float]]]]]:
    """Cumulative P(a | x) as [x][a], and cumulative P(b | a, x, y) as [a][x][y][b], for bisection."""
    p = table.p
    marginal = p.sum(axis=1)
    conditional = np.divide(p, marginal[:, None], out=np.full_like(p, 1 / p.shape[1]), where=marginal[:, None] > 0)
    return _nested(marginal[:, :, 0].T), _nested(conditional.transpose(0, 2, 3, 1))


def _nested(probabilities: np.ndarray) -> list:  # type: ignore[type-arg]
    """Cumulative sums along the last axis without the final one, as nested lists."""
    return np.cumsum(probabilities, axis=-1)[..., :-1].tolist()
