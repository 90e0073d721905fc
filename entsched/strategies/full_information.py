"""Routers that tell each other their types before they decide, and pay the latency."""

from entsched.behavior import ConditionalTable
from entsched.routing import full_information_optimum
from entsched.strategies.base import CommunicatingStrategy, JointPlan, Scenario


class FullInformation(CommunicatingStrategy):
    """Split exactly the pairs that are expensive to coalesce; requests wait for the latency of the experiment."""

    name = "full-information"
    summary = "The optimum of routers that know both types, one latency later, at p."
    source = "docs/design.md: split the pairs whose price exceeds a threshold"

    def compile(self, scenario: Scenario) -> JointPlan:
        """The plan at splitting probability p."""
        import numpy as np

        same = full_information_optimum(scenario.workload, scenario.target).coalescing / 2
        table = ConditionalTable(np.array([[same, 0.5 - same], [0.5 - same, same]]))
        return JointPlan(table, scenario.communication.one_way_s)
