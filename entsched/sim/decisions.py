"""All servers of a block of pairs at once: what the fast engine asks of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.behavior import Behavior, ConditionalTable
from entsched.errors import StrategyError
from entsched.sim.draws import Draws
from entsched.sim.routers import Route, conditional, table_route
from entsched.sim.words import Words
from entsched.strategies.base import JointPlan, LocalView, RoutingPlan, as_server, own_type
from entsched.strategies.compiling import Plan, static_maps
from entsched.workload import Workload

Floats = NDArray[np.float64]

#: The servers, types, questions or outputs of routers A and B, shape (2, pairs).
Integers = NDArray[np.integer]

#: From a block of draws, the time before it (s) and the index of its first pair to the servers.
Decide = Callable[[Draws, float, int], Integers]


@dataclass(frozen=True)
class Decisions:
    """How servers are decided, and whether every pair costs a call into Python."""

    decide: Decide
    one_by_one: bool = False


def decisions(plan: Plan, workload: Workload, memoryless: bool) -> Decisions:
    """The fastest way to the servers of a plan; each has the same servers for the same draws.

    A table by types if the routers look at nothing else; arrays of views for a plan that declares
    ``takes_arrays``; else one pair after the other.

    Parameters
    ----------
    memoryless : whether the plan's questions and answers depend on the own type alone
    """
    if isinstance(plan, JointPlan):
        return Decisions(_by_types(plan.table))
    if memoryless or (plan.ask == (own_type, own_type) and plan.answer == (as_server, as_server)):
        questions, answers = static_maps(plan, workload)
        table = Behavior(plan.behavior.p[:, :, questions[0]][:, :, :, questions[1]])
        return Decisions(_by_types(table, None if plan.answer == (as_server, as_server) else answers))
    if plan.takes_arrays:
        return Decisions(_by_arrays(plan, workload))
    return one_by_one(table_route(plan), workload)


def _by_types(table: ConditionalTable, answers: tuple[Integers, Integers] | None = None) -> Decide:
    """Outputs from a table over types, and servers from outputs and types; absent: outputs are servers."""
    outputs_of = _outputs(table)

    def decide(draws: Draws, now_s: float, first: int) -> Integers:
        outputs = outputs_of(draws.types, draws.coins)
        if answers is None:
            return outputs
        return np.stack([answer[o, x] for answer, o, x in zip(answers, outputs, draws.types, strict=True)])

    return decide


def _by_arrays(plan: RoutingPlan, workload: Workload) -> Decide:
    """Questions and answers from arrays of views, one call a block."""
    outputs_of = _outputs(plan.behavior)
    requirements = workload.type_means_s

    def decide(draws: Draws, now_s: float, first: int) -> Integers:
        times_s = _times(now_s, draws)
        pairs = np.arange(first, first + len(times_s))
        views = [LocalView(requirements[x], x.astype(np.intp), times_s, pairs) for x in draws.types]  # type: ignore[arg-type]
        questions = np.stack(
            [np.broadcast_to(ask(view), pairs.shape) for ask, view in zip(plan.ask, views, strict=True)]
        )
        for asked, allowed in zip(questions, plan.behavior.questions, strict=True):
            _require_range("asks question", asked, allowed)
        outputs = outputs_of(questions, draws.coins)
        answered = zip(plan.answer, outputs, views, strict=True)
        servers = np.stack([np.broadcast_to(answer(o, view), pairs.shape) for answer, o, view in answered])  # type: ignore[arg-type]
        _require_range("names server", servers, 2)
        return servers.astype(np.uint8)

    return decide


def one_by_one(route: Route, workload: Workload) -> Decisions:
    """One pair after the other, as the event model asks."""
    requirements = workload.type_means_s.tolist()

    def decide(draws: Draws, now_s: float, first: int) -> Integers:
        shared = draws.shared if draws.shared.size else np.zeros_like(draws.gaps_s)
        columns = (*draws.types, _times(now_s, draws), shared, *draws.outcomes)
        servers = np.empty(draws.types.shape, dtype=np.int64)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for i, (x, y, now, *coins) in enumerate(rows):
            views = (LocalView(requirements[z], z, now, first + i) for z in (x, y))
            servers[:, i] = route(*views, *coins)
        _require_range("names server", servers, 2)
        return servers.astype(np.uint8)

    return Decisions(decide, one_by_one=True)


def _times(now_s: float, draws: Draws) -> Floats:
    """Arrival times, summed one gap after the other as a clock does."""
    return np.cumsum(np.append(now_s, draws.gaps_s))[1:]


def _require_range(what: str, values: Integers, allowed: int) -> None:
    if not np.issubdtype(values.dtype, np.integer):
        raise StrategyError(f"it {what} of type {values.dtype}, allowed: integers")
    if values.min() < 0 or values.max() >= allowed:
        wrong = values[(values < 0) | (values >= allowed)][0]
        raise StrategyError(f"it {what} {wrong}, allowed: 0 to {allowed - 1}")


def _outputs(table: ConditionalTable) -> Callable[[Integers, Words], Integers]:
    """From questions, shape (2, pairs), and coins to outputs: a from P(a | x), then b from P(b | a, x, y).

    An output is the number of cumulative probabilities that its coin reaches, in units of the coin:
    2^-32 for A and 2^-31 for B.
    """
    p = table.p
    of_a = np.repeat(table.marginal_a[:, :, None], p.shape[3], axis=2) if isinstance(table, Behavior) else p.sum(axis=1)
    of_b = conditional(p).transpose(1, 0, 2, 3)
    ends_a, ends_b = (
        np.ceil(np.cumsum(of, axis=0)[:-1] * scale).astype(np.uint64).reshape(len(of) - 1, -1)
        for of, scale in ((of_a, 2.0**32), (of_b, 2.0**31))
    )
    draw_all = _draw_bits if p.shape[:2] == (2, 2) else _draw_outputs

    def draw(questions: Integers, coins: Words) -> Integers:
        outputs = np.empty(questions.shape, dtype=np.uint8)
        draw_all(*questions, coins, p.shape[2], p.shape[3], ends_a, ends_b, *outputs)
        return outputs

    return draw


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _draw_outputs(
    x: Integers,
    y: Integers,
    coins: Words,
    rows: int,
    columns: int,
    ends_a: Words,
    ends_b: Words,
    outputs_a: Integers,
    outputs_b: Integers,
) -> None:
    for i in range(coins.size):
        coin_a, coin_b = coins[i] >> np.uint64(32), (coins[i] & np.uint64(2**32 - 1)) >> np.uint64(1)
        cell = np.uint64(x[i]) * np.uint64(columns) + np.uint64(y[i])
        a = np.uint64(0)
        for end in ends_a:
            a += np.uint64(coin_a >= end[cell])
        b = np.uint64(0)
        for end in ends_b:
            b += np.uint64(coin_b >= end[a * np.uint64(rows * columns) + cell])
        outputs_a[i], outputs_b[i] = a, b


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _draw_bits(
    x: Integers,
    y: Integers,
    coins: Words,
    rows: int,
    columns: int,
    ends_a: Words,
    ends_b: Words,
    outputs_a: Integers,
    outputs_b: Integers,
) -> None:
    """The same for two outputs each, three times as fast."""
    of_a, of_b = ends_a[0], ends_b[0]
    for i in range(coins.size):
        coin_a, coin_b = coins[i] >> np.uint64(32), (coins[i] & np.uint64(2**32 - 1)) >> np.uint64(1)
        cell = np.uint64(x[i]) * np.uint64(columns) + np.uint64(y[i])
        a = np.uint64(coin_a >= of_a[cell])
        outputs_a[i] = a
        outputs_b[i] = np.uint64(coin_b >= of_b[a * np.uint64(rows * columns) + cell])
