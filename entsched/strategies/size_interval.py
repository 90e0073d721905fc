"""Short requests to one server, long ones to the other: no randomness and no shared coin."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.cuts import equal_load_cut, least_wait_cut
from entsched.strategies.outputs import deterministic
from entsched.validation import Positive

#: How a cut is found.
CUTS = {"equal-load": equal_load_cut, "least-wait": least_wait_cut}


class SizeInterval(Strategy):
    """Requests up to the cut go to server 0, longer ones to server 1.

    It treats the servers differently, so it is outside the symmetric class, whose bounds do not
    hold for it. The rule finds the cut among the types: ``equal-load`` (SITA-E) balances the loads as well as types
    allow, ``least-wait`` has the least exact mean wait. A type is never divided between the servers.
    """

    name = "size-interval"
    summary = "Requests up to a cut go to server 0, longer ones to server 1."
    source = "M. Harchol-Balter, M. Crovella, C. Murta, J. Parallel Distrib. Comput. 59, 204 (1999)"
    strategy_class = StrategyClass.STATIC
    resource = Resource.LOCAL
    uses_splitting = False

    rule: Literal["equal-load", "least-wait"] | None = Field(None, description="finds the cut; absent: equal-load")
    cut_s: Positive | None = Field(None, description="the cut, seconds, in place of a rule")

    @model_validator(mode="after")
    def _has_one_cut(self) -> SizeInterval:
        if self.cut_s is not None and self.rule is not None:
            raise ValueError(f"given cut_s {self.cut_s:g} and rule {self.rule!r}, allowed: one of them")
        return self

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; it has its own splitting probability."""
        cut_s = CUTS[self.rule or "equal-load"](scenario.workload) if self.cut_s is None else self.cut_s
        is_long = scenario.workload.type_means_s > cut_s
        return RoutingPlan(deterministic(is_long, is_long), details={"cut_s": cut_s})
