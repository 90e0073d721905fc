"""Compile any strategy, built in or not, and refuse a plan that breaks what it declares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import Behavior, ConditionalTable
from entsched.deadline import is_termination
from entsched.errors import EntschedError, StrategyError
from entsched.strategies.base import (
    BaseStrategy,
    ByPair,
    CommunicatingStrategy,
    Counted,
    JointPlan,
    LocalView,
    Memory,
    Resource,
    RoutingPlan,
    Scenario,
    StalePlan,
    StrategyClass,
    own_type,
)
from entsched.workload import Workload

Plan = RoutingPlan | JointPlan | StalePlan
Integers = NDArray[np.intp]

#: The most pairs that may come, on average, while a report of the queues is under way.
MOST_UNREPORTED = 1e6

#: The classes whose routers may keep a memory.
REMEMBERING = (StrategyClass.ADAPTIVE, StrategyClass.COMMUNICATING)

#: The classes whose figures the formulas of :mod:`entsched.queueing` give.
MEMORYLESS = (StrategyClass.SYMMETRIC, StrategyClass.STATIC, StrategyClass.COMMUNICATING)


def compile_strategy(strategy: BaseStrategy, scenario: Scenario) -> Plan:
    """The checked plan of a strategy.

    Raises
    ------
    StrategyError
        If the strategy raises, returns no plan, or a plan of the wrong shape or class, or communicates in
        another class than its own; the message names the strategy.
    """
    if isinstance(strategy, CommunicatingStrategy):
        require_class(strategy)
    wanted = (JointPlan, StalePlan) if isinstance(strategy, CommunicatingStrategy) else (RoutingPlan,)
    with blaming(strategy.name, "failed to compile"):
        plan = strategy.compile(scenario)  # type: ignore[attr-defined]
    if not isinstance(plan, wanted):
        raise StrategyError(
            f"strategy {strategy.name!r} compiled to a {type(plan).__name__}, "
            f"allowed: {' or '.join(each.__name__ for each in wanted)}"
        )
    if isinstance(plan, RoutingPlan | StalePlan) and not isinstance(plan.behavior, Behavior):
        raise StrategyError(
            f"strategy {strategy.name!r}: given a {type(plan.behavior).__name__} as its behavior, allowed: a Behavior"
        )
    if isinstance(plan, RoutingPlan):
        _require_routing(plan, strategy, scenario)
    elif isinstance(plan, StalePlan):
        _require_relative(plan, scenario.workload, strategy.name)
    elif not _is_duration(plan.latency_s):
        raise StrategyError(
            f"strategy {strategy.name!r}: given the latency {plan.latency_s} s, allowed: a finite number, 0 or more"
        )
    if is_memoryless(strategy, plan):
        with blaming(strategy.name, "failed to route"):
            tables = condition_tables(plan, scenario.workload, strategy.name)
        if strategy.strategy_class is StrategyClass.SYMMETRIC:
            for table in tables:
                _require_symmetric(table, strategy.name)
    return plan


def require_class(strategy: BaseStrategy) -> None:
    """Refuse a class that the base class of a strategy does not allow.

    Raises
    ------
    StrategyError
        If one that communicates declares another class, or the other way round.
    """
    kind = strategy.strategy_class
    if (kind is StrategyClass.COMMUNICATING) != isinstance(strategy, CommunicatingStrategy):
        raise StrategyError(
            f"strategy {strategy.name!r} declares the class {kind}, "
            "allowed: communicating for subclasses of CommunicatingStrategy, another for those of Strategy"
        )


def _is_duration(given: object) -> bool:
    return isinstance(given, Real) and 0 <= float(given) < math.inf


def _require_routing(plan: RoutingPlan, strategy: BaseStrategy, scenario: Scenario) -> None:
    n = len(scenario.workload.types)
    if plan.ask == (own_type, own_type) and plan.behavior.questions != (n, n):
        raise StrategyError(
            f"strategy {strategy.name!r}: its behavior has {plan.behavior.questions} questions, "
            f"allowed: {(n, n)}, one for each type"
        )
    if strategy.resource is Resource.LOCAL and plan.by_pair is not None:
        raise StrategyError(
            f"strategy {strategy.name!r}: given by_pair with the resource local, allowed: the resource entangled"
        )
    if strategy.resource is Resource.ENTANGLED:
        _require_supply(plan, scenario, strategy.name)
    if plan.memory is not None:
        _require_memories(plan.memory, strategy)


def _require_supply(plan: RoutingPlan, scenario: Scenario, name: str) -> None:
    if plan.by_pair is None and not scenario.entanglement.is_always_the_same:
        raise StrategyError(
            f"strategy {name!r} takes a pair for granted, but those of this experiment can run out, age, fail or be "
            "tested; allowed: a plan with by_pair, as entsched.strategies.entangled_plan makes it"
        )


def _require_memories(memory: object, strategy: BaseStrategy) -> None:
    if strategy.strategy_class not in REMEMBERING:
        raise StrategyError(
            f"strategy {strategy.name!r}: given a memory in the class {strategy.strategy_class}, "
            f"allowed: {' or '.join(REMEMBERING)}"
        )
    if not (isinstance(memory, tuple) and len(memory) == 2 and all(isinstance(each, Memory) for each in memory)):
        raise StrategyError(
            f"strategy {strategy.name!r}: given the memory {memory!r}, allowed: two of Memory, one for each router"
        )


def held_s(plan: Plan) -> float:
    """How long requests are held in their routers before they go to their servers, seconds.

    Examples
    --------
    >>> from entsched.behavior import Behavior
    >>> coin = Behavior.from_coalescing([[0.5]])
    >>> held_s(RoutingPlan(coin)), held_s(StalePlan(coin, latency_s=0.0, held_s=0.2))
    (0.0, 0.2)
    """
    if isinstance(plan, JointPlan):
        return plan.latency_s
    return plan.held_s if isinstance(plan, StalePlan) else 0.0


def by_pair_of(plan: Plan) -> ByPair | None:
    """What the routers of a plan do by the Bell pair at hand; None if they use no supply of pairs."""
    return plan.by_pair if isinstance(plan, RoutingPlan) else None


def is_memoryless(strategy: BaseStrategy, plan: Plan) -> bool:
    """Whether a plan looks at nothing but types and the routers' pair: what the formulas cover.

    Examples
    --------
    >>> from entsched.behavior import Behavior
    >>> from entsched.strategies.registry import build
    >>> coin = Behavior.from_coalescing([[0.5]])
    >>> is_memoryless(build("random", {}), RoutingPlan(coin))
    True
    >>> is_memoryless(build("stale-information", {}), StalePlan(coin, latency_s=0.1))
    False
    """
    remembers = isinstance(plan, RoutingPlan) and plan.memory is not None
    return strategy.strategy_class in MEMORYLESS and not isinstance(plan, StalePlan) and not remembers


@contextmanager
def blaming(name: str, what: str) -> Iterator[None]:
    """Turn any error of a strategy's own code into one line that names the strategy."""
    try:
        yield
    except StrategyError as error:
        named = str(error).startswith("strategy ")
        raise error if named else StrategyError(f"strategy {name!r} {what}: {error}") from None
    except (Exception, SystemExit) as error:
        if is_termination(error):
            raise
        text = str(error).splitlines()[0] if str(error) else "no message"
        kind = "" if isinstance(error, EntschedError) else f"{type(error).__name__}: "
        raise StrategyError(f"strategy {name!r} {what}: {kind}{text}") from error


