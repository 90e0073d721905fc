"""The split game: which pairs of questions should get equal answers, if only so many may."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError
from entsched.games.split.correlations import PairCorrelations

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
class FactoredGame:
    """A split game with cost = left @ cost_core @ right.T and weight = left @ weight_core @ right.T.

    Rank two, so any number of questions fits in memory. All entries of cost and weight are at
    least zero, and the weights sum to one.

    Parameters
    ----------
    left, right : arrays (questions to A, 2) and (questions to B, 2)
    cost_core, weight_core : arrays (2, 2)

    Examples
    --------
    >>> two = independent_game([0.1, 1.9], [0.5, 0.5], arrival_rate_hz=0.5)
    >>> (two.left @ two.cost_core @ two.right.T).round(6)
    array([[0.01375, 0.14875],
           [0.14875, 0.68875]])
    """

    left: Floats
    right: Floats
    cost_core: Floats
    weight_core: Floats

    @property
    def questions(self) -> tuple[int, int]:
        """How many questions A and B can be asked."""
        return len(self.left), len(self.right)

    @cached_property
    def totals(self) -> tuple[float, float]:
        """The sum of all weights, which is one up to rounding, and of all costs."""
        return self._sums(self.left.T.sum(axis=1), self.right.T.sum(axis=1))

    @property
    def scale(self) -> float:
        """The size of the costs: the unit in which gaps and rounding are judged."""
        return self.totals[1]

    def deterministic(self, answers_a: Floats, answers_b: Floats) -> tuple[float, float]:
        """p and J of fixed answers +-1."""
        sums = self._sums((self.left.T * answers_a).sum(axis=1), (self.right.T * answers_b).sum(axis=1))
        return (1 - sums[0]) / 2, (self.totals[1] + sums[1]) / 2

    def dense(self) -> SplitGame:
        """The same game with all its entries written out."""
        cost, weight = (self.left @ core @ self.right.T for core in (self.cost_core, self.weight_core))
        return SplitGame(cost, weight, factors=self)

    def _sums(self, a: Floats, b: Floats) -> tuple[float, float]:
        return float(a @ self.weight_core @ b), float(a @ self.cost_core @ b)


def independent_game(values_s: ArrayLike, probabilities: ArrayLike, arrival_rate_hz: float) -> FactoredGame:
    """Routing of independent types in random order: cost alpha s s' + (s + s') / 4, times probability.

    Here alpha = lambda / (2 (1 - lambda E[s])); the vectors pi_x (1, s_x / E[s]) are both parties' factors.

    Parameters
    ----------
    values_s : array (n,), requirements in seconds, at least 0
    probabilities : array (n,), at least 0, summing to one
    arrival_rate_hz : pairs per second; the load arrival_rate_hz E[s] must be below one

    Raises
    ------
    GameError
        If a number is out of its range.

    Examples
    --------
    >>> independent_game([0.1, 1.9], [0.5, 0.5], arrival_rate_hz=0.5).deterministic(np.ones(2), np.ones(2))
    (0.0, 1.0)
    """
    values, weights = (np.array(v, dtype=float) for v in (values_s, probabilities))
    if values.ndim != 1 or values.shape != weights.shape or not len(values):
        raise GameError(f"values_s have shape {values.shape} and probabilities {weights.shape}, allowed: (n,) for both")
    if not (np.all(np.isfinite(values)) and values.min() >= 0 and weights.min() >= 0):
        raise GameError("values_s and probabilities given with a negative or infinite entry, allowed: from 0 up")
    if not abs(weights.sum() - 1) <= 1e-9:
        raise GameError(f"probabilities given with sum {weights.sum():.12g}, allowed: a sum of 1")
    return routing_factors(np.stack([weights, weights * values], axis=1), arrival_rate_hz)


def routing_factors(generators: Floats, arrival_rate_hz: float) -> FactoredGame:
    """The game of routing from the vectors pi_x (1, s_x) of its types, array (n, 2); see :func:`independent_game`.

    A row (0, t) is the limit of types so rare and so long that pi_x s_x stays t.
    """
    load = arrival_rate_hz * float(generators[:, 1].sum())
    if not 0 < arrival_rate_hz < np.inf or not load < 1:
        raise GameError(f"arrival rate given {arrival_rate_hz} with load {load:.6g}, allowed: above 0, load below 1")
    mean = load / arrival_rate_hz
    alpha = arrival_rate_hz / (2 * (1 - load))
    cost_core = np.array([[0.0, mean / 4], [mean / 4, alpha * mean**2]])
    factor = generators / [1.0, mean or 1.0]
    return FactoredGame(factor, factor, cost_core, np.diag([1.0, 0.0]))


@dataclass(frozen=True, eq=False)
class SplitGame:
    """Minimise sum cost C subject to sum weight C = 1 - p, over correlations C[x, y] = P(a = b | x, y).

    At a multiplier mu the constraint moves into the objective, and what remains is the XOR game
    with real weights G = (cost - mu weight) / 2 on the correlators E = 2 C - 1.

    Parameters
    ----------
    cost : array (questions to A, questions to B), the price of coalescing, weighted by probability
    weight : array of the same shape, the probability of each pair of questions, summing to one
    factors : the same game in factored form if it has rank two, which makes the classical optimum easy

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
    factors: FactoredGame | None = None

    def __post_init__(self) -> None:
        cost, weight = _matrix(self.cost, "cost"), _matrix(self.weight, "weight")
        if cost.shape != weight.shape:
            raise GameError(f"cost has shape {cost.shape} but weight {weight.shape}, allowed: the same")
        if np.any(weight < 0) or abs(weight.sum() - 1) > 1e-9:
            raise GameError(f"weight must be probabilities with sum 1, given a sum of {weight.sum():.12g}")
        if self.factors is not None and self.factors.questions != cost.shape:
            raise GameError(f"factors are of {self.factors.questions} questions, allowed: {cost.shape} as the cost")
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

    def planar_point(self, angles_a: Floats, angles_b: Floats, correlations: PairCorrelations) -> tuple[float, float]:
        """p and J of the correlators that a pair gives at these angles."""
        axes = correlations.first, correlations.second
        a = np.stack([np.cos(angles_a), np.sin(angles_a)], axis=1) * axes
        b = np.stack([np.cos(angles_b), np.sin(angles_b)], axis=1)
        same = 1 + correlations.constant
        sums = [float(same * m.sum() + np.sum(a * (m @ b))) / 2 for m in (self.weight, self.cost)]
        return 1 - sums[0], sums[1]

    @cached_property
    def _factors(self) -> tuple[Floats, Floats, Floats, Floats, float, float]:
        """Bases of the columns and rows of cost and weight, both in these bases, and what is left."""
        unit = self.cost / max(self.scale, np.finfo(float).tiny)
        known = self.factors
        left = _basis(np.hstack([unit, self.weight]) if known is None else known.left)
        right = _basis(np.hstack([unit.T, self.weight.T]) if known is None else known.right)
        cores = [left.T @ matrix @ right for matrix in (self.cost, self.weight)]
        residuals = [
            float(np.abs(matrix - left @ core @ right.T).sum())
            for matrix, core in zip((self.cost, self.weight), cores, strict=True)
        ]
        return left, right, cores[0], cores[1], residuals[0], residuals[1]

    def deterministic(self, answers_a: Floats, answers_b: Floats) -> tuple[float, float]:
        """p and J of fixed answers +-1."""
        if self.factors is not None:
            return self.factors.deterministic(answers_a, answers_b)
        return self.point((1 + np.outer(answers_a, answers_b)) / 2)

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
