"""Every router sends its requests to the servers in turn."""

from __future__ import annotations

from entsched.strategies.base import LocalView, Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.turns import one_output, turned


class RoundRobin(Strategy):
    """Each router sends its requests to the servers in turn; A begins with server 0, B with server 1.

    Requests come in pairs, so every pair is split, and A and B exchange servers at each: where their types have the
    same law, waits and stretches have the law of ``always-split``, without a shared coin. Routers that begin
    with the same server do as ``alternating``. Round robin over all customers in one stream would be another
    rule: all requests of A to server 0 and all of B to server 1.
    """

    name = "round-robin"
    summary = "Each router sends its requests to the servers in turn, out of step: every pair is split."
    source = "A. Ephremides, P. Varaiya, J. Walrand, IEEE Trans. Autom. Control 25, 690 (1980)"
    strategy_class = StrategyClass.SCHEDULED
    resource = Resource.LOCAL
    uses_splitting = False

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; its splitting probability is 1."""
        return RoutingPlan(one_output(scenario.workload), answer=(turned, _other), takes_arrays=True)


def _other(output: int, view: LocalView) -> int:
    return 1 - turned(output, view)
