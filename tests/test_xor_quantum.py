"""The quantum value of XOR games against closed forms, an independent semidefinite program and the Born rule."""

from __future__ import annotations

import math

import cvxpy as cp
import numpy as np
import pytest
from scipy.linalg import hadamard

from entsched.errors import GameError
from entsched.games.nonlocal_game import LinearConstraint, XorGame
from entsched.games.value import Deterministic, GameValue, Realisation, Status, Vectors, XorDual
from entsched.games.xor.bound import is_dual_point
from entsched.games.xor.constrained import constrained_xor_value
from entsched.games.xor.tsirelson_vectors import anticommuting, quantum_realisation
from entsched.games.xor.value import xor_quantum_value

CHSH = np.array([[1.0, 1.0], [1.0, -1.0]])


def odd_cycle(n: int) -> XorGame:
    """Win probability: equal answers for equal questions, different ones for neighbours."""
    weights = np.eye(n) / (4 * n)
    weights[np.arange(n), (np.arange(n) + 1) % n] -= 1 / (4 * n)
    return XorGame(weights, offset=0.5)


def chained(n: int) -> np.ndarray:
    weights = np.eye(n) + np.eye(n, k=-1)
    weights[0, n - 1] -= 1
    return weights


def semidefinite_value(game: XorGame) -> float:
    n, m = game.questions
    gram = cp.Variable((n + m, n + m), PSD=True)
    correlator = gram[:n, n:]
    constraints = [cp.diag(gram) == 1]
    for c in game.constraints:
        total = cp.sum(cp.multiply(c.coefficients, correlator))
        constraints += [total >= c.lower] * bool(np.isfinite(c.lower))
        constraints += [total <= c.upper] * bool(np.isfinite(c.upper))
    problem = cp.Problem(cp.Maximize(cp.sum(cp.multiply(game.weights, correlator))), constraints)
    return float(problem.solve(solver=cp.CLARABEL)) + game.offset


def sums(game: XorGame, value: GameValue) -> np.ndarray:
    assert value.behavior is not None
    return np.array([np.sum(c.coefficients * value.behavior) for c in game.constraints])


def assert_proved(game: XorGame, value: GameValue) -> None:
    """The upper end follows from the dual, whose matrix has no eigenvalue below rounding."""
    assert isinstance(value.dual, XorDual)
    weights, bound = game.weights.copy(), game.offset
    for multiplier, c in zip(value.dual.multipliers, game.constraints, strict=True):
        weights = weights - multiplier * c.coefficients
        bound += multiplier * (c.upper if multiplier > 0 else c.lower) if multiplier else 0.0
    bound += (value.dual.d.sum() + value.dual.e.sum()) / 2
    assert bound <= value.upper + 1e-13 * game.scale
    assert is_dual_point(weights, value.dual.d, value.dual.e)
    matrix = np.block([[np.diag(value.dual.d), -weights], [-weights.T, np.diag(value.dual.e)]])
    assert np.linalg.eigvalsh(matrix)[0] >= -1e-13 * np.abs(matrix).sum()


def assert_reached(game: XorGame, value: GameValue) -> None:
    """The lower end is that of the strategy, whose vectors have length 1."""
    correlator = np.zeros(game.questions)
    for weight, vectors in value.strategy:
        assert isinstance(vectors, Vectors)
        for rows in (vectors.u, vectors.v):
            assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(rows)), abs=1e-14)
        correlator += weight * vectors.u @ vectors.v.T
    assert sum(part.weight for part in value.strategy) == pytest.approx(1, abs=1e-14)
    assert game.evaluate(correlator) == pytest.approx(value.lower, abs=1e-12 * game.scale)
    assert game.evaluate(correlator) >= value.lower - 1e-15 * game.scale


