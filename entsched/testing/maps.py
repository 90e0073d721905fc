"""The question and answer maps of a plan: what they may name, look at, change and remember."""

from __future__ import annotations

import pickle
import random
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.errors import StrategyError
from entsched.sim.routers import table_route
from entsched.strategies.base import LocalView, RoutingPlan, StrategyClass
from entsched.strategies.compiling import MEMORYLESS, blaming
from entsched.testing.check import NotApplicableError
from entsched.testing.subject import Context, Subject

#: Random views on which arrays and single numbers are compared.
VIEWS = 500

#: How often each view is shown again, on average, in random order.
AGAIN = 3

#: What a router does with a view: its question, and its server for each output.
Response = tuple[int, tuple[int, ...]]

ROUTERS = ("A", "B")


def response(plan: RoutingPlan, router: int, view: LocalView) -> Response:
    """The question and, for each output, the server of a router."""
    question = index(plan.ask[router](view))
    outputs = range(plan.behavior.p.shape[router])
    return question, tuple(index(plan.answer[router](output, view)) for output in outputs)


def require_ranges(subject: Subject) -> None:
    """Questions are those of the behavior, servers 0 or 1, and all are integers."""
    for plan in subject.plans():
        for router, views in enumerate(subject.views(plan)):
            for view in views:
                _require_range(subject, plan, router, view)


def _require_range(subject: Subject, plan: RoutingPlan, router: int, view: LocalView) -> None:
    with blaming(subject.name, "failed to route"):
        question = plan.ask[router](view)
        servers = [plan.answer[router](output, view) for output in range(plan.behavior.p.shape[router])]
    allowed = plan.behavior.questions[router]
    for what, given, end in (("asks question", question, allowed), *(("names server", each, 2) for each in servers)):
        try:
            fits = 0 <= index(given) < end
        except TypeError:
            fits = False
        if not fits:
            raise StrategyError(
                f"{subject.title}: router {ROUTERS[router]} {what} {given!r} for type {view.type_index} at "
                f"{view.time_s:g} s, allowed: an integer from 0 to {end - 1}"
            )


def require_views_unchanged(subject: Subject) -> None:
    """Maps write neither to the arrays of a view nor to a memory."""
    for plan in subject.plans():
        if plan.takes_arrays and plan.memory is None:
            _require_arrays_unchanged(subject, plan)
        for router, views in enumerate(subject.views(plan)):
            before = [pickle.dumps(view.memory) for view in views]
            for view in views:
                _respond(subject, plan, router, view)
            if any(pickle.dumps(view.memory) != kept for view, kept in zip(views, before, strict=True)):
                raise StrategyError(f"{subject.title}: a map of router {ROUTERS[router]} writes to its view's memory")


def _require_arrays_unchanged(subject: Subject, plan: RoutingPlan) -> None:
    for router in (0, 1):
        arrays, kept = random_views(subject), random_views(subject)
        output = np.zeros(VIEWS, dtype=np.int64)
        for array in (*arrays, output):
            array.flags.writeable = False
        view = LocalView(*arrays)  # type: ignore[arg-type]
        writes = (
            f"{subject.title}: a map of router {ROUTERS[router]} writes to its view, which is not its own to change"
        )
        try:
            plan.ask[router](view)
            plan.answer[router](output, view)  # type: ignore[arg-type]
        except ValueError as error:
            if "read-only" in str(error):
                raise StrategyError(writes) from error
            raise
        same = all(np.array_equal(a, b) for a, b in zip(arrays, kept, strict=True))
        if not same or output.any():
            raise StrategyError(writes)


def require_no_state(subject: Subject) -> None:
    """Maps say the same whenever and in whatever order they are asked."""
    for plan in subject.plans():
        for router, views in enumerate(subject.views(plan)):
            first = [_respond(subject, plan, router, view) for view in views]
            rng = random.Random(2)
            for _ in range(AGAIN * len(views)):
                place = rng.randrange(len(views))
                output = rng.randrange(-1, plan.behavior.p.shape[router])
                if _responds_otherwise(subject, plan, router, views[place], output, first[place]):
                    raise StrategyError(
                        f"{subject.title}: router {ROUTERS[router]} decides otherwise when it is asked again: its maps "
                        "keep a state or draw numbers, allowed: functions of the view"
                    )


def _responds_otherwise(
    subject: Subject, plan: RoutingPlan, router: int, view: LocalView, output: int, before: Response
) -> bool:
    """Whether the question (output -1) or the server for an output is not what it was."""
    with blaming(subject.name, "failed to route"):
        if output < 0:
            return index(plan.ask[router](view)) != before[0]
        return index(plan.answer[router](output, view)) != before[1][output]


