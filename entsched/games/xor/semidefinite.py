"""Multipliers of side constraints from Tsirelson's semidefinite program, for small games: a start, no proof."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The most questions to both parties together for which the program is worth its time.
MAX_QUESTIONS = 60


def semidefinite_multipliers(weights: Floats, coefficients: Floats, lower: Floats, upper: Floats) -> Floats | None:
    """The multipliers, about, of lower <= sum C_k E <= upper while sum W E is maximised; None if that fails.

    Parameters
    ----------
    weights : array (n, m)
    coefficients : array (constraints, n, m)
    lower, upper : arrays (constraints,), may be infinite

    Examples
    --------
    >>> one = np.ones(1)
    >>> found = semidefinite_multipliers(np.array([[3.0]]), np.array([[[1.0]]]), -one, 0.5 * one)
    >>> found.round(5)
    array([3.])
    """
    import cvxpy as cp

    n, m = weights.shape
    gram = cp.Variable((n + m, n + m), PSD=True)
    sums = coefficients.reshape(len(coefficients), -1) @ cp.vec(gram[:n, n:], order="C")
    above, below = np.flatnonzero(np.isfinite(upper)), np.flatnonzero(np.isfinite(lower))
    constraints = [cp.diag(gram) == 1, sums[above] <= upper[above], sums[below] >= lower[below]]
    problem = cp.Problem(cp.Maximize(cp.sum(cp.multiply(weights, gram[:n, n:]))), constraints)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            problem.solve(solver=cp.CLARABEL)
    except cp.SolverError:
        return None
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        return None
    multipliers = np.zeros(len(lower))
    multipliers[above] += constraints[1].dual_value
    multipliers[below] -= constraints[2].dual_value
    return multipliers
