"""Named games, forms, products and relabellings, against brute force over fixed answers."""

import itertools

import numpy as np
import pytest

from entsched.errors import GameError
from entsched.games.forms import (
    behavior_from_collins_gisin,
    behavior_from_correlators,
    behavior_to_collins_gisin,
    behavior_to_correlators,
    functional_from_collins_gisin,
    functional_from_correlators,
    functional_to_collins_gisin,
    functional_to_correlators,
    no_signalling_part,
)
from entsched.games.library import (
    REGISTRY,
    catalogue,
    cglmp,
    graph_colouring,
    magic_square,
    named,
    random_game,
    random_xor,
    usages,
)
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame, as_xor
from entsched.games.products import product_game, repeated_game
from entsched.games.relabelling import Relabelling, symmetries


def table_of(game):
    return game.as_nonlocal() if isinstance(game, XorGame) else game


def local_optimum(game):
    """The best pair of fixed answers: all of A's, B's best reply to each."""
    game = table_of(game)
    x = np.arange(game.questions[0])
    answers = itertools.product(range(game.answers[0]), repeat=game.questions[0])
    return max(game.weights[list(a), :, x, :].sum(axis=0).max(axis=0).sum() for a in answers)


def random_behavior(rng, answers, questions):
    """No-signalling: product boxes mixed with boxes of perfectly correlated answers b = sigma_xy(a)."""
    (na, nb), (nx, ny) = answers, questions
    p = np.zeros((na, nb, nx, ny))
    for weight in rng.dirichlet(np.ones(6)):
        a, b = rng.dirichlet(np.ones(na), size=nx), rng.dirichlet(np.ones(nb), size=ny)
        p += weight * np.einsum("xa,yb->abxy", a, b)
    if na == nb:
        shifts = rng.integers(0, na, size=questions)
        i, j = np.indices((na, na))
        box = ((i - j)[:, :, None, None] - shifts) % na == 0
        p = (p + box / na) / 2
    return p


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("chsh", 3 / 4),
        ("weighted-chsh:2", 4),
        ("tilted-chsh:0.5", 2.5),
        ("odd-cycle:5", 9 / 10),
        ("odd-cycle:7", 13 / 14),
        ("chained:2", 3 / 4),
        ("chained:4", 7 / 8),
        ("magic-square", 8 / 9),
        ("i3322", 0),
        ("cglmp:2", 2),
        ("cglmp:3", 2),
        ("cglmp:5", 2),
        ("elegant", 6),
        ("ffl", 2 / 3),
        ("cycle-colouring:4:2", 1),
        ("cycle-colouring:5:3", 1),
        ("cycle-colouring:5:2", 1 - 2 / 15),
    ],
)
def test_named_games_have_their_local_values(name, local):
    game = named(name)
    assert local_optimum(game) == pytest.approx(local, abs=1e-12)
    assert game.name == name


def test_chained_and_odd_cycle_games_are_won_at_the_quantum_value_by_planar_vectors():
    for n in (3, 5, 9):
        odd, chain = named(f"odd-cycle:{n}"), named(f"chained:{n}")
        step = np.pi / (2 * n)
        angles = np.subtract.outer(2 * step * np.arange(n), 2 * step * np.arange(n) + step)
        assert chain.evaluate(np.cos(angles)) == pytest.approx(np.cos(np.pi / (4 * n)) ** 2)
        turn = np.pi * (n - 1) / n
        angles = np.subtract.outer(turn * np.arange(n), turn * np.arange(n)) - step
        assert odd.evaluate(np.cos(angles)) == pytest.approx(np.cos(np.pi / (4 * n)) ** 2)


def test_the_magic_square_is_won_by_two_bell_pairs():
    one, x, z = np.eye(2), np.array([[0, 1], [1, 0]]), np.diag([1, -1])
    square = [
        [np.kron(one, z), np.kron(z, one), np.kron(z, z)],
        [np.kron(x, one), np.kron(one, x), np.kron(x, x)],
        [-np.kron(x, z), -np.kron(z, x), np.kron(x @ z, z @ x)],
    ]
    bell = np.eye(4).reshape(16) / 2
    game = magic_square()
    p = np.zeros((4, 4, 3, 3))
    for a, b, r, c in itertools.product(range(4), range(4), range(3), range(3)):
        effect_a = project(square[r][0], a >> 1) @ project(square[r][1], a & 1)
        effect_b = project(square[0][c], b >> 1) @ project(square[1][c], b & 1)
        p[a, b, r, c] = bell @ np.kron(effect_a, effect_b.T) @ bell
    assert game.evaluate(p) == pytest.approx(1.0)


def project(observable, answer):
    return (np.eye(4) + (-1) ** answer * observable) / 2


