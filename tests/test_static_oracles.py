"""The oracles of static routing: against scipy's linear programs and the game of each question, in any order."""

import numpy as np
import pytest
from scipy.optimize import linprog
from test_static import AFFINE, small_workload

from entsched.behavior import CorrelationSet
from entsched.games.npa.program import multiplier_bound, npa_value
from entsched.static.game import StaticGame
from entsched.static.oracles import LEVEL, LocalOracle, linear_game, oracle
from entsched.static.relaxation import BOUNDED, Box, everything
from entsched.workload import Workload


def random_box(game, rng):
    """A random part of all ranges, which may be empty of behaviors."""
    whole = everything(game)
    ends = np.sort(rng.uniform(size=(2, 4)), axis=0)
    return Box(*(whole.low + end * (whole.high - whole.low) for end in ends))


def programmed(points, coefficients, box):
    """The largest value of mixtures of points in a box, by scipy; -inf if there are none."""
    ranges = points[:, BOUNDED].T
    ends = np.concatenate([box.high, -box.low])
    found = linprog(-points @ coefficients, np.vstack([ranges, -ranges]), ends, np.ones((1, len(points))), [1.0])
    return -found.fun if found.status == 0 else -np.inf


@pytest.mark.parametrize("seed", range(12))
def test_local_bounds_are_those_of_a_linear_program(seed):
    rng = np.random.default_rng(seed)
    game = StaticGame(small_workload(rng), AFFINE, weight=0.1)
    local = oracle(game, CorrelationSet.LOCAL)
    for box in (everything(game), *(random_box(game, rng) for _ in range(5))):
        coefficients = rng.normal(size=8) * 10 ** rng.uniform(-3, 1)
        found, expected = local.bound(coefficients, box), programmed(local.points, coefficients, box)
        assert found.value == pytest.approx(expected, rel=1e-7, abs=1e-7)
        assert found.proof.empty == (expected == -np.inf)
        assert (found.point is None) == found.proof.empty
        if found.point is not None:
            assert found.point @ coefficients == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_points_that_differ_are_kept_however_short_the_requests_are():
    short, long = (
        Workload(
            arrival_rate_hz=0.5 / second,
            service={"law": "discrete", "values_s": [0.1 * second, 1.9 * second], "probabilities": [0.3, 0.7]},
        )
        for second in (1e-7, 1.0)
    )
    kept = [len(LocalOracle.of(StaticGame(each, AFFINE, weight=0.1)).points) for each in (short, long)]
    assert kept[0] == kept[1] > 8


@pytest.mark.parametrize("order", ["random", "a_first"])
@pytest.mark.parametrize("seed", range(3))
def test_quantum_bounds_are_those_of_the_game_of_each_question(seed, order):
    rng = np.random.default_rng(seed)
    game = StaticGame(small_workload(rng).model_copy(update={"order": order}), AFFINE, weight=0.1)
    quantum = oracle(game, CorrelationSet.QUANTUM)
    for box in (everything(game), *(random_box(game, rng) for _ in range(3))):
        coefficients = rng.normal(size=8)
        found = quantum.bound(coefficients, box)
        asked = linear_game(game, coefficients, box)
        assert found.value == pytest.approx(npa_value(asked).upper, abs=1e-7)
        if found.proof.empty:
            asked = linear_game(game, np.zeros(8), box)
        proved = multiplier_bound(asked, LEVEL, found.proof.multipliers, found.proof.matrix)
        assert proved < 0 if found.proof.empty else found.value - 1e-8 <= proved <= found.value + 1e-12


def test_answers_of_oracles_do_not_depend_on_earlier_questions(two_types):
    rng = np.random.default_rng(0)
    game = StaticGame(two_types, AFFINE, weight=0.1)
    questions = [(rng.normal(size=8), box) for box in (everything(game), random_box(game, rng), everything(game))]
    for each in ("local", "quantum"):
        asked = oracle(game, each)
        first = [asked.bound(*question).proof for question in questions]
        second = [asked.bound(*question).proof for question in questions[::-1]][::-1]
        assert [proof.empty for proof in first] == [False, True, False]
        assert all(np.array_equal(one.multipliers, two.multipliers) for one, two in zip(first, second, strict=True))
