"""The best static routing with a Bell pair that a search finds, for a price of waiting."""

from entsched.behavior import Behavior, CorrelationSet
from entsched.strategies.base import Resource, RoutingPlan, Scenario
from entsched.strategies.entangled import entangled_plan
from entsched.strategies.weighed import Weighed


class StaticQuantum(Weighed):
    """Measurements of a pair and fixed answers, mixed by shared randomness, that may treat the servers differently.

    It maximises R - weight W over measurements of the freshest pair of the experiment, its marginals as free as those
    of ``static-classical``, which routers without a pair follow. Older pairs are measured in the same way. Readout
    errors spoil outcomes, and are not planned for.
    """

    name = "static-quantum"
    summary = "The best memoryless routing with one Bell pair per request pair, for R - weight W."
    source = "docs/strategies.md, the best of the static class"
    resource = Resource.ENTANGLED

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan of the best mixture found."""
        from entsched.quantum.effects import EffectMixture, fixed
        from entsched.quantum.stored import stored_state
        from entsched.static.optimum import best_mixture
        from entsched.static.search import best_with_state

        game = self.game(scenario)
        local = best_mixture(game.workload, game.baseline, game.weight, CorrelationSet.LOCAL)
        (_, youngest_s), *_ = scenario.entanglement.age_classes
        state = stored_state(scenario.entanglement, youngest_s)
        found = best_with_state(game, local, state.full())
        mixture = EffectMixture(
            found.weights,
            tuple(
                (fixed(column.answers[0]), fixed(column.answers[1]))
                if column.realisation is None
                else (column.realisation.measurements_a[:, 0], column.realisation.measurements_b[:, 0])
                for column in found.columns
            ),
        )
        details = {"value": found.value, "parts": len(found.weights)}
        return entangled_plan(scenario, lambda _: mixture, Behavior(local.behavior), lambda _: details)
