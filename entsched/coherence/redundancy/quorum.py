"""Copies of one value on several nodes, read by majority: wrong copies, nodes that are away, divided networks."""

from __future__ import annotations

from math import comb

import numpy as np
from scipy.stats import binom

from entsched.coherence.redundancy.batches import batches
from entsched.errors import EntschedError

#: Copies that are drawn at once.
BATCH = 4_000_000


def failed_reads(replicas: int, error: float, reads: int, generator: np.random.Generator) -> tuple[int, int]:
    """Reads of one bit that are wrong when copies are wrong with a probability, and that fail when nodes are away.

    Parameters
    ----------
    replicas : copies, odd
    error : probability that a copy is wrong, and that a node is away, independently, 0 to 1
    reads : how many of each

    Raises
    ------
    EntschedError
        If the number of copies is even.

    Examples
    --------
    >>> failed_reads(3, 0.0, 10, np.random.default_rng(1)), failed_reads(3, 1.0, 10, np.random.default_rng(1))
    ((0, 0), (10, 10))
    """
    if replicas < 1 or replicas % 2 == 0:
        raise EntschedError(f"replicas: given {replicas}, allowed: odd")
    wrong = away = 0
    for count in batches(reads, BATCH // replicas):
        truth = generator.integers(0, 2, (count, 1))
        copies = truth ^ (generator.random((count, replicas)) < error)
        wrong += int(np.sum((2 * copies.sum(axis=1) > replicas) != truth[:, 0]))
        present = (generator.random((count, replicas)) >= error).sum(axis=1)
        away += int(np.sum(2 * present <= replicas))
    return wrong, away


def failure_probability(replicas: int, error: float) -> float:
    """That a majority of copies is wrong, or away.

    Examples
    --------
    >>> round(failure_probability(3, 0.1), 6)
    0.028
    """
    return float(binom.sf(replicas // 2, replicas, error))


def disjoint_share(replicas: int, quorum: int) -> float:
    """The share of pairs of quorums that have no node in common, and so may decide differently.

    Examples
    --------
    >>> disjoint_share(5, 2), disjoint_share(5, 3)
    (0.3, 0.0)
    """
    return comb(replicas - quorum, quorum) / comb(replicas, quorum)


def most_losses(replicas: int) -> int:
    """How many nodes may be away so that a quorum is left which shares a node with every other.

    Examples
    --------
    >>> [most_losses(replicas) for replicas in (3, 4, 5)]
    [1, 1, 2]
    """
    quorum = next(size for size in range(1, replicas + 1) if disjoint_share(replicas, size) == 0)
    return replicas - quorum
