from itertools import pairwise

import numpy as np
import pytest
from reference import GAMES

from entsched.errors import GameError
from entsched.games.library import named
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame, as_xor
from entsched.games.relabelling import Relabelling
from entsched.games.seesaw_steps import born_table
from entsched.games.solve import Effort, solve
from entsched.games.value import Deterministic, Realisation, Status

SETS = ("local", "single-pair", "quantum", "no-signalling")


@pytest.mark.parametrize(("name", "correlations", "level"), GAMES)
def test_named_games_have_their_published_values(name, correlations, level):
    reference = GAMES[name, correlations, level]
    value = solve(named(name), correlations, Effort(level=level or "1+ab"))
    assert value.lower <= value.upper
    assert value.upper == pytest.approx(reference.value, abs=reference.tolerance)
    if "upper end" not in reference.source:
        assert value.status == Status.OPTIMAL
        assert value.lower == pytest.approx(reference.value, abs=max(reference.tolerance, 1e-7))


def random_game(seed):
    """Normal or integer payoffs of both signs, sparse at times; XOR games and payoff tables."""
    rng = np.random.default_rng(seed)
    if seed % 2:
        return XorGame(rng.normal(size=rng.integers(1, 5, 2)).round(3))
    shape = (*rng.integers(2, 4, 2), *rng.integers(1, 4, 2))
    values = rng.normal(size=shape) if seed % 4 else rng.integers(-3, 4, shape).astype(float)
    return NonlocalGame(values * (rng.random(shape) < 0.8), rng.normal(size=shape[2:]))


@pytest.mark.parametrize("seeds", [range(4), pytest.param(range(4, 24), marks=pytest.mark.slow)], ids=["few", "many"])
def test_the_sets_are_nested_and_levels_decrease(seeds):
    for seed in seeds:
        game = random_game(seed)
        slack = 1e-9 * game.scale
        values = [solve(game, each) for each in SETS]
        for value in values:
            assert value.lower <= value.upper, (seed, value.correlations)
        for small, large in pairwise(values):
            assert small.lower <= large.upper + slack, (seed, small.correlations)
        local, single, quantum, _ = values
        assert local.lower <= single.lower + 1e-6 * game.scale, seed
        assert single.lower <= quantum.lower + 1e-6 * game.scale, seed
        if isinstance(game, NonlocalGame) and as_xor(game) is None:
            uppers = [solve(game, "quantum", Effort(level=level, dimension=2)).upper for level in ("1", "1+ab", "2")]
            # a large relaxation is proved from what SCS reaches, so it may be a little looser than a small one
            assert uppers[1] <= uppers[0] + 1e-5 * game.scale, seed
            assert uppers[2] <= uppers[1] + 1e-5 * game.scale, seed


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_values_do_not_depend_on_names_or_on_who_is_who(seed):
    game = random_game(seed)
    table = game.as_nonlocal() if isinstance(game, XorGame) else game
    rng = np.random.default_rng(seed)
    n, m = table.questions
    relabelled = Relabelling(
        rng.permutation(n),
        rng.permutation(m),
        np.array([rng.permutation(table.answers[0]) for _ in range(n)]),
        np.array([rng.permutation(table.answers[1]) for _ in range(m)]),
    ).apply(table)
    for correlations in ("local", "quantum", "no-signalling"):
        value = solve(table, correlations)
        for other in (solve(relabelled, correlations), solve(table.exchanged(), correlations)):
            assert other.lower <= value.upper + 1e-9 * table.scale
            assert value.lower <= other.upper + 1e-9 * table.scale
            assert other.upper == pytest.approx(value.upper, abs=2e-6 * table.scale)


