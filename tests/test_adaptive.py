"""Routers that remember: both engines against plain loops, and what a memory may be and know."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from conftest import exponential

from entsched.behavior import Behavior
from entsched.entanglement import Entanglement
from entsched.errors import StrategyError
from entsched.sim import draws as drawing
from entsched.sim import fast
from entsched.sim.decisions import decisions, one_by_one
from entsched.sim.draws import draw, seed_sequence, stream
from entsched.sim.model import run
from entsched.sim.record import Layout
from entsched.sim.routers import measured_route, remembering, table_route
from entsched.sim.task import Replication
from entsched.strategies.base import Memory, Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.compiling import compile_strategy, is_memoryless
from entsched.strategies.registry import build
from entsched.tasks import ExactTask
from entsched.workload import Workload
from entsched.workload.baseline import Power

SQUARE = Power(law="power", exponent=2)


def as_numbers(figures):
    return np.concatenate([np.atleast_1d(np.array(value, dtype=float)) for value in astuple(figures)])


def own_work(workload, draws):
    """The servers of routers that each keep two numbers and let time pass over them."""
    left_s, servers = np.zeros((2, 2)), np.empty(draws.types.shape, dtype=int)
    for i, gap_s in enumerate(draws.gaps_s):
        left_s = np.maximum(0.0, left_s - gap_s)
        for router, x in enumerate(draws.types[:, i]):
            mine = left_s[router]
            tied = abs(mine[0] - mine[1]) < 1e-12
            server = (i + router) % 2 if tied else int(mine[1] < mine[0])
            mine[server] += workload.type_means_s[x]
            servers[router, i] = server
    return servers


@pytest.mark.parametrize(
    ("workload", "takes_turns"),
    [(exponential(0.7, 7), False), (exponential(0.2, 2), False), (exponential(0.9, None), True)],
)
def test_own_work_is_a_plain_loop(workload, takes_turns):
    plan = compile_strategy(build("own-work", {}), Scenario(workload, None))
    draws = draw(workload, 2000, seed_sequence(workload, 6, 0))
    expected = own_work(workload, draws)
    how = decisions(plan, workload, memoryless=False)
    assert how.one_by_one
    assert np.array_equal(how.begin()(draws, np.cumsum(draws.gaps_s), 0), expected)
    by_events = run(workload, draws, remembering(table_route(plan), plan.memory))
    assert np.array_equal(by_events.servers, expected)
    assert np.array_equal(expected[0], np.arange(2000) % 2) is takes_turns


@pytest.mark.parametrize("order", ["random", "shortest_first"])
@pytest.mark.parametrize("bins", [None, 6])
def test_engines_agree_in_every_output(bins, order, monkeypatch):
    monkeypatch.setattr(drawing, "BLOCK", 300)
    replication = Replication(
        workload=exponential(0.7, bins, order), baseline=SQUARE, strategy={"name": "own-work"}, splitting=None,
        pairs=1000, replication=0, tail_s=[0.5],
    )  # fmt: skip
    ours = as_numbers(replication.simulate())
    reference = as_numbers(replication.model_copy(update={"engine": "simpy"}).simulate())
    assert np.allclose(ours, reference, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert as_numbers(replication.simulate()).tolist() == pytest.approx(ours.tolist(), rel=0, abs=0, nan_ok=True)


def test_what_a_router_remembers_never_depends_on_the_other(two_types):
    draws = draw(two_types, 1500, seed_sequence(two_types, 1, 0))
    changed = replace(draws, types=np.stack([draws.types[0], 1 - draws.types[1]]))
    plan = compile_strategy(build("own-work", {}), Scenario(two_types, None))
    servers = [run(two_types, d, remembering(table_route(plan), plan.memory)).servers for d in (draws, changed)]
    assert np.array_equal(servers[0][0], servers[1][0])
    assert not np.array_equal(servers[0][1], servers[1][1])


def diary():
    """Routers that write down in place what they saw and did, and go by the number of their entries."""

    def note(view, server):
        view.memory.append((view.type_index, view.requirement_s, view.time_s, view.pair_index, server))
        return view.memory

    seen = []

    def answer(output, view):
        seen.append((len(view.memory), view.pair_index))
        return (output + len(view.memory)) % 2

    memory = Memory(start=[], after=note)
    fair = Behavior.from_coalescing(np.full((2, 2), 0.3))
    return RoutingPlan(fair, answer=(answer, answer), memory=(memory, memory), takes_arrays=True), seen


def test_every_run_and_every_router_begins_with_its_own_memory(two_types, monkeypatch):
    monkeypatch.setattr(drawing, "BLOCK", 40)
    plan, seen = diary()
    how, layout = decisions(plan, two_types, memoryless=False), Layout(100, 0.0)
    draws = draw(two_types, 100, seed_sequence(two_types, 1, 0))
    records = [
        fast.run(two_types, stream(two_types, 100, seed_sequence(two_types, 1, 0)), how, SQUARE, layout)
        for _ in range(2)
    ]
    by_events = run(two_types, draws, remembering(table_route(plan), plan.memory)).record(draws, SQUARE, layout)
    assert len(seen) == 600
    assert all(entries == pair for entries, pair in seen)
    assert plan.memory[0].start == []
    assert np.array_equal(records[0].sums, records[1].sums)
    assert np.allclose(records[0].sums, by_events.sums, rtol=1e-9, atol=1e-9)


def test_memories_hold_what_the_router_saw_and_the_server_it_named(two_types):
    plan, _ = diary()
    draws = draw(two_types, 50, seed_sequence(two_types, 2, 0))
    last = []

    def keep(view, server):
        last.append(view.memory)
        return plan.memory[0].after(view, server)

    memory = (replace(plan.memory[0], after=keep), plan.memory[1])
    servers = run(two_types, draws, remembering(table_route(plan), memory)).servers
    x = draws.types[0]
    rows = zip(x.tolist(), two_types.type_means_s[x], np.cumsum(draws.gaps_s), range(50), servers[0], strict=True)
    assert last[-1] == list(rows)


@pytest.mark.slow
def test_routers_that_remember_and_measure_pairs_agree_in_both_engines(two_types):
    """A memory beside Bell pairs: answers are flipped when the router's last request was long."""
    noisy = Entanglement(pair={"law": "werner", "visibility": 0.9})
    plan = compile_strategy(build("quantum-optimal", {}), Scenario(two_types, 0.3, noisy))
    long_before = Memory(start=0, after=lambda view, server: view.type_index)
    plan = replace(plan, answer=(lambda output, view: output ^ view.memory,) * 2, memory=(long_before,) * 2)
    route, pairs = measured_route(plan, "made"), 60
    draws = draw(two_types, pairs, seed_sequence(two_types, 4, 0), shared=True)
    measured = run(two_types, draws, remembering(route, plan.memory)).servers
    ahead = one_by_one(route, two_types, plan.memory).begin()(draws, np.cumsum(draws.gaps_s), 0)
    assert np.array_equal(measured, ahead)
    without = run(two_types, draws, measured_route(replace(plan, answer=RoutingPlan(plan.behavior).answer), "made"))
    before = np.concatenate([np.zeros((2, 1), dtype=int), draws.types[:, :-1].astype(int)], axis=1)
    assert np.array_equal(measured, without.servers ^ before)


