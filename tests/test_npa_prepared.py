"""Relaxations that are asked many times: against the moments as variables, in any order, with any kind of range."""

from __future__ import annotations

import clarabel
import numpy as np
import pytest
import scipy.sparse as sp
from test_npa import chsh_correlations

from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame
from entsched.games.npa.family import Family
from entsched.games.npa.moments import level_table
from entsched.games.npa.prepared import PreparedRelaxation
from entsched.games.npa.program import multiplier_bound, npa_value

LEVEL = "1+ab"


def family_game(functionals, low=None, high=None):
    """The first functional as the objective, the others as constraints."""
    free = np.full(len(functionals), np.inf)
    ends = zip(functionals[1:], (-free if low is None else low)[1:], (free if high is None else high)[1:], strict=True)
    return NonlocalGame(functionals[0], np.ones(functionals.shape[3:]), tuple(LinearConstraint(*each) for each in ends))


def exchangeable(functionals):
    """The same ones, made equal for both parties."""
    return functionals + functionals.transpose(0, 2, 1, 4, 3)


def value_by_moments(game):
    """The relaxation with the moments as variables, no symmetries and no proof."""
    table = level_table(game, LEVEL)
    columns, rows = np.tril_indices(len(table.words))
    triangle = np.zeros((len(rows), table.number + 1))
    triangle[np.arange(len(rows)), table.index[rows, columns]] = np.where(rows == columns, 1.0, np.sqrt(2))
    forms = np.array([table.functional(c.coefficients) for c in game.constraints])
    low, high = (np.array([getattr(c, end) for c in game.constraints]) for end in ("lower", "upper"))
    above, below = np.isfinite(high), np.isfinite(low)
    matrix = np.vstack([np.eye(1, table.number), forms[above], -forms[below], -triangle[:, : table.number]])
    right = np.concatenate([[1.0], high[above], -low[below], np.zeros(len(rows))])
    ends = int(above.sum() + below.sum())
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(ends), clarabel.PSDTriangleConeT(len(table.words))]
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    nothing, cost = sp.csc_matrix((table.number,) * 2), -table.functional(game.weights)
    solution = clarabel.DefaultSolver(nothing, cost, sp.csc_matrix(matrix), right, cones, settings).solve()
    if solution.status == clarabel.SolverStatus.PrimalInfeasible:
        return -np.inf
    assert solution.status == clarabel.SolverStatus.Solved
    return -solution.obj_val


def random_questions(rng, functionals, number):
    """Objectives and ranges of every kind, around the values that a random behavior has."""
    for _ in range(number):
        p = rng.dirichlet(np.ones(functionals[0, :, :, 0, 0].size), size=functionals.shape[3:])
        local = p.transpose(2, 0, 1).reshape(functionals.shape[1:])
        middle = np.tensordot(functionals, (local + 3 / local.shape[0] / local.shape[1]) / 4, 4)
        width = rng.uniform(0.1, 1.0, len(functionals))
        low, high = (
            np.where(rng.uniform(size=len(middle)) < 0.3, sign * np.inf, middle + sign * width) for sign in (-1, 1)
        )
        low[0], high[0] = -np.inf, np.inf
        yield rng.normal(size=len(functionals)), low, high


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("symmetric", [False, True])
def test_bounds_are_those_of_the_moments_as_variables(seed, symmetric):
    rng = np.random.default_rng(seed)
    functionals = rng.normal(size=(4, 2, 2, 2, 2))
    functionals = exchangeable(functionals) if symmetric else functionals
    prepared = PreparedRelaxation(family_game(functionals), LEVEL, smallest=2)
    for objective, low, high in random_questions(rng, functionals, 3):
        found = prepared.bound(objective, low, high)
        combined = np.tensordot(objective, functionals, 1)
        game = family_game(np.array([combined, *functionals[1:]]), low, high)
        assert found.upper == pytest.approx(value_by_moments(game), abs=2e-6)
        assert found.upper == pytest.approx(npa_value(game).upper, abs=1e-7)
        multipliers = found.dual.multipliers[1:]
        proved = multiplier_bound(game, LEVEL, multipliers, found.dual.matrix)
        assert found.upper - 1e-8 <= proved <= found.upper + 1e-12
        assert np.sum(combined * found.behavior) == pytest.approx(found.upper, abs=1e-6)


def test_ranges_that_no_behavior_meets_are_proved_empty():
    game = family_game(np.stack([chsh_correlations().weights] * 2))
    prepared = PreparedRelaxation(game, 1)
    least = 2 * 2**0.5
    for objective in (np.array([1.0, 0.0]), np.array([-3.0, 2.0])):
        none = prepared.bound(objective, np.array([-np.inf, least + 1e-3]), np.full(2, np.inf))
        assert none.upper == -np.inf
        assert none.behavior is None
        ray = NonlocalGame(np.zeros_like(game.payoff), game.pi, (LinearConstraint(game.payoff, least + 1e-3, np.inf),))
        assert multiplier_bound(ray, 1, none.dual.multipliers[1:], none.dual.matrix) < 0
        some = prepared.bound(objective, np.array([-np.inf, least - 1e-3]), np.full(2, np.inf))
        assert np.isfinite(some.upper)


def test_kinds_of_ranges_may_change_from_question_to_question():
    game = chsh_correlations()
    a, b, x, y = np.indices((2, 2, 2, 2))
    first = (-1.0) ** (a + b) * ((x == 0) & (y == 0))
    prepared = PreparedRelaxation(family_game(np.array([game.weights, first])), 1)
    free, objective = np.inf, np.array([1.0, 0.0])
    for lower, upper in ((0.0, 0.0), (-free, 0.0), (-0.5, 0.0), (-free, free), (0.0, 0.0)):
        found = prepared.bound(objective, np.array([-free, lower]), np.array([free, upper]))
        expected = 2 * 2**0.5 if upper == free else 3 * np.sin(np.pi / 3)  # as in test_npa
        assert found.upper == pytest.approx(expected, abs=1e-6)


def test_answers_do_not_depend_on_earlier_questions():
    rng = np.random.default_rng(1)
    functionals = exchangeable(rng.normal(size=(3, 2, 2, 3, 3)))
    questions = list(random_questions(rng, functionals, 4))
    forwards, backwards = (PreparedRelaxation(family_game(functionals), LEVEL) for _ in range(2))
    first = [forwards.bound(*each) for each in questions]
    second = [backwards.bound(*each) for each in questions[::-1]][::-1]
    for one, other in zip(first, second, strict=True):
        assert one.upper == other.upper
        assert np.array_equal(one.dual.matrix, other.dual.matrix)


def test_multipliers_of_infinite_ends_count_as_nothing():
    functionals = np.stack([chsh_correlations().weights] * 2)
    family = Family.of(family_game(functionals), 1)
    objective, free, matrix = np.array([1.0, 0.0]), np.full(2, np.inf), np.eye(5)
    plain, _ = family.proof(objective, -free, free, np.zeros(2), matrix)
    priced, dual = family.proof(objective, -free, free, np.array([0.0, 0.5]), matrix)
    assert priced == plain
    assert not dual.multipliers.any()
    limited, dual = family.proof(objective, -free, np.array([np.inf, 2.0]), np.array([0.0, 1.0]), np.zeros((5, 5)))
    assert dual.multipliers[1] == 1.0
    assert 2.0 <= limited <= 2.0 + 1e-9
