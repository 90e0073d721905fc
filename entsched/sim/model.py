"""The event model in simpy: paired arrivals, two routers, two servers, and what is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import Event, Timeout

from entsched.errors import StrategyError
from entsched.sim.draws import Draws
from entsched.sim.record import Layout, Record
from entsched.sim.routers import Route
from entsched.sim.server import Server, Timer
from entsched.strategies.base import LocalView
from entsched.workload import BaselineReward, Workload

Floats = NDArray[np.float64]

#: How a customer, by its number, gets to one server.
Submit = Callable[[int], None]


class Stretches(NamedTuple):
    """The baseline stretches of one server, in order: the pair whose customer ended each, and its length."""

    pairs: NDArray[np.intp]
    lengths_s: Floats


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What one run recorded: each customer's wait and server, each baseline stretch.

    ``arrivals_s`` has shape (pairs,); ``waits_s`` and ``servers`` have shape (2, pairs), router A
    first; there are ``stretches`` for each server. The stretch after a server's last customer is not one
    of them: nobody ended it.
    """

    arrivals_s: Floats
    waits_s: Floats
    servers: NDArray[np.intp]
    stretches: tuple[Stretches, Stretches]

    def record(self, draws: Draws, baseline: BaselineReward, layout: Layout) -> Record:
        """The record of the run, from which its figures follow."""
        outputs = [(stretches.pairs, baseline.output(stretches.lengths_s)) for stretches in self.stretches]
        return Record.of(layout, draws, self.servers, self.waits_s, outputs)


def run(workload: Workload, draws: Draws, route: Route | NDArray[np.integer], latency_s: float = 0.0) -> Trajectory:
    """Run the model once; all randomness is in ``draws``.

    Pair i brings the customers 2 i, of router A, and 2 i + 1, of router B.

    Parameters
    ----------
    route : how the routers decide when a pair arrives, or their servers for all pairs, shape (2, pairs)
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
    requirements_s = draws.requirements_s.T.ravel().tolist()
    starts_s = [0.0] * (2 * pairs)
    first, second = Server(env, requirements_s, starts_s), Server(env, requirements_s, starts_s)
    if callable(route):
        chosen = np.empty((2, pairs), dtype=np.intp)
        decisions = _one_by_one(env, workload, draws, route, chosen)
    else:
        chosen = route.astype(np.intp)
        decisions = _decided(chosen)
    _let_pairs_arrive(env, draws, decisions, (_way_to(first, env, latency_s), _way_to(second, env, latency_s)))
    env.run()
    arrivals_s = np.cumsum(draws.gaps_s)  # the same sums as those of the clock
    return Trajectory(
        arrivals_s=arrivals_s,
        waits_s=np.array(starts_s).reshape(pairs, 2).T - arrivals_s,
        servers=chosen,
        stretches=(_stretches(first), _stretches(second)),
    )


def _way_to(server: Server, env: Environment, latency_s: float) -> Submit:
    """How a request gets to a server: at once, or held in its router for the latency."""
    if latency_s == 0:
        return server.submit

    def submit(customer: int) -> None:
        Timeout(env, latency_s).callbacks.append(lambda _: server.submit(customer))

    return submit


def _let_pairs_arrive(
    env: Environment, draws: Draws, decisions: Iterator[tuple[int, int]], submit: tuple[Submit, Submit]
) -> None:
    """Schedule the first pair; each sends its requests to their servers and schedules the next.

    A decision is drawn when its pair has arrived, not before.
    """
    first_gap_s, *gaps_s = draws.gaps_s.tolist()
    customers = range(0, 2 * len(draws.gaps_s), 2)
    pairs = zip(customers, draws.a_first.tolist(), [*gaps_s, None], strict=True)

    def arrive(_: Event) -> None:
        customer, a_first, next_gap_s = next(pairs)
        a, b = next(decisions)
        if a_first:
            submit[a](customer)
            submit[b](customer + 1)
        else:
            submit[b](customer + 1)
            submit[a](customer)
        if next_gap_s is not None:
            arrival.set(next_gap_s)

    arrival = Timer(env, arrive)
    arrival.set(first_gap_s)


def _one_by_one(
    env: Environment, workload: Workload, draws: Draws, route: Route, chosen: NDArray[np.intp]
) -> Iterator[tuple[int, int]]:
    """The decisions of two routers that each see their own request, the time and the pair's index."""
    size = workload.type_means_s.tolist()
    shared = draws.shared.tolist() or [0.0] * len(draws.gaps_s)
    columns = (column.tolist() for column in (*draws.types, *draws.outcomes))
    for pair, (x, y, draw_a, draw_b, common) in enumerate(zip(*columns, shared, strict=True)):
        now = env.now
        view_a, view_b = LocalView(size[x], x, now, pair), LocalView(size[y], y, now, pair)
        a, b = route(view_a, view_b, common, draw_a, draw_b)
        if not (0 <= a <= 1 and 0 <= b <= 1):
            raise StrategyError(f"the routers name servers {a!r} and {b!r}, allowed: 0 and 1")
        chosen[0, pair], chosen[1, pair] = a, b
        yield a, b


def _decided(route: NDArray[np.integer]) -> Iterator[tuple[int, int]]:
    """The decisions of routers that made them all ahead."""
    for a, b in route.T[np.any((route < 0) | (route > 1), axis=0)].tolist():
        raise StrategyError(f"the routers name servers {a} and {b}, allowed: 0 and 1")
    return zip(*route.tolist(), strict=True)


def _stretches(server: Server) -> Stretches:
    return Stretches(np.array(server.interrupters, dtype=np.intp) // 2, np.array(server.stretches_s))
