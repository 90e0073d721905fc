"""The dual of the relaxation, solved by Clarabel if it is small and by SCS if it is large.

Both are called directly: cvxpy 1.9 takes 1.7 s to import and twice as long as all of this for I3322 at level
1+AB (34 ms, of which the solver has 19). The dual (the matrix Z as variable, one equality for each moment)
leaves residuals and a gap 10 to 100 times smaller than the moments as variables do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from entsched.games.npa.cone import Inequality
from entsched.games.npa.conic import Conic, Interior, solved_by_scs

Floats = NDArray[np.float64]

#: Clarabel factors dense matrices of about this size; larger ones take it minutes.
MAX_INTERIOR = 2000


@dataclass(frozen=True, eq=False)
class Approximation:
    """What a solver returned: nothing here is proved.

    Attributes
    ----------
    feasible : whether the solver found the relaxation feasible; if not, the dual is a ray
    dual_parts, parts : the dual matrix and the moment matrix, block by block
    multipliers : one for each constraint
    """

    feasible: bool
    dual_parts: list[Floats]
    parts: list[Floats]
    multipliers: Floats


class End(NamedTuple):
    """A finite end of the range of a functional: its upper one (sign 1) or lower one (sign -1), or both (free)."""

    number: int
    sign: int
    free: bool


def finite_ends(low: Floats, high: Floats) -> tuple[End, ...]:
    """The finite ends of ranges; those with both ends equal come first, as one.

    Examples
    --------
    >>> [end[:2] for end in finite_ends(np.array([-np.inf, 0.0, 1.0]), np.array([2.0, 1.0, 1.0]))]
    [(2, 1), (0, 1), (1, -1), (1, 1)]
    """
    free = [End(k, 1, True) for k in np.flatnonzero(low == high).tolist()]
    signed = [End(k, sign, False) for k in np.flatnonzero(low < high).tolist() for sign in (-1, 1)]
    return (*free, *(end for end in signed if np.isfinite((low, high)[end.sign > 0][end.number])))


class Program:
    """min y + sum_k end_k c_k such that objective . m - sum_k c_k F_k . m + <Z, Gamma(m)> = y for all m, and Z >= 0.

    Parameters
    ----------
    inequality : the relaxation
    forms : array (k, variables): functionals F_k as forms in its variables
    ends : which ends of their ranges are finite; where they are is said later
    """

    def __init__(self, inequality: Inequality, forms: Floats, ends: tuple[End, ...]) -> None:
        self._inequality, self._functionals, self._ends = inequality, len(forms), ends
        self._numbers = np.array([end.number for end in ends], dtype=int)
        self._signs = np.array([end.sign for end in ends], dtype=float)
        self._scaling = np.concatenate([np.where(i == j, 1.0, np.sqrt(2)) for i, j in inequality.triangles])
        entries = sp.diags_array(self._scaling) @ inequality.entries
        linear = -np.column_stack([inequality.unit, *(self._signs[:, None] * forms[self._numbers])])
        signed, size = sum(not end.free for end in ends), len(self._scaling)
        selection = sp.eye_array(signed, 1 + len(ends), k=1 + len(ends) - signed)
        matrix = sp.block_array(
            [[entries.T, sp.csc_array(linear)], [None, -selection], [-sp.eye_array(size), None]], format="csc"
        )
        self._conic = Conic(sp.csc_matrix(matrix), len(linear), signed, inequality.sizes)

    @cached_property
    def _interior(self) -> Interior:
        return Interior(self._conic)

    def maximise(
        self, objective: Floats, low: Floats, high: Floats, time_limit_s: float | None = None
    ) -> Approximation:
        """The solution for an objective and ranges whose finite ends are those of the program.

        Parameters
        ----------
        objective : array (variables,), a form
        low, high : arrays (k,)
        time_limit_s : after which the solver returns what it has
        """
        conic, size = self._conic, len(self._scaling)
        right = np.zeros(conic.matrix.shape[0])
        right[: conic.zeros] = -objective
        cost = np.zeros(conic.matrix.shape[1])
        cost[size] = 1.0
        cost[size + 1 :] = self._signs * np.where(self._signs > 0, high[self._numbers], low[self._numbers])
        small = max(conic.zeros, size) <= MAX_INTERIOR
        solved: Any = self._interior.solve if small else lambda *data: solved_by_scs(conic, *data)
        bounded, variables, slopes = solved(cost, right, time_limit_s)
        multipliers = np.zeros(self._functionals)
        np.add.at(multipliers, self._numbers, self._signs * variables[size + 1 :])
        dual, moments = variables[:size] / self._scaling, slopes[len(slopes) - size :] / self._scaling
        matrices = self._inequality.matrices
        return Approximation(bounded, matrices(dual), matrices(moments), multipliers)


def maximise(
    inequality: Inequality, objective: Floats, constraints: Sequence[tuple[Floats, float, float]] = ()
) -> Approximation:
    """A program that is solved once.

    Parameters
    ----------
    inequality : the relaxation
    objective : array (moments,)
    constraints : (C_k, lower, upper), with C_k an array (moments,)
    """
    low, high = (np.array([c[end] for c in constraints], dtype=float) for end in (1, 2))
    forms = np.array([inequality.form(c[0]) for c in constraints]).reshape(
        len(constraints), inequality.entries.shape[1]
    )
    program = Program(inequality, forms, finite_ends(low, high))
    return program.maximise(inequality.form(objective), low, high)
