"""Proofs of upper bounds on XOR games: scaled multipliers whose matrix is positive, with the rounding counted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk
from scipy.linalg.lapack import dpotrf

Floats = NDArray[np.float64]

UNIT_ROUNDOFF = 2.0**-53


class ScaledGram:
    """K^T K for K = diag(d)^(-1/2) W diag(e)^(-1/2), and what rounding may have done to it.

    [[diag(d), -W], [-W^T, diag(e)]] >= 0 if and only if I - K^T K >= 0. That is proved by a
    Cholesky factorisation in floating-point numbers of I - K^T K minus a margin (S. M. Rump, 2006,
    doi:10.1007/s10543-006-0056-1): one that succeeds is exact for a matrix close by.

    Parameters
    ----------
    weights : array (n, m)
    d, e : arrays (n,) and (m,) of positive numbers
    """

    def __init__(self, weights: Floats, d: Floats, e: Floats) -> None:
        scaled = weights / np.sqrt(d)[:, None]
        scaled /= np.sqrt(e)
        if scaled.shape[0] < scaled.shape[1]:
            scaled = scaled.T
        rows, self.size = scaled.shape
        # the upper half only; scaled.T or scaled is in Fortran order, so nothing is copied
        self.matrix = dsyrk(1.0, scaled.T) if scaled.flags.c_contiguous else dsyrk(1.0, scaled, trans=1)
        trace = float(np.trace(self.matrix))
        self.largest = float(np.max(np.diag(self.matrix)))
        # every entry of K has an error of 8 roundings, every sum of squares one of as many as it has terms
        self.error = 1.1 * UNIT_ROUNDOFF * (rows + 24) * trace

    def margin(self, scale: float) -> float:
        """How much rounding may hide in the proof at ``scale``."""
        factorisation = 1.1 * UNIT_ROUNDOFF * (self.size + 2) * self.size
        return self.error / scale**2 + factorisation + 8 * UNIT_ROUNDOFF * (1 + self.largest) + 1e-290

    def is_positive(self, scale: float) -> bool:
        """Whether I - K^T K / scale^2 >= 0 is proved: then the multipliers scale d and scale e are valid."""
        matrix = self.matrix * (-1 / scale**2)
        matrix[np.diag_indices(self.size)] += 1 - self.margin(scale)
        if not np.min(np.diag(matrix)) > 0:
            return False
        return bool(dpotrf(matrix, lower=0, clean=0, overwrite_a=1)[1] == 0)


def is_dual_point(weights: Floats, d: Floats, e: Floats) -> bool:
    """Whether [[diag(d), -W], [-W^T, diag(e)]] >= 0 is proved, so that sum W E <= (sum d + sum e) / 2.

    Rows of d or e that are exactly zero are allowed where all weights are.

    Parameters
    ----------
    weights : array (n, m)
    d, e : arrays (n,) and (m,)

    Examples
    --------
    >>> chsh = np.array([[0.25, 0.25], [0.25, -0.25]])
    >>> is_dual_point(chsh, np.full(2, 0.36), np.full(2, 0.36))
    True
    >>> is_dual_point(chsh, np.full(2, 0.35), np.full(2, 0.35))
    False
    """
    rows, columns = np.any(weights != 0, axis=1), np.any(weights != 0, axis=0)
    if not (np.all(np.isfinite(d)) and np.all(np.isfinite(e)) and d.min() >= 0 and e.min() >= 0):
        return False
    if not (np.all(d[rows] > 0) and np.all(e[columns] > 0)):
        return False
    if not rows.any():
        return True
    return ScaledGram(np.ascontiguousarray(weights[np.ix_(rows, columns)]), d[rows], e[columns]).is_positive(1.0)


def dual_bound(d: Floats, e: Floats) -> float:
    """(sum d + sum e) / 2, rounded up.

    Examples
    --------
    >>> bool(dual_bound(np.full(2, 0.36), np.full(2, 0.36)) >= 0.72)
    True
    """
    return float(np.nextafter(math.fsum([*d.tolist(), *e.tolist()]) / 2, np.inf))


def smallest_scale(gram: ScaledGram, enough: float) -> float:
    """A scale >= 1 of (d, e), near the smallest that can be proved, or inf if ``enough`` is not.

    Examples
    --------
    >>> one = ScaledGram(np.ones((1, 1)), np.ones(1), np.ones(1))
    >>> 1 < smallest_scale(one, 1.1) < 1 + 1e-13
    True
    """
    if not gram.is_positive(enough):
        return math.inf
    least = gram.margin(1.0)
    spare = least / 10  # whoever repeats the proof with the rounded d and e must succeed as well
    low, high = 0.52 * least, enough - 1
    if low < high and gram.is_positive(1 + low):
        return 1 + low + spare
    for _ in range(2):
        middle = math.sqrt(low * high)
        if gram.is_positive(1 + middle):
            high = middle
        else:
            low = middle
    return 1 + high + spare
