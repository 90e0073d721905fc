"""Bell tests inside a run: which pairs go into them, who wins, and what routing with the other pairs scores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.sim.pairs import NONE, Shared, marked_words
from entsched.sim.record import Record
from entsched.sim.words import Words, fill
from entsched.strategies.base import RoutingScore

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Marks the seeds of test rounds among those of a replication.
TESTS = 2

#: A word has 32 bits for whether there is a test, one for each setting, and 30 for who wins.
LOW_BITS = 32
OUTCOME_BITS = 30


class Rounds(NamedTuple):
    """For consecutive request pairs, whether their Bell pair was tested, and whether the round was won."""

    tested: Bools
    won: Bools

    @classmethod
    def none(cls, pairs: int) -> Rounds:
        """No test at all."""
        return cls(np.zeros(pairs, dtype=np.bool_), np.zeros(pairs, dtype=np.bool_))

    def left(self, ages_s: Floats, conditions: Words) -> tuple[Floats, Words]:
        """Ages and conditions of the Bell pairs that are left for routing; NONE and 0 where they were tested."""
        return np.where(self.tested, NONE, ages_s), np.where(self.tested, np.uint64(0), conditions)


class Examiner:
    """Picks pairs for test rounds and plays them; one random word for each request pair, whether it is used or not.

    Examples
    --------
    >>> from entsched.behavior import Behavior
    >>> from entsched.entanglement import Entanglement
    >>> from entsched.strategies.base import ByPair
    >>> coin = Behavior.from_coalescing([[0.5]])
    >>> always_won = ByPair(coin, (coin,), ends_s=(np.inf,), tests=np.ones((2, 2, 2)))
    >>> shared = Shared(Entanglement(monitor={"test_fraction": 0.5}), always_won, np.random.SeedSequence(1))
    >>> rounds = Examiner(shared).play(np.array([0, 1] * 1000, dtype=np.uint64))
    >>> without, with_pair = rounds.tested.reshape(-1, 2).mean(axis=0).round(1).tolist()
    >>> without, with_pair, bool(np.array_equal(rounds.won, rounds.tested))
    (0.0, 0.5, True)
    """

    def __init__(self, shared: Shared) -> None:
        monitor, tests, seeds = shared.entanglement.monitor, shared.by_pair.tests, shared.seeds
        if monitor is None or tests is None:
            raise ValueError("a examiner needs a monitor and a plan for its rounds")
        self._end = np.uint64(np.ceil(monitor.test_fraction * 2.0**LOW_BITS))
        self._ends = np.ceil(tests.reshape(-1) * 2.0**OUTCOME_BITS).astype(np.uint64)
        self._state = marked_words(seeds, TESTS)

    def play(self, conditions: Words) -> Rounds:
        """The rounds of the next request pairs, whose Bell pairs are in these conditions; 0 is no pair."""
        words = np.empty(len(conditions), dtype=np.uint64)
        fill(self._state, words)
        low = words & np.uint64(2**LOW_BITS - 1)
        tested = ((words >> np.uint64(LOW_BITS)) < self._end) & (conditions > 0)
        cell = conditions * np.uint64(4) + (low >> np.uint64(OUTCOME_BITS))
        return Rounds(tested, tested & ((low & np.uint64(2**OUTCOME_BITS - 1)) < self._ends[cell]))


def examiner(shared: Shared | None) -> Examiner | None:
    """What plays the test rounds of a run, if it has any."""
    monitored = shared is not None and shared.entanglement.monitor is not None and shared.by_pair.tests is not None
    return Examiner(shared) if shared and monitored else None


def keep_rounds(record: Record, rounds: Rounds, first: int) -> None:
    """Add test rounds of consecutive request pairs, of which ``first`` is the first's index."""
    record.add_monitored("tests", rounds.tested.astype(np.float64), first)
    record.add_monitored("wins", rounds.won.astype(np.float64), first)


def keep_scores(
    record: Record,
    score: RoutingScore,
    types: NDArray[np.integer],
    servers: NDArray[np.integer],
    ages_s: Floats,
    first: int,
) -> None:
    """Add the scores of those of consecutive request pairs that were routed with a Bell pair.

    Parameters
    ----------
    types, servers : shape (2, pairs), router A first
    ages_s : of the Bell pairs, NONE where there was none
    first : the index of the first request pair
    """
    scored = 1.0 * (ages_s != NONE)
    scores = np.where(servers[0] == servers[1], score.cost[types[0], types[1]], score.multiplier)
    record.add_monitored("scored", scored, first)
    record.add_monitored("score_sum", scored * scores, first)
