"""Conic programs whose matrix stays, for Clarabel, which takes new costs and right sides, and for SCS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from entsched.games.npa.cone import upper_triangle

Floats = NDArray[np.float64]

#: Below this size Clarabel's simple factorisation is as fast as the blocked one.
MAX_SIMPLE = 200
TOLERANCE = 1e-11
#: Regularisation, and whether solutions of linear systems are refined, which takes a fifth of the time. Clarabel's
#: default, 1e-8, stalls on some games; what stalls is solved again with more, the best is kept.
ATTEMPTS = ((1e-8, False), (1e-8, True), (1e-7, True), (1e-6, True))
GOOD_RESIDUAL = 1e-9
SCS_TOLERANCE = 1e-7
SCS_ITERATIONS = 10_000

#: Whether the problem is bounded; its solution, or a ray; the dual solution.
Solved = tuple[bool, Floats, Floats]


@dataclass(frozen=True, eq=False)
class Conic:
    """min cost . v such that right - matrix @ v lies in zeros x nonnegatives x triangles."""

    matrix: sp.csc_matrix
    zeros: int
    nonnegatives: int
    sizes: list[int]


class Interior:
    """Clarabel's solver for one matrix. A solution does not depend on what was solved before.

    Parameters
    ----------
    conic : the matrix and the cones
    """

    def __init__(self, conic: Conic) -> None:
        import clarabel

        self._size = conic.matrix.shape[1]
        cones = [clarabel.ZeroConeT(conic.zeros), clarabel.NonnegativeConeT(conic.nonnegatives)]
        cones += [clarabel.PSDTriangleConeT(size) for size in conic.sizes]
        nothing, cost, right = sp.csc_matrix((self._size,) * 2), np.ones(self._size), np.zeros(conic.matrix.shape[0])
        settings = self._settings(*ATTEMPTS[0], None)
        self._solver = clarabel.DefaultSolver(nothing, cost, conic.matrix, right, cones, settings)
        self._rays = (clarabel.SolverStatus.DualInfeasible, clarabel.SolverStatus.AlmostDualInfeasible)

    def solve(self, cost: Floats, right: Floats, time_limit_s: float | None) -> Solved:
        """The best of several attempts.

        Parameters
        ----------
        cost, right : of the program
        time_limit_s : of each attempt
        """
        found = []
        for attempt in ATTEMPTS:
            self._solver.update(q=cost, b=right, settings=self._settings(*attempt, time_limit_s))
            found.append(self._solver.solve())
            if found[-1].status in self._rays or _residual(found[-1]) < GOOD_RESIDUAL:
                break
        bounded = found[-1].status not in self._rays
        best = min(found, key=_residual) if bounded else found[-1]
        return bounded, np.nan_to_num(best.x), np.nan_to_num(best.z)

    def _settings(self, regularisation: float, refined: bool, time_limit_s: float | None) -> Any:
        import clarabel

        settings = clarabel.DefaultSettings()
        settings.verbose = settings.presolve_enable = settings.chordal_decomposition_enable = False
        settings.max_threads = 1
        settings.time_limit = time_limit_s or np.inf
        settings.direct_solve_method = "qdldl" if self._size <= MAX_SIMPLE else "faer"
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = TOLERANCE
        settings.static_regularization_constant = regularisation
        settings.iterative_refinement_enable = refined
        return settings


def _residual(solution: Any) -> float:
    residual = max(solution.r_prim, solution.r_dual)
    return residual if np.isfinite(residual) else np.inf


def solved_by_scs(conic: Conic, cost: Floats, right: Floats, time_limit_s: float | None) -> Solved:
    """As :class:`Interior`, for large programs.

    Parameters
    ----------
    conic : its triangles lie column by column; SCS wants lower ones, row by row
    cost, right : of the program
    time_limit_s : after which it returns what it has
    """
    import scs

    start = conic.zeros + conic.nonnegatives
    order = [np.arange(start)]
    for size in conic.sizes:
        rows, columns = upper_triangle(size)
        order.append(start + np.lexsort((columns, rows)))
        start += len(rows)
    permutation = np.concatenate(order)
    data = {"A": sp.csc_matrix(conic.matrix[permutation]), "b": right[permutation], "c": cost}
    cone = {"z": conic.zeros, "l": conic.nonnegatives, "s": conic.sizes}
    tolerances = {"eps_abs": SCS_TOLERANCE, "eps_rel": SCS_TOLERANCE, "max_iters": SCS_ITERATIONS}
    solver = scs.SCS(data, cone, verbose=False, time_limit_secs=time_limit_s or 0.0, **tolerances)
    solution = solver.solve()
    bounded = not solution["info"]["status"].startswith("unbounded")
    return bounded, np.nan_to_num(solution["x"]), np.nan_to_num(solution["y"])[np.argsort(permutation)]
