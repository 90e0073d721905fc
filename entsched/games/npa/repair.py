"""A proof in floating point from an approximate dual matrix: what it proves is an upper bound, rounding included.

For Z >= 0 and every moment matrix, f . m <= f . m + <Z, Gamma(m)> = sum_k (f_k + z_k) m_k, where z_k is the sum of Z
over the entries that hold moment k. Moments are at most 1 in size, as norms of products of
projectors are, so the left side is at most f_0 + z_0 + sum_{k > 0} |f_k + z_k|.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from entsched.games.npa.moments import MomentTable

Floats = NDArray[np.float64]

#: Z is kept positive definite by this fraction of its largest diagonal entry, so that its entries may be rounded.
MARGIN = 1e-11
_UNIT = np.finfo(float).eps / 2


def repaired(table: MomentTable, objective: Floats, matrix: Floats) -> Floats:
    """The nearest Z with f_k + z_k = 0 for all k > 0, shifted to be positive definite.

    Parameters
    ----------
    table : the moments
    objective : array (moments,): f
    matrix : array (N, N), symmetric: an approximate Z

    Examples
    --------
    >>> from entsched.games.npa.moments import moment_table
    >>> table = moment_table([((), ()), (((0, 0),), ())], (2, 1), (1, 1))
    >>> z = repaired(table, np.array([0.0, 1.0]), np.array([[1.0, -1.0], [-1.0, 1.0]]))
    >>> round(proved_bound(table, np.array([0.0, 1.0]), z), 6)
    1.0
    """
    flat = table.index.ravel() + 1
    excess = objective + np.bincount(flat, matrix.ravel(), table.number + 1)[1:]
    excess[0] = 0
    matrix = matrix - np.append(0, excess / table.counts)[flat].reshape(matrix.shape)
    matrix = (matrix + matrix.T) / 2
    diagonal = np.abs(np.diag(matrix))
    wanted = max(MARGIN * float(diagonal.max()), 8 * (len(matrix) + 2) * _UNIT * float(diagonal.sum()))
    wanted = max(wanted, 1e-14 * float(np.abs(objective).max()), 1e-100)
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    shift = max(0.0, wanted - lowest)
    while shift < np.inf:
        shifted = matrix + shift * np.eye(len(matrix))
        if is_proved_positive(shifted):
            return shifted
        shift = 2 * shift + wanted
    return matrix


def is_proved_positive(matrix: Floats) -> bool:
    """Whether a Cholesky factorisation proves the matrix positive semidefinite.

    Rump 2006, doi:10.1007/s10543-006-0056-1: it succeeds on matrix - c with c above (n + 1) u tr, u = 2^-53.

    Parameters
    ----------
    matrix : array (n, n), symmetric

    Examples
    --------
    >>> is_proved_positive(np.eye(2)), is_proved_positive(np.array([[1.0, 2.0], [2.0, 1.0]]))
    (True, False)
    """
    n = len(matrix)
    if not np.all(np.isfinite(matrix)):
        return False
    shift = 2 * (n + 2) * _UNIT * float(np.trace(np.abs(matrix))) + np.finfo(float).tiny
    try:
        np.linalg.cholesky(matrix - shift * np.eye(n))
    except np.linalg.LinAlgError:
        return False
    return True


def proved_bound(table: MomentTable, objective: Floats, matrix: Floats) -> float:
    """f_0 + z_0 + sum_{k > 0} |f_k + z_k| for a positive semidefinite Z, rounded up; infinite if Z is not proved to be.

    Parameters
    ----------
    table : the moments
    objective : array (moments,): f
    matrix : array (N, N), symmetric: Z
    """
    if not is_proved_positive(matrix):
        return math.inf
    flat = table.index.ravel() + 1
    sums = np.bincount(flat, matrix.ravel(), table.number + 1)[1:]
    sizes = np.bincount(flat, np.abs(matrix).ravel(), table.number + 1)[1:]
    terms = objective + sums
    rounding = 2 * _UNIT * float(table.counts @ sizes + np.abs(objective).sum() + np.abs(terms).sum())
    return math.fsum([terms[0], *np.abs(terms[1:]), rounding * (1 + 1e-9)])
