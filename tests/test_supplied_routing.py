"""Routing with pairs that are made, stored, aged, lost and used up: both engines, the exact figures, the limits."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entsched.behavior import Behavior
from entsched.entanglement import Entanglement
from entsched.errors import StrategyError
from entsched.routing import classical_optimum, routing_game
from entsched.sim import fast
from entsched.sim.decisions import decisions
from entsched.sim.draws import seed_sequence, stream
from entsched.sim.pairs import Shared
from entsched.sim.record import Layout
from entsched.sim.statistics import student_interval
from entsched.sim.task import Replication
from entsched.strategies.base import Scenario
from entsched.strategies.compiling import compile_strategy, condition_tables
from entsched.strategies.registry import build
from entsched.tasks import ExactTask
from entsched.workload import Workload
from entsched.workload.baseline import Power

TWO = {"arrival_rate_hz": 0.5, "service": {"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]}}
SQUARE = {"law": "power", "exponent": 2}
SUPPLIES = (
    {"law": "poisson", "rate_hz": 0.4},
    {"law": "geometric", "attempt_rate_hz": 2.0, "success_probability": 0.3},
)
MEMORIES = (
    {"t2_s": 4.0, "age_classes": 4},
    {"slots": 3, "use": "oldest", "depolarising_s": 20.0, "age_classes": 3},
    {"slots": 3, "when_full": "stop", "cutoff_s": 3.0},
    {"slots": 2, "when_full": "stop", "use": "oldest", "t1_s": 9.0, "age_classes": 3},
)


def replication(supply, memory, **more):
    settings = {"strategy": {"name": "quantum-optimal"}, "splitting": 0.3, "pairs": 3000, "replication": 0}
    resource = {"supply": supply, "memory": memory} | more.pop("resource", {})
    return Replication(workload=TWO, baseline=SQUARE, entanglement=resource, **settings | more)


def exact(task):
    kept = {name: getattr(task, name) for name in ("workload", "baseline", "strategy", "splitting", "entanglement")}
    return ExactTask(**kept).evaluate()


def numbers(figures):
    return np.concatenate([np.atleast_1d(np.array(value, dtype=float)) for value in astuple(figures)])


@pytest.mark.parametrize("memory", MEMORIES, ids=str)
@pytest.mark.parametrize("supply", SUPPLIES, ids=lambda supply: supply["law"])
def test_engines_use_the_same_pairs_up(supply, memory):
    task = replication(supply, memory)
    ours, theirs = task.simulate(), task.model_copy(update={"engine": "simpy"}).simulate()
    assert np.allclose(numbers(ours), numbers(theirs), rtol=1e-9, atol=1e-9)
    assert 0.2 < ours.bell_pair_share < 0.95
    assert ours.mean_bell_age_s > 0


def test_engines_agree_when_the_source_fails_and_pairs_are_measured_one_by_one():
    faulty = {"fault": {"at_s": 100.0, "pair": {"law": "shared_bits"}}}
    task = replication(SUPPLIES[0], {"t2_s": 4.0, "age_classes": 2}, pairs=200, measurement="pairs", resource=faulty)
    ours, theirs = task.simulate(), task.model_copy(update={"engine": "simpy"}).simulate()
    assert np.allclose(numbers(ours), numbers(theirs), rtol=1e-9, atol=1e-9)


def test_measuring_every_pair_has_the_law_of_the_tables():
    resource = Entanglement(
        pair={"law": "werner", "visibility": 0.9},
        supply=SUPPLIES[0],
        memory={"t1_s": 5.0, "t2_s": 4.0, "age_classes": 3},
        readout={"error": 0.02, "efficiency": 0.9, "no_click": "same"},
        clocks={"frequency_hz": 1e6, "jitter_s": 2e-8},
        fault={"at_s": 9.0, "pair": {"law": "dephased", "coherence": 0.2}},
    )
    plan = compile_strategy(build("quantum-optimal", {}), Scenario(Workload(**TWO), 0.3, resource))
    assert len(plan.sources) == len(plan.conditions) == 7
    for source, behavior in zip(plan.sources, plan.conditions, strict=True):
        measured = getattr(source, "mixture", source).behavior()
        assert np.allclose(measured.p, behavior.p, atol=1e-9)


def test_without_any_supply_the_routers_are_those_of_the_fallback():
    none = replication({"law": "poisson", "rate_hz": 0.0}, {"slots": 4})
    local = none.model_copy(update={"strategy": none.strategy.model_copy(update={"name": "classical-optimal"})})
    ours, theirs = none.simulate(), local.simulate()
    # less is known ahead of a supply, so there are fewer control variates
    assert replace(ours, mean_wait_controlled_s=theirs.mean_wait_controlled_s) == theirs
    assert ours.bell_pair_share == 0


@pytest.mark.parametrize("fallback", ["random", "classical-optimal"])
def test_a_fast_source_with_a_perfect_memory_is_one_on_demand(fallback):
    chosen = {"name": "quantum-optimal", "parameters": {"fallback": fallback}}
    endless = replication({"law": "poisson", "rate_hz": 1e9}, {}, strategy=chosen).simulate()
    ideal = replication({"law": "on_demand"}, {}, strategy=chosen).simulate()
    assert endless.bell_pair_share == 1
    others = ("bell_pair_share", "mean_bell_age_s", "mean_wait_controlled_s")
    assert replace(ideal, **{name: getattr(endless, name) for name in others}) == endless


@pytest.mark.parametrize("rate_hz", [0.0, 0.3, 1e9])
def test_exact_figures_between_the_limits(rate_hz):
    found = exact(replication({"law": "poisson", "rate_hz": rate_hz}, {}))
    ideal, local = (
        exact(replication({"law": "on_demand"}, {}, strategy={"name": name}))["mean_wait_s"]
        for name in ("quantum-optimal", "classical-optimal")
    )
    hit = rate_hz / (rate_hz + 0.5)
    assert found["bell_pair_share"] == pytest.approx(hit, abs=1e-12)
    assert found["mean_wait_s"] == pytest.approx(hit * ideal + (1 - hit) * local, abs=1e-9)
    assert found["split_fraction"] == pytest.approx(0.3, abs=1e-9)


def test_a_server_is_as_likely_as_the_other_under_every_condition():
    damped = Entanglement(
        supply=SUPPLIES[0], memory={"t1_s": 0.7, "t2_s": 0.3, "age_classes": 3}, readout={"no_click": "same"}
    )
    plan = compile_strategy(build("quantum-optimal", {}), Scenario(Workload(**TWO), 0.3, damped))
    for table in condition_tables(plan, Workload(**TWO)):
        assert np.allclose(table.p.sum(axis=1)[:, :, 0], 0.5, atol=1e-12)


CASES = {
    "one slot, dephasing": (SUPPLIES[0], {"t2_s": 2.0}, {}),
    "attempts": (SUPPLIES[1], {"depolarising_s": 3.0}, {}),
    "oldest first": (SUPPLIES[0], {"slots": 3, "use": "oldest", "t1_s": 3.0}, {}),
    "cut-off": (SUPPLIES[0], {"slots": 3, "cutoff_s": 2.0, "t2_s": 4.0}, {}),
    "noisy": (SUPPLIES[0], {}, {"pair": {"law": "werner", "visibility": 0.9}, "readout": {"error": 0.01}}),
}


@pytest.mark.slow
@pytest.mark.parametrize("measurements", ["aware", "ideal"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_exact_waits_hold_for_any_supply(case, measurements):
    supply, memory, resource = CASES[case]
    chosen = {"name": "quantum-optimal", "parameters": {"measurements": measurements}}
    task = replication(supply, memory, strategy=chosen, pairs=300_000, resource=resource)
    known = exact(task)
    runs = [task.model_copy(update={"replication": k}).simulate() for k in range(12)]
    pairs = [("mean_wait_s", "mean_wait_s"), ("split_fraction", "split_fraction")]
    pairs += [("bell_pair_share", "bell_pair_share")]
    if measurements == "aware":
        pairs.append(("baseline_rate", "baseline_rate"))
    for name, column in pairs:
        interval = student_interval([getattr(run, name) for run in runs], 0.999)
        assert interval.low <= known[column] <= interval.high, f"{case}: {name}"


def test_waits_are_blind_to_when_pairs_come():
    """The law of waits without a supply, in a case far from it: pairs after long gaps only, which split all."""
    workload = Workload(**TWO)
    together, apart = (Behavior.from_coalescing(np.full((2, 2), c)) for c in (1.0, 0.0))
    resource = Entanglement(supply={"law": "geometric", "attempt_rate_hz": 0.5, "success_probability": 1.0})
    plan = compile_strategy(build("quantum-optimal", {}), Scenario(workload, 0.3, resource))
    plan = replace(plan, by_pair=replace(plan.by_pair, without=together, by_age=(apart,)))
    waits, rates, hits = [], [], []
    for number in range(10):
        seeds = seed_sequence(workload, 5, number)
        shared = Shared(resource, plan.by_pair, seeds)
        reward = Power(law="power", exponent=2)
        how = decisions(plan, workload, memoryless=True)
        blocks = stream(workload, 200_000, seeds)
        figures = fast.run(workload, blocks, how, reward, Layout(200_000, 0.1), shared=shared).figures()
        waits.append(figures.mean_wait_s)
        rates.append(figures.baseline_rate)
        hits.append(figures.bell_pair_share)
    share = float(np.mean(hits))
    excess_s = (1 - share) * float(routing_game(workload).cost.sum())
    interval = student_interval(waits, 0.999)
    assert interval.low <= workload.base_wait_s + excess_s <= interval.high
    memoryless = Replication(
        workload=TWO, baseline=SQUARE, strategy={"name": "random"}, splitting=share, pairs=10, replication=0
    )
    assert not np.isclose(np.mean(rates), exact(memoryless)["baseline_rate"], rtol=0.01)


@settings(max_examples=8, deadline=None)
@given(
    values=st.lists(st.floats(0.05, 3.0), min_size=2, max_size=3, unique=True),
    load=st.floats(0.1, 0.9),
    visibility=st.floats(0.0, 1.0),
    splitting=st.floats(0.05, 0.95),
    slots=st.integers(1, 4),
)
def test_no_resource_beats_the_classical_bound_below_its_critical_visibility(
    values, load, visibility, splitting, slots
):
    probabilities = [1 / len(values)] * len(values)
    mean = float(np.dot(values, probabilities))
    service = {"law": "discrete", "values_s": values, "probabilities": probabilities}
    workload = Workload(arrival_rate_hz=load / mean, service=service)
    resource = Entanglement(
        pair={"law": "werner", "visibility": visibility},
        supply={"law": "poisson", "rate_hz": 2 * workload.arrival_rate_hz},
        memory={"slots": slots, "depolarising_s": 5 * mean, "age_classes": 3},
    )
    task = ExactTask(
        workload=workload,
        baseline={"law": "power", "exponent": 2},
        strategy={"name": "quantum-optimal"},
        splitting=splitting,
        entanglement=resource,
    )
    classical = workload.base_wait_s + classical_optimum(workload, splitting).lower
    wait = task.evaluate()["mean_wait_s"]
    assert wait <= classical * (1 + 1e-9)
    if visibility <= 0.7071:  # Grothendieck: correlators of planar angles, times 1 / sqrt 2, are local (Krivine 1979)
        assert wait >= classical * (1 - 1e-9)


def test_a_source_that_makes_pairs_for_nothing_is_refused_before_it_hangs():
    with pytest.raises(ValueError, match="pairs made and lost for each request"):
        replication({"law": "poisson", "rate_hz": 1e9}, {"when_full": "stop", "cutoff_s": 1e-6})


def test_a_fallback_must_be_local():
    for name in ("no-signalling", "full-information", "quantum-optimal"):
        with pytest.raises(StrategyError, match="fallback"):
            replication(
                SUPPLIES[0], {}, strategy={"name": "quantum-optimal", "parameters": {"fallback": name}}
            ).simulate()
