"""Noise, loss and finite statistics: thresholds against closed forms, sums and simulations."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from entsched.errors import GameError
from entsched.games.detection import (
    NoClick,
    detection_threshold,
    lossy_behavior,
    lossy_weights,
    lowest_efficiency,
)
from entsched.games.evidence import p_value, p_value_of_payoffs, rounds_binomial, rounds_hoeffding
from entsched.games.nonlocal_game import NonlocalGame
from entsched.games.robustness import Interval, critical_visibility, mixed_with, strategy_visibility
from entsched.games.seesaw import seesaw_maximise
from entsched.games.seesaw_steps import born_table

A, B, X, Y = np.indices((2, 2, 2, 2))
CHSH = NonlocalGame((A ^ B) == (X & Y), name="chsh")
BEST = seesaw_maximise(CHSH.weights, 2)
GARG_MERMIN = 2 / (1 + 2**0.5)


def test_the_strategy_is_at_the_local_bound_at_its_critical_visibility():
    v = strategy_visibility(CHSH, BEST.realisation, 0.75)
    assert v == pytest.approx(0.5**0.5, abs=1e-9)
    assert CHSH.evaluate(born_table(mixed_with(BEST.realisation, v))) == pytest.approx(0.75, abs=1e-12)


def test_coloured_noise_that_the_strategy_likes_is_tolerated_longer():
    noise = np.diag([0.5, 0, 0, 0.5])
    found = mixed_with(BEST.realisation, 0.0, noise)
    v = strategy_visibility(CHSH, BEST.realisation, 0.75, noise)
    assert CHSH.evaluate(born_table(found)) < 0.75
    assert CHSH.evaluate(born_table(mixed_with(BEST.realisation, v, noise))) == pytest.approx(0.75, abs=1e-12)


def test_critical_visibility_takes_the_far_ends():
    ends = critical_visibility(Interval(0.84, 0.86), Interval(0.74, 0.75), 0.5)
    assert ends == pytest.approx((0.24 / 0.36, 0.25 / 0.34))
    assert critical_visibility(Interval(0.7, 0.76), Interval(0.75, 0.75), 0.5).upper == math.inf


def test_the_maximally_entangled_state_needs_the_efficiency_of_garg_and_mermin():
    threshold = detection_threshold(CHSH, BEST.behavior, 0.75)
    assert threshold == pytest.approx(GARG_MERMIN, abs=1e-9)
    for eta, above in ((threshold - 1e-3, False), (threshold + 1e-3, True)):
        assert (CHSH.evaluate(lossy_behavior(CHSH, BEST.behavior, eta)) > 0.75) == above


def test_tilted_states_come_near_eberhards_two_thirds():
    eta, strategy = lowest_efficiency(CHSH, 0.75, rounds=8)
    assert 2 / 3 < eta < 0.68
    assert detection_threshold(CHSH, born_table(strategy), 0.75) == pytest.approx(eta, abs=1e-9)
    schmidt = np.linalg.svd(np.linalg.eigh(strategy.state)[1][:, -1].reshape(2, 2))[1]
    assert schmidt[1] / schmidt[0] < 0.5


def test_lossy_behaviors_agree_with_a_simulation_of_detectors():
    rng = np.random.default_rng(0)
    eta, n, no_click = 0.7, 200_000, NoClick(a=[1, 0], b=1)
    table = lossy_behavior(CHSH, BEST.behavior, eta, no_click)
    for x, y in np.ndindex(2, 2):
        outcome = rng.choice(4, size=n, p=BEST.behavior[:, :, x, y].ravel())
        a = np.where(rng.random(n) < eta, outcome // 2, [1, 0][x])
        b = np.where(rng.random(n) < eta, outcome % 2, 1)
        counts = np.bincount(2 * a + b, minlength=4).reshape(2, 2) / n
        np.testing.assert_allclose(counts, table[:, :, x, y], atol=0.006)


def test_a_third_outcome_can_report_the_loss():
    a, b, x, y = np.indices((3, 3, 2, 2))
    clicked = (a < 2) & (b < 2)
    game = NonlocalGame(np.where(clicked, ((a ^ b) == (x & y)) - 0.75, 0.0))
    table = lossy_behavior(game, BEST.behavior, 0.6, NoClick(2, 2))
    np.testing.assert_allclose(table.sum(axis=(0, 1)), 1)
    np.testing.assert_allclose(table[2, 2], 0.16)
    assert game.evaluate(table) == pytest.approx(0.36 * (CHSH.evaluate(BEST.behavior) - 0.75))
    assert detection_threshold(game, BEST.behavior, 0.0, NoClick(2, 2)) == 0.0  # post-selection


@pytest.mark.parametrize("seed", range(5))
def test_lossless_weights_give_the_value_with_loss(seed):
    rng = np.random.default_rng(seed)
    game = NonlocalGame(rng.normal(size=(2, 3, 2, 2)))
    behavior = seesaw_maximise(rng.normal(size=(2, 3, 2, 2)), 2, starts=1).behavior
    no_click, eta = NoClick(1, [2, 0]), rng.random()
    expected = game.evaluate(lossy_behavior(game, behavior, eta, no_click))
    assert np.sum(lossy_weights(game, eta, no_click) * behavior) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_detection_thresholds_agree_with_a_scan_of_efficiencies(seed):
    rng = np.random.default_rng(seed)
    game = NonlocalGame(rng.normal(size=(2, 2, 2, 2)))
    bound = rng.uniform(-0.3, 0.3)
    threshold = detection_threshold(game, BEST.behavior, bound)
    etas = np.linspace(0, 1, 201)
    above = np.array([game.evaluate(lossy_behavior(game, BEST.behavior, eta)) > bound for eta in etas])
    if not above[-1]:
        assert threshold == math.inf
    else:
        last_below = etas[~above].max(initial=0.0)
        assert threshold == pytest.approx(last_below, abs=5.1e-3)


def passes(n, q, c, significance, power):
    tails = np.cumsum(binom.pmf(np.arange(n + 1), n, c)[::-1])[::-1]
    k = int(np.argmax(tails <= significance)) if (tails <= significance).any() else n + 1
    return binom.pmf(np.arange(k, n + 1), n, q).sum() >= power


@pytest.mark.parametrize(
    ("q", "c", "significance", "power"),
    [(0.8535, 0.75, 0.05, 0.9), (0.95, 0.75, 0.01, 0.5), (1.0, 8 / 9, 0.05, 0.95), (0.6, 0.5, 0.05, 0.8)],
)
def test_fewer_rounds_than_the_exact_number_never_pass(q, c, significance, power):
    n = rounds_binomial(q, c, significance, power)
    first = next(n for n in range(1, 10_000) if passes(n, q, c, significance, power))
    assert n == first


def test_hoeffding_needs_more_rounds_and_is_enough():
    exact, enough = rounds_binomial(0.8535, 0.75), rounds_hoeffding(0.8535, 0.75)
    assert exact < enough
    level = 0.75 + math.sqrt(math.log(20) / (2 * enough))
    assert binom.sf(math.ceil(level * enough) - 1, enough, 0.75) <= 0.05
    assert binom.sf(math.ceil(level * enough) - 1, enough, 0.8535) >= 0.95
    assert rounds_hoeffding(8**0.5, 2.0, payoff_range=(-4, 4)) == pytest.approx(
        rounds_hoeffding(0.5 + 8**0.5 / 8, 0.75), abs=1
    )


def test_small_advantages_need_many_rounds_and_are_found_fast():
    n = rounds_binomial(0.7505, 0.75)
    normal = ((1.6449 * (2 * (0.75 * 0.25) ** 0.5)) / 0.0005) ** 2
    assert n == pytest.approx(normal, rel=0.01)


def test_the_p_value_is_the_binomial_tail():
    direct = sum(math.comb(40, k) * 0.75**k * 0.25 ** (40 - k) for k in range(36, 41))
    assert p_value(36, 40, 0.75) == pytest.approx(direct)
    assert p_value(0, 40, 0.75) == 1.0


def test_the_delft_experiment_has_its_published_p_value():
    assert p_value(196, 245, 0.75) == pytest.approx(0.039, abs=5e-4)


def test_p_values_of_payoffs_bound_the_chance_of_local_strategies_with_memory():
    rng = np.random.default_rng(3)
    n, games, bound = 60, 40_000, 0.25
    total = np.zeros(games)
    for _ in range(n):  # payoffs -1, 0, 1 with mean 1/4: risky while behind, safe while ahead
        safe = np.where(rng.random(games) < 0.25, 1.0, 0.0)
        risky = np.where(rng.random(games) < 0.625, 1.0, -1.0)
        total += np.where(total > 0.4 * n, safe, risky)
    for s in (20.0, 25.0, 30.0, 32.0):
        assert np.mean(total >= s) <= p_value_of_payoffs(s, n, bound, (-1, 1)) + 1e-3


def test_p_values_of_payoffs_are_at_most_e_times_the_exact_tail_of_won_games():
    for wins in range(30, 41):
        general = p_value_of_payoffs(wins, 40, 0.6)
        assert p_value(wins, 40, 0.6) <= general <= math.e * p_value(wins, 40, 0.6) * (1 + 1e-9)
    assert p_value_of_payoffs(40.0, 40, 0.6) == pytest.approx(0.6**40)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixed_with(BEST.realisation, 2.0), "visibility given 2.0"),
        (lambda: mixed_with(BEST.realisation, 0.5, np.eye(3)), "noise has shape"),
        (lambda: critical_visibility(Interval(2, 1), Interval(0, 0), 0), "quantum value given from 2 to 1"),
        (lambda: critical_visibility(Interval(1, 2), Interval(0, 0), 1), "noise value given 1"),
        (lambda: lossy_behavior(CHSH, BEST.behavior, 1.5), "efficiency given 1.5"),
        (lambda: lossy_behavior(CHSH, BEST.behavior, 0.5, NoClick(2)), "no-click answer of a given as 2"),
        (lambda: lossy_behavior(CHSH, BEST.behavior, 0.5, NoClick(0, [0, 0, 0])), "an answer or 2 answers"),
        (lambda: lossy_behavior(CHSH, np.ones((3, 2, 2, 2)), 0.5), "behavior has shape"),
        (lambda: rounds_binomial(0.7, 0.75), "values given 0.7 against 0.75"),
        (lambda: rounds_binomial(0.7, 0.0), "local bound given 0.0"),
        (lambda: rounds_binomial(0.8, 0.75, significance=0.9, power=0.5), "significance 0.9 and power 0.5"),
        (lambda: rounds_binomial(0.75 + 1e-6, 0.75), "more than 1073741824 rounds"),
        (lambda: p_value(5, 4, 0.5), "wins given 5 of 4"),
        (lambda: p_value(4, 5, 1.5), "bound given 1.5"),
        (lambda: p_value_of_payoffs(4, 5, 2.0), "total given 4 with bound 2.0"),
        (lambda: p_value_of_payoffs(4, 0, 0.5), "rounds given 0"),
    ],
)
def test_impossible_numbers_are_refused(call, message):
    with pytest.raises(GameError, match=message):
        call()
