"""Upper bounds on the quantum value of a game: one relaxation of the hierarchy, solved and then proved."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame
from entsched.games.npa.blocks import symmetry_blocks
from entsched.games.npa.cone import Inequality, plain_inequality, reduced_inequality
from entsched.games.npa.moments import MomentTable, moment_table
from entsched.games.npa.repair import proved_bound, repaired
from entsched.games.npa.solvers import Approximation, maximise
from entsched.games.npa.words import Level, level_words
from entsched.games.value import GameValue, MomentDual

Floats = NDArray[np.float64]

_UNIT = np.finfo(float).eps / 2
_TINY = np.array([1e-100])


def npa_value(game: NonlocalGame, level: Level = "1+ab", time_limit_s: float | None = None) -> GameValue:
    """max sum pi payoff P over behaviors P with a moment matrix Gamma >= 0 of the level: at least the quantum value.

    Gamma[i, j] = <w_i^T w_j> over products w of projectors (Navascués, Pironio & Acín 2008, arXiv:0803.4290).
    Symmetries are used. A dual matrix proves the upper end; without a strategy the lower is -inf.

    Parameters
    ----------
    game : with or without constraints
    level : 1, 2, 3, ..., "1+ab", "2+aab", ..., or a list of words added to level 1 (see
        :func:`entsched.games.npa.words.level_words`)
    time_limit_s : for the solver; what it has by then is proved, and may be loose

    Returns
    -------
    GameValue
        ``behavior`` is that of the relaxation, which may not be quantum. If the constraints are proved to admit
        no quantum behavior, ``upper`` is -inf and ``dual`` proves a negative bound on the objective 0.

    Raises
    ------
    GameError
        If the level is none, or has more than 1500 words.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> value = npa_value(NonlocalGame(payoff=(a ^ b) == (x & y)), level=1)
    >>> round(value.upper, 6), value.upper >= (2 + 2**0.5) / 4
    (0.853553, True)
    """
    start = time.perf_counter()
    table = moment_table(level_words(game, level), game.answers, game.questions)
    inequality, found, size = _solved(game, level, table, time_limit_s)
    matrix = inequality.dual(found.dual_parts)
    behavior = table.behavior(inequality.moment_matrix(found.parts)) if found.feasible else None
    weights, size = (game.weights, size) if found.feasible else (np.zeros_like(game.weights), _size(found))
    upper, dual = _proof(game, table, weights, found.multipliers * size, matrix * size)
    if not found.feasible:
        upper = -math.inf if upper < 0 else math.inf
    proof, wall_time = (dual if upper < math.inf else None), time.perf_counter() - start
    return GameValue("quantum", -math.inf, upper, game.scale, behavior, dual=proof, wall_time_s=wall_time)


def multiplier_bound(game: NonlocalGame, level: Level, multipliers: Floats, matrix: Floats) -> float:
    """What multipliers of the constraints and a dual matrix prove of the quantum value, without a solver, rounded up.

    Parameters
    ----------
    multipliers : array (constraints,)
    matrix : array (words, words), symmetric, for the words of the level; it is repaired first

    Raises
    ------
    GameError
        If the matrix does not have the size of the level.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> chsh = NonlocalGame(payoff=(a ^ b) == (x & y))
    >>> found = npa_value(chsh, level=1)
    >>> multiplier_bound(chsh, 1, found.dual.multipliers, found.dual.matrix) <= found.upper + 1e-12
    True
    """
    table = moment_table(level_words(game, level), game.answers, game.questions)
    if matrix.shape != table.index.shape or len(multipliers) != len(game.constraints):
        raise GameError(f"dual matrix has shape {matrix.shape}, allowed: {table.index.shape}, one row for each word")
    return _proof(game, table, game.weights, multipliers, matrix)[0]


def _solved(
    game: NonlocalGame, level: Level, table: MomentTable, time_limit_s: float | None
) -> tuple[Inequality, Approximation, float]:
    """The relaxation, its approximate solution, and the unit of the objective that was solved for."""
    blocks = symmetry_blocks(game, level, table.words)
    inequality = plain_inequality(table) if blocks is None else reduced_inequality(table, blocks)
    constraints = [(table.functional(c.coefficients), c.lower, c.upper) for c in game.constraints]
    objective = table.functional(game.weights)
    size = float(np.abs(objective[1:]).max(initial=0)) or 1.0
    return inequality, maximise(inequality, objective / size, constraints, time_limit_s), size


def _size(ray: Approximation) -> float:
    """What scales a ray to entries of at most 1."""
    return 1 / max(float(np.abs(values).max(initial=0)) for values in [ray.multipliers, *ray.dual_parts, _TINY])


def _proof(
    game: NonlocalGame, table: MomentTable, weights: Floats, multipliers: Floats, matrix: Floats
) -> tuple[float, MomentDual]:
    """The bound on sum weights P that a repaired dual proves, all rounding included."""
    multipliers = np.array([_allowed(k, c) for k, c in zip(multipliers, game.constraints, strict=True)])
    lagrangian, sizes = weights.copy(), np.abs(weights)
    constant = []
    for k, c in zip(multipliers, game.constraints, strict=True):
        lagrangian -= k * c.coefficients
        sizes += abs(k) * np.abs(c.coefficients)
        constant.append(float(k * (c.upper if k > 0 else c.lower)) if k else 0.0)
    objective = table.functional(lagrangian)
    matrix = repaired(table, objective, matrix)
    operations = weights[0, 0].size + len(multipliers) + 10
    rounding = 8 * operations * _UNIT * float(sizes.sum() + np.abs(constant).sum())
    bound = math.fsum([proved_bound(table, objective, matrix), *constant, rounding])
    return math.nextafter(bound, math.inf), MomentDual(multipliers, table.words, matrix)


def _allowed(multiplier: float, constraint: LinearConstraint) -> float:
    """The multiplier, zero if it would price the infinite end of the range."""
    end = constraint.upper if multiplier > 0 else constraint.lower
    return float(multiplier) if math.isfinite(end) else 0.0
