"""The best behavior that does not signal: a reference that no physical pair reaches."""

from entsched.behavior import Behavior
from entsched.routing import full_information_optimum
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass


class NoSignalling(Strategy):
    """PR-box-like: any P(a = b | x, y) with uniform marginals, as good as full information."""

    name = "no-signalling"
    summary = "The optimum over all no-signalling behaviors (PR-box-like), at p."
    source = "docs/design.md: uniform marginals leave every C(x, y) free"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.NO_SIGNALLING

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan at splitting probability p."""
        solution = full_information_optimum(scenario.workload, scenario.target)
        return RoutingPlan(Behavior.from_coalescing(solution.coalescing))