def memoryless_table(plan: Plan, workload: Workload, name: str = "plan") -> ConditionalTable:
    """p[server of A, server of B, type x, type y] of a plan that depends on nothing else, not even on a supply.

    Raises
    ------
    StrategyError
        If the plan asks a question or names a server that does not exist.
    """
    return condition_tables(plan, workload, name)[0]


def condition_tables(plan: Plan, workload: Workload, name: str = "plan") -> tuple[ConditionalTable, ...]:
    """p[server of A, server of B, type x, type y] under each condition of the pair at hand; one if it plays no part.

    Raises
    ------
    StrategyError
        If the plan looks at the queues, asks a question or names a server that does not exist.
    """
    n = len(workload.types)
    if isinstance(plan, JointPlan):
        if plan.table.p.shape != (2, 2, n, n):
            raise StrategyError(
                f"strategy {name!r}: the table has shape {plan.table.p.shape}, allowed: (2, 2, {n}, {n})"
            )
        return (plan.table,)
    if isinstance(plan, StalePlan):
        raise StrategyError(f"strategy {name!r} looks at the queues, allowed: a plan that looks at types alone")
    questions, servers = static_maps(plan, workload, name)
    to_a, to_b = (np.equal.outer((0, 1), named).astype(float) for named in servers)
    asked = [each.p[:, :, questions[0]][:, :, :, questions[1]] for each in plan.conditions]
    return tuple(ConditionalTable(np.einsum("abxy,sax,tby->stxy", p, to_a, to_b, optimize=True)) for p in asked)


