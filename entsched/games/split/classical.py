"""The classical optimum, exact: the lower convex hull of all deterministic pairs of strategies."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import CorrelationSet
from entsched.errors import GameError
from entsched.games.split.game import SplitGame
from entsched.games.split.solution import Part, Solution, mix

Floats = NDArray[np.float64]

#: The most questions to one party that exact enumeration takes on: 2^19 strategies.
MAX_ENUMERATED = 20


class DeterministicPoint(NamedTuple):
    """Where one deterministic pair of strategies (answers +-1) lies: p and J."""

    splitting: float
    value: float
    answers_a: Floats
    answers_b: Floats


#: From a multiplier mu to the deterministic pair that minimises J + mu p.
Oracle = Callable[[float], DeterministicPoint]


@dataclass(frozen=True, eq=False)
class ClassicalCurve:
    """J of the classical optimum as a function of p: convex, piecewise linear, with its strategies.

    Build it with :func:`classical_curve`; ask it with :meth:`at`.
    """

    game: SplitGame
    points: tuple[DeterministicPoint, ...]
    oracle: Oracle

    def at(self, splitting: float) -> Solution:
        """The optimum at p: a mixture of at most two deterministic pairs, and its dual bound."""
        left = bisect_right([point.splitting for point in self.points], splitting) - 1
        left = min(left, len(self.points) - 2)
        low, high = self.points[left], self.points[left + 1]
        span = high.splitting - low.splitting
        share = (splitting - low.splitting) / span
        multiplier = (low.value - high.value) / span
        parts = tuple(
            Part.fixed(weight, point.answers_a, point.answers_b)
            for weight, point in ((1 - share, low), (share, high))
            if weight > 0
        )
        upper = (1 - share) * low.value + share * high.value
        best = self.oracle(multiplier)
        lower = best.value + multiplier * (best.splitting - splitting)
        return Solution(
            correlations=CorrelationSet.LOCAL,
            splitting=splitting,
            lower=min(lower, upper),
            upper=upper,
            multiplier=multiplier,
            scale=self.game.scale,
            coalescing=mix(parts, visibility=1.0),
            parts=parts,
        )


def classical_curve(game: SplitGame) -> ClassicalCurve:
    """The exact classical trade-off curve of a split game.

    Threshold strategies are searched where they are known to be optimal (independent types and
    random order), all strategies elsewhere. The hull is found by supporting lines: each chord is
    handed to the oracle, which splits it or proves it, so that points that differ by rounding
    only cannot mislead it.

    Raises
    ------
    GameError
        If all strategies would have to be searched and both parties have more than 20 questions.

    Examples
    --------
    >>> chsh = SplitGame(cost=[[0, 0], [0, 0.25]], weight=np.full((2, 2), 0.25))
    >>> classical_curve(chsh).at(0.125).upper
    0.1875
    """
    oracle = deterministic_oracle(game)
    ones_a, ones_b = (np.ones(n) for n in game.questions)
    ends = [
        _point(game, ones_a, ones_b)._replace(splitting=0.0),
        _point(game, ones_a, -ones_b)._replace(splitting=1.0),
    ]
    chords, proved = [(ends[0], ends[1])], []
    while chords:
        low, high = chords.pop()
        multiplier = (low.value - high.value) / (high.splitting - low.splitting)
        best = oracle(multiplier)
        height = low.value + multiplier * (low.splitting - best.splitting)
        inside = low.splitting + 1e-13 < best.splitting < high.splitting - 1e-13
        if inside and best.value < height - 1e-14 * game.scale:
            chords += [(best, high), (low, best)]
        else:
            proved.append(low)
    return ClassicalCurve(game, (*proved, ends[1]), oracle)


def deterministic_oracle(game: SplitGame) -> Oracle:
    """The exact minimiser of J + mu p over deterministic pairs, by thresholds or enumeration."""
    if game.orders is not None:
        return _threshold_oracle(game, game.orders)
    if min(game.questions) > MAX_ENUMERATED:
        raise GameError(
            f"exact enumeration of {game.questions[0]} x {game.questions[1]} types, allowed: at most "
            f"{MAX_ENUMERATED} for one router (fewer bins; independent types in random order have no limit)"
        )
    return _enumeration_oracle(game)


def threshold_answers(order: NDArray[np.intp]) -> Floats:
    """The answers +-1 of all threshold strategies along an order: row k is -1 on the last k."""
    n = len(order)
    answers = np.empty((n, n))
    answers[:, order] = np.where(np.add.outer(np.arange(n), np.arange(n)) < n, 1.0, -1.0)
    return answers


def _threshold_oracle(game: SplitGame, orders: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Oracle:
    rows_a = threshold_answers(orders[0])
    rows_b = threshold_answers(orders[1])
    rows_b = np.concatenate([rows_b, -rows_b])
    splitting = (1 - rows_a @ game.weight @ rows_b.T) / 2
    value = (game.cost.sum() + rows_a @ game.cost @ rows_b.T) / 2

    def oracle(multiplier: float) -> DeterministicPoint:
        i, j = np.unravel_index(np.argmin(value + multiplier * splitting), value.shape)
        return _point(game, rows_a[i], rows_b[j])

    return oracle


def _enumeration_oracle(game: SplitGame) -> Oracle:
    swapped = game.questions[0] > game.questions[1]
    cost, weight = (game.cost.T, game.weight.T) if swapped else (game.cost, game.weight)
    n = cost.shape[0]
    strategies = np.arange(2 ** (n - 1), dtype=np.int64)
    chunks = np.array_split(strategies, max(1, len(strategies) // 2**14))

    def oracle(multiplier: float) -> DeterministicPoint:
        weights = cost - multiplier * weight
        best_value, best_rows = np.inf, np.ones(n)
        for chunk in chunks:
            rows = 1.0 - 2.0 * ((chunk[:, None] >> np.arange(n)) & 1)
            values = -np.abs(rows @ weights).sum(axis=1)
            if values.min() < best_value:
                best_value, best_rows = values.min(), rows[values.argmin()]
        response = np.where(best_rows @ weights > 0, -1.0, 1.0)
        answers = (response, best_rows) if swapped else (best_rows, response)
        return _point(game, *answers)

    return oracle


def _point(game: SplitGame, answers_a: Floats, answers_b: Floats) -> DeterministicPoint:
    splitting, value = game.point((1 + np.outer(answers_a, answers_b)) / 2)
    return DeterministicPoint(min(max(splitting, 0.0), 1.0), value, answers_a, answers_b)
