"""The randomness of a run: the same customers and coins for every strategy and both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entsched.sim.alias import alias_table, pick
from entsched.sim.words import Words, fill, seeded, unit_interval
from entsched.workload import Workload

Floats = NDArray[np.float64]

#: Pairs drawn at a time; the arrays of a block stay in the cache of a core.
BLOCK = 8192


@dataclass(frozen=True, eq=False)
class Draws:
    """Consecutive pairs of customers and their coins, each an array with one entry for each pair.

    Attributes
    ----------
    gaps_s : time since the previous pair, seconds
    types, requirements_s : for routers A and B, shape (2, pairs); requirements in seconds
    a_first : whether A's customer goes first if the pair meets in one server
    coins : one word for each pair: 32 bits for A's outcome, 31 for B's, and the last for the order
    shared : numbers in [0, 1) for the shared randomness of measured pairs; empty if not asked for
    """

    gaps_s: Floats
    types: NDArray[np.uint16]
    requirements_s: Floats
    a_first: NDArray[np.bool_]
    coins: Words
    shared: Floats

    @cached_property
    def outcomes(self) -> Floats:
        """Numbers in [0, 1) for the outcomes of A and B, shape (2, pairs)."""
        high, low = self.coins >> np.uint64(32), (self.coins & np.uint64(2**32 - 1)) >> np.uint64(1)
        return np.stack([high * 2.0**-32, low * 2.0**-31])

    def copy(self, pairs: int | None = None) -> Draws:
        """A copy of the first ``pairs``, or of all."""
        return Draws(*(np.array(getattr(self, field.name)[..., :pairs], order="C") for field in fields(self)))


def seed_sequence(workload: Workload, seed: int, replication: int) -> np.random.SeedSequence:
    """The seeds of one replication, from the content of the workload: no strategy enters."""
    content = np.frombuffer(bytes.fromhex(workload.digest), dtype=np.uint32).tolist()
    return np.random.SeedSequence([seed, *content, replication])


def draw(workload: Workload, pairs: int, seeds: np.random.SeedSequence, shared: bool = False) -> Draws:
    """Draw a whole run at once: the blocks of :func:`stream`, joined.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> draws = draw(two, 3, seed_sequence(two, seed=1, replication=0))
    >>> draws.requirements_s.shape
    (2, 3)
    """
    blocks = [block.copy() for block in stream(workload, pairs, seeds, shared)]
    return Draws(*(np.concatenate([getattr(b, field.name) for b in blocks], axis=-1) for field in fields(Draws)))


def stream(workload: Workload, pairs: int, seeds: np.random.SeedSequence, shared: bool = False) -> Iterator[Draws]:
    """Draw a run block by block; the arrays of a block are written anew for the next one.

    Gaps, types, coins, services and shared randomness have streams of their own, so that the first
    pairs of a longer run are those of a shorter one. The types of both requests come from one word,
    A's from its marginal and B's given A's.
    """
    gaps, kinds, coins, common = seeded(seeds, 4)
    services = np.random.default_rng(seeds.spawn(1)[0])
    of_a, of_b = (alias_table(rows) for rows in _type_laws(workload))
    means_s = workload.type_means_s
    words = np.empty(BLOCK, dtype=np.uint64)
    block = Draws(
        gaps_s=np.empty(BLOCK),
        types=np.zeros((2, BLOCK), dtype=np.uint16),
        requirements_s=np.empty((2, BLOCK)),
        a_first=np.ones(BLOCK, dtype=np.bool_),
        coins=np.empty(BLOCK, dtype=np.uint64),
        shared=np.empty(BLOCK if shared else 0),
    )
    for start in range(0, pairs, BLOCK):
        fill(gaps, words)
        _exponential(words, 1 / workload.arrival_rate_hz, block.gaps_s)
        if len(means_s) > 1:
            fill(kinds, words)
            pick(words, len(means_s), of_a, of_b, means_s, *block.types, *block.requirements_s)
        else:
            block.requirements_s[:] = workload.types[0].sample(services, 2 * BLOCK).reshape(2, BLOCK)
        fill(coins, block.coins)
        _order(workload.order, block)
        if shared:
            fill(common, words)
            unit_interval(words, block.shared)
        yield block if pairs - start >= BLOCK else block.copy(pairs - start)


def _type_laws(workload: Workload) -> tuple[Floats, Floats]:
    """The law of A's type, one row, and of B's given A's, a row for each type of A if it depends on it."""
    if workload.joint is None:
        return workload.type_probabilities[None], workload.type_probabilities[None]
    of_a = workload.pi.sum(axis=1)
    given = np.divide(workload.pi.T, of_a, out=np.full_like(workload.pi, 1 / len(of_a)), where=of_a > 0)
    return of_a[None], given.T


def _exponential(words: Words, mean_s: float, gaps_s: Floats) -> None:
    """-mean_s log(u) with u in the middle of one of 2^53 equal parts of (0, 1)."""
    unit_interval(words, gaps_s)
    np.log(gaps_s, out=gaps_s)
    gaps_s *= -mean_s


def _order(order: str, block: Draws) -> None:
    """Who goes first if a pair meets: the last bit of the coin, unless the order says otherwise."""
    if order == "a_first":
        return
    np.not_equal(block.coins & np.uint64(1), 0, out=block.a_first)
    if order == "shortest_first":
        ahead = block.requirements_s[1] - block.requirements_s[0]
        np.copyto(block.a_first, ahead > 0, where=ahead != 0)
