"""The classical optimum of symmetric routing, with turns in place of its coin."""

from __future__ import annotations

from entsched.routing import classical_optimum
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.outputs import without_coin
from entsched.strategies.turns import taking_turns


class AlternatingClassical(Strategy):
    """The deterministic pairs of the classical optimum at p; servers are exchanged at every second pair.

    Shared randomness still mixes at most two of them, but no coin exchanges the servers. Requests that meet rather
    do so in server 0 at even indices and in server 1 at odd ones, so each server gets them more regularly.
    """

    name = "alternating-classical"
    summary = "The classical optimum with the index of the pair in place of its coin, at p."
    source = "docs/design.md, the threshold theorem, with the shared index in place of the coin"
    strategy_class = StrategyClass.SCHEDULED
    resource = Resource.LOCAL

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan at splitting probability p."""
        solution = classical_optimum(scenario.workload, scenario.target)
        behavior, parts = without_coin(solution.parts, scenario.workload.pi)
        return taking_turns(RoutingPlan(behavior, details={"parts": parts}))