def test_cglmp_follows_the_formula_of_the_paper():
    for d in (2, 3, 4, 7):
        table = np.zeros((d, d, 2, 2))
        for k in range(d // 2):
            factor = 1 - 2 * k / (d - 1)
            for b in range(d):
                for sign, shift in ((1, k), (-1, -k - 1)):
                    table[(b + shift) % d, b, 0, 0] += sign * factor  # A1 = B1 + k
                    table[(b + shift) % d, b, 1, 1] += sign * factor  # A2 = B2 + k
                    table[b, (b + shift) % d, 0, 1] += sign * factor  # B2 = A1 + k
                for sign, shift in ((1, k + 1), (-1, -k)):
                    table[b, (b + shift) % d, 1, 0] += sign * factor  # B1 = A2 + k + 1
        np.testing.assert_allclose(cglmp(d).weights, table, atol=1e-12)


def test_random_games_come_back_from_their_name():
    np.testing.assert_array_equal(named("random-xor:4:7").weights, random_xor(4, 7).weights)
    np.testing.assert_array_equal(named("random:3:2:7").payoff, random_game(3, 2, 7).payoff)
    assert not np.array_equal(random_xor(4, 7).weights, random_xor(4, 8).weights)
    assert len(catalogue()) == len(REGISTRY) == len(usages())
    assert all(row["summary"] for row in catalogue())


@pytest.mark.parametrize(
    "text",
    "|hex|chsh:1|odd-cycle|odd-cycle:4|odd-cycle:1|odd-cycle:x|chained:1|cglmp:1000|cglmp:1e9|random-xor:9999:1|"
    "random:100:100:1|random:3:3:-1|tilted-chsh:nan|tilted-chsh:inf|random-xor:3|cycle-colouring:1000:100|"
    f"odd-cycle:{'9' * 5000}".split("|"),
)
def test_names_that_mean_no_game_are_refused_in_one_line(text):
    with pytest.raises(GameError) as refused:
        named(text)
    assert "allowed" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_graph_colouring_refuses_loops_and_no_edges():
    for edges in ([], [(1, 1)], [(-1, 0)], [(0, 10**6)]):
        with pytest.raises(GameError, match="allowed"):
            graph_colouring(edges, 3)


@pytest.mark.parametrize(
    ("answers", "questions"), [((2, 2), (2, 3)), ((3, 2), (2, 2)), ((3, 3), (1, 4)), ((1, 2), (2, 1))]
)
def test_collins_gisin_form_agrees_with_the_table_on_no_signalling_behaviors(answers, questions):
    rng = np.random.default_rng(3)
    for _ in range(20):
        p, table = random_behavior(rng, answers, questions), rng.normal(size=(*answers, *questions))
        form, behavior = functional_to_collins_gisin(table), behavior_to_collins_gisin(p)
        np.testing.assert_allclose(behavior_from_collins_gisin(behavior), p, atol=1e-14)
        assert form.dot(behavior) == pytest.approx(np.sum(table * p), abs=1e-12)
        rebuilt = functional_from_collins_gisin(form)
        assert np.sum(rebuilt * p) == pytest.approx(np.sum(table * p), abs=1e-12)
        np.testing.assert_allclose(functional_to_collins_gisin(rebuilt).vector(), form.vector(), atol=1e-12)
        np.testing.assert_allclose(no_signalling_part(rebuilt), no_signalling_part(table), atol=1e-12)
        assert np.sum(no_signalling_part(table) * p) == pytest.approx(np.sum(table * p), abs=1e-12)


def test_correlator_form_agrees_with_the_table_on_no_signalling_behaviors():
    rng = np.random.default_rng(4)
    for _ in range(20):
        p, table = random_behavior(rng, (2, 2), (3, 2)), rng.normal(size=(2, 2, 3, 2))
        form, behavior = functional_to_correlators(table), behavior_to_correlators(p)
        np.testing.assert_allclose(behavior_from_correlators(behavior), p, atol=1e-14)
        assert form.dot(behavior) == pytest.approx(np.sum(table * p), abs=1e-12)
        assert np.sum(functional_from_correlators(form) * p) == pytest.approx(np.sum(table * p), abs=1e-12)
    with pytest.raises(GameError, match="answers"):
        functional_to_correlators(np.zeros((3, 2, 1, 1)))


def test_separate_strategies_multiply_or_add_their_values():
    rng = np.random.default_rng(5)
    first, second = random_game(2, 3, 1), named("ffl")
    p, q = random_behavior(rng, (2, 2), (3, 3)), random_behavior(rng, (2, 2), (2, 2))
    for game_1, game_2, p_1, p_2 in (
        (first, second, p, q),
        (second, named("chsh"), q, q),
        (named("i3322"), first, p, p),
    ):
        v_1, v_2 = table_of(game_1).evaluate(p_1), table_of(game_2).evaluate(p_2)
        both = np.kron(p_1, p_2)
        assert product_game(game_1, game_2).evaluate(both) == pytest.approx(v_1 * v_2)
        assert product_game(game_1, game_2, "sum").evaluate(both) == pytest.approx(v_1 + v_2)
    assert repeated_game(second, 3).evaluate(np.kron(np.kron(q, q), q)) == pytest.approx(second.evaluate(q) ** 3)


def test_two_games_of_chsh_in_parallel_are_won_classically_with_probability_five_eighths():
    assert local_optimum(repeated_game(named("chsh"), 2)) == pytest.approx(10 / 16)


def test_products_that_are_too_large_or_constrained_are_refused():
    game = XorGame([[1.0]], constraints=(LinearConstraint.equality([[1.0]], 0.5),))
    for call in (
        lambda: product_game(game, game),
        lambda: repeated_game(named("chsh"), 7),
        lambda: repeated_game(named("chsh"), 10**9),
        lambda: repeated_game(named("chsh"), 0),
        lambda: product_game(named("chsh"), named("chsh"), "xor"),
    ):
        with pytest.raises(GameError, match="allowed"):
            call()


def random_relabelling(rng, answers, questions, exchange=False):
    rows = [np.array([rng.permutation(a) for _ in range(q)]) for a, q in zip(answers, questions, strict=True)]
    return Relabelling(rng.permutation(questions[0]), rng.permutation(questions[1]), *rows, exchange)


def test_a_relabelled_game_pays_the_relabelled_behavior_the_same():
    rng = np.random.default_rng(6)
    for exchange in (False, True):
        game = random_game(3, 4, 2)
        game = NonlocalGame(game.payoff[:2, :, :3], rng.random((3, 4)))
        sizes = ((3, 2), (4, 3)) if exchange else ((2, 3), (3, 4))
        relabelling = random_relabelling(rng, *sizes, exchange)
        p = random_behavior(rng, (2, 3), (3, 4))
        assert relabelling.apply(game).evaluate(relabelling.apply_to_table(p)) == pytest.approx(game.evaluate(p))
        xor = XorGame(random_xor(4, 3).weights[:3], 0.25)
        sizes = ((2, 2), (4, 3)) if exchange else ((2, 2), (3, 4))
        relabelling = random_relabelling(rng, *sizes, exchange)
        correlator = rng.uniform(-1, 1, size=(3, 4))
        moved = relabelling.apply(xor).evaluate(relabelling.apply_to_correlator(correlator))
        assert moved == pytest.approx(xor.evaluate(correlator))
        np.testing.assert_allclose(
            as_xor(relabelling.apply(xor.as_nonlocal())).weights, relabelling.apply(xor).weights, atol=1e-15
        )


@pytest.mark.parametrize(("name", "size"), [("chsh", 16), ("odd-cycle:3", 12 * 2), ("magic-square", 2 * 36 * 16)])
def test_symmetries_leave_the_game_as_it_is(name, size):
    game = named(name)
    found = symmetries(game, max_steps=10**6)
    for relabelling in found[:: max(1, len(found) // 20)]:
        moved = no_signalling_part(table_of(relabelling.apply(game)).weights)
        np.testing.assert_allclose(moved, no_signalling_part(table_of(game).weights), atol=1e-9)
    assert len(found) == size


def test_symmetries_equal_those_found_by_trying_every_relabelling():
    game = named("tilted-chsh:0.5")
    flips = [np.array(rows) for rows in itertools.product([[0, 1], [1, 0]], repeat=2)]
    orders = [np.array([0, 1]), np.array([1, 0])]
    wanted = no_signalling_part(game.weights)
    count = 0
    for questions_a, questions_b, answers_a, answers_b, exchange in itertools.product(
        orders, orders, flips, flips, [False, True]
    ):
        moved = Relabelling(questions_a, questions_b, answers_a, answers_b, exchange).apply(game)
        count += np.allclose(no_signalling_part(moved.weights), wanted, atol=1e-9)
    assert len(symmetries(game)) == count


def test_searches_for_symmetries_that_would_not_end_are_refused():
    with pytest.raises(GameError, match="steps"):
        symmetries(XorGame(np.ones((6, 6))), max_steps=1000)
    with pytest.raises(GameError, match="entries"):
        symmetries(random_game(4, 40, 1))
    with pytest.raises(GameError, match="permutations"):
        Relabelling(np.array([0, 0]), np.array([0]), np.array([[0, 1], [0, 1]]), np.array([[0, 1]]))
