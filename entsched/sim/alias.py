"""Walker's alias method: one 32-bit number picks one of n types, whatever their probabilities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.sim.words import Words

Floats = NDArray[np.float64]


class AliasTable(NamedTuple):
    """Row by row: a number lands in one of n equal cells, and below ``threshold`` it stays there.

    Attributes
    ----------
    threshold : shape (rows * n,), what part of a cell keeps its own type, in units of 2^-32
    alias : shape (rows * n,), the type of the rest of the cell
    """

    threshold: NDArray[np.uint64]
    alias: NDArray[np.uint16]


def alias_table(probabilities: Floats) -> AliasTable:
    """The table of each row of ``probabilities``, shape (rows, n); rows sum to 1.

    Picked with 32 bits, a type has its probability to within 2^-32.

    Examples
    --------
    >>> table = alias_table(np.array([[0.75, 0.25]]))
    >>> (table.threshold / 2**32).tolist(), table.alias.tolist()
    ([1.0, 0.5], [0, 0])
    """
    keep, alias = np.ones(probabilities.shape), np.zeros(probabilities.shape, dtype=np.uint16)
    for row, its_keep, its_alias in zip(probabilities, keep, alias, strict=True):
        _share_out(row * len(row) / row.sum(), its_keep, its_alias)
    return AliasTable(np.rint(keep * 2.0**32).astype(np.uint64).ravel(), alias.ravel())


@njit(cache=True)  # type: ignore[untyped-decorator]
def _share_out(mass: Floats, keep: Floats, alias: NDArray[np.uint16]) -> None:
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


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def pick(
    words: Words,
    n: int,
    of_a: AliasTable,
    of_b: AliasTable,
    means_s: Floats,
    types_a: NDArray[np.uint16],
    types_b: NDArray[np.uint16],
    requirements_a_s: Floats,
    requirements_b_s: Floats,
) -> None:
    """Write types of A and B and their mean requirements, seconds: A's from the upper half of a word, B's from the lower.

    ``of_b`` has a row for each type of A, or one row if it does not depend on it.
    """
    half, low, size = np.uint64(32), np.uint64(2**32 - 1), np.uint64(n)
    depends = np.uint64(of_b.threshold.size > n)
    for i in range(words.size):
        place = (words[i] >> half) * size
        cell = place >> half
        x = np.uint64(cell if (place & low) < of_a.threshold[cell] else of_a.alias[cell])
        place = (words[i] & low) * size
        column = place >> half
        cell = x * depends * size + column
        y = np.uint64(column if (place & low) < of_b.threshold[cell] else of_b.alias[cell])
        types_a[i], types_b[i] = x, y
        requirements_a_s[i], requirements_b_s[i] = means_s[x], means_s[y]
