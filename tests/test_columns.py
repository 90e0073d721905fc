"""Side constraints by column generation, and trade-off curves: against the program over all fixed answers."""

import itertools
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from scipy.optimize import linprog

from entsched.errors import GameError
from entsched.games.columns import (
    Point,
    constrained_value,
    deterministic_behavior,
    local_constrained_value,
    local_oracle,
)
from entsched.games.curve import local_curve
from entsched.games.library import named, random_game, random_xor
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame
from entsched.games.nosignalling import nosignalling_value
from entsched.games.value import Deterministic, Status


def all_strategies(game):
    answers = game.answers if isinstance(game, NonlocalGame) else (2, 2)
    return enumerated(isinstance(game, XorGame), answers, game.questions)


@cache
def enumerated(xor, answers, questions):
    pairs = itertools.product(
        itertools.product(range(answers[0]), repeat=questions[0]),
        itertools.product(range(answers[1]), repeat=questions[1]),
    )
    strategies = [Deterministic(np.array(a), np.array(b)) for a, b in pairs]
    game = XorGame(np.ones(questions)) if xor else NonlocalGame(np.ones((*answers, *questions)))
    return strategies, np.array([deterministic_behavior(game, s).ravel() for s in strategies])


def brute_force(game):
    """An oracle that looks at every pair of fixed answers."""
    strategies, behaviors = all_strategies(game)

    def oracle(weights):
        values = behaviors @ weights.ravel()
        best = int(values.argmax())
        return Point(values[best], values[best], behaviors[best].reshape(weights.shape), strategies[best])

    return oracle


def program_over_all_strategies(game):
    """The best mixture of all fixed answers; None if no mixture meets the constraints."""
    _, behaviors = all_strategies(game)
    sides = np.array([behaviors @ c.coefficients.ravel() for c in game.constraints])
    upper, lower = (np.array([getattr(c, side) for c in game.constraints]) for side in ("upper", "lower"))
    above, below = np.isfinite(upper), np.isfinite(lower)
    found = linprog(
        -behaviors @ game.weights.ravel(),
        A_ub=np.vstack([sides[above], -sides[below]]),
        b_ub=np.concatenate([upper[above], -lower[below]]),
        A_eq=np.ones((1, len(behaviors))),
        b_eq=[1.0],
        method="highs",
    )
    return getattr(game, "offset", 0.0) - found.fun if found.status == 0 else None


def with_constraints(game, rng, count, integer=False):
    """The game with side constraints of all kinds around a random local behavior."""
    _, behaviors = all_strategies(game)
    point = rng.dirichlet(np.ones(5)) @ behaviors[rng.integers(0, len(behaviors), 5)]
    constraints = []
    for k in range(count):
        table = rng.integers(-1, 2, game.weights.shape) if integer else rng.normal(size=game.weights.shape)
        value = float(table.ravel() @ point)
        ends = [(value, value), (-np.inf, value + 0.1), (value - 0.1, np.inf), (value - 0.05, value + 0.05)][k % 4]
        constraints.append(LinearConstraint(table, *ends))
    if isinstance(game, XorGame):
        return XorGame(game.weights, 0.5, tuple(constraints))
    return NonlocalGame(game.payoff, game.pi, tuple(constraints))


def assert_is_reached(game, solved):
    """The mixture of fixed answers gives the behavior, the lower end, and meets the constraints."""
    mixed = sum(part.weight * deterministic_behavior(game, part.strategy) for part in solved.strategy)
    assert sum(part.weight for part in solved.strategy) == pytest.approx(1, abs=1e-12)
    assert min(part.weight for part in solved.strategy) > 0
    assert len(solved.strategy) <= 1 + len(game.constraints)
    np.testing.assert_allclose(mixed, solved.behavior, atol=1e-12)
    assert game.evaluate(mixed) == pytest.approx(solved.lower, abs=1e-10)
    for constraint in game.constraints:
        size = np.abs(constraint.coefficients).sum()
        reached = np.sum(constraint.coefficients * mixed)
        assert constraint.lower - 1e-9 * size <= reached <= constraint.upper + 1e-9 * size


