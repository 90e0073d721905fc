"""Every request to the server with less work left, as far as routers that talk know."""

from __future__ import annotations

from pydantic import Field

from entsched.strategies.base import CommunicatingStrategy, Scenario, StalePlan
from entsched.strategies.emptier import News, to_the_emptier


class LeastWorkLeft(CommunicatingStrategy):
    """Each request joins the server with less work left: without latency, one queue for both servers.

    Of a pair, the request that would go first in a shared server decides first. Where both servers have as much, a
    shared fair coin decides, a new one for each request.
    """

    name = "least-work-left"
    summary = "Every request to the server with less work left, as reported."
    source = (
        'M. Harchol-Balter, M. Crovella and C. Murta, "On choosing a task assignment policy for a distributed server '
        'system", Journal of Parallel and Distributed Computing 59 (1999)'
    )
    uses_splitting = False

    news: News = Field(
        "stale", description="decide at once by news one latency old, or one latency later by fresh news"
    )

    def compile(self, scenario: Scenario) -> StalePlan:
        """The plan; it has its own splitting probability."""
        return to_the_emptier(scenario, "work", self.news)
