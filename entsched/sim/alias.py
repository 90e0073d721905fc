"""Walker's alias method: one 32-bit number picks one of n types, whatever their probabilities."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.sim.words import Words
from entsched.workload import Workload

Floats = NDArray[np.float64]


class TypeTables(NamedTuple):
    """How one word picks the types of both requests of a pair.

    A number lands in one of n equal cells; below ``keep`` it stays there, else it goes to ``alias``.

    Attributes
    ----------
    keep_a, alias_a : shape (n,), for A's type; ``keep`` in units of 2^-32 of a cell
    keep_b, alias_b : shape (rows * n,), for B's: a row for each type of A, or one if it does not depend on it
    """

    keep_a: Words
    alias_a: Words
    keep_b: Words
    alias_b: Words


@lru_cache(maxsize=16)
def type_tables(workload: Workload) -> TypeTables:
    """The tables of a workload's joint law of types; probabilities are kept to within 2^-32.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.75, 0.25]})
    >>> tables = type_tables(two)
    >>> (tables.keep_a / 2**32).tolist(), tables.alias_a.tolist()
    ([1.0, 0.5], [0, 0])
    """
    if workload.joint is None:
        one = alias_table(workload.type_probabilities[None])
        return TypeTables(*one, *one)
    of_a = workload.pi.sum(axis=1)
    given = np.divide(workload.pi.T, of_a, out=np.full_like(workload.pi, 1 / len(of_a)), where=of_a > 0)
    return TypeTables(*alias_table(of_a[None]), *alias_table(given.T))


def alias_table(probabilities: Floats) -> tuple[Words, Words]:
    """What to keep of each cell, in units of 2^-32, and where the rest goes, both of shape (rows * n,).

    ``probabilities`` has shape (rows, n); each row sums to 1.
    """
    keep, alias = np.ones(probabilities.shape), np.zeros(probabilities.shape, dtype=np.uint64)
    for row, its_keep, its_alias in zip(probabilities, keep, alias, strict=True):
        _share_out(row * len(row) / row.sum(), its_keep, its_alias)
    return np.rint(keep * 2.0**32).astype(np.uint64).ravel(), alias.ravel()


@njit(cache=True)
def _share_out(mass: Floats, keep: Floats, alias: Words) -> None:
    """Vose's algorithm: cells with less than their share are filled up from those with more."""
    n = mass.size
    poor, rich = np.empty(n, np.int64), np.empty(n, np.int64)
    few, many = 0, 0
    for i in range(n):
        alias[i] = i
        if mass[i] < 1.0:
            poor[few] = i
            few += 1
        else:
            rich[many] = i
            many += 1
    while few > 0 and many > 0:
        few -= 1
        needy, giver = poor[few], rich[many - 1]
        keep[needy], alias[needy] = mass[needy], giver
        mass[giver] -= 1.0 - mass[needy]
        if mass[giver] < 1.0:
            many -= 1
            poor[few] = giver
            few += 1


@njit(cache=True, nogil=True, inline="always")
def pick(word: np.uint64, n: np.uint64, tables: TypeTables) -> tuple[np.uint64, np.uint64]:
    """The types of A and B: A's from the upper half of a word, B's from the lower."""
    half, low = np.uint64(32), np.uint64(2**32 - 1)
    keep_a, alias_a, keep_b, alias_b = tables
    place = (word >> half) * n
    cell = place >> half
    x = cell if (place & low) < keep_a[cell] else alias_a[cell]
    place = (word & low) * n
    column = place >> half
    cell = x * np.uint64(keep_b.size > n) * n + column
    y = column if (place & low) < keep_b[cell] else alias_b[cell]
    return x, y


@njit(cache=True, nogil=True)
def pick_all(words: Words, n: int, tables: TypeTables, types: NDArray[np.uint16]) -> None:
    """Write the types of A and B for each word, shape (2, words)."""
    for i in range(words.size):
        types[0, i], types[1, i] = pick(words[i], np.uint64(n), tables)
