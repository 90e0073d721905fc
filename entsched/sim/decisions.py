"""How the fast engine gets the servers of a plan: from a table, from arrays, or one pair after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.behavior import Behavior, ConditionalTable
from entsched.errors import StrategyError
from entsched.sim.draws import Draws
from entsched.sim.reports import Reports
from entsched.sim.routers import Route, conditional, cumulative, remembering, table_route
from entsched.sim.words import Words
from entsched.strategies.base import JointPlan, LocalView, Memory, RoutingPlan, StalePlan, as_server, own_type
from entsched.strategies.compiling import Plan, static_maps
from entsched.workload import Workload

Floats = NDArray[np.float64]

#: The servers, questions or outputs of routers A and B, shape (2, pairs).
Integers = NDArray[np.integer]


class Table(NamedTuple):
    """Servers that follow from types and coins alone, where each router has two outputs.

    Attributes
    ----------
    ends_a : shape (conditions * types * types,), where A's coin ends output 0, for the condition of the pair of
        the routers and types (x, y), in units of 2^-32
    ends_b : shape (conditions * 2 * types * types,), the same for B's given A's output, in units of 2^-31
    servers_a, servers_b : shape (2 * types,), the server of each output and type
    """

    ends_a: Words
    ends_b: Words
    servers_a: Words
    servers_b: Words


def no_table() -> Table:
    """The table of decisions that follow from more than types and coins: never looked at."""
    return Table(*np.empty((4, 0), dtype=np.uint64))


#: From pairs, their arrival times (s), the index of the first one and, where routers use pairs of a supply,
#: the conditions these are in, to their servers.
Decide = Callable[[Draws, Floats, int, Words | None], Integers]


class Decisions(NamedTuple):
    """A table if there is one, else a function for each run.

    Attributes
    ----------
    begin : at the start of a run, the function that is called for its blocks in order
    one_by_one : whether every pair costs a call into Python
    reports : if routers name servers by how full these were, what they know of it; 0 is then the emptier one
    """

    table: Table | None
    begin: Callable[[], Decide]
    one_by_one: bool = False
    reports: Reports | None = None


def decisions(plan: Plan, workload: Workload, memoryless: bool) -> Decisions:
    """The fastest way to the servers of a plan; each has the same servers for the same draws.

    Parameters
    ----------
    memoryless : whether the plan's questions and answers depend on the own type alone
    """
    outputs_are_servers = np.repeat(np.arange(2), len(workload.types)).reshape(2, -1)
    if isinstance(plan, JointPlan):
        return _by_types((plan.table,), (outputs_are_servers, outputs_are_servers))
    if isinstance(plan, StalePlan):
        relative = _by_types((plan.behavior,), (outputs_are_servers, outputs_are_servers))
        return Decisions(None, relative.begin, reports=Reports(plan.latency_s, plan.counts, plan.in_turn))
    if plan.memory is not None:
        return one_by_one(table_route(plan), workload, plan.memory)
    if memoryless or (plan.ask == (own_type, own_type) and plan.answer == (as_server, as_server)):
        questions, servers = static_maps(plan, workload)
        asked = [Behavior(each.p[:, :, questions[0]][:, :, :, questions[1]]) for each in plan.conditions]
        return _by_types(asked, servers)
    if plan.takes_arrays:
        by_arrays = _by_arrays(plan, workload)
        return Decisions(None, lambda: by_arrays)
    return one_by_one(table_route(plan), workload)


def _by_types(tables: Sequence[ConditionalTable], servers: tuple[Integers, Integers]) -> Decisions:
    """Decisions from tables over types, one for each condition; ``servers`` has one for each output and type."""
    ends = _all_ends(tables)
    flat = [named.astype(np.uint64).ravel() for named in servers]
    binary = tables[0].p.shape[:2] == (2, 2)
    compiled = Table(ends[0].ravel(), ends[1].ravel(), *flat) if binary else None

    def decide(draws: Draws, times_s: Floats, first: int, conditions: Words | None = None) -> Integers:
        outputs = _outputs(ends, draws.types, draws.outcomes, conditions)
        return np.stack([named[o, x] for named, o, x in zip(servers, outputs, draws.types, strict=True)])

    return Decisions(compiled, lambda: decide)


def one_by_one(route: Route, workload: Workload, memory: tuple[Memory, Memory] | None = None) -> Decisions:
    """One pair after the other, as the event model asks; ``memory`` is what the routers keep of their histories."""
    requirements = workload.type_means_s.tolist()
    return Decisions(None, lambda: _by_pairs(remembering(route, memory), requirements), one_by_one=True)


def _by_pairs(route: Route, requirements: list[float]) -> Decide:
    """The decisions of one run, one call into a route a pair."""

    def decide(draws: Draws, times_s: Floats, first: int, conditions: Words | None = None) -> Integers:
        shared = draws.shared if draws.shared.size else np.zeros_like(draws.gaps_s)
        held = np.zeros(len(times_s), dtype=np.int64) if conditions is None else conditions
        columns = (*draws.types, times_s, held, shared, *draws.outcomes)
        rows = zip(range(first, first + len(times_s)), *(column.tolist() for column in columns), strict=True)
        decided = [
            route(LocalView(requirements[x], x, now, pair), LocalView(requirements[y], y, now, pair), condition, *coins)
            for pair, x, y, now, condition, *coins in rows
        ]
        servers = np.array(decided, dtype=np.int64).T.copy()
        for named in servers:
            _require_range("names server", named, 2)
        return servers

    return decide


def _by_arrays(plan: RoutingPlan, workload: Workload) -> Decide:
    """Questions and answers from arrays of views, one call a block."""
    requirements = workload.type_means_s
    ends = _all_ends(plan.conditions)

    def decide(draws: Draws, times_s: Floats, first: int, conditions: Words | None = None) -> Integers:
        pairs = np.arange(first, first + len(times_s))
        questions, servers = np.empty((2, 2, len(pairs)), dtype=np.int64)
        views = [_view(requirements[x], x, times_s, pairs) for x in draws.types.astype(np.intp)]
        for ask, view, asked, allowed in zip(plan.ask, views, questions, plan.behavior.questions, strict=True):
            asked[:] = _require_integers("asks questions", ask(view), len(pairs))
            _require_range("asks question", asked, allowed)
        outputs = _outputs(ends, questions, draws.outcomes, conditions)
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


def _all_ends(tables: Sequence[ConditionalTable]) -> tuple[Words, Words]:
    """Where coins end outputs under each condition: those of ``_ends`` with a first axis for conditions."""
    of_a, of_b = zip(*(_ends(table) for table in tables), strict=True)
    return np.stack(of_a), np.stack(of_b)


def _ends(table: ConditionalTable) -> tuple[Words, Words]:
    """Where coins end each output but the last: of A, shape (outputs, x, y), and of B, shape (outputs, a, x, y).

    a is drawn from P(a | x), whatever y is, and then b from P(b | a, x, y).
    """
    p = table.p
    of_a = np.repeat(table.marginal_a[:, :, None], p.shape[3], axis=2) if isinstance(table, Behavior) else p.sum(axis=1)
    of_b = conditional(p).transpose(1, 0, 2, 3)
    ends_a, ends_b = (np.ceil(cumulative(of, 0) * unit) for of, unit in ((of_a, 2.0**32), (of_b, 2.0**31)))
    return ends_a.astype(np.uint64), ends_b.astype(np.uint64)


def _outputs(ends: tuple[Words, Words], questions: Integers, outcomes: Floats, conditions: Words | None) -> Integers:
    """Outputs of A and B, shape (2, pairs): how many ends each coin reaches."""
    outputs = np.empty(questions.shape, dtype=np.int64)
    _reach(questions.astype(np.int64, copy=False), outcomes, conditions, *ends, outputs)
    return outputs


@njit(cache=True, nogil=True)
def _reach(
    questions: Integers, outcomes: Floats, conditions: Words | None, ends_a: Words, ends_b: Words, outputs: Integers
) -> None:
    for i in range(questions.shape[1]):
        x, y = np.uint64(questions[0, i]), np.uint64(questions[1, i])
        coin_a, coin_b = np.uint64(outcomes[0, i] * 2.0**32), np.uint64(outcomes[1, i] * 2.0**31)
        c = np.uint64(0)
        if conditions is not None:
            c = conditions[i]
        a = np.uint64(0)
        for k in range(ends_a.shape[1]):
            a += np.uint64(coin_a >= ends_a[c, k, x, y])
        b = np.uint64(0)
        for k in range(ends_b.shape[1]):
            b += np.uint64(coin_b >= ends_b[c, k, a, x, y])
        outputs[0, i], outputs[1, i] = a, b
