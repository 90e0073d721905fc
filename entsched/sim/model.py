"""The event model in simpy: paired arrivals, two routers, two servers, and what is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import Event, Timeout

from entsched.errors import StrategyError
from entsched.sim.bell_rounds import Rounds, examiner, keep_rounds, keep_scores
from entsched.sim.draws import Draws
from entsched.sim.memory import PairMemory
from entsched.sim.pairs import Shared, birth_words, conditions
from entsched.sim.record import Layout, Record
from entsched.sim.reports import ReportingServer, emptier
from entsched.sim.routers import Route
from entsched.sim.server import Server, Timer
from entsched.strategies.base import LocalView, RoutingScore
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
    of them: nobody ended it. ``ages_s``, shape (pairs,), are those of the Bell pairs that were used for
    routing, NONE where there was none; it is empty if the routers share no pairs. ``rounds`` are those of a monitor.
    """

    arrivals_s: Floats
    waits_s: Floats
    servers: NDArray[np.intp]
    stretches: tuple[Stretches, Stretches]
    ages_s: Floats
    rounds: Rounds

    def record(
        self, draws: Draws, baseline: BaselineReward, layout: Layout, score: RoutingScore | None = None
    ) -> Record:
        """The record of the run, from which its figures follow; a score is for monitors."""
        outputs = [(stretches.pairs, baseline.output(stretches.lengths_s)) for stretches in self.stretches]
        record = Record.of(layout, draws, self.servers, self.waits_s, outputs, self.ages_s)
        keep_rounds(record, self.rounds, 0)
        if score:
            keep_scores(record, score, draws.types, self.servers, self.ages_s, 0)
        return record


def run(
    workload: Workload,
    draws: Draws,
    route: Route | NDArray[np.integer],
    latency_s: float = 0.0,
    shared: Shared | None = None,
    report_s: float | None = None,
) -> Trajectory:
    """Run the model once; all randomness is in ``draws``.

    Pair i brings the customers 2 i, of router A, and 2 i + 1, of router B.

    Parameters
    ----------
    route : how the routers decide when a pair arrives, or their servers for all pairs, shape (2, pairs)
    latency_s : how long requests are held in their routers, seconds
    shared : the Bell pairs that the routers use up, if any; they then decide when a pair of requests arrives
    report_s : if the routers' servers count from the one that had less backlog, how long ago that was, seconds

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
    first, second = (_server(env, requirements_s, starts_s, report_s) for _ in range(2))
    ages_s, rounds = np.empty(pairs if shared else 0), Rounds.none(pairs if shared else 0)
    if callable(route):
        chosen = np.empty((2, pairs), dtype=np.intp)
        held = _held(env, shared, draws, ages_s, rounds) if shared else repeat(0)
        decisions = _one_by_one(env, workload, draws, route, held, chosen)
    else:
        chosen = route.astype(np.intp)
        decisions = _decided(chosen)
        if isinstance(first, ReportingServer) and isinstance(second, ReportingServer):
            decisions = _by_reports((first, second), decisions, draws.shared, chosen)
    _let_pairs_arrive(env, draws, decisions, (_way_to(first, env, latency_s), _way_to(second, env, latency_s)))
    env.run()
    arrivals_s = np.cumsum(draws.gaps_s)  # the same sums as those of the clock
    return Trajectory(
        arrivals_s=arrivals_s,
        waits_s=np.array(starts_s).reshape(pairs, 2).T - arrivals_s,
        servers=chosen,
        stretches=(_stretches(first), _stretches(second)),
        ages_s=ages_s,
        rounds=rounds,
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


def _held(env: Environment, shared: Shared, draws: Draws, ages_s: Floats, rounds: Rounds) -> Iterator[int]:
    """The condition of the Bell pair of each request pair, when it asks for it; fills ``ages_s`` and ``rounds``."""
    on_demand = shared.entanglement.is_on_demand
    memory = None if on_demand else PairMemory(env, shared.entanglement, birth_words(shared.seeds))
    examining = examiner(shared)
    if memory:
        memory.start(draws.gaps_s.tolist())

    def hold() -> Iterator[int]:
        for pair in range(len(ages_s)):
            ages_s[pair] = memory.take() if memory else 0.0
            if memory and pair == len(ages_s) - 1:
                memory.close()
            here = slice(pair, pair + 1)
            condition = conditions(shared.by_pair, ages_s[here], np.array([env.now]))
            if examining:
                played = examining.play(condition)
                rounds.tested[here], rounds.won[here] = played
                ages_s[here], condition = played.left(ages_s[here], condition)
            yield int(condition[0])

    return hold()


def _one_by_one(
    env: Environment,
    workload: Workload,
    draws: Draws,
    route: Route,
    held: Iterator[int],
    chosen: NDArray[np.intp],
) -> Iterator[tuple[int, int]]:
    """The decisions of two routers that each see their own request, the time and the pair's index."""
    size = workload.type_means_s.tolist()
    shared = draws.shared.tolist() or [0.0] * len(draws.gaps_s)
    columns = (column.tolist() for column in (*draws.types, *draws.outcomes))
    for pair, (x, y, draw_a, draw_b, common) in enumerate(zip(*columns, shared, strict=True)):
        now = env.now
        view_a, view_b = LocalView(size[x], x, now, pair), LocalView(size[y], y, now, pair)
        a, b = route(view_a, view_b, next(held), common, draw_a, draw_b)
        if not (0 <= a <= 1 and 0 <= b <= 1):
            raise StrategyError(f"the routers name servers {a!r} and {b!r}, allowed: 0 and 1")
        chosen[0, pair], chosen[1, pair] = a, b
        yield a, b


def _decided(route: NDArray[np.integer]) -> Iterator[tuple[int, int]]:
    """The decisions of routers that made them all ahead."""
    for a, b in route.T[np.any((route < 0) | (route > 1), axis=0)].tolist():
        raise StrategyError(f"the routers name servers {a} and {b}, allowed: 0 and 1")
    return zip(*route.tolist(), strict=True)


def _server(env: Environment, requirements_s: list[float], starts_s: list[float], report_s: float | None) -> Server:
    if report_s is None:
        return Server(env, requirements_s, starts_s)
    return ReportingServer(env, requirements_s, starts_s, report_s)


def _by_reports(
    servers: tuple[ReportingServer, ReportingServer],
    outputs: Iterator[tuple[int, int]],
    ties: Floats,
    chosen: NDArray[np.intp],
) -> Iterator[tuple[int, int]]:
    """The decisions of routers whose output 0 is the server that had less backlog, as reported when a pair arrives."""
    for pair, ((a, b), tie) in enumerate(zip(outputs, ties.tolist(), strict=True)):
        less = emptier(servers[0].reported_s(), servers[1].reported_s(), tie)
        chosen[:, pair] = a ^ less, b ^ less
        yield a ^ less, b ^ less


def _stretches(server: Server) -> Stretches:
    return Stretches(np.array(server.interrupters, dtype=np.intp) // 2, np.array(server.stretches_s))
