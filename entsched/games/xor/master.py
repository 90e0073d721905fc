"""The best mixture of found points that meets the side constraints: a small linear program."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats = NDArray[np.float64]

#: A mixture that misses its constraints by less, in units of sum |coefficients|, meets them.
MISSED = 1e-9


class Mixture(NamedTuple):
    """Probabilities of the points, multipliers of the constraints, and by how much the constraints are missed."""

    probabilities: Floats
    multipliers: Floats
    missed: float
    value: float


def best_mixture(
    values: Floats, sums: Floats, lower: Floats, upper: Floats, lowest: Floats, highest: Floats
) -> Mixture | None:
    """Maximise p . values with lower <= p . sums <= upper, or pay for missing it; None if the solver fails.

    A unit above ``upper`` costs ``highest``, one below ``lower`` costs -``lowest``, so that the
    multipliers lie between the two.

    Parameters
    ----------
    values : array (points,)
    sums : array (points, constraints)
    lower, upper, lowest, highest : arrays (constraints,); lower and upper may be infinite

    Examples
    --------
    >>> one = np.ones(1)
    >>> best_mixture(np.array([0.0, 1.0]), np.array([[0.0], [4.0]]), one, one, -9 * one, 9 * one).probabilities
    array([0.75, 0.25])
    """
    points, constraints = sums.shape
    above, below = np.flatnonzero(np.isfinite(upper)), np.flatnonzero(np.isfinite(lower))
    identity = np.eye(constraints)
    program = linprog(
        np.concatenate([-values, np.maximum(highest, 0), np.maximum(-lowest, 0)]),
        A_ub=np.vstack(
            [
                np.hstack([sums.T, -identity, 0 * identity])[above],
                np.hstack([-sums.T, 0 * identity, -identity])[below],
            ]
        ),
        b_ub=np.concatenate([upper[above], -lower[below]]),
        A_eq=np.concatenate([np.ones(points), np.zeros(2 * constraints)])[None, :],
        b_eq=[1.0],
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if program.status != 0:
        return None
    multipliers = np.zeros(constraints)
    multipliers[above] += np.maximum(-program.ineqlin.marginals[: len(above)], 0)
    multipliers[below] -= np.maximum(-program.ineqlin.marginals[len(above) :], 0)
    missed = float(np.sum(program.x[points:]))
    return Mixture(program.x[:points], multipliers, missed, -float(program.fun))


def exact_probabilities(mixture: Floats, sums: Floats, lower: Floats, upper: Floats) -> Floats:
    """Probabilities corrected, by the least change, so that the constraints hold to rounding, not to 1e-10.

    Examples
    --------
    >>> one = np.ones(1)
    >>> exact_probabilities(np.array([0.7500001, 0.25]), np.array([[0.0], [4.0]]), one, one)
    array([0.75, 0.25])
    """
    support = mixture > 1e-12
    chosen, reached = mixture[support], sums[support]
    for _ in range(3):
        totals = chosen @ reached
        tight = (totals < lower + 10 * MISSED) | (totals > upper - 10 * MISSED)
        rows = np.vstack([np.ones(len(chosen)), reached[:, tight].T])
        ends = np.where(np.abs(totals - lower) < np.abs(totals - upper), lower, upper)
        wanted = np.concatenate([[1.0], ends[tight]])
        moved = chosen + np.linalg.lstsq(rows, wanted - rows @ chosen, rcond=1e-12)[0]
        if moved.min() < 0:
            break
        chosen = moved
    exact = np.zeros_like(mixture)
    exact[support] = chosen / chosen.sum()
    return exact
