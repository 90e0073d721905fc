"""Narrower intervals from the same replications: control variates and common random numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.sim.statistics import Estimate, StatisticsError, finite, student_interval, student_quantile

Array = NDArray[np.float64]

#: Controls that vary less than this, relative to their size and beyond what the others explain, are dropped.
COLLINEAR = 1e-10


@dataclass(frozen=True)
class Controlled:
    """A mean corrected by controls.

    Attributes
    ----------
    estimate : the corrected mean and its interval
    variance_reduction : variance of the plain mean over that of the corrected one, as estimated;
        above 1 the controls help
    controls_used : the number of independent controls that vary; 0 if the interval is the plain one
    """

    estimate: Estimate
    variance_reduction: float
    controls_used: int


@dataclass(frozen=True)
class Paired:
    """The difference of two systems that met the same customers.

    Attributes
    ----------
    difference : mean of a - b and its interval
    variance_reduction : (var a + var b) / var(a - b), against as many independent replications of each;
        infinite if all differences are equal, nan for one pair
    """

    difference: Estimate
    variance_reduction: float


def controlled(values: ArrayLike, controls: ArrayLike, means: ArrayLike, confidence: float = 0.95) -> Controlled:
    """The mean of replications, corrected by what is known about their randomness (control variates).

    Values are regressed on the controls less their expectations; the constant of the regression is
    the estimate, with its ordinary standard error and n - k - 1 degrees of freedom (S. S. Lavenberg and
    P. D. Welch, Management Science 27, 1981). The interval is exact for jointly normal values and
    controls, and near that for means of long replications. Constant and collinear controls are dropped;
    with fewer than k + 3 replications for k remaining controls, the plain interval is returned.

    Parameters
    ----------
    values : shape (n,), one mean per independent replication
    controls : shape (n, k), such as the mean requirement that arrived in each replication
    means : shape (k,), the known expectations of the controls
    confidence : between 0 and 1

    Raises
    ------
    StatisticsError
        If the shapes do not fit, a number is not finite, or the confidence is not between 0 and 1.

    Examples
    --------
    >>> controlled([3.1, 4.9, 7.0, 9.2, 10.8], [[1.0], [2.0], [3.0], [4.0], [5.0]], [2.5]).estimate.mean
    6.015
    """
    y, x, known = finite("values", values), finite("controls", controls, 2), finite("means", means)
    if x.shape != (len(y), len(known)):
        raise StatisticsError(f"controls given shape {x.shape}, allowed: {(len(y), len(known))}, values by means")
    plain = student_interval(y, confidence)
    basis, shift = _orthonormal(x, known)
    n, k = len(y), len(shift)
    if k == 0 or n < k + 3:
        return Controlled(plain, 1.0, 0)
    around = _around_mean(y)
    slopes = basis.T @ around
    rest = around - basis @ slopes
    mean = plain.mean - float(shift @ slopes)
    variance = float(rest @ rest) / (n - k - 1) * (1 / n + float(shift @ shift))
    half = student_quantile(n - k - 1, confidence) * math.sqrt(variance)
    factor = _ratio(float(around @ around) / (n - 1) / n, variance)
    return Controlled(Estimate(mean, mean - half, mean + half), factor, k)


def paired(values_a: ArrayLike, values_b: ArrayLike, confidence: float = 0.95) -> Paired:
    """The difference a - b of two systems whose replications share their random numbers.

    Replications of one index share theirs; those of different indices are independent. One pair
    gives an infinite interval.

    Parameters
    ----------
    values_a, values_b : shape (n,), one mean per replication
    confidence : between 0 and 1

    Raises
    ------
    StatisticsError
        If the shapes differ, a number is not finite, or the confidence is not between 0 and 1.

    Examples
    --------
    >>> p = paired([1.0, 2.0, 3.0], [0.5, 1.5, 2.0])
    >>> round(p.difference.mean, 6), round(p.difference.half_width, 6), round(p.variance_reduction, 6)
    (0.666667, 0.717109, 19.0)
    """
    a, b = finite("values_a", values_a), finite("values_b", values_b)
    if a.shape != b.shape:
        raise StatisticsError(f"values_b given shape {b.shape}, allowed: {a.shape}, that of values_a")
    difference = student_interval(a - b, confidence)
    if len(a) < 2:
        return Paired(difference, math.nan)
    apart, together = _around_mean(a - b), np.concatenate([_around_mean(a), _around_mean(b)])
    return Paired(difference, float(together @ together) / float(apart @ apart) if np.any(apart) else math.inf)


def _orthonormal(controls: Array, means: Array) -> tuple[Array, Array]:
    """An orthonormal basis of the centred controls, and how far their sample means lie off, in it."""
    centred = _around_mean(controls)
    sizes = np.linalg.norm(centred, axis=0)
    varying = sizes > COLLINEAR * np.abs(controls).max(axis=0)
    scaled, off = centred[:, varying] / sizes[varying], (controls.mean(axis=0) - means)[varying] / sizes[varying]
    left, singular, right = np.linalg.svd(scaled, full_matrices=False)
    kept = singular > COLLINEAR
    return left[:, kept], (right @ off)[kept] / singular[kept]


def _around_mean(values: Array) -> Array:
    """The values less their mean along the first axis: exactly 0 if they are all equal."""
    from_first = values - values[0]
    around: Array = from_first - from_first.mean(axis=0)
    return around


def _ratio(plain: float, reduced: float) -> float:
    """How many times smaller the variance is: infinite if nothing is left of it, 1 if there was none."""
    if reduced > 0:
        return plain / reduced
    return math.inf if plain > 0 else 1.0
