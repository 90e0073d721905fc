from itertools import pairwise

import numpy as np
import pytest
from conftest import exponential
from scipy import stats
from scipy.integrate import trapezoid
from scipy.optimize import minimize_scalar

from entsched.errors import GameError
from entsched.games.split.continuous import continuous_classical, continuous_quantum, enclosing_games
from entsched.games.split.correlations import PairCorrelations
from entsched.games.split.partial_moments import continuous_law
from entsched.routing import classical_optimum, quantum_optimum
from entsched.workload.service import Exponential, Hyperexponential, Lognormal

EXPONENTIAL = Exponential(law="exponential", mean_s=1.0)
HYPEREXPONENTIAL = Hyperexponential(law="hyperexponential", mean_s=1.0, scv=4.0)
LOGNORMAL = Lognormal(law="lognormal", mean_s=1.0, scv=2.0)
#: Each law with its density by scipy.
LAWS = {
    "exponential": (EXPONENTIAL, stats.expon().pdf),
    "hyperexponential": (
        HYPEREXPONENTIAL,
        lambda s: sum(p * stats.expon(scale=m).pdf(s) for p, m in zip(*HYPEREXPONENTIAL.phases, strict=True)),
    ),
    "lognormal": (LOGNORMAL, stats.lognorm(np.sqrt(np.log(3)), scale=3**-0.5).pdf),
    **{
        name: (law, law.pdf)
        for name, law in {
            "uniform": stats.uniform(0.5, 1.0),
            "gamma": stats.gamma(2.5, scale=0.4),
            "scipy lognormal": stats.lognorm(0.7, loc=0.2, scale=0.5),
            "scipy exponential": stats.expon(loc=0.3, scale=0.7),
        }.items()
    },
}


@pytest.mark.parametrize("name", LAWS)
def test_tail_moments_and_quadrature_agree(name):
    source, density = LAWS[name]
    law = continuous_law(source)
    for t in (law.lowest_s, 0.6, 1.3, 4.0):
        if t >= law.highest_s:
            continue
        s = t + np.geomspace(1e-12, min(law.highest_s - t, 1e6), 100_001)
        for k, moment in enumerate(law.tail(np.array([t]))):
            assert float(moment[0]) == pytest.approx(trapezoid(s**k * density(s), s), abs=1e-6)
    assert float(law.tail(np.array([law.lowest_s]))[1][0]) == pytest.approx(law.mean_s)


@pytest.mark.parametrize("name", LAWS)
def test_edges_are_sorted_and_both_games_keep_the_mass_and_the_mean(name):
    law = continuous_law(LAWS[name][0])
    for cells in (2, 7, 500):
        edges, *games = enclosing_games(law, 0.5, 0.5, cells, 1000)
        assert np.all(np.diff(edges) > 0)
        assert (edges[0], edges[-1]) == (law.lowest_s, law.highest_s)
        for game in games:
            assert game.left.min() >= 0
            assert game.totals[0] == pytest.approx(1.0, abs=1e-13)
        assert games[0].totals[1] == pytest.approx(games[1].totals[1], rel=1e-13)


def classical_dual_of_uniform(multiplier, grid):
    """min over thresholds of J + mu p for S uniform on [0, 2] at lambda = 0.5, alpha = 0.5, by brute force."""
    zero, one = grid - 1, grid**2 / 2 - 1
    a0, a1 = zero[:, None], one[:, None]
    values = []
    for sign in (1, -1):
        b0, b1 = sign * zero, sign * one
        cost = (1.0 + 0.5 * a1 * b1 + (a0 * b1 + a1 * b0) / 4) / 2
        values.append((cost + multiplier * (1 - a0 * b0) / 2).min())
    return min(values)


@pytest.mark.parametrize("p", [0.1, 0.7])
def test_classical_optimum_of_uniform_service_against_brute_force_over_thresholds(p):
    grid = np.linspace(0, 2, 201)
    best = minimize_scalar(
        lambda mu: -(classical_dual_of_uniform(mu, grid) - mu * p),
        bounds=(0, 4),
        method="bounded",
        options={"xatol": 1e-9},
    )
    value = continuous_classical(stats.uniform(0, 2), 0.5, p)
    assert value.gap < 1e-7
    assert value.lower - 1e-9 <= -best.fun
    assert -best.fun == pytest.approx(value.upper, abs=1e-4)


@pytest.mark.parametrize("law", [EXPONENTIAL, HYPEREXPONENTIAL, LOGNORMAL], ids=str)
@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_classical_ends_close_in_and_stay_consistent(law, p):
    values = [continuous_classical(law, 0.5, p, cells) for cells in (4, 16, 64, 256, 1024, 4096)]
    for value in values:
        assert value.lower <= value.upper
    for coarse, fine in pairwise(values):
        assert fine.gap < coarse.gap / 5
        assert coarse.lower <= fine.upper
        assert fine.lower <= coarse.upper
    assert values[-1].gap < values[0].gap / 4**8


@pytest.mark.parametrize(
    ("law", "p"), [(EXPONENTIAL, 0.5), pytest.param(HYPEREXPONENTIAL, 0.3, marks=pytest.mark.slow)], ids=str
)
def test_quantum_ends_close_in_and_lie_below_the_classical(law, p):
    values = [continuous_quantum(law, 0.5, p, bins) for bins in (8, 16, 32)]
    for coarse, fine in pairwise(values):
        assert fine.gap < coarse.gap / 3
        assert coarse.lower <= fine.upper
        assert fine.lower <= coarse.upper
    assert values[-1].upper < continuous_classical(law, 0.5, p).lower


