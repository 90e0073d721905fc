"""Never let two requests of a pair share a server."""

from __future__ import annotations

import numpy as np

from entsched.behavior import Behavior
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass


class AlwaysSplit(Strategy):
    """One request of a pair to each server; a shared fair coin says which is A's.

    It is the end p = 1 of every front of the symmetric class: the least wait, and the shortest stretches.
    """

    name = "always-split"
    summary = "One request of a pair to each server, by a fair coin."
    source = "docs/design.md, section 1: the symmetric class at p = 1"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.LOCAL
    uses_splitting = False

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; its splitting probability is 1."""
        return RoutingPlan(Behavior.from_coalescing(np.zeros_like(scenario.workload.pi)))
