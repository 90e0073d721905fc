"""The best signs by Russian-doll tree search: the last rows are solved first and bound the rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.games.local.budget import Budget
from entsched.games.local.gray import gray_maximum
from entsched.games.local.incumbent import good_signs

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Suffixes of so many rows are enumerated.
GRAY_ROWS = 10
#: Beyond this part of all rows a suffix is only solved if the one before took few nodes.
SOLVED_PART = 0.62
FEW_NODES = 2**16
#: Columns are padded with zeros to a multiple of this, for the vector instructions.
LANES = 16
#: Nodes per call of the kernel: some 0.1 s.
CHUNK = 2**21
EXHAUSTED, LEAF = 0, 1


class SignOptimum(NamedTuple):
    """max over signs s of sum_y |sum_x s[x] w[x, y]|: ``value`` is reached by ``signs``, ``upper`` is proved.

    The rows are decided in ``order``. ``suffix_optima[k]`` bounds the optimum of the rows order[k:] alone: it is
    that optimum, or suffix_optima[k + 1] plus the sum of sizes of row order[k], whichever was cheaper to have.
    ``upper`` is suffix_optima[0], or a spectral bound if the search was ``interrupted`` and that is less.
    """

    value: int
    upper: int
    signs: Integers
    order: Integers
    suffix_optima: Integers
    interrupted: bool


@njit(cache=True, fastmath=True)
def _search(
    weights: Floats, least: Floats, sums: Floats, stage: Integers, signs: Integers, state: Integers, nodes: int
) -> int:
    """Depth-first search for a leaf of value above least[-1]; resumes from its arrays, stops after some nodes.

    A node at depth d has sums[d] = sum_(x < d) signs[x] weights[x]; it is entered if sum_y |sums| > least[d].
    stage[d]: 0 = not expanded, 1 = the other child is waiting, 2 = done. state = (depth, nodes so far).
    """
    rows, columns = weights.shape
    depth, count = state[0], state[1]
    while depth >= 0:
        if stage[depth] == 0:
            plus = minus = 0.0
            for y in range(columns):  # no views of rows: their reference counts would cost half the time
                plus += abs(sums[depth, y] + weights[depth, y])
                minus += abs(sums[depth, y] - weights[depth, y])
            count += 1
            signs[depth] = 1 if plus >= minus else -1
            if max(plus, minus) <= least[depth + 1]:
                depth -= 1
                continue
            stage[depth] = 1 if depth > 0 and min(plus, minus) > least[depth + 1] else 2
        elif stage[depth] == 1:
            signs[depth] = -signs[depth]
            stage[depth] = 2
        else:
            stage[depth] = 0
            depth -= 1
            continue
        if depth == rows - 1:
            state[0], state[1] = depth, count
            return 1
        sign = float(signs[depth])
        for y in range(columns):
            sums[depth + 1, y] = sums[depth, y] + sign * weights[depth, y]
        depth += 1
        stage[depth] = 0
        if count - state[1] >= nodes:
            state[0], state[1] = depth, count
            return 2
    state[1] = count
    return 0


class _Dolls:
    """The suffixes of one matrix, solved from the last row on."""

    def __init__(self, weights: Integers, budget: Budget, report: Callable[[int, int], None] | None) -> None:
        self.budget, self.report = budget, report
        self.order = np.argsort(-np.abs(weights).sum(axis=1), kind="stable")
        self.weights = np.ascontiguousarray(weights[self.order])
        padding = -weights.shape[1] % LANES
        self.real = np.pad(self.weights.astype(np.float64), ((0, 0), (0, padding)))
        self.sizes = np.abs(self.weights).sum(axis=1)
        self.upper = np.concatenate([np.cumsum(self.sizes[::-1])[::-1], [0]])
        ones = np.ones(len(weights), dtype=np.int64)
        self.best = (int(np.abs(self.weights.sum(axis=0)).sum()), ones)
        self.nodes = 0

    def run(self) -> bool:
        """Solve suffix after suffix; whether all was done."""
        rows = len(self.weights)
        if rows > GRAY_ROWS:
            self.best = good_signs(self.weights, 512)
        signs = np.zeros(0, dtype=np.int64)
        for k in range(rows - 1, -1, -1):
            signs = np.concatenate([[1], signs])
            if rows - k <= GRAY_ROWS:
                optimum, signs, done = gray_maximum(self.weights[k:], self.budget)
            elif k == 0 or rows - k <= SOLVED_PART * rows or self.nodes < FEW_NODES:
                optimum, signs, done = self._solve(k, signs)
            else:
                continue
            if not done:
                return False
            self.upper[: k + 1] += optimum - self.upper[k]
            if k == 0:
                self.best = optimum, signs
        return True

    def _solve(self, k: int, start: Integers) -> tuple[int, Integers, bool]:
        """The optimum of rows k, k + 1, ..., its signs, and whether the search was completed."""
        weights = self.weights[k:]
        best, best_signs = (
            self.best if k == 0 else max(_extended(weights, start), good_signs(weights, 16, kicks=2), key=_value)
        )
        rows, real = len(weights), self.real[k:]
        sums, state = np.zeros(real.shape), np.zeros(2, dtype=np.int64)
        stage, signs = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
        while not self.budget.spent():
            least = (best - self.upper[k:]).astype(np.float64)
            outcome = _search(real, least, sums, stage, signs, state, CHUNK)
            if outcome == LEAF:
                best, best_signs = int(np.abs(signs @ weights).sum()), signs.copy()
            elif outcome == EXHAUSTED:
                self.nodes = int(state[1])
                return best, best_signs, True
            if k == 0:
                self.best = best, best_signs
            if self.report is not None:
                self.report(self.best[0], self.proved())
        return best, best_signs, False

    @cached_property
    def _spectral(self) -> int:
        """sqrt(rows columns) times the largest singular value, with a margin for its rounding."""
        norm = float(np.linalg.norm(self.real, 2))
        return math.floor(math.sqrt(self.weights.size) * norm * (1 + 1e-9))

    def proved(self) -> int:
        """The least upper end that holds by now."""
        return min(int(self.upper[0]), self._spectral) if self.upper[0] > self.best[0] else int(self.upper[0])


def _extended(weights: Integers, signs: Integers) -> tuple[int, Integers]:
    """The better sign of the first row, the others given."""
    first, rest = weights[0], signs[1:] @ weights[1:]
    plus, minus = int(np.abs(rest + first).sum()), int(np.abs(rest - first).sum())
    return max(plus, minus), np.concatenate([[1 if plus >= minus else -1], signs[1:]])


def _value(found: tuple[int, Integers]) -> int:
    return found[0]


def maximise_signs(weights: Integers, budget: Budget, report: Callable[[int, int], None] | None = None) -> SignOptimum:
    """max over signs s of sum_y |sum_x s[x] weights[x, y]|, exact in integers.

    Rows are decided largest first. A prefix with sums f is left if sum_y |f[y]| plus the optimum of the rows
    to come, solved before, is not above the best value known (Russian-doll search: Verfaillie, Lemaitre,
    Schiex 1996). The search ends early, with both ends valid, when the budget is spent or by Ctrl-C.

    Parameters
    ----------
    weights : integers (rows, columns), sum of sizes below 2^53; the signs are given to the rows
    report : called now and then with the two ends proved so far

    Examples
    --------
    >>> maximise_signs(np.array([[1, 1], [1, -1]]), Budget(None)).suffix_optima
    array([2, 2, 0])
    """
    search = _Dolls(weights, budget, report)
    try:
        done = search.run()
    except KeyboardInterrupt:
        done = False
    value, ordered = search.best
    signs = np.empty_like(ordered)
    signs[search.order] = ordered
    return SignOptimum(value, search.proved(), signs, search.order, search.upper, not done)