@pytest.mark.parametrize("seed", range(2, 12, 2))
def test_strategies_and_behaviors_reach_the_lower_end(seed):
    game = random_game(seed)
    for correlations in ("local", "quantum", "no-signalling"):
        value = solve(game, correlations)
        assert game.evaluate(value.behavior) == pytest.approx(value.lower, abs=1e-9 * game.scale)
        for part in value.strategy:
            if isinstance(part.strategy, Realisation):
                assert game.evaluate(born_table(part.strategy)) == pytest.approx(value.lower, abs=1e-9 * game.scale)
            if isinstance(part.strategy, Deterministic):
                x, y = np.indices(game.questions)
                won = game.weights[part.strategy.answers_a[x], part.strategy.answers_b[y], x, y].sum()
                assert won == pytest.approx(value.lower, abs=1e-9 * game.scale)


def test_a_table_that_is_an_xor_game_gets_its_behavior_as_a_table():
    table = named("chsh").as_nonlocal()
    for correlations in SETS:
        value = solve(table, correlations)
        assert table.evaluate(value.behavior) == pytest.approx(value.lower, abs=1e-9)


def test_side_constraints_bind_every_set():
    """CHSH with P(a != b) = p on average: values fall, stay in order, and the strategies meet the constraint."""
    chsh = named("chsh")
    for p in (0.1, 0.25, 0.6):
        tied = XorGame(chsh.weights, 0.5, (LinearConstraint.equality(np.full((2, 2), 0.25), 1 - 2 * p),))
        values = [solve(tied, each) for each in ("local", "quantum", "no-signalling")]
        for value in values:
            assert value.status == Status.OPTIMAL
            assert np.sum(0.25 * value.behavior) == pytest.approx(1 - 2 * p, abs=1e-8)
        assert values[0].upper <= values[1].upper + 1e-9
        assert values[1].upper <= values[2].upper + 1e-9
        assert values[0].upper < solve(chsh, "local").upper + 1e-9


def test_a_payoff_table_with_side_constraints_has_both_quantum_ends():
    rng = np.random.default_rng(1)
    marginal = np.zeros((2, 2, 2, 2))
    marginal[0, :, 0, 0] = 1
    game = NonlocalGame(rng.normal(size=(2, 2, 2, 2)), constraints=(LinearConstraint(marginal, 0.3, 0.4),))
    local, quantum, free = solve(game, "local"), solve(game, "quantum"), solve(game, "no-signalling")
    assert local.lower <= quantum.upper + 1e-9
    assert quantum.lower <= free.upper + 1e-9
    assert quantum.gap < 1e-4 * game.scale
    assert 0.3 - 1e-8 <= quantum.behavior[0, :, 0, 0].sum() <= 0.4 + 1e-8


def test_constraints_that_nothing_meets_are_said_to_be_infeasible():
    impossible = LinearConstraint.equality(np.full((2, 2), 0.25), 1.5)
    game = XorGame([[1.0, 1.0], [1.0, -1.0]], constraints=(impossible,))
    for correlations in ("local", "quantum", "no-signalling"):
        assert solve(game, correlations).status == Status.INFEASIBLE


def test_a_time_limit_leaves_both_ends_valid():
    game = named("random-xor:60:3")
    value = solve(game, "local", Effort(time_limit_s=0.3))
    assert value.status == Status.INTERRUPTED
    assert value.lower <= value.upper <= solve(game, "quantum").upper + 1e-9


def test_wrong_questions_are_refused_in_one_line():
    for call in (
        lambda: solve(named("chsh"), "magic"),
        lambda: solve(named("chsh"), "local", Effort(visibility=0.9)),
        lambda: NonlocalGame([[1.0]]),
        lambda: NonlocalGame([[["a"]]]),
        lambda: NonlocalGame(np.ones((2, 2, 2, 2)), np.ones((3, 2))),
        lambda: XorGame([[1.0, float("nan")]]),
        lambda: XorGame([[1.0, 2.0], [3.0]]),
        lambda: XorGame([[1.0 + 2.0j]]),
    ):
        with pytest.raises(GameError) as error:
            call()
        assert "\n" not in str(error.value)
