"""Both servers in turn, a slice of time each."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from pydantic import Field

from entsched.strategies.base import LocalView, Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.turns import one_output
from entsched.validation import Positive

#: Mean gaps between pairs in a slice, unless its length is given.
GAPS = 10


class TimeSliced(Strategy):
    """All requests go to one server for a while, then to the other for as long.

    Both routers have the same clock, so no pair is ever split. A server has no request for a slice at least, and
    is busier than both together in its own: long slices overload it for a while.
    """

    name = "time-sliced"
    summary = "All requests to one server for a while, then to the other, by the shared clock."
    source = "docs/plugins.md, share a clock"
    strategy_class = StrategyClass.SCHEDULED
    resource = Resource.LOCAL
    uses_splitting = False

    slice_s: Positive | None = Field(None, description="length of a slice, seconds; absent: 10 mean gaps between pairs")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; its splitting probability is 0."""
        slice_s = self.slice_s or GAPS / scenario.workload.arrival_rate_hz
        server = partial(_server, slice_s)
        details = {"slice_s": slice_s}
        return RoutingPlan(one_output(scenario.workload), answer=(server, server), takes_arrays=True, details=details)


def _server(slice_s: float, output: int, view: LocalView) -> Any:
    return np.asarray(view.time_s // slice_s % 2, dtype=np.intp)
