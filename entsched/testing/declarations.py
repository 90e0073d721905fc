"""What a strategy says of itself, and that it is the same wherever and however often it is compiled."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from entsched.errors import StrategyError
from entsched.strategies.base import (
    BaseStrategy,
    JointPlan,
    Resource,
    RoutingPlan,
    StalePlan,
    StrategyClass,
)
from entsched.strategies.compiling import Plan, compile_strategy, require_class
from entsched.testing.maps import response
from entsched.testing.subject import Subject

#: What a name may look like, and so an entry point.
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def require_declarations(subject: Subject) -> None:
    """It has a name, a summary, a class and a resource that exist."""
    strategy = subject.strategy
    kinds = {"name": str, "summary": str, "strategy_class": StrategyClass, "resource": Resource, "uses_splitting": bool}
    for key, kind in kinds.items():
        given = getattr(strategy, key, None)
        if not isinstance(given, kind):
            what = "no" if given is None else f"{given!r} as"
            raise StrategyError(f"{subject.title} declares {what} {key}, allowed: {_allowed(kind)}")
    if not NAME.fullmatch(strategy.name):
        raise StrategyError(f"{subject.title}: given that name, allowed: lower case letters, digits and hyphens")
    if not strategy.summary or "\n" in strategy.summary:
        raise StrategyError(f"{subject.title}: given the summary {strategy.summary!r}, allowed: one line")
    require_class(strategy)


def _allowed(kind: type) -> str:
    members = [str(each) for each in kind] if issubclass(kind, StrategyClass | Resource) else []
    return f"{kind.__name__} ({', '.join(members)})" if members else kind.__name__


def require_compiling(subject: Subject) -> None:
    """It compiles to plans that simulations accept."""
    for scenario in subject.scenarios:
        compile_strategy(subject.strategy, scenario)


def require_same_plan(subject: Subject) -> None:
    """It compiles to the same plan the second time, in another order and after another workload."""
    before = [_fingerprint(subject, plan) for _, plan in subject.all_plans()]
    slower = subject.workload.model_copy(update={"arrival_rate_hz": subject.workload.arrival_rate_hz / 2})
    again: list[tuple[Any, ...]] = []
    for scenario in reversed(subject.scenarios):
        subject.compiled(replace(scenario, workload=slower))
        again.append(_fingerprint(subject, subject.compiled(scenario)))
    _require_equal(subject, before, again[::-1], "the second time, or after another workload")


def require_travel(subject: Subject) -> None:
    """It survives a pickle, and its name and parameters survive JSON, as they travel to workers."""
    strategy = subject.strategy
    try:
        text = json.dumps(strategy.model_dump(mode="json"), allow_nan=False)
        copies: list[BaseStrategy] = [pickle.loads(pickle.dumps(strategy)), type(strategy)(**json.loads(text))]  # noqa: S301 (its own)
    except Exception as error:
        raise StrategyError(
            f"{subject.title} does not travel to workers: {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error
    if any(copy != strategy for copy in copies):
        raise StrategyError(f"{subject.title} has other parameters after a pickle or as JSON")
    before = [_fingerprint(subject, plan) for _, plan in subject.all_plans()]
    for copy in copies:
        after = [_fingerprint(subject, subject.compiled(scenario, copy)) for scenario in subject.scenarios]
        _require_equal(subject, before, after, "after a pickle or from JSON")


def _require_equal(subject: Subject, before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], when: str) -> None:
    for first, second in zip(before, after, strict=True):
        same = len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        if not same:
            raise StrategyError(f"{subject.title} compiles to another plan {when}, allowed: a function of the scenario")


def _fingerprint(subject: Subject, plan: Plan) -> tuple[Any, ...]:
    """All that a plan does, as arrays and numbers."""
    if isinstance(plan, JointPlan):
        return plan.table.p, plan.latency_s
    if isinstance(plan, StalePlan):
        return plan.behavior.p, plan.latency_s, plan.counts, plan.in_turn, plan.held_s
    ends = plan.by_pair.ends_s if plan.by_pair else ()
    return (plan.behavior.p, *(each.p for each in plan.conditions), ends, *_responses(subject, plan))


def _responses(subject: Subject, plan: RoutingPlan) -> Iterator[Any]:
    for router, views in enumerate(subject.views(plan)):
        for view in views:
            question, servers = response(plan, router, view)
            yield (question, *servers)