def require_timeless(subject: Subject) -> None:
    """Maps of a memoryless class look at the own type alone, and the plan keeps no memory."""
    kind = subject.strategy.strategy_class
    if kind not in MEMORYLESS:
        raise NotApplicableError(f"strategies of class {kind} may look at the clock")
    for plan in subject.plans():
        for router, views in enumerate(subject.views(plan)):
            seen: dict[int, Response] = {}
            for view in views:
                found = _respond(subject, plan, router, view)
                if seen.setdefault(view.type_index, found) != found:
                    raise StrategyError(
                        f"{subject.title} declares the memoryless class {kind}, but router {ROUTERS[router]} depends "
                        "on time or pair index, allowed: the class scheduled"
                    )


def require_no_memory(subject: Subject) -> None:
    """Only adaptive strategies keep a memory."""
    kind = subject.strategy.strategy_class
    if kind is StrategyClass.ADAPTIVE:
        raise NotApplicableError("strategies of class adaptive may keep a memory")
    if any(plan.memory is not None for plan in subject.plans()):
        raise StrategyError(f"{subject.title} declares the class {kind}, but keeps a memory, allowed: adaptive")


def require_arrays(subject: Subject) -> None:
    """Maps that declare so take arrays, and agree with themselves one by one."""
    plans = [plan for plan in subject.plans() if plan.takes_arrays and plan.memory is None]
    if not plans:
        raise NotApplicableError("its maps take one view at a time")
    for plan in plans:
        for router in (0, 1):
            _require_arrays(subject, plan, router)


def _require_arrays(subject: Subject, plan: RoutingPlan, router: int) -> None:
    arrays = random_views(subject)
    view = LocalView(*arrays)  # type: ignore[arg-type]
    output = np.random.default_rng(4).integers(plan.behavior.p.shape[router], size=VIEWS)
    with blaming(subject.name, "declares takes_arrays, but failed to take arrays"):
        together = (plan.ask[router](view), plan.answer[router](output, view))  # type: ignore[arg-type]
    singly = [LocalView(*values) for values in zip(*(array.tolist() for array in arrays), strict=True)]
    questions = [plan.ask[router](one) for one in singly]
    servers = [plan.answer[router](int(k), one) for k, one in zip(output, singly, strict=True)]
    for what, given, expected in (("questions", together[0], questions), ("servers", together[1], servers)):
        array = np.asarray(given)
        fits = array.shape in ((), (VIEWS,)) and np.issubdtype(array.dtype, np.integer)
        if not fits or not np.array_equal(np.broadcast_to(array, VIEWS), expected):
            raise StrategyError(
                f"{subject.title} declares takes_arrays, but the {what} of router {ROUTERS[router]} for an array of "
                "views are not the integers that it gives one by one"
            )


def require_separation(subject: Subject) -> None:
    """With the same coins, A's server is the same whatever B is asked."""
    coins = np.random.default_rng(0).random((20, 2)).tolist()
    for plan in subject.plans():
        route = table_route(plan)
        for context in subject.contexts(plan):
            views_a, views_b = (_few(views) for views in context.views(subject.workload))
            for view_a in views_a:
                for coin_a, coin_b in coins:
                    if len({route(view_a, view_b, 0, 0.0, coin_a, coin_b)[0] for view_b in views_b}) > 1:
                        raise StrategyError(f"{subject.title}: router A's server depends on router B's request")


def server_table(subject: Subject, plan: RoutingPlan, p: NDArray[np.float64], context: Context) -> NDArray[np.float64]:
    """P[server of A, server of B, type x, type y] in a context, for the outputs of one behavior p[a, b, x, y]."""
    sides = []
    for router, views in enumerate(context.views(subject.workload)):
        questions, servers = zip(*(_respond(subject, plan, router, view) for view in views), strict=True)
        sides.append((list(questions), np.equal.outer((0, 1), np.array(servers).T).astype(float)))
    (asked_a, to_a), (asked_b, to_b) = sides
    return np.einsum("abxy,sax,tby->stxy", p[:, :, asked_a][:, :, :, asked_b], to_a, to_b, optimize=True)


def _respond(subject: Subject, plan: RoutingPlan, router: int, view: LocalView) -> Response:
    with blaming(subject.name, "failed to route"):
        return response(plan, router, view)


def random_views(subject: Subject) -> tuple[NDArray[Any], ...]:
    """Random views of all types, field by field."""
    rng = np.random.default_rng(3)
    types = rng.integers(len(subject.workload.types), size=VIEWS)
    sizes = subject.workload.type_means_s[types]
    return sizes, types, rng.exponential(100.0, VIEWS), rng.integers(10_000, size=VIEWS)


def _few(views: list[LocalView], most: int = 6) -> list[LocalView]:
    return views[:: -(-len(views) // most)]
