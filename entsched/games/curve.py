"""The local value of a game as one equality constraint moves: concave, piecewise linear, exact breakpoints."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.behavior import CorrelationSet
from entsched.errors import GameError
from entsched.games.columns import Game, Oracle, deterministic_behavior, local_oracle
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame, refuse_misfit
from entsched.games.nosignalling import FEASIBILITY, unit
from entsched.games.value import Deterministic, GameValue, LocalDual, Part

Floats = NDArray[np.float64]

#: Points closer to a chord than this, in units of the game's scale, are rounding and no breakpoints.
ROUNDING = 1e-14


class CurvePoint(NamedTuple):
    """Where one deterministic strategy lies: sum C P and the game's value, exact for the given floats."""

    constraint: Fraction
    value: Fraction
    strategy: Deterministic


class Chord(NamedTuple):
    """value <= bound + slope c for every local behavior with sum C P = c, from the oracle's upper end."""

    slope: float
    bound: float


@dataclass(frozen=True, eq=False)
class Curve:
    """The largest local value with sum C P = c, as a function of c; built by :func:`local_curve`.

    Attributes
    ----------
    points : the breakpoints, from the smallest c to the largest, both ends included
    chords : one for each pair of neighbouring points; one in all if there is one point
    """

    game: Game
    unit: float
    points: tuple[CurvePoint, ...]
    chords: tuple[Chord, ...]

    def exact(self, c: Fraction) -> Fraction:
        """The exact value at a rational c between the first and the last point.

        Raises
        ------
        GameError
            If c is outside.
        """
        first, last = self.points[0], self.points[-1]
        if not first.constraint <= c <= last.constraint:
            raise GameError(
                f"curve at {float(c):g}, allowed: {float(first.constraint):g} to {float(last.constraint):g}"
            )
        _, low, high, share = self._between(c)
        return (1 - share) * low.value + share * high.value

    def at(self, c: float) -> GameValue:
        """The value at c with its mixture of at most two strategies; infeasible outside the curve.

        Examples
        --------
        >>> curve = local_curve(XorGame([[1.0, 1.0], [1.0, -1.0]]), np.ones((2, 2)))
        >>> curve.at(3.0).lower, curve.at(5.0).status.value
        (2.0, 'infeasible')
        """
        if not np.isfinite(c):
            raise GameError(f"curve at {c}, allowed: a finite number")
        clamped = min(max(Fraction(c), self.points[0].constraint), self.points[-1].constraint)
        scale = self.game.scale
        if abs(clamped - Fraction(c)) > FEASIBILITY * self.unit:
            dual = LocalDual(np.array([1.0 if c > clamped else -1.0]))
            return GameValue(CorrelationSet.LOCAL, -np.inf, -np.inf, scale, dual=dual)
        index, low, high, share = self._between(clamped)
        used = [(float(weight), point.strategy) for weight, point in ((1 - share, low), (share, high)) if weight > 0]
        behavior = np.zeros(self.game.weights.shape)
        for weight, strategy in used:
            behavior += weight * deterministic_behavior(self.game, strategy)
        chord = self.chords[index]
        upper = chord.bound + chord.slope * float(c)
        upper += 4 * np.finfo(float).eps * (scale + abs(chord.slope * float(c)))
        return GameValue(
            correlations=CorrelationSet.LOCAL,
            lower=min(self.game.evaluate(behavior), upper),
            upper=upper,
            scale=scale,
            behavior=behavior,
            strategy=tuple(Part(weight, strategy) for weight, strategy in used),
            dual=LocalDual(np.array([chord.slope])),
        )

    def _between(self, c: Fraction) -> tuple[int, CurvePoint, CurvePoint, Fraction]:
        """The chord above c, the points at its ends, and the share of the right one."""
        if len(self.points) == 1:
            return 0, self.points[0], self.points[0], Fraction(0)
        right = min(bisect_right([point.constraint for point in self.points], c), len(self.points) - 1)
        low, high = self.points[right - 1], self.points[right]
        return right - 1, low, high, (c - low.constraint) / (high.constraint - low.constraint)