def test_forty_equiprobable_bins_lie_just_above_the_limit():
    workload = exponential(0.5, 40)
    classical, quantum = continuous_classical(EXPONENTIAL, 0.5, 0.5), continuous_quantum(EXPONENTIAL, 0.5, 0.5, 300)
    assert classical.gap < 1e-9
    assert quantum.gap < 2e-5
    binned = classical_optimum(workload, 0.5).upper
    assert classical.upper <= binned + 1e-9
    assert binned == pytest.approx(classical.upper, abs=2e-5)
    binned = quantum_optimum(workload, 0.5).upper
    assert quantum.lower < binned
    assert binned == pytest.approx(quantum.upper, abs=1e-4)


@pytest.mark.parametrize(("rate", "p"), [(0.5, 0.3), (0.5, 0.5), (0.9, 0.55)])
def test_a_dual_of_the_continuous_game_itself_lies_between_the_ends(rate, p):
    """Duals d(s), e(s) from the strategy, with integrals over the density: no bins, no convex order.

    If the largest singular value of d^-1/2 G e^-1/2 is sigma, sum G E >= -sigma (sum d + sum e) / 2.
    """
    value = continuous_quantum(EXPONENTIAL, rate, p, bins=200)
    alpha, mu = rate / (2 * (1 - rate)), value.multiplier
    core = np.array([[-mu, 0.25], [0.25, alpha]]) / 2
    tails = np.stack([*continuous_law(EXPONENTIAL).tail(np.minimum(value.edges_s, 700.0))])
    moments = tails[:, :-1] - tails[:, 1:]
    heaviest = max(value.parts, key=lambda part: part.weight)
    a, b = (moments @ np.exp(1j * angles) for angles in (heaviest.angles_a, heaviest.angles_b))
    s = np.linspace(0, 60, 60_001)
    weights = np.exp(-s) * (s[1] - s[0])
    weights[0] /= 2
    f = np.stack([np.ones_like(s), s])
    d, e = np.abs(core @ b @ f), np.abs(a @ core @ f)
    gram_a, gram_b = (f * weights / dual @ f.T for dual in (d, e))
    sigma = np.sqrt(np.abs(np.linalg.eigvals(gram_a @ core @ gram_b @ core.T)).max())
    expected_cost = alpha + 0.5
    line = (expected_cost + mu) / 2 - sigma * (weights @ d + weights @ e) / 2 - mu * p
    assert value.lower - 1e-5 < line < value.upper + 1e-6
    assert value.gap < 5e-4


@pytest.mark.parametrize("optimum", [continuous_classical, continuous_quantum])
def test_the_strategy_reaches_the_upper_end_on_sampled_requirements(optimum):
    value = optimum(EXPONENTIAL, 0.5, 0.4, 50)
    s, t = np.random.default_rng(2).exponential(size=(2, 400_000))
    x, y = (np.searchsorted(value.edges_s, v) - 1 for v in (s, t))
    coalesced = sum(part.weight * (1 + np.cos(part.angles_a[x] - part.angles_b[y])) / 2 for part in value.parts)
    assert 1 - coalesced.mean() == pytest.approx(0.4, abs=0.004)
    assert ((s * t / 2 + (s + t) / 4) * coalesced).mean() == pytest.approx(value.upper, abs=0.006)


def test_classical_strategies_are_thresholds():
    value = continuous_classical(LOGNORMAL, 0.7, 0.35, 1000)
    for part in value.parts:
        for angles in (part.angles_a, part.angles_b):
            assert np.count_nonzero(np.diff(angles)) <= 1


def test_useless_pairs_leave_the_classical_value():
    noisy = continuous_quantum(EXPONENTIAL, 0.5, 0.3, 24, PairCorrelations.werner(0.0))
    exact = continuous_classical(EXPONENTIAL, 0.5, 0.3)
    assert noisy.lower <= exact.upper
    assert exact.lower <= noisy.upper
    assert noisy.gap < 5e-3


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_the_ends_of_the_curve_are_forced(p):
    for optimum in (continuous_classical, continuous_quantum):
        value = optimum(EXPONENTIAL, 0.5, p, 40)
        assert value.lower <= 1 - p <= value.upper
        assert value.gap < 1e-4


@pytest.mark.parametrize(
    ("law", "rate", "p", "cells"),
    [
        (EXPONENTIAL, 1.0, 0.5, 10),
        (EXPONENTIAL, 0.5, 1.5, 10),
        (EXPONENTIAL, 0.5, 0.5, 1),
        (EXPONENTIAL, 0.5, 0.5, 10**9),
        (Exponential(law="exponential", mean_s=1.0, bins=4), 0.5, 0.5, 10),
        (stats.norm(), 0.5, 0.5, 10),
        (stats.uniform(-1, 2), 0.5, 0.5, 10),
        ("exponential", 0.5, 0.5, 10),
    ],
)
def test_what_is_not_a_continuous_workload_is_refused(law, rate, p, cells):
    for optimum in (continuous_classical, continuous_quantum):
        with pytest.raises(GameError, match="allowed"):
            optimum(law, rate, p, cells)
