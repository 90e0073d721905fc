"""Routing strategies: the base that plugins build on, the registry, one idea per file."""

from entsched.strategies.base import (
    CommunicatingStrategy,
    JointPlan,
    LocalView,
    Memory,
    Resource,
    RoutingPlan,
    Scenario,
    StalePlan,
    Strategy,
    StrategyClass,
)
from entsched.strategies.entangled import entangled_plan

__all__ = [
    "CommunicatingStrategy",
    "JointPlan",
    "LocalView",
    "Memory",
    "Resource",
    "RoutingPlan",
    "Scenario",
    "StalePlan",
    "Strategy",
    "StrategyClass",
    "entangled_plan",
]
