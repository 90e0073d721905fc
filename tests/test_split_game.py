import numpy as np
import pytest
from conftest import exponential, random_workload
from reference import EXPONENTIAL_40, TSIRELSON, TWO_TYPES

from entsched.errors import GameError
from entsched.games.split import mixtures, nosignalling, tsirelson
from entsched.games.split.classical import classical_curve
from entsched.games.split.correlations import PairCorrelations
from entsched.games.split.game import SplitGame, XorWeights
from entsched.games.split.planar import dual_bound, planar_minimum
from entsched.games.split.quantum import quantum_curve
from entsched.routing import (
    classical_optimum,
    full_information_optimum,
    quantum_optimum,
    random_value,
    routing_game,
)

GRID = np.linspace(0, 1, 21).round(12)


def _check_values(workload, p, expected):
    optima = (classical_optimum, quantum_optimum, full_information_optimum)
    for optimum, reference in zip(optima, expected, strict=True):
        solution = optimum(workload, p)
        assert solution.status == "optimal"
        assert solution.upper == pytest.approx(reference.value, abs=reference.tolerance)
        assert solution.lower == pytest.approx(reference.value, abs=reference.tolerance)


@pytest.mark.parametrize("p", TWO_TYPES)
def test_reference_values_of_two_types(two_types, p):
    _check_values(two_types, p, TWO_TYPES[p])


@pytest.mark.parametrize(("rate", "p"), EXPONENTIAL_40)
def test_reference_values_of_exponential_service(rate, p):
    _check_values(exponential(rate, 40), p, EXPONENTIAL_40[rate, p])


def test_chsh_reaches_tsirelsons_bound():
    chsh = XorWeights(np.array([[1.0, 1.0], [1.0, -1.0]]), np.eye(2), 0.0)
    best = planar_minimum(chsh)
    assert -best.value == pytest.approx(TSIRELSON.value, abs=TSIRELSON.tolerance)
    assert -best.bound >= TSIRELSON.value - 1e-15


def test_the_threshold_theorem_against_enumeration_of_all_strategies():
    rng = np.random.default_rng(5)
    for _ in range(10):
        game = routing_game(random_workload(rng, 6))
        thresholds = classical_curve(game)
        everything = classical_curve(SplitGame(game.cost, game.weight))
        for p in GRID:
            assert thresholds.at(p).upper == pytest.approx(everything.at(p).upper, abs=1e-12 * game.scale)


@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("correlated", [False, True])
def test_hull_and_linear_program_agree(order, correlated):
    rng = np.random.default_rng(6)
    for types in (2, 3, 4):
        game = routing_game(random_workload(rng, types, correlated, order))
        curve = classical_curve(game)
        for p in (0.0, 0.13, 0.5, 0.77, 1.0):
            solution = curve.at(p)
            assert solution.gap <= 1e-12 * game.scale
            assert solution.upper == pytest.approx(mixtures.solve(game, p), abs=1e-7 * game.scale)


@pytest.mark.slow
@pytest.mark.parametrize("correlated", [False, True])
def test_planar_strategies_and_semidefinite_program_agree(correlated):
    rng = np.random.default_rng(7)
    for types in (2, 3, 6):
        game = routing_game(random_workload(rng, types, correlated))
        curve = quantum_curve(game)
        for p in (0.1, 0.35, 0.6, 0.9):
            solution = curve.at(p)
            objective = tsirelson.solve(game, p).objective
            assert solution.lower <= objective + 1e-6 * game.scale
            assert objective <= solution.upper + 1e-6 * game.scale
            if not correlated:
                assert solution.status == "optimal"
                assert objective == pytest.approx(solution.upper, abs=1e-6 * game.scale)


@pytest.mark.slow
def test_solutions_are_what_they_say():
    """The correlation of every solution reaches its upper end at its p, and the sets are nested."""
    rng = np.random.default_rng(8)
    for trial in range(12):
        workload = random_workload(rng, 2 + trial % 4, correlated=trial % 2 == 1)
        game = routing_game(workload)
        classical, quantum = classical_curve(game), quantum_curve(game)
        for p in GRID[1:-1:3]:
            c, q, f = classical.at(p), quantum.at(p), nosignalling.solve(game, p)
            for solution in (c, q, f):
                reached = game.point(solution.coalescing)
                assert reached == pytest.approx((p, solution.upper), abs=1e-9 * max(1, game.scale))
                assert solution.lower <= solution.upper
            slack = 1e-12 * game.scale
            assert f.lower <= q.upper + slack
            assert q.lower <= c.upper + slack
            assert q.upper <= c.upper + 1e-9 * game.scale
            assert c.upper <= random_value(workload, p) + slack


