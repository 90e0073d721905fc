"""Joining the emptier server: both engines against event lists and the recursion of one queue for two servers."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from conftest import exponential
from hypothesis import given, settings
from hypothesis import strategies as st

from entsched.behavior import Behavior
from entsched.communication import Communication
from entsched.errors import StrategyError
from entsched.sim import draws as drawing
from entsched.sim import fast
from entsched.sim.decisions import decisions
from entsched.sim.draws import draw, seed_sequence, stream
from entsched.sim.model import run
from entsched.sim.record import Layout
from entsched.sim.reports import Reports
from entsched.sim.stale import ReportStream
from entsched.sim.task import Replication
from entsched.strategies.base import CommunicatingStrategy, Scenario, StalePlan
from entsched.strategies.compiling import compile_strategy, held_s
from entsched.strategies.registry import build
from entsched.workload import Workload
from entsched.workload.baseline import Power

SQUARE = Power(law="power", exponent=2)
NAMES = {"join-shortest-queue": "customers", "least-work-left": "work"}
THREE = {"law": "discrete", "values_s": [0.1, 0.7, 2.2], "probabilities": [0.4, 0.4, 0.2]}


def plan_for(name, workload, latency_s=0.0, **parameters):
    scenario = Scenario(workload, None, communication=Communication(latency_s=latency_s))
    return compile_strategy(build(name, parameters), scenario)


def event_list(plan, draws):
    """Servers and waits from a list of all customers, searched anew at every look: (came, leaves, requirement)."""
    lists, pairs = ([], []), len(draws.gaps_s)
    servers, waits = np.empty((2, pairs), dtype=int), np.empty((2, pairs))

    def full(server, at):
        present = [(came, leaves, s) for came, leaves, s in lists[server] if came <= at < leaves]
        if plan.counts == "customers":
            return len(present)
        return sum(leaves - max(at, leaves - s) for _, leaves, s in present)

    now = 0.0
    for i, gap_s in enumerate(draws.gaps_s):
        now += gap_s
        coins = [int(2 * draws.shared[i]), int(4 * draws.shared[i]) % 2]
        x, y = draws.types[:, i]
        p = plan.behavior.p[:, :, x, y]
        a = int(draws.outcomes[0, i] >= p[0].sum())
        outputs = a, int(draws.outcomes[1, i] >= p[a, 0] / p[a].sum())
        news = [full(server, now - plan.latency_s) for server in (0, 1)]
        for turn, router in enumerate((0, 1) if draws.a_first[i] else (1, 0)):
            if turn == 1 and plan.in_turn:
                news = [full(server, now - plan.latency_s) for server in (0, 1)]
            coin = coins[turn if plan.in_turn else 0]
            emptier = coin if abs(news[0] - news[1]) < 1e-8 else int(news[1] < news[0])
            to = servers[router, i] = emptier ^ outputs[router]
            begins = max([now] + [leaves for _, leaves, _ in lists[to][-1:]])
            lists[to].append((now, begins + draws.requirements_s[router, i], draws.requirements_s[router, i]))
            waits[router, i] = begins - now + plan.held_s
    return servers, waits


def simulated(plan, workload, draws):
    """Both engines: servers of each, waits of the event model."""
    outputs = decisions(plan, workload, memoryless=False).begin()(draws, np.cumsum(draws.gaps_s), 0, None)
    reports = Reports(plan.latency_s, plan.counts, plan.in_turn)
    by_events = run(workload, draws, outputs, plan.held_s, reports=reports)
    compiled = ReportStream(reports).servers(draws, np.cumsum(draws.gaps_s), outputs)
    return compiled, by_events.servers, by_events.waits_s


def as_numbers(figures):
    return np.concatenate([np.atleast_1d(np.array(value, dtype=float)) for value in astuple(figures)])


@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("bins", [None, 3])
def test_least_work_left_without_latency_is_one_queue_for_both_servers(bins, order):
    """Kiefer and Wolfowitz: a customer waits until the first of both servers has no work left."""
    workload = exponential(0.9, bins, order)
    draws = draw(workload, 3000, seed_sequence(workload, 5, 0), shared=True)
    *_, waits = simulated(plan_for("least-work-left", workload), workload, draws)
    work_s, expected = np.zeros(2), np.empty((2, 3000))
    for i, gap_s in enumerate(draws.gaps_s):
        work_s = np.maximum(0.0, work_s - gap_s)
        for router in (0, 1) if draws.a_first[i] else (1, 0):
            expected[router, i] = work_s[0]
            work_s[0] += draws.requirements_s[router, i]
            work_s.sort()
    assert expected.max() > 2.0
    assert np.abs(waits - expected).max() < 1e-7


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("latency_s", "news"), [(0.0, "stale"), (0.6, "stale"), (30.0, "stale"), (0.6, "fresh")])
@pytest.mark.parametrize("order", ["random", "shortest_first"])
def test_servers_and_waits_are_those_of_an_event_list(name, latency_s, news, order):
    workload = Workload(arrival_rate_hz=1.0, service=THREE, order=order)
    draws = draw(workload, 300, seed_sequence(workload, 2, 0), shared=True)
    plan = plan_for(name, workload, latency_s, news=news)
    compiled, by_events, waits = simulated(plan, workload, draws)
    servers, expected = event_list(plan, draws)
    assert np.array_equal(compiled, servers)
    assert np.array_equal(by_events, servers)
    assert np.abs(waits - expected).max() < 1e-9
    assert 0 < servers.mean() < 1


@st.composite
def cases(draw_from):
    """A workload, and routers that know something of its queues."""
    load = draw_from(st.floats(0.2, 1.1))
    values_s = draw_from(st.lists(st.floats(0.05, 3.0), min_size=1, max_size=4, unique=True))
    chances = np.full(len(values_s), 1 / len(values_s))
    law = {"law": "discrete", "values_s": values_s, "probabilities": chances.tolist()}
    rate = load / float(np.mean(values_s))
    order = draw_from(st.sampled_from(["random", "a_first", "shortest_first"]))
    workload = Workload(arrival_rate_hz=min(rate, 0.99 / float(np.mean(values_s))), service=law, order=order)
    share = draw_from(st.floats(0, 1))
    outputs = np.array([share, 1 - share])
    behavior = Behavior(np.einsum("a,b,xy->abxy", outputs, outputs, np.ones((len(values_s),) * 2)))
    latency_s = draw_from(st.just(0.0) | st.floats(1e-3, 20.0))
    plan = StalePlan(behavior, latency_s, counts=draw_from(st.sampled_from(["work", "customers"])))
    return workload, replace(plan, in_turn=draw_from(st.booleans()), held_s=draw_from(st.sampled_from([0.0, 0.4])))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(cases(), st.integers(0, 1000))
def test_engines_and_event_list_agree_whatever_the_reports_say(case, seed):
    workload, plan = case
    pairs, layout = 150, Layout(150, 0.0)
    draws = draw(workload, pairs, seed_sequence(workload, seed, 0), shared=True)
    compiled, by_events, waits = simulated(plan, workload, draws)
    servers, expected = event_list(plan, draws)
    assert np.array_equal(compiled, servers)
    assert np.array_equal(by_events, servers)
    assert np.abs(waits - expected).max() < 1e-9
    how = decisions(plan, workload, memoryless=False)
    reference = run(workload, draws, how.begin()(draws, np.cumsum(draws.gaps_s), 0), held_s(plan), reports=how.reports)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "BLOCK", 32)
        blocks = stream(workload, pairs, seed_sequence(workload, seed, 0), shared=True)
        ours = fast.run(workload, blocks, how, SQUARE, layout, held_s(plan))
    assert np.allclose(ours.sums, reference.record(draws, SQUARE, layout).sums, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("news", ["stale", "fresh"])
def test_engines_agree_in_every_output(name, news, monkeypatch):
    monkeypatch.setattr(drawing, "BLOCK", 128)
    replication = Replication(
        workload=exponential(0.8, 4), baseline=SQUARE, strategy={"name": name, "parameters": {"news": news}},
        splitting=None, communication={"latency_s": 0.3}, pairs=1029, replication=0, tail_s=[0.5],
    )  # fmt: skip
    ours = as_numbers(replication.simulate())
    reference = as_numbers(replication.model_copy(update={"engine": "simpy"}).simulate())
    assert np.allclose(ours, reference, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("engine", ["fast", "simpy"])
def test_a_dispatcher_far_away_makes_all_wait_longer_by_the_way_there(name, engine, two_types):
    def figures(latency_s):
        return Replication(
            workload=two_types, baseline=SQUARE, strategy={"name": name, "parameters": {"news": "fresh"}},
            splitting=None, communication={"latency_s": latency_s}, pairs=2000, replication=0, engine=engine,
        ).simulate()  # fmt: skip

    here, away = figures(0.0), figures(0.7)
    assert away.mean_wait_s == pytest.approx(here.mean_wait_s + 0.7, rel=1e-9)
    assert away.baseline_rate == pytest.approx(here.baseline_rate, rel=1e-9)
    assert away.server_share == here.server_share


@pytest.mark.parametrize("name", NAMES)
def test_news_older_than_the_run_leave_a_fair_coin_for_each_request(name, two_types):
    draws = draw(two_types, 4000, seed_sequence(two_types, 3, 0), shared=True)
    compiled, by_events, _ = simulated(plan_for(name, two_types, 1e5), two_types, draws)
    assert np.array_equal(compiled, by_events)
    counts = np.bincount(2 * by_events[0] + by_events[1], minlength=4)
    assert np.abs(counts / 4000 - 0.25).max() < 4 * np.sqrt(0.1875 / 4000)


def test_what_no_later_report_needs_is_forgotten():
    workload = exponential(0.5, 4)
    draws = draw(workload, 5000, seed_sequence(workload, 1, 0), shared=True)
    times_s = np.cumsum(draws.gaps_s)
    kept = ReportStream(Reports(20.0, "customers", in_turn=True))
    whole = kept.servers(draws, times_s, np.zeros((2, 5000), dtype=np.int64))
    assert len(kept._times_s) == 1 + np.sum(times_s > times_s[-1] - 20.0)
    late = (times_s[-1] - 20.0, times_s[-1] + 40.0)
    for departures in kept._departures_s:
        assert 0 < len(departures) < 60
        assert np.all((departures > late[0]) & (departures < late[1]))
    assert set(np.unique(whole)) == {0, 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"held_s": -0.1}, "given requests held for -0.1 s, allowed: 0 s or more"),
        ({"held_s": float("nan")}, "given requests held for nan s"),
        ({"counts": "jobs"}, "given reports of 'jobs', allowed: work or customers"),
    ],
)
def test_wrong_plans_are_refused(two_types, changes, message):
    class Made(CommunicatingStrategy):
        name, summary, uses_splitting = "made", "made in a test", False

        def compile(self, scenario):
            return replace(plan_for("least-work-left", two_types), **changes)

    with pytest.raises(StrategyError, match=f"strategy 'made': {message}"):
        compile_strategy(Made(), Scenario(two_types, None))
