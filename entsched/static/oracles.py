"""The largest value of a linear function over local or quantum behaviors in a box: proved from multipliers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from entsched.behavior import CorrelationSet
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame
from entsched.games.npa.program import npa_value
from entsched.games.value import MomentDual
from entsched.static.game import StaticGame
from entsched.static.relaxation import BOUNDED, Box

Floats = NDArray[np.float64]

#: What rounding may take from a proof, in units of its largest term.
ROUNDING = 1e-12

#: The level of the hierarchy of moments that stands for quantum behaviors.
LEVEL = "1+ab"


class Proof(NamedTuple):
    """Why no behavior of a set in a box has a larger value.

    Attributes
    ----------
    multipliers : of the four ranges of the box, positive for their upper ends, shape (4,)
    matrix : for quantum behaviors, the dual matrix of the hierarchy; None for local ones, which are listed
    empty : whether it proves that no behavior is in the box: 0 would be at most a negative number
    """

    multipliers: Floats
    matrix: Floats | None = None
    empty: bool = False


class Bound(NamedTuple):
    """A proved upper bound, the point of the relaxation that comes near it (None if there is none), and its proof."""

    value: float
    point: Floats | None
    proof: Proof | None


class Oracle(Protocol):
    """Bounds linear functions of points over a set of behaviors in a box."""

    correlations: CorrelationSet

    def bound(self, coefficients: Floats, box: Box) -> Bound:
        """An upper bound on coefficients @ point."""


@dataclass(frozen=True, eq=False)
class LocalOracle:
    """Mixtures of deterministic pairs, by a linear program over all of them.

    Attributes
    ----------
    behaviors : one deterministic behavior for each different point, shape (k, 2, 2, types, types)
    points : their functionals, shape (k, 8)
    """

    behaviors: Floats
    points: Floats

    correlations = CorrelationSet.LOCAL

    @classmethod
    def of(cls, game: StaticGame) -> LocalOracle:
        """All deterministic pairs of a game, those with the same point once."""
        answers = np.array(list(product((0, 1), repeat=game.types)))
        chosen = np.eye(2)[answers]
        behaviors = np.einsum("ixa,jyb->ijabxy", chosen, chosen).reshape(-1, 2, 2, game.types, game.types)
        points = game.point(behaviors)
        _, kept = np.unique(points.round(12), axis=0, return_index=True)
        return cls(behaviors[kept], points[kept])

    def bound(self, coefficients: Floats, box: Box) -> Bound:
        """The program's multipliers, and the best deterministic pair at them."""
        values = self.points @ coefficients
        ranges = self.points[:, BOUNDED]
        ends = np.concatenate([box.high, -box.low])
        found = linprog(-values, np.vstack([ranges.T, -ranges.T]), ends, np.ones((1, len(values))), [1.0])
        if found.status == 2:
            multipliers = self._outside(ranges, box)
            value = multipliers_bound(self.points, np.zeros(8), multipliers, box)
            return Bound(-math.inf if value < 0 else math.inf, None, Proof(multipliers, empty=True))
        above, below = -found.ineqlin.marginals[:4], -found.ineqlin.marginals[4:]
        multipliers = above - below
        point = found.x @ self.points / found.x.sum()
        value = multipliers_bound(self.points, coefficients, multipliers, box)
        return Bound(value, point, Proof(multipliers))

    def _outside(self, ranges: Floats, box: Box) -> Floats:
        """Multipliers that show how far all mixtures are from a box: those of the least sum of what is exceeded."""
        slack = -np.vstack([np.eye(4), np.eye(4)])
        rows = np.hstack([np.vstack([ranges.T, -ranges.T]), slack])
        costs = np.append(np.zeros(len(ranges)), np.ones(4))
        total = np.append(np.ones(len(ranges)), np.zeros(4))[None]
        found = linprog(costs, rows, np.concatenate([box.high, -box.low]), total, [1.0])
        return np.array(found.ineqlin.marginals[4:] - found.ineqlin.marginals[:4])


@dataclass(frozen=True, eq=False)
class QuantumOracle:
    """Quantum behaviors, by level 1+AB of the hierarchy of Navascués, Pironio and Acín."""

    game: StaticGame

    correlations = CorrelationSet.QUANTUM

    def bound(self, coefficients: Floats, box: Box) -> Bound:
        """The bound that the hierarchy proves; its point need not be quantum."""
        value = npa_value(linear_game(self.game, coefficients, box), LEVEL)
        proof = None
        if isinstance(value.dual, MomentDual):
            proof = Proof(value.dual.multipliers, value.dual.matrix, empty=value.upper == -math.inf)
        point = None if value.behavior is None else self.game.point(value.behavior)
        return Bound(value.upper, point, proof)


def linear_game(game: StaticGame, coefficients: Floats, box: Box) -> NonlocalGame:
    """The non-local game whose payoff is a linear function of points, with the ranges of a box as side constraints."""
    ranges = zip(BOUNDED, box.low.tolist(), box.high.tolist(), strict=True)
    return NonlocalGame(
        payoff=np.tensordot(coefficients, game.functionals, 1),
        pi=np.ones((game.types, game.types)),
        constraints=tuple(LinearConstraint(game.functionals[each], low, high) for each, low, high in ranges),
    )


def oracle(game: StaticGame, correlations: CorrelationSet) -> Oracle:
    """The oracle of a set of behaviors.

    Examples
    --------
    >>> from entsched.static.relaxation import everything
    >>> from entsched.workload import Workload
    >>> from entsched.workload.baseline import Affine
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> game = StaticGame(two, Affine(law="affine", setup_s=1.0), weight=0.1)
    >>> split = np.array([0, 0, 0, 1.0, 1.0, 0, 0, 0])
    >>> [round(oracle(game, each).bound(split, everything(game)).value, 6) for each in ("local", "quantum")]
    [1.0, 1.0]
    """
    return LocalOracle.of(game) if correlations == CorrelationSet.LOCAL else QuantumOracle(game)


def multipliers_bound(points: Floats, coefficients: Floats, multipliers: Floats, box: Box) -> float:
    """What multipliers prove of coefficients @ point over mixtures of points, shape (k, 8), in a box; rounded up."""
    values, ranges = points @ coefficients, points[:, BOUNDED]
    ends = np.where(multipliers > 0, box.high, box.low)
    size = np.abs(values).max() + np.abs(ranges).max() * np.abs(multipliers).sum()
    return float((values - ranges @ multipliers).max() + multipliers @ ends + ROUNDING * size)