@pytest.mark.parametrize(
    ("weights", "exact"),
    [
        (CHSH, 2 * math.sqrt(2)),
        (chained(30), 60 * math.cos(math.pi / 60)),
        (hadamard(64).astype(float), 512.0),
        (np.outer([1.0, -2.0, 3.0], [4.0, 5.0]), 54.0),
        (np.array([[-3.0]]), 3.0),
        (np.diag([1.0, 0.0, 2.0]), 3.0),
        (1e-200 * CHSH, 2e-200 * math.sqrt(2)),
        (np.zeros((3, 4)), 0.0),
        (np.ones((2, 500)), 1000.0),
    ],
)
def test_closed_forms_lie_between_ends_that_almost_touch(weights: np.ndarray, exact: float) -> None:
    game = XorGame(weights)
    value = xor_quantum_value(game, tolerance=1e-11)
    assert value.lower <= exact * (1 + 1e-15)
    assert value.upper >= exact * (1 - 1e-15)
    assert value.gap <= 1.1e-11 * exact + 1e-300
    assert_proved(game, value)
    assert_reached(game, value)


@pytest.mark.parametrize("n", [3, 5, 101])
def test_odd_cycles_have_the_value_of_the_cosine(n: int) -> None:
    value = xor_quantum_value(odd_cycle(n))
    assert value.lower <= (1 + math.cos(math.pi / (2 * n))) / 2 <= value.upper
    assert value.gap < 1e-8


@pytest.mark.parametrize(("n", "m", "seed"), [(3, 3, 0), (2, 7, 1), (8, 5, 2)])
def test_the_ascent_and_the_semidefinite_program_agree(n: int, m: int, seed: int) -> None:
    game = XorGame(np.random.default_rng(seed).standard_normal((n, m)), offset=-2.5)
    value = xor_quantum_value(game)
    assert value.lower == pytest.approx(semidefinite_value(game), abs=1e-6)


def test_hundreds_of_tiny_games_have_their_ends_in_order_close_and_proved() -> None:
    rng = np.random.default_rng(1)
    for i in range(300):
        weights = rng.standard_normal(rng.integers(1, 8, 2))
        if i % 5 == 1:
            weights = np.round(weights)
        if i % 5 == 2:
            weights = np.sign(weights)
        if i % 5 == 3:
            weights = weights * (rng.random(weights.shape) < 0.4)
        if i % 5 == 4:
            weights = np.round(2 * weights) * 10.0 ** rng.integers(-8, 8, (len(weights), 1))
        value = xor_quantum_value(XorGame(weights))
        assert isinstance(value.dual, XorDual)
        assert value.lower <= value.upper <= value.lower + 1e-8 * abs(value.lower) + 1e-300
        assert is_dual_point(weights, value.dual.d, value.dual.e)
        assert (value.dual.d.sum() + value.dual.e.sum()) / 2 <= value.upper


def test_the_quantum_value_is_at_least_that_of_the_best_fixed_answers() -> None:
    weights = np.random.default_rng(4).standard_normal((6, 6))
    signs = 1 - 2 * ((np.arange(64)[:, None] >> np.arange(6)) & 1)
    assert xor_quantum_value(XorGame(weights)).lower >= np.abs(signs @ weights).sum(axis=1).max()


def test_a_hundred_random_questions_are_settled_to_one_in_a_hundred_million() -> None:
    game = XorGame(np.random.default_rng(0).standard_normal((100, 120)))
    value = xor_quantum_value(game)
    assert value.gap <= 1e-8 * value.lower
    assert_proved(game, value)
    assert_reached(game, value)


def test_a_search_that_is_stopped_early_still_has_both_ends() -> None:
    game = XorGame(np.random.default_rng(0).standard_normal((120, 120)))
    told: list[float] = []
    value = xor_quantum_value(game, 1e-12, time_limit_s=0.0, progress=lambda reached, change: told.append(change))
    assert value.interrupted
    assert value.status == Status.INTERRUPTED
    assert told
    assert value.lower < value.upper < 2 * value.lower
    assert_proved(game, value)


def test_a_dual_point_is_refused_if_it_is_ever_so_little_outside() -> None:
    half = np.full(2, math.sqrt(2))
    assert is_dual_point(CHSH, half * (1 + 1e-14), half)
    assert not is_dual_point(CHSH, half * (1 - 1e-14), half)
    assert not is_dual_point(CHSH, np.array([0.0, 9.0]), half)
    assert not is_dual_point(CHSH, np.array([np.nan, 9.0]), half)


