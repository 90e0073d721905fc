"""The no-signalling value of a game: a linear program, with both ends proved without trusting the solver."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csc_array, hstack, vstack

from entsched.behavior import CorrelationSet
from entsched.errors import GameError
from entsched.games.forms import (
    behavior_from_collins_gisin,
    collins_gisin_form,
    collins_gisin_positivity,
    functional_to_collins_gisin,
)
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame
from entsched.games.value import GameValue, NoSignallingDual

Floats = NDArray[np.float64]

#: The largest table that the linear program takes on.
MAX_TABLE = 20_000
#: The largest XOR game with side constraints, questions of A times questions of B.
MAX_CORRELATORS = 1_000_000
#: How far a side constraint may be missed, in units of its largest possible value.
FEASIBILITY = 1e-9

#: The smallest tolerances of the linear-programming solver.
TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def nosignalling_value(game: NonlocalGame | XorGame) -> GameValue:
    """max sum W P over no-signalling P[a, b, x, y] that meet the side constraints, with its proof.

    A linear program in the Collins-Gisin coordinates of P; for an XOR game in E[x, y], free in
    [-1, 1], so that the value without constraints is offset + sum |W|. The behavior is repaired
    to be non-negative and no-signalling to 1e-12; the upper end is :func:`nosignalling_bound` of
    potentials read off the dual solution. If the side constraints cannot be met, both ends are
    -inf, and the dual proves it: its bound for the objective zero is negative.

    Parameters
    ----------
    game : a table of at most 20 000 entries; an XOR game of any size, with side constraints of
        at most 10^6 pairs of questions

    Raises
    ------
    GameError
        If the game is larger.

    References
    ----------
    Popescu and Rohrlich, Found. Phys. 24, 379 (1994).

    Examples
    --------
    >>> round(nosignalling_value(XorGame([[0.25, 0.25], [0.25, -0.25]])).lower, 12)
    1.0
    """
    start = time.perf_counter()
    behavior, dual = _solve_xor(game) if isinstance(game, XorGame) else _solve_table(game)
    if behavior is not None and not meets(game.constraints, behavior):
        behavior = None
    upper = nosignalling_bound(game, dual)
    if behavior is None and nosignalling_bound(_without_objective(game), dual) < 0:
        upper = -np.inf
    return GameValue(
        correlations=CorrelationSet.NO_SIGNALLING,
        lower=-np.inf if behavior is None else min(game.evaluate(behavior), upper),
        upper=upper,
        scale=game.scale,
        behavior=behavior,
        dual=dual,
        wall_time_s=time.perf_counter() - start,
    )


def nosignalling_bound(game: NonlocalGame | XorGame, dual: NoSignallingDual) -> float:
    """sum_xy max_ab (W - sum l C + f + g) + sum_k (l_k upper_k if l_k > 0 else l_k lower_k), rounded up.

    An upper bound on the no-signalling value for any dual: f and g are first projected to
    sum_y f[a, x, y] = 0 and sum_x g[b, x, y] = 0.

    Parameters
    ----------
    dual : multipliers (constraints,), f (answers of A, x, y) and g (answers of B, x, y);
        an XOR game needs no potentials: there f and g are empty, and the bound is sum |W - sum l C|

    Examples
    --------
    >>> nothing = np.zeros((0, 1, 1))
    >>> round(nosignalling_bound(XorGame([[-3.0]]), NoSignallingDual(np.zeros(0), nothing, nothing)), 12)
    3.0
    """
    weights = priced(game.weights, game.constraints, dual.multipliers)
    if isinstance(game, XorGame):
        best, offset, size = float(np.abs(weights).sum()), game.offset, abs(game.offset)
    else:
        f = dual.f - dual.f.mean(axis=2, keepdims=True)
        g = dual.g - dual.g.mean(axis=1, keepdims=True)
        best, offset = float((weights + f[:, None] + g[None]).max(axis=(0, 1)).sum()), 0.0
        size = float(np.abs(f).max(axis=0).sum() + np.abs(g).max(axis=0).sum())
    ranges = range_term(game.constraints, dual.multipliers)
    terms = [abs(float(m)) * unit(c) for m, c in zip(dual.multipliers, game.constraints, strict=True)]
    size += game.scale + sum(terms) + abs(ranges)
    rounding = np.finfo(float).eps * (16 + len(terms) + sum(game.questions)) * size
    return float(best + offset + ranges + rounding)


def priced(weights: Floats, constraints: tuple[LinearConstraint, ...], multipliers: Floats) -> Floats:
    """W - sum_k multipliers[k] C_k: the objective with the side constraints priced in."""
    result = weights
    for multiplier, constraint in zip(multipliers, constraints, strict=True):
        result = result - multiplier * constraint.coefficients
    return result


def range_term(constraints: tuple[LinearConstraint, ...], multipliers: Floats) -> float:
    """The largest sum_k multipliers[k] v_k over values v_k in the ranges of the side constraints."""
    chosen = [
        multiplier * (constraint.upper if multiplier > 0 else constraint.lower)
        for multiplier, constraint in zip(multipliers, constraints, strict=True)
        if multiplier != 0
    ]
    return float(sum(chosen))


def admissible(constraints: tuple[LinearConstraint, ...], multipliers: Floats) -> Floats:
    """The multipliers, with zero where a missing bound would make the range term infinite."""
    lower, upper = (np.array([getattr(c, side) for c in constraints], dtype=float) for side in ("lower", "upper"))
    result = np.where(np.isposinf(upper), np.minimum(multipliers, 0.0), multipliers)
    return np.where(np.isneginf(lower), np.maximum(result, 0.0), result)


@dataclass(frozen=True, eq=False)
class _Program:
    """max objective . z with rows z <= limits, z between -bound and bound, lower <= sides z <= upper."""

    objective: Floats
    rows: csc_array
    limits: Floats
    bound: float
    sides: Floats
    lower: Floats
    upper: Floats

    def solve(self) -> _Optimum:
        """The optimum; without z, but with multipliers that prove it, if there is no feasible point."""
        optimum = self._optimum(slack=False)
        if optimum is None and len(self.sides):
            nearest = self._optimum(slack=True)
            if nearest is not None and nearest.violation > FEASIBILITY:
                return nearest._replace(z=None)
            by = 2 * (0.0 if nearest is None else nearest.violation)
            optimum = replace(self, lower=self.lower - by, upper=self.upper + by)._optimum(slack=False)
        if optimum is None:
            return _Optimum(None, np.zeros(len(self.sides)), np.zeros(len(self.limits)), np.inf)
        return optimum

    def _optimum(self, slack: bool) -> _Optimum | None:
        """The solver's optimum, or None; with ``slack``, the point that violates the sides least."""
        above, below = np.isfinite(self.upper), np.isfinite(self.lower)
        sides = csc_array(np.concatenate([self.sides[above], -self.sides[below]]))
        limits = np.concatenate([self.limits, self.upper[above], -self.lower[below]])
        matrix = vstack([self.rows, sides], format="csc") if sides.shape[0] else self.rows
        objective, bounds = self.objective, np.full((len(self.objective), 2), [-self.bound, self.bound])
        if slack:
            free = -1.0 * (np.arange(len(limits)) >= len(self.limits))
            matrix = hstack([matrix, csc_array(free[:, None])], format="csc")
            objective, bounds = np.append(0 * objective, -1.0), np.vstack([bounds, [0.0, np.inf]])
        result = linprog(-objective, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs", options=TIGHT)
        if result.status != 0:
            return None
        duals = -result.ineqlin.marginals
        multipliers = np.zeros(len(self.sides))
        cut = len(self.limits) + int(above.sum())
        multipliers[above] += duals[len(self.limits) : cut]
        multipliers[below] -= duals[cut:]
        z = result.x[:-1] if slack else result.x
        return _Optimum(z, multipliers, duals[: len(self.limits)], float(result.x[-1]) if slack else 0.0)


class _Optimum(NamedTuple):
    """z, the multipliers of the sides and of the rows, and how far the sides are violated."""

    z: Floats | None
    multipliers: Floats
    rows: Floats
    violation: float


def _solve_xor(game: XorGame) -> tuple[Floats | None, NoSignallingDual]:
    """The best correlator E[x, y] in [-1, 1] and its dual, which needs no potentials."""
    size, nothing = game.weights.size, np.zeros((0, *game.questions))
    if not game.constraints:
        return np.where(game.weights < 0, -1.0, 1.0), NoSignallingDual(np.zeros(0), nothing, nothing)
    _refuse_larger(size, MAX_CORRELATORS)
    sides = np.stack([c.coefficients.ravel() for c in game.constraints])
    units, lower, upper = in_units(game.constraints)
    program = _Program(
        game.weights.ravel() / game.scale, csc_array((0, size)), np.zeros(0), 1.0, sides / units[:, None], lower, upper
    )
    optimum = program.solve()
    multipliers = admissible(game.constraints, optimum.multipliers / units * game.scale)
    correlator = None if optimum.z is None else np.clip(optimum.z, -1.0, 1.0).reshape(game.questions)
    return correlator, NoSignallingDual(multipliers, nothing, nothing)


def _solve_table(game: NonlocalGame) -> tuple[Floats | None, NoSignallingDual]:
    """The best behavior in Collins-Gisin coordinates, and potentials from the positivity multipliers."""
    _refuse_larger(game.payoff.size, MAX_TABLE)
    tables = [game.weights, *(c.coefficients for c in game.constraints)]
    forms = np.stack([functional_to_collins_gisin(table).vector() for table in tables])
    units, lower, upper = in_units(game.constraints)
    constants = forms[1:, 0] / units
    rows, limits = collins_gisin_positivity(game.payoff.shape)
    sides = forms[1:, 1:] / units[:, None]
    optimum = _Program(
        forms[0, 1:] / game.scale, rows, limits, np.inf, sides, lower - constants, upper - constants
    ).solve()
    multipliers = admissible(game.constraints, optimum.multipliers / units * game.scale)
    weights = priced(game.weights if optimum.z is not None else 0 * game.weights, game.constraints, multipliers)
    flat = weights + optimum.rows.reshape(weights.shape) * game.scale
    part_a = flat.mean(axis=1) - flat.mean(axis=(0, 1))
    part_b = flat.mean(axis=0) - flat.mean(axis=(0, 1))
    f, g = part_a.mean(axis=2, keepdims=True) - part_a, part_b.mean(axis=1, keepdims=True) - part_b
    behavior = None if optimum.z is None else _repaired(optimum.z, game.payoff.shape)
    return behavior, NoSignallingDual(multipliers, f, g)


def _repaired(z: Floats, shape: tuple[int, ...]) -> Floats:
    """The behavior at z, mixed with as much of the uniform one as removes negative entries."""
    uniform = 1 / (shape[0] * shape[1])
    best = behavior_from_collins_gisin(collins_gisin_form(np.append(1.0, z), shape))
    negative = max(0.0, -float(best.min()))
    share = negative / (negative + uniform)
    return np.maximum((1 - share) * best + share * uniform, 0.0)


def in_units(constraints: tuple[LinearConstraint, ...]) -> tuple[Floats, Floats, Floats]:
    """The unit of each side constraint, and its range in that unit, cut to [-2, 2] where it is finite.

    In units no behavior leaves [-1, 1]; larger numbers would be taken for infinite by the solver.
    """
    units = np.array([unit(c) for c in constraints])
    lower, upper = (np.array([getattr(c, side) for c in constraints], dtype=float) for side in ("lower", "upper"))
    lower, upper = (np.where(np.isfinite(end), np.clip(end / units, -2.0, 2.0), end) for end in (lower, upper))
    return units, lower, upper


def unit(constraint: LinearConstraint) -> float:
    """The size of a side constraint: no behavior gives more, up to its sign."""
    size = np.abs(constraint.coefficients)
    return float((size if size.ndim == 2 else size.max(axis=(0, 1))).sum()) or 1.0


def meets(constraints: tuple[LinearConstraint, ...], behavior: Floats) -> bool:
    """Whether every side constraint holds to 1e-9 of its unit."""
    values = [float(np.sum(c.coefficients * behavior)) for c in constraints]
    return all(
        c.lower - FEASIBILITY * unit(c) <= value <= c.upper + FEASIBILITY * unit(c)
        for c, value in zip(constraints, values, strict=True)
    )


def _without_objective(game: NonlocalGame | XorGame) -> NonlocalGame | XorGame:
    if isinstance(game, XorGame):
        return XorGame(0 * game.weights, 0.0, game.constraints)
    return NonlocalGame(0 * game.payoff, game.pi, game.constraints)


def _refuse_larger(size: int, limit: int) -> None:
    if size > limit:
        raise GameError(f"no-signalling value of {size} entries, allowed: at most {limit}")
