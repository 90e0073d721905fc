"""Where the failure rates of two codes cross, with an interval: below it the larger code is the better one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from entsched.coherence.fits import LEVEL

#: Rates from fewer failures than this are left out, and so many points next to the crossing are used.
LEAST_FAILURES, POINTS = 10, 4
#: The line must rise by at least so many of its standard errors.
RISE = 3.0


class Interval(NamedTuple):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


def rate(failures: int, shots: int) -> Interval:
    """A share of failures with the interval of C. Clopper and E. Pearson, Biometrika 26, 404 (1934).

    Examples
    --------
    >>> [round(end, 4) for end in rate(1, 10)]
    [0.1, 0.0025, 0.445]
    """
    ends = binomtest(failures, shots).proportion_ci(LEVEL, method="exact")
    return Interval(failures / shots, float(ends.low), float(ends.high))


def crossing(errors: Sequence[float], small: Sequence[int], large: Sequence[int], shots: int) -> Interval | None:
    """The physical error at which both codes fail equally often; None where the points do not show that they do.

    A straight line through the logarithm of the ratio of rates against the logarithm of the error, by least squares
    weighted by the binomial spread of the four points next to the change of sign. It must rise by three of its standard
    errors and be 0 between the first and the last error with enough failures.

    Parameters
    ----------
    errors : physical, ascending, positive
    small, large : failures of the smaller and of the larger code, each of so many ``shots``

    Examples
    --------
    >>> found = crossing([0.05, 0.1, 0.2], [2500, 5000, 10000], [1250, 5000, 20000], 100000)
    >>> round(found.value, 6)
    0.1
    """
    counts = np.array([small, large], dtype=float)
    use = np.all((counts >= LEAST_FAILURES) & (counts < shots), axis=0)
    across, (first, second) = np.log(np.asarray(errors, dtype=float)[use]), counts[:, use]
    up, variances = np.log(second / first), 1 / first + 1 / second - 2 / shots
    if len(up) < 3:
        return None
    for turn in np.flatnonzero((up[:-1] < 0) & (up[1:] >= 0)):
        start = int(np.clip(turn - POINTS // 2 + 1, 0, max(0, len(up) - POINTS)))
        near = slice(start, start + POINTS)
        found = _root(across[near], up[near], variances[near])
        if found is not None and across[0] <= found[0] <= across[-1]:
            root, arm = found
            return Interval(*(float(np.exp(min(0.0, root + side * arm))) for side in (0, -1, 1)))
    return None


def _root(x: NDArray[np.float64], y: NDArray[np.float64], variances: NDArray[np.float64]) -> tuple[float, float] | None:
    """Where the weighted line through the points is 0, and the arm of its interval; None if it does not rise."""
    weights = 1 / variances
    middle = float(weights @ x / weights.sum())
    spread = float(weights @ (x - middle) ** 2)
    height, slope = float(weights @ y / weights.sum()), float(weights @ ((x - middle) * y) / spread)
    if slope <= RISE / np.sqrt(spread):
        return None
    away = -height / slope
    arm = float(norm.ppf((1 + LEVEL) / 2) * np.sqrt(1 / weights.sum() + away**2 / spread) / slope)
    return middle + away, arm
