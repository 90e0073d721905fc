"""Every request to the server with fewer customers, as far as routers that talk know."""

from __future__ import annotations

from pydantic import Field

from entsched.strategies.base import CommunicatingStrategy, Scenario, StalePlan
from entsched.strategies.emptier import News, to_the_emptier


class JoinShortestQueue(CommunicatingStrategy):
    """Each request joins the server with fewer customers, the one in service included.

    Of a pair, the request that would go first in a shared server decides first. Where both servers have as many, a
    shared fair coin decides, a new one for each request.
    """

    name = "join-shortest-queue"
    summary = "Every request to the server with fewer customers, as reported."
    source = 'W. Winston, "Optimality of the shortest line discipline", Journal of Applied Probability 14 (1977)'
    uses_splitting = False

    news: News = Field(
        "stale", description="decide at once by news one latency old, or one latency later by fresh news"
    )

    def compile(self, scenario: Scenario) -> StalePlan:
        """The plan; it has its own splitting probability."""
        return to_the_emptier(scenario, "customers", self.news)
