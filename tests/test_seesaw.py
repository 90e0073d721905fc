"""See-saw lower bounds and single pairs against known values and independent computations."""

import itertools

import numpy as np
import pytest

from entsched.errors import GameError
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame
from entsched.games.seesaw import density_matrix, fixed_state_value, seesaw_maximise, seesaw_value
from entsched.games.seesaw_steps import born_table
from entsched.games.single_pair import single_pair_value, werner_state
from entsched.games.xor.value import xor_quantum_value
from entsched.quantum.realisation import as_qutip, qutip_behavior

A, B, X, Y = np.indices((2, 2, 2, 2))
CHSH = NonlocalGame((A ^ B) == (X & Y), name="chsh")


def parallel_chsh():
    a, b, x, y = np.indices((4, 4, 4, 4))
    first = ((a ^ b) & 1) == (x & y & 1)
    second = ((a ^ b) >> 1) == ((x & y) >> 1)
    return NonlocalGame(first & second)


def magic_square():
    even = [t for t in itertools.product((0, 1), repeat=3) if sum(t) % 2 == 0]
    odd = [t for t in itertools.product((0, 1), repeat=3) if sum(t) % 2 == 1]
    payoff = np.zeros((4, 4, 3, 3))
    for (a, row), (b, column), x, y in itertools.product(enumerate(even), enumerate(odd), range(3), range(3)):
        payoff[a, b, x, y] = row[y] == column[x]
    return NonlocalGame(payoff)


def i3322():
    """The inequality of Collins and Gisin (2004): at most 0 locally and 1/4 with qubits."""
    weights = np.zeros((2, 2, 3, 3))
    weights[0, 0] = [[1, 1, 1], [1, 1, -1], [1, -1, 0]]
    weights[0, :, 0, 0] -= 1
    weights[:, 0, 0, 0] -= 2
    weights[:, 0, 0, 1] -= 1
    return NonlocalGame(weights, np.ones((3, 3)))


