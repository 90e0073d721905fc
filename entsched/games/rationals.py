"""From floats to exact rationals: numbers, unit vectors, and mixtures that meet constraints exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.errors import CertificateError

Floats = NDArray[np.float64]

#: Fractions with a denominator up to this are recognised in a float: 0.1111111111111111 is 1/9.
MAX_DENOMINATOR = 10_000
#: Bits behind the point of directions (rounding costs the square, 1e-12) and of dual variables.
DIRECTION_BITS = 20
DUAL_BITS = 62


def as_written(value: float) -> Fraction:
    """The rational number whose shortest decimal is this float: 0.1 is 1/10.

    Examples
    --------
    >>> as_written(0.1), as_written(1e-3)
    (Fraction(1, 10), Fraction(1, 1000))
    """
    return Fraction(repr(float(value)))


def recognised(value: float) -> Fraction:
    """The fraction with a small denominator that this float is, if there is one; else as it was written.

    Examples
    --------
    >>> recognised(1 / 9), recognised(0.125), recognised(2**-0.5)
    (Fraction(1, 9), Fraction(1, 8), Fraction(1767766952966369, 2500000000000000))
    """
    simple = Fraction(value).limit_denominator(MAX_DENOMINATOR)
    return simple if float(simple) == value else as_written(value)


def rounded_up(value: Fraction, digits: int = 15) -> Fraction:
    """The least decimal with so many digits behind the point that is not below the value."""
    return Fraction(math.ceil(value * 10**digits), 10**digits)


def shortened_up(value: Fraction) -> Fraction:
    """The value itself if it is short, else the decimal just above it."""
    return value if value.denominator < 10**18 else rounded_up(value, 18)


def nested(values: NDArray[np.object_], shape: tuple[int, ...] | None = None) -> Any:
    """Rationals as nested lists of text, in the shape of the array or the given one."""
    texts = np.array([str(x) for x in values.ravel()], object)
    return texts.reshape(values.shape if shape is None else shape).tolist()


def dyadic(value: float, bits: int = DUAL_BITS) -> Fraction:
    """The nearest multiple of 2^-bits."""
    return Fraction(round(Fraction(float(value)) * 2**bits), 2**bits)


def unit_vector(direction: Floats) -> list[Fraction]:
    """A vector of length exactly 1 with rational coordinates, within 1e-6 of the direction.

    Stereographic projection from the pole opposite to the largest coordinate.

    Examples
    --------
    >>> sum(x * x for x in unit_vector(np.array([0.6, -0.8, 0.1])))
    Fraction(1, 1)
    """
    pole = int(np.argmax(np.abs(direction)))
    sign = 1 if direction[pole] > 0 else -1
    size = float(np.linalg.norm(direction))
    flat = [
        dyadic(x / (size + abs(direction[pole])), DIRECTION_BITS) if i != pole else Fraction(0)
        for i, x in enumerate(direction)
    ]
    square = sum((t * t for t in flat), Fraction(0))
    vector = [2 * t / (1 + square) for t in flat]
    vector[pole] = sign * (1 - square) / (1 + square)
    return vector


def exact_weights(
    weights: Sequence[float], columns: Sequence[Sequence[Fraction]], target: Sequence[Fraction]
) -> list[Fraction]:
    """Weights close to the given ones with sum weight_i column_i = target exactly.

    The heaviest columns take up what rounding has left over.

    Raises
    ------
    CertificateError
        If no weights near these meet the target, or one would be negative.

    Examples
    --------
    >>> half = [Fraction(1), Fraction(1, 3)], [Fraction(1), Fraction(2, 3)]
    >>> exact_weights([0.5, 0.5], half, [Fraction(1), Fraction(2, 5)])
    [Fraction(4, 5), Fraction(1, 5)]
    """
    found = [dyadic(weight) for weight in weights]
    order = sorted(range(len(found)), key=lambda i: -found[i])
    left = [
        goal - sum((w * column[k] for w, column in zip(found, columns, strict=True)), Fraction(0))
        for k, goal in enumerate(target)
    ]
    for i, change in zip(order, _solve([columns[i] for i in order], left), strict=True):
        found[i] += change
    if min(found) < 0:
        raise CertificateError("the strategy found cannot be made to meet the constraints exactly")
    return found


def _solve(columns: list[Sequence[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """A solution of sum x_i column_i = right that uses the first columns that are independent."""
    rows = [[column[k] for column in columns] + [goal] for k, goal in enumerate(right)]
    pivots: list[int] = []
    for i in range(len(columns)):
        at = next((k for k in range(len(pivots), len(rows)) if rows[k][i] != 0), None)
        if at is None:
            continue
        k = len(pivots)
        rows[k], rows[at] = rows[at], rows[k]
        rows[k] = [entry / rows[k][i] for entry in rows[k]]
        for other in range(len(rows)):
            if other != k and rows[other][i] != 0:
                factor = rows[other][i]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[k], strict=True)]
        pivots.append(i)
    if any(row[-1] != 0 for row in rows[len(pivots) :]):
        raise CertificateError("the strategy found cannot be made to meet the constraints exactly")
    solution = [Fraction(0)] * len(columns)
    for k, i in enumerate(pivots):
        solution[i] = rows[k][-1]
    return solution
