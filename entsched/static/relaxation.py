"""On a box of loads, rates and customers: a linear function of the behavior that is nowhere below R - weight W.

Products of two ranges are replaced by their planes of McCormick, whose error falls with the square of the box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.static.game import CUSTOMERS, DELAY, LOAD, MOST_LOAD, RATE, SECOND, StaticGame
from entsched.workload import BaselineReward

Floats = NDArray[np.float64]

#: The functionals that a box bounds, and their names.
BOUNDED = (CUSTOMERS, LOAD, RATE, RATE + 1)

#: What is left of a server that is nearly always busy: loads of 1 are the end of boxes, and no behavior has them.
LEAST_IDLE = 1e-9

#: Ranges of rates below this width, Hz, have level lines: slopes would be rounding.
NARROW_HZ = 1e-9


class Line(NamedTuple):
    """intercept + slope x."""

    intercept: float
    slope: float

    def at(self, x: float) -> float:
        """Its value."""
        return self.intercept + self.slope * x


@dataclass(frozen=True, eq=False)
class Box:
    """Ranges of customers_0, load_0, rate_0_hz and rate_1_hz, arrays of shape (4,)."""

    low: Floats
    high: Floats

    def halves(self, axis: int) -> tuple[Box, Box]:
        """The box cut in two along an axis."""
        middle = (self.low[axis] + self.high[axis]) / 2
        high, low = self.high.copy(), self.low.copy()
        high[axis] = low[axis] = middle
        return Box(self.low, high), Box(low, self.high)


class _Server(NamedTuple):
    """The ranges of one server in a box, (low, high)."""

    customers: tuple[float, float]
    load: tuple[float, float]
    rate_hz: tuple[float, float]


def everything(game: StaticGame) -> Box:
    """A box that holds every stable static behavior, or the one with its servers exchanged: server 0 has less load."""
    load, rate_hz = game.workload.load, game.workload.arrival_rate_hz
    least_load = max(0.0, 2 * load - 1)
    least_hz = least_load / (2 * float(game.workload.type_means_s.max()))
    return Box(np.array([0.0, least_load, least_hz, least_hz]), np.array([2.0, load, rate_hz, rate_hz]))


def least_seconds(game: StaticGame, box: Box) -> tuple[float, float]:
    """A bound from below on both functionals SECOND in a box: E[B^2] >= E[B]^2 / P(B > 0)."""
    found = [max(server.load[0], 0.0) ** 2 / (2 * server.rate_hz[1]) for server in _servers(game, box)]
    return found[0], found[1]


def line_above(reward: BaselineReward, low_hz: float, high_hz: float) -> Line:
    """A line that is nowhere below g(L) = L E[T(Exp(L))] for L between two rates.

    For convex T, g is convex (a mean of perspectives of T) and below its secant. For any increasing T, E[T(Exp(L))] is
    convex and decreasing, so g is below L times the secant of that, a parabola that is below its tangents.

    Raises
    ------
    GameError
        If T is neither convex nor bounded.

    Examples
    --------
    >>> from entsched.workload.baseline import Saturating
    >>> reward = Saturating(law="saturating", time_constant_s=10.0)
    >>> line = line_above(reward, 0.0, 0.5)
    >>> all(line.at(x) >= reward.expected_rate(x) for x in np.linspace(0, 0.5, 101).tolist())
    True
    """
    wide = high_hz - low_hz > NARROW_HZ
    if reward.convex:
        low, high = _most_rate(reward, low_hz), _most_rate(reward, high_hz)
        slope = (high - low) / (high_hz - low_hz) if wide else 0.0
        return Line(low - slope * low_hz if wide else max(low, high), slope)
    low, high = _most_output(reward, low_hz), _most_output(reward, high_hz)
    if not np.isfinite(low):
        raise GameError(f"baseline given {reward.law}, allowed for the best static routing: a convex or bounded reward")
    if not wide:
        return Line(high_hz * low, 0.0)
    slope = min(0.0, high - low) / (high_hz - low_hz)
    middle = (low_hz + high_hz) / 2
    return Line(-slope * middle**2, low - slope * low_hz + 2 * slope * middle)


def _most_output(reward: BaselineReward, rate_hz: float) -> float:
    """E[T(Exp(rate_hz))] with its error, the bound of T for rate 0."""
    return sum(reward.expected_output(rate_hz)) if rate_hz > 0 else reward.most


def _most_rate(reward: BaselineReward, rate_hz: float) -> float:
    """g(rate_hz) with the error of the expectation, the endless rate for rate 0."""
    return rate_hz * _most_output(reward, rate_hz) if rate_hz > 0 else reward.endless_rate


def line_above_value(game: StaticGame, box: Box, seconds: tuple[float, float]) -> tuple[float, Floats]:
    """A constant and coefficients, shape (8,), with R - weight W <= constant + coefficients @ point in a box.

    Parameters
    ----------
    seconds : bounds from below on both functionals SECOND in the box
    """
    constant, coefficients = 0.0, np.zeros(8)
    for s, server in enumerate(_servers(game, box)):
        line = line_above(game.baseline, *server.rate_hz)
        free, (rate, rate_error) = 1 - _middle(server.load), _ends(line, server.rate_hz)
        coefficients[RATE + s] += free * line.slope
        coefficients[LOAD + s] -= rate
        constant += free * line.intercept + rate - free * rate + _half(server.load) * rate_error
        half, tangent = game.weight / 2, _tangent(server.load)
        slowness, slowness_error = _ends(tangent, server.load)
        customers = _middle(server.customers)
        least = server.customers[0] / max(1 - server.load[0], LEAST_IDLE)
        found = half * seconds[s]
        coefficients[SECOND + s] -= half * least
        coefficients[LOAD + s] -= found * customers * tangent.slope
        coefficients[CUSTOMERS] -= found * slowness * (1 - 2 * s)
        constant += found * (
            least
            + customers * (slowness - tangent.intercept)
            + _half(server.customers) * slowness_error
            - 2 * s * slowness
        )
    coefficients[DELAY] -= game.weight / 2
    return constant, coefficients


def looseness(game: StaticGame, box: Box, seconds: tuple[float, float], point: Floats) -> Floats:
    """How much each range of a box contributes to the error at a point, shape (4,): the largest is cut next."""
    half, found = game.weight / 2, np.zeros(4)
    for s, server in enumerate(_servers(game, box)):
        line = line_above(game.baseline, *server.rate_hz)
        middle_hz, load = _middle(server.rate_hz), _middle(server.load)
        _, rate_error = _ends(line, server.rate_hz)
        bend = max(0.0, line.at(middle_hz) - game.baseline.expected_rate(middle_hz))
        slowness = _slowness(load)
        spread = (_slowness(server.load[1]) - _slowness(server.load[0])) / 2
        slowness_bend = max(0.0, (_slowness(server.load[0]) + _slowness(server.load[1])) / 2 - slowness)
        excess = max(0.0, point[SECOND + s] - seconds[s])
        customers, width = _middle(server.customers), _half(server.customers)
        together = half * seconds[s] * width * spread
        found[0] += together + half * 2 * width * slowness * excess
        found[1] += _half(server.load) * rate_error + together
        found[1] += half * customers * (2 * spread * excess + seconds[s] * slowness_bend)
        found[2 + s] += _half(server.load) * rate_error + (1 - load) * bend
    return found


def _servers(game: StaticGame, box: Box) -> tuple[_Server, _Server]:
    (n, load, rate_0, rate_1), (n_high, load_high, rate_0_high, rate_1_high) = box.low.tolist(), box.high.tolist()
    both = 2 * game.workload.load
    return (
        _Server((n, n_high), (load, load_high), (rate_0, rate_0_high)),
        _Server((2 - n_high, 2 - n), (both - load_high, both - load), (rate_1, rate_1_high)),
    )


def _slowness(load: float) -> float:
    return 1 / (1 - min(load, MOST_LOAD))


def _tangent(load: tuple[float, float]) -> Line:
    """A tangent of 1 / (1 - load): nowhere above it for loads below 1."""
    at = min(_middle(load), MOST_LOAD)
    slope = 1 / (1 - at) ** 2
    return Line(1 / (1 - at) - slope * at, slope)


def _ends(line: Line, range_: tuple[float, float]) -> tuple[float, float]:
    """The middle of a line over a range, and how far its ends are from it."""
    low, high = line.at(range_[0]), line.at(range_[1])
    return (low + high) / 2, abs(high - low) / 2


def _middle(range_: tuple[float, float]) -> float:
    return (range_[0] + range_[1]) / 2


def _half(range_: tuple[float, float]) -> float:
    return (range_[1] - range_[0]) / 2
