"""The optimum of routing with pairs whose correlations differ, against searches that share no code with it."""

from itertools import pairwise

import numpy as np
import pytest
from conftest import random_workload
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from entsched.errors import GameError
from entsched.games.nonlocal_game import XorGame
from entsched.games.seesaw import seesaw_maximise
from entsched.games.split.classical import classical_curve, deterministic_oracle
from entsched.games.split.continuous import continuous_classical, continuous_quantum
from entsched.games.split.correlations import PairCorrelations
from entsched.games.split.elliptic import elliptic_minimum
from entsched.games.split.quantum import quantum_curve
from entsched.games.xor.value import xor_quantum_value
from entsched.routing import classical_optimum, critical_visibility, quantum_optimum, routing_game
from entsched.workload.service import Exponential

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def test_equal_correlations_are_a_visibility(two_types):
    assert quantum_optimum(two_types, 0.25, PairCorrelations(1.0, 1.0)).upper == pytest.approx(0.48885, abs=1e-5)
    game = routing_game(two_types)
    for v in (0.85, 0.95):
        solution = quantum_curve(game, PairCorrelations.werner(v)).at(0.25)
        mu = solution.multiplier
        quantum = xor_quantum_value(XorGame((mu * game.weight - game.cost) / 2)).lower
        line = (np.sum(game.cost) + mu) / 2 - v * quantum
        assert solution.status == "optimal"
        assert solution.upper == pytest.approx(line - mu * 0.25, abs=1e-9)


def test_nearly_equal_correlations_agree_with_equal_ones():
    """Two solvers: angles on a circle with a dual, and angles on an ellipse."""
    rng = np.random.default_rng(20)
    for types in (2, 7):
        game = routing_game(random_workload(rng, types))
        equal = quantum_curve(game, PairCorrelations(0.95, 0.95), levels=1)
        nearly = quantum_curve(game, PairCorrelations(0.95, 0.95 - 1e-9), levels=1)
        for p in (0.2, 0.5):
            one, other = equal.at(p), nearly.at(p)
            assert one.upper == pytest.approx(other.upper, abs=3e-9 * game.scale)
            assert one.lower == pytest.approx(other.lower, abs=3e-9 * game.scale)


@pytest.mark.parametrize("ratio", [0.3, 0.7, 0.95])
def test_the_best_angles_and_a_search_by_scipy_agree(ratio):
    rng = np.random.default_rng(21)
    for types in (2, 3):
        game = routing_game(random_workload(rng, types))
        weights = game.xor_weights(quantum_curve(game, levels=0).at(rng.uniform(0.2, 0.8)).multiplier)
        dense = weights.left @ weights.right.T

        def value(angles, dense=dense, types=types):
            a, b = angles[:types], angles[types:]
            return np.cos(a) @ dense @ np.cos(b) + ratio * np.sin(a) @ dense @ np.sin(b)

        best = elliptic_minimum(weights, ratio)
        searched = min(minimize(value, rng.uniform(0, 7, 2 * types), tol=1e-10).fun for _ in range(4))
        assert best.value == pytest.approx(value(np.concatenate([best.angles_a, best.angles_b])), abs=1e-14)
        assert best.value <= searched + 1e-12
        assert best.value >= searched - 1e-7 * game.scale


