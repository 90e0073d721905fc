"""Each router compares its own request with a threshold; the shared server alternates."""

from __future__ import annotations

from entsched.strategies.base import RoutingPlan, Scenario, StrategyClass
from entsched.strategies.local_threshold import LocalThreshold
from entsched.strategies.outputs import deterministic
from entsched.strategies.turns import taking_turns


class AlternatingThreshold(LocalThreshold):
    """Requests up to the threshold stay with the shared server, longer ones leave it.

    The shared server alternates from pair to pair, where that of ``local-threshold`` is a fair coin; the
    thresholds, and which pairs are split, are the same.
    """

    name = "alternating-threshold"
    summary = "Requests up to a threshold meet in one server, longer ones go to the other, in turn."
    source = "docs/design.md, the threshold theorem, with the shared index in place of the coin"
    strategy_class = StrategyClass.SCHEDULED

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; it has its own splitting probability."""
        return taking_turns(RoutingPlan(deterministic(*self.leaving(scenario))))
