"""The quantum optimum: explicit strategies on one pair from above, a proved bound from below.

The bound holds for all directions: u^T T v = t2 <u, w> + (t1 - t2) u_1 v_1 with |w| <= 1, so sum G u^T T v is at least
t2 times the quantum minimum of G plus (t1 - t2) times its classical one. Games of rank two reach it if t1 = t2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import CorrelationSet
from entsched.games.split import tsirelson
from entsched.games.split.classical import Oracle, deterministic_oracle
from entsched.games.split.correlations import PERFECT, PairCorrelations
from entsched.games.split.elliptic import elliptic_minimum
from entsched.games.split.game import SplitGame
from entsched.games.split.hull import KNOT_LEVELS, Bracket, Hull, HullPoint, hull
from entsched.games.split.planar import dual_bound, planar_minimum
from entsched.games.split.solution import GAP_TOLERANCE, Part, Solution, mix

Floats = NDArray[np.float64]

#: The most questions to one party for which the semidefinite program is worth its time.
MAX_SDP_QUESTIONS = 40


@dataclass(frozen=True, eq=False)
class Supports:
    """The best strategy at a multiplier and a proved bound, for pairs of the given correlations.

    Each strategy measures the pair whatever its question, or never; ``classical`` is None for perfect
    pairs, which are never worse than none.
    """

    game: SplitGame
    correlations: PairCorrelations
    classical: Oracle | None

    def proved(self, multiplier: float, starts: tuple[Floats, ...]) -> tuple[HullPoint, float]:
        """The point that attains the proved bound, and the bound: for equal correlations a strategy."""
        best = planar_minimum(self.game.xor_weights(multiplier), starts)
        second = self.correlations.second
        equal = PairCorrelations(second, second, self.correlations.constant)
        splitting, value = self.game.planar_point(best.angles_a, best.angles_b, equal)
        excess = self.correlations.first - second
        if self.classical is not None:
            local = self.classical(multiplier)
            splitting += excess * (local.splitting - 0.5)
            value += excess * (local.value - float(np.sum(self.game.cost)) / 2)
        point = self._point(multiplier, splitting, value, best.angles_a, best.angles_b)
        return point, self.line(multiplier, best.bound)

    def reached(self, multiplier: float, starts: tuple[Floats, ...]) -> tuple[HullPoint, float]:
        """The best strategy found for unequal correlations, and its J + multiplier p, which is not proved."""
        ratio = self.correlations.second / self.correlations.first
        best = elliptic_minimum(self.game.xor_weights(multiplier), ratio, starts)
        splitting, value = self.game.planar_point(best.angles_a, best.angles_b, self.correlations)
        point = self._point(multiplier, splitting, value, best.angles_a, best.angles_b)
        return point, point.value + multiplier * point.splitting

    def line(self, multiplier: float, bound: float) -> float:
        """The lower bound on J + multiplier p that a lower bound on the XOR game proves."""
        first, second, constant = self.correlations.first, self.correlations.second, self.correlations.constant
        equal = float(np.sum(self.game.cost) - multiplier) / 2
        line = equal + multiplier + constant * equal + second * bound
        if self.classical is not None:
            local = self.classical(multiplier)
            fixed = local.value + multiplier * local.splitting
            line = min(line + (first - second) * (fixed - equal - multiplier), fixed)
        return line - 8 * np.finfo(float).eps * (self.game.scale + abs(multiplier))

    def _point(
        self, multiplier: float, splitting: float, value: float, angles_a: Floats, angles_b: Floats
    ) -> HullPoint:
        """The point of these angles, or that of fixed answers if they are as good."""
        if self.classical is not None:
            local = self.classical(multiplier)
            if local.value + multiplier * local.splitting <= value + multiplier * splitting:
                part = Part.fixed(1.0, local.answers_a, local.answers_b)
                return HullPoint(local.splitting, local.value, multiplier, part)
        part = Part(1.0, angles_a, angles_b, entangled=True)
        return HullPoint(min(max(splitting, 0.0), 1.0), value, multiplier, part)


@dataclass(frozen=True, eq=False)
class QuantumCurve:
    """J of the quantum optimum as a function of p, with pairs of the given correlations.

    Where a noisy pair is worse than none the routers use shared randomness alone. Build it with
    :func:`quantum_curve`.
    """

    supports: Supports
    proved: Hull
    reached: Hull

    def at(self, splitting: float) -> Solution:
        """The optimum at p: a mixture of at most two pure strategies, and the proved lower end."""
        if splitting in (0.0, 1.0):
            return self._forced(splitting)
        best = self.reached.bracket(splitting)
        proof = best if self.reached is self.proved else self.proved.bracket(splitting)
        lower, multiplier = proof.lower, proof.multiplier
        scale, correlations = self.supports.game.scale, self.supports.correlations
        if correlations.isotropic and best.upper - lower > GAP_TOLERANCE * scale:
            program = self.semidefinite_line(splitting)
            if program is not None and program[0] - program[1] * splitting > lower:
                lower, multiplier = program[0] - program[1] * splitting, program[1]
        parts = _parts(best)
        return Solution(
            correlations=CorrelationSet.QUANTUM,
            splitting=splitting,
            lower=min(lower, best.upper),
            upper=best.upper,
            multiplier=multiplier,
            scale=scale,
            coalescing=mix(parts, correlations),
            parts=parts,
        )

    def _forced(self, splitting: float) -> Solution:
        """At p = 0 and p = 1 the constraint leaves one correlation: all pairs coalesced, or none."""
        end = self.reached.knots[0] if splitting == 0.0 else self.reached.knots[-1]
        return Solution(
            correlations=CorrelationSet.QUANTUM,
            splitting=splitting,
            lower=end.value,
            upper=end.value,
            multiplier=0.0,
            scale=self.supports.game.scale,
            coalescing=end.part.coalescing(self.supports.correlations),
            parts=(end.part,),
        )

    def semidefinite_line(self, splitting: float) -> tuple[float, float] | None:
        """A supporting line (height at p = 0, multiplier) from the dual of Tsirelson's program.

        None if the game is too large for it. The solver's numbers are not trusted: its dual is
        scaled to be feasible, and what that proves is returned.
        """
        game = self.supports.game
        if max(game.questions) > MAX_SDP_QUESTIONS:
            return None
        dual = tsirelson.solve(game, splitting)
        bound = dual_bound(game.xor_weights(dual.multiplier), dual.dual_a, dual.dual_b)
        return self.supports.line(dual.multiplier, bound), dual.multiplier


def quantum_curve(game: SplitGame, correlations: PairCorrelations = PERFECT, levels: int = KNOT_LEVELS) -> QuantumCurve:
    """The quantum trade-off curve of a split game, with its first supporting lines.

    Parameters
    ----------
    correlations : of the pair; unequal ones leave a gap between both ends
    levels : how often the curve is halved now, 0 and up: few for a single p, many for many

    Examples
    --------
    >>> chsh = SplitGame(cost=[[0, 0], [0, 0.25]], weight=np.full((2, 2), 0.25))
    >>> solution = quantum_curve(chsh).at(0.25)
    >>> round(solution.upper, 6), solution.status
    (0.077362, 'optimal')
    """
    supports = Supports(game, correlations, None if correlations.perfect else deterministic_oracle(game))
    n, m = game.questions
    low, high = (
        HullPoint(p, game.planar_point(np.zeros(n), np.full(m, angle), PERFECT)[1], None, part)
        for p, angle in ((0.0, 0.0), (1.0, np.pi))
        for part in [Part(1.0, np.zeros(n), np.full(m, angle), entangled=False)]
    )
    proved = hull(supports.proved, (low, high), game.scale, levels)
    if correlations.isotropic:
        return QuantumCurve(supports, proved, proved)
    return QuantumCurve(supports, proved, hull(supports.reached, (low, high), game.scale, levels))


def _parts(bracket: Bracket) -> tuple[Part, ...]:
    return tuple(
        Part(weight, point.part.angles_a, point.part.angles_b, point.part.entangled)
        for weight, point in ((1 - bracket.share, bracket.low), (bracket.share, bracket.high))
        if weight > 1e-12
    )
