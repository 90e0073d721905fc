"""The best that symmetric routers without entanglement can do at a splitting probability."""

from entsched.behavior import Behavior
from entsched.routing import classical_optimum
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass


class ClassicalOptimal(Strategy):
    """A mixture, by shared randomness, of at most two deterministic pairs on the classical hull."""

    name = "classical-optimal"
    summary = "The exact optimum of symmetric routing with shared randomness only, at p."
    source = "docs/design.md, the threshold theorem"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.LOCAL

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan at splitting probability p."""
        solution = classical_optimum(scenario.workload, scenario.target)
        parts = [
            {
                "weight": part.weight,
                "flip_a": [int(angle > 1) for angle in part.angles_a],
                "flip_b": [int(angle > 1) for angle in part.angles_b],
            }
            for part in solution.parts
        ]
        return RoutingPlan(Behavior.from_coalescing(solution.coalescing), details={"parts": parts})