@pytest.mark.parametrize("correlations", [PairCorrelations(0.95, 0.8), PairCorrelations(0.85, 0.8, 0.1)])
def test_mixtures_of_all_angles_on_a_grid_are_no_better(correlations, two_types):
    game = routing_game(two_types)
    grid = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    a, b = (side.reshape(2, -1) for side in np.split(np.array(np.meshgrid(*[grid] * 4)), 2))
    wave = correlations.first * np.cos(a)[:, None] * np.cos(b) + correlations.second * np.sin(a)[:, None] * np.sin(b)
    measured = (1 + correlations.constant + wave) / 2
    signs = np.array(np.meshgrid(*[[1, -1]] * 4)).reshape(4, -1)
    fixed = (1 + signs[:2, None] * signs[2:]) / 2
    everything = np.concatenate([measured, fixed], axis=2)
    splitting = 1 - np.tensordot(game.weight, everything, 2)
    price = np.tensordot(game.cost, everything, 2)
    curve = quantum_curve(game, correlations)
    for p in (0.2, 0.3, 0.7):
        kept = np.unique(np.concatenate([np.argsort(price + mu * splitting)[:20] for mu in np.linspace(0, 3, 60)]))
        mixture = linprog(price[kept], A_eq=[splitting[kept], np.ones(len(kept))], b_eq=[p, 1]).fun
        solution = curve.at(p)
        assert solution.lower - 1e-12 <= solution.upper <= mixture + 1e-12
        assert mixture - solution.upper < 0.03 * game.scale


@pytest.mark.parametrize("correlated", [False, True])
def test_no_measurement_of_the_state_in_space_beats_the_plane(correlated):
    """A search over all qubit measurements on a Bell-diagonal state, fixed answers included."""
    rng = np.random.default_rng(22)
    t = np.array([0.88, -0.6, 0.92])
    state = np.eye(4, dtype=complex) / 4 + sum(c * np.kron(s, s) for c, s in zip(t, PAULI, strict=True)) / 4
    correlations = PairCorrelations(0.92, 0.88)
    for types in (2, 3):
        game = routing_game(random_workload(rng, types, correlated))
        multiplier = quantum_curve(game, levels=0).at(0.4).multiplier
        dense = (game.cost - multiplier * game.weight) / 2
        found = seesaw_maximise(np.multiply.outer([[-1, 1], [1, -1]], dense), 2, state=state, starts=8)
        measured = -0.92 * elliptic_minimum(game.xor_weights(multiplier), 0.88 / 0.92).value
        local = deterministic_oracle(game)(multiplier)
        constant = float(np.sum(game.cost) - multiplier) / 2 + multiplier
        fixed = constant - local.value - multiplier * local.splitting
        assert found.value == pytest.approx(max(measured, fixed), abs=1e-7 * game.scale)
        _, line = quantum_curve(game, correlations, levels=0).supports.proved(multiplier, ())
        assert constant - found.value >= line


def test_a_pair_with_one_correlation_is_worth_no_pair():
    rng = np.random.default_rng(23)
    for types in (2, 4):
        game = routing_game(random_workload(rng, types))
        classical = classical_curve(game)
        for first, constant in ((1.0, 0.0), (0.7, 0.2)):
            curve = quantum_curve(game, PairCorrelations(first, 0.0, constant), levels=0)
            for p in (0.0, 0.15, 0.5, 1.0):
                solution = curve.at(p)
                assert solution.status == "optimal"
                assert solution.upper == pytest.approx(classical.at(p).upper, abs=1e-12 * game.scale)


def test_better_pairs_are_worth_more():
    rng = np.random.default_rng(24)
    chain = [PairCorrelations(*pair) for pair in ((0.8, 0.6), (0.9, 0.6), (0.9, 0.85), (1.0, 0.85), (1.0, 1.0))]
    gained = 0
    for types in (2, 3, 3):
        game = routing_game(random_workload(rng, types))
        curves = [quantum_curve(game, pair, levels=0) for pair in chain]
        solutions = [curve.at(0.3) for curve in curves]
        for worse, better in pairwise(solutions):
            assert better.upper <= worse.upper + 1e-12 * game.scale
            assert better.lower <= worse.lower + 1e-12 * game.scale
        gained += solutions[3].upper < solutions[1].upper - 1e-6 * game.scale
    assert gained


