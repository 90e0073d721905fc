"""The classical optimum as a linear program in cvxpy: shared randomness mixes deterministic pairs."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.split.game import SplitGame

Floats = NDArray[np.float64]

#: The most questions to A and B together for which the program lists every deterministic pair.
MAX_QUESTIONS = 16


def solve(game: SplitGame, splitting: float) -> float:
    """Minimise J over mixtures of all deterministic pairs with P(a != b) = p; returns J.

    An independent path to :func:`entsched.games.split.classical.classical_curve`: no threshold theorem,
    no hull. The solver is HiGHS.

    Raises
    ------
    GameError
        If the parties have more than 16 questions together, or the solver finds no optimum.

    Examples
    --------
    >>> chsh = SplitGame(cost=[[0, 0], [0, 0.25]], weight=np.full((2, 2), 0.25))
    >>> round(solve(chsh, 0.125), 9)
    0.1875
    """
    import cvxpy as cp

    n, m = game.questions
    if n + m > MAX_QUESTIONS:
        raise GameError(f"a program over all pairs of {n} + {m} questions, allowed: {MAX_QUESTIONS} together")
    rows_a, rows_b = _all_answers(n, first=1.0), _all_answers(m)
    splittings = (1 - (rows_a @ game.weight @ rows_b.T).ravel()) / 2
    values = (game.cost.sum() + (rows_a @ game.cost @ rows_b.T).ravel()) / 2
    mixture = cp.Variable(len(values), nonneg=True)
    problem = cp.Problem(cp.Minimize(values @ mixture), [cp.sum(mixture) == 1, splittings @ mixture == splitting])
    problem.solve(solver=cp.HIGHS)
    if problem.status != cp.OPTIMAL:
        raise GameError(f"the linear program at p = {splitting} is {problem.status}")
    return float(problem.value)


def _all_answers(questions: int, first: float | None = None) -> Floats:
    """All answers +-1 to each question; with ``first`` the answer to question 0 is fixed."""
    rows = np.array(list(product((1.0, -1.0), repeat=questions)))
    return rows if first is None else rows[rows[:, 0] == first]