GAMES = [
    random_xor(4, 1),
    random_xor(3, 2),
    named("elegant"),
    named("chsh"),
    random_game(2, 3, 1),
    random_game(3, 2, 2),
]


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, pytest.param(5, marks=pytest.mark.slow)])
def test_the_constrained_optimum_is_that_of_the_program_over_all_strategies(count, integer):
    rng = np.random.default_rng(10 + count)
    for plain in GAMES:
        game = with_constraints(plain, rng, count, integer)
        wanted = program_over_all_strategies(game) if count else None
        for solved in (constrained_value(game, brute_force(game), "local"), local_constrained_value(game)):
            assert solved.status is Status.OPTIMAL
            assert solved.gap <= 2e-9 * game.scale
            assert count == 0 or solved.lower == pytest.approx(wanted, abs=1e-8)
            assert_is_reached(game, solved)


def test_the_multipliers_prove_the_upper_end():
    game = with_constraints(random_game(2, 3, 4), np.random.default_rng(4), 4)
    solved = local_constrained_value(game)
    table, bound = game.weights, 0.0
    for multiplier, constraint in zip(solved.dual.multipliers, game.constraints, strict=True):
        table = table - multiplier * constraint.coefficients
        bound += multiplier * (constraint.upper if multiplier > 0 else constraint.lower) if multiplier else 0.0
    _, behaviors = all_strategies(game)
    assert bound + (behaviors @ table.ravel()).max() == pytest.approx(solved.upper, abs=1e-12)


def test_constraints_that_no_local_behavior_meets_are_proved_infeasible():
    chsh = np.array([[1.0, 1.0], [1.0, -1.0]])
    above_local = LinearConstraint.equality(chsh, 2.2)  # quantum, but not local
    first, second = np.eye(2), np.eye(2)[::-1]
    together = (
        LinearConstraint(first, 1.9, np.inf),
        LinearConstraint(chsh, -np.inf, -1.9),
        LinearConstraint(second, 1, 2),
    )
    for constraints in ((above_local,), together):
        xor = XorGame([[1.0, 0.0], [0.0, 0.5]], 3.0, constraints)
        for game in (xor, xor.as_nonlocal()):
            assert program_over_all_strategies(game) is None
            for solved in (local_constrained_value(game), constrained_value(game, brute_force(game), "local")):
                assert solved.status is Status.INFEASIBLE
                assert (solved.lower, solved.behavior, solved.strategy) == (-np.inf, None, ())
                table = -sum(m * c.coefficients for m, c in zip(solved.dual.multipliers, game.constraints, strict=True))
                _, behaviors = all_strategies(game)
                ranges = sum(
                    m * (c.upper if m > 0 else c.lower)
                    for m, c in zip(solved.dual.multipliers, game.constraints, strict=True)
                    if m
                )
                assert (behaviors @ table.ravel()).max() + ranges < 0


def test_a_constraint_at_the_edge_of_the_set_is_feasible():
    chsh = np.array([[1.0, 1.0], [1.0, -1.0]])
    for edge in (2.0, -2.0, 0.1 * 20, 2 + 1e-13):
        game = XorGame([[1.0, 0.0], [0.0, 0.5]], constraints=(LinearConstraint.equality(chsh, edge),))
        solved = local_constrained_value(game)
        assert solved.status is Status.OPTIMAL
        assert solved.lower == pytest.approx(1.5, abs=1e-9)


def test_a_curved_set_is_closed_in_to_the_tolerance():
    def ball(weights):  # all sum E^2 <= 1
        norm = float(np.linalg.norm(weights))
        return Point(norm, norm * (1 + 1e-15), weights / norm if norm else 0 * weights)

    rng = np.random.default_rng(3)
    weights, table = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    for value in (0.0, 0.5, -0.9):
        limit = value * np.linalg.norm(table)
        game = XorGame(weights, constraints=(LinearConstraint.equality(table, limit),))
        direction = table / np.linalg.norm(table)
        along = float(np.sum(weights * direction))
        across = np.sqrt(np.sum(weights**2) - along**2)
        solved = constrained_value(game, ball, "ball")
        assert solved.gap <= 2e-9 * game.scale
        assert solved.lower == pytest.approx(value * along + np.sqrt(1 - value**2) * across, abs=1e-7)
        assert solved.strategy == ()


def test_an_oracle_without_proof_gives_a_lower_end_only():
    game = with_constraints(random_xor(4, 5), np.random.default_rng(5), 2)
    exact = brute_force(game)
    solved = constrained_value(game, lambda weights: exact(weights)._replace(upper=np.inf), "local")
    assert solved.upper == np.inf
    assert solved.dual is None
    assert solved.lower == pytest.approx(program_over_all_strategies(game), abs=1e-8)
    assert_is_reached(game, solved)


