"""A relaxation that is asked many times: blocks, moments and matrices once, then only objectives and ranges."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.games.nonlocal_game import NonlocalGame
from entsched.games.npa.blocks import SMALL, symmetry_blocks
from entsched.games.npa.cone import plain_inequality, reduced_inequality
from entsched.games.npa.family import Family
from entsched.games.npa.solvers import Approximation, Program, finite_ends
from entsched.games.npa.words import Level
from entsched.games.value import MomentDual

Floats = NDArray[np.float64]

_TINY = np.array([1e-100])


class MomentBound(NamedTuple):
    """A proved upper bound, the behavior of the relaxation that comes near it (None if there is none), and its proof.

    If the ranges are proved to admit no quantum behavior, the bound is -inf, and the proof is one of a negative bound
    on the objective 0. Where nothing is proved the bound is inf.
    """

    upper: float
    behavior: Floats | None
    dual: MomentDual | None


class PreparedRelaxation:
    """A level of the hierarchy for all objectives that combine some functionals, whose ranges may be given.

    The symmetries that are used are those that all functionals share. An answer does not depend on earlier questions.

    Parameters
    ----------
    game : its objective, and then the coefficients of its constraints, are the functionals; their ranges do not count
    level : see :func:`entsched.games.npa.words.level_words`
    smallest : moment matrices with fewer rows are solved without a search for symmetries

    Raises
    ------
    GameError
        If the level is none, or has more than 1500 words.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> chsh = PreparedRelaxation(NonlocalGame((a ^ b) == (x & y)), level=1)
    >>> free = np.array([np.inf])
    >>> most, least = (chsh.bound(np.array([sign]), -free, free).upper for sign in (1.0, -1.0))
    >>> round(most, 6), round(-least, 6), chsh.bound(np.ones(1), np.array([0.9]), free).upper
    (0.853553, 0.146447, -inf)
    """

    def __init__(self, game: NonlocalGame, level: Level, smallest: int = SMALL) -> None:
        self.family = Family.of(game, level)
        table = self.family.table
        blocks = symmetry_blocks(game, level, table.words, smallest)
        self._inequality = plain_inequality(table) if blocks is None else reduced_inequality(table, blocks)
        self._forms = np.array([self._inequality.form(form) for form in self.family.forms])
        self._programs: dict[bytes, Program] = {}

    def bound(self, objective: Floats, low: Floats, high: Floats, time_limit_s: float | None = None) -> MomentBound:
        """An upper bound on a combination of the functionals over quantum behaviors with functionals in ranges.

        Parameters
        ----------
        objective : array (k,), how much of each functional
        low, high : arrays (k,), the ranges, which may be infinite
        time_limit_s : for the solver; what it has by then is proved, and may be loose
        """
        family, inequality = self.family, self._inequality
        size = float(np.abs((objective @ family.forms)[1:]).max(initial=0)) or 1.0
        found = self._program(low, high).maximise(objective / size @ self._forms, low, high, time_limit_s)
        matrix = inequality.dual(found.dual_parts)
        if not found.feasible:
            size = _size(found)
            upper, dual = family.proof(np.zeros(len(low)), low, high, found.multipliers * size, matrix * size)
            return MomentBound(-math.inf, None, dual) if upper < 0 else MomentBound(math.inf, None, None)
        upper, dual = family.proof(objective, low, high, found.multipliers * size, matrix * size)
        behavior = family.table.behavior(inequality.moment_matrix(found.parts))
        return MomentBound(upper, behavior, dual if upper < math.inf else None)

    def _program(self, low: Floats, high: Floats) -> Program:
        kinds = np.array([low == high, np.isfinite(low), np.isfinite(high)]).tobytes()
        if kinds not in self._programs:
            self._programs[kinds] = Program(self._inequality, self._forms, finite_ends(low, high))
        return self._programs[kinds]


def _size(ray: Approximation) -> float:
    """What scales a ray to entries of at most 1."""
    return 1 / max(float(np.abs(values).max(initial=0)) for values in [ray.multipliers, *ray.dual_parts, _TINY])
