from itertools import product

import numpy as np
import pytest
from conftest import random_workload
from scipy.optimize import linprog

from entsched.errors import GameError
from entsched.games.local.zonogon import Zonogon
from entsched.games.local.zonotope import low_rank_maximum, vertex_answers
from entsched.games.split.classical import classical_curve
from entsched.games.split.game import SplitGame, independent_game
from entsched.routing import routing_game


def all_answers(n):
    return np.array(list(product((1.0, -1.0), repeat=n)))


def brute_force(left, right):
    return float(np.abs(all_answers(len(left)) @ left @ right.T).sum(axis=1).max())


def check(left, right, tolerance=1e-12):
    best = low_rank_maximum(left, right)
    exact = brute_force(left, right)
    size = float(np.linalg.norm(left, axis=1).sum() * np.linalg.norm(right, axis=1).sum())
    assert best.lower <= exact + 1e-14 * size
    assert exact <= best.upper + 1e-14 * size
    assert best.upper - best.lower <= tolerance * max(size, 1e-300)
    assert set(np.unique(np.concatenate([best.answers_a, best.answers_b]))) <= {-1.0, 1.0}
    reached = best.answers_a @ left @ right.T @ best.answers_b
    assert reached == pytest.approx(best.lower, abs=1e-12 * size)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_random_games_against_all_strategies(rank):
    rng = np.random.default_rng(rank)
    for n, m in ((1, 1), (1, 5), (2, 3), (4, 9), (7, 7), (10, 3), (10, 10)):
        check(rng.normal(size=(n, rank)), rng.normal(size=(m, rank)))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("most", [1, 2, 4])
def test_small_integers_with_parallel_coplanar_and_zero_rows(rank, most):
    rng = np.random.default_rng(10 * rank + most)
    for _ in range(25):
        n, m = rng.integers(1, 11), rng.integers(1, 9)
        left, right = (rng.integers(-most, most + 1, (k, rank)).astype(float) for k in (n, m))
        check(left, right)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_equal_opposite_and_zero_rows(rank):
    rng = np.random.default_rng(20 + rank)
    row = rng.normal(size=rank)
    check(np.tile(row, (8, 1)), rng.normal(size=(4, rank)))
    check(np.concatenate([np.outer(rng.normal(size=5), row), np.zeros((2, rank))]), np.outer(rng.normal(size=6), row))
    check(np.zeros((3, rank)), np.zeros((2, rank)))


@pytest.mark.parametrize("noise", [1e-6, 1e-9, 1e-12, 1e-14, 1e-16])
def test_nearly_degenerate_games_stay_enclosed(noise):
    """The upper end may be loose where rounding cannot tell the sides of a plane apart, never wrong."""
    rng = np.random.default_rng(30)
    for trial in range(12):
        plane = rng.normal(size=(8, 1 + trial % 2)) @ rng.normal(size=(1 + trial % 2, 3))
        left = plane + noise * rng.normal(size=(8, 3))
        right = rng.normal(size=(6, 3)) @ np.diag([1.0, 1.0, 1.0 / noise if trial % 3 == 0 else 1.0])
        check(left, right, tolerance=1e-6)


def test_every_direction_has_its_vertex_in_rank_three():
    rng = np.random.default_rng(40)
    generators = rng.integers(-2, 3, (9, 3)).astype(float)
    rows, slack = vertex_answers(generators, 3)
    directions = np.concatenate([rng.normal(size=(300, 3)), rng.integers(-3, 4, (300, 3))])
    best = np.abs(rows @ generators @ directions.T).max(axis=0)
    assert np.allclose(best, np.abs(generators @ directions.T).sum(axis=0), atol=1e-12)
    assert slack < 1e-12


def test_all_points_of_a_zonogon_lie_in_the_hull_of_its_vertices():
    rng = np.random.default_rng(50)
    generators = rng.normal(size=(12, 2))
    zonogon = Zonogon(generators)
    for k in range(12):
        assert np.allclose(zonogon.answers(k) @ generators, zonogon.vertices[k])
    corners = np.concatenate([zonogon.vertices, -zonogon.vertices])
    for point in rng.uniform(-1, 1, (5, 12)) @ generators:
        inside = linprog(np.zeros(24), A_eq=np.vstack([corners.T, np.ones(24)]), b_eq=[*point, 1.0], method="highs")
        assert inside.status == 0


