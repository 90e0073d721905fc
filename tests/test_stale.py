"""Stale information: both engines against a replay of all customers, and the limits of no delay and of no news."""

from dataclasses import astuple

import numpy as np
import pytest
from conftest import exponential

from entsched.behavior import Behavior
from entsched.communication import Communication
from entsched.errors import StrategyError
from entsched.routing import classical_optimum
from entsched.sim import draws as drawing
from entsched.sim.decisions import decisions
from entsched.sim.draws import draw, seed_sequence
from entsched.sim.model import run
from entsched.sim.reports import Reports
from entsched.sim.stale import ReportStream
from entsched.sim.statistics import student_interval
from entsched.sim.task import Replication
from entsched.strategies.base import CommunicatingStrategy, Scenario, StalePlan
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.strategies.registry import build
from entsched.tasks import ExactTask
from entsched.workload import Workload

ONE_TYPE = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
#: Sums of requirements in different orders are equal but for rounding.
SUMS = {"law": "discrete", "values_s": [0.1, 0.2, 0.3], "probabilities": [0.4, 0.3, 0.3]}
ROUNDED = Workload(arrival_rate_hz=4.5, service=SUMS)
SQUARE = {"law": "power", "exponent": 2}
BLOCK = 128


def plan_for(workload, p, latency_s=0.0):
    scenario = Scenario(workload, p, communication=Communication(latency_s=latency_s))
    return compile_strategy(build("stale-information", {}), scenario)


def backlog_at(customers, time_s):
    """The work in a server at a time, from all that came until then: (arrival, requirement), in order."""
    work_s, last_s = 0.0, 0.0
    for arrival_s, requirement_s in customers:
        if arrival_s > time_s:
            break
        work_s, last_s = max(0.0, work_s - (arrival_s - last_s)) + requirement_s, arrival_s
    return max(0.0, work_s - (time_s - last_s))


def replayed(behavior, draws, latency_s):
    """The servers of A and B, from the whole history at every decision: no engine, no recursion between decisions."""
    servers, customers, now = [], ([], []), 0.0
    for i, gap_s in enumerate(draws.gaps_s):
        now += gap_s
        x, y = draws.types[:, i]
        p = behavior.p[:, :, x, y]
        a = int(draws.outcomes[0, i] >= p[0].sum())
        b = int(draws.outcomes[1, i] >= p[a, 0] / p[a].sum())
        backlogs_s = [backlog_at(customers[server], now - latency_s) for server in (0, 1)]
        news = abs(backlogs_s[0] - backlogs_s[1]) > 1e-7
        first = int(backlogs_s[0] > backlogs_s[1]) if news else int(draws.shared[i] >= 0.5)
        named = [first if output == 0 else 1 - first for output in (a, b)]
        for server, requirement_s in zip(named, draws.requirements_s[:, i], strict=True):
            customers[server].append((now, requirement_s))
        servers.append(named)
    return np.array(servers).T


def as_numbers(figures):
    return np.concatenate([np.atleast_1d(np.array(value, dtype=float)) for value in astuple(figures)])


@pytest.mark.parametrize("latency_s", [0.0, 0.7, 5.0, 1e5])
@pytest.mark.parametrize(
    ("workload", "p"), [(ONE_TYPE, 0.0), (ONE_TYPE, 0.4), (ROUNDED, 0.9), (exponential(0.8, 4), 0.3)]
)
def test_servers_are_those_of_a_replay_of_all_customers(workload, p, latency_s):
    pairs = 400
    plan = plan_for(workload, p, latency_s)
    draws = draw(workload, pairs, seed_sequence(workload, 3, 0), shared=True)
    expected = replayed(plan.behavior, draws, latency_s)
    outputs = decisions(plan, workload, memoryless=False).begin()(draws, np.cumsum(draws.gaps_s), 0, None)
    by_events = run(workload, draws, outputs, reports=Reports(latency_s))
    assert np.array_equal(by_events.servers, expected)
    compiled = ReportStream(Reports(latency_s)).servers(draws, np.cumsum(draws.gaps_s), outputs)
    assert np.array_equal(compiled, expected)


