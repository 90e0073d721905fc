"""The simple model in numpy alone: Lindley's recursion as a walk minus its running minimum, in blocks."""

from __future__ import annotations

import numpy as np

from benchmarks.simple_model import ARRIVAL_RATE_HZ, SERVICES_S

#: Pairs in a block, the fastest of 2^12 to 2^22.
BLOCK = 2**16


def mean_wait_s(pairs: int, seed: int) -> float:
    """The mean wait in seconds, from the backlog that each pair finds at each server.

    Examples
    --------
    >>> round(mean_wait_s(2_000_000, seed=1), 1)
    1.4
    """
    rng = np.random.default_rng(seed)
    customers, work, delay = _kinds()
    backlog, total = [0.0, 0.0], 0.0
    for first in range(0, pairs, BLOCK):
        size = min(BLOCK, pairs - first)
        kinds = rng.integers(0, 16, size, dtype=np.uint8)
        gaps = rng.exponential(1 / ARRIVAL_RATE_HZ, size)
        total += delay[kinds].sum()
        for server in (0, 1):
            found = _backlogs(backlog[server], work[server][kinds], gaps)
            backlog[server] = float(found[-1])
            total += customers[server][kinds] @ found[:-1]
    return float(total) / (2 * pairs)


def _kinds() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the 16 kinds of pairs bring: customers and work, shape (2, 16), for each server, and their own delay.

    Two bits of a kind are the servers of routers A and B, two are their services.
    """
    bits = np.arange(16) >> np.arange(4)[:, None] & 1
    servers, services = bits[:2], np.take(SERVICES_S, bits[2:])
    goes = servers == np.arange(2)[:, None, None]
    delay = np.where(servers[0] == servers[1], services[0], 0)
    return goes.sum(axis=1, dtype=float), (services * goes).sum(axis=1), delay


def _backlogs(start: float, work: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """The backlog that each pair finds, and the one after the last gap."""
    walk = np.empty(len(work) + 1)
    walk[0] = start
    np.subtract(work, gaps, out=walk[1:])
    np.cumsum(walk, out=walk)
    walk -= np.minimum(np.minimum.accumulate(walk), 0)
    return walk
