import numpy as np
import pytest
from conftest import exponential, random_workload
from reference import SIZE_INTERVAL

from entsched.behavior import Behavior, ConditionalTable
from entsched.errors import BehaviorError, UnstableError
from entsched.queueing import evaluate, symmetric_baseline_rate
from entsched.routing import coalescing_cost
from entsched.strategies.base import Scenario
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.strategies.registry import build
from entsched.workload.baseline import Linear, Power, Saturating

SQUARE = Power(law="power", exponent=2)


@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("correlated", [False, True])
def test_the_symmetric_class_has_wait_base_plus_cost(order, correlated):
    """Two paths to W: the queue of each server, and alpha m2 + E[c C]."""
    rng = np.random.default_rng(4)
    for types in (1, 2, 5):
        workload = random_workload(rng, types, correlated and types > 1, order)
        c = rng.random((types, types))
        metrics = evaluate(workload, Behavior.from_coalescing(c), SQUARE)
        excess = float(np.sum(workload.pi * coalescing_cost(workload) * c))
        assert metrics.mean_wait_s == pytest.approx(workload.base_wait_s + excess, rel=1e-12)
        p = 1 - float(np.sum(workload.pi * c))
        assert metrics.split_fraction == pytest.approx(p)
        assert metrics.baseline_rate == pytest.approx(symmetric_baseline_rate(workload, p, SQUARE))
        assert metrics.load == pytest.approx((workload.load, workload.load))


def test_mean_wait_is_the_customer_average_of_the_servers(two_types):
    p = np.zeros((2, 2, 2, 2))
    p[0, 0, 0, 0] = p[0, 1, 0, 1] = p[1, 0, 1, 0] = p[1, 1, 1, 1] = 1.0
    metrics = evaluate(two_types, Behavior(p), SQUARE)
    assert metrics.load == pytest.approx((0.05, 0.95))
    assert metrics.mean_wait_s == pytest.approx(np.mean(metrics.server_wait_s))


def test_one_server_for_everything_is_a_batch_queue():
    """Both requests of each pair to server 0, deterministic service: the M^2/D/1 queue by hand."""
    workload = exponential(0.2, None)
    p = np.zeros((2, 2, 1, 1))
    p[0, 0] = 1.0
    metrics = evaluate(workload, Behavior(p), Linear(law="linear"))
    found = 0.2 * (2 * 2 + 2 * 1) / (2 * (1 - 0.4))
    assert metrics.server_wait_s[0] == pytest.approx(found + 0.5)
    assert metrics.baseline_rate == pytest.approx((1 - 0.4) + 1.0)


def test_unstable_servers_and_endless_stretches_are_named(two_types):
    p = np.zeros((2, 2, 2, 2))
    p[0, 0] = 1.0
    with pytest.raises(UnstableError, match=r"server 0 has load 1"):
        evaluate(two_types, Behavior(p), SQUARE)
    light = two_types.model_copy(update={"arrival_rate_hz": 0.2})
    with pytest.raises(UnstableError, match="server 1 is never used"):
        evaluate(light, Behavior(p), SQUARE)
    bounded = Saturating(law="saturating", time_constant_s=1.0)
    assert evaluate(light, Behavior(p), bounded).server_baseline_rate[1] == 0


def test_tables_of_the_wrong_shape_are_refused(two_types):
    with pytest.raises(BehaviorError, match="shape"):
        evaluate(two_types, ConditionalTable(np.full((2, 2, 1, 1), 0.25)), SQUARE)


def test_size_intervals_beat_the_symmetric_class_outside_it():
    workload = exponential(0.5, 600)
    plan = compile_strategy(build("size-interval", {"cut_s": 1.678}), Scenario(workload, None))
    metrics = evaluate(workload, memoryless_table(plan, workload), SQUARE)
    for name, reference in SIZE_INTERVAL.items():
        assert getattr(metrics, name) == pytest.approx(reference.value, abs=reference.tolerance)
