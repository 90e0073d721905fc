"""Exponents of oscillators: estimators on made-up data, and verdicts on made-up tables."""

import math

import numpy as np
import pytest

from entsched.coherence.oscillators import doubts, size_verdicts
from entsched.coherence.oscillators.collapse import Points, collapse
from entsched.coherence.oscillators.coverage import CoverageTask
from entsched.coherence.oscillators.exponent import MODEL_ERROR, SHIFTS, exponent
from entsched.coherence.oscillators.frequencies import Gaussian
from entsched.coherence.oscillators.size_tables import size_tables
from entsched.coherence.oscillators.summaries import clipped, drift
from entsched.coherence.oscillators.theory import stationary_order
from entsched.coherence.oscillators.verdicts import verdict
from entsched.coherence.part import Verdict
from entsched.errors import EntschedError

AT = np.geomspace(0.05, 0.4, 9)


def fitted(means, free=False, noise=1e-4, tests=1, at=AT):
    scatter = 1 + noise * np.random.default_rng(1).standard_normal((len(at), 5))
    return exponent(at, list(np.asarray(means)[:, None] * scatter), free, np.random.default_rng(1), tests)


def test_intervals_of_the_exponent_cover():
    made = {"seed": 2, "oscillators": 50_000, "distances": tuple(np.geomspace(0.05, 0.4, 8)), "replications": 6}
    row = CoverageTask(fitted=False, sets=54, **made).evaluate()
    assert row["covered"] >= 0.9
    assert row["mean_exponent"] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("true", [0.125, 0.5])
@pytest.mark.parametrize("free", [False, True])
def test_exponent_finds_what_is_there(true, free):
    moved = 1 - (1 - AT) * 1.01 if free else AT
    fit = fitted(moved**true, free)
    assert fit.joint_low == pytest.approx(fit.low)
    assert fit.low < true < fit.high
    assert fit.exponent == pytest.approx(true, abs=0.01)
    assert fit.shift == pytest.approx(0.01 if free else 0.0, abs=1e-3)
    rows = [fit._asdict()]
    assert verdict(rows, [0.125]) is (Verdict.SUPPORTED if true < 0.5 else Verdict.NOT_SUPPORTED)
    assert verdict(rows, [0.125, true]) is (Verdict.SUPPORTED if true < 0.5 else Verdict.NOT_TESTABLE)


def test_interval_of_the_exponent_holds_the_bias_on_exact_curves():
    law = Gaussian()
    fit = fitted([stationary_order(law, law.critical_coupling / (1 - e)) for e in AT], noise=1e-9)
    assert abs(fit.exponent - 0.5) > 5e-3
    assert fit.systematic >= abs(fit.exponent - 0.5) * 0.99
    arm = (fit.high - fit.low) / 2
    assert arm > fit.systematic + abs(fit.exponent - fit.without_nearest)


def test_interval_of_the_exponent_holds_the_change_without_the_nearest():
    fit, smooth = (fitted(np.sqrt(AT) * np.where(np.arange(len(AT)) == 0, bump, 1.0)) for bump in (1.005, 1.0))
    assert fit.lack_of_fit < 1
    squares = [((one.high - one.low) / 2 - one.systematic) ** 2 for one in (fit, smooth)]
    changes = [(one.exponent - one.without_nearest) ** 2 for one in (fit, smooth)]
    assert changes[0] > 4 * changes[1]
    assert squares[0] - squares[1] == pytest.approx(changes[0] - changes[1], rel=0.05)


def test_interval_of_the_exponent_is_stretched_by_the_lack_of_fit():
    rough = np.array([0, 0, 1, -1, 0, -1, 1, 0, 0]) * 0.02
    fit, smooth = (fitted(np.sqrt(AT) * np.exp(bumps)) for bumps in (rough, 0 * rough))
    assert fit.lack_of_fit > 25
    assert fit.high - fit.low > 3 * (smooth.high - smooth.low - 2 * smooth.systematic)


def test_joint_intervals_are_wider_and_only_in_what_is_random():
    one, four = fitted(np.sqrt(AT), tests=1), fitted(np.sqrt(AT), tests=4)
    assert (four.low, four.high) == (one.low, one.high)
    assert (four.joint_high - four.joint_low - 2 * four.systematic) / (one.high - one.low - 2 * one.systematic) > 1.05


