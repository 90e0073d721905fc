"""The quantum value of an XOR game: vectors that reach it and multipliers that prove it (Tsirelson's program)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from entsched.errors import GameError
from entsched.games.nonlocal_game import XorGame
from entsched.games.value import GameValue, Part, Vectors, XorDual
from entsched.games.xor.ascent import NEGLIGIBLE, climb, normalise_rows
from entsched.games.xor.bound import UNIT_ROUNDOFF, ScaledGram, dual_bound, smallest_scale

Floats = NDArray[np.float64]
Progress = Callable[[float, float], None]

#: Points that Anderson's mixing looks back on.
MEMORY = 20

#: Steps without halving the change after which the search gives up.
STALLED = 3000

#: Failed proofs after which the vectors get new directions, and all in all.
PATIENCE = 3
MAX_FAILURES = 15

#: Multipliers below this part of the largest weight of their row are raised to it.
FLOOR = 1e-11

#: The smallest gap, relative to the value, that is aimed at.
MIN_TOLERANCE = 1e-13


class Optimum(NamedTuple):
    """Unit rows u (n, r) and v (m, r), the sum W <u, v> they reach, and d, e that prove sum W E <= upper."""

    u: Floats
    v: Floats
    reached: float
    d: Floats
    e: Floats
    upper: float
    interrupted: bool = False


def xor_quantum_value(
    game: XorGame, tolerance: float = 1e-8, time_limit_s: float | None = None, progress: Progress | None = None
) -> GameValue:
    """Maximise offset + sum W[x, y] <u_x, v_y> over unit vectors: the quantum value (B. Tsirelson, 1980).

    The vectors are found by block-coordinate ascent in few dimensions (S. Burer and R. Monteiro,
    2003, doi:10.1007/s10107-002-0352-8), the upper end is proved by a Cholesky factorisation.

    Parameters
    ----------
    game : without side constraints (see :func:`entsched.games.xor.constrained.constrained_xor_value`)
    tolerance : the gap aimed at, in units of the value without offset; 1e-13 to 1
    time_limit_s : after this many seconds the best ends so far are returned
    progress : told the sum reached and the relative change of the last step, now and then

    Raises
    ------
    GameError
        If the game has side constraints, or the tolerance is out of range.

    Examples
    --------
    >>> chsh = xor_quantum_value(XorGame([[1, 1], [1, -1]]))
    >>> chsh.lower <= 8**0.5 <= chsh.upper, chsh.gap < 1e-8
    (True, True)
    """
    started = time.perf_counter()
    if game.constraints:
        raise GameError(f"game given with {len(game.constraints)} side constraints, allowed: none")
    if not MIN_TOLERANCE <= tolerance <= 1:
        raise GameError(f"tolerance given {tolerance}, allowed: {MIN_TOLERANCE} to 1")
    deadline = math.inf if time_limit_s is None else started + time_limit_s
    found = best_vectors(game.weights, tolerance, deadline=deadline, progress=progress)
    correlator = correlator_of(found.u, found.v)
    lower = lower_end(game, correlator, found.u.shape[1])
    upper = float(np.nextafter(game.offset + found.upper, np.inf))
    return GameValue(
        correlations="quantum",
        lower=min(lower, upper),
        upper=upper,
        scale=game.scale,
        behavior=correlator,
        strategy=(Part(1.0, Vectors(found.u, found.v)),),
        dual=XorDual(np.empty(0), found.d, found.e),
        interrupted=found.interrupted,
        wall_time_s=time.perf_counter() - started,
    )


def correlator_of(u: Floats, v: Floats) -> Floats:
    """E[x, y] = <u_x, v_y>, with rounding kept inside [-1, 1]."""
    return np.clip(u @ v.T, -1.0, 1.0)


def lower_end(game: XorGame, correlator: Floats, rank: int) -> float:
    """The value of the vectors with this computed correlator, less what rounding may have added."""
    value, size = game.evaluate(correlator), float(np.abs(game.weights).sum())
    return value - UNIT_ROUNDOFF * ((4 * rank + 60) * size + 4 * (abs(value) + abs(game.offset)))


def best_vectors(
    weights: Floats,
    tolerance: float,
    start: Optimum | None = None,
    deadline: float = math.inf,
    progress: Progress | None = None,
) -> Optimum:
    """Maximise sum W[x, y] <u_x, v_y>, with a proof.

    Parameters
    ----------
    weights : array (n, m)
    tolerance : the gap aimed at, in units of the value
    start : vectors to begin with, of a game of the same shape
    deadline : reading of ``time.perf_counter`` at which to stop
    progress : see :func:`xor_quantum_value`

    Examples
    --------
    >>> found = best_vectors(np.array([[3.0, 0.0], [0.0, -4.0]]), 1e-9)
    >>> round(found.reached, 6), found.upper - found.reached < 1e-8
    (7.0, True)
    """
    rows, columns = np.any(weights != 0, axis=1), np.any(weights != 0, axis=0)
    n, m = weights.shape
    if not rows.any():
        return Optimum(np.ones((n, 1)), np.ones((m, 1)), 0.0, np.zeros(n), np.zeros(m), 0.0)
    unit = 2.0 ** math.floor(math.log2(np.max(np.abs(weights))))  # a power of two: no rounding
    core = np.ascontiguousarray(weights[np.ix_(rows, columns)]) / unit
    seeds = None if start is None else (start.u[rows], start.v[columns])
    turned = core.shape[0] < core.shape[1]
    if turned:
        core = np.ascontiguousarray(core.T)
    search = _Search(core, tolerance, deadline, progress)
    u, v, d, e = search.run(None if seeds is None else seeds[0 if turned else 1])
    reached = float(np.sum(d)) * unit
    factor = search.proved_scale(d, e) * unit
    d, e = factor * search.floored(d, 0), factor * search.floored(e, 1)
    if turned:
        u, v, d, e = v, u, e, d
    d, e = _placed(d[:, None], rows, 0.0)[:, 0], _placed(e[:, None], columns, 0.0)[:, 0]
    u, v = _placed(u, rows, 1.0), _placed(v, columns, 1.0)
    return Optimum(u, v, reached, d, e, dual_bound(d, e), search.interrupted)


def _placed(values: Floats, where: NDArray[np.bool_], first: float) -> Floats:
    """Rows put back at their places; the other rows are (first, 0, 0, ...)."""
    if where.all():
        return values
    full = np.zeros((len(where), values.shape[1]))
    full[:, 0] = first
    full[where] = values
    return full


def _axes(rows: int, rank: int) -> Floats:
    """Directions for vectors that vanish: all axes in turn, so that they are not all the same."""
    return np.eye(rank)[np.arange(rows) % rank]


class _Search:
    """Ascent, rank reduction, proof; and again more exactly, or with new directions, until the gap is closed."""

    def __init__(self, weights: Floats, tolerance: float, deadline: float, progress: Progress | None) -> None:
        self.weights, self.tolerance, self.deadline, self.progress = weights, tolerance, deadline, progress
        self.floors = [FLOOR * np.max(np.abs(weights), axis=axis) for axis in (1, 0)]
        self.random = np.random.default_rng(0)
        self.interrupted = False
        self.scale = math.inf

    def run(self, seed: Floats | None) -> tuple[Floats, Floats, Floats, Floats]:
        """u, v, d = |W v| and e = |W^T u| at the best point found."""
        v, goal, failures = self._start(seed), self.tolerance / 3, 0
        smallest, idle = math.inf, 0
        while True:
            default = _axes(len(self.weights), v.shape[1])
            v, change, done = climb(self.weights, default, np.ascontiguousarray(v), goal, self._chunk(v), MEMORY)
            smallest, idle = (change, 0) if change < smallest / 2 else (smallest, idle + max(done, 1))
            u, v, d, e = self._settle(v)
            self.interrupted = time.perf_counter() > self.deadline
            if self.progress is not None:
                self.progress(float(d.sum()), change)
            if self.interrupted or idle > STALLED:
                break
            if change > goal:
                v = self._reduced(v)
                continue
            gram = self._gram(d, e)
            self.scale = smallest_scale(gram, self._enough(d, e))
            if math.isfinite(self.scale) or failures == MAX_FAILURES:
                break
            goal, failures = max(goal / 5, 1e-15), failures + 1
            smallest = math.inf
            if failures % PATIENCE == 0:
                v = self._lifted(gram, v, e)
        return u, v, d, e

    def proved_scale(self, d: Floats, e: Floats) -> float:
        """The factor that makes (d, e) a proof: the one found, or the smallest of a rising list that passes."""
        if not math.isfinite(self.scale):
            gram, excess = self._gram(d, e), self._enough(d, e) - 1
            while not math.isfinite(self.scale):
                self.scale = smallest_scale(gram, 1 + excess)
                excess *= 8
        return self.scale

    def floored(self, multipliers: Floats, party: int) -> Floats:
        """d (party 0) or e (party 1), none too small: rows of tiny weights may take a part of the gap."""
        return np.maximum(multipliers, np.maximum(self.floors[party], 0.05 * self.tolerance * multipliers.mean()))

    def _gram(self, d: Floats, e: Floats) -> ScaledGram:
        return ScaledGram(self.weights, self.floored(d, 0), self.floored(e, 1))

    def _enough(self, d: Floats, e: Floats) -> float:
        """The scale at which the gap is a little less than the tolerance."""
        target = float(d.sum()) * (1 + 0.9 * self.tolerance)
        bound = float(self.floored(d, 0).sum() + self.floored(e, 1).sum()) / 2
        return max(target / bound, 1 + self.tolerance / 100)

    def _start(self, seed: Floats | None) -> Floats:
        n, m = self.weights.shape
        if seed is None:
            v = self.random.standard_normal((m, math.ceil(math.sqrt(2 * (n + m))) + 1))
        else:
            v = np.hstack([seed, 1e-3 * self.random.standard_normal((m, 2))])
        normalise_rows(v, _axes(*v.shape))
        return v

    def _chunk(self, v: Floats) -> int:
        """How many steps to do at once: about half a second's worth if somebody watches."""
        if math.isinf(self.deadline) and self.progress is None:
            return 500
        return int(np.clip(2e9 / (self.weights.size * v.shape[1]), 20, 500))

    def _settle(self, v: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        u = self.weights @ v
        d = normalise_rows(u, _axes(len(self.weights), v.shape[1]))
        return u, v, d, np.linalg.norm(self.weights.T @ u, axis=1)

    def _reduced(self, v: Floats) -> Floats:
        """The same vectors without the directions in which they hardly spread."""
        spread, axes = np.linalg.eigh(v.T @ v)
        keep = spread > NEGLIGIBLE * spread[-1]
        if keep.all():
            return v
        smaller = np.ascontiguousarray(v @ axes[:, keep])
        normalise_rows(smaller, _axes(*smaller.shape))
        return smaller

    def _lifted(self, gram: ScaledGram, v: Floats, e: Floats) -> Floats:
        """The vectors with small parts in the directions in which the proof fails."""
        size = gram.size
        full = np.triu(gram.matrix) + np.triu(gram.matrix, 1).T
        axes = eigh(full, subset_by_index=[max(size - 3, 0), size - 1])[1]
        higher = np.hstack([v, 0.1 * axes / np.sqrt(self.floored(e, 1) / e.mean())[:, None] * math.sqrt(size)])
        normalise_rows(higher, _axes(*higher.shape))
        return higher
