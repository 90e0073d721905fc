"""The best signs by enumeration in Gray-code order: one sign changes per step, in integers."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.local.budget import Budget

Integers = NDArray[np.int64]

#: 2^29 sign vectors of 30 rows and 30 columns take some ten seconds.
MAX_ROWS = 34
CHUNK = 2**21


@njit(cache=True)
def _walk(weights: Integers, sums: Integers, signs: Integers, best_signs: Integers, ends: Integers, best: int) -> int:
    """Steps ends[0] + 1 to ends[1] of the Gray code; the best value, its signs in best_signs."""
    columns = sums.shape[0]
    for step in range(ends[0] + 1, ends[1] + 1):
        row = 1
        while step & 1 == 0:
            step >>= 1
            row += 1
        signs[row] = -signs[row]
        change = 2 * signs[row]
        value = 0
        for y in range(columns):
            sums[y] += change * weights[row, y]
            value += abs(sums[y])
        if value > best:
            best = value
            best_signs[:] = signs
    return best


def gray_maximum(weights: Integers, budget: Budget | None = None) -> tuple[int, Integers, bool]:
    """max over signs s of sum_y |sum_x s[x] weights[x, y]|, the signs, and whether all were seen.

    The first sign is +1: changing all signs changes no value. When the budget is spent, the best
    so far is returned.

    Parameters
    ----------
    weights : integers (rows, columns), at most 34 rows, sum of sizes below 2^62

    Raises
    ------
    GameError
        If there are more than 34 rows.

    Examples
    --------
    >>> gray_maximum(np.array([[1, 1], [1, -1]]))
    (2, array([1, 1]), True)
    """
    rows = len(weights)
    if rows > MAX_ROWS:
        raise GameError(f"given {rows} rows to enumerate, 2^{rows - 1} sign vectors, allowed: at most {MAX_ROWS} rows")
    weights = np.ascontiguousarray(weights, dtype=np.int64)
    sums, signs = weights.sum(axis=0), np.ones(rows, dtype=np.int64)
    best, best_signs = int(np.abs(sums).sum()), signs.copy()
    last = 2 ** (rows - 1) - 1
    for start in range(0, last, CHUNK):
        if budget is not None and budget.spent():
            return best, best_signs, False
        ends = np.array([start, min(start + CHUNK, last)])
        best = int(_walk(weights, sums, signs, best_signs, ends, best))
    return best, best_signs, True