def made(cls, plan):
    class Made(Strategy):
        name, summary, uses_splitting = "made", "made in a test", False
        strategy_class, resource = cls, Resource.LOCAL

        def compile(self, scenario):
            return plan

    return Made()


COUNT = Memory(start=0, after=lambda view, server: view.memory + 1)
FAIR = RoutingPlan(Behavior.from_coalescing(np.full((2, 2), 0.5)), memory=(COUNT, COUNT))


@pytest.mark.parametrize("cls", [StrategyClass.SYMMETRIC, StrategyClass.STATIC, StrategyClass.SCHEDULED])
def test_memories_outside_the_class_are_refused(two_types, cls):
    with pytest.raises(StrategyError, match=f"'made': given a memory in the class {cls}, allowed: adaptive or comm"):
        compile_strategy(made(cls, FAIR), Scenario(two_types, None))


@pytest.mark.parametrize("memory", [COUNT, (COUNT,), (COUNT, None), [COUNT, COUNT], (0, 0)])
def test_what_is_no_pair_of_memories_is_refused(two_types, memory):
    with pytest.raises(StrategyError, match="allowed: two of Memory, one for each router") as caught:
        compile_strategy(made(StrategyClass.ADAPTIVE, replace(FAIR, memory=memory)), Scenario(two_types, None))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cls", [StrategyClass.ADAPTIVE, StrategyClass.COMMUNICATING])
def test_no_formula_covers_routers_that_remember(two_types, cls):
    strategy = made(cls, FAIR)
    assert not is_memoryless(strategy, compile_strategy(strategy, Scenario(two_types, None)))
    task = ExactTask(workload=two_types, baseline=SQUARE, strategy={"name": "own-work"}, splitting=None)
    assert task.evaluate().keys() == {"strategy", "splitting", "details"}


def test_errors_of_a_memory_name_the_server_or_the_strategy(two_types):
    plan = replace(FAIR, answer=(lambda output, view: 2,) * 2)
    draws = draw(two_types, 10, seed_sequence(two_types, 1, 0))
    with pytest.raises(StrategyError, match="names server 2"):
        decisions(plan, two_types, memoryless=False).begin()(draws, np.cumsum(draws.gaps_s), 0)
    with pytest.raises(StrategyError, match="servers 2 and 2"):
        run(two_types, draws, remembering(table_route(plan), plan.memory))


def test_short_requests_are_spread_and_long_ones_answered_by_the_other_server():
    """Three requests by hand: 2 s of work at 1 s, 1 s later a short one, then one when both servers are idle again."""
    workload = Workload(
        arrival_rate_hz=0.1, service={"law": "discrete", "values_s": [0.5, 2.0], "probabilities": [0.5, 0.5]}
    )
    plan = compile_strategy(build("own-work", {}), Scenario(workload, None))
    draws = replace(
        draw(workload, 4, seed_sequence(workload, 1, 0)),
        gaps_s=np.array([1.0, 1.0, 0.25, 9.0]),
        types=np.array([[1, 0, 0, 0], [0, 1, 1, 1]], dtype=np.uint16),
    )
    servers = run(workload, draws, remembering(table_route(plan), plan.memory)).servers
    assert servers.tolist() == [[0, 1, 1, 1], [1, 0, 1, 0]]
