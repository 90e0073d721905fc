"""The randomness of a run: the same customers and coins for every strategy and both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entsched.sim.alias import TypeTables, pick_all, type_tables
from entsched.sim.words import Words, fill, outcomes_of, seeded, unit_interval
from entsched.workload import Workload
from entsched.workload.service import ServiceLaw

Floats = NDArray[np.float64]

#: Pairs drawn at a time: so many that calls from Python cost nothing, and few enough for the cache of a processor.
BLOCK = 65_536

#: Requirements drawn at a time: always all of them, because a law may use its generator in any order.
SERVICES = 8_192


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive pairs as they are drawn: gaps, and words from which all else follows.

    Attributes
    ----------
    gaps_s : time since the previous pair, seconds, shape (pairs,)
    kinds : one word for each pair: 32 bits for A's type and 32 for B's
    coins : one word for each pair: 32 bits for A's outcome, 31 for B's, and the last for the order
    services_s : requirements of A and B, shape (2, pairs), seconds, where types do not tell them; else (2, 0)
    shared : words for the shared randomness of measured pairs; empty if not asked for
    """

    gaps_s: Floats
    kinds: Words
    coins: Words
    services_s: Floats
    shared: Words

    def __len__(self) -> int:
        return len(self.gaps_s)

    def first(self, pairs: int) -> Block:
        """A copy of the first ``pairs``."""
        return Block(*(np.array(getattr(self, field.name)[..., :pairs], order="C") for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Customers:
    """How the pairs of a workload follow from a block: its types, their requirements, who goes first."""

    workload: Workload

    @cached_property
    def tables(self) -> TypeTables:
        """How words pick types."""
        return type_tables(self.workload)

    def draws(self, block: Block) -> Draws:
        """The pairs of a block, array by array."""
        seen = self.seen(block)
        requirements_s = block.services_s if block.services_s.size else self.workload.type_means_s[seen.types]
        a_first = _a_first(self.workload.order, requirements_s, (block.coins & np.uint64(1)) != 0)
        return replace(seen, requirements_s=requirements_s, a_first=a_first)

    def seen(self, block: Block) -> Draws:
        """What routers decide by: all but requirements and orders, which are left empty."""
        types, outcomes = np.zeros((2, len(block)), dtype=np.uint16), np.empty((2, len(block)))
        if not block.services_s.size:
            pick_all(block.kinds, len(self.workload.types), self.tables, types)
        outcomes_of(block.coins, outcomes)
        return Draws(
            gaps_s=block.gaps_s,
            types=types,
            requirements_s=np.empty((2, 0)),
            a_first=np.empty(0, dtype=np.bool_),
            outcomes=outcomes,
            shared=(block.shared >> np.uint64(11)).astype(np.float64) * 2.0**-53,
        )


@dataclass(frozen=True, eq=False)
class Draws:
    """Pairs of customers and their coins, each an array with one entry for each pair.

    Attributes
    ----------
    gaps_s : time since the previous pair, seconds
    types, requirements_s : for routers A and B, shape (2, pairs); requirements in seconds
    a_first : whether A's customer goes first if the pair meets in one server
    outcomes : numbers in [0, 1) for the outcomes of A and B, shape (2, pairs)
    shared : numbers in [0, 1) for the shared randomness of measured pairs; empty if not asked for
    """

    gaps_s: Floats
    types: NDArray[np.uint16]
    requirements_s: Floats
    a_first: NDArray[np.bool_]
    outcomes: Floats
    shared: Floats


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
    blocks = [block.first(pairs) for block in stream(workload, pairs, seeds, shared)]
    joined = Block(*(np.concatenate([getattr(b, field.name) for b in blocks], axis=-1) for field in fields(Block)))
    return Customers(workload).draws(joined)


def stream(workload: Workload, pairs: int, seeds: np.random.SeedSequence, shared: bool = False) -> Iterator[Block]:
    """Draw a run block by block; the arrays of a block are written anew for the next one.

    Gaps, types, coins, services and shared randomness have streams of their own, so that the first
    pairs of a longer run are those of a shorter one.
    """
    gaps, kinds, coins, common = seeded(seeds, 4)
    law = workload.types[0] if len(workload.types) == 1 else None
    services = np.random.default_rng(seeds.spawn(1)[0]) if law else None
    size = min(BLOCK, pairs)
    block = Block(
        gaps_s=np.empty(size),
        kinds=np.empty(size, dtype=np.uint64),
        coins=np.empty(size, dtype=np.uint64),
        services_s=np.empty((2, size if law else 0)),
        shared=np.empty(size if shared else 0, dtype=np.uint64),
    )
    for start in range(0, pairs, size):
        if pairs - start < size:
            block = block.first(pairs - start)
        fill(gaps, block.kinds)
        unit_interval(block.kinds, block.gaps_s)
        np.log(block.gaps_s, out=block.gaps_s)
        np.multiply(block.gaps_s, -1 / workload.arrival_rate_hz, out=block.gaps_s)
        fill(kinds, block.kinds)
        fill(coins, block.coins)
        if law is not None and services is not None:
            _serve(law, services, block.services_s)
        if shared:
            fill(common, block.shared)
        yield block


def _serve(law: ServiceLaw, services: np.random.Generator, requirements_s: Floats) -> None:
    """Draw the requirements of A and B, shape (2, pairs), seconds."""
    for start in range(0, requirements_s.shape[1], SERVICES):
        place = requirements_s[:, start : start + SERVICES]
        place[:] = law.draw(services, 2 * SERVICES).reshape(2, SERVICES)[:, : place.shape[1]]


def _a_first(order: str, requirements_s: Floats, coin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if order == "random":
        return coin
    if order == "a_first":
        return np.ones_like(coin)
    ahead = requirements_s[1] - requirements_s[0]
    return np.where(ahead == 0, coin, ahead > 0).astype(np.bool_)