def cglmp(d):
    """Collins, Gisin, Linden, Massar, Popescu (2002)."""
    a, b = np.indices((d, d))
    w = np.zeros((d, d, 2, 2))
    for k in range(d // 2):
        c = 1 - 2 * k / (d - 1)
        w[:, :, 0, 0] += c * (((a - b - k) % d == 0) * 1.0 - ((a - b + k + 1) % d == 0))
        w[:, :, 1, 0] += c * (((b - a - k - 1) % d == 0) * 1.0 - ((b - a + k) % d == 0))
        w[:, :, 1, 1] += c * (((a - b - k) % d == 0) * 1.0 - ((a - b + k + 1) % d == 0))
        w[:, :, 0, 1] += c * (((b - a - k) % d == 0) * 1.0 - ((b - a + k + 1) % d == 0))
    return NonlocalGame(w, np.ones((2, 2)))


def random_game(seed, answers=(3, 2), questions=(2, 3)):
    rng = np.random.default_rng(seed)
    return NonlocalGame(rng.normal(size=answers + questions), rng.dirichlet(np.ones(6)).reshape(questions))


def local_by_enumeration(game):
    answers_a, x = game.answers[0], game.questions[0]
    best = -np.inf
    for a in itertools.product(range(answers_a), repeat=x):
        replies = sum(game.weights[a[i], :, i, :] for i in range(x))
        best = max(best, replies.max(axis=0).sum())
    return best


def born_by_kronecker(realisation):
    a, b = realisation.measurements_a, realisation.measurements_b
    table = np.zeros((a.shape[1], b.shape[1], a.shape[0], b.shape[0]))
    for i, j, x, y in np.ndindex(table.shape):
        table[i, j, x, y] = np.trace(realisation.state @ np.kron(a[x, i], b[y, j])).real
    return table


def assert_is_a_strategy(realisation):
    assert np.trace(realisation.state).real == pytest.approx(1, abs=1e-12)
    assert np.linalg.eigvalsh(realisation.state)[0] > -1e-12
    for effects in (realisation.measurements_a, realisation.measurements_b):
        np.testing.assert_allclose(effects.sum(axis=1) - np.eye(effects.shape[-1]), 0, atol=1e-14)
        np.testing.assert_allclose(effects, effects.conj().swapaxes(2, 3), atol=1e-12)
        assert np.linalg.eigvalsh(effects).min() > -1e-12


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("target", [None, 1.0])
def test_the_magic_square_is_won_in_dimension_four_from_every_seed(seed, target):
    value = seesaw_value(magic_square(), 4, seed=seed, target=target)
    assert 1 - 1e-8 < value.lower <= 1


@pytest.mark.parametrize("seed", range(3))
def test_two_chsh_games_at_once_reach_the_product_from_every_seed(seed):
    assert seesaw_value(parallel_chsh(), 4, seed=seed).lower == pytest.approx((2 + 2**0.5) ** 2 / 16, abs=1e-9)


@pytest.mark.parametrize(
    ("game", "dimension", "expected"), [(i3322(), 2, 0.25), (cglmp(3), 3, 1 + (11 / 3) ** 0.5), (CHSH, 2, 0.8535533906)]
)
def test_published_quantum_values_are_reached(game, dimension, expected):
    assert seesaw_value(game, dimension).lower == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("seed", range(2))
def test_the_returned_strategy_reproduces_the_lower_end(seed):
    game = random_game(seed)
    value = seesaw_value(game, 3, seed=seed, starts=8)
    (part,) = value.strategy
    assert_is_a_strategy(part.strategy)
    table = born_by_kronecker(part.strategy)
    np.testing.assert_allclose(table, value.behavior, atol=1e-13)
    assert value.lower <= game.evaluate(table) <= value.lower + 1e-11 * game.scale


@pytest.mark.parametrize("seed", range(2))
def test_dimension_one_is_local_and_more_dimensions_are_never_worse(seed):
    game = random_game(seed)
    local = local_by_enumeration(game)
    assert seesaw_value(game, 1).lower == pytest.approx(local, abs=1e-10)
    assert seesaw_value(game, 2, starts=8).lower >= local - 1e-10


@pytest.mark.parametrize("seed", range(2))
def test_exchanging_the_parties_or_shifting_payoffs_changes_nothing_else(seed):
    game = random_game(seed)
    value = seesaw_value(game, 2).lower
    assert seesaw_value(game.exchanged(), 2).lower == pytest.approx(value, abs=1e-8)
    shifted = NonlocalGame(game.payoff - 7, game.pi)
    assert seesaw_value(shifted, 2).lower == pytest.approx(value - 7, abs=1e-8)


@pytest.mark.parametrize("seed", range(2))
def test_tsirelson_bounds_the_see_saw_and_is_reached_in_dimension_four(seed):
    game = XorGame(np.random.default_rng(seed).normal(size=(4, 4)))
    quantum = xor_quantum_value(game)
    found = seesaw_value(game.as_nonlocal(), 4, seed=seed, starts=16).lower
    assert found <= quantum.upper
    assert found == pytest.approx(quantum.lower, abs=1e-6 * game.scale)


def test_the_same_seed_gives_the_same_strategy():
    first, again = (seesaw_value(random_game(0), 3, seed=5, starts=8) for _ in range(2))
    assert first.lower == again.lower
    np.testing.assert_array_equal(first.behavior, again.behavior)


def test_a_search_from_a_given_strategy_is_never_worse_than_it():
    game = random_game(1)
    before = seesaw_maximise(game.weights, 3, starts=8)
    after = seesaw_maximise(game.weights, 3, initial=before.realisation, starts=1, seed=9)
    assert after.value >= before.value - 1e-9


def test_real_strategies_win_the_magic_square_too():
    value = seesaw_value(magic_square(), 4, real=True, target=1.0)
    assert value.lower > 1 - 1e-8
    assert not np.any(value.strategy[0].strategy.measurements_a.imag)


def test_a_time_limit_returns_what_there_is_and_progress_ends_at_one():
    value = seesaw_value(magic_square(), 4, time_limit_s=0.0)
    assert value.interrupted
    assert value.lower == pytest.approx(8 / 9)
    shares = []
    assert not seesaw_value(CHSH, 2, starts=20, progress=shares.append).interrupted
    assert shares == [0.4, 0.8, 1.0]


@pytest.mark.parametrize("seed", range(2))
def test_chsh_on_a_given_state_agrees_with_the_horodecki_formula(seed):
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(4, 2)) + 1j * rng.normal(size=(4, 2))
    rho = g @ g.conj().T / np.trace(g @ g.conj().T).real
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    t = np.array([[np.trace(rho @ np.kron(s, r)).real for r in pauli] for s in pauli])
    two_largest = np.sort(np.linalg.svd(t)[1] ** 2)[1:].sum()
    expected = 0.5 + max(2.0, 2 * two_largest**0.5) / 8
    assert fixed_state_value(CHSH, rho).lower == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("seed", range(2))
