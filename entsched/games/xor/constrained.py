"""The quantum value of an XOR game with side constraints: multipliers from above, mixtures from below."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from entsched.errors import GameError
from entsched.games.nonlocal_game import XorGame
from entsched.games.value import GameValue, Part, Vectors, XorDual
from entsched.games.xor.lagrangian import Lagrangian
from entsched.games.xor.master import MISSED, Mixture, exact_probabilities
from entsched.games.xor.semidefinite import MAX_QUESTIONS, semidefinite_multipliers
from entsched.games.xor.value import MIN_TOLERANCE, Optimum, correlator_of, lower_end

Floats = NDArray[np.float64]

#: The most side constraints, and evaluations of the relaxation.
MAX_CONSTRAINTS = 200
MAX_EVALUATIONS = 300

#: Evaluations by the quasi-Newton method before the mixtures take over.
QUASI_NEWTON = 40

#: From so many constraints on, the search starts at the multipliers of the semidefinite program.
MANY = 6

#: How far from the best multipliers, relative to them, points on all sides are looked for.
SURROUNDING = 1e-3

#: The largest price of missing a constraint, in units of sum |W| over sum |C|.
MAX_RADIUS = 1e8

NOTHING = Optimum(np.empty((0, 0)), np.empty((0, 0)), 0.0, np.empty(0), np.empty(0), math.inf)


def constrained_xor_value(game: XorGame, tolerance: float = 1e-7, time_limit_s: float | None = None) -> GameValue:
    """Maximise offset + sum W E over quantum correlators E with lower_k <= sum C_k E <= upper_k.

    Upper end: the quantum value of W - sum_k lambda_k C_k plus sum_k lambda_k times upper_k (lower_k
    if lambda_k < 0), at the best multipliers found. Lower end: a mixture, by shared randomness, of
    the vectors found that meets the constraints (column generation: J. E. Kelley, 1960,
    doi:10.1137/0108053). If no correlator meets them the upper end is -inf, and the dual
    proves sum_k lambda_k (C_k E) out of reach: with W = 0 its bound is negative.

    Parameters
    ----------
    game : with any number of side constraints, at most 200
    tolerance : the gap aimed at, in units of the value without offset; 1e-11 to 1
    time_limit_s : after this many seconds the best ends so far are returned

    Raises
    ------
    GameError
        If there are too many constraints, or the tolerance is out of range.

    Examples
    --------
    >>> from entsched.games.nonlocal_game import LinearConstraint
    >>> rarely_equal = LinearConstraint.equality(np.full((2, 2), 0.25), 0.0)
    >>> chsh = constrained_xor_value(XorGame([[1, 1], [1, -1]], constraints=(rarely_equal,)))
    >>> round(chsh.lower, 6), chsh.gap < 1e-6
    (2.0, True)
    """
    started = time.perf_counter()
    if len(game.constraints) > MAX_CONSTRAINTS:
        raise GameError(f"game given with {len(game.constraints)} constraints, allowed: at most {MAX_CONSTRAINTS}")
    if not 100 * MIN_TOLERANCE <= tolerance <= 1:
        raise GameError(f"tolerance given {tolerance}, allowed: {100 * MIN_TOLERANCE} to 1")
    deadline = math.inf if time_limit_s is None else started + time_limit_s
    search = _Search(game, tolerance, deadline)
    search.run()
    return search.result(time.perf_counter() - started)


class _Search:
    """First points that can be mixed to meet the constraints, then the best multipliers and the best mixture."""

    def __init__(self, game: XorGame, tolerance: float, deadline: float) -> None:
        self.game, self.tolerance, self.deadline = game, tolerance, deadline
        self.relaxed = Lagrangian(game, tolerance / 8, deadline)
        self.multipliers = np.zeros(len(game.constraints))
        self.upper, self.proof = math.inf, NOTHING
        self.mixture: Mixture | None = None
        self.infeasible = False

    def run(self) -> None:
        """Until the gap is closed, the time is over, or nothing gets better."""
        self._evaluate(self.multipliers)
        if self._closed(4.0):
            return
        self._find_feasible()
        if self.infeasible or self._closed(4.0):
            return
        if len(self.multipliers) > 1:
            self._quasi_newton(self._guess())
            self._surround()
        self._generate_columns()

    def _evaluate(self, multipliers: Floats) -> float:
        bound, found = self.relaxed.evaluate(multipliers)
        if bound < self.upper:
            self.upper, self.multipliers, self.proof = bound, multipliers, found
        return bound

    def _late(self) -> bool:
        return len(self.relaxed.points) > MAX_EVALUATIONS or time.perf_counter() > self.deadline

    def _closed(self, radius: float) -> bool:
        """Mix the points anew; whether the mixture meets the constraints and the gap is closed."""
        self.mixture = self.relaxed.mixture(1.0, radius)
        if self.mixture is None or self.mixture.missed > MISSED:
            return False
        reached = self.mixture.value * self.relaxed.size
        return self.upper - reached <= self.tolerance * max(abs(self.upper), 1e-6 * self.relaxed.size)

    def _find_feasible(self) -> None:
        """Points whose mixture meets the constraints, or the proof that there are none."""
        while not self._late():
            mixture = self.relaxed.mixture(0.0, 1.0)
            if mixture is None or mixture.missed <= MISSED:
                return
            bound, found = self.relaxed.evaluate(mixture.multipliers, objective=0.0)
            if bound < 0:
                self.infeasible = True
                self.multipliers, self.proof = mixture.multipliers, found
                return
            if bound - mixture.value * self.relaxed.size < 1e-9 * self.relaxed.size:
                return

    def _guess(self) -> Floats:
        """Multipliers to begin with: those of the semidefinite program if it is small and the constraints many."""
        relaxed = self.relaxed
        if len(self.multipliers) < MANY or sum(self.game.questions) > MAX_QUESTIONS:
            return self.multipliers
        arrays = self.game.weights, relaxed.coefficients, relaxed.lower, relaxed.upper
        found = semidefinite_multipliers(*(array / relaxed.size for array in arrays))
        return self.multipliers if found is None else found

    def _surround(self) -> None:
        """Points on all sides of the best multipliers, so that their mixtures meet the constraints."""
        centre = self.multipliers
        radius = SURROUNDING * float(np.max(np.abs(centre)))
        for k in np.flatnonzero(centre):
            if self._late():
                return
            self._evaluate(centre + radius * np.eye(len(centre))[k])
        self._evaluate(centre - radius * np.sign(np.abs(centre)) / math.sqrt(len(centre)))

    def _quasi_newton(self, start: Floats) -> None:
        """Lower the bound by L-BFGS-B: one variable for each finite end, or each equality."""
        low, high = self.relaxed.lower, self.relaxed.upper
        equal = low == high
        above, below = np.flatnonzero(np.isfinite(high)), np.flatnonzero(np.isfinite(low) & ~equal)
        rows, ends = np.concatenate([above, below]), np.concatenate([high[above], low[below]])
        least = np.concatenate([np.where(equal[above], -np.inf, 0.0), np.full(len(below), -np.inf)])
        most = np.concatenate([np.full(len(above), np.inf), np.zeros(len(below))])

        def value(variables: Floats) -> tuple[float, Floats]:
            multipliers = np.zeros(len(low))
            np.add.at(multipliers, rows, variables)
            bound = self._evaluate(multipliers)
            return bound / self.relaxed.size, (ends - self.relaxed.sums[-1][rows]) / self.relaxed.size

        minimize(
            value,
            np.clip(start[rows], least, most),
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(least, most),
            options={"maxfun": QUASI_NEWTON, "ftol": 1e-13, "gtol": 1e-12},
        )

    def _generate_columns(self) -> None:
        """Mix, take the mixture's multipliers, find the best point for them, and again."""
        radius, turn = 4.0, 0
        while not self._late() and radius < MAX_RADIUS:
            if self._closed(radius) or self.mixture is None:
                return
            if self.mixture.missed > MISSED:
                radius *= 4
            self._evaluate(self._proposal(self.mixture.multipliers, turn))
            turn += 1

    def _proposal(self, multipliers: Floats, turn: int) -> Floats:
        """Kelley's multipliers; in two of three turns drawn to the best, or to where one constraint just holds."""
        if turn % 3 == 2:
            return multipliers
        secant = self.relaxed.secant() if len(multipliers) == 1 else None
        return 0.5 * (multipliers + self.multipliers) if secant is None else secant

    def result(self, wall_time_s: float) -> GameValue:
        """Both ends, the mixture, and the multipliers in the units of the game's constraints."""
        dual = XorDual(self.multipliers * self.relaxed.factors, self.proof.d, self.proof.e)
        if self.infeasible:
            return GameValue("quantum", -np.inf, -np.inf, self.game.scale, dual=dual, wall_time_s=wall_time_s)
        upper = float(np.nextafter(self.game.offset + self.upper, np.inf))
        lower, behavior, parts = self._mixed()
        return GameValue(
            correlations="quantum",
            lower=min(lower, upper),
            upper=upper,
            scale=self.game.scale,
            behavior=behavior,
            strategy=parts,
            dual=dual,
            interrupted=time.perf_counter() > self.deadline,
            wall_time_s=wall_time_s,
        )

    def _mixed(self) -> tuple[float, Floats | None, tuple[Part, ...]]:
        """The value, the correlator and the parts of the best mixture, if one meets the constraints."""
        mixtures = (self.relaxed.mixture(1.0, radius) for radius in (1e2, 1e4, 1e6, MAX_RADIUS))
        mixture = next((found for found in mixtures if found is not None and found.missed <= MISSED), None)
        if mixture is None:
            return -math.inf, None, ()
        sums = np.array(self.relaxed.sums) / self.relaxed.size
        ends = self.relaxed.lower / self.relaxed.size, self.relaxed.upper / self.relaxed.size
        probabilities = exact_probabilities(mixture.probabilities, sums, *ends)
        parts = tuple(
            Part(float(weight), Vectors(point.u, point.v))
            for weight, point in zip(probabilities, self.relaxed.points, strict=True)
            if weight > 0
        )
        correlator = np.zeros(self.game.questions)
        for weight, strategy in parts:
            if isinstance(strategy, Vectors):
                correlator += weight * correlator_of(strategy.u, strategy.v)
        rank = max(strategy.u.shape[1] for _, strategy in parts if isinstance(strategy, Vectors))
        return lower_end(self.game, correlator, rank + len(parts)), correlator, parts
