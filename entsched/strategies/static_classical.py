"""The best static routing without entanglement that a search finds, for a price of waiting."""

from pydantic import Field

from entsched.behavior import Behavior, CorrelationSet
from entsched.errors import StrategyError
from entsched.static.optimum import best_mixture
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.validation import Positive


class StaticClassical(Strategy):
    """A mixture, by shared randomness, of deterministic pairs that may treat the servers differently.

    It maximises R - weight W over all memoryless behaviors without entanglement; ``entsched static`` proves how
    near it comes. For workloads of at most 4 types, and rewards under which an idle server is worth a finite rate.
    """

    name = "static-classical"
    summary = "The best memoryless routing with shared randomness only, for R - weight W."
    source = "docs/strategies.md, the best of the static class"
    strategy_class = StrategyClass.STATIC
    resource = Resource.LOCAL
    uses_splitting = False

    weight: Positive = Field(description="baseline output per second that a second of mean wait is worth")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; it has its own splitting probability."""
        if scenario.baseline is None:
            raise StrategyError("given no baseline reward, allowed: one, to weigh against waiting")
        mixture = best_mixture(scenario.workload, scenario.baseline, self.weight, CorrelationSet.LOCAL)
        return RoutingPlan(Behavior(mixture.behavior), details={"value": mixture.value})