@pytest.mark.parametrize("tolerance", [0.0, 2.0, math.nan])
def test_impossible_tolerances_are_refused_in_one_line(tolerance: float) -> None:
    with pytest.raises(GameError, match="tolerance given"):
        xor_quantum_value(XorGame(CHSH), tolerance)
    with pytest.raises(GameError, match="tolerance given"):
        constrained_xor_value(XorGame(CHSH), tolerance)


def test_constraints_are_refused_where_they_would_be_forgotten() -> None:
    game = XorGame(CHSH, constraints=(LinearConstraint.equality(CHSH, 1.0),))
    with pytest.raises(GameError, match="1 side constraints"):
        xor_quantum_value(game)


MEAN = np.full((2, 2), 0.25)


@pytest.mark.parametrize(
    ("constraints", "exact"),
    [
        ((LinearConstraint.equality(CHSH, 1.0),), 1.0),
        ((LinearConstraint(CHSH, -np.inf, 2.0),), 2.0),
        ((LinearConstraint(CHSH, -np.inf, 9.0),), 2 * math.sqrt(2)),
        ((LinearConstraint.equality(CHSH, 2 * math.sqrt(2)),), 2 * math.sqrt(2)),
        ((LinearConstraint.equality(MEAN, 1.0),), 2.0),
        ((LinearConstraint(0 * CHSH, -1.0, 0.0),), 2 * math.sqrt(2)),
        ((LinearConstraint(CHSH, -1.0, 2.0), LinearConstraint.equality(np.eye(2), 0.0)), 2.0),
        (tuple(LinearConstraint.equality(np.eye(4)[k].reshape(2, 2), 0.9) for k in range(3)), 2.484),
        ((), 2 * math.sqrt(2)),
    ],
)
def test_constrained_chsh_has_the_values_worked_out_by_hand(
    constraints: tuple[LinearConstraint, ...], exact: float
) -> None:
    game = XorGame(CHSH, constraints=constraints)
    value = constrained_xor_value(game)
    assert value.lower == pytest.approx(exact, abs=1e-6)
    assert value.upper >= exact - 1e-12
    assert value.gap < 1e-6
    for total, c in zip(sums(game, value), constraints, strict=True):
        assert c.lower - 1e-9 <= total <= c.upper + 1e-9
    assert_proved(game, value)
    assert_reached(game, value)


@pytest.mark.parametrize(("n", "count"), [(5, 1), (5, 2), (6, 3), (8, 9)])
def test_constrained_games_agree_with_the_semidefinite_program(n: int, count: int) -> None:
    rng = np.random.default_rng(count)
    inside = rng.uniform(-0.5, 0.5, (n, n)) / n
    constraints = []
    for k in range(count):
        coefficients = rng.standard_normal((n, n))
        total = float(np.sum(coefficients * inside))
        ends = [(total, total), (-np.inf, total), (total, total + 1.0)][k % 3]
        constraints.append(LinearConstraint(coefficients, *ends))
    game = XorGame(rng.standard_normal((n, n)), offset=1.0, constraints=tuple(constraints))
    value = constrained_xor_value(game)
    assert value.status == Status.OPTIMAL
    assert value.lower == pytest.approx(semidefinite_value(game), rel=2e-6)
    for total, c in zip(sums(game, value), constraints, strict=True):
        assert c.lower - 1e-12 <= total <= c.upper + 1e-12
    assert_proved(game, value)
    assert_reached(game, value)


def test_a_hundred_questions_with_a_given_rate_of_different_answers_are_settled() -> None:
    weights = np.random.default_rng(0).standard_normal((100, 100))
    game = XorGame(weights, constraints=(LinearConstraint.equality(np.full((100, 100), 1e-4), 0.5),))
    value = constrained_xor_value(game)
    assert value.gap <= 1e-7 * value.lower
    assert sums(game, value)[0] == pytest.approx(0.5, abs=1e-14)
    assert_reached(game, value)