def test_values_do_not_depend_on_the_order_of_types_or_the_names_of_parties():
    rng = np.random.default_rng(9)
    game = routing_game(random_workload(rng, 4, correlated=True))
    rows, columns = rng.permutation(4), rng.permutation(4)
    relabelled = SplitGame(game.cost[rows][:, columns], game.weight[rows][:, columns])
    exchanged = SplitGame(game.cost.T, game.weight.T)
    for p in (0.2, 0.5, 0.8):
        for curve in (classical_curve, quantum_curve):
            value = curve(game).at(p)
            for other in (relabelled, exchanged):
                found = curve(other).at(p)
                assert found.lower <= value.upper + 1e-9 * game.scale
                assert value.lower <= found.upper + 1e-9 * game.scale


def test_dual_bounds_hold_for_every_unit_vector_strategy():
    rng = np.random.default_rng(10)
    for _ in range(200):
        n, m, d = rng.integers(1, 6, 3)
        weights = rng.normal(size=(n, m))
        factors = XorWeights(weights, np.eye(m), 0.0)
        bound = dual_bound(factors, rng.random(n), rng.random(m))
        u, v = rng.normal(size=(n, d)), rng.normal(size=(m, d))
        u /= np.linalg.norm(u, axis=1, keepdims=True)
        v /= np.linalg.norm(v, axis=1, keepdims=True)
        assert np.sum(weights * (u @ v.T)) >= bound


@pytest.mark.parametrize("visibility", [0.0, 0.6, 0.72, 0.9, 1.0])
def test_noisy_pairs_lie_between_classical_and_ideal(visibility, two_types):
    game = routing_game(two_types)
    noisy = quantum_curve(game, PairCorrelations.werner(visibility))
    ideal, classical = quantum_curve(game), classical_curve(game)
    for p in GRID[1:-1:2]:
        solution = noisy.at(p)
        assert solution.status == "optimal"
        assert ideal.at(p).lower <= solution.upper + 1e-12
        assert solution.upper <= classical.at(p).upper + 1e-12
        assert game.point(solution.coalescing)[0] == pytest.approx(p, abs=1e-9)
    if visibility <= 0.7:
        assert noisy.at(0.3).upper == pytest.approx(classical.at(0.3).upper)


def test_full_information_is_the_best_of_all_correlations():
    rng = np.random.default_rng(11)
    game = routing_game(random_workload(rng, 4))
    for p in (0.1, 0.5, 0.9):
        best = nosignalling.solve(game, p)
        assert best.gap <= 1e-12 * game.scale
        for _ in range(200):
            c = rng.random((4, 4))
            reached, _ = game.point(c)
            shifted = c * (1 - p) / (1 - reached) if reached <= p else 1 - (1 - c) * p / reached
            assert game.point(shifted)[1] >= best.lower - 1e-12


def test_bounds_do_not_depend_on_what_was_asked_before(two_types):
    game = routing_game(two_types)
    curve = quantum_curve(game)
    for p in (0.9, 0.1, 0.4):
        curve.at(p)
    assert curve.at(0.3).upper == quantum_curve(game).at(0.3).upper


def test_games_beyond_enumeration_are_refused_in_one_line():
    game = routing_game(exponential(0.5, 41, order="shortest_first"))
    with pytest.raises(GameError, match="at most 40"):
        classical_curve(game)
    with pytest.raises(GameError, match="allowed: 16"):
        mixtures.solve(routing_game(exponential(0.5, 9)), 0.5)


@pytest.mark.parametrize(
    ("cost", "weight"),
    [([[1.0]], [[0.5]]), ([[1.0, 2.0]], [[1.0]]), ([[np.nan]], [[1.0]]), ([1.0], [1.0]), ([["a"]], [[1.0]])],
)
def test_malformed_games_are_refused(cost, weight):
    with pytest.raises(GameError):
        SplitGame(cost, weight)