def local_curve(game: Game, coefficients: ArrayLike, oracle: Oracle | None = None) -> Curve:
    """max sum W P over local P with sum C P = c, for every c at once.

    The upper concave hull of (sum C P, sum W P) over all deterministic strategies, found by
    supporting lines: the oracle maximises W - slope C for the slope of each chord, and either
    splits the chord or proves it.

    Parameters
    ----------
    game : without side constraints
    coefficients : C, of the shape of the game's table or weights
    oracle : exact maximiser over deterministic strategies; default: :func:`local_oracle`

    Raises
    ------
    GameError
        If the game has side constraints, C does not fit, or the game is too large for the oracle.

    References
    ----------
    Eisner and Severance, J. ACM 23, 619 (1976): parametric hulls by supporting lines.

    Examples
    --------
    >>> curve = local_curve(XorGame([[1.0, 1.0], [1.0, -1.0]]), np.ones((2, 2)))
    >>> [(int(point.constraint), int(point.value)) for point in curve.points]
    [(-4, -2), (0, 2), (4, 2)]
    """
    if game.constraints:
        raise GameError(f"curve of a game with {len(game.constraints)} side constraints, allowed: none")
    side = LinearConstraint.equality(coefficients, 0.0)
    refuse_misfit(side, game.weights.shape)
    search = _Hull(game, side.coefficients, oracle or local_oracle(game))
    left, right = search.point(-1.0, objective=False)[0], search.point(1.0, objective=False)[0]
    chords = search.split(left, right) if left.constraint < right.constraint else [search.flat()]
    points = [low for low, _, _ in chords] + ([chords[-1][1]] if left.constraint < right.constraint else [])
    return Curve(game, unit(side), tuple(points), tuple(chord for _, _, chord in chords))


class _Hull:
    """The search for the upper hull of (sum C P, value)."""

    def __init__(self, game: Game, coefficients: Floats, oracle: Oracle) -> None:
        self.game, self.coefficients, self.oracle = game, coefficients, oracle
        self.offset = game.offset if isinstance(game, XorGame) else 0.0
        self.size = float(np.abs(coefficients).sum())

    def point(self, slope: float, objective: bool = True) -> tuple[CurvePoint, Chord]:
        """The point that maximises W - slope C (or slope C alone), and the chord it proves."""
        weights = self.game.weights - slope * self.coefficients if objective else slope * self.coefficients
        best = self.oracle(weights)
        strategy = best.strategy
        if not isinstance(strategy, Deterministic):
            raise GameError("curve with an oracle that returns no fixed answers, allowed: a local oracle")
        value = Fraction(self.offset) + self._exact(self.game.weights, strategy)
        rounding = 16 * np.finfo(float).eps * (self.game.scale + abs(self.offset) + abs(slope) * self.size)
        chord = Chord(slope, best.upper + self.offset + rounding)
        return CurvePoint(self._exact(self.coefficients, strategy), value, strategy), chord

    def split(self, left: CurvePoint, right: CurvePoint) -> list[tuple[CurvePoint, CurvePoint, Chord]]:
        """The chords of the hull from left to right, each with its ends."""
        pending = [(left, right)]
        proved: list[tuple[CurvePoint, CurvePoint, Chord]] = []
        while pending:
            low, high = pending.pop()
            slope = _slope(low, high)
            best, chord = self.point(float(slope))
            excess = best.value - low.value - slope * (best.constraint - low.constraint)
            if excess <= ROUNDING * self.game.scale or not low.constraint <= best.constraint <= high.constraint:
                while proved and _slope(proved[-1][0], proved[-1][1]) <= _slope(low, high):
                    low = proved.pop()[0]  # a point on the straight line is no breakpoint
                proved.append((low, high, chord))
            elif best.constraint == low.constraint:
                pending.append((best, high))
            elif best.constraint == high.constraint:
                pending.append((low, best))
            else:
                pending += [(best, high), (low, best)]
        return proved

    def flat(self) -> tuple[CurvePoint, CurvePoint, Chord]:
        """The only chord of a constraint that has the same value for all strategies."""
        best, chord = self.point(0.0)
        return best, best, chord

    def _exact(self, table: Floats, strategy: Deterministic) -> Fraction:
        """sum table P of fixed answers, without rounding."""
        answers_a, answers_b = strategy.answers_a, strategy.answers_b
        if isinstance(self.game, NonlocalGame):
            x, y = np.indices(self.game.questions)
            terms = table[answers_a[:, None], answers_b, x, y]
        else:
            terms = table * np.multiply.outer(1 - 2 * answers_a, 1 - 2 * answers_b)
        return sum(map(Fraction, terms.ravel().tolist()), Fraction(0))


def _slope(low: CurvePoint, high: CurvePoint) -> Fraction:
    return (high.value - low.value) / (high.constraint - low.constraint)
