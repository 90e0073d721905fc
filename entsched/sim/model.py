"""The event model in simpy: paired arrivals, two routers, two servers, and what is measured."""

from __future__ import annotations

from collections.abc import Iterator
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
from entsched.sim.reports import ReportingServer, Reports, emptier, tie_numbers
from entsched.sim.routers import Route
from entsched.sim.server import Server, Timer
from entsched.strategies.base import LocalView, RoutingScore
from entsched.workload import BaselineReward, Workload

Floats = NDArray[np.float64]


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
    reports: Reports | None = None,
) -> Trajectory:
    """Run the model once; all randomness is in ``draws``.

    Pair i brings the customers 2 i, of router A, and 2 i + 1, of router B.

    Parameters
    ----------
    route : how the routers decide, or their servers for all pairs, shape (2, pairs)
    latency_s : how long requests are held in their routers, which decide then, seconds
    shared : the Bell pairs that the routers use up, if any
    reports : if the routers' servers count from the one that was less full, what they know of it

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
    first, second = (_server(env, requirements_s, starts_s, reports) for _ in range(2))
    ages_s, rounds = np.empty(pairs if shared else 0), Rounds.none(pairs if shared else 0)
    if callable(route):
        chosen = np.empty((2, pairs), dtype=np.intp)
        held = _held(env, shared, draws, ages_s, rounds) if shared else repeat(0)
        named = _in_order(_one_by_one(env, workload, draws, route, held, chosen), draws)
    else:
        chosen = route.astype(np.intp)
        named = _in_order(_decided(chosen), draws)
        if reports and isinstance(first, ReportingServer) and isinstance(second, ReportingServer):
            named = _by_reports((first, second), reports.in_turn, draws, chosen)
    _let_pairs_arrive(env, draws, named, (first, second), latency_s)
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


def _let_pairs_arrive(
    env: Environment, draws: Draws, named: Iterator[int], servers: tuple[Server, Server], latency_s: float
) -> None:
    """Schedule the first pair; each is held for the latency, goes to its servers, and schedules the next.

    ``named`` has the server of each request, in the order in which they go: it is asked when a request goes, not
    before, so that the second of a pair may look at what the first did.
    """
    first_gap_s, *gaps_s = draws.gaps_s.tolist()
    submit = servers[0].submit, servers[1].submit
    customers = zip(range(0, 2 * len(draws.gaps_s), 2), draws.a_first.tolist(), strict=True)
    following = iter(gaps_s)

    def send(_: Event) -> None:
        customer, a_first = next(customers)
        if a_first:
            submit[next(named)](customer)
            submit[next(named)](customer + 1)
        else:
            submit[next(named)](customer + 1)
            submit[next(named)](customer)

    def arrive(event: Event) -> None:
        if latency_s:
            Timeout(env, latency_s).callbacks.append(send)
        else:
            send(event)
        next_gap_s = next(following, None)
        if next_gap_s is not None:
            arrival.set(next_gap_s)

    arrival = Timer(env, arrive)
    arrival.set(first_gap_s)


def _in_order(decisions: Iterator[tuple[int, int]], draws: Draws) -> Iterator[int]:
    """The servers of a pair in the order in which its requests go; both are decided when the first one goes."""
    for (a, b), a_first in zip(decisions, draws.a_first.tolist(), strict=True):
        yield a if a_first else b
        yield b if a_first else a


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


def _server(env: Environment, requirements_s: list[float], starts_s: list[float], reports: Reports | None) -> Server:
    if reports is None:
        return Server(env, requirements_s, starts_s)
    return ReportingServer(env, requirements_s, starts_s, reports)


def _by_reports(
    servers: tuple[ReportingServer, ReportingServer], in_turn: bool, draws: Draws, chosen: NDArray[np.intp]
) -> Iterator[int]:
    """The servers, in the order in which requests go, of routers whose output 0 is the one reported as less full.

    ``chosen`` holds the outputs, and the servers once they are known.
    """
    ties = tie_numbers(draws.shared, in_turn).T.tolist()
    for pair, (a_first, numbers) in enumerate(zip(draws.a_first.tolist(), ties, strict=True)):
        first = emptier(servers[0].reported(), servers[1].reported(), numbers[0])
        for turn, router in enumerate((0, 1) if a_first else (1, 0)):
            looks = turn == 1 and in_turn
            less = emptier(servers[0].reported(), servers[1].reported(), numbers[1]) if looks else first
            chosen[router, pair] ^= less
            yield int(chosen[router, pair])


def _stretches(server: Server) -> Stretches:
    return Stretches(np.array(server.interrupters, dtype=np.intp) // 2, np.array(server.stretches_s))
