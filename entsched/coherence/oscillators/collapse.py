"""Finite-size scaling from K_c on: exponents at which r N^a against (K - K_c) / K_c N^b is one curve for all N."""

from __future__ import annotations

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

#: Where a, b and the shift of K_c are sought, and by which steps.
LEAST, MOST, SCALES = (-0.5, 0.05, -0.2), (1.5, 2.0, 0.2), (0.1, 0.1, 0.01)


class Points(NamedTuple):
    """Means over replications at sizes and couplings.

    Attributes
    ----------
    sizes : N
    distances : (K - K_c) / K_c
    orders : r of the replications, one array for each point
    """

    sizes: Floats
    distances: Floats
    orders: Sequence[Floats]


class Collapse(NamedTuple):
    """Exponents with 95 % intervals, each (value, low, high).

    Attributes
    ----------
    order : a = beta / nu
    size : 1 / b = nu
    shift : fitted K_c over the given one, less 1
    lack_of_fit : chi^2 per degree of freedom about the common curve
    """

    order: tuple[float, float, float]
    size: tuple[float, float, float]
    shift: tuple[float, float, float]
    lack_of_fit: float


def collapse(points: Points, free: bool, stream: np.random.Generator) -> Collapse:
    """The exponents that spread the points least about one curve; with ``free``, K_c is fitted as well.

    Intervals are of a bootstrap over replications, stretched by the lack of fit, and widened by how far the estimates
    move without the smallest size: corrections to scaling are largest there.

    Raises
    ------
    EntschedError
        If there are fewer than three sizes, or fewer than 3 replications at a point.

    Examples
    --------
    >>> sizes, at = (grid.ravel() for grid in np.meshgrid([100.0, 400.0, 1600.0], np.linspace(-0.2, 0.2, 7)))
    >>> curve = sizes**-0.2 * np.exp(np.arcsinh(at * sizes**0.4))
    >>> noise = 1 + 1e-3 * np.random.default_rng(1).standard_normal((21, 4))
    >>> found = collapse(Points(sizes, at, list(curve[:, None] * noise)), False, np.random.default_rng(2))
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
    best, misfit = _fit(points, np.log(means), errors, free, np.array([0.3, 0.6, 0.0]))
    kept = points.sizes > points.sizes.min()
    inner = Points(points.sizes[kept], points.distances[kept], [])
    moved = _fit(inner, np.log(means[kept]), errors[kept], free, best)[0] - best
    again = [_fit(points, _resampled(points, stream), errors, free, best)[0] for _ in range(RESAMPLES)]
    per_freedom = misfit / (len(means) - DEGREE - 3 - free)
    stretch = max(1.0, per_freedom) ** 0.5 * t.ppf((1 + LEVEL) / 2, sum(counts) - len(counts))
    arms = np.hypot(stretch * np.std(again, axis=0, ddof=1), moved)
    order, inverse, shift = ((float(v), float(v - arm), float(v + arm)) for v, arm in zip(best, arms, strict=True))
    size = (1 / inverse[0], 1 / inverse[2], 1 / max(inverse[1], 1e-3))
    return Collapse(order, size, shift, per_freedom)


def _fit(points: Points, logs: Floats, errors: Floats, free: bool, start: Floats) -> tuple[Floats, float]:
    """(a, b, shift) of least chi^2 about a common curve, and that chi^2."""

    def misfits(unknown: Floats) -> Floats:
        shift = unknown[2] if free else 0.0
        x = np.arcsinh(((1 + points.distances) / (1 + shift) - 1) * points.sizes ** unknown[1])
        design = np.polynomial.chebyshev.chebvander(x / np.abs(x).max(), DEGREE) / errors[:, None]
        target = (logs + unknown[0] * np.log(points.sizes)) / errors
        basis, _ = np.linalg.qr(design)
        return target - basis @ (basis.T @ target)

    count = 3 if free else 2
    found = least_squares(
        misfits,
        start[:count],
        bounds=(LEAST[:count], MOST[:count]),
        x_scale=SCALES[:count],
        ftol=TOLERANCE,
        xtol=TOLERANCE,
        max_nfev=50,
    )
    return np.array([*found.x, 0.0])[:3], float(2 * found.cost)


def _resampled(points: Points, stream: np.random.Generator) -> Floats:
    """Logarithms of means of replications drawn again: variance of independent means, and the model's."""
    means = []
    for order in points.orders:
        n = len(order)
        middle = order.mean()
        drawn = order[stream.integers(n, size=n)].mean()
        means.append(max(middle + (drawn - middle) * (n / (n - 1)) ** 0.5, 1e-3 * middle))
    return np.log(means) + MODEL_ERROR * stream.standard_normal(len(means))
