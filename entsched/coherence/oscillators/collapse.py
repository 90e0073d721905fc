"""Finite-size scaling from K_c on: exponents at which r N^a against u N^b is one curve for all N.

The scaling field u is the square of the order of infinitely many: 0 at K_c, and proportional to K - K_c there. Further
away it takes the bend of r(K), which has nothing to do with N, out of the comparison.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import t

from entsched.coherence.fits import LEVEL
from entsched.coherence.oscillators.frequencies import Floats
from entsched.errors import EntschedError

#: Degree of the polynomial in asinh(x) that stands for the logarithm of the common curve.
DEGREE = 4

#: How far the means may be off the polynomial, relative: accuracy of the polynomial, not of the means.
MODEL_ERROR = 0.01

#: Resamples of the bootstrap.
RESAMPLES = 40

#: Of the search, relative: far below the intervals.
TOLERANCE = 1e-3

#: Where a and b are sought, and by which steps.
LEAST, MOST, SCALES = (-0.5, 0.05), (1.5, 2.0), (0.1, 0.1)


class Points(NamedTuple):
    """Means over replications at sizes and couplings.

    Attributes
    ----------
    sizes : N
    fields : u, the squared order of infinitely many at these couplings
    orders : r of the replications, one array for each point
    """

    sizes: Floats
    fields: Floats
    orders: Sequence[Floats]


class Estimate(NamedTuple):
    """A number with its 95 % interval, and one at 95 % for several tests together; None where there is no bound."""

    value: float
    low: float
    high: float | None
    joint_low: float
    joint_high: float | None


class Collapse(NamedTuple):
    """Exponents with intervals.

    Attributes
    ----------
    order : a = beta / nu
    size : 1 / b = nu
    lack_of_fit : chi^2 per degree of freedom about the common curve
    resolved : whether both lie inside the search
    """

    order: Estimate
    size: Estimate
    lack_of_fit: float
    resolved: bool


def collapse(points: Points, stream: np.random.Generator, tests: int = 1) -> Collapse:
    """The exponents that spread the points least about one curve; ``tests``, 1 or more, is for the joint intervals.

    Intervals are of a bootstrap over replications, stretched by the lack of fit, and widened by how far the estimates
    move without the smallest size: corrections to scaling are largest there.

    Raises
    ------
    EntschedError
        If there are fewer than three sizes, or fewer than 3 replications at a point.

    Examples
    --------
    >>> sizes, at = (grid.ravel() for grid in np.meshgrid([100.0, 400.0, 1600.0], np.linspace(0.0, 0.2, 7)))
    >>> curve = sizes**-0.2 * np.exp(np.arcsinh(at * sizes**0.4))
    >>> noise = 1 + 1e-3 * np.random.default_rng(1).standard_normal((21, 4))
    >>> found = collapse(Points(sizes, at, list(curve[:, None] * noise)), np.random.default_rng(2))
    >>> round(found.order[0], 2), round(found.size[0], 1)
    (0.2, 2.5)
    """
    counts = [len(order) for order in points.orders]
    sizes = len(np.unique(points.sizes))
    if sizes < 3 or min(counts) < 3:
        raise EntschedError(f"collapse: given {sizes} sizes and {min(counts)} replications, allowed: 3 or more of each")
    means = np.array([order.mean() for order in points.orders])
    errors = np.array([order.std(ddof=1) / len(order) ** 0.5 for order in points.orders]) / means
    errors = np.hypot(errors, MODEL_ERROR)
    best, misfit = _fit(points, np.log(means), errors, np.array([0.3, 0.6]))
    kept = points.sizes > points.sizes.min()
    inner = Points(points.sizes[kept], points.fields[kept], [])
    moved = _fit(inner, np.log(means[kept]), errors[kept], best)[0] - best
    again = [_fit(points, _resampled(points, stream), errors, best)[0] for _ in range(RESAMPLES)]
    per_freedom = misfit / (len(means) - DEGREE - 3)
    spread = max(1.0, per_freedom) ** 0.5 * np.std(again, axis=0, ddof=1)
    order, inverse = (
        estimate(float(value), float(error), sum(counts) - len(counts), tests, float(change))
        for value, error, change in zip(best, spread, moved, strict=True)
    )
    inside = bool(np.all((best > np.add(LEAST, TOLERANCE)) & (best < np.subtract(MOST, TOLERANCE))))
    return Collapse(order, _inverse(inverse), per_freedom, inside)


def estimate(value: float, error: float, freedom: int, tests: int, moved: float = 0.0) -> Estimate:
    """Student's intervals of a value with a standard error, widened by how far it has moved.

    Examples
    --------
    >>> [round(end, 2) for end in estimate(0.0, 1.0, 100, 4)]
    [0.0, -1.98, 1.98, -2.54, 2.54]
    """
    single, joint = (
        math.hypot(float(t.ppf(1 - (1 - LEVEL) / 2 / count, freedom)) * error, moved) for count in (1, tests)
    )
    return Estimate(value, value - single, value + single, value - joint, value + joint)


def _inverse(found: Estimate) -> Estimate:
    """1 / b: without an upper end where b may be 0 or less."""
    value, low, high, joint_low, joint_high = (1 / end if end is not None and end > 0 else None for end in found)
    if value is None or high is None or joint_high is None:
        raise EntschedError(f"collapse: given 1 / nu = {found.value:g}, allowed: positive")
    return Estimate(value, high, low, joint_high, joint_low)


def _fit(points: Points, logs: Floats, errors: Floats, start: Floats) -> tuple[Floats, float]:
    """(a, b) of least chi^2 about a common curve, and that chi^2."""

    def misfits(unknown: Floats) -> Floats:
        x = np.arcsinh(points.fields * points.sizes ** unknown[1])
        design = np.polynomial.chebyshev.chebvander(x / np.abs(x).max(), DEGREE) / errors[:, None]
        target = (logs + unknown[0] * np.log(points.sizes)) / errors
        basis, _ = np.linalg.qr(design)
        return target - basis @ (basis.T @ target)

    found = least_squares(
        misfits,
        start,
        bounds=(LEAST, MOST),
        x_scale=SCALES,
        ftol=TOLERANCE,
        xtol=TOLERANCE,
        max_nfev=50,
    )
    return found.x, float(2 * found.cost)


def _resampled(points: Points, stream: np.random.Generator) -> Floats:
    """Logarithms of means of replications drawn again: variance of independent means, and the model's."""
    means = []
    for order in points.orders:
        n = len(order)
        middle = order.mean()
        drawn = order[stream.integers(n, size=n)].mean()
        means.append(max(middle + (drawn - middle) * (n / (n - 1)) ** 0.5, 1e-3 * middle))
    return np.log(means) + MODEL_ERROR * stream.standard_normal(len(means))