@pytest.mark.parametrize("latency_s", [0.0, 0.3, 10.0])
@pytest.mark.parametrize("order", ["random", "shortest_first"])
@pytest.mark.parametrize("bins", [None, 5])
def test_engines_agree_in_every_output(latency_s, order, bins, monkeypatch):
    monkeypatch.setattr(drawing, "BLOCK", BLOCK)
    replication = Replication(
        workload=exponential(0.7, bins, order),
        baseline=SQUARE,
        strategy={"name": "stale-information"},
        splitting=0.3,
        communication={"latency_s": latency_s},
        pairs=8 * BLOCK + 5,
        replication=0,
        tail_s=[0.5],
    )
    ours = as_numbers(replication.simulate())
    reference = as_numbers(replication.model_copy(update={"engine": "simpy"}).simulate())
    assert np.allclose(ours, reference, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_backlogs_that_no_later_report_needs_are_forgotten(two_types):
    draws = draw(two_types, 1000, seed_sequence(two_types, 1, 0), shared=True)
    times_s = np.cumsum(draws.gaps_s)
    stream = ReportStream(Reports(20.0))
    stream.servers(draws, times_s, np.zeros((2, 1000), dtype=np.int64))
    assert len(stream._times_s) == 1 + np.sum(times_s > times_s[-1] - 20.0)


def test_without_news_it_has_the_law_of_the_classical_optimum(two_types):
    """Reports that take longer than the run leave ties only, and the shared coin."""
    settings = {"workload": two_types, "baseline": SQUARE, "splitting": 0.3}
    exact = ExactTask(**settings, strategy={"name": "classical-optimal"}).evaluate()
    late = {"strategy": {"name": "stale-information"}, "communication": {"latency_s": 1e6}, "pairs": 20_000}
    runs = [Replication(**settings, **late, replication=i).simulate() for i in range(10)]
    for name in ("mean_wait_s", "baseline_rate", "split_fraction"):
        interval = student_interval([getattr(figures, name) for figures in runs], 0.999)
        assert interval.low < exact[name] < interval.high


def test_without_delay_no_request_of_a_coalesced_pair_meets_the_longer_queue():
    pairs, plan = 2000, plan_for(ONE_TYPE, 0.0)
    draws = draw(ONE_TYPE, pairs, seed_sequence(ONE_TYPE, 2, 0), shared=True)
    outputs = decisions(plan, ONE_TYPE, memoryless=False).begin()(draws, np.cumsum(draws.gaps_s), 0, None)
    trajectory = run(ONE_TYPE, draws, outputs, reports=Reports(0.0))
    found_s = trajectory.waits_s.min(axis=0)
    free_s = np.zeros(2)
    for i, gap_s in enumerate(draws.gaps_s):
        free_s = np.maximum(0.0, free_s - gap_s)
        assert found_s[i] == pytest.approx(free_s.min(), abs=1e-9)
        free_s[free_s.argmin()] += 2.0


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_outputs_coalesce_as_the_classical_optimum_and_rather_at_0(p):
    workload = exponential(0.6, 6)
    plan = plan_for(workload, p)
    assert np.allclose(plan.behavior.coalescing, classical_optimum(workload, p).coalescing)
    for part in plan.details["parts"]:
        a, b = np.array(part["outputs_a"]), np.array(part["outputs_b"])
        both = [workload.pi[np.ix_(a == output, b == output)].sum() for output in (0, 1)]
        assert both[0] >= both[1]


def test_no_formula_covers_it(two_types):
    task = ExactTask(workload=two_types, baseline=SQUARE, strategy={"name": "stale-information"}, splitting=0.3)
    assert task.evaluate().keys() == {"strategy", "splitting", "details"}
    with pytest.raises(StrategyError, match="looks at the queues"):
        memoryless_table(plan_for(two_types, 0.3), two_types)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (StalePlan(Behavior.from_coalescing(np.ones((3, 3))), 0.1), r"shape \(2, 2, 3, 3\)"),
        (StalePlan(Behavior(np.full((3, 3, 2, 2), 1 / 9)), 0.1), r"allowed: \(2, 2, 2, 2\)"),
        (StalePlan(Behavior.from_coalescing(np.ones((2, 2))), 2.1e6), "given reports 2.1e"),
        (StalePlan(Behavior.from_coalescing(np.ones((2, 2))), -0.1), "given reports -0.1 s old"),
        (StalePlan(Behavior.from_coalescing(np.ones((2, 2))), float("nan")), "given reports nan"),
    ],
)
def test_wrong_plans_are_refused(two_types, plan, message):
    class Made(CommunicatingStrategy):
        name, summary, uses_splitting = "made", "made in a test", False

        def compile(self, scenario):
            return plan

    with pytest.raises(StrategyError, match=f"strategy 'made'.*{message}"):
        compile_strategy(Made(), Scenario(two_types, None))
