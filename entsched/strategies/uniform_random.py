"""Split every pair with the same probability, whatever its requests."""

import numpy as np

from entsched.behavior import Behavior
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass


class UniformRandom(Strategy):
    """P(a != b | x, y) = p for all types: shared randomness that ignores the requests."""

    name = "random"
    summary = "Split every pair with probability p, whatever its requests."
    source = "the usual reference of load balancing"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.LOCAL

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan at splitting probability p."""
        n = len(scenario.workload.types)
        return RoutingPlan(Behavior.from_coalescing(np.full((n, n), 1 - scenario.target)))
