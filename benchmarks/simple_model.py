"""The model every engine can do: pairs of requests, two fair coins, two servers. For all environments.

Pairs arrive as a Poisson process; each router sends its request to a fair random server; servers are first come, first
served, router A's request first; every request takes one of two times, equally likely. What counts is the mean wait.
"""

from __future__ import annotations

ARRIVAL_RATE_HZ = 0.5
SERVICES_S = (0.1, 1.9)
