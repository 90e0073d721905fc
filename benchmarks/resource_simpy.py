"""The simple model as simpy's manual would write it: customers are processes that request a server."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import simpy

from benchmarks.simple_model import ARRIVAL_RATE_HZ, SERVICES_S

Process = Generator[simpy.Event, None, None]


def mean_wait_s(pairs: int, seed: int) -> float:
    """The mean wait in seconds, with a ``Resource`` for each server."""
    env = simpy.Environment()
    servers = [simpy.Resource(env) for _ in range(2)]
    return _mean_wait(env, servers, pairs, seed)


def with_baseline(pairs: int, seed: int) -> tuple[float, float]:
    """Mean wait and baseline rate for T(t) = t^2, with a ``PreemptiveResource`` for each server.

    The baseline task holds the server with the lower priority, and starts anew after each interruption.
    """
    env = simpy.Environment()
    servers = [simpy.PreemptiveResource(env) for _ in range(2)]
    stretches: list[float] = []
    for server in servers:
        env.process(_baseline(env, server, stretches))
    mean_wait = _mean_wait(env, servers, pairs, seed)
    return mean_wait, sum(length**2 for length in stretches) / env.now


def _mean_wait(env: simpy.Environment, servers: Sequence[simpy.Resource], pairs: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(1 / ARRIVAL_RATE_HZ, pairs).tolist()
    services = rng.choice(SERVICES_S, (pairs, 2)).tolist()
    chosen = rng.integers(0, 2, (pairs, 2)).tolist()
    waited: list[float] = []

    def customer(server: simpy.Resource, service: float) -> Process:
        arrived = env.now
        with request(server) as turn:
            yield turn
            waited.append(env.now - arrived)
            yield env.timeout(service)

    def request(server: simpy.Resource) -> simpy.resources.resource.Request:
        return server.request(priority=0) if isinstance(server, simpy.PreemptiveResource) else server.request()

    def arrivals() -> Process:
        for gap, pair_services, pair_servers in zip(gaps, services, chosen, strict=True):
            yield env.timeout(gap)
            for service, server in zip(pair_services, pair_servers, strict=True):
                env.process(customer(servers[server], service))

    env.process(arrivals())
    env.run()
    return sum(waited) / len(waited)


def _baseline(env: simpy.Environment, server: simpy.PreemptiveResource, stretches: list[float]) -> Process:
    while True:
        with server.request(priority=1) as turn:
            yield turn
            start = env.now
            try:
                yield env.event()
            except simpy.Interrupt:
                stretches.append(env.now - start)
