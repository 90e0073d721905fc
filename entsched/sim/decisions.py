"""How the fast engine gets the servers of a plan: from a table, from arrays, or one pair after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.behavior import Behavior, ConditionalTable
from entsched.errors import StrategyError
from entsched.sim.draws import Draws
from entsched.sim.routers import Route, conditional, cumulative, table_route
from entsched.sim.words import Words
from entsched.strategies.base import JointPlan, LocalView, RoutingPlan, as_server, own_type
from entsched.strategies.compiling import Plan, static_maps
from entsched.workload import Workload

Floats = NDArray[np.float64]

#: The servers, questions or outputs of routers A and B, shape (2, pairs).
Integers = NDArray[np.integer]


class Table(NamedTuple):
    """Servers that follow from types and coins alone, where each router has two outputs.

    Attributes
    ----------
    ends_a : shape (types * types,), where A's coin ends output 0, for types (x, y), in units of 2^-32
    ends_b : shape (2 * types * types,), the same for B's given A's output, in units of 2^-31
    servers_a, servers_b : shape (2 * types,), the server of each output and type
    """

    ends_a: Words
    ends_b: Words
    servers_a: Words
    servers_b: Words


def no_table() -> Table:
    """The table of decisions that follow from more than types and coins: never looked at."""
    return Table(*np.empty((4, 0), dtype=np.uint64))


#: From pairs, their arrival times (s) and the index of the first one to their servers.
Decide = Callable[[Draws, Floats, int], Integers]


class Decisions(NamedTuple):
    """A table if there is one, else a function; and whether every pair costs a call into Python."""

    table: Table | None
    decide: Decide
    one_by_one: bool = False


def decisions(plan: Plan, workload: Workload, memoryless: bool) -> Decisions:
    """The fastest way to the servers of a plan; each has the same servers for the same draws.

    Parameters
    ----------
    memoryless : whether the plan's questions and answers depend on the own type alone
    """
    if isinstance(plan, JointPlan):
        outputs_are_servers = np.repeat(np.arange(2), len(workload.types)).reshape(2, -1)
        return _by_types(plan.table, (outputs_are_servers, outputs_are_servers))
    if memoryless or (plan.ask == (own_type, own_type) and plan.answer == (as_server, as_server)):
        questions, servers = static_maps(plan, workload)
        return _by_types(Behavior(plan.behavior.p[:, :, questions[0]][:, :, :, questions[1]]), servers)
    if plan.takes_arrays:
        return Decisions(None, _by_arrays(plan, workload))
    return one_by_one(table_route(plan), workload)


def _by_types(table: ConditionalTable, servers: tuple[Integers, Integers]) -> Decisions:
    """Decisions from a table over types; ``servers`` has one for each output and type."""
    ends = _ends(table)
    flat = [named.astype(np.uint64).ravel() for named in servers]
    compiled = Table(ends[0].ravel(), ends[1].ravel(), *flat) if table.p.shape[:2] == (2, 2) else None

    def decide(draws: Draws, times_s: Floats, first: int) -> Integers:
        outputs = _outputs(ends, draws.types, draws.outcomes)
        return np.stack([named[o, x] for named, o, x in zip(servers, outputs, draws.types, strict=True)])

    return Decisions(compiled, decide)


def one_by_one(route: Route, workload: Workload) -> Decisions:
    """One pair after the other, as the event model asks."""
    requirements = workload.type_means_s.tolist()

    def decide(draws: Draws, times_s: Floats, first: int) -> Integers:
        shared = draws.shared if draws.shared.size else np.zeros_like(draws.gaps_s)
        columns = (*draws.types, times_s, shared, *draws.outcomes)
        servers = np.empty(draws.types.shape, dtype=np.int64)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for i, (x, y, now, *coins) in enumerate(rows):
            view_a, view_b = (LocalView(requirements[z], z, now, first + i) for z in (x, y))
            servers[:, i] = route(view_a, view_b, *coins)
        for named in servers:
            _require_range("names server", named, 2)
        return servers

    return Decisions(None, decide, one_by_one=True)


def _by_arrays(plan: RoutingPlan, workload: Workload) -> Decide:
    """Questions and answers from arrays of views, one call a block."""
    requirements = workload.type_means_s
    ends = _ends(plan.behavior)

    def decide(draws: Draws, times_s: Floats, first: int) -> Integers:
        pairs = np.arange(first, first + len(times_s))
        questions, servers = np.empty((2, 2, len(pairs)), dtype=np.int64)
        views = [_view(requirements[x], x, times_s, pairs) for x in draws.types.astype(np.intp)]
        for ask, view, asked, allowed in zip(plan.ask, views, questions, plan.behavior.questions, strict=True):
            asked[:] = _require_integers("asks questions", ask(view), len(pairs))
            _require_range("asks question", asked, allowed)
        outputs = _outputs(ends, questions, draws.outcomes)
        outputs.flags.writeable = False
        for answer, view, output, named in zip(plan.answer, views, outputs, servers, strict=True):
            named[:] = _require_integers("names servers", answer(output, view), len(pairs))
            _require_range("names server", named, 2)
        return servers

    return decide


def _view(*fields: NDArray[Any]) -> LocalView:
    """A view of arrays that nobody can write to: it would reach the other router and the engine."""
    for array in fields:
        array.flags.writeable = False
    return LocalView(*fields)  # type: ignore[arg-type]


def _require_integers(what: str, values: object, size: int) -> Integers:
    array = np.asarray(values)
    if not np.issubdtype(array.dtype, np.integer):
        raise StrategyError(f"it {what} of type {array.dtype}, allowed: integers")
    if array.shape not in ((), (size,)):
        raise StrategyError(f"it {what} of shape {array.shape}, allowed: {(size,)} or one for all")
    return array


def _require_range(what: str, values: Integers, allowed: int) -> None:
    place = _first_outside(values, allowed)
    if place >= 0:
        raise StrategyError(f"it {what} {values[place]}, allowed: 0 to {allowed - 1}")


@njit(cache=True, nogil=True)
def _first_outside(values: Integers, allowed: int) -> int:
    for i in range(values.size):
        if values[i] < 0 or values[i] >= allowed:
            return i
    return -1


def _ends(table: ConditionalTable) -> tuple[Words, Words]:
    """Where coins end each output but the last: of A, shape (outputs, x, y), and of B, shape (outputs, a, x, y).

    a is drawn from P(a | x), whatever y is, and then b from P(b | a, x, y).
    """
    p = table.p
    of_a = np.repeat(table.marginal_a[:, :, None], p.shape[3], axis=2) if isinstance(table, Behavior) else p.sum(axis=1)
    of_b = conditional(p).transpose(1, 0, 2, 3)
    ends_a, ends_b = (np.ceil(cumulative(of, 0) * unit) for of, unit in ((of_a, 2.0**32), (of_b, 2.0**31)))
    return ends_a.astype(np.uint64), ends_b.astype(np.uint64)


def _outputs(ends: tuple[Words, Words], questions: Integers, outcomes: Floats) -> Integers:
    """Outputs of A and B, shape (2, pairs): how many ends each coin reaches."""
    outputs = np.empty(questions.shape, dtype=np.int64)
    _reach(questions.astype(np.int64, copy=False), outcomes, *ends, outputs)
    return outputs


@njit(cache=True, nogil=True)
def _reach(questions: Integers, outcomes: Floats, ends_a: Words, ends_b: Words, outputs: Integers) -> None:
    for i in range(questions.shape[1]):
        x, y = np.uint64(questions[0, i]), np.uint64(questions[1, i])
        coin_a, coin_b = np.uint64(outcomes[0, i] * 2.0**32), np.uint64(outcomes[1, i] * 2.0**31)
        a = np.uint64(0)
        for k in range(ends_a.shape[0]):
            a += np.uint64(coin_a >= ends_a[k, x, y])
        b = np.uint64(0)
        for k in range(ends_b.shape[0]):
            b += np.uint64(coin_b >= ends_b[k, a, x, y])
        outputs[0, i], outputs[1, i] = a, b
