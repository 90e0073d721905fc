"""The quantum optimum: explicit strategies on one Bell pair from above, a proved dual from below."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import CorrelationSet
from entsched.games.split import tsirelson
from entsched.games.split.classical import Oracle, deterministic_oracle
from entsched.games.split.game import SplitGame
from entsched.games.split.planar import dual_bound, planar_minimum
from entsched.games.split.solution import GAP_TOLERANCE, Part, Solution, mix

Floats = NDArray[np.float64]

#: How often the curve is halved before a single p is asked for: 2^4 - 1 supporting lines.
KNOT_LEVELS = 4
MAX_STEPS = 60
#: The most questions to one party for which the semidefinite program is worth its time.
MAX_SDP_QUESTIONS = 40


class QuantumPoint(NamedTuple):
    """A pure strategy on the curve, and the multiplier at which it was found to be optimal."""

    splitting: float
    value: float
    multiplier: float | None
    part: Part


@dataclass(frozen=True, eq=False)
class QuantumCurve:
    """J of the quantum optimum as a function of p, with pairs of the given visibility.

    Pairs of visibility v multiply every correlator by v; where a noisy pair is worse than none the
    routers use shared randomness alone. Build it with :func:`quantum_curve`.
    """

    game: SplitGame
    visibility: float
    knots: tuple[QuantumPoint, ...]
    classical: Oracle | None

    def at(self, splitting: float) -> Solution:
        """The optimum at p: a mixture of at most two pure strategies, and the proved lower end.

        Each step asks for the best strategy at one multiplier, which moves an end of the bracket
        around p inwards and proves a lower bound at p; it ends when the two meet.
        """
        if splitting in (0.0, 1.0):
            return self._forced(splitting)
        low = max((k for k in self.knots if k.splitting <= splitting), key=lambda k: k.splitting)
        high = min((k for k in self.knots if k.splitting >= splitting), key=lambda k: k.splitting)
        lower, multiplier = -np.inf, 0.0
        for step in range(MAX_STEPS):
            guess = _chord(low, high) if step % 2 == 0 else _interpolate(low, high, splitting)
            point, line = self.support(guess, (low.part.angles_b, high.part.angles_b))
            if line - guess * splitting > lower:
                lower, multiplier = line - guess * splitting, guess
            if low.splitting <= point.splitting <= splitting:
                low = point if point.splitting > low.splitting or low.multiplier is None else low
            if splitting <= point.splitting <= high.splitting:
                high = point if point.splitting < high.splitting or high.multiplier is None else high
            upper = _mixture_value(low, high, splitting)
            if upper - lower <= 1e-13 * self.game.scale:
                break
        return self._solution(splitting, low, high, lower, multiplier)

    def support(self, multiplier: float, starts: tuple[Floats, ...]) -> tuple[QuantumPoint, float]:
        """The best pure strategy for J + multiplier p, and a proved lower bound on that sum."""
        best = planar_minimum(self.game.xor_weights(multiplier), starts)
        splitting, value = self.game.planar_point(best.angles_a, best.angles_b, self.visibility)
        part = Part(1.0, best.angles_a, best.angles_b, entangled=True)
        point = QuantumPoint(min(max(splitting, 0.0), 1.0), value, multiplier, part)
        if self.classical is not None:
            local = self.classical(multiplier)
            if local.value + multiplier * local.splitting <= value + multiplier * splitting:
                part = Part.fixed(1.0, local.answers_a, local.answers_b)
                point = QuantumPoint(local.splitting, local.value, multiplier, part)
        return point, self.line(multiplier, best.bound)

    def line(self, multiplier: float, bound: float) -> float:
        """The lower bound on J + multiplier p that a lower bound on the XOR game proves."""
        value = self.visibility * bound
        constant = float(np.sum(self.game.cost) - multiplier) / 2 + multiplier
        line = constant + value
        if self.classical is not None:
            local = self.classical(multiplier)
            line = min(line, local.value + multiplier * local.splitting)
        return line - 4 * np.finfo(float).eps * (self.game.scale + abs(multiplier))

    def _solution(
        self, splitting: float, low: QuantumPoint, high: QuantumPoint, lower: float, multiplier: float
    ) -> Solution:
        span = high.splitting - low.splitting
        share = (splitting - low.splitting) / span if span > 0 else 0.0
        parts = tuple(
            Part(weight, point.part.angles_a, point.part.angles_b, point.part.entangled)
            for weight, point in ((1 - share, low), (share, high))
            if weight > 1e-12
        )
        upper = _mixture_value(low, high, splitting)
        if upper - lower > GAP_TOLERANCE * self.game.scale:
            sdp = self.semidefinite_line(splitting)
            if sdp is not None and sdp[0] - sdp[1] * splitting > lower:
                lower, multiplier = sdp[0] - sdp[1] * splitting, sdp[1]
        return Solution(
            correlations=CorrelationSet.QUANTUM,
            splitting=splitting,
            lower=min(lower, upper),
            upper=upper,
            multiplier=multiplier,
            scale=self.game.scale,
            coalescing=mix(parts, self.visibility),
            parts=parts,
        )

    def _forced(self, splitting: float) -> Solution:
        """At p = 0 and p = 1 the constraint leaves one correlation: all pairs coalesced, or none."""
        end = self.knots[0] if splitting == 0.0 else self.knots[-1]
        return Solution(
            correlations=CorrelationSet.QUANTUM,
            splitting=splitting,
            lower=end.value,
            upper=end.value,
            multiplier=0.0,
            scale=self.game.scale,
            coalescing=end.part.coalescing(self.visibility),
            parts=(end.part,),
        )

    def semidefinite_line(self, splitting: float) -> tuple[float, float] | None:
        """A supporting line (height at p = 0, multiplier) from the dual of Tsirelson's program.

        None if the game is too large for it. The solver's numbers are not trusted: its dual is
        scaled to be feasible, and what that proves is returned.
        """
        if max(self.game.questions) > MAX_SDP_QUESTIONS:
            return None
        dual = tsirelson.solve(self.game, splitting)
        bound = dual_bound(self.game.xor_weights(dual.multiplier), dual.dual_a, dual.dual_b)
        return self.line(dual.multiplier, bound), dual.multiplier


def quantum_curve(game: SplitGame, visibility: float = 1.0) -> QuantumCurve:
    """The quantum trade-off curve of a split game, with its first supporting lines.

    Examples
    --------
    >>> chsh = SplitGame(cost=[[0, 0], [0, 0.25]], weight=np.full((2, 2), 0.25))
    >>> solution = quantum_curve(chsh).at(0.25)
    >>> round(solution.upper, 6), solution.status
    (0.077362, 'optimal')
    """
    classical = deterministic_oracle(game) if visibility < 1 else None
    n, m = game.questions
    ends = [
        QuantumPoint(p, game.planar_point(np.zeros(n), np.full(m, angle), 1.0)[1], None, part)
        for p, angle in ((0.0, 0.0), (1.0, np.pi))
        for part in [Part(1.0, np.zeros(n), np.full(m, angle), entangled=False)]
    ]
    knots = ends
    curve = QuantumCurve(game, visibility, tuple(knots), classical)
    for _ in range(KNOT_LEVELS):
        for low, high in pairwise(knots):
            point, _ = curve.support(_chord(low, high), (low.part.angles_b,))
            if low.splitting < point.splitting < high.splitting:
                knots = [*knots, point]
        knots = sorted(knots, key=lambda k: k.splitting)
    return QuantumCurve(game, visibility, tuple(knots), classical)


def _chord(low: QuantumPoint, high: QuantumPoint) -> float:
    span = high.splitting - low.splitting
    if span <= 0:
        return low.multiplier if low.multiplier is not None else 0.0
    return (low.value - high.value) / span


def _interpolate(low: QuantumPoint, high: QuantumPoint, splitting: float) -> float:
    if low.multiplier is None or high.multiplier is None or high.splitting <= low.splitting:
        return _chord(low, high)
    share = (splitting - low.splitting) / (high.splitting - low.splitting)
    return low.multiplier + share * (high.multiplier - low.multiplier)


def _mixture_value(low: QuantumPoint, high: QuantumPoint, splitting: float) -> float:
    span = high.splitting - low.splitting
    share = (splitting - low.splitting) / span if span > 0 else 0.0
    return (1 - share) * low.value + share * high.value