def static_maps(
    plan: RoutingPlan, workload: Workload, name: str = "plan"
) -> tuple[tuple[Integers, Integers], tuple[Integers, Integers]]:
    """The maps of a plan that depends on nothing but types: questions [type], servers [output, type].

    Raises
    ------
    StrategyError
        If the plan asks a question or names a server that does not exist.
    """
    views = [LocalView(float(s), x, 0.0, 0) for x, s in enumerate(workload.type_means_s)]
    questions = (_questions(plan, 0, views, name), _questions(plan, 1, views, name))
    return questions, (_servers(plan, 0, views, name), _servers(plan, 1, views, name))


def _questions(plan: RoutingPlan, router: int, views: list[LocalView], name: str) -> Integers:
    allowed = plan.behavior.questions[router]
    questions = [plan.ask[router](view) for view in views]
    for view, question in zip(views, questions, strict=True):
        if not isinstance(question, int | np.integer) or not 0 <= question < allowed:
            raise StrategyError(
                f"strategy {name!r} asks question {question!r} for type {view.type_index}, allowed: 0 to "
                f"{allowed - 1}, the questions of its behavior"
            )
    return np.array(questions, dtype=np.intp)


def _servers(plan: RoutingPlan, router: int, views: list[LocalView], name: str) -> Integers:
    """The server of each output (rows) and type (columns)."""
    outputs = range(plan.behavior.p.shape[router])
    servers = [[plan.answer[router](output, view) for view in views] for output in outputs]
    for server in (server for row in servers for server in row):
        if server not in (0, 1):
            raise StrategyError(f"strategy {name!r} names server {server!r}, allowed: 0 or 1")
    return np.array(servers, dtype=np.intp)


def _require_relative(plan: StalePlan, workload: Workload, name: str) -> None:
    n = len(workload.types)
    if plan.behavior.p.shape != (2, 2, n, n):
        raise StrategyError(
            f"strategy {name!r}: its behavior has shape {plan.behavior.p.shape}, allowed: (2, 2, {n}, {n})"
        )
    if not _is_duration(plan.latency_s):
        raise StrategyError(
            f"strategy {name!r}: given reports {plan.latency_s} s old, allowed: a finite number, 0 or more"
        )
    if plan.latency_s * workload.arrival_rate_hz > MOST_UNREPORTED:
        raise StrategyError(
            f"strategy {name!r}: given reports {plan.latency_s:g} s old, "
            f"allowed: 0 to {MOST_UNREPORTED / workload.arrival_rate_hz:g} s, in which {MOST_UNREPORTED:g} pairs arrive"
        )
    if not _is_duration(plan.held_s):
        raise StrategyError(f"strategy {name!r}: given requests held for {plan.held_s} s, allowed: 0 s or more")
    if plan.counts not in get_args(Counted):
        raise StrategyError(
            f"strategy {name!r}: given reports of {plan.counts!r}, allowed: {' or '.join(get_args(Counted))}"
        )


def _require_symmetric(table: ConditionalTable, name: str) -> None:
    if np.max(abs(table.p - table.p[::-1, ::-1])) > 1e-9:
        raise StrategyError(
            f"strategy {name!r} declares the class symmetric but treats the servers differently, "
            "allowed: p[a, b] = p[1 - a, 1 - b], or the class static"
        )
