"""The dual of the relaxation, solved by Clarabel if it is small and by SCS if it is large.

Both are called directly: cvxpy 1.9 takes 1.7 s to import and twice as long as all of this for I3322 at level
1+AB (34 ms, of which the solver has 19). The dual (the matrix Z as variable, one equality for each moment)
leaves residuals and a gap 10 to 100 times smaller than the moments as variables do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from entsched.games.npa.cone import Inequality, upper_triangle

Floats = NDArray[np.float64]

#: Clarabel factors dense matrices of about this size; larger ones take it minutes.
MAX_INTERIOR = 2000
#: Below this size Clarabel's simple factorisation is as fast as the blocked one.
MAX_SIMPLE = 100
TOLERANCE = 1e-11
#: Clarabel's default, 1e-8, stalls on some games; what stalls is solved again with more, the best is kept.
REGULARISATIONS = (1e-8, 1e-7, 1e-6)
GOOD_RESIDUAL = 1e-9
SCS_TOLERANCE = 1e-7
SCS_ITERATIONS = 10_000


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


@dataclass(frozen=True, eq=False)
class _Conic:
    """min cost . v such that right - matrix @ v lies in zeros x nonnegatives x triangles."""

    matrix: sp.csc_matrix
    right: Floats
    cost: Floats
    zeros: int
    nonnegatives: int
    sizes: list[int]


def maximise(
    inequality: Inequality,
    objective: Floats,
    constraints: Sequence[tuple[Floats, float, float]] = (),
    time_limit_s: float | None = None,
) -> Approximation:
    """min y + sum_k end_k c_k such that objective . m - sum_k c_k C_k . m + <Z, Gamma(m)> = y for all m, and Z >= 0.

    Parameters
    ----------
    inequality : the relaxation
    objective : array (moments,)
    constraints : (C_k, lower, upper), with C_k an array (moments,)
    time_limit_s : after which the solver returns what it has
    """
    scaling = np.concatenate([np.where(i == j, 1.0, np.sqrt(2)) for i, j in map(upper_triangle, inequality.sizes)])
    entries = sp.diags_array(scaling) @ inequality.entries
    ends = sorted((end for k, (_, *r) in enumerate(constraints) for end in _ends(k, *r)), key=lambda end: not end.free)
    forms = [inequality.form(end.sign * constraints[end.number][0]) for end in ends]
    linear = -np.column_stack([inequality.unit, *forms])
    signed = len(ends) - sum(end.free for end in ends)
    selection = sp.eye_array(signed, 1 + len(ends), k=1 + len(ends) - signed)
    matrix = sp.block_array(
        [[entries.T, sp.csc_array(linear)], [None, -selection], [-sp.eye_array(len(scaling)), None]], format="csc"
    )
    right = np.append(-inequality.form(objective), np.zeros(signed + len(scaling)))
    cost = np.concatenate([np.zeros(len(scaling)), [1.0], [end.price for end in ends]])
    conic = _Conic(sp.csc_matrix(matrix), right, cost, len(linear), signed, inequality.sizes)
    solve = _clarabel if max(conic.zeros, len(scaling)) <= MAX_INTERIOR else _scs
    bounded, variables, slopes = solve(conic, time_limit_s)
    multipliers = np.zeros(len(constraints))
    for end, value in zip(ends, variables[len(scaling) + 1 :], strict=True):
        multipliers[end.number] += end.sign * value
    dual, moments = variables[: len(scaling)] / scaling, slopes[len(slopes) - len(scaling) :] / scaling
    return Approximation(bounded, inequality.matrices(dual), inequality.matrices(moments), multipliers)


class _End(NamedTuple):
    """A finite end of a constraint's range: sign sum C P <= price (equal, if the multiplier is free)."""

    number: int
    sign: int
    price: float
    free: bool


def _ends(number: int, lower: float, upper: float) -> list[_End]:
    if lower == upper:
        return [_End(number, 1, upper, True)]
    both = [_End(number, 1, upper, False), _End(number, -1, -lower, False)]
    return [end for end in both if np.isfinite(end.price)]


def _clarabel(conic: _Conic, time_limit_s: float | None) -> tuple[bool, Floats, Floats]:
    """Whether the problem is bounded; its solution, or a ray; the dual solution."""
    import clarabel

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.time_limit = time_limit_s or np.inf
    settings.direct_solve_method = "qdldl" if len(conic.cost) <= MAX_SIMPLE else "faer"
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = TOLERANCE
    cones = [clarabel.ZeroConeT(conic.zeros), clarabel.NonnegativeConeT(conic.nonnegatives)]
    cones += [clarabel.PSDTriangleConeT(size) for size in conic.sizes]
    nothing = sp.csc_matrix((len(conic.cost),) * 2)
    unbounded = (clarabel.SolverStatus.DualInfeasible, clarabel.SolverStatus.AlmostDualInfeasible)
    found = []
    for settings.static_regularization_constant in REGULARISATIONS:
        solution = clarabel.DefaultSolver(nothing, conic.cost, conic.matrix, conic.right, cones, settings).solve()
        found.append(solution)
        if solution.status in unbounded or _residual(solution) < GOOD_RESIDUAL:
            break
    best = min(found, key=_residual) if found[-1].status not in unbounded else found[-1]
    return best.status not in unbounded, np.nan_to_num(best.x), np.nan_to_num(best.z)


def _residual(solution: Any) -> float:
    residual = max(solution.r_prim, solution.r_dual)
    return residual if np.isfinite(residual) else np.inf


def _scs(conic: _Conic, time_limit_s: float | None) -> tuple[bool, Floats, Floats]:
    """As :func:`_clarabel`; SCS wants lower triangles column by column."""
    import scs

    start = conic.zeros + conic.nonnegatives
    order = [np.arange(start)]
    for size in conic.sizes:
        rows, columns = upper_triangle(size)
        order.append(start + np.lexsort((columns, rows)))
        start += len(rows)
    permutation = np.concatenate(order)
    data = {"A": sp.csc_matrix(conic.matrix[permutation]), "b": conic.right[permutation], "c": conic.cost}
    cone = {"z": conic.zeros, "l": conic.nonnegatives, "s": conic.sizes}
    tolerances = {"eps_abs": SCS_TOLERANCE, "eps_rel": SCS_TOLERANCE, "max_iters": SCS_ITERATIONS}
    solver = scs.SCS(data, cone, verbose=False, time_limit_secs=time_limit_s or 0.0, **tolerances)
    solution = solver.solve()
    bounded = not solution["info"]["status"].startswith("unbounded")
    return bounded, np.nan_to_num(solution["x"]), np.nan_to_num(solution["y"])[np.argsort(permutation)]
