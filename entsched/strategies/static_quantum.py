"""The best static routing with a Bell pair that a search finds, for a price of waiting."""

from pydantic import Field

from entsched.behavior import Behavior, CorrelationSet
from entsched.errors import StrategyError
from entsched.static.optimum import best_mixture
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.entangled import entangled_plan
from entsched.validation import Positive


class StaticQuantum(Strategy):
    """Measurements of a pair and fixed answers, mixed by shared randomness, that may treat the servers differently.

    It maximises R - weight W over measurements of the freshest pair of the experiment, its marginals as free as those
    of ``static-classical``, which routers without a pair follow. Older pairs are measured in the same way. Readout
    errors spoil outcomes, and are not planned for.
    """

    name = "static-quantum"
    summary = "The best memoryless routing with one Bell pair per request pair, for R - weight W."
    source = "docs/strategies.md, the best of the static class"
    strategy_class = StrategyClass.STATIC
    resource = Resource.ENTANGLED
    uses_splitting = False

    weight: Positive = Field(description="baseline output per second that a second of mean wait is worth")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; it has its own splitting probability."""
        from entsched.quantum.effects import EffectMixture, fixed
        from entsched.quantum.stored import stored_state
        from entsched.static.game import StaticGame
        from entsched.static.search import best_with_state

        if scenario.baseline is None:
            raise StrategyError("given no baseline reward, allowed: one, to weigh against waiting")
        local = best_mixture(scenario.workload, scenario.baseline, self.weight, CorrelationSet.LOCAL)
        (_, youngest_s), *_ = scenario.entanglement.age_classes
        state = stored_state(scenario.entanglement, youngest_s)
        game = StaticGame(scenario.workload, scenario.baseline, self.weight)
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
