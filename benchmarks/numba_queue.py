"""The simple model as a bare numba kernel that draws as it goes: no types, routers, baseline task or records."""

from __future__ import annotations

import numpy as np
from numba import njit

from benchmarks.simple_model import ARRIVAL_RATE_HZ, SERVICES_S


def mean_wait_s(pairs: int, seed: int) -> float:
    """The mean wait in seconds."""
    return float(_total_wait(pairs, np.random.default_rng(seed), ARRIVAL_RATE_HZ, np.array(SERVICES_S))) / (2 * pairs)


@njit(cache=True)
def _total_wait(pairs: int, rng: np.random.Generator, rate: float, services: np.ndarray) -> float:
    backlog = np.zeros(2)
    total = 0.0
    for _ in range(pairs):
        gap = rng.standard_exponential() / rate
        for server in (0, 1):
            backlog[server] = max(backlog[server] - gap, 0.0)
        kind = int(16 * rng.random())
        for router in (0, 1):
            server = kind >> router & 1
            total += backlog[server]
            backlog[server] += services[kind >> (router + 2) & 1]
    return total
