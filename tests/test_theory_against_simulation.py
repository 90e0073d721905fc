"""The exact formulas inside the 99.9 % intervals of the simulation, over laws, loads and behaviors."""

import numpy as np
import pytest

from entsched.behavior import Behavior
from entsched.queueing import evaluate
from entsched.sim import fast
from entsched.sim.decisions import decisions
from entsched.sim.draws import seed_sequence, stream
from entsched.sim.record import Layout
from entsched.sim.statistics import student_interval
from entsched.strategies.base import RoutingPlan
from entsched.workload import Workload
from entsched.workload.baseline import Affine, Power, Saturating

PAIRS, REPLICATIONS = 100_000, 8
TWO = {"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]}
THREE = {"law": "discrete", "values_s": [0.2, 1.0, 2.5], "probabilities": [0.5, 0.3, 0.2]}
SQUARE = Power(law="power", exponent=2)


def one(law, **more):
    return {"law": law, "mean_s": 1.0, **more}


def asymmetric(n, seed):
    """A product behavior with marginals that differ between servers and types."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0.3, 0.7, (2, n))
    return Behavior(np.einsum("ax,by->abxy", np.array([a, 1 - a]), np.array([b, 1 - b])))


def intervals(n):
    """Short requests to server 0, the others to server 1."""
    short = np.array([np.arange(n) < (n + 1) // 2, np.arange(n) >= (n + 1) // 2], dtype=float)
    return Behavior(np.einsum("ax,by->abxy", short, short))


def correlators(table):
    return Behavior.from_coalescing((1 + np.array(table)) / 2)


CASES = {
    "two types, quantum correlators": (TWO, 0.5, "random", None, correlators([[0.7, -0.7], [-0.7, -0.7]]), SQUARE),
    "two types, always together": (TWO, 0.5, "random", None, correlators([[1, 1], [1, 1]]), SQUARE),
    "two types, classical": (TWO, 0.5, "random", None, correlators([[1, 0], [0, -1]]), SQUARE),
    "two types, PR box": (TWO, 0.5, "random", None, correlators([[1, 1], [1, -1]]), SQUARE),
    "two types, always apart": (TWO, 0.3, "random", None, correlators([[-1, -1], [-1, -1]]), SQUARE),
    "two types, A first": (TWO, 0.5, "a_first", None, correlators([[1, 0.5], [0, -0.5]]), SQUARE),
    "two types, shortest first": (TWO, 0.5, "shortest_first", None, correlators([[1, 0.8], [0.8, 0]]), SQUARE),
    "two types, heavy": (TWO, 0.7, "random", None, correlators([[1, 0.3], [0.3, -1]]), SQUARE),
    "two types, light": (TWO, 0.1, "random", None, correlators([[1, 0.3], [0.3, -1]]), SQUARE),
    "two types, asymmetric": (TWO, 0.4, "random", None, asymmetric(2, 1), SQUARE),
    "two types, correlated": (TWO, 0.5, "random", [[0.4, 0.1], [0.1, 0.4]], correlators([[1, 0], [0, -1]]), SQUARE),
    "three types, asymmetric": (THREE, 0.5, "random", None, asymmetric(3, 2), SQUARE),
    "three types, intervals": (THREE, 0.45, "random", None, intervals(3), SQUARE),
    "three types, shortest first": (THREE, 0.5, "shortest_first", None, correlators(np.eye(3)), SQUARE),
    "three types, A first, asymmetric": (THREE, 0.5, "a_first", None, asymmetric(3, 3), SQUARE),
    "deterministic": (one("deterministic"), 0.6, "random", None, correlators([[0.4]]), SQUARE),
    "exponential": (one("exponential"), 0.6, "random", None, correlators([[0.2]]), SQUARE),
    "exponential, shortest first": (one("exponential"), 0.5, "shortest_first", None, correlators([[1]]), SQUARE),
    "exponential in bins": (one("exponential", bins=6), 0.5, "random", None, asymmetric(6, 4), SQUARE),
    "hyperexponential": (one("hyperexponential", scv=3.0), 0.4, "random", None, correlators([[0.5]]), SQUARE),
    "lognormal": (one("lognormal", scv=0.5), 0.6, "random", None, correlators([[0]]), SQUARE),
    "lognormal in bins": (one("lognormal", scv=2.0, bins=5), 0.5, "random", None, intervals(5), SQUARE),
    "saturating reward": (
        TWO,
        0.5,
        "random",
        None,
        correlators([[1, 0], [0, -1]]),
        Saturating(law="saturating", time_constant_s=5.0),
    ),
    "affine reward": (THREE, 0.5, "random", None, asymmetric(3, 5), Affine(law="affine", setup_s=2.0)),
    "power 1.5 reward": (
        one("exponential"),
        0.5,
        "random",
        None,
        correlators([[0.3]]),
        Power(law="power", exponent=1.5),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_formulas_lie_inside_the_intervals(case):
    service, rate, order, joint, behavior, baseline = CASES[case]
    workload = Workload(arrival_rate_hz=rate, service=service, order=order, joint=joint)
    exact = evaluate(workload, behavior, baseline)
    how, layout = decisions(RoutingPlan(behavior), workload, memoryless=True), Layout(PAIRS, 0.1)
    runs = [
        fast.run(workload, stream(workload, PAIRS, seed_sequence(workload, 20, k)), how, baseline, layout).figures()
        for k in range(REPLICATIONS)
    ]
    expected = {
        "W": (exact.mean_wait_s, [r.mean_wait_s for r in runs]),
        "R": (exact.baseline_rate, [r.baseline_rate for r in runs]),
        "p": (exact.split_fraction, [r.split_fraction for r in runs]),
        "W of server 0": (exact.server_wait_s[0], [r.server_wait_s[0] for r in runs]),
        "W of server 1": (exact.server_wait_s[1], [r.server_wait_s[1] for r in runs]),
        "R of server 0": (exact.server_baseline_rate[0], [r.server_baseline_rate[0] for r in runs]),
        "R of server 1": (exact.server_baseline_rate[1], [r.server_baseline_rate[1] for r in runs]),
    }
    for name, (value, values) in expected.items():
        interval = student_interval(values, confidence=0.999)
        assert interval.low - 1e-9 <= value <= interval.high + 1e-9, f"{name} = {value}, simulated {interval}"
