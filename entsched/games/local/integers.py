"""Real weights as integers: the searches decide in integers, and the rounding is added to the upper end."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: All sums stay below 2^53, so they are exact in int64 and in float64 alike.
LIMIT = 2**53
#: Weights whose ratios are fractions of few digits, within rounding, become these fractions.
MAX_DENOMINATOR = 10**6
MAX_DISTINCT = 4096
MAX_TOTAL = 1e300


class Scaled(NamedTuple):
    """Weights w with sum |w - unit * values| <= error; sum |values| < 2^53."""

    values: Integers
    unit: Fraction
    error: Fraction


def to_integers(weights: Floats) -> Scaled:
    """Integers v and a unit u with sum |w - u v| as small as 53 bits allow, mostly 0.

    Weights that are multiples of a common unit (payoffs 0 and 1, uniform questions, decimals)
    become small integers, so that ties between strategies stay ties.

    Raises
    ------
    GameError
        If the sizes of the weights sum to more than 1e300.

    Examples
    --------
    >>> to_integers(np.array([[0.25, 0.25], [0.25, -0.25]]))
    Scaled(values=array([[ 1,  1],
           [ 1, -1]]), unit=Fraction(1, 4), error=Fraction(0, 1))
    """
    sizes, where, counts = np.unique(np.abs(weights), return_inverse=True, return_counts=True)
    if sizes[-1] == 0:
        return Scaled(np.zeros(weights.shape, dtype=np.int64), Fraction(1), Fraction(0))
    if float(sizes[-1]) * weights.size > MAX_TOTAL:
        raise GameError(f"weights given up to {sizes[-1]:g}, allowed: sizes that sum to at most {MAX_TOTAL:g}")
    found = _as_ratios(sizes, counts) if len(sizes) <= MAX_DISTINCT else None
    if found is None:
        return _as_binary(weights)
    integers, unit, error = found
    values = np.array(integers, dtype=np.int64)[where].reshape(weights.shape)
    return Scaled(np.where(weights < 0, -values, values), unit, error)


def _as_ratios(sizes: Floats, counts: Integers) -> tuple[list[int], Fraction, Fraction] | None:
    """Every size as an integer times a common unit within 2^-50 of it, or None."""
    largest = Fraction(float(sizes[-1]))
    common, ratios = 1, []
    for size in sizes.tolist():
        exact = Fraction(size) / largest
        ratio = exact.limit_denominator(MAX_DENOMINATOR)
        common = math.lcm(common, ratio.denominator)
        if abs(ratio - exact) * 2**50 > exact or common > LIMIT:
            return None
        ratios.append(ratio)
    integers = [int(ratio * common) for ratio in ratios]
    divisor = math.gcd(*integers)
    integers = [integer // divisor for integer in integers]
    if sum(int(n) * integer for n, integer in zip(counts, integers, strict=True)) >= LIMIT:
        return None
    unit = largest * divisor / common
    pairs = zip(counts.tolist(), sizes.tolist(), integers, strict=True)
    error = sum((n * abs(Fraction(size) - unit * integer) for n, size, integer in pairs), Fraction(0))
    return integers, unit, error


def _as_binary(weights: Floats) -> Scaled:
    """Rounded to a power of two, the finest for which the sum of the sizes stays below 2^53."""
    exponent = 52 - math.frexp(math.fsum(np.abs(weights).flat) + weights.size * math.ulp(0.0))[1]
    scaled = np.ldexp(weights, exponent)
    while float(np.abs(np.rint(scaled)).sum()) >= LIMIT / 2:
        exponent -= 1
        scaled = np.ldexp(weights, exponent)
    rounded = np.rint(scaled)
    lost = 0 if np.array_equal(np.ldexp(scaled, -exponent), weights) else Fraction(weights.size, 2**1000)
    unit = Fraction(2) ** -exponent
    error = (Fraction(math.fsum(np.abs(scaled - rounded).flat)) * (1 + Fraction(1, 2**50)) + lost) * unit
    return Scaled(rounded.astype(np.int64), unit, error)


def floor_float(value: Fraction) -> float:
    """The largest float that is at most the fraction.

    Examples
    --------
    >>> floor_float(Fraction(1, 3)) < Fraction(1, 3) < ceil_float(Fraction(1, 3))
    True
    """
    nearest = float(value)
    return nearest if Fraction(nearest) <= value else math.nextafter(nearest, -math.inf)


def ceil_float(value: Fraction) -> float:
    """The smallest float that is at least the fraction."""
    return -floor_float(-value)


def floor_sum(terms: Iterable[float]) -> float:
    """A float at most the exact sum, within one unit in the last place.

    Examples
    --------
    >>> floor_sum([0.1] * 10) <= 1.0, ceil_sum([0.5, 0.25])
    (True, 0.75)
    """
    listed = list(terms)
    nearest = math.fsum(listed)
    return nearest if math.fsum([*listed, -nearest]) >= 0 else math.nextafter(nearest, -math.inf)


def ceil_sum(terms: Iterable[float]) -> float:
    """A float at least the exact sum, within one unit in the last place."""
    return -floor_sum(-term for term in terms)