def test_a_search_that_runs_out_of_time_keeps_both_ends():
    game = with_constraints(random_xor(4, 6), np.random.default_rng(6), 5)
    value = program_over_all_strategies(game)
    solved = constrained_value(game, brute_force(game), "local", time_limit_s=0.0)
    assert solved.interrupted
    assert solved.lower <= value + 1e-9
    assert solved.upper >= value
    ends = []
    constrained_value(game, brute_force(game), "local", progress=lambda *both: ends.append(both))
    lower, upper = np.array(ends).T
    assert np.all(np.diff(lower) >= -1e-9)
    assert np.all(np.diff(upper) <= 0)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_the_curve_is_the_program_over_all_strategies_at_every_point(game):
    table = np.random.default_rng(7).normal(size=game.weights.shape)
    curve = local_curve(game, table)
    places = [point.constraint for point in curve.points]
    slopes = np.diff([float(p.value) for p in curve.points]) / np.diff([float(c) for c in places])
    assert np.all(np.diff(slopes) < 0)
    for c in np.linspace(float(places[0]), float(places[-1]), 7):
        side = (LinearConstraint.equality(table, c),)
        fixed = XorGame(game.weights, game.offset, side) if isinstance(game, XorGame) else None
        fixed = fixed or NonlocalGame(game.payoff, game.pi, side)
        at = curve.at(c)
        assert at.status is Status.OPTIMAL
        assert at.lower == pytest.approx(program_over_all_strategies(fixed), abs=1e-8)
        assert_is_reached(fixed, at)
    outside = curve.at(float(places[-1]) + 0.01)
    assert outside.status is Status.INFEASIBLE


def test_the_curve_of_a_game_with_rational_weights_has_exact_breakpoints():
    game = XorGame(np.array([[1, 1, 0], [1, -1, 2], [0.5, 0, 1]]) / 8, 0.5)
    table = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]]) / 4
    curve = local_curve(game, table)
    _, behaviors = all_strategies(game)
    points = {}
    for behavior in behaviors:
        at, value = (Fraction(float(behavior @ w.ravel())) for w in (table, game.weights))
        points[at] = max(points.get(at, Fraction(-10)), value + Fraction(1, 2))
    hull = []
    for point in sorted(points.items()):
        while len(hull) > 1 and cross(hull[-2], hull[-1], point) >= 0:
            hull.pop()
        hull.append(point)
    assert [(point.constraint, point.value) for point in curve.points] == hull
    middle = (hull[0][0] + hull[1][0]) / 2
    assert curve.exact(middle) == (hull[0][1] + hull[1][1]) / 2


def cross(first, second, third):
    (x, y), (u, v), (s, t) = first, second, third
    return (u - x) * (t - y) - (v - y) * (s - x)


def test_a_curve_with_one_point_only_is_flat():
    curve = local_curve(named("chsh"), np.zeros((2, 2)))
    assert len(curve.points) == 1
    assert curve.at(0.0).lower == pytest.approx(0.75)
    assert curve.at(0.1).status is Status.INFEASIBLE


def test_curves_refuse_games_and_places_that_have_no_meaning():
    game = XorGame([[1.0]], constraints=(LinearConstraint.equality([[1.0]], 0.0),))
    curve = local_curve(named("chsh"), np.ones((2, 2)))
    for call in (
        lambda: local_curve(game, [[1.0]]),
        lambda: local_curve(named("chsh"), [[1.0]]),
        lambda: curve.at(np.nan),
        lambda: curve.exact(Fraction(5)),
    ):
        with pytest.raises(GameError, match="allowed"):
            call()


def test_local_bounds_stay_below_no_signalling_bounds():
    rng = np.random.default_rng(11)
    for plain in GAMES:
        game = with_constraints(plain, rng, 2)
        assert local_constrained_value(game).lower <= nosignalling_value(game).upper + 1e-9


def test_payoff_tables_that_are_xor_games_are_searched_as_such():
    game = named("elegant").as_nonlocal()
    weights = game.weights
    assert local_oracle(game)(weights).lower <= 6 <= local_oracle(game)(weights).upper < 6 + 1e-12
