"""The local value against brute force in exact fractions, and its two searches against each other."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from entsched.errors import GameError
from entsched.games.local.budget import Budget
from entsched.games.local.doll import maximise_signs
from entsched.games.local.exact import local_optimum, local_value, maximise_table, maximise_xor
from entsched.games.local.gray import gray_maximum
from entsched.games.local.integers import to_integers
from entsched.games.local.tables import enumerate_answers, maximise_answers
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame
from entsched.games.value import Status

EQUAL = np.array([[1, 0], [0, 1]])[:, :, None, None]


def brute_xor(weights):
    rows = [[Fraction(float(w)) for w in row] for row in weights]
    columns = range(len(rows[0]))
    signs = product((1, -1), repeat=len(rows))
    return max(sum(abs(sum(s * row[y] for s, row in zip(a, rows, strict=True))) for y in columns) for a in signs)


def brute_table(weights):
    answers_a, answers_b, nx, ny = weights.shape
    table = [[[[Fraction(float(w)) for w in ys] for ys in xs] for xs in b] for b in weights]
    best = []
    for a in product(range(answers_a), repeat=nx):
        replies = [[sum(table[a[x]][b][x][y] for x in range(nx)) for b in range(answers_b)] for y in range(ny)]
        best.append(sum(max(values) for values in replies))
    return max(best)


def random_weights(rng, shape):
    kinds = [
        lambda: rng.normal(size=shape),
        lambda: rng.integers(-3, 4, shape).astype(float),
        lambda: rng.choice([0.1, -0.3, 0.7, 0.0], shape) / np.prod(shape[-2:]),
        lambda: rng.normal(size=shape) * 10.0 ** rng.integers(-12, 12, shape),
        lambda: -rng.random(shape) * 1e-200,
    ]
    return kinds[rng.integers(len(kinds))]()


def odd_cycle(n):
    """Answer alike to equal vertices, differently to neighbours on an odd cycle."""
    x, y = np.indices((n, n))
    unlike = (y - x) % n == 1
    return NonlocalGame(np.where(unlike, 1 - EQUAL, EQUAL), ((x == y) | unlike) / (2 * n))


def magic_square(question_b):
    """A fills a row evenly, B a column oddly (question_b "column") or a cell; they must agree."""
    even = [bits for bits in product((0, 1), repeat=3) if sum(bits) % 2 == 0]
    odd = [bits for bits in product((0, 1), repeat=3) if sum(bits) % 2 == 1]
    if question_b == "column":
        win = [[[[p[y] == q[x] for y in range(3)] for x in range(3)] for q in odd] for p in even]
        return NonlocalGame(np.array(win))
    lines = [[3 * r + c for c in range(3)] for r in range(3)] + [[3 * r + c for r in range(3)] for c in range(3)]
    payoff, pi = np.zeros((4, 2, 6, 9)), np.zeros((6, 9))
    for x, line in enumerate(lines):
        for place, y in enumerate(line):
            pi[x, y] = 1 / 18
            for a, bits in enumerate(even if x < 5 else odd):
                payoff[a, bits[place], x, y] = 1
    return NonlocalGame(payoff, pi)


def test_xor_games_agree_with_brute_force_in_fractions():
    rng = np.random.default_rng(1)
    for _ in range(200):
        weights = random_weights(rng, tuple(rng.integers(1, 6, 2)))
        found, true = maximise_xor(weights), brute_xor(weights)
        assert Fraction(found.lower) <= true <= Fraction(found.upper)
        assert found.upper - found.lower <= 1e-12 * np.abs(weights).sum()
        signs = np.outer(1 - 2 * found.answers_a, 1 - 2 * found.answers_b)
        assert np.sum(weights * signs) == pytest.approx(found.lower, rel=1e-12, abs=1e-290)


def test_tables_agree_with_brute_force_in_fractions():
    rng = np.random.default_rng(2)
    for _ in range(150):
        shape = (*rng.integers(1, 4, 2), *rng.integers(1, 4, 2))
        game = NonlocalGame(random_weights(rng, shape), np.ones(shape[2:]))
        found, true = local_value(game), brute_table(game.weights)
        assert Fraction(found.lower) <= true <= Fraction(found.upper)
        assert found.status is Status.OPTIMAL or game.scale < 1e-100
        assert game.evaluate(found.behavior) == pytest.approx(found.lower, rel=1e-12, abs=1e-290)


def test_tables_of_xor_games_agree_with_brute_force():
    rng = np.random.default_rng(3)
    for _ in range(100):
        equal, different = random_weights(rng, (2, *rng.integers(1, 5, 2)))
        game = NonlocalGame(EQUAL * equal + (1 - EQUAL) * different, np.ones(equal.shape))
        found, true = local_value(game), brute_table(game.weights)
        assert Fraction(found.lower) <= true <= Fraction(found.upper)
        assert found.behavior.shape == game.payoff.shape


@pytest.mark.parametrize("size", range(16, 23))
def test_gray_code_and_russian_dolls_agree_exactly(size):
    rng = np.random.default_rng(size)
    for columns in (size - 3, size, size + 9):
        weights = rng.integers(-50, 51, (min(size, 19), columns))
        found = maximise_signs(weights, Budget(None))
        assert found.value == found.upper == gray_maximum(weights)[0]
        assert np.abs(found.signs @ weights).sum() == found.value


def test_gray_code_and_russian_dolls_agree_on_22_rows():
    weights = np.random.default_rng(0).integers(-9, 10, (22, 22))
    assert maximise_signs(weights, Budget(None)).value == gray_maximum(weights)[0]


def test_suffix_optima_are_upper_ends_that_follow_from_the_one_below():
    weights = np.random.default_rng(4).integers(-9, 10, (18, 15))
    found = maximise_signs(weights, Budget(None))
    rows = weights[found.order]
    for k in range(18):
        true = gray_maximum(rows[k:])[0]
        assert found.suffix_optima[k] in (true, found.suffix_optima[k + 1] + np.abs(rows[k]).sum())
        assert found.suffix_optima[k] >= true
    assert found.suffix_optima[18] == 0


@pytest.mark.parametrize("shape", [(7, 3, 2, 6), (12, 2, 3, 5), (13, 2, 2, 13), (8, 4, 3, 4), (5, 5, 5, 5)])
def test_enumeration_and_tree_search_of_tables_agree_exactly(shape):
    rng = np.random.default_rng(5)
    for low in (0, -9):
        weights = rng.integers(low, 10, shape)
        found = maximise_answers(weights, Budget(None))
        assert found.value == found.upper == enumerate_answers(weights)[0]
        chosen = weights[np.arange(shape[0]), found.answers].sum(axis=0)
        assert chosen.max(axis=0).sum() == found.value


def test_chsh_is_won_with_probability_three_quarters():
    a, b, x, y = np.indices((2, 2, 2, 2))
    value = local_value(NonlocalGame((a ^ b) == (x & y)))
    assert (value.lower, value.upper, value.status) == (0.75, 0.75, Status.OPTIMAL)


@pytest.mark.parametrize("n", [3, 5, 7, 21, 35])
def test_odd_cycles_are_won_but_for_one_question(n):
    value = local_value(odd_cycle(n))
    assert value.lower <= value.upper <= value.lower + 1e-14
    assert value.lower == pytest.approx(1 - 1 / (2 * n), abs=1e-14)


def test_magic_squares_lose_one_question():
    assert local_value(magic_square("column")).lower == pytest.approx(8 / 9, abs=1e-15)
    assert local_value(magic_square("cell")).upper == pytest.approx(17 / 18, abs=1e-15)


def test_an_offset_is_added_and_the_correlator_returned():
    value = local_value(XorGame([[1.0, 1.0], [1.0, -1.0]], offset=-3.0))
    assert (value.lower, value.upper) == (-1.0, -1.0)
    assert np.abs(value.behavior).tolist() == [[1, 1], [1, 1]]


def test_the_parties_can_be_exchanged():
    game = NonlocalGame(np.random.default_rng(6).normal(size=(3, 2, 4, 9)))
    assert local_value(game).lower == pytest.approx(local_value(game.exchanged()).lower, abs=1e-14)
    weights = np.random.default_rng(7).normal(size=(5, 30))
    assert maximise_xor(weights).upper == pytest.approx(maximise_xor(weights.T).upper, abs=1e-12)
    assert maximise_xor(weights.T).transposed


def test_ties_of_equal_decimals_stay_ties():
    found = maximise_xor(0.1 * np.eye(60) + 0.3 * np.eye(60)[::-1], time_limit_s=20)
    assert not found.interrupted
    assert found.upper == pytest.approx(24.0, abs=1e-12)


@pytest.mark.parametrize("weights", [[[0.1, 0.3]], [[1e-320, 3e-300]], [[np.pi, -1e-9, 2e9]], [[1 / 3, 2 / 3, 0.0]]])
def test_integers_times_unit_are_the_weights_within_the_error(weights):
    values, unit, error = to_integers(np.array(weights))
    pairs = zip(weights[0], values[0].tolist(), strict=True)
    assert sum(abs(Fraction(w) - unit * v) for w, v in pairs) <= error
    assert np.abs(values).sum() < 2**53
    assert error <= Fraction(sum(map(abs, weights[0]))) / 2**50


def test_a_spent_time_limit_leaves_both_ends_valid():
    weights = np.random.default_rng(8).normal(size=(60, 60))
    calls = []
    found = maximise_xor(weights, time_limit_s=0.5, progress=lambda *ends: calls.append(ends))
    assert found.interrupted
    assert 0 < found.lower < found.upper <= 60 * np.linalg.norm(weights, 2) * (1 + 1e-8)
    assert all(lower <= upper for lower, upper in calls)
    game = NonlocalGame(np.random.default_rng(9).random((4, 4, 20, 20)))
    value = local_value(game, time_limit_s=0.3)
    assert value.status is Status.INTERRUPTED
    assert value.lower == pytest.approx(game.evaluate(value.behavior))


def test_an_interrupt_from_the_keyboard_returns_what_is_proved():
    weights = np.random.default_rng(10).normal(size=(46, 46))

    def interrupt(lower, upper):
        raise KeyboardInterrupt

    found = maximise_xor(weights, progress=interrupt)
    assert found.interrupted
    assert found.lower < found.upper
    game = NonlocalGame(np.random.default_rng(11).random((3, 3, 20, 20)))
    assert local_value(game, progress=interrupt).status is Status.INTERRUPTED


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: maximise_xor(np.ones((65, 65))), "65 questions"),
        (lambda: maximise_xor([[1.0]], time_limit_s=0), "time limit"),
        (lambda: maximise_xor([[1e300, 1e300]]), "1e\\+300"),
        (lambda: maximise_table(np.ones((4, 4, 40, 40))), "4\\^40"),
        (lambda: gray_maximum(np.ones((35, 35), dtype=int))[0], "2\\^34"),
        (lambda: enumerate_answers(np.ones((40, 2, 2, 2), dtype=int)), "2\\^40"),
        (lambda: local_value(XorGame([[1.0]], constraints=(LinearConstraint([[1.0]], 0, 1),))), "side constraints"),
    ],
)
def test_what_cannot_be_solved_is_refused_in_one_line(call, message):
    with pytest.raises(GameError, match=message):
        call()


def test_the_oracle_ignores_constraints():
    game = XorGame([[1.0, 1.0], [1.0, -1.0]], constraints=(LinearConstraint(np.ones((2, 2)), 0, 0),))
    assert local_optimum(game).lower == 2.0
