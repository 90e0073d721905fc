"""The no-signalling value: against a linear program on the full table, and proofs checked by hand."""

import numpy as np
import pytest
from scipy.optimize import linprog

from entsched.errors import GameError
from entsched.games.columns import local_constrained_value
from entsched.games.library import named, random_game, random_xor
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame
from entsched.games.nosignalling import nosignalling_bound, nosignalling_value
from entsched.games.products import repeated_game
from entsched.games.value import NoSignallingDual, Status


def full_table_optimum(game):
    """The largest sum W P over tables P >= 0 that are normalised and do not signal; None if infeasible."""
    na, nb, nx, ny = game.payoff.shape
    index = np.arange(game.payoff.size).reshape(game.payoff.shape)
    rows, right = [], []

    def equation(plus, minus, value):
        row = np.zeros(game.payoff.size)
        row[plus] += 1
        if minus is not None:
            row[minus] -= 1
        rows.append(row)
        right.append(value)

    for x in range(nx):
        for y in range(ny):
            equation(index[:, :, x, y].ravel(), None, 1.0)
            for a in range(na):
                equation(index[a, :, x, y], index[a, :, x, 0] if y else None, 0.0) if y else None
            for b in range(nb):
                equation(index[:, b, x, y], index[:, b, 0, y], 0.0) if x else None
    sides = np.array([c.coefficients.ravel() for c in game.constraints]).reshape(-1, game.payoff.size)
    upper, lower = (np.array([getattr(c, side) for c in game.constraints]) for side in ("upper", "lower"))
    above, below = np.isfinite(upper), np.isfinite(lower)
    found = linprog(
        -game.weights.ravel(),
        A_ub=np.vstack([sides[above], -sides[below]]),
        b_ub=np.concatenate([upper[above], -lower[below]]),
        A_eq=np.array(rows),
        b_eq=right,
        method="highs",
    )
    return -found.fun if found.status == 0 else None


def assert_is_a_no_signalling_behavior(p):
    assert p.min() >= 0
    np.testing.assert_allclose(p.sum(axis=(0, 1)), 1, atol=1e-12)
    marginal_a, marginal_b = p.sum(axis=1), p.sum(axis=0)
    np.testing.assert_allclose(marginal_a, marginal_a[:, :, :1].repeat(p.shape[3], axis=2), atol=1e-12)
    np.testing.assert_allclose(marginal_b, marginal_b[:, :1].repeat(p.shape[2], axis=1), atol=1e-12)


def constrained(game, rng, count):
    """The game with side constraints of all kinds that a random product box meets with room to spare."""
    na, nb, nx, ny = game.payoff.shape
    a, b = rng.dirichlet(np.ones(na), size=nx), rng.dirichlet(np.ones(nb), size=ny)
    point = np.einsum("xa,yb->abxy", a, b)
    constraints = []
    for k in range(count):
        coefficients = rng.normal(size=game.payoff.shape)
        value = float(np.sum(coefficients * point))
        ends = [(value, value), (-np.inf, value + 0.1), (value - 0.1, np.inf), (value - 0.05, value + 0.05)][k % 4]
        constraints.append(LinearConstraint(coefficients, *ends))
    return NonlocalGame(game.payoff, game.pi, tuple(constraints))


@pytest.mark.parametrize(
    ("name", "value"),
    {
        "chsh": 1,
        "ffl": 2 / 3,
        "magic-square": 1,
        "i3322": 1,
        "cglmp:3": 4,
        "cglmp:6": 4,
        "tilted-chsh:0.5": 4,
        "elegant": 12,
        "odd-cycle:7": 1,
        "cycle-colouring:5:2": 1,
    }.items(),
)
def test_named_games_have_their_no_signalling_values(name, value):
    game = named(name)
    for version in (game, game.as_nonlocal()) if isinstance(game, XorGame) else (game,):
        solved = nosignalling_value(version)
        assert solved.status is Status.OPTIMAL
        assert solved.lower == pytest.approx(value, abs=1e-11)
        assert solved.lower <= solved.upper <= value + 1e-11
        assert version.evaluate(solved.behavior) == pytest.approx(solved.lower, abs=1e-12)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_the_value_agrees_with_the_program_on_the_full_table(count):
    rng = np.random.default_rng(count)
    for seed, (answers, questions) in enumerate(
        [((2, 2), (3, 3)), ((3, 2), (2, 3)), ((3, 3), (2, 2)), ((1, 3), (2, 2))]
    ):
        game = random_game(3, 3, seed)
        game = NonlocalGame(game.payoff[: answers[0], : answers[1], : questions[0], : questions[1]] - 0.4)
        game = constrained(game, rng, count)
        solved = nosignalling_value(game)
        assert solved.lower == pytest.approx(full_table_optimum(game), abs=1e-8)
        assert 0 <= solved.gap < 1e-9
        assert_is_a_no_signalling_behavior(solved.behavior)
        for constraint in game.constraints:
            reached = np.sum(constraint.coefficients * solved.behavior)
            assert constraint.lower - 1e-8 <= reached <= constraint.upper + 1e-8


