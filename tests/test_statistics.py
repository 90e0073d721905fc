"""Intervals, warm-up and variance reduction against queues of known mean, enumeration and linear algebra."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entsched.errors import EntschedError
from entsched.sim.statistics import (
    MOST_REPLICATIONS,
    batch_means,
    lag_one,
    replications_needed,
    student_interval,
    student_quantile,
)
from entsched.sim.steady_state import Truncation, mser
from entsched.sim.variance import controlled, paired

FEW = settings(max_examples=60, deadline=None, derandomize=True)
NUMBERS = st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 3))


def exact_wait(load, service=1.0):
    """The mean wait of an M/M/1 queue."""
    return load * service / (1 - load)


def lindley(gaps, services, start):
    """Waits of successive customers of many queues at once, shape (customers, queues)."""
    waits = np.empty_like(gaps)
    wait = start
    for n in range(len(gaps)):
        waits[n] = wait
        wait = np.maximum(wait + services[n] - gaps[n], 0)
    return waits


def stationary(load, service, uniform):
    """Waits of a first customer who finds an M/M/1 queue as it always is."""
    return np.maximum(np.log(load / uniform), 0) * service / (1 - load)


def queues(seed, customers, runs):
    """Waits and times until the next arrival of M/M/1 queues with mean service 1 and load 0.5, from stationarity."""
    rng = np.random.default_rng(seed)
    gaps, services = rng.exponential(2.0, (customers, runs)), rng.exponential(1.0, (customers, runs))
    return lindley(gaps, services, stationary(0.5, 1.0, rng.random(runs))), gaps


def covers(intervals, truth, runs):
    """Whether as many of the 95 % intervals hold the truth as should: 93 to 97 % of 1000, and looser for fewer."""
    assert len(intervals) == runs
    return abs(np.mean([e.low <= truth <= e.high for e in intervals]) - 0.95) <= 0.02 * math.sqrt(1000 / runs)


def replicated(runs, customers):
    """Means of 20 replications a run: waits at load 0.5, with faster servers, services and gaps; (4, runs, 20)."""
    parts = []
    for seed in range(10):
        rng = np.random.default_rng([3, seed])
        shape = customers, 2 * runs
        gaps, services, start = rng.exponential(2.0, shape), rng.exponential(1.0, shape), rng.random(2 * runs)
        slow = lindley(gaps, services, stationary(0.5, 1.0, start))
        fast = lindley(gaps, 0.9 * services, stationary(0.45, 0.9, start))
        parts.append([table.mean(axis=0) for table in (slow, fast, services, gaps)])
    return np.concatenate(parts, axis=1).reshape(4, runs, 20)


@pytest.mark.parametrize(("runs", "customers"), [(200, 400), pytest.param(1000, 1200, marks=pytest.mark.slow)])
def test_replications_of_queues_cover_plain_controlled_and_paired(runs, customers):
    slow, fast, services, gaps = replicated(runs, customers)
    known = np.stack([services, gaps], axis=-1)
    plain = [student_interval(run[:10]) for run in slow]
    regressed = [controlled(run, controls, [1.0, 2.0]) for run, controls in zip(slow, known, strict=True)]
    differences = [paired(a, b) for a, b in zip(slow, fast, strict=True)]
    assert covers(plain, exact_wait(0.5), runs)
    assert covers([c.estimate for c in regressed], exact_wait(0.5), runs)
    assert covers([p.difference for p in differences], exact_wait(0.5) - exact_wait(0.45, 0.9), runs)
    assert np.median([c.variance_reduction for c in regressed]) > 1.3
    assert np.median([p.variance_reduction for p in differences]) > 5


def test_waits_taken_for_independent_cover_far_less():
    waits, _ = queues(4, 2000, 200)
    assert np.mean([e.low <= exact_wait(0.5) <= e.high for e in map(student_interval, waits.T)]) < 0.5


def test_student_interval_by_hand():
    e = student_interval((2.0, 4.0), 0.5)  # t(1) at 75 % is tan(pi / 4) = 1
    assert (e.mean, e.half_width) == (3.0, pytest.approx(1.0))
    assert student_interval([5.0]).low == -math.inf
    assert student_interval([1, 1, 1]).half_width == 0


@FEW
@given(st.lists(NUMBERS, min_size=2, max_size=8), st.floats(0.01, 1.0))
def test_replications_needed_is_the_smallest_number_that_is_enough(values, precision):
    needed, n = replications_needed(values, precision), len(values)
    mean, deviation = abs(np.mean(values)), np.std(values, ddof=1)

    def enough(count, slack):
        return student_quantile(count - 1, 0.95) * deviation / math.sqrt(count) <= precision * mean * (1 + slack)

    assert n <= needed <= MOST_REPLICATIONS
    assert enough(needed, 1e-12) or needed == MOST_REPLICATIONS
    assert not any(enough(count, -1e-12) for count in {n, (n + needed) // 2, needed - 1} if n <= count < needed)


def test_replications_needed_at_its_limits():
    assert replications_needed([7.0], 0.1) == 2
    assert replications_needed([1.0, -1.0], 0.1) == MOST_REPLICATIONS
    assert replications_needed([0.0, 0.0, 0.0], 0.1) == 3
    alternating = np.resize([1.0, -1.0], MOST_REPLICATIONS)
    assert replications_needed(alternating, 0.1) == MOST_REPLICATIONS + 1


def test_batches_of_one_run_cover_its_mean():
    waits, _ = queues(5, 6000, 200)
    small = waits.reshape(600, 10, 200).sum(axis=1)
    assert covers([batch_means(run, np.full(600, 10)) for run in small.T], exact_wait(0.5), 200)


@pytest.mark.slow
def test_batches_in_time_cover_waits_and_rates():
    edges = np.linspace(0, 48_000, 601)
    wait_intervals, rate_intervals = [], []
    for seed in range(10):
        waits, gaps = queues(seed, 25_300, 100)
        for times, run in zip(np.cumsum(gaps, axis=0).T, waits[1:].T, strict=True):
            assert times[-1] > edges[-1]
            before = np.searchsorted(times, edges)
            customers, totals = np.diff(before), np.diff(np.append(0, np.cumsum(run))[before])
            wait_intervals.append(batch_means(totals, customers))
            rate_intervals.append(batch_means(customers, np.diff(edges)))
    assert covers(wait_intervals, exact_wait(0.5), 1000)
    assert covers(rate_intervals, 0.5, 1000)


def test_batch_means_by_hand():
    above, below = [1.0, 2.0, 0.0, 4.0, 3.0, 1.0, 3.0], [1, 1, 2, 1, 2, 0, 1]
    merged = [(3.0, 2.0), (4.0, 3.0), (7.0, 3.0)]  # batches of 2, 2 and 3
    ratio = 14 / 8
    spread = sum((a - ratio * b) ** 2 for a, b in merged)
    e = batch_means(above, below, 3, 0.5)
    assert e.mean == ratio
    assert e.half_width == pytest.approx(math.sqrt(2 / 3) * math.sqrt(3 / 2 * spread) / 8)  # t(2) at 75 % is sqrt(2/3)
    assert batch_means([3.0, 1.0], [1, 1], batches=1).half_width == math.inf
    assert batch_means([3.0], [2]).mean == 1.5
    assert batch_means([3.0, 1.0], [1, 1], batches=20) == batch_means([3.0, 1.0], [1, 1], batches=2)


@FEW
@given(st.integers(0, 10**6), st.integers(2, 8), st.integers(1, 6))
def test_equal_batches_are_a_sample_of_means_in_any_direction_of_time(seed, large, each):
    values = np.random.default_rng(seed).normal(size=large * each)
    e = batch_means(values, np.full(large * each, 0.5), large)
    sample = student_interval(values.reshape(large, each).mean(axis=1) / 0.5)
    back = batch_means(values[::-1], np.full(large * each, 0.5), large)
    assert (e.low, e.high) == pytest.approx((sample.low, sample.high))
    assert (e.low, e.high) == pytest.approx((back.low, back.high))


def test_lag_one_tells_short_runs_from_long_ones():
    lags = []
    for customers in (600, 24_000):
        waits, _ = queues(6, customers, 30)
        small = waits.reshape(100, -1, 30).sum(axis=1)
        lags.append(np.mean([lag_one(run, np.full(100, customers / 100)) for run in small.T]))
    assert lags[0] > 0.3
    assert abs(lags[1]) < 0.1
    assert lag_one(np.ones(40), np.ones(40)) == 0
    assert lag_one([1.0, -1.0, 1.0, -1.0], np.ones(4)) == -0.75


def marginal_error(batches, d):
    kept = batches[d:]
    mean = sum(kept) / len(kept)
    return sum((z - mean) ** 2 for z in kept) / Fraction(len(kept)) ** 2


@FEW
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=40), st.integers(1, 4))
def test_mser_is_the_minimum_of_an_exact_enumeration(series, batch):
    m = len(series) // batch
    found = mser(series, batch)
    batches = [Fraction(sum(series[i * batch : (i + 1) * batch]), batch) for i in range(m)]
    errors = [marginal_error(batches, d) for d in range(m // 2 + 1)] if m else [0]
    best = found.index // batch
    assert found.index % batch == 0
    assert errors[best] == pytest.approx(float(min(errors)), rel=1e-9, abs=1e-12)
    assert found.settled == (best < m // 2)


def test_mser_at_its_limits():
    assert mser(np.full(1000, 0.1)) == Truncation(0, settled=True)
    assert mser([1.0, 2.0]) == Truncation(0, settled=False)
    assert mser(np.arange(1000.0)) == Truncation(500, settled=False)
    assert mser([1e9] * 3 + [0.1] * 997, batch=1) == Truncation(3, settled=True)


def test_mser_finds_the_warm_up_of_crowded_queues():
    rng = np.random.default_rng(7)
    start = np.full(200, 100.0)  # the queue empties by 1 per customer
    waits = lindley(rng.exponential(2.0, (2000, 200)), rng.exponential(1.0, (2000, 200)), start).mean(axis=1)
    assert (found := mser(waits)).settled
    assert 90 <= found.index <= 300
    assert waits[found.index :].mean() == pytest.approx(exact_wait(0.5), abs=0.05)
    assert waits.mean() > 3 * exact_wait(0.5)


def test_controlled_is_the_constant_of_a_regression():
    rng = np.random.default_rng(8)
    x, known = rng.normal(size=(12, 3)) * [1, 10, 0.1], np.array([0.1, -2.0, 0.0])
    y = x @ [1.0, 0.2, -3.0] + rng.normal(size=12)
    design = np.column_stack([np.ones(12), x - known])
    coefficients, squares, _, _ = np.linalg.lstsq(design, y, rcond=None)
    variance = squares[0] / 8 * np.linalg.inv(design.T @ design)[0, 0]
    c = controlled(y, x, known)
    assert c.estimate.mean == pytest.approx(coefficients[0])
    assert c.estimate.half_width == pytest.approx(student_quantile(8, 0.95) * math.sqrt(variance))
    assert (c.variance_reduction, c.controls_used) == (pytest.approx(np.var(y, ddof=1) / 12 / variance), 3)


def test_controls_that_say_nothing_new_are_dropped():
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=10), rng.normal(size=10)
    alone = controlled(y, x[:, None], [0.5])
    more = controlled(y, np.column_stack([x, 3 * x + 1, np.full(10, 0.1)]), [0.5, 2.5, 7.0])
    assert more.controls_used == alone.controls_used == 1
    assert more.estimate.mean == pytest.approx(alone.estimate.mean)
    assert more.estimate.half_width == pytest.approx(alone.estimate.half_width)
    constant = controlled(y, np.ones((10, 1)), [3.0])
    assert (constant.estimate, constant.controls_used) == (student_interval(y), 0)
    whole = controlled(3 * x + 1, x[:, None], [2.0])
    assert (whole.estimate.mean, whole.estimate.half_width) == pytest.approx((7.0, 0.0), abs=1e-12)
    assert whole.variance_reduction > 1e12
    assert controlled(np.ones(10), x[:, None], [2.0]).variance_reduction == 1


def test_too_few_replications_leave_the_plain_interval():
    y, x = [1.0, 2.0, 4.0, 3.0], np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 0.0], [4.0, 5.0]])
    assert controlled(y, x, [0.0, 0.0]).estimate == student_interval(y)
    assert controlled(y, x[:, :1], [0.0]).controls_used == 1
    assert controlled([1.0], [[2.0]], [2.0]).estimate.half_width == math.inf


@FEW
@given(st.integers(0, 10**6))
def test_controls_may_be_measured_in_any_units(seed):
    rng = np.random.default_rng(seed)
    x, y, mix = rng.normal(size=(9, 2)), rng.normal(size=9), rng.normal(size=(2, 2)) + 3 * np.eye(2)
    plain = controlled(y, x, [0.1, 0.2]).estimate
    mixed = controlled(y, x @ mix + 5, [0.1, 0.2] @ mix + 5).estimate
    assert (plain.low, plain.high) == pytest.approx((mixed.low, mixed.high))


def test_controlled_and_paired_normals_cover():
    rng = np.random.default_rng(10)
    x = rng.normal(size=(1000, 8, 2))
    y = 1 + x @ [0.8, -0.5] + 0.5 * rng.normal(size=(1000, 8))
    regressed = [controlled(run, known, [0.0, 0.0]) for run, known in zip(y, x, strict=True)]
    differences = [paired(run, known[:, 0]) for run, known in zip(y, x, strict=True)]
    assert covers([c.estimate for c in regressed], 1.0, 1000)
    assert covers([p.difference for p in differences], 1.0, 1000)
    assert np.median([c.variance_reduction for c in regressed]) > 2


def test_paired_by_hand():
    p = paired([1.0, 2.0, 6.0], [2.0, 2.0, 2.0], 0.5)
    assert (p.difference, p.variance_reduction) == (student_interval([-1.0, 0.0, 4.0], 0.5), pytest.approx(1.0))
    assert paired([0.5, 1.5], [0.25, 1.25]).variance_reduction == math.inf
    single = paired([1.0], [2.0])
    assert (single.difference.mean, single.difference.high) == (-1.0, math.inf)
    assert math.isnan(single.variance_reduction)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: student_interval([]), r"values given shape \(0,\)"),
        (lambda: student_interval([1.0, math.nan]), "values given nan, allowed: finite"),
        (lambda: student_interval([1.0, 2.0], 1.0), "confidence given 1.0, allowed"),
        (lambda: batch_means([1.0], [1.0, 2.0]), r"given shape \(2,\), allowed: \(1,\)"),
        (lambda: batch_means([[1.0]], [[1.0]]), r"given shape \(1, 1\), allowed: 1 dim"),
        (lambda: batch_means([1.0, 2.0], [0.0, 0.0]), "denominators given 0.0 with sum 0.0, allowed"),
        (lambda: lag_one([1.0], [1.0], 0), "batches given 0, allowed: 1 or more"),
        (lambda: replications_needed([1.0, 2.0], 0.0), "precision given 0.0, allowed"),
        (lambda: mser([1.0, 2.0], 0), "batch given 0, allowed: 1 or more"),
        (lambda: controlled([1.0, 2.0], [[1.0]], [0.0]), r"given shape \(1, 1\), allowed: \(2, 1\)"),
        (lambda: paired([1.0, 2.0], [1.0]), r"values_b given shape \(1,\), allowed: \(2,\)"),
    ],
)
def test_what_cannot_be_estimated_is_refused_in_one_line(call, words):
    with pytest.raises(EntschedError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
