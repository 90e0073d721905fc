"""Fits with intervals: power laws as straight lines in logarithms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from entsched.errors import EntschedError

#: Of the intervals.
LEVEL = 0.95


class PowerLaw(NamedTuple):
    """y = prefactor x^exponent, with a 95 % interval of the exponent."""

    exponent: float
    low: float
    high: float
    prefactor: float


def power_law(x: ArrayLike, y: ArrayLike, relative_error: ArrayLike | None = None) -> PowerLaw:
    """The line of least squares through (log x, log y), weighted by relative errors if given.

    The interval is Student's, from the scatter about the line; with errors it is not narrower than they say.

    Parameters
    ----------
    x, y : positive, the same number of each, at least 3
    relative_error : standard errors of y over y, positive

    Raises
    ------
    EntschedError
        If there are fewer than three points, or one is not positive and finite.

    Examples
    --------
    >>> fit = power_law([1, 10, 100], [2, 20, 200])
    >>> round(fit.exponent, 6), round(fit.prefactor, 6)
    (1.0, 2.0)
    """
    points = np.array([x, y, np.ones(len(np.asarray(x))) if relative_error is None else relative_error], dtype=float)
    if points.shape[1] < 3 or not np.all((points > 0) & np.isfinite(points)):
        raise EntschedError(f"power law: given {points.shape[1]} points, allowed: at least 3, all positive and finite")
    across, up, weight = np.log(points[0]), np.log(points[1]), points[2] ** -2.0
    weight /= weight.sum()
    middle = weight @ across
    spread = weight @ (across - middle) ** 2
    exponent = float(weight @ ((across - middle) * up) / spread)
    intercept = float(weight @ up - exponent * middle)
    freedom = points.shape[1] - 2
    scatter = weight @ (up - intercept - exponent * across) ** 2 / freedom
    known = 0.0 if relative_error is None else np.sqrt(np.sum((weight * (across - middle) * points[2]) ** 2)) / spread
    seen = np.sqrt(scatter / spread)
    arm = max(float(stdtrit(freedom, (1 + LEVEL) / 2) * seen), float(ndtri((1 + LEVEL) / 2) * known))
    return PowerLaw(exponent, exponent - arm, exponent + arm, float(np.exp(intercept)))
