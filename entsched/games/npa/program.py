"""Upper bounds on the quantum value of a game: one relaxation of the hierarchy, solved and then proved."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame
from entsched.games.npa.family import Family
from entsched.games.npa.prepared import PreparedRelaxation
from entsched.games.npa.words import Level
from entsched.games.value import GameValue

Floats = NDArray[np.float64]


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
    upper, behavior, dual = PreparedRelaxation(game, level).bound(_first(game), *_ranges(game), time_limit_s)
    own = None if dual is None else dual._replace(multipliers=dual.multipliers[1:])
    wall_time = time.perf_counter() - start
    return GameValue("quantum", -math.inf, upper, game.scale, behavior, dual=own, wall_time_s=wall_time)


def multiplier_bound(game: NonlocalGame, level: Level, multipliers: Floats, matrix: Floats) -> float:
    """What multipliers of the constraints and a dual matrix prove of the quantum value, without a solver, rounded up.

    Parameters
    ----------
    multipliers : array (constraints,)
    matrix : array (words, words), symmetric, for the words of the level; it is also repaired, and the better one counts

    Raises
    ------
    GameError
        If the matrix does not have the size of the level.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> chsh = NonlocalGame(payoff=(a ^ b) == (x & y))
    >>> found = npa_value(chsh, level=1)
    >>> multiplier_bound(chsh, 1, found.dual.multipliers, found.dual.matrix) <= found.upper
    True
    """
    family = Family.of(game, level)
    shape = family.table.index.shape
    if matrix.shape != shape or len(multipliers) != len(game.constraints):
        raise GameError(f"dual matrix has shape {matrix.shape}, allowed: {shape}, one row for each word")
    data = (_first(game), *_ranges(game), np.append(0.0, multipliers), matrix)
    return min(family.bound(*data), family.proof(*data)[0])


def _first(game: NonlocalGame) -> Floats:
    """The objective as a combination of the objective and the constraints."""
    return np.eye(1, 1 + len(game.constraints))[0]


def _ranges(game: NonlocalGame) -> tuple[Floats, Floats]:
    """The ranges of the objective, which has none, and of the constraints."""
    low, high = ([c.lower for c in game.constraints], [c.upper for c in game.constraints])
    return np.array([-math.inf, *low]), np.array([math.inf, *high])
