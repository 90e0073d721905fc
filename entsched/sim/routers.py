"""Two routers: each sees its own request, asks its question, and sends its request to a server."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from copy import deepcopy
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import ConditionalTable
from entsched.errors import StrategyError
from entsched.strategies.base import LocalView, Memory, RoutingPlan, as_server

Floats = NDArray[np.float64]

#: From the two views, the condition of the routers' pair and the draws (shared, A's, B's) to the two servers.
Route = Callable[[LocalView, LocalView, int, float, float, float], tuple[int, int]]


def table_route(plan: RoutingPlan) -> Route:
    """Routers that draw their outputs from the plan's behavior: a from P(a | x), b from P(b | a, x, y).

    With the same draws, A's server is the same whatever B is asked.
    """
    cumulative_a, cumulative_b = zip(*(_cumulative(each) for each in plan.conditions), strict=True)
    ask_a, ask_b = plan.ask
    rows, columns = plan.behavior.questions

    def draw(
        view_a: LocalView, view_b: LocalView, condition: int, shared: float, draw_a: float, draw_b: float
    ) -> tuple[int, int]:
        x, y = ask_a(view_a), ask_b(view_b)
        if not (0 <= x < rows and 0 <= y < columns):
            raise StrategyError(f"it asks questions {x!r} and {y!r}, allowed: 0 to {rows - 1} and 0 to {columns - 1}")
        a = bisect_right(cumulative_a[condition][x], draw_a)
        return a, bisect_right(cumulative_b[condition][a][x][y], draw_b)

    return _answered(plan, draw)


def measured_route(plan: RoutingPlan, name: str) -> Route:
    """Routers that measure a qutip pair for every single request pair; what they share without one is drawn too.

    Raises
    ------
    StrategyError
        If the plan has no physical pairs.
    """
    sources = plan.sources
    if not sources:
        raise StrategyError(f"strategy {name!r} has no pairs to measure, allowed: simulation.measurement table")
    ask_a, ask_b = plan.ask

    def draw(
        view_a: LocalView, view_b: LocalView, condition: int, shared: float, draw_a: float, draw_b: float
    ) -> tuple[int, int]:
        return sources[condition].draw(ask_a(view_a), ask_b(view_b), shared, (draw_a, draw_b))

    return _answered(plan, draw)


def remembering(route: Route, memory: tuple[Memory, Memory] | None) -> Route:
    """The route of one run whose routers each see what they made of their own history; the same if they keep nothing.

    Examples
    --------
    >>> less_often = lambda view_a, view_b, *draws: (int(view_a.memory > 0), int(view_b.memory > 0))
    >>> surplus = Memory(start=0, after=lambda view, server: view.memory + (1 if server == 0 else -1))
    >>> route, view = remembering(less_often, (surplus, surplus)), LocalView(1.0, 0, 0.0, 0)
    >>> [route(view, view, 0, 0.5, 0.5, 0.5) for _ in range(3)]
    [(0, 0), (1, 1), (0, 0)]
    """
    if memory is None:
        return route
    of_a, of_b = memory
    kept_a, kept_b = deepcopy(of_a.start), deepcopy(of_b.start)

    def remembered(
        view_a: LocalView, view_b: LocalView, condition: int, shared: float, draw_a: float, draw_b: float
    ) -> tuple[int, int]:
        nonlocal kept_a, kept_b
        view_a, view_b = LocalView(*view_a[:4], kept_a), LocalView(*view_b[:4], kept_b)
        a, b = route(view_a, view_b, condition, shared, draw_a, draw_b)
        kept_a, kept_b = of_a.after(view_a, a), of_b.after(view_b, b)
        return a, b

    return remembered


def _answered(plan: RoutingPlan, draw: Route) -> Route:
    """The route from drawn outputs to servers; outputs that are servers already pass through."""
    answer_a, answer_b = plan.answer
    if (answer_a, answer_b) == (as_server, as_server):
        return draw

    def route(
        view_a: LocalView, view_b: LocalView, condition: int, shared: float, draw_a: float, draw_b: float
    ) -> tuple[int, int]:
        a, b = draw(view_a, view_b, condition, shared, draw_a, draw_b)
        return index(answer_a(a, view_a)), index(answer_b(b, view_b))

    return route


def _cumulative(table: ConditionalTable) -> tuple[list[list[float]], list[list[list[list[float]]]]]:
    """Cumulative P(a | x) as [x][a], and cumulative P(b | a, x, y) as [a][x][y][b], for bisection."""
    marginal = table.p.sum(axis=1)[:, :, 0]
    return _nested(marginal.T), _nested(conditional(table.p).transpose(0, 2, 3, 1))


def conditional(p: Floats) -> Floats:
    """P(b | a, x, y) as [a, b, x, y]; uniform where a has no probability."""
    marginal = p.sum(axis=1)[:, None]
    return np.divide(p, marginal, out=np.full_like(p, 1 / p.shape[1]), where=marginal > 0)


def cumulative(probabilities: Floats, axis: int) -> Floats:
    """Cumulative sums along an axis without the final one; what rounding puts beside 0 and 1 is 0 and 1."""
    sums = np.delete(np.cumsum(probabilities, axis=axis), -1, axis=axis)
    return np.where(sums < ROUNDING, 0.0, np.where(sums > 1 - ROUNDING, 1.0, sums))


#: Probabilities that no coin of 32 bits can tell from 0.
ROUNDING = 2.0**-33


def _nested(probabilities: Floats) -> list[Any]:
    return cumulative(probabilities, -1).tolist()
