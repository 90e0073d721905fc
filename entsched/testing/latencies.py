"""Routers that communicate, and what a message between them costs."""

from __future__ import annotations

from dataclasses import replace

from entsched.communication import Communication
from entsched.errors import StrategyError
from entsched.strategies.base import CommunicatingStrategy, JointPlan, StalePlan
from entsched.testing.check import NotApplicableError
from entsched.testing.subject import Subject

#: How long a message takes in this check, seconds.
ONE_WAY_S = 0.5


def require_latency(subject: Subject) -> None:
    """Requests are held, or news are old, for as long as a message takes."""
    if not isinstance(subject.strategy, CommunicatingStrategy):
        raise NotApplicableError("its routers do not communicate")
    subject.all_plans()
    for scenario in subject.scenarios:
        plan = subject.compiled(replace(scenario, communication=Communication(latency_s=ONE_WAY_S)))
        given_s = 0.0
        if isinstance(plan, JointPlan):
            given_s = plan.latency_s
        elif isinstance(plan, StalePlan):
            given_s = plan.latency_s + plan.held_s
        if not given_s >= ONE_WAY_S:
            raise StrategyError(
                f"{subject.title}: given a latency of {given_s:g} s where a message takes {ONE_WAY_S:g} s, allowed: "
                "at least scenario.communication.one_way_s"
            )
