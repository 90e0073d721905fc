"""The peer: two queues in bare simpy, with no routers, no views and no baseline task."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator

import numpy as np
import simpy


def lean_seconds(pairs: int, rate: float) -> float:
    """Processor time for pairs through two FCFS servers, one request of each pair to each."""
    rng = np.random.default_rng(1)
    gaps = rng.exponential(1 / rate, pairs).tolist()
    work = rng.choice([0.1, 1.9], (pairs, 2)).tolist()
    env = simpy.Environment()
    queues: tuple[deque[float], deque[float]] = (deque(), deque())
    busy = [False, False]

    def serve(server: int) -> None:
        if queues[server]:
            busy[server] = True
            simpy.Timeout(env, queues[server].popleft()).callbacks.append(lambda _: serve(server))
        else:
            busy[server] = False

    def arrivals() -> Generator[simpy.Event, None, None]:
        for gap, requirements in zip(gaps, work, strict=True):
            yield simpy.Timeout(env, gap)
            for server in (0, 1):
                queues[server].append(requirements[server])
                if not busy[server]:
                    serve(server)

    env.process(arrivals())
    start = time.process_time()
    env.run()
    return time.process_time() - start
