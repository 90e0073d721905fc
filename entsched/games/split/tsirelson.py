"""Tsirelson's semidefinite program in cvxpy: all quantum correlators of a split game."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.split.game import SplitGame

Floats = NDArray[np.float64]


class SemidefiniteOptimum(NamedTuple):
    """The solver's objective (a number, not yet a bound), its status and its dual variables."""

    objective: float
    status: str
    multiplier: float
    dual_a: Floats
    dual_b: Floats


def solve(game: SplitGame, splitting: float) -> SemidefiniteOptimum:
    """Minimise J over correlators of unit vectors in any dimension, subject to P(a != b) = p.

    Raises
    ------
    GameError
        If the solver (Clarabel) finds no optimum.

    Examples
    --------
    >>> chsh = SplitGame(cost=[[0, 0], [0, 0.25]], weight=np.full((2, 2), 0.25))
    >>> round(solve(chsh, 0.25).objective, 6)
    0.077362
    """
    import cvxpy as cp

    n, m = game.questions
    gram = cp.Variable((n + m, n + m), PSD=True)
    coalescing = (1 + gram[:n, n:]) / 2
    constraints = [
        cp.diag(gram) == 1,
        cp.sum(cp.multiply(game.weight, coalescing)) == 1 - splitting,
    ]
    problem = cp.Problem(cp.Minimize(cp.sum(cp.multiply(game.cost, coalescing))), constraints)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the status says if it is inaccurate
            problem.solve(solver=cp.CLARABEL)
    except cp.SolverError as error:
        raise GameError(f"the semidefinite program at p = {splitting} failed: {error}") from None
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        raise GameError(f"the semidefinite program at p = {splitting} is {problem.status}")
    diagonal = 2 * np.abs(np.asarray(constraints[0].dual_value))
    multiplier = -float(constraints[1].dual_value)
    return SemidefiniteOptimum(float(problem.value), problem.status, multiplier, diagonal[:n], diagonal[n:])
