"""Compile any strategy, built in or not, and refuse a plan that breaks what it declares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import ConditionalTable
from entsched.errors import EntschedError, StrategyError
from entsched.strategies.base import (
    BaseStrategy,
    CommunicatingStrategy,
    JointPlan,
    LocalView,
    RoutingPlan,
    Scenario,
    StrategyClass,
    own_type,
)
from entsched.workload import Workload

Plan = RoutingPlan | JointPlan

#: The classes whose figures the formulas of :mod:`entsched.queueing` give.
MEMORYLESS = (StrategyClass.SYMMETRIC, StrategyClass.STATIC, StrategyClass.COMMUNICATING)


def compile_strategy(strategy: BaseStrategy, scenario: Scenario) -> Plan:
    """The checked plan of a strategy.

    Raises
    ------
    StrategyError
        If the strategy raises, returns no plan, or a plan of the wrong shape or class; the message
        names the strategy.
    """
    wanted = JointPlan if isinstance(strategy, CommunicatingStrategy) else RoutingPlan
    with blaming(strategy.name, "failed to compile"):
        plan = strategy.compile(scenario)  # type: ignore[attr-defined]
    if not isinstance(plan, wanted):
        raise StrategyError(
            f"strategy {strategy.name!r} compiled to a {type(plan).__name__}, allowed: {wanted.__name__}"
        )
    n = len(scenario.workload.types)
    if isinstance(plan, RoutingPlan) and plan.ask == (own_type, own_type) and plan.behavior.questions != (n, n):
        raise StrategyError(
            f"strategy {strategy.name!r}: its behavior has {plan.behavior.questions} questions, "
            f"allowed: {(n, n)}, one for each type"
        )
    if strategy.strategy_class in MEMORYLESS:
        with blaming(strategy.name, "failed to route"):
            table = memoryless_table(plan, scenario.workload, strategy.name)
        if strategy.strategy_class is StrategyClass.SYMMETRIC:
            _require_symmetric(table, strategy.name)
    return plan


@contextmanager
def blaming(name: str, what: str) -> Iterator[None]:
    """Turn any error of a strategy's own code into one line that names the strategy."""
    try:
        yield
    except StrategyError as error:
        named = str(error).startswith("strategy ")
        raise error if named else StrategyError(f"strategy {name!r} {what}: {error}") from None
    except Exception as error:
        text = str(error).splitlines()[0] if str(error) else "no message"
        kind = "" if isinstance(error, EntschedError) else f"{type(error).__name__}: "
        raise StrategyError(f"strategy {name!r} {what}: {kind}{text}") from error


def memoryless_table(plan: Plan, workload: Workload, name: str = "plan") -> ConditionalTable:
    """p[server of A, server of B, type x, type y] of a plan that depends on nothing else.

    Raises
    ------
    StrategyError
        If the plan asks a question or names a server that does not exist.
    """
    n = len(workload.types)
    if isinstance(plan, JointPlan):
        if plan.table.p.shape != (2, 2, n, n):
            raise StrategyError(
                f"strategy {name!r}: the table has shape {plan.table.p.shape}, allowed: (2, 2, {n}, {n})"
            )
        return plan.table
    views = [LocalView(float(s), x, 0.0, 0) for x, s in enumerate(workload.type_means_s)]
    questions = [[_question(plan, router, view, name) for view in views] for router in (0, 1)]
    asked = plan.behavior.p[:, :, questions[0]][:, :, :, questions[1]]
    to_a, to_b = (_servers(plan, router, views, name) for router in (0, 1))
    return ConditionalTable(np.einsum("abxy,sax,tby->stxy", asked, to_a, to_b, optimize=True))


def _question(plan: RoutingPlan, router: int, view: LocalView, name: str) -> int:
    question = plan.ask[router](view)
    allowed = plan.behavior.questions[router]
    if not isinstance(question, int) or not 0 <= question < allowed:
        raise StrategyError(
            f"strategy {name!r} asks question {question!r} for type {view.type_index}, allowed: 0 to "
            f"{allowed - 1}, the questions of its behavior"
        )
    return question


def _servers(plan: RoutingPlan, router: int, views: list[LocalView], name: str) -> NDArray[np.float64]:
    """1 where output a for type x goes to server s, else 0; axes (s, a, x)."""
    outputs = plan.behavior.p.shape[router]
    chosen = np.zeros((2, outputs, len(views)))
    for x, view in enumerate(views):
        for output in range(outputs):
            server = plan.answer[router](output, view)
            if server not in (0, 1):
                raise StrategyError(f"strategy {name!r} names server {server!r}, allowed: 0 or 1")
            chosen[int(server), output, x] = 1.0
    return chosen


def _require_symmetric(table: ConditionalTable, name: str) -> None:
    if np.max(abs(table.p - table.p[::-1, ::-1])) > 1e-9:
        raise StrategyError(
            f"strategy {name!r} declares the class symmetric but treats the servers differently, "
            "allowed: p[a, b] = p[1 - a, 1 - b], or the class static"
        )