def test_the_dual_proves_the_upper_end_by_plain_arithmetic():
    game = constrained(random_game(3, 3, 5), np.random.default_rng(5), 4)
    solved = nosignalling_value(game)
    multipliers, f, g = solved.dual
    np.testing.assert_allclose(f.sum(axis=2), 0, atol=1e-14)
    np.testing.assert_allclose(g.sum(axis=1), 0, atol=1e-14)
    table = game.weights + f[:, None] + g[None]
    bound = 0.0
    for multiplier, constraint in zip(multipliers, game.constraints, strict=True):
        table = table - multiplier * constraint.coefficients
        bound += multiplier * (constraint.upper if multiplier > 0 else constraint.lower) if multiplier else 0.0
    bound += table.max(axis=(0, 1)).sum()
    assert bound == pytest.approx(solved.upper, abs=1e-12)
    assert bound <= solved.upper


def test_any_dual_gives_a_valid_bound():
    rng = np.random.default_rng(8)
    game = constrained(random_game(2, 3, 8), rng, 3)
    best = nosignalling_value(game).lower
    for size in (0.0, 0.01, 1.0):
        f, g = size * rng.normal(size=(2, 3, 3)), size * rng.normal(size=(2, 3, 3))
        assert nosignalling_bound(game, NoSignallingDual(size * rng.normal(size=3), f, g)) >= best


def test_xor_games_and_their_tables_agree_under_side_constraints():
    rng = np.random.default_rng(9)
    for seed in range(4):
        weights, point = random_xor(4, seed).weights, rng.uniform(-0.5, 0.5, size=(4, 4))
        tables = rng.normal(size=(3, 4, 4))
        constraints = tuple(
            LinearConstraint(table, float(np.sum(table * point)) - width, float(np.sum(table * point)))
            for table, width in zip(tables, (0.0, 0.1, np.inf), strict=True)
        )
        game = XorGame(weights, 0.25, constraints)
        solved, as_table = nosignalling_value(game), nosignalling_value(game.as_nonlocal())
        assert solved.lower == pytest.approx(as_table.lower, abs=1e-9)
        assert 0 <= solved.gap < 1e-10
        assert np.abs(solved.behavior).max() <= 1


def test_an_xor_game_without_constraints_is_solved_in_closed_form():
    game = random_xor(300, 1)
    solved = nosignalling_value(XorGame(game.weights, 2.0))
    assert solved.lower == pytest.approx(3.0, abs=1e-12)
    assert 0 <= solved.gap < 1e-11


def test_constraints_that_no_behavior_meets_are_proved_infeasible():
    first, row = np.zeros((2, 2)), np.zeros((2, 2))
    first[0, 0], row[0] = 1, 1
    pairs = [
        [LinearConstraint.equality(first, 1.5)],
        [LinearConstraint.equality(first, 0.5), LinearConstraint(row, 1.7, np.inf)],
        [LinearConstraint(first, -np.inf, -1.001)],
    ]
    for constraints in pairs:
        xor = XorGame(np.ones((2, 2)), 7.0, tuple(constraints))
        for game in (xor, xor.as_nonlocal()):
            solved = nosignalling_value(game)
            assert solved.status is Status.INFEASIBLE
            assert solved.behavior is None
            nothing = XorGame(np.zeros((2, 2)), 0.0, tuple(constraints))
            nothing = nothing if isinstance(game, XorGame) else nothing.as_nonlocal()
            assert nosignalling_bound(nothing, solved.dual) < 0


def test_a_constraint_at_the_edge_of_the_set_is_feasible():
    corner = XorGame([[1.0, -1.0]], constraints=(LinearConstraint.equality([[1.0, 1.0]], 2.0),))
    for game in (corner, corner.as_nonlocal()):
        solved = nosignalling_value(game)
        assert solved.lower == pytest.approx(0.0, abs=1e-9)
        assert solved.status is Status.OPTIMAL


@pytest.mark.parametrize(
    ("size", "coefficient", "ends", "value"),
    [
        (0.0, 1.0, (1.0, 1.0), 0.0),
        (1e200, 1.0, (1.0, 1.0), 3e200),
        (1e-200, 1.0, (1.0, 1.0), 3e-200),
        (1.0, 1e-200, (1e-200, 1e-200), 3.0),
        (1.0, 1.0, (-1e300, 1e300), 4.0),
        (1.0, 1.0, (-np.inf, np.inf), 4.0),
        (1.0, 0.0, (0.0, 0.0), 4.0),
        (1.0, 0.0, (0.5, 0.5), -np.inf),
        (1.0, 1.0, (1e25, np.inf), -np.inf),
    ],
)
def test_sizes_far_from_one_are_no_obstacle(size, coefficient, ends, value):
    side = LinearConstraint(np.full((2, 2), coefficient), *ends)
    game = XorGame(size * np.array([[1, 1], [1, -1]]), constraints=(side,))
    for version in (game, game.as_nonlocal()):
        solved, local = nosignalling_value(version), local_constrained_value(version)
        assert solved.lower == pytest.approx(value, rel=1e-9)
        assert solved.status is (Status.OPTIMAL if value > -np.inf else Status.INFEASIBLE)
        assert local.status is solved.status


def test_large_tables_are_refused_before_work_begins():
    with pytest.raises(GameError, match="allowed"):
        nosignalling_value(repeated_game(named("chsh"), 4))


def test_two_games_of_chsh_in_parallel_are_always_won():
    solved = nosignalling_value(repeated_game(named("chsh"), 2))
    assert solved.lower == pytest.approx(1.0, abs=1e-11)
    assert_is_a_no_signalling_behavior(solved.behavior)