def test_white_noise_is_worth_the_best_local_strategy(seed):
    game = random_game(seed)
    assert fixed_state_value(game, np.eye(4) / 4).lower == pytest.approx(local_by_enumeration(game), abs=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_a_single_pair_by_vectors_and_by_measurements_agree(seed):
    game = XorGame(np.random.default_rng(seed).normal(size=(5, 4)), offset=0.3)
    pair = single_pair_value(game)
    by_measurements = fixed_state_value(game.as_nonlocal(), werner_state(1.0)).lower
    assert pair.lower == pytest.approx(by_measurements, abs=1e-8 * game.scale)
    assert pair.lower <= pair.upper <= xor_quantum_value(game).upper
    table = born_by_kronecker(pair.strategy[0].strategy)
    assert game.evaluate(2 * (table[0, 0] + table[1, 1]) - 1) == pytest.approx(pair.lower, abs=1e-10)


def test_a_single_pair_falls_short_of_the_quantum_value_in_a_large_xor_game():
    game = XorGame(np.random.default_rng(0).choice([-1.0, 1.0], size=(30, 30)))
    pair = single_pair_value(game)
    assert pair.lower < 0.998 * pair.upper
    assert pair.correlations == "single-pair"


@pytest.mark.parametrize("visibility", [0.0, 0.5, 0.8, 1.0])
def test_a_noisy_pair_plays_chsh_with_its_visibility_or_locally(visibility):
    expected = 0.5 + max(0.25, visibility * 8**0.5 / 8)
    value = single_pair_value(CHSH, visibility, local_upper=0.75)
    assert value.lower == pytest.approx(expected, abs=1e-9)
    assert value.upper >= value.lower
    assert value.behavior.shape == (2, 2, 2, 2)
    assert CHSH.evaluate(value.behavior) == pytest.approx(value.lower, abs=1e-11)


def test_the_bound_of_a_noisy_pair_mixes_the_quantum_and_the_local_bound():
    value = single_pair_value(CHSH, 0.6, local_upper=0.75)
    assert value.upper == pytest.approx(0.6 * (0.5 + 8**-0.5) + 0.4 * 0.75, abs=1e-8)


@pytest.mark.parametrize("dimension", [2, 3])
def test_qutip_and_numpy_agree_on_borns_rule(dimension):
    found = seesaw_maximise(random_game(2).weights, dimension, starts=4).realisation
    np.testing.assert_allclose(qutip_behavior(found), born_table(found), atol=1e-12)
    state, measurements_a, measurements_b = as_qutip(found)
    assert state.dims == [[dimension] * 2] * 2
    assert (len(measurements_a), len(measurements_a[0])) == (2, 3)
    assert (len(measurements_b), len(measurements_b[0])) == (3, 2)


def test_borns_rule_holds_for_parties_of_different_dimensions():
    rng = np.random.default_rng(0)
    g = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    found = seesaw_maximise(random_game(2).weights, 2, starts=4).realisation
    wider = seesaw_maximise(random_game(2).weights, 3, starts=4).realisation
    mixed = type(found)(g @ g.conj().T / np.trace(g @ g.conj().T), found.measurements_a, wider.measurements_b)
    np.testing.assert_allclose(born_table(mixed), born_by_kronecker(mixed), atol=1e-13)
    np.testing.assert_allclose(qutip_behavior(mixed), born_table(mixed), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: seesaw_value(CHSH, 0), "dimension given 0, allowed: 1 to 16"),
        (lambda: seesaw_value(CHSH, 17), "dimension given 17"),
        (lambda: seesaw_value(CHSH, starts=0), "starts given 0"),
        (lambda: single_pair_value(CHSH, starts=0), "starts given 0"),
        (lambda: single_pair_value(CHSH, 1.1), "visibility given 1.1, allowed: 0 to 1"),
        (lambda: density_matrix(np.eye(3) / 3), "state has shape"),
        (lambda: density_matrix(np.eye(4)), "state has trace 4"),
        (lambda: density_matrix(np.diag([2.0, -1, 0, 0])), "lowest eigenvalue -1"),
        (lambda: density_matrix(np.triu(np.ones((4, 4)))), "not a finite Hermitian"),
        (lambda: density_matrix("pure"), "density matrix of numbers"),
    ],
)
def test_what_cannot_be_searched_is_refused(call, message):
    with pytest.raises(GameError, match=message):
        call()


def test_side_constraints_are_refused():
    constraint = LinearConstraint.equality(np.ones((2, 2, 2, 2)), 4)
    game = NonlocalGame(CHSH.payoff, constraints=(constraint,))
    for call in (seesaw_value, single_pair_value, lambda g: fixed_state_value(g, np.eye(4) / 4)):
        with pytest.raises(GameError, match="1 side constraints, allowed: none"):
            call(game)
