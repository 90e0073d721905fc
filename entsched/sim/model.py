"""The event model in simpy: paired arrivals, two routers, two servers, and what is measured."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import Event, Timeout

from entsched.errors import StrategyError
from entsched.sim.draws import Draws
from entsched.sim.routers import Route, Servers
from entsched.sim.server import Server
from entsched.strategies.base import LocalView
from entsched.workload import BaselineReward, Workload

Floats = NDArray[np.float64]

#: How a customer, by its number, gets to one server.
Submit = Callable[[int], None]


@dataclass(frozen=True)
class RunFigures:
    """What one run measured after its warm-up, in seconds and output per second."""

    mean_wait_s: float
    baseline_rate: float
    split_fraction: float
    server_wait_s: tuple[float, float]
    server_baseline_rate: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What one run recorded: each customer's wait and server, each baseline stretch.

    ``waits_s`` and ``servers`` have shape (2, pairs), router A first; ``stretches`` holds for each
    server rows of (end time, length), in seconds.
    """

    arrivals_s: Floats
    waits_s: Floats
    servers: NDArray[np.intp]
    stretches: tuple[Floats, Floats]

    def measure(self, baseline: BaselineReward, warmup_fraction: float) -> RunFigures:
        """The figures of all customers but the first ``warmup_fraction`` of them.

        A baseline stretch counts if it ends between the first and the last arrival counted.
        """
        first = int(len(self.arrivals_s) * warmup_fraction)
        waits, servers = self.waits_s[:, first:], self.servers[:, first:]
        start, end = self.arrivals_s[first], self.arrivals_s[-1]
        rates = [
            float(baseline.output(rows[(rows[:, 0] > start) & (rows[:, 0] <= end), 1]).sum() / (end - start))
            for rows in self.stretches
        ]
        server_waits = [float(waits[servers == s].mean()) if np.any(servers == s) else 0.0 for s in (0, 1)]
        return RunFigures(
            mean_wait_s=float(waits.mean()),
            baseline_rate=sum(rates),
            split_fraction=float(np.mean(servers[0] != servers[1])),
            server_wait_s=(server_waits[0], server_waits[1]),
            server_baseline_rate=(rates[0], rates[1]),
        )


def run(workload: Workload, draws: Draws, route: Route | Servers, latency_s: float = 0.0) -> Trajectory:
    """Run the model once; all randomness is in ``draws``.

    Parameters
    ----------
    route : how the routers decide when a pair arrives, or their servers for all pairs
    latency_s : how long requests are held in their routers, seconds

    Raises
    ------
    StrategyError
        If the routers name a server that does not exist.

    Examples
    --------
    >>> from entsched.sim.draws import draw, seed_sequence
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> trajectory = run(two, draw(two, 100, seed_sequence(two, 1, 0)), lambda *views_and_draws: (0, 1))
    >>> trajectory.servers.mean()
    np.float64(0.5)
    """
    env = Environment()
    pairs = len(draws.gaps_s)
    arrivals_s = np.cumsum(draws.gaps_s)
    waits = [0.0] * (2 * pairs)
    chosen: list[tuple[int, int]] = []
    times = np.repeat(arrivals_s, 2).tolist(), draws.requirements_s.T.ravel().tolist()
    servers = Server(env, *times, waits), Server(env, *times, waits)
    submit = tuple(_submission(env, server, latency_s) for server in servers)
    decisions = _routed(env, workload, draws, route) if callable(route) else zip(*route.tolist(), strict=True)
    env.process(_arrivals(env, draws, decisions, submit, chosen))
    with _rare_garbage_collection():
        env.run()
    return Trajectory(
        arrivals_s=arrivals_s,
        waits_s=np.array(waits).reshape(pairs, 2).T,
        servers=np.array(chosen).T,
        stretches=tuple(np.array(s.stretches).reshape(-1, 2) for s in servers),  # type: ignore[arg-type]
    )


def _submission(env: Environment, server: Server, latency_s: float) -> Submit:
    """How a request gets to a server: at once, or held in its router for the latency."""
    if latency_s == 0:
        return server.submit

    def submit(customer: int) -> None:
        Timeout(env, latency_s).callbacks.append(lambda _: server.submit(customer))

    return submit


def _arrivals(
    env: Environment,
    draws: Draws,
    decisions: Iterator[tuple[int, int]],
    submit: tuple[Submit, ...],
    chosen: list[tuple[int, int]],
) -> Generator[Event, None, None]:
    """Pairs arrive; each router sends its request to a server.

    Pair i brings the customers 2 i, of router A, and 2 i + 1, of router B. The next decision is
    drawn when its pair has arrived, not before.
    """
    customers = range(0, 2 * len(draws.gaps_s), 2)
    for customer, gap, a_first in zip(customers, draws.gaps_s.tolist(), draws.a_first.tolist(), strict=True):
        yield Timeout(env, gap)
        a, b = decision = next(decisions)
        chosen.append(decision)
        if a_first:
            submit[a](customer)
            submit[b](customer + 1)
        else:
            submit[b](customer + 1)
            submit[a](customer)


def _routed(env: Environment, workload: Workload, draws: Draws, route: Route) -> Iterator[tuple[int, int]]:
    """The decisions of two routers that each see their own request, the time and the pair's index."""
    size = workload.type_means_s.tolist()
    columns = (*draws.types, draws.shared, *draws.outcomes)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for pair, (x, y, shared, draw_a, draw_b) in enumerate(rows):
        now = env.now
        view_a, view_b = LocalView(size[x], x, now, pair), LocalView(size[y], y, now, pair)
        a, b = route(view_a, view_b, shared, draw_a, draw_b)
        if not (0 <= a <= 1 and 0 <= b <= 1):
            raise StrategyError(f"the routers name servers {a!r} and {b!r}, allowed: 0 and 1")
        yield a, b


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Collect cyclic garbage every 50,000 objects instead of every 700: the run makes many."""
    thresholds = gc.get_threshold()
    gc.set_threshold(50_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