def test_an_onset_at_the_edge_of_the_search_is_not_resolved():
    edge = 1 - (1 - AT) * (1 + 1.2 * SHIFTS[0] * AT.min())
    assert fitted(np.sqrt(edge), free=True).shift is None
    assert fitted(np.sqrt(AT), free=True, noise=0.3).shift_low is None
    assert fitted(np.sqrt(AT), free=True).shift_low is not None


def test_exponent_refuses_too_little():
    with pytest.raises(EntschedError, match="given 2 couplings"):
        exponent([0.1, 0.2], [[0.1] * 3] * 2, False, np.random.default_rng(1))


def sets(smallest=1.0, power=0.2, noise=1e-3):
    sizes, at = (grid.ravel() for grid in np.meshgrid([100.0, 400.0, 1600.0, 6400.0], np.linspace(0.0, 0.2, 9)))
    curve = sizes**-power * np.exp(np.arcsinh(at * sizes**0.4)) * np.where(sizes == 100, smallest, 1.0)
    scatter = 1 + noise * np.random.default_rng(1).standard_normal((36, 4))
    return Points(sizes, at, list(curve[:, None] * scatter))


def test_collapse_finds_exponents():
    found = collapse(sets(), np.random.default_rng(2), tests=6)
    for values, true in ((found.order, 0.2), (found.size, 2.5)):
        assert values.joint_low < values.low < true < values.high < values.joint_high
        assert values.joint_high - values.joint_low < 0.4 * max(true, 0.2)
    assert found.resolved


def test_intervals_of_the_collapse_hold_the_change_without_the_smallest_size():
    points = sets(smallest=1.2)
    kept = points.sizes > 100
    inner = Points(points.sizes[kept], points.fields[kept], [o for o, k in zip(points.orders, kept, strict=True) if k])
    found, other = collapse(points, np.random.default_rng(2)), collapse(inner, np.random.default_rng(2))
    change = abs(found.order.value - other.order.value)
    assert change > 0.02
    assert found.order.high - found.order.value >= 0.99 * change


def test_collapse_has_no_upper_end_where_there_is_none():
    found = collapse(
        sets(noise=2.0)._replace(orders=[abs(order) for order in sets(noise=2.0).orders]),
        np.random.default_rng(2),
        tests=50,
    )
    assert found.size.joint_high is None


def test_collapse_refuses_two_sizes():
    points = Points(np.array([1.0, 2.0]), np.zeros(2), [np.ones(3)] * 2)
    with pytest.raises(EntschedError, match="given 2 sizes"):
        collapse(points, np.random.default_rng(1))


def ensemble(size, relative, orders):
    zero = [0.0] * len(orders)
    return {
        "law": "gaussian",
        "disorder": "random",
        "oscillators": size,
        "relative_coupling": relative,
        "order": list(orders),
        "first_half": zero,
        "second_half": zero,
    }


def test_tables_of_sizes_find_both_powers_at_the_onset():
    """Half of the systems show noise, N^(-1/3), the others N^(-1/5), as where r^2 and disorder agree."""
    stream = np.random.default_rng(3)
    rows = []
    for size in (200, 800, 3200):
        for relative in (1.0, 1.05, 1.1):
            scatter = 1 + 0.05 * stream.standard_normal(60)
            both = np.repeat([0.8 * size ** (-1 / 3), 1.3 * size**-0.2], 30)
            rows.append(ensemble(size, relative, scatter * (both + math.sqrt(relative - 1))))
    found = size_tables({"gaussian": Gaussian()}, rows)
    fit, lowest, highest = found["critical"]
    assert fit["p_value"] > 0.01
    assert lowest["value"] == pytest.approx(-1 / 3, abs=0.02)
    assert highest["value"] == pytest.approx(-0.2, abs=0.02)
    (slope,) = (row for row in found["collapse"] if row["quantity"] == "beta / nu at K_c")
    assert slope["low"] < slope["value"] < slope["high"]
    assert 0.2 < slope["value"] < 1 / 3


def test_orders_stay_between_0_and_1_and_drifts_have_p_values():
    assert clipped([0.9, 1.0, 1.0], "order")["order_high"] == 1.0
    still, moving = ([1.0, 1.1, 0.9], [1.1, 1.0, 1.0]), ([1.0, 1.0, 1.0], [1.5, 1.51, 1.49])
    values = [drift({"first_half": first, "second_half": second})["drift_p"] for first, second in (still, moving)]
    assert values[0] > 0.5
    assert values[1] < 1e-3


