"""Routers that decide at once, by what they know of the queues: how full these were one latency ago."""

from __future__ import annotations

from entsched.routing import classical_optimum
from entsched.strategies.base import CommunicatingStrategy, Scenario, StalePlan
from entsched.strategies.outputs import without_coin


class StaleInformation(CommunicatingStrategy):
    """The deterministic pairs of the classical optimum, with the server that had less backlog where that has a coin.

    Each pair of answers is turned so that requests that meet rather do so in the server that was emptier one latency
    ago. Where both were equally full, a shared fair coin chooses: with nothing to know it is ``classical-optimal``.
    """

    name = "stale-information"
    summary = "The classical optimum, led by the backlogs of one latency ago, at p."
    source = "docs/design.md, section 1"

    def compile(self, scenario: Scenario) -> StalePlan:
        """The plan at splitting probability p."""
        solution = classical_optimum(scenario.workload, scenario.target)
        behavior, parts = without_coin(solution.parts, scenario.workload.pi)
        return StalePlan(behavior, scenario.communication.one_way_s, details={"parts": parts})