def test_a_residual_widens_both_ends():
    plain = low_rank_maximum([[1.0, 2.0]], [[3.0, 4.0]])
    wide = low_rank_maximum([[1.0, 2.0]], [[3.0, 4.0]], residual=0.5)
    assert (wide.lower, wide.upper) == pytest.approx((plain.lower - 0.5, plain.upper + 0.5))


def test_a_hundred_thousand_questions():
    rng = np.random.default_rng(60)
    best = low_rank_maximum(rng.normal(size=(100_000, 2)), rng.normal(size=(100_000, 2)))
    assert 0 < best.upper - best.lower < 1e-12 * best.upper


@pytest.mark.parametrize(
    ("left", "right", "residual"),
    [
        (np.ones((2, 2)), np.ones((2, 3)), 0.0),
        (np.ones((2, 4)), np.ones((2, 4)), 0.0),
        (np.ones((2, 2)), np.ones((2, 2)), -1.0),
        (np.ones((201, 3)), np.ones((201, 3)), 0.0),
        ([[np.nan]], [[1.0]], 0.0),
    ],
)
def test_what_cannot_be_searched_is_refused(left, right, residual):
    with pytest.raises(GameError):
        low_rank_maximum(left, right, residual)


def test_the_piece_of_the_curve_around_p_is_the_whole_curve_there():
    rng = np.random.default_rng(70)
    for types in (1, 2, 5, 30):
        workload = random_workload(rng, types)
        dense = routing_game(workload)
        factored = independent_game(workload.type_means_s, workload.type_probabilities, workload.arrival_rate_hz)
        assert np.allclose(factored.dense().cost, dense.cost, rtol=1e-13, atol=1e-16)
        assert np.allclose(factored.dense().weight, dense.weight, rtol=1e-13, atol=1e-16)
        whole = classical_curve(dense)
        for p in (0.0, 0.2, 0.5, 0.9, 1.0):
            piece = classical_curve(factored, around=p).mixture(p)
            solution = whole.at(p)
            assert piece.upper == pytest.approx(solution.upper, abs=1e-13 * dense.scale)
            assert solution.lower <= piece.upper
            assert piece.lower <= solution.upper
            assert piece.upper - piece.lower < 1e-12 * (dense.scale + abs(piece.multiplier))


def test_a_hundred_thousand_types_are_routed_within_rounding():
    rng = np.random.default_rng(80)
    game = independent_game(rng.exponential(size=100_000), rng.dirichlet(np.ones(100_000)), arrival_rate_hz=0.5)
    best = classical_curve(game, around=0.5).mixture(0.5)
    assert 0 <= best.upper - best.lower < 1e-11
    points = [game.deterministic(np.cos(part.angles_a), np.cos(part.angles_b)) for part in best.parts]
    reached = sum(part.weight * np.array(point) for part, point in zip(best.parts, points, strict=True))
    assert reached == pytest.approx([0.5, best.upper], abs=1e-12)


@pytest.mark.parametrize(
    ("values", "probabilities", "rate"),
    [
        ([1.0], [0.5], 0.5),
        ([1.0], [0.5, 0.5], 0.5),
        ([-1.0], [1.0], 0.5),
        ([np.inf], [1.0], 0.5),
        ([1.0], [1.0], 1.0),
        ([1.0], [1.0], 0.0),
    ],
)
def test_malformed_routing_games_are_refused(values, probabilities, rate):
    with pytest.raises(GameError, match="allowed"):
        independent_game(values, probabilities, rate)


def test_factors_must_fit_their_game():
    with pytest.raises(GameError, match="factors"):
        SplitGame([[1.0]], [[1.0]], factors=independent_game([1.0, 2.0], [0.5, 0.5], 0.1))
