"""Short requests to one server, long ones to the other: no randomness and no shared coin."""

import numpy as np
from pydantic import Field

from entsched.behavior import Behavior
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.validation import Positive


class SizeInterval(Strategy):
    """Requests up to the cut go to server 0, longer ones to server 1.

    It treats the servers differently, so it is outside the symmetric class, whose bounds do not
    hold for it. Without a cut, the one that balances the loads best is taken (SITA-E).
    """

    name = "size-interval"
    summary = "Requests up to a cut go to server 0, longer ones to server 1."
    source = "size interval task assignment with equal load, a classic of dispatching"
    strategy_class = StrategyClass.STATIC
    resource = Resource.LOCAL
    uses_splitting = False

    cut_s: Positive | None = Field(None, description="the cut, seconds; absent: balance the loads")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; it has its own splitting probability."""
        workload = scenario.workload
        s = workload.type_means_s
        cut = self.cut_s
        if cut is None:
            cuts = np.unique(s)
            short = [float(workload.type_probabilities[s <= c] @ s[s <= c]) for c in cuts]
            cut = float(cuts[np.argmin(np.abs(np.array(short) - workload.mean_s / 2))])
        server = np.array([s <= cut, s > cut], dtype=float)
        behavior = Behavior(np.einsum("ax,by->abxy", server, server))
        return RoutingPlan(behavior, details={"cut_s": cut})
