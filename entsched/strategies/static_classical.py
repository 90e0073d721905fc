"""The best static routing without entanglement that a search finds, for a price of waiting."""

from entsched.behavior import Behavior, CorrelationSet
from entsched.strategies.base import Resource, RoutingPlan, Scenario
from entsched.strategies.weighed import Weighed


class StaticClassical(Weighed):
    """A mixture, by shared randomness, of deterministic pairs that may treat the servers differently.

    It maximises R - weight W over all memoryless behaviors without entanglement; ``entsched static`` proves how
    near it comes. For workloads of at most 4 types, and rewards under which an idle server is worth a finite rate.
    """

    name = "static-classical"
    summary = "The best memoryless routing with shared randomness only, for R - weight W."
    source = "docs/strategies.md, the best of the static class"
    resource = Resource.LOCAL

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan of the best mixture found."""
        from entsched.static.optimum import best_mixture

        game = self.game(scenario)
        mixture = best_mixture(game.workload, game.baseline, game.weight, CorrelationSet.LOCAL)
        return RoutingPlan(Behavior(mixture.behavior), details={"value": mixture.value})
