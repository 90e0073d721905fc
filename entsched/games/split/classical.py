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
from entsched.games.local.zonogon import Zonogon, zonogon_maximum
from entsched.games.split.correlations import PERFECT
from entsched.games.split.game import FactoredGame, SplitGame
from entsched.games.split.solution import Part, Solution, mix

Floats = NDArray[np.float64]

#: The most questions to one party that are searched by branch and bound, in seconds a multiplier.
MAX_SEARCHED = 40


class DeterministicPoint(NamedTuple):
    """Where one deterministic pair of strategies (answers +-1) lies: p and J."""

    splitting: float
    value: float
    answers_a: Floats
    answers_b: Floats


#: From a multiplier mu to the deterministic pair that minimises J + mu p.
Oracle = Callable[[float], DeterministicPoint]


class Mixture(NamedTuple):
    """Both ends of J at one p, the multiplier that proves ``lower``, and the strategies that reach ``upper``."""

    lower: float
    upper: float
    multiplier: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, eq=False)
class ClassicalCurve:
    """J of the classical optimum as a function of p: convex, piecewise linear, with its strategies.

    Build it with :func:`classical_curve`; ask it with :meth:`at`.
    """

    game: SplitGame | FactoredGame
    points: tuple[DeterministicPoint, ...]
    oracle: Oracle

    def mixture(self, splitting: float) -> Mixture:
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
        searched = 0 if isinstance(self.game, FactoredGame) or self.game.factors else self.game.weight.size
        rounding = (128 + searched) * np.finfo(float).eps + 8 * sum(self.game.questions) * np.finfo(np.longdouble).eps
        margin = float(rounding) * (self.game.scale + abs(multiplier))
        lower = best.value + multiplier * (best.splitting - splitting) - margin
        return Mixture(min(lower, upper), upper, multiplier, parts)

    def at(self, splitting: float) -> Solution:
        """The optimum at p with its correlation C[x, y] written out."""
        lower, upper, multiplier, parts = self.mixture(splitting)
        return Solution(
            correlations=CorrelationSet.LOCAL,
            splitting=splitting,
            lower=lower,
            upper=upper,
            multiplier=multiplier,
            scale=self.game.scale,
            coalescing=mix(parts, PERFECT),
            parts=parts,
        )


def classical_curve(game: SplitGame | FactoredGame, around: float | None = None) -> ClassicalCurve:
    """The exact classical trade-off curve of a split game.

    Games in factored form are searched at the vertices of two zonogons, which for routing are the
    threshold strategies; others by branch and bound. The hull is found by supporting lines: each chord
    is handed to the oracle, which splits it or proves it, so that points that differ by rounding
    only cannot mislead it.

    Parameters
    ----------
    around : if given, only the piece of the curve over this p is found: some ten calls of the
        oracle instead of one for each point of the hull

    Raises
    ------
    GameError
        If all strategies would have to be searched and both parties have more than 40 questions, or
        ``around`` is not a probability.

    Examples
    --------
    >>> chsh = SplitGame(cost=[[0, 0], [0, 0.25]], weight=np.full((2, 2), 0.25))
    >>> classical_curve(chsh).at(0.125).upper
    0.1875
    """
    if around is not None and not 0 <= around <= 1:
        raise GameError(f"the curve around p given {around}, allowed: from 0 to 1")
    oracle = deterministic_oracle(game)
    return ClassicalCurve(game, _hull(game, oracle, around), oracle)


def _hull(game: SplitGame | FactoredGame, oracle: Oracle, around: float | None) -> tuple[DeterministicPoint, ...]:
    """The corners of the curve from left to right; with ``around`` the two next to that p."""
    ones_a, ones_b = (np.ones(n) for n in game.questions)
    ends = [
        _point(game, ones_a, ones_b)._replace(splitting=0.0),
        _point(game, ones_a, -ones_b)._replace(splitting=1.0),
    ]
    chords, proved = [(ends[0], ends[1])], []
    while chords:
        low, high = chords.pop()
        if around is not None and not low.splitting <= around <= high.splitting:
            continue
        multiplier = (low.value - high.value) / (high.splitting - low.splitting)
        best = oracle(multiplier)
        height = low.value + multiplier * (low.splitting - best.splitting)
        inside = low.splitting + 1e-13 < best.splitting < high.splitting - 1e-13
        if inside and best.value < height - 1e-14 * game.scale:
            chords += [(best, high), (low, best)]
        else:
            proved.append((low, high))
    return (*(low for low, _ in proved), proved[-1][1])


def deterministic_oracle(game: SplitGame | FactoredGame) -> Oracle:
    """The exact minimiser of J + mu p over deterministic pairs, by zonogons or enumeration."""
    if isinstance(game, FactoredGame):
        return _zonogon_oracle(game, game)
    if game.factors is not None:
        return _zonogon_oracle(game, game.factors)
    if min(game.questions) > MAX_SEARCHED:
        raise GameError(
            f"a search of all strategies of {game.questions[0]} x {game.questions[1]} types, allowed: at most "
            f"{MAX_SEARCHED} for one router (fewer bins; independent types in random order have no limit)"
        )
    return _search_oracle(game)


def _zonogon_oracle(game: SplitGame | FactoredGame, factors: FactoredGame) -> Oracle:
    """J + mu p = constant + A @ core(mu) @ B / 2 with A, B in zonogons: both are sorted once."""
    zonogon_a, zonogon_b = Zonogon(factors.left), Zonogon(factors.right)

    def oracle(multiplier: float) -> DeterministicPoint:
        core = factors.cost_core - multiplier * factors.weight_core
        i, j, value = zonogon_maximum(zonogon_a, zonogon_b, core)
        return _point(game, zonogon_a.answers(i), (-1.0 if value > 0 else 1.0) * zonogon_b.answers(j))

    return oracle


def _search_oracle(game: SplitGame) -> Oracle:
    """J + mu p is an XOR game, solved by branch and bound."""
    from entsched.games.local.exact import maximise_xor

    def oracle(multiplier: float) -> DeterministicPoint:
        best = maximise_xor(multiplier * game.weight - game.cost)
        signs_a, signs_b = (np.where(answers == 0, 1.0, -1.0) for answers in (best.answers_a, best.answers_b))
        return _point(game, signs_a, signs_b)

    return oracle


def _point(game: SplitGame | FactoredGame, answers_a: Floats, answers_b: Floats) -> DeterministicPoint:
    splitting, value = game.deterministic(answers_a, answers_b)
    return DeterministicPoint(min(max(splitting, 0.0), 1.0), value, answers_a, answers_b)
