"""The best static routing that a search finds: mixtures of strategies, each the best at the prices of the last."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, minimize

from entsched.behavior import Behavior
from entsched.games.seesaw import seesaw_maximise
from entsched.games.value import Realisation
from entsched.static.game import LOAD, MOST_LOAD, SLACK, StaticGame
from entsched.static.oracles import LocalOracle

Floats = NDArray[np.float64]

#: Where the search begins, and how many strategies it adds at most.
STARTS, ROUNDS = 12, 20

#: Weights below this are rounding.
LEAST_WEIGHT = 1e-7


class Column(NamedTuple):
    """A strategy that can be mixed: its behavior, and how entangled routers realise it (None: by fixed answers)."""

    behavior: Floats
    realisation: Realisation | None = None

    @property
    def answers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The fixed answers of A and of B to each type, for a column without realisation."""
        of_a, of_b = self.behavior.sum(axis=1)[1, :, 0], self.behavior.sum(axis=0)[1, 0, :]
        return of_a.round().astype(np.int64), of_b.round().astype(np.int64)


#: From prices of P(a, b | x, y) to a strategy that is worth as much as any found.
Pricing = Callable[[Floats], Column]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Strategies mixed by shared randomness.

    Attributes
    ----------
    weights, columns : the probability of each strategy
    value : R - weight W of the mixture; -inf if a server has more load than a search allows
    """

    weights: tuple[float, ...]
    columns: tuple[Column, ...]
    value: float

    @property
    def behavior(self) -> Floats:
        """P(a, b | x, y) of the mixture."""
        total: Floats = np.einsum("k,kabxy->abxy", self.weights, [column.behavior for column in self.columns])
        return total


def best_local(game: StaticGame) -> Mixture:
    """The best mixture of deterministic pairs that is found.

    Examples
    --------
    >>> from entsched.workload import Workload
    >>> from entsched.workload.baseline import Affine
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> round(best_local(StaticGame(two, Affine(law="affine", setup_s=1.0), weight=0.1)).value, 6)
    0.588301
    """
    every = LocalOracle.of(game)
    columns = [Column(behavior) for behavior in every.behaviors]

    def best(prices: Floats) -> Column:
        return columns[int(np.argmax(every.behaviors.reshape(len(columns), -1) @ prices.ravel()))]

    rng = np.random.default_rng(0)
    starts = [[columns[k] for k in rng.integers(len(columns), size=6)] for _ in range(STARTS)]
    found = [_climbed(game, start, best) for start in [*starts, _together(game)]]
    return max(found, key=lambda mixture: mixture.value)


def best_quantum(game: StaticGame, local: Mixture) -> Mixture:
    """The best mixture of strategies with two qubits in any state, by see-saw, from the best local one and others."""
    return _entangled(game, local, None)


def best_with_state(game: StaticGame, local: Mixture, state: NDArray[np.complex128]) -> Mixture:
    """The best mixture of strategies that measure a pair in a given state, array (4, 4), or use none."""
    return _entangled(game, local, state)


def _entangled(game: StaticGame, local: Mixture, state: NDArray[np.complex128] | None) -> Mixture:
    def price(prices: Floats) -> Column:
        found = seesaw_maximise(prices, 2, state=state, starts=8, real=state is None)
        return Column(found.behavior, found.realisation)

    starts = [list(local.columns), *([column] for column in _coins(game))]
    found = [_climbed(game, columns, price) for columns in starts]
    return max([local, *found], key=lambda mixture: mixture.value)


def _together(game: StaticGame) -> list[Column]:
    """Everybody to one server, and everybody to the other: mixed evenly, they are stable whatever the load."""
    behaviors = np.zeros((2, 2, 2, game.types, game.types))
    behaviors[0, 0, 0] = behaviors[1, 1, 1] = 1.0
    return [Column(each) for each in behaviors]


def _coins(game: StaticGame) -> list[Column]:
    """Behaviors inside the quantum set, at which prices say where to go: fair coins, more and less correlated."""
    same = np.ones((game.types, game.types))
    return [Column(Behavior.from_coalescing(share * same).p) for share in (0.5, 0.7, 0.9)]


def _climbed(game: StaticGame, columns: list[Column], price: Pricing) -> Mixture:
    """The best mixture over columns to which the best at the prices of the last mixture is added, till none helps."""
    mixture = _mixed(game, columns, None)
    for _ in range(ROUNDS):
        prices = np.tensordot(game.gradient(game.point(mixture.behavior)), game.functionals, 1)
        column = price(prices)
        gain = float(np.sum(prices * (column.behavior - mixture.behavior)))
        if gain <= 1e-7 * float(np.abs(prices).sum()):
            break
        better = _mixed(game, [*mixture.columns, column], mixture)
        if math.isfinite(mixture.value) and better.value <= mixture.value + 1e-12 * abs(mixture.value):
            break
        mixture = better
    return mixture


def _mixed(game: StaticGame, columns: list[Column], before: Mixture | None) -> Mixture:
    """The best weights of columns, by sequential quadratic programs from the weights before or equal ones."""
    points = game.point(np.array([column.behavior for column in columns]))
    many = len(columns)
    start = np.full(many, 1 / many) if before is None else np.append(0.95 * np.array(before.weights), 0.05)
    found = minimize(
        lambda w: -game.value(w @ points),
        start,
        jac=lambda w: -(points @ game.gradient(w @ points)),
        method="SLSQP",
        bounds=[(0.0, 1.0)] * many,
        constraints=[
            LinearConstraint(np.ones((1, many)), 1.0, 1.0),
            LinearConstraint(points[:, LOAD : LOAD + 2].T, -np.inf, MOST_LOAD),
        ],
        options={"maxiter": 200, "ftol": 1e-13},
    )
    weights = np.clip(found.x, 0.0, None)
    weights[weights < LEAST_WEIGHT] = 0.0
    weights /= weights.sum()
    kept = np.flatnonzero(weights)
    point = weights @ points
    value = game.value(point) if point[LOAD : LOAD + 2].max() <= MOST_LOAD + SLACK else -math.inf
    return Mixture(tuple(weights[kept].tolist()), tuple(columns[k] for k in kept), value)
