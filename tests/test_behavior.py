import numpy as np
import pytest

from entsched.behavior import Behavior, ConditionalTable
from entsched.errors import BehaviorError


def test_tables_that_are_no_distribution_are_refused_by_name():
    cases = {
        "four axes": np.ones((2, 2)),
        "negative": np.array([[[[1.5]], [[-0.5]]], [[[0.0]], [[0.0]]]]),
        "sum to": np.full((2, 2, 1, 1), 0.3),
        "finite": np.full((2, 2, 1, 1), np.nan),
        "numbers": [["a"]],
    }
    for reason, table in cases.items():
        with pytest.raises(BehaviorError, match=reason):
            ConditionalTable(table)


@pytest.mark.parametrize("party", [0, 1])
def test_signalling_is_refused_in_both_directions(party):
    p = np.zeros((2, 2, 2, 2))
    for x in range(2):
        for y in range(2):
            a, b = (y, 0) if party == 0 else (0, x)
            p[a, b, x, y] = 1.0
    ConditionalTable(p)
    with pytest.raises(BehaviorError, match="signals"):
        Behavior(p)


def test_from_coalescing_has_uniform_marginals():
    c = np.random.default_rng(0).random((3, 4))
    behavior = Behavior.from_coalescing(c)
    assert np.allclose(behavior.coalescing, c)
    assert np.allclose(behavior.marginal_a, 0.5)
    assert np.allclose(behavior.marginal_b, 0.5)
    assert behavior.questions == (3, 4)


def test_tables_cannot_be_changed():
    behavior = Behavior.from_coalescing([[0.5]])
    with pytest.raises(ValueError, match="read-only"):
        behavior.p[0] = 1
