"""The fields of a document from outside: their keys, and numbers that are finite and have the shape they must have."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.errors import CertificateError

Floats = NDArray[np.float64]

#: Dimension of each router's half of a pair.
MOST_DIMENSION = 16


def require_keys(given: Any, what: str, needed: str, optional: str = "") -> None:
    """Refuse a mapping that has other keys, each list of them parted by spaces.

    Raises
    ------
    CertificateError
        With the first key that is missing or unknown.

    Examples
    --------
    >>> require_keys({"real": [], "imaginary": []}, "matrix", "real imaginary")
    """
    if not isinstance(given, dict):
        raise CertificateError(f"{what}: given {type(given).__name__}, allowed: a mapping with {needed}")
    for key in needed.split():
        if key not in given:
            raise CertificateError(f"{what}: key {key!r} is missing")
    for key in given:
        if key not in [*needed.split(), *optional.split()]:
            raise CertificateError(f"{what}: unknown key {str(key)[:40]!r}, allowed: {needed} {optional}".rstrip())


def numbers(given: Any, what: str, *shape: int) -> Floats:
    """Finite numbers, in lists inside lists, as an array of the shape that they must have.

    Raises
    ------
    CertificateError
        If they are no numbers (truth values and text are none), not finite, or have another shape.

    Examples
    --------
    >>> numbers([[1, 2.5]], "weights", 1, 2).tolist()
    [[1.0, 2.5]]
    """
    flat, wanted = [given], f"numbers of shape {shape}" if shape else "a number"
    for size in shape:
        if not all(isinstance(each, list) and len(each) == size for each in flat):
            raise CertificateError(f"{what}: given another shape, allowed: {wanted}")
        flat = [entry for each in flat for entry in each]
    if not all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in flat):
        raise CertificateError(f"{what}: given text or a truth value, allowed: {wanted}")
    if not all(abs(each) <= sys.float_info.max for each in flat):
        raise CertificateError(f"{what}: given one that is not finite, allowed: {wanted}")
    return np.array(flat, dtype=float).reshape(shape)


def number(given: Any, what: str) -> float:
    """One finite number.

    Raises
    ------
    CertificateError
        As :func:`numbers`.

    Examples
    --------
    >>> number(1, "weight")
    1.0
    """
    return float(numbers(given, what))


def complex_numbers(given: Any, what: str, *shape: int) -> NDArray[np.complex128]:
    """Complex numbers, their real and imaginary parts apart.

    Raises
    ------
    CertificateError
        As :func:`numbers` and :func:`require_keys`.

    Examples
    --------
    >>> complex_numbers({"real": [1], "imaginary": [2]}, "row", 1).tolist()
    [(1+2j)]
    """
    require_keys(given, what, "real imaginary")
    found: NDArray[np.complex128] = numbers(given["real"], what, *shape) + 1j * numbers(
        given["imaginary"], what, *shape
    )
    return found


def dimension_of(state: Any) -> int:
    """The dimension of each half of a pair whose state has this many rows.

    Raises
    ------
    CertificateError
        If it is no whole number from 1 to 16.

    Examples
    --------
    >>> dimension_of({"real": [[0.0]] * 4, "imaginary": []})
    2
    """
    require_keys(state, "state", "real imaginary")
    rows = len(state["real"]) if isinstance(state["real"], list) else 0
    for dimension in range(1, MOST_DIMENSION + 1):
        if dimension**2 == rows:
            return dimension
    raise CertificateError(f"state: given {rows} rows, allowed: d d on halves of dimension d, 1 to {MOST_DIMENSION}")
