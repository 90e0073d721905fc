"""Where the failure rates of two codes cross, with an interval: below it the larger code is the better one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, norm

from entsched.coherence.fits import LEVEL

#: Rates from fewer failures than this are left out, and so many points next to the crossing are used.
LEAST_FAILURES, POINTS = 10, 4


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
    """The physical error at which both codes fail equally often; None where the points show no crossing.

    A straight line through the logarithm of the ratio of rates against the logarithm of the error, by least squares
    weighted by the binomial spread of the four points next to the change of sign.

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
    up = np.log(second / first)
    turns = np.flatnonzero((up[:-1] < 0) & (up[1:] >= 0))
    if len(up) < 3 or not len(turns):
        return None
    start = int(np.clip(turns[0] - POINTS // 2 + 1, 0, max(0, len(up) - POINTS)))
    near = slice(start, start + POINTS)
    weights = 1 / (1 / first[near] + 1 / second[near] - 2 / shots)
    slopes = np.stack([np.ones(len(weights)), across[near]])
    covariance = np.linalg.inv(slopes * weights @ slopes.T)
    intercept, slope = covariance @ (slopes * weights @ up[near])
    root = -intercept / slope
    gradient = np.array([-1.0, -root]) / slope
    arm = float(norm.ppf((1 + LEVEL) / 2) * np.sqrt(gradient @ covariance @ gradient))
    return Interval(*(float(np.exp(root + turn * arm)) for turn in (0, -1, 1)))
