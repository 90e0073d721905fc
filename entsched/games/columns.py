"""Side constraints over any convex set that can be optimised over: column generation, with both ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from entsched.behavior import CorrelationSet
from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame, XorGame, as_xor
from entsched.games.nosignalling import FEASIBILITY, TIGHT, admissible, in_units, meets, priced, range_term
from entsched.games.value import Deterministic, Dual, GameValue, LocalDual, Part, Strategy

Floats = NDArray[np.float64]
Game = NonlocalGame | XorGame
#: Called with the two ends found so far.
Progress = Callable[[float, float], None]

#: The most points that are priced before the two ends are returned as they are.
MAX_POINTS = 5_000
#: How far multipliers are drawn back towards the best ones (Wentges 1997; 0 would be Kelley's method).
SMOOTHING = 0.5


class Point(NamedTuple):
    """What an oracle returns for weights: a strategy of the set that nearly maximises them.

    Attributes
    ----------
    lower : the sum of weights times ``behavior``
    upper : a proved bound on that sum over the whole set; inf if nothing is proved
    behavior : P[a, b, x, y], or E[x, y] for an XOR game
    strategy : that gives the behavior; None where a set has no strategies (no-signalling)
    dual : the proof of ``upper``, its multipliers left empty
    interrupted : whether the oracle was stopped early; the search then stops too
    """

    lower: float
    upper: float
    behavior: Floats
    strategy: Strategy | None = None
    dual: Dual = LocalDual(np.zeros(0))
    interrupted: bool = False


#: From weights [a, b, x, y] (or [x, y] for an XOR game) to the best point of a convex set.
Oracle = Callable[[Floats], Point]


def constrained_value(
    game: Game,
    oracle: Oracle,
    correlations: str,
    tolerance: float = 1e-9,
    progress: Progress | None = None,
    time_limit_s: float | None = None,
) -> GameValue:
    """max sum W P over mixtures of the oracle's points that meet the side constraints.

    A linear program mixes the points found so far; its multipliers l price the constraints, and
    the oracle maximises W - sum l C. That proves value <= oracle.upper + sum_k (l_k upper_k if
    l_k > 0 else l_k lower_k), and gives the next point. A first phase minimises the violation of
    the constraints in the same way; if the set stays away from them, the multipliers prove it.

    Parameters
    ----------
    game : with any number of side constraints
    oracle : maximises a linear functional over the set
    correlations : the name of the set, for the result
    tolerance : the gap, in units of the game's scale, at which the search stops
    progress : called with (lower, upper) after each point
    time_limit_s : after which the ends are returned as they are

    References
    ----------
    Dantzig and Wolfe, Oper. Res. 8, 101 (1960); smoothing: Wentges, Int. Trans. Oper. Res. 4,
    151 (1997).

    Examples
    --------
    >>> def interval(weights):  # all -1 <= E <= 1
    ...     return Point(np.abs(weights).sum(), np.abs(weights).sum(), np.where(weights < 0, -1.0, 1.0))
    >>> from entsched.games.nonlocal_game import LinearConstraint
    >>> game = XorGame([[1.0, -1.0]], constraints=(LinearConstraint.equality([[1.0, 1.0]], 1.0),))
    >>> constrained_value(game, interval, "no-signalling").lower
    1.0
    """
    start = time.perf_counter()
    search = _Search(game, oracle, tolerance, start + (np.inf if time_limit_s is None else time_limit_s))
    search.price(np.zeros(len(game.constraints)))
    violation = search.meet_constraints()
    if violation is not None:
        search.maximise(violation, progress)
    return replace(search.result(correlations), wall_time_s=time.perf_counter() - start)


def local_constrained_value(
    game: Game, tolerance: float = 1e-9, progress: Progress | None = None, time_limit_s: float | None = None
) -> GameValue:
    """The local value of a game with side constraints: :func:`constrained_value` with the exact local oracle.

    Raises
    ------
    GameError
        If the game is too large for the exact local optimum.

    Examples
    --------
    >>> from entsched.games.nonlocal_game import LinearConstraint
    >>> even = LinearConstraint.equality([[1.0, 1.0], [1.0, 1.0]], 0.0)
    >>> local_constrained_value(XorGame([[1.0, 1.0], [1.0, -1.0]], constraints=(even,))).lower
    2.0
    """
    oracle = local_oracle(game, time_limit_s)
    return constrained_value(game, oracle, CorrelationSet.LOCAL, tolerance, progress, time_limit_s)


def local_oracle(game: Game, time_limit_s: float | None = None) -> Oracle:
    """The exact maximiser over deterministic strategies, for weights that only the game's tables make up.

    A payoff table that is an XOR game is searched as such; ``time_limit_s`` is for all calls together.
    """
    from entsched.games.local import exact

    deadline = None if time_limit_s is None else time.perf_counter() + time_limit_s
    two_valued = isinstance(game, NonlocalGame) and as_xor(game) is not None

    def oracle(weights: Floats) -> Point:
        left = None if deadline is None else max(deadline - time.perf_counter(), 1e-3)
        shift = 0.0
        if two_valued:
            shift = float(np.sum(weights[0, 0] + weights[0, 1])) / 2
            shift += 16 * float(np.finfo(float).eps * np.abs(weights).sum())
            weights = (weights[0, 0] - weights[0, 1]) / 2
        best = exact.maximise_xor(weights, left) if weights.ndim == 2 else exact.maximise_table(weights, left)
        strategy = Deterministic(best.answers_a, best.answers_b)
        behavior = deterministic_behavior(game, strategy)
        return Point(best.lower, best.upper + shift, behavior, strategy, interrupted=best.interrupted)

    return oracle


def deterministic_behavior(game: Game, strategy: Deterministic) -> Floats:
    """P[a, b, x, y] of fixed answers, or E[x, y] = (-1)^(a + b) for an XOR game.

    Examples
    --------
    >>> deterministic_behavior(XorGame([[1.0, 1.0]]), Deterministic(np.array([0]), np.array([0, 1])))
    array([[ 1., -1.]])
    """
    if isinstance(game, XorGame):
        return np.multiply.outer(1.0 - 2.0 * strategy.answers_a, 1.0 - 2.0 * strategy.answers_b)
    a = np.eye(game.answers[0])[:, strategy.answers_a]
    b = np.eye(game.answers[1])[:, strategy.answers_b]
    return a[:, None, :, None] * b[None, :, None, :]


class _Search:
    """The points found so far, their best mixture, and the best proved bound."""

    def __init__(self, game: Game, oracle: Oracle, tolerance: float, deadline: float) -> None:
        self.game, self.oracle, self.tolerance, self.deadline = game, oracle, tolerance, deadline
        self.offset = game.offset if isinstance(game, XorGame) else 0.0
        self.units, self.floor, self.ceiling = in_units(game.constraints)
        self.points: list[Point] = []
        self.rows: list[Floats] = []  # of each point: objective / scale, side constraints / unit
        self.mixture: Floats | None = None
        self.upper = np.inf
        self.dual: Dual | None = None
        self.interrupted = False

    def price(self, multipliers: Floats, objective: bool = True) -> tuple[Floats, float]:
        """Add the oracle's point for W - sum l C (or - sum l C): its row, and the bound it proves."""
        game, constraints = self.game, self.game.constraints
        weights = game.weights if objective else np.zeros_like(game.weights)
        point = self.oracle(priced(weights, constraints, multipliers))
        ranges = range_term(constraints, multipliers)
        size = game.scale * objective + float(np.abs(multipliers) @ self.units) + abs(ranges)
        bound = point.upper + ranges + np.finfo(float).eps * (16 + len(multipliers)) * size
        values = [np.sum(c.coefficients * point.behavior) for c in constraints]
        reached = np.sum(game.weights * point.behavior) / game.scale
        self.points.append(point)
        self.rows.append(np.array([reached, *(values / self.units)]))
        if objective and bound + self.offset < self.upper:
            self.upper, self.dual = bound + self.offset, point.dual._replace(multipliers=multipliers)
        if not objective and bound < -FEASIBILITY:
            self.upper, self.dual = -np.inf, point.dual._replace(multipliers=multipliers)
        return self.rows[-1], bound

    def stopped(self) -> bool:
        """Whether time or points have run out."""
        late = time.perf_counter() > self.deadline or len(self.points) >= MAX_POINTS
        self.interrupted = late or self.points[-1].interrupted
        return self.interrupted

    def meet_constraints(self) -> float | None:
        """The violation, at most 1e-9, of the mixture that misses the constraints least; None if it is more."""
        while True:
            _, multipliers, value = self.mix(widen=None)
            if value >= -FEASIBILITY / 1000:
                return -value
            if self.stopped():
                return None
            row, _ = self.price(admissible(self.game.constraints, multipliers / self.units), objective=False)
            gain = self.ranges(multipliers) - row[1:] @ multipliers - value
            if gain <= FEASIBILITY / 1000 or self.upper == -np.inf:
                return -value if value >= -FEASIBILITY else None

    def maximise(self, violation: float, progress: Progress | None) -> None:
        """Price until the proved bound meets the best mixture, or no point improves it."""
        scale, smoothing = self.game.scale, SMOOTHING if len(self.units) > 1 else 0.0
        while True:
            self.mixture, multipliers, value = self.mix(widen=violation)
            if progress is not None:
                progress(value * scale + self.offset, self.upper)
            if self.upper - self.offset <= (value + self.tolerance) * scale or self.stopped():
                return
            master = admissible(self.game.constraints, multipliers / self.units * scale)
            drawn = 0.0 if self.dual is None else smoothing
            centre = master if self.dual is None else self.dual.multipliers
            trial = drawn * centre + (1 - drawn) * master
            row, _ = self.price(trial)
            gain = row[0] - row[1:] @ multipliers + self.ranges(multipliers) - value
            if gain > self.tolerance / 10:
                smoothing = SMOOTHING if len(self.units) > 1 else 0.0
            elif drawn == 0:
                return
            else:
                smoothing = 0.0

    def ranges(self, multipliers: Floats) -> float:
        """The range term of multipliers that are in units, as the linear program sees it."""
        ends = np.where(multipliers > 0, self.ceiling, self.floor)[multipliers != 0]
        return float(ends @ multipliers[multipliers != 0])

    def mix(self, widen: float | None) -> tuple[Floats, Floats, float]:
        """The best mixture of the points, with its multipliers and value, all in units.

        The side constraints are widened; by as much as is needed, at least, if ``widen`` is None,
        and the value is then minus that violation.
        """
        rows = np.array(self.rows)
        above, below = np.isfinite(self.ceiling), np.isfinite(self.floor)
        sides = np.concatenate([rows[:, 1:].T[above], -rows[:, 1:].T[below]])
        limits = np.concatenate([self.ceiling[above], -self.floor[below]]) + (widen or 0.0)
        cost = -rows[:, 0]
        if widen is None:
            cost = np.append(np.zeros(len(rows)), 1.0)
            sides = np.hstack([sides, np.full((len(sides), 1), -1.0)])
        total = np.append(np.ones(len(rows)), [0.0] * (widen is None))[None, :]
        found = linprog(cost, A_ub=sides, b_ub=limits, A_eq=total, b_eq=[1.0], method="highs", options=TIGHT)
        if found.status != 0:
            raise GameError(f"mixture of {len(rows)} points: the linear program ended with {found.message!r}")
        multipliers, cut = np.zeros(len(self.units)), int(above.sum())
        multipliers[above] -= found.ineqlin.marginals[:cut]
        multipliers[below] += found.ineqlin.marginals[cut:]
        return found.x[: len(rows)], multipliers, -float(found.fun)

    def result(self, correlations: str) -> GameValue:
        """The two ends, with the mixture that reaches the lower one."""
        game, mixture = self.game, self.mixture
        lower, behavior = -np.inf, np.zeros(game.weights.shape)
        used: list[tuple[float, Point]] = []
        if mixture is not None:
            mixture = np.where(mixture > 1e-14, mixture, 0.0) / mixture[mixture > 1e-14].sum()
            used = [(float(w), point) for w, point in zip(mixture, self.points, strict=False) if w > 0]
            for w, point in used:
                behavior += w * point.behavior
            if meets(game.constraints, behavior):
                lower = min(game.evaluate(behavior), self.upper)
        reached = lower > -np.inf
        parts = tuple(Part(w, point.strategy) for w, point in used if point.strategy is not None)
        return GameValue(
            correlations=correlations,
            lower=lower,
            upper=self.upper,
            scale=game.scale,
            behavior=behavior if reached else None,
            strategy=parts if reached else (),
            dual=self.dual,
            interrupted=self.interrupted,
        )
