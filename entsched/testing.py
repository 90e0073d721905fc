"""Checks that a strategy keeps the contract it declares: for plugin authors and for our own tests."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from entsched.behavior import ConditionalTable
from entsched.errors import StrategyError
from entsched.sim.routers import table_route
from entsched.strategies.base import (
    BaseStrategy,
    JointPlan,
    LocalView,
    Resource,
    RoutingPlan,
    Scenario,
    StalePlan,
    StrategyClass,
)
from entsched.strategies.compiling import Plan, compile_strategy, memoryless_table
from entsched.workload import Workload

#: A workload small enough that every deterministic pair of strategies can be listed.
TWO_TYPES = Workload(
    arrival_rate_hz=0.5,
    service={"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]},  # type: ignore[arg-type]
)


def check_strategy(strategy: BaseStrategy, workload: Workload = TWO_TYPES) -> None:
    """Check one strategy against what it declares, on one workload.

    It must compile to the same plan twice, without signalling; meet the splitting probability it
    is asked for; leave A's server bit-identical whatever B is asked; not depend on time or index
    if it declares a memoryless class; and, if it declares the resource ``local``, lie in the local
    polytope (an LP over all deterministic pairs, up to 5 types).

    Raises
    ------
    StrategyError
        With the first part of the contract that is broken.

    Examples
    --------
    >>> from entsched.strategies.registry import build
    >>> check_strategy(build("classical-optimal", {}))
    """
    for splitting in (0.0, 0.3, 0.5, 0.8, 1.0) if strategy.uses_splitting else (None,):
        scenario = Scenario(workload, splitting)
        plan, again = (compile_strategy(strategy, scenario) for _ in range(2))
        if not np.array_equal(_table(plan), _table(again)):
            raise StrategyError(f"strategy {strategy.name!r} compiles to another plan the second time")
        if isinstance(plan, JointPlan):
            _check_splitting(strategy.name, plan.table, scenario)
            continue
        if isinstance(plan, StalePlan):
            _check_splitting(strategy.name, plan.behavior, scenario)
            _check_local(strategy, plan.behavior)
            continue
        _check_no_communication(strategy.name, plan, workload)
        if strategy.strategy_class in (StrategyClass.SYMMETRIC, StrategyClass.STATIC):
            _check_memoryless(strategy.name, plan, workload)
            table = memoryless_table(plan, workload, strategy.name)
            _check_splitting(strategy.name, table, scenario)
            _check_local(strategy, table)


def is_local(table: ConditionalTable) -> bool:
    """Whether a table with two answers each is a mixture of deterministic pairs: a linear program.

    Examples
    --------
    >>> from entsched.behavior import Behavior
    >>> is_local(Behavior.from_coalescing([[1, 1], [1, 0]]))
    False
    """
    n, m = table.questions
    columns = [
        np.einsum("ax,by->abxy", np.eye(2)[:, list(a)], np.eye(2)[:, list(b)]).ravel()
        for a in product((0, 1), repeat=n)
        for b in product((0, 1), repeat=m)
    ]
    slack = np.ones((table.p.size, 1))
    matrix = np.array(columns).T
    result = linprog(
        np.append(np.zeros(len(columns)), 1.0),
        A_ub=np.block([[matrix, -slack], [-matrix, -slack]]),
        b_ub=np.concatenate([table.p.ravel(), -table.p.ravel()]),
        A_eq=np.append(np.ones(len(columns)), 0.0)[None, :],
        b_eq=[1.0],
    )
    return bool(result.status == 0 and result.fun < 1e-8)


def _table(plan: Plan) -> NDArray[np.float64]:
    return plan.table.p if isinstance(plan, JointPlan) else plan.behavior.p


def _check_splitting(name: str, table: ConditionalTable, scenario: Scenario) -> None:
    asked = scenario.splitting
    if asked is None:
        return
    p = float(np.sum((table.p[0, 1] + table.p[1, 0]) * scenario.workload.pi))
    if abs(p - asked) > 1e-6:
        raise StrategyError(f"strategy {name!r} splits with probability {p:.6g}, asked for {asked:g}")


def _check_local(strategy: BaseStrategy, table: ConditionalTable) -> None:
    few = table.questions[0] <= 5
    if strategy.resource is Resource.LOCAL and few and not is_local(table):
        raise StrategyError(f"strategy {strategy.name!r} declares the resource local, but no local model fits")


def _views(workload: Workload, time_s: float, index: int) -> list[LocalView]:
    return [LocalView(float(s), x, time_s, index) for x, s in enumerate(workload.type_means_s)]


def _check_no_communication(name: str, plan: RoutingPlan, workload: Workload) -> None:
    """With the same draws, A's server must not change with B's request."""
    route = table_route(plan)
    rng = np.random.default_rng(0)
    views = _views(workload, 1.0, 7)
    for draws in rng.random((50, 3)):
        for view_a in views:
            if len({route(view_a, view_b, 0, *draws)[0] for view_b in views}) > 1:
                raise StrategyError(f"strategy {name!r}: router A's server depends on router B's request")


def _check_memoryless(name: str, plan: RoutingPlan, workload: Workload) -> None:
    """Questions and answers must be the same at any time and pair index."""
    early, late = _views(workload, 0.0, 0), _views(workload, 1234.5, 677)
    outputs = plan.behavior.p.shape[:2]
    for first, second in zip(early, late, strict=True):
        for router in (0, 1):
            asked = plan.ask[router](first) == plan.ask[router](second)
            answered = all(
                plan.answer[router](output, first) == plan.answer[router](output, second)
                for output in range(outputs[router])
            )
            if not (asked and answered):
                raise StrategyError(f"strategy {name!r} declares a memoryless class but depends on time or pair index")
