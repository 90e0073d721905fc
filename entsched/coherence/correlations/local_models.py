"""The local model nearest to recorded counts, and the Bell inequality that separates them from all local models."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from entsched.coherence.correlations.counts import Floats, Integers, ends
from entsched.errors import EntschedError

#: The most deterministic strategies that are listed.
MAX_STRATEGIES = 20_000
#: The largest coefficient of a Bell inequality; they are whole numbers.
LARGEST = 1000
#: Weights below this are rounding.
NEGLIGIBLE = 1e-12
#: How far a model may miss at most, in arms, to lie in the region in spite of rounding.
INSIDE = 1 - 1e-6


class Inequality(NamedTuple):
    """sum coefficients P(a, b | x, y) <= bound for every local model, in whole numbers, none negative."""

    coefficients: Integers
    bound: int


class Nearest(NamedTuple):
    """The mixture of deterministic strategies nearest to recorded frequencies.

    Attributes
    ----------
    distance : the largest miss, in arms of the confidence region
    weights : of the strategies that take part, sum 1
    strategies : A's answers to each question, then B's, one row for each weight
    inequality : what separates the frequencies from all local models best
    """

    distance: float
    weights: Floats
    strategies: Integers
    inequality: Inequality

    @property
    def is_inside(self) -> bool:
        """Whether the model lies in the confidence region."""
        return self.distance <= INSIDE


def nearest(counts: Integers, significance: float) -> Nearest:
    """The local model nearest to counts, by a linear program over all deterministic strategies.

    It minimises the largest miss of a frequency in arms of its interval; the intervals of all frequencies hold
    together with probability 1 - ``significance`` if rounds are independent. The multipliers make up the inequality;
    what vanishes on all models that do not signal is taken out of it, as it would only add noise.

    Parameters
    ----------
    counts : shape (answers of A, answers of B, questions to A, questions to B)
    significance : above 0, below 1

    Raises
    ------
    EntschedError
        If there are more than 20,000 deterministic strategies, or no round.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> found = nearest(500 * ((a ^ b) == (x & y)), 0.05)
    >>> found.distance > 1, found.inequality.bound
    (True, 3000)
    """
    asked = np.broadcast_to(counts.sum(axis=(0, 1)) > 0, counts.shape).ravel()
    if not asked.any():
        raise EntschedError("local model: given no rounds, allowed: at least 1")
    strategies, table = _deterministic(counts.shape)
    low, frequency, high = (each.ravel()[asked] for each in region(counts, significance))
    matrix = table[asked]
    size = np.zeros(matrix.shape[1] + 1)
    size[-1] = 1.0
    found = linprog(
        size,
        A_ub=np.block([[matrix, (frequency - high)[:, None]], [-matrix, (low - frequency)[:, None]]]),
        b_ub=np.concatenate([frequency, -frequency]),
        A_eq=(1 - size)[None],
        b_eq=[1.0],
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10},
    )
    if found.status != 0:
        raise EntschedError(f"local model: the linear program ended with {found.message!r}, allowed: an optimum")
    above, below = np.split(found.ineqlin.marginals, 2)
    direction = np.zeros(counts.size)
    direction[asked] = above - below
    used = found.x[:-1] > NEGLIGIBLE
    weights = found.x[:-1][used] / found.x[:-1][used].sum()
    return Nearest(float(found.x[-1]), weights, strategies[used], _inequality(direction, counts.shape))


def region(counts: Integers, significance: float) -> tuple[Floats, Floats, Floats]:
    """Lower ends, frequencies and upper ends of P(a, b | x, y), which hold together; 0 to 1 where nothing was asked."""
    totals = np.broadcast_to(counts.sum(axis=(0, 1)), counts.shape)
    low, high = ends(counts, totals, significance / counts.size)
    return low, np.where(totals > 0, counts / np.maximum(totals, 1), 0.5), high


@lru_cache(maxsize=8)
def _deterministic(shape: tuple[int, ...]) -> tuple[Integers, NDArray[np.float64]]:
    """All deterministic strategies, one row each, and their tables P(a, b | x, y) as columns."""
    answers_a, answers_b, questions_a, questions_b = shape
    number = answers_a**questions_a * answers_b**questions_b
    if number > MAX_STRATEGIES:
        raise EntschedError(f"local model: given {number} deterministic strategies, allowed: at most {MAX_STRATEGIES}")
    rows = [range(answers_a)] * questions_a + [range(answers_b)] * questions_b
    strategies = np.array(list(product(*rows)), dtype=np.int64)
    a, b = np.eye(answers_a)[strategies[:, :questions_a]], np.eye(answers_b)[strategies[:, questions_a:]]
    return strategies, np.einsum("sxa,syb->abxys", a, b).reshape(-1, number)


def _inequality(direction: Floats, shape: tuple[int, ...]) -> Inequality:
    """The direction without what vanishes on local models, as whole numbers from 0 up, with its exact bound."""
    _, table = _deterministic(shape)
    basis = _span(shape)
    kept = (basis @ (basis.T @ direction)).reshape(shape)
    kept = kept - kept.min(axis=(0, 1))
    coefficients = np.rint(kept * (LARGEST / max(float(kept.max()), 1e-300))).astype(np.int64)
    return Inequality(coefficients, round((coefficients.ravel() @ table).max()))


@lru_cache(maxsize=8)
def _span(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """An orthonormal basis of the span of all deterministic tables, one column each."""
    left, sizes, _ = np.linalg.svd(_deterministic(shape)[1], full_matrices=False)
    return left[:, sizes > 1e-9 * sizes[0]]
