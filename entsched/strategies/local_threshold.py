"""Each router compares its own request with a threshold; a shared coin makes the servers equal."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from entsched.behavior import Behavior
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.validation import Positive


class LocalThreshold(Strategy):
    """Requests up to the threshold stay with the shared server, longer ones leave it.

    The shared server is a fair coin that both routers know. With ``threshold_a_s`` absent, router
    A keeps every request there: only the pair's B request can leave it.
    """

    name = "local-threshold"
    summary = "Requests up to a threshold meet in one server, longer ones go to the other."
    source = "docs/design.md, the threshold theorem: the pure strategies of the classical optimum"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.LOCAL
    uses_splitting = False

    threshold_a_s: Positive | None = Field(None, description="router A's threshold, seconds; absent: never leave")
    threshold_b_s: Positive | None = Field(None, description="router B's threshold, seconds; absent: the mean")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; it has its own splitting probability."""
        same = np.equal.outer(*self.leaving(scenario)).astype(float)
        return RoutingPlan(Behavior.from_coalescing(same))

    def leaving(self, scenario: Scenario) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which types leave the shared server, of A and of B, arrays of shape (types,)."""
        s = scenario.workload.type_means_s
        return s > (self.threshold_a_s or np.inf), s > (self.threshold_b_s or scenario.workload.mean_s)
