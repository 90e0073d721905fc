"""The pairs that requests of a run find, block by block, and the conditions they put the routers in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.entanglement import Entanglement
from entsched.sim.stock import classify, empty_stock, rules_of, source_of, take
from entsched.sim.words import Words, seeded
from entsched.strategies.base import ByPair, RoutingScore

Floats = NDArray[np.float64]

#: Marks the seeds of births among those of a replication; customers have other ones.
BIRTHS = 1

#: Where there is an age, the age of a request pair that finds no pair.
NONE = -1.0


def marked_words(seeds: np.random.SeedSequence, mark: int) -> Words:
    """The state of a generator beside that of the customers, shape (4,): the same for every strategy and engine."""
    return seeded(np.random.SeedSequence(seeds.entropy, spawn_key=(*seeds.spawn_key, mark)), 1)[0]


def birth_words(seeds: np.random.SeedSequence) -> Words:
    """The state of the generator of births, shape (4,)."""
    return marked_words(seeds, BIRTHS)


class Shared(NamedTuple):
    """What routers of a run that use pairs share: the pairs, what they do with them, the run's seeds, and a score."""

    entanglement: Entanglement
    by_pair: ByPair
    seeds: np.random.SeedSequence
    score: RoutingScore | None = None


class PairStream:
    """The pairs that consecutive request pairs take from the memory, in the fast engine.

    Examples
    --------
    >>> entanglement = Entanglement(supply={"law": "poisson", "rate_hz": 1.0})
    >>> stream = PairStream(entanglement, np.random.SeedSequence(1))
    >>> ages_s = stream.take(np.full(1000, 1.0))
    >>> round(float((ages_s != NONE).mean()), 1)
    0.6
    """

    def __init__(self, entanglement: Entanglement, seeds: np.random.SeedSequence) -> None:
        self._on_demand = entanglement.is_on_demand
        if not self._on_demand:
            self._source, self._rules = source_of(entanglement), rules_of(entanglement)
            self._stock = empty_stock(entanglement, birth_words(seeds))

    def take(self, gaps_s: Floats) -> Floats:
        """The age of the pair that each request pair takes, seconds; NONE if there is none."""
        ages_s = np.zeros(len(gaps_s))
        if not self._on_demand:
            take(self._source, self._rules, self._stock, gaps_s, ages_s)
        return ages_s


def conditions(by_pair: ByPair, ages_s: Floats, times_s: Floats) -> Words:
    """The index among the conditions of a plan, for request pairs at some times with pairs of some ages.

    Examples
    --------
    >>> from entsched.behavior import Behavior
    >>> coin = Behavior.from_coalescing([[0.5]])
    >>> by_pair = ByPair(coin, (coin, coin), ends_s=(1.0, np.inf), faulty=(coin, coin), fault_s=10.0)
    >>> conditions(by_pair, np.array([NONE, 0.5, 2.0, 2.0]), np.array([1.0, 2.0, 3.0, 13.0])).tolist()
    [0, 1, 2, 4]
    """
    found = np.empty(len(ages_s), dtype=np.uint64)
    fault_s = by_pair.fault_s if by_pair.faulty else np.inf
    classify(ages_s, times_s, np.array(by_pair.ends_s), fault_s, found)
    return found
