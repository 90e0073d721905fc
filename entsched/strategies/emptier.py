"""What strategies share that send every request to the server that is less full, as far as they know."""

from __future__ import annotations

from typing import Literal

import numpy as np

from entsched.behavior import Behavior
from entsched.strategies.base import Counted, Scenario, StalePlan

#: Decide at once by news one latency old, or where the queues are seen as they are, one latency later.
News = Literal["stale", "fresh"]


def to_the_emptier(scenario: Scenario, counts: Counted, news: News) -> StalePlan:
    """Every request to the server that is less full, one after the other, whatever its type.

    Parameters
    ----------
    counts : how full a server is
    news : ``stale``: the routers decide at once, by how full servers were one latency ago; ``fresh``: requests
        travel to a dispatcher for one latency, which sees the queues as they are

    Examples
    --------
    >>> from entsched.communication import Communication
    >>> from entsched.workload import Workload
    >>> workload = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> scenario = Scenario(workload, None, communication=Communication(latency_s=0.2))
    >>> plans = [to_the_emptier(scenario, "work", news) for news in ("stale", "fresh")]
    >>> [(plan.latency_s, plan.held_s) for plan in plans]
    [(0.2, 0.0), (0.0, 0.2)]
    """
    n, one_way_s = len(scenario.workload.types), scenario.communication.one_way_s
    always_0 = np.zeros((2, 2, n, n))
    always_0[0, 0] = 1.0
    old_s, held_s = (one_way_s, 0.0) if news == "stale" else (0.0, one_way_s)
    return StalePlan(Behavior(always_0), old_s, counts=counts, in_turn=True, held_s=held_s)
