"""A convex curve J(p) known by supporting lines: its points around a given p, and what the lines prove there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.split.solution import Part

Floats = NDArray[np.float64]

#: How often the curve is halved before a single p is asked for: 2^4 - 1 supporting lines.
KNOT_LEVELS = 4
MAX_STEPS = 60


class HullPoint(NamedTuple):
    """A pure strategy on the curve, and the multiplier at which it was found to be optimal."""

    splitting: float
    value: float
    multiplier: float | None
    part: Part


#: From a multiplier mu and angles of B to begin from: the best point, and a lower bound on J + mu p.
Support = Callable[[float, tuple[Floats, ...]], tuple[HullPoint, float]]


class Bracket(NamedTuple):
    """The points left and right of p whose mixture is best there, and the best line below it."""

    splitting: float
    low: HullPoint
    high: HullPoint
    lower: float
    multiplier: float

    @property
    def share(self) -> float:
        """The weight of the point on the right."""
        span = self.high.splitting - self.low.splitting
        return (self.splitting - self.low.splitting) / span if span > 0 else 0.0

    @property
    def upper(self) -> float:
        """J of the mixture."""
        return (1 - self.share) * self.low.value + self.share * self.high.value


@dataclass(frozen=True, eq=False)
class Hull:
    """A convex curve from p = 0 to p = 1 with the points found so far; build it with :func:`hull`."""

    support: Support
    knots: tuple[HullPoint, ...]
    scale: float

    def bracket(self, splitting: float) -> Bracket:
        """Both ends of the curve at p.

        Each step asks for the best point at one multiplier, which moves an end of the bracket
        around p inwards and gives a lower bound at p; it ends when the two meet.

        Raises
        ------
        GameError
            If p is not in [0, 1].
        """
        if not 0 <= splitting <= 1:
            raise GameError(f"splitting given {splitting}, allowed: from 0 to 1")
        low = max((k for k in self.knots if k.splitting <= splitting), key=lambda k: k.splitting)
        high = min((k for k in self.knots if k.splitting >= splitting), key=lambda k: k.splitting)
        found = Bracket(splitting, low, high, -np.inf, 0.0)
        for step in range(MAX_STEPS):
            found = self._narrowed(found, _chord(found.low, found.high) if step % 2 == 0 else _interpolate(found))
            if found.upper - found.lower <= 1e-13 * self.scale:
                break
        return found

    def _narrowed(self, bracket: Bracket, guess: float) -> Bracket:
        """The bracket after asking for the best point at one multiplier."""
        splitting, low, high, lower, multiplier = bracket
        point, line = self.support(guess, (low.part.angles_b, high.part.angles_b))
        if line - guess * splitting > lower:
            lower, multiplier = line - guess * splitting, guess
        if low.splitting <= point.splitting <= splitting:
            low = point if point.splitting > low.splitting or low.multiplier is None else low
        if splitting <= point.splitting <= high.splitting:
            high = point if point.splitting < high.splitting or high.multiplier is None else high
        return Bracket(splitting, low, high, lower, multiplier)


def hull(support: Support, ends: tuple[HullPoint, HullPoint], scale: float, levels: int = KNOT_LEVELS) -> Hull:
    """The curve between two ends with its first supporting lines, at most 2^levels - 1."""
    knots = list(ends)
    for _ in range(levels):
        for low, high in pairwise(knots):
            point, _ = support(_chord(low, high), (low.part.angles_b,))
            if low.splitting < point.splitting < high.splitting:
                knots = [*knots, point]
        knots = sorted(knots, key=lambda k: k.splitting)
    return Hull(support, tuple(knots), scale)


def _chord(low: HullPoint, high: HullPoint) -> float:
    span = high.splitting - low.splitting
    if span <= 0:
        return low.multiplier if low.multiplier is not None else 0.0
    return (low.value - high.value) / span


def _interpolate(bracket: Bracket) -> float:
    """Minus the slope at p of the cubic with the values and slopes of both points, kept between the slopes."""
    low, high, share = bracket.low, bracket.high, bracket.share
    if low.multiplier is None or high.multiplier is None or high.splitting <= low.splitting:
        return _chord(low, high)
    cubic = 6 * share * (1 - share) * _chord(low, high)
    cubic += (1 - share) * (1 - 3 * share) * low.multiplier + share * (3 * share - 2) * high.multiplier
    return min(max(cubic, high.multiplier), low.multiplier)
