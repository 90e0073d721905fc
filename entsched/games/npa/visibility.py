"""How much white noise brings a behavior into a level of the hierarchy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame, finite_array
from entsched.games.npa.cone import plain_inequality
from entsched.games.npa.moments import MomentTable, level_table
from entsched.games.npa.repair import proved_bound, repaired
from entsched.games.npa.solvers import maximise
from entsched.games.npa.words import Level

Floats = NDArray[np.float64]

_TOLERANCE = 1e-9
_NEAR_NOISE = 1e-6
_UNIT = np.finfo(float).eps / 2


def visibility_bound(p: ArrayLike, level: Level = "1+ab") -> float:
    """An upper bound, proved, on the largest v <= 1 for which v p + (1 - v) / (answers) is in the level.

    No quantum experiment has a larger v; below 1, p is proved not to be quantum.

    Parameters
    ----------
    p : behavior (a, b, x, y), normalised and no-signalling to 1e-9
    level : see :func:`entsched.games.npa.words.level_words`

    Raises
    ------
    GameError : if p is no no-signalling behavior, or the level is none

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> round(visibility_bound(((a ^ b) == (x & y)) / 2, level=1), 6)  # the Popescu-Rohrlich box
    0.707107
    """
    p = _checked(p)
    table = level_table(NonlocalGame(np.zeros(p.shape)), level)
    moments, given = _known_moments(table, p)
    _, noise = _known_moments(table, np.full(p.shape, 1 / (p.shape[0] * p.shape[1])))
    change = given - noise
    largest = int(np.argmax(np.abs(change)))
    if abs(change[largest]) < _NEAR_NOISE:
        return 1.0
    forms = np.zeros((len(moments), table.number))
    forms[np.arange(len(moments)), moments] = 1
    forms[:, 0] = -noise
    objective = forms[largest] / change[largest]
    others = np.delete(forms - change[:, None] * objective, largest, axis=0)
    found = maximise(plain_inequality(table), objective, [(form, 0.0, 0.0) for form in others])
    lagrangian = objective - found.multipliers @ others
    matrix = repaired(table, lagrangian, found.dual_parts[0])
    sizes = np.abs(objective).sum() + np.abs(found.multipliers) @ (1 + np.abs(others).sum(axis=1))
    rounding = 8 * (len(others) + 4) * _UNIT * float(sizes) * (1 + 1 / abs(change[largest]))
    return min(1.0, math.nextafter(proved_bound(table, lagrangian, matrix) + rounding, math.inf))


def _checked(p: ArrayLike) -> Floats:
    array = finite_array(p, "behavior", (4,))
    spread = [np.ptp(array.sum(axis=1), axis=2).max(), np.ptp(array.sum(axis=0), axis=1).max()]
    worst = max(float(np.abs(array.sum(axis=(0, 1)) - 1).max()), float(-array.min()), *map(float, spread))
    if worst > _TOLERANCE:
        raise GameError(f"behavior given is off by {worst:.1e}, allowed: positive, normalised, no-signalling to 1e-9")
    return array


def _known_moments(table: MomentTable, p: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The moments that a behavior fixes, and their values."""
    rows_a, rows_b = table.letters
    pairs = table.index[rows_a[:, None, :, None], rows_b[None, :, None, :]]
    moments = np.concatenate([table.index[0, rows_a].ravel(), table.index[0, rows_b].ravel(), pairs.ravel()])
    marginals = [p.sum(axis=1)[:-1].mean(axis=2).ravel(), p.sum(axis=0)[:-1].mean(axis=1).ravel()]
    return moments, np.concatenate([*marginals, p[:-1, :-1].ravel()])
