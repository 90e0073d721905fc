"""The split game: which pairs of questions should get equal answers, if only so many may."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError

Floats = NDArray[np.float64]


class XorWeights(NamedTuple):
    """Real weights G = left @ right.T of an XOR game, up to errors that sum to ``residual``.

    Routing games have rank two or three whatever the number of types, so products with G cost as
    much as their number of types, not its square.
    """

    left: Floats
    right: Floats
    residual: float


@dataclass(frozen=True, eq=False)
class SplitGame:
    """Minimise sum cost C subject to sum weight C = 1 - p, over correlations C[x, y] = P(a = b | x, y).

    At a multiplier mu the constraint moves into the objective, and what remains is the XOR game
    with real weights G = (cost - mu weight) / 2 on the correlators E = 2 C - 1.

    Parameters
    ----------
    cost : array (questions to A, questions to B), the price of coalescing, weighted by probability
    weight : array of the same shape, the probability of each pair of questions, summing to one
    orders : for each party the order of its questions along which threshold strategies are known
        to be optimal, or None if nothing is known

    Raises
    ------
    GameError
        If the shapes differ, an entry is not finite, or the weights are not a distribution.

    Examples
    --------
    >>> chsh = SplitGame(cost=[[0, 0], [0, 0.25]], weight=np.full((2, 2), 0.25))
    >>> chsh.questions
    (2, 2)
    """

    cost: Floats
    weight: Floats
    orders: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None

    def __post_init__(self) -> None:
        cost, weight = _matrix(self.cost, "cost"), _matrix(self.weight, "weight")
        if cost.shape != weight.shape:
            raise GameError(f"cost has shape {cost.shape} but weight {weight.shape}, allowed: the same")
        if np.any(weight < 0) or abs(weight.sum() - 1) > 1e-9:
            raise GameError(f"weight must be probabilities with sum 1, given a sum of {weight.sum():.12g}")
        object.__setattr__(self, "cost", cost)
        object.__setattr__(self, "weight", weight)

    @property
    def questions(self) -> tuple[int, int]:
        """How many questions A and B can be asked."""
        return self.cost.shape[0], self.cost.shape[1]

    @property
    def scale(self) -> float:
        """The size of the costs: the unit in which gaps and rounding are judged."""
        return float(np.abs(self.cost).sum())

    def xor_weights(self, multiplier: float) -> XorWeights:
        """G[x, y] = (cost - multiplier weight) / 2: sum (cost - multiplier weight) C = sum G + sum G E."""
        left, right, core_cost, core_weight, residual_cost, residual_weight = self._factors
        core = (core_cost - multiplier * core_weight) / 2
        return XorWeights(left @ core, right, (residual_cost + abs(multiplier) * residual_weight) / 2)

    def planar_point(self, angles_a: Floats, angles_b: Floats, visibility: float) -> tuple[float, float]:
        """p and J of the correlators visibility cos(angles_a[x] - angles_b[y])."""
        a = np.stack([np.cos(angles_a), np.sin(angles_a)], axis=1)
        b = np.stack([np.cos(angles_b), np.sin(angles_b)], axis=1)
        sums = [float(m.sum() + visibility * np.sum(a * (m @ b))) / 2 for m in (self.weight, self.cost)]
        return 1 - sums[0], sums[1]

    @cached_property
    def _factors(self) -> tuple[Floats, Floats, Floats, Floats, float, float]:
        """Bases of the columns and rows of cost and weight, both in these bases, and what is left."""
        unit = self.cost / max(self.scale, np.finfo(float).tiny)
        left = _basis(np.hstack([unit, self.weight]))
        right = _basis(np.hstack([unit.T, self.weight.T]))
        cores = [left.T @ matrix @ right for matrix in (self.cost, self.weight)]
        residuals = [
            float(np.abs(matrix - left @ core @ right.T).sum())
            for matrix, core in zip((self.cost, self.weight), cores, strict=True)
        ]
        return left, right, cores[0], cores[1], residuals[0], residuals[1]

    def point(self, coalescing: Floats) -> tuple[float, float]:
        """The splitting probability p and the objective J of a correlation C[x, y]."""
        return 1 - float(np.sum(self.weight * coalescing)), float(np.sum(self.cost * coalescing))


def _basis(matrix: Floats) -> Floats:
    """Orthonormal columns that span the columns of a matrix up to rounding."""
    columns, sizes, _ = np.linalg.svd(matrix, full_matrices=False)
    return columns[:, sizes > 1e-14 * sizes[0]]


def _matrix(values: ArrayLike, name: str) -> Floats:
    try:
        matrix = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise GameError(f"{name} must be a matrix of numbers") from None
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise GameError(f"{name} has shape {matrix.shape}, allowed: two axes (x, y), none empty")
    if not np.all(np.isfinite(matrix)):
        raise GameError(f"{name} has an entry that is not finite")
    matrix.setflags(write=False)
    return matrix
