import numpy as np
import pytest
import qutip
from reference import TSIRELSON
from scipy.stats import chisquare

from entsched.behavior import Behavior
from entsched.quantum.bell import phi_plus, werner
from entsched.quantum.measurement import born_behavior, projective
from entsched.quantum.pairs import MeasuredPairs, PairMixture, SharedCoin
from entsched.strategies.base import Scenario
from entsched.strategies.registry import build

ANGLES_A, ANGLES_B = (0.0, np.pi / 2), (np.pi / 4, -np.pi / 4)


def trine():
    """A measurement with three outcomes that is no projection."""
    directions = [2 * np.pi * k / 3 for k in range(3)]
    return tuple(2 / 3 * projective(angle)[0] for angle in directions)


def test_born_rule_against_expectation_values_of_qutip():
    rng = np.random.default_rng(13)
    state = qutip.rand_dm([2, 2], seed=5)
    angles = rng.uniform(0, 2 * np.pi, (2, 3))
    a, b = ([projective(t) for t in row] for row in angles)
    p = np.zeros((2, 2, 3, 3))
    for i, j, x, y in np.ndindex(p.shape):
        p[i, j, x, y] = qutip.expect(qutip.tensor(a[x][i], b[y][j]), state)
    assert np.allclose(born_behavior(state, a, b).p, p, atol=1e-12)


def test_measurements_with_more_outcomes():
    behavior = born_behavior(phi_plus(), [trine()], [trine()])
    assert behavior.p.shape == (3, 3, 1, 1)
    assert np.allclose(behavior.marginal_a, 1 / 3)
    pairs = MeasuredPairs(phi_plus(), (trine(),), (trine(),))
    outcomes = {pairs.draw(0, 0, (u, v)) for u in (0.1, 0.5, 0.9) for v in (0.1, 0.5, 0.9)}
    assert {a for a, _ in outcomes} == {0, 1, 2}


def test_chsh_of_a_bell_pair_and_of_werner_pairs():
    sign = np.array([[1, 1], [1, -1]])
    for visibility in (1.0, 0.8, 0.3):
        pairs = MeasuredPairs.at_angles(werner(visibility), ANGLES_A, ANGLES_B)
        correlators = 2 * pairs.behavior().coalescing - 1
        assert np.sum(sign * correlators) == pytest.approx(visibility * TSIRELSON.value, abs=1e-9)


def test_correlators_are_cosines_of_the_angle_between():
    rng = np.random.default_rng(14)
    a, b = rng.uniform(-4, 4, (2, 5))
    correlators = 2 * MeasuredPairs.at_angles(phi_plus(), a, b).behavior().coalescing - 1
    assert np.allclose(correlators, np.cos(np.subtract.outer(a, b)), atol=1e-12)


def test_operators_that_are_no_measurement_are_refused():
    plus, minus = projective(0.0)
    with pytest.raises(ValueError, match="identity"):
        born_behavior(phi_plus(), [(plus, plus)], [(plus, minus)])
    with pytest.raises(ValueError, match="positive"):
        born_behavior(phi_plus(), [(plus - 2 * minus, 3 * minus)], [(plus, minus)])
    with pytest.raises(ValueError, match="visibility"):
        werner(1.1)


def test_measuring_every_pair_gives_the_law_of_the_table():
    """Chi-square of 800 single measurements against the table, for each pair of questions."""
    rng = np.random.default_rng(15)
    noisy = MeasuredPairs.at_angles(werner(0.9), ANGLES_A, ANGLES_B)
    mixture = PairMixture((0.7, 0.3), (noisy, SharedCoin(Behavior.from_coalescing([[1, 0], [0.2, 1]]))))
    table = mixture.behavior().p
    for x, y in ((0, 0), (1, 0), (1, 1)):
        counts = np.zeros((2, 2))
        for shared, *draws in rng.random((800, 3)):
            counts[mixture.draw(x, y, shared, tuple(draws))] += 1
        assert chisquare(counts.ravel(), 800 * table[:, :, x, y].ravel()).pvalue > 1e-4


def test_the_optimal_strategy_is_its_state_and_angles(two_types):
    """The plan's table comes from qutip; the solver's value does not."""
    from entsched.entanglement import Entanglement
    from entsched.games.split.correlations import PairCorrelations
    from entsched.routing import quantum_optimum, routing_game

    for visibility in (1.0, 0.85):
        noisy = Entanglement(pair={"law": "werner", "visibility": visibility})
        plan = build("quantum-optimal", {}).compile(Scenario(two_types, 0.3, noisy))
        solution = quantum_optimum(two_types, 0.3, PairCorrelations.werner(visibility))
        reached = routing_game(two_types).point(plan.behavior.coalescing)
        assert reached == pytest.approx((0.3, solution.upper), abs=1e-9)