@pytest.mark.parametrize(
    "correlations",
    [PairCorrelations(0.97, 0.9), PairCorrelations(0.9, 0.85, 0.05), PairCorrelations(0.9, 0.9, 0.1)],
)
def test_solutions_are_what_they_say(correlations):
    rng = np.random.default_rng(25)
    entangled = 0
    for trial in range(3):
        game = routing_game(random_workload(rng, 2 + trial % 3, correlated=trial % 2 == 1))
        curve, classical = quantum_curve(game, correlations, levels=1), classical_curve(game)
        for p in (0.25, 0.7):
            solution = curve.at(p)
            assert game.point(solution.coalescing) == pytest.approx((p, solution.upper), abs=1e-10 * game.scale)
            assert solution.lower <= solution.upper <= classical.at(p).upper + 1e-13 * game.scale
            written = sum(part.weight * (1 + _correlator(part, correlations)) / 2 for part in solution.parts)
            assert solution.coalescing == pytest.approx(written, abs=1e-14)
            entangled += any(part.entangled for part in solution.parts)
    assert entangled


def _correlator(part, correlations):
    a, b = (np.stack([np.cos(angles), np.sin(angles)]) for angles in (part.angles_a, part.angles_b))
    if not part.entangled:
        return np.sign(np.outer(a[0], b[0]))
    return a.T @ np.diag([correlations.first, correlations.second]) @ b + correlations.constant


def test_the_critical_visibility_is_the_ratio_of_both_values_at_the_classical_multiplier(two_types):
    """Inside a segment of the classical curve its line is the only one that a better strategy has to pass."""
    game = routing_game(two_types)
    multiplier = classical_optimum(two_types, 0.25).multiplier
    dense = (game.cost - multiplier * game.weight) / 2
    signs = [np.array([s, 1]) for s in (1, -1)]
    local = max(abs(a @ dense @ b) for a in signs for b in signs)
    ratio = local / xor_quantum_value(XorGame(dense)).lower
    found = critical_visibility(two_types, 0.25)
    assert found == pytest.approx(ratio, abs=1e-7)
    assert found == pytest.approx(0.6**0.5, abs=1e-7)


@pytest.mark.slow
@given(seed=st.integers(0, 10_000), p=st.floats(0.1, 0.9), second=st.floats(0.5, 1.0), constant=st.floats(0.0, 0.1))
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_pairs_help_above_the_critical_visibility_and_not_below(seed, p, second, constant):
    workload = random_workload(np.random.default_rng(seed), 2 + seed % 2)
    shape = PairCorrelations(1 - constant, second * (1 - constant), constant)
    critical = critical_visibility(workload, p, shape)
    game, classical = routing_game(workload), classical_optimum(workload, p)
    for factor in (0.3 * critical, 0.99 * critical) if critical < 1 else (0.7, 1.0):
        below = quantum_curve(game, shape.scaled(factor), levels=1).at(p)
        assert below.upper == pytest.approx(classical.upper, abs=2e-9 * game.scale)
    if critical < 1:
        above = quantum_curve(game, shape.scaled((1 + critical) / 2), levels=1).at(p)
        assert above.upper < classical.lower - 1e-9 * game.scale


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_where_thresholds_are_perfect_no_pair_helps(p, two_types):
    assert critical_visibility(two_types, p) == np.inf


def test_a_continuous_law_takes_any_pair():
    law, pair = Exponential(law="exponential", mean_s=1.0), PairCorrelations(0.99, 0.95)
    noisy, perfect = (continuous_quantum(law, 0.5, 0.5, 16, seen) for seen in (pair, PairCorrelations()))
    assert perfect.lower <= noisy.lower <= noisy.upper
    assert noisy.upper < continuous_classical(law, 0.5, 0.5).lower


@pytest.mark.parametrize(
    "values", [(0.8, 0.9), (1.0, -0.1), (0.9, 0.9, 0.2), (0.9, 0.9, -0.1), (1.1, 1.0), (np.nan, 0.0)]
)
def test_correlations_that_no_pair_has_are_refused(values):
    with pytest.raises(GameError, match="allowed: 0 <= second <= first"):
        PairCorrelations(*values)


@pytest.mark.parametrize("p", [-0.1, 1.1, np.nan])
def test_a_splitting_probability_out_of_range_is_refused(p, two_types):
    for ask in (quantum_optimum, critical_visibility):
        with pytest.raises(GameError, match="splitting given"):
            ask(two_types, p)