@pytest.mark.parametrize(
    "constraints",
    [
        (LinearConstraint.equality(MEAN, 1.01),),
        (LinearConstraint(CHSH, 2.83, np.inf),),
        (LinearConstraint(CHSH, -np.inf, -2.83),),
        (LinearConstraint.equality(0 * CHSH, 1.0),),
        (
            *(LinearConstraint.equality(np.eye(4)[k].reshape(2, 2), 0.9) for k in range(3)),
            LinearConstraint(np.eye(4)[3].reshape(2, 2), -1.0, 0.2),
        ),
    ],
)
def test_constraints_that_no_quantum_correlator_meets_are_proved_to_be_so(
    constraints: tuple[LinearConstraint, ...],
) -> None:
    value = constrained_xor_value(XorGame(CHSH, constraints=constraints))
    assert value.status == Status.INFEASIBLE
    assert isinstance(value.dual, XorDual)
    bound = (value.dual.d.sum() + value.dual.e.sum()) / 2
    weights = np.zeros((2, 2))
    for multiplier, c in zip(value.dual.multipliers, constraints, strict=True):
        weights = weights - multiplier * c.coefficients
        bound += multiplier * (c.upper if multiplier > 0 else c.lower) if multiplier else 0.0
    assert bound < 0
    assert is_dual_point(weights, value.dual.d, value.dual.e)


def born(realisation: Realisation) -> np.ndarray:
    """P[a, b, x, y] = tr(state (A tensor B))."""
    a, b = realisation.measurements_a, realisation.measurements_b
    size_a, size_b = a.shape[-1], b.shape[-1]
    state = realisation.state.reshape(size_a, size_b, size_a, size_b)
    return np.einsum("ijkl,xaki,yblj->abxy", state, a, b, optimize=True).real


@pytest.mark.parametrize(("rank", "size"), [(1, 2), (2, 2), (3, 2), (4, 4), (5, 4), (6, 8)])
def test_the_born_rule_returns_the_products_of_the_vectors(rank: int, size: int) -> None:
    rng = np.random.default_rng(rank)
    rotation = np.linalg.qr(rng.standard_normal((9, rank)))[0]
    u, v = (rows @ rotation.T for rows in (rng.standard_normal((4, rank)), rng.standard_normal((7, rank))))
    vectors = Vectors(*(rows / np.linalg.norm(rows, axis=1)[:, None] for rows in (u, v)))
    realised = quantum_realisation(vectors)
    p = born(realised)
    assert realised.measurements_a.shape[-1] == size
    assert p.min() > -1e-12
    assert p.sum(axis=(0, 1)) == pytest.approx(np.ones((4, 7)))
    assert p.sum(axis=1) == pytest.approx(np.full((2, 4, 7), 0.5))
    assert p[0, 0] + p[1, 1] - p[0, 1] - p[1, 0] == pytest.approx(vectors.u @ vectors.v.T, abs=1e-12)
    for projectors in (realised.measurements_a, realised.measurements_b):
        assert projectors @ projectors == pytest.approx(projectors, abs=1e-12)


def test_the_realisation_of_a_found_strategy_has_its_value() -> None:
    game = XorGame(np.random.default_rng(3).standard_normal((5, 5)))
    value = xor_quantum_value(game)
    strategy = value.strategy[0].strategy
    assert not isinstance(strategy, Deterministic | Realisation)
    assert game.as_nonlocal().evaluate(born(quantum_realisation(strategy))) == pytest.approx(value.lower, abs=1e-10)


def test_the_matrices_of_the_construction_anticommute() -> None:
    gammas = anticommuting(7)
    for i in range(7):
        for j in range(7):
            twice = gammas[i] @ gammas[j] + gammas[j] @ gammas[i]
            assert np.array_equal(twice, 2 * (i == j) * np.eye(8))


def test_vectors_that_cannot_be_realised_are_refused_in_one_line() -> None:
    with pytest.raises(GameError, match="span 13 dimensions"):
        quantum_realisation(Vectors(np.eye(13), np.eye(13)))
    with pytest.raises(GameError, match="length 1"):
        quantum_realisation(Vectors(2 * np.eye(2), np.eye(2)))