FIT = {
    "nearest": 0.1,
    "oscillators": 100_000,
    "lack_of_fit": 1.0,
    "coverage": 0.95,
    "coverage_sets": 100,
    "shift": 0.0,
}
POINT = {"drift_p": 0.5, "drift": 0.1, "order": 0.5}


@pytest.mark.parametrize(
    ("fit", "point", "words"),
    [
        ({"oscillators": 1000}, {}, "size rounds"),
        ({"lack_of_fit": 9.0}, {}, "is 9.0"),
        ({"coverage": 0.5}, {}, "cover 1/2 in 50%"),
        ({"shift": None}, {}, "not resolved"),
        ({}, {"drift_p": 1e-5}, "still moves, by 20.0%"),
        ({}, {"drift_p": 1e-5, "drift": 1e-4}, ""),
        ({"coverage": 0.5, "coverage_sets": 2}, {}, ""),
        ({"coverage": None}, {}, ""),
        ({}, {}, ""),
    ],
)
def test_artefacts_leave_exponents_untestable(fit, point, words):
    found = doubts.of_exponents([FIT, FIT | fit], [POINT, POINT | point], MODEL_ERROR)
    assert bool(found) == bool(words)
    assert words in "".join(found)


def test_wide_intervals_support_nothing():
    assert verdict([{"joint_low": 0.0, "joint_high": 0.49}], [0.125]) is Verdict.NOT_TESTABLE
    assert verdict([{"joint_low": 0.2, "joint_high": 0.3}], [0.125]) is Verdict.NOT_TESTABLE


def noise(relative, ratio, arm=0.1):
    theory = 1 / (1 - relative)
    return {"law": "lorentzian", "relative_coupling": relative, "linear_theory": theory, "oscillators": 10_000,
            "replications": 12, "scaled_square": ratio * theory, "scaled_square_high": (ratio + arm) * theory,
            "fluctuation": 1.0, "drift_p": 0.5, "drift": 0.0, "order": 0.01}  # fmt: skip


@pytest.mark.parametrize(
    ("ratios", "arm", "expected"),
    [
        ((1.0, 0.95, 1.08), 0.1, Verdict.NOT_SUPPORTED),
        ((1.0, 1.0, 2.0), 0.1, Verdict.SUPPORTED),
        ((1.0, 0.5, 1.0), 0.1, Verdict.SUPPORTED),
        ((1.0, 1.0, 1.0), 0.5, Verdict.NOT_TESTABLE),
        ((1.0, 1.0, 1.08), 0.01, Verdict.NOT_TESTABLE),
    ],
)
def test_fluctuations_are_judged_at_each_coupling(ratios, arm, expected):
    rows = [noise(relative, ratio, arm) for relative, ratio in zip((0.0, 0.5, 0.7), ratios, strict=True)]
    assert size_verdicts.fluctuations(rows, rows).verdict is expected
    moving = [row | {"drift_p": 1e-6, "drift": 0.005} for row in rows]
    assert size_verdicts.fluctuations(moving, rows).verdict is Verdict.NOT_TESTABLE


def scaled(quantity, value, arm, expected, **changed):
    return {"law": "gaussian", "disorder": "random", "quantity": quantity, "value": value, "joint_low": value - arm,
            "joint_high": value + arm, "expected_low": expected[0], "expected_high": expected[1], "lack_of_fit": 1.0,
            "resolved": True} | changed  # fmt: skip


def three(order, size, arm=0.03, **changed):
    theory = (1 / 5, 1 / 3), (5 / 2, 5 / 2)
    return [scaled("beta / nu", order, arm, theory[0]), scaled("nu", size, 10 * arm, theory[1], **changed),
            scaled("beta / nu at K_c", order, arm, theory[0])]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (three(0.24, 2.4), Verdict.NOT_SUPPORTED),
        (three(0.125, 1.0), Verdict.SUPPORTED),
        (three(0.125, 2.5), Verdict.NOT_TESTABLE),
        (three(0.24, 2.4, arm=0.2), Verdict.NOT_TESTABLE),
        (three(0.24, 2.4, joint_high=None), Verdict.NOT_TESTABLE),
        (three(0.24, 2.4, resolved=False), Verdict.NOT_TESTABLE),
        (three(0.24, 2.4, lack_of_fit=9.0), Verdict.NOT_TESTABLE),
    ],
)
def test_sizes_are_judged_by_sharp_joint_intervals(rows, expected):
    tables = {"collapse": rows, "sizes": [POINT], "critical": [], "ising": []}
    assert size_verdicts.sizes(tables).verdict is expected
