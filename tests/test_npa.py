"""The moment hierarchy: published values, proofs recomputed independently, invariances, constraints."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from entsched.errors import GameError
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame
from entsched.games.npa.program import npa_value
from entsched.games.npa.visibility import visibility_bound


def chsh_correlations() -> NonlocalGame:
    a, b, x, y = np.indices((2, 2, 2, 2))
    return NonlocalGame((-1.0) ** (a + b + x * y), pi=np.ones((2, 2)))


def chsh_game() -> NonlocalGame:
    a, b, x, y = np.indices((2, 2, 2, 2))
    return NonlocalGame((a ^ b) == (x & y))


def chsh_twice() -> NonlocalGame:
    a, b, x, y = np.indices((4, 4, 4, 4))
    return NonlocalGame(_won(a >> 1, b >> 1, x >> 1, y >> 1) & _won(a & 1, b & 1, x & 1, y & 1))


def _won(a, b, x, y):
    return (a ^ b) == (x & y)


def i3322() -> NonlocalGame:
    """Collins & Gisin 2004, arXiv:quant-ph/0306129: local bound 0."""
    payoff = np.zeros((2, 2, 3, 3))
    payoff[0, 0] = [[1, 1, 1], [1, 1, -1], [1, -1, 0]]
    payoff[0, :, 0, :] -= 1 / 3
    payoff[:, 0, :, 0] -= 2 / 3
    payoff[:, 0, :, 1] -= 1 / 3
    return NonlocalGame(payoff, pi=np.ones((3, 3)))


def cglmp3() -> NonlocalGame:
    """Collins, Gisin, Linden, Massar & Popescu 2002, arXiv:quant-ph/0106024: local bound 2."""
    payoff = np.zeros((3, 3, 2, 2))
    for a, b in product(range(3), repeat=2):
        payoff[a, b, 0, 0] = ((a - b) % 3 == 0) * 1.0 - ((a - b) % 3 == 2)
        payoff[a, b, 1, 0] = ((b - a) % 3 == 1) * 1.0 - ((b - a) % 3 == 0)
        payoff[a, b, 1, 1] = ((a - b) % 3 == 0) * 1.0 - ((a - b) % 3 == 2)
        payoff[a, b, 0, 1] = ((b - a) % 3 == 0) * 1.0 - ((b - a) % 3 == 2)
    return NonlocalGame(payoff, pi=np.ones((2, 2)))


def magic_square() -> NonlocalGame:
    """Rows with an even, columns with an odd number of ones; the common cell must agree."""
    even, odd = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)], [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)]
    return NonlocalGame(
        [[[[even[a][y] == odd[b][x] for y in range(3)] for x in range(3)] for b in range(4)] for a in range(4)]
    )


def random_game(seed: int, answers=(2, 2), questions=(2, 3)) -> NonlocalGame:
    return NonlocalGame(np.random.default_rng(seed).normal(size=(*answers, *questions)))


def local_value(game: NonlocalGame) -> float:
    (na, _), (qa, _) = game.answers, game.questions
    best = -np.inf
    for answers in product(range(na), repeat=qa):
        best = max(best, game.weights[list(answers), :, range(qa)].sum(axis=0).max(axis=0).sum())
    return float(best)


def exact_bound(game: NonlocalGame, dual) -> Fraction:
    """The bound of a dual in rationals, with words multiplied letter by letter in a different way."""
    na, nb = game.answers
    left: dict = {}

    def add(word, value):
        turned = tuple(side[::-1] for side in word)
        key = max(word, turned)
        left[key] = left.get(key, 0) + value

    def projector(question, answer, answers):
        return (
            [(((question, answer),), 1)]
            if answer < answers - 1
            else [((), 1), *((((question, o),), -1) for o in range(answers - 1))]
        )

    constant = Fraction(0)
    tables = [(Fraction(1), game.payoff)]
    for k, c in zip(dual.multipliers, game.constraints, strict=True):
        constant += Fraction(float(k)) * Fraction(c.upper if k > 0 else c.lower) if k else 0
        tables.append((-Fraction(float(k)), c.coefficients))
    for number, (factor, array) in enumerate(tables):
        for index in np.ndindex(array.shape):
            a, b, x, y = index
            value = factor * Fraction(float(array[index])) * (Fraction(float(game.pi[x, y])) if number == 0 else 1)
            for word_a, sign_a in projector(x, a, na):
                for word_b, sign_b in projector(y, b, nb):
                    add((word_a, word_b), sign_a * sign_b * value)
    for i, j in np.ndindex(dual.matrix.shape):
        word = tuple(reduce(one[::-1] + two) for one, two in zip(dual.words[i], dual.words[j], strict=True))
        if None not in word:
            add(word, Fraction(float(dual.matrix[i, j])))
    return constant + left.pop(((), ()), 0) + sum(map(abs, left.values()))


def reduce(side):
    for i in range(len(side) - 1):
        if side[i] == side[i + 1]:
            return reduce(side[:i] + side[i + 1 :])
        if side[i][0] == side[i + 1][0]:
            return None
    return side


@pytest.mark.parametrize(
    ("game", "level", "value", "tolerance"),
    [
        (chsh_correlations(), 1, 2 * 2**0.5, 1e-8),
        (chsh_correlations(), 2, 2 * 2**0.5, 1e-7),
        (i3322(), 1, 0.375, 1e-7),
        (i3322(), "1+ab", 0.25147090, 3e-8),  # Pal & Vertesi 2010, arXiv:1006.3032
        (i3322(), 2, 0.25093972, 3e-8),
        (cglmp3(), "1+ab", 1 + (11 / 3) ** 0.5, 1e-7),  # Navascues, Pironio & Acin 2008, arXiv:0803.4290
        (magic_square(), "1+ab", 1.0, 1e-7),
        (chsh_twice(), "1+ab", ((2 + 2**0.5) / 4) ** 2, 1e-7),  # Cleve, Slofstra, Unger & Upadhyay 2008
    ],
)
def test_published_values_are_bounded_from_above_and_reached(game, level, value, tolerance):
    found = npa_value(game, level)
    assert -1e-8 <= found.upper - value <= tolerance
    assert game.evaluate(found.behavior) == pytest.approx(value, abs=1e-6)
    assert found.lower == -np.inf


@pytest.mark.slow
def test_level_three_of_i3322():
    assert npa_value(i3322(), 3).upper == pytest.approx(0.25087556, abs=5e-8)


def test_tsirelsons_bound_is_never_undercut():
    for level in (1, "1+ab", 2, 3):
        assert npa_value(chsh_correlations(), level).upper >= 2 * 2**0.5


@pytest.mark.parametrize("game", [i3322(), cglmp3(), random_game(5, (3, 2), (2, 2))])
def test_the_dual_proves_the_bound_in_rational_arithmetic(game):
    found = npa_value(game, "1+ab")
    assert exact_bound(game, found.dual) <= Fraction(found.upper)
    assert float(exact_bound(game, found.dual)) == pytest.approx(found.upper, abs=1e-9)
    assert np.linalg.eigvalsh(found.dual.matrix)[0] > 0


def test_higher_levels_are_tighter_and_all_exceed_the_local_value():
    for seed in range(4):
        game = random_game(seed)
        values = [npa_value(game, level).upper for level in (1, "1+ab", 2)]
        assert values[0] >= values[1] - 1e-8 >= values[2] - 2e-8
        assert values[2] >= local_value(game)


def test_a_game_of_one_party_has_its_local_value():
    game = random_game(3, (1, 3), (2, 2))
    assert npa_value(game, 1).upper == pytest.approx(local_value(game), abs=1e-7)


def test_relabelling_questions_answers_and_parties_keeps_the_value():
    game = random_game(7, (3, 2), (2, 2))
    value = npa_value(game).upper
    turned = NonlocalGame(game.payoff[::-1, :, ::-1].copy())
    assert npa_value(turned).upper == pytest.approx(value, abs=1e-7)
    assert npa_value(game.exchanged()).upper == pytest.approx(value, abs=1e-7)


def test_constraints_bind_and_enter_the_proof():
    game = chsh_correlations()
    a, b, x, y = np.indices((2, 2, 2, 2))
    first = (-1.0) ** (a + b) * ((x == 0) & (y == 0))
    for lower, upper in ((0.0, 0.0), (-np.inf, 0.0), (-0.5, 0.0)):
        limited = NonlocalGame(game.payoff, game.pi, (LinearConstraint(first, lower, upper),))
        found = npa_value(limited, 1)
        # with E00 = 0 the others obey |asin E01 + asin E10 - asin E11 - 0| <= pi: at most 3 sin(pi / 3)
        assert found.upper == pytest.approx(3 * np.sin(np.pi / 3), abs=1e-6)
        assert exact_bound(limited, found.dual) <= Fraction(found.upper)
        assert np.sum(first * found.behavior) == pytest.approx(0, abs=1e-6)
    loose = NonlocalGame(game.payoff, game.pi, (LinearConstraint(first, 0.5, np.inf),))
    assert npa_value(loose, 1).upper == pytest.approx(2 * 2**0.5, abs=1e-7)


def test_constraints_no_quantum_behavior_meets_are_proved_infeasible():
    game = chsh_correlations()
    impossible = NonlocalGame(game.payoff, game.pi, (LinearConstraint(game.payoff, 2.9, np.inf),))
    found = npa_value(impossible, 1)
    assert found.upper == -np.inf
    assert found.behavior is None
    ray = NonlocalGame(np.zeros_like(game.payoff), game.pi, impossible.constraints)
    assert exact_bound(ray, found.dual) < 0


def test_the_solver_for_large_relaxations_gives_proved_bounds_too(monkeypatch):
    monkeypatch.setattr("entsched.games.npa.solvers.MAX_INTERIOR", 0)
    assert 0 <= npa_value(chsh_correlations(), 1).upper - 2 * 2**0.5 <= 1e-5
    assert -1e-8 <= npa_value(cglmp3()).upper - (1 + (11 / 3) ** 0.5) <= 1e-4
    game = chsh_correlations()
    assert (
        npa_value(NonlocalGame(game.payoff, game.pi, (LinearConstraint(game.payoff, 2.9, np.inf),)), 1).upper == -np.inf
    )


def test_constraints_of_a_symmetric_game_are_kept_by_its_reduced_relaxation():
    game = chsh_correlations()
    limited = NonlocalGame(game.payoff, game.pi, (LinearConstraint(game.payoff, -np.inf, 2.5),))
    for level in (1, 2, 3):
        found = npa_value(limited, level)
        assert 2.5 <= found.upper <= 2.5 + 1e-7
        assert exact_bound(limited, found.dual) <= Fraction(found.upper)


def test_games_without_a_choice_have_their_only_value():
    assert npa_value(NonlocalGame(np.full((1, 1, 2, 2), 3.0)), 1).upper == pytest.approx(3, abs=1e-8)
    assert npa_value(NonlocalGame(np.zeros((2, 2, 1, 1)))).upper == pytest.approx(0, abs=1e-8)


def test_a_list_of_words_is_added_to_level_one():
    pairs = [(((x, 0),), ((y, 0),)) for x in range(3) for y in range(3)]
    assert npa_value(i3322(), pairs).upper == pytest.approx(npa_value(i3322(), "1+ab").upper, abs=1e-7)


@pytest.mark.parametrize(
    "level", ["", "0", 0, "1+", "1+c", "ab", True, -1, [(((0, 1),), ())], [((), ((0, 0), (0, 0)))], [1, 2]]
)
def test_levels_that_are_none_are_refused(level):
    with pytest.raises(GameError, match="given"):
        npa_value(chsh_game(), level)


def test_too_many_words_are_refused():
    with pytest.raises(GameError, match="words, allowed: at most 1500"):
        npa_value(NonlocalGame(np.ones((4, 4, 6, 6))), 3)


def test_visibility_of_a_quantum_behavior_is_one_and_noise_is_accounted_for():
    a, b, x, y = np.indices((2, 2, 2, 2))
    quantum = (1 + (-1.0) ** (a + b + x * y) / 2**0.5) / 4
    assert visibility_bound(quantum) == pytest.approx(1, abs=1e-6)
    box = ((a ^ b) == (x & y)) / 2
    assert 0.5**0.5 <= visibility_bound(box, 2) <= 0.5**0.5 + 1e-7
    assert visibility_bound(np.full((2, 2, 2, 2), 0.25)) == 1
    with pytest.raises(GameError, match="no-signalling"):
        visibility_bound(np.where(b == x, 0.5, 0.0))
