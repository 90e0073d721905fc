"""Both servers in turn, a run of pairs each."""

from __future__ import annotations

from pydantic import Field

from entsched.strategies.base import LocalView, Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.turns import one_output


class Alternating(Strategy):
    """All requests of some consecutive pairs go to one server, those of as many next ones to the other.

    Both routers count the pairs, so no pair is ever split. With runs of one pair a server waits for two
    gaps between its batches, which is more regular than the gaps of a coin and means less waiting.
    """

    name = "alternating"
    summary = "Whole pairs to the servers in turn, by the shared index of the pair."
    source = "round robin of whole pairs; Z. Liu, D. Towsley, J. Appl. Probab. 31, 466 (1994)"
    strategy_class = StrategyClass.SCHEDULED
    resource = Resource.LOCAL
    uses_splitting = False

    run_length: int = Field(1, ge=1, le=1_000_000, description="how many consecutive pairs share a server")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; its splitting probability is 0."""
        return RoutingPlan(one_output(scenario.workload), answer=(self._server, self._server), takes_arrays=True)

    def _server(self, output: int, view: LocalView) -> int:
        return view.pair_index // self.run_length % 2
