"""Let the two requests of every pair share a server."""

from __future__ import annotations

import numpy as np

from entsched.behavior import Behavior
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass


class AlwaysCoalesce(Strategy):
    """Both requests of a pair to one server, which a shared fair coin chooses.

    It is the end p = 0 of every front of the symmetric class: the longest stretches, and the longest wait.
    """

    name = "always-coalesce"
    summary = "Both requests of a pair to one server, by a fair coin."
    source = "docs/design.md, section 1: the symmetric class at p = 0"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.LOCAL
    uses_splitting = False

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; its splitting probability is 0."""
        return RoutingPlan(Behavior.from_coalescing(np.ones_like(scenario.workload.pi)))
