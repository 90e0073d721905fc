"""The largest value of a linear function over local or quantum behaviors in a box: proved from multipliers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import CorrelationSet
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame
from entsched.games.npa.prepared import PreparedRelaxation
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
        sizes = np.maximum(np.abs(points).max(axis=0), np.finfo(float).tiny)
        _, kept = np.unique((points / sizes).round(12), axis=0, return_index=True)
        return cls(behaviors[kept], points[kept])

    def bound(self, coefficients: Floats, box: Box) -> Bound:
        """The program's multipliers, and the best deterministic pair at them."""
        import highspy

        model, size = self._model, len(self.points)
        model.clearSolver()
        model.changeColsCost(size, np.arange(size, dtype=np.int32), self.points @ coefficients)
        model.changeRowsBounds(len(BOUNDED), np.arange(len(BOUNDED), dtype=np.int32), box.low, box.high)
        model.run()
        status = model.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            solution = model.getSolution()
            multipliers, mixture = np.array(solution.row_dual[: len(BOUNDED)]), np.array(solution.col_value)
            value = multipliers_bound(self.points, coefficients, multipliers, box)
            return Bound(value, mixture @ self.points / mixture.sum(), Proof(multipliers))
        if status == highspy.HighsModelStatus.kInfeasible:
            multipliers = self._outside()
            if multipliers_bound(self.points, np.zeros(8), multipliers, box) < 0:
                return Bound(-math.inf, None, Proof(multipliers, empty=True))
        nothing = np.zeros(len(BOUNDED))
        return Bound(multipliers_bound(self.points, coefficients, nothing, box), None, Proof(nothing))

    @cached_property
    def _model(self) -> Any:
        """The linear program over weights of points: a row for each range, and one for their sum, 1."""
        import highspy

        model = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("presolve", "off"), ("parallel", "off")):
            model.setOptionValue(option, value)
        program = highspy.HighsLp()
        columns = np.column_stack([self.points[:, BOUNDED], np.ones(len(self.points))])
        program.num_col_, program.num_row_ = columns.shape
        program.sense_ = highspy.ObjSense.kMaximize
        program.col_cost_ = program.col_lower_ = np.zeros(len(columns))
        program.col_upper_ = np.full(len(columns), np.inf)
        program.row_lower_ = program.row_upper_ = np.ones(columns.shape[1])
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = np.arange(len(columns) + 1) * columns.shape[1]
        program.a_matrix_.index_ = np.tile(np.arange(columns.shape[1]), len(columns))
        program.a_matrix_.value_ = columns.ravel()
        model.passModel(program)
        return model

    def _outside(self) -> Floats:
        """Multipliers of size at most 1 that show that all mixtures are outside the last box."""
        _, found, ray = self._model.getDualRay()
        multipliers = -ray[: len(BOUNDED)] if found else np.zeros(len(BOUNDED))
        return multipliers / (np.abs(multipliers).max() or 1.0)


@dataclass(frozen=True, eq=False)
class QuantumOracle:
    """Quantum behaviors, by level 1+AB of the hierarchy of Navascués, Pironio and Acín."""

    game: StaticGame

    correlations = CorrelationSet.QUANTUM

    def bound(self, coefficients: Floats, box: Box) -> Bound:
        """The bound that the hierarchy proves; its point need not be quantum."""
        low, high = np.full((2, len(coefficients)), [[-math.inf], [math.inf]])
        low[list(BOUNDED)], high[list(BOUNDED)] = box.low, box.high
        found = self._relaxation.bound(coefficients, low, high)
        point = None if found.behavior is None else self.game.point(found.behavior)
        upper, dual = found.upper, found.dual
        if dual is None:
            upper, dual = self._unconstrained(coefficients, low, high)
        return Bound(upper, point, Proof(dual.multipliers[list(BOUNDED)], dual.matrix, empty=upper == -math.inf))

    def _unconstrained(self, coefficients: Floats, low: Floats, high: Floats) -> tuple[float, MomentDual]:
        """What no multipliers and the repair of an empty matrix prove, for where the solver proves nothing."""
        family = self._relaxation.family
        words = len(family.table.words)
        return family.proof(coefficients, low, high, np.zeros(len(low)), np.zeros((words, words)))

    @cached_property
    def _relaxation(self) -> PreparedRelaxation:
        """The relaxation of all functionals; symmetries they share are worth a search even if there are few words."""
        functionals, types = self.game.functionals, self.game.types
        others = tuple(LinearConstraint(each, -math.inf, math.inf) for each in functionals[1:])
        return PreparedRelaxation(NonlocalGame(functionals[0], np.ones((types, types)), others), LEVEL, smallest=2)


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
    """What multipliers prove of coefficients @ point over mixtures of points, shape (k, 8), in a box; rounded up.

    Where a product overflows nothing is proved: inf.
    """
    with np.errstate(all="ignore"):
        ends = np.where(multipliers > 0, box.high, box.low)
        largest = (points @ coefficients - points[:, BOUNDED] @ multipliers).max()
        sizes = np.abs(points).max(axis=0)
        size = sizes @ np.abs(coefficients) + 2 * np.maximum(sizes[list(BOUNDED)], np.abs(ends)) @ np.abs(multipliers)
        found = float(largest + multipliers @ ends + ROUNDING * size)
    return found if math.isfinite(found) else math.inf
