import csv
import json
import math

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from entsched import experiment, report, sweep
from entsched.axes import load_study
from entsched.completing import Workers
from entsched.config import load_experiment
from entsched.entanglement import Entanglement
from entsched.entanglement.hardware import node
from entsched.envelope import advantage
from entsched.envelope.advantage import STRICT, excess_wait
from entsched.envelope.critical import PRECISION, least, reach
from entsched.envelope.places import Setting, places
from entsched.envelope.resource import correlators, fidelity, pair_correlations
from entsched.envelope.rounds import rounds, rounds_chsh, rounds_routing
from entsched.envelope.tasks import AdvantageTask, CriticalTask, ReachTask
from entsched.envelope.variation import delivered_by, placed, with_memory, with_rate, with_visibility
from entsched.errors import ConfigError
from entsched.games.split.correlations import PairCorrelations
from entsched.routing import classical_optimum, coalescing_cost, critical_visibility, quantum_optimum
from entsched.store import Store
from entsched.strategies.choice import StrategyChoice
from entsched.tasks import ExactTask
from entsched.workload import Workload
from entsched.workload.baseline import Power

TWO = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]})
P = 0.3
STORED = Entanglement(
    pair={"law": "werner", "visibility": 0.97},
    supply={"law": "poisson", "rate_hz": 2.0},
    memory={"depolarising_s": 10.0, "age_classes": 8},
)
RESOURCES = [
    STORED,
    Entanglement(pair={"law": "werner", "visibility": 0.95}, readout={"efficiency": 0.97, "no_click": "same"}),
    Entanglement(
        supply={"law": "geometric", "attempt_rate_hz": 9.0, "success_probability": 0.3},
        memory={"t1_s": 20.0, "t2_s": 8.0, "cutoff_s": 3.0, "age_classes": 4},
        readout={"error": 0.005},
    ),
]

#: Of fresh Werner pairs; 1 where not even perfect ones help.
CRITICAL = {p: min(critical_visibility(TWO, p), 1.0) for p in (0.2, 0.3, 0.5)}

CONFIG = """
name: small
workload:
  arrival_rate_hz: 0.5
  service: {law: discrete, values_s: [0.1, 1.9], probabilities: [0.5, 0.5]}
baseline: {law: power, exponent: 2}
splitting: [0.25, 0.3]
entanglement:
  pair: {law: werner, visibility: 0.98}
  supply: {law: poisson, rate_hz: 2.0}
  memory: {depolarising_s: 10.0, age_classes: 6}
envelope:
  target: 0.02
  splitting: 0.3
  memory: depolarising
  pair_rate_hz: {start: 0.1, stop: 10.0, num: 2, scale: log}
  memory_s: [1.0, 10.0]
  nodes: [trapped-ion]
  distance_km: [1.0]
  latency_s: [0.01, 1.0]
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG)
    return path


def seconds(resource, p=P):
    return advantage(TWO, p, resource).seconds


@pytest.mark.parametrize("resource", RESOURCES, ids=["stored", "on demand", "attempts"])
def test_advantage_is_the_difference_of_exact_waits(resource):
    baseline = Power(law="power", exponent=2)
    classical, entangled = (
        ExactTask(
            workload=TWO, baseline=baseline, strategy=StrategyChoice(name=name), splitting=P, entanglement=resource
        ).evaluate()
        for name in ("classical-optimal", "quantum-optimal")
    )
    found = advantage(TWO, P, resource)
    assert found.seconds == pytest.approx(classical["mean_wait_s"] - entangled["mean_wait_s"], abs=1e-9)
    assert found.seconds > 1e-3
    assert found.bell_pair_share == pytest.approx(entangled.get("bell_pair_share", 1.0), abs=1e-12)


@pytest.mark.parametrize("age_s", [0.0, 0.3, 2.0])
def test_correlators_in_closed_form_are_those_of_the_state(age_s):
    from entsched.quantum import correlation
    from entsched.quantum.stored import stored_state

    resource = Entanglement(
        pair={"law": "bell_diagonal", "weights": [0.8, 0.1, 0.06, 0.04]},
        memory={"t1_s": 1.0, "t2_s": 0.7, "depolarising_s": 3.0, "herald_s": 0.1},
        clocks={"frequency_hz": 2.0, "jitter_s": 0.02, "wander_s2_per_s": 0.001},
    )
    state = stored_state(resource, age_s)
    assert correlators(resource, age_s) == pytest.approx(correlation.correlation_matrix(state).diagonal(), abs=1e-12)
    assert fidelity(resource, age_s) == pytest.approx(correlation.fidelity(state), abs=1e-12)
    plane = correlation.principal_plane(state)
    seen = pair_correlations(resource, age_s)
    assert (seen.first, seen.second) == pytest.approx((plane.first, plane.second), abs=1e-12)


def test_limits_of_plenty_and_of_nothing():
    ideal = classical_optimum(TWO, P).lower - quantum_optimum(TWO, P).upper
    assert seconds(Entanglement()) == pytest.approx(ideal, abs=1e-12)
    plenty = Entanglement(supply={"law": "poisson", "rate_hz": 1e9})
    assert seconds(plenty) == pytest.approx(ideal, rel=1e-8)
    nothing = advantage(TWO, P, with_rate(Entanglement(), 0.0))
    assert nothing.seconds == pytest.approx(0.0, abs=1e-9)
    assert not nothing.beats()
    assert (nothing.bell_pair_share, nothing.used_chsh) == (0.0, None)


def test_pairs_that_last_forever_are_worth_their_share():
    rate_hz = 0.7
    expected = rate_hz / (rate_hz + TWO.arrival_rate_hz)
    assert seconds(with_rate(Entanglement(), rate_hz)) == pytest.approx(expected * seconds(Entanglement()), rel=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.sampled_from([0.2, 0.3, 0.5]))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_no_pair_below_the_critical_visibility_helps(share, other, p):
    first = share * CRITICAL[p] * (1 - 1e-6)
    seen = PairCorrelations(first, other * first)
    assert excess_wait(TWO, p, seen) >= classical_optimum(TWO, p).lower - STRICT * TWO.base_wait_s


def test_separable_pairs_are_shared_randomness():
    from entsched.games.split.quantum import quantum_curve
    from entsched.routing import routing_game

    for first, second, constant in ((0.5, 0.5, 0.0), (0.7, 0.3, 0.0), (0.6, 0.3, 0.1)):
        curve = quantum_curve(routing_game(TWO), PairCorrelations(first, second, constant), levels=0)
        assert curve.at(P).upper == pytest.approx(classical_optimum(TWO, P).upper, abs=1e-9)


@pytest.mark.parametrize(
    "vary",
    [
        lambda value: with_visibility(STORED, 0.75 + value / 4),
        lambda value: with_rate(STORED, 10 ** (4 * value - 2)),
        lambda value: with_memory(STORED, "depolarising", 10 ** (4 * value - 2)),
    ],
    ids=["visibility", "rate", "memory"],
)
def test_a_better_resource_is_worth_no_less(vary):
    worth = [seconds(vary(value)) for value in (0.0, 0.3, 0.6, 1.0)]
    assert np.all(np.diff(worth) > -1e-9)
    assert worth[-1] > worth[0] + 1e-3


@pytest.mark.parametrize(
    ("along", "target"),
    [pytest.param("visibility", 0.01, marks=pytest.mark.slow), ("pair_rate_hz", 0.02), ("memory_s", 0.005)],
)
def test_critical_values_separate_too_little_from_enough(along, target):
    task = CriticalTask(
        workload=TWO, splitting=P, entanglement=STORED, along=along, memory="depolarising", target=target
    )
    row = task.evaluate()
    assert row["strict_from"] < row["target_from"]
    below, enough = (advantage(TWO, P, task.varied(row["target_from"] * f)).relative for f in (1 - 3 * PRECISION, 1))
    assert below < target <= enough


def test_the_critical_visibility_of_fresh_pairs_is_that_of_the_game():
    task = CriticalTask(workload=TWO, splitting=P, entanglement=Entanglement(), along="visibility")
    assert task.evaluate()["strict_from"] == pytest.approx(critical_visibility(TWO, P), abs=2 * PRECISION)


def test_what_is_never_enough_has_no_critical_value():
    noisy = with_visibility(STORED, 0.5)
    task = CriticalTask(workload=TWO, splitting=P, entanglement=noisy, along="pair_rate_hz")
    assert task.evaluate() == {"strict_from": None, "target_from": None}
    assert least(lambda value: value > 2, 0.0, 1.0) is None
    assert least(lambda value: True, 1e-9, 1.0, logarithmic=True) == 1e-9


@pytest.mark.slow
def test_reach_ends_where_hardware_no_longer_helps(config):
    loaded = load_experiment(config)
    task = ReachTask(workload=TWO, splitting=P, choice=loaded.entanglement, node=node("trapped-ion"), target=0.01)
    row = task.evaluate()

    def relative(distance_km):
        hardware = placed(loaded.entanglement, task.node, distance_km)
        return advantage(TWO, P, delivered_by(hardware, loaded.entanglement)).relative

    assert row["strict_from"] > row["target_from"]
    assert relative(row["target_from"]) >= 0.01 > relative(row["target_from"] * (1 + 4 * PRECISION))


def test_hardware_that_cannot_deliver_has_no_reach():
    def refuse(distance_km):
        raise ConfigError("given nothing, allowed: something")

    assert reach(refuse, 100.0, 0.0) == {"strict_from": None, "target_from": None}


def test_rounds_of_routing_are_those_of_its_game():
    """The local bound of the score is recomputed by enumerating all deterministic answers."""
    found = advantage(TWO, P, STORED)
    mu = classical_optimum(TWO, P).multiplier
    price = mu - coalescing_cost(TWO)
    width = np.abs(price).max()
    signs = [np.array(s) for s in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
    local = max(float(np.sum(TWO.pi * price * np.outer(a, b) / 2)) for a in signs for b in signs)
    gained = found.classical_lower_s - found.used_excess_wait_s
    expected = rounds(0.5 + (local + gained) / width, 0.5 + local / width, 0.05, 0.95)
    assert rounds_routing(TWO, P, found, 0.05, 0.95) == pytest.approx(expected, rel=1e-6)


def test_rounds_of_chsh_need_a_violation():
    assert rounds_chsh(advantage(TWO, P, Entanglement()), 0.05, 0.95) == rounds(
        0.5 + math.sqrt(2) / 4, 0.75, 0.05, 0.95
    )
    assert rounds_chsh(advantage(TWO, P, with_visibility(Entanglement(), 0.7)), 0.05, 0.95) is None
    row = AdvantageTask(workload=TWO, splitting=P, entanglement=with_visibility(Entanglement(), 0.7)).evaluate()
    assert (row["strict"], row["rounds_routing"], row["certify_s"]) == (False, None, None)


def test_the_best_splitting_is_where_perfect_pairs_gain_most(config):
    loaded = load_experiment(config)
    free = loaded.envelope.model_copy(update={"splitting": None})
    setting = Setting(TWO, (0.0, 0.1, 0.25, 0.3, 0.5), loaded.entanglement, loaded.communication, free)
    gains = {p: classical_optimum(TWO, p).lower - quantum_optimum(TWO, p).upper for p in setting.splittings}
    assert setting.splitting == max(gains, key=gains.get)


def test_visibilities_are_compared_at_most_nine_splittings_and_the_chosen_one(config):
    loaded = load_experiment(config)
    many = tuple(np.linspace(0, 1, 41).tolist())
    setting = Setting(TWO, many, loaded.entanglement, loaded.communication, loaded.envelope)
    assert setting.compared == (0.0, 0.125, 0.25, 0.3, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0)


@pytest.mark.slow
def test_rows_do_not_depend_on_where_they_are_computed(config, tmp_path):
    loaded = load_experiment(config)
    found = [
        experiment.envelope(loaded, tmp_path / name, Workers(executor, 2)).tables
        for name, executor in (("a", "serial"), ("b", "threads"))
    ]
    assert found[0] == found[1]
    map_ = found[0]["rate_memory"]
    assert [(row["pair_rate_hz"], row["memory_s"]) for row in map_] == [
        (0.1, 1.0),
        (10.0, 1.0),
        (0.1, 10.0),
        (10.0, 10.0),
    ]
    by_hand = with_memory(with_rate(loaded.entanglement.resolved, 10.0), "depolarising", 1.0)
    assert map_[1]["advantage_s"] == advantage(TWO, P, by_hand).seconds


@pytest.mark.slow
def test_tables_follow_from_the_rows(config):
    tables = experiment.envelope(load_experiment(config), None, Workers("serial", 1)).tables
    assert set(tables) == {
        "configured", "rate_memory", "presets_placed", "distance", "error_budget", "latency", "envelope"
    }  # fmt: skip
    problems = {row["node"]: row.get("problem") for row in tables["presets_placed"]}
    assert "microwave" in problems["superconducting"]
    assert problems["trapped-ion"] is None
    for row in tables["latency"]:
        later = row["communicating_wait_s"] > row["entangled_wait_s"]
        assert later == (row["latency_s"] > row["break_even_s"])
    critical = {row["quantity"]: row for row in tables["envelope"]}
    assert critical["latency_s"]["strict_from"] == tables["latency"][0]["break_even_s"]
    assert set(critical) == {"pair_rate_hz", "memory_s", "distance_km", "latency_s"}


@pytest.mark.slow
def test_the_command_writes_tables_and_goes_on_where_it_was(config, call, tmp_path):
    out = tmp_path / "out"
    code, printed, _ = call("envelope", config, "--out", out, "--executor", "serial")
    assert code == 0
    assert "critical values at p = 0.3" in printed
    assert "Strict advantage at" in printed
    with Store(out, read_only=True) as store:
        keys = store.keys()
    tasks = {place.task.key for place in sweep.envelope_places(load_experiment(config)) if place.task}
    assert keys == tasks
    code, printed, _ = call("envelope", config, "--out", out, "--executor", "serial", "--json")
    document = json.loads(printed)
    with (out / "envelope_rate_memory.csv").open() as file:
        assert [float(row["advantage_s"]) for row in csv.DictReader(file)] == [
            row["advantage_s"] for row in document["rate_memory"]
        ]


@pytest.mark.slow
def test_a_run_includes_the_envelope(config, tmp_path):
    results = experiment.run(load_study(config), tmp_path / "out", Workers("serial", 1))
    assert results.report.envelope == experiment.envelope(load_experiment(config), None, Workers("serial", 1)).tables
    assert (tmp_path / "out" / "envelope_distance.csv").exists()
    with Store(tmp_path / "out", read_only=True) as store:
        assert report.envelope(results.report.experiment, store) == results.report.envelope


def test_nothing_helps_and_it_says_so(config, call):
    data = yaml.safe_load(CONFIG)
    data["envelope"] = {"splitting": 0.5, "pair_rate_hz": [1.0]}
    config.write_text(yaml.safe_dump(data))
    code, printed, _ = call("envelope", config, "--executor", "serial")
    assert code == 0
    assert "never" in printed
    assert "No strict advantage at any of 4 points: entanglement does not help here." in printed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"visibility": [1.5]}, "envelope.visibility.0: given 1.5"),
        ({"nodes": None}, "distance_km: given without nodes, allowed: with envelope.nodes or entanglement.hardware"),
        ({"distance_km": None}, "nodes: given without distance_km"),
        ({"nodes": ["abacus"]}, "abacus"),
        ({"significance": 0.99}, "given significance 0.99, power 0.95"),
        ({"pair_rate_hz": {"start": 1.0, "stop": 2.0, "num": 5001}}, "10005 points in all grids, allowed: 10000"),
        ({"latency_s": [0.1, 0.1]}, "latency_s: a value stands twice"),
        ({"colour": 1}, "unknown key 'colour'"),
    ],
)
def test_refusals_are_one_line(config, call, change, message):
    data = yaml.safe_load(CONFIG)
    data["envelope"] = {key: value for key, value in (data["envelope"] | change).items() if value is not None}
    config.write_text(yaml.safe_dump(data))
    code, _, error = call("envelope", config)
    assert code == 2
    assert message in error
    assert error.count("\n") == 1


def test_a_memory_without_a_law_is_refused(config, call):
    data = yaml.safe_load(CONFIG)
    data["entanglement"]["memory"] |= {"slots": 2, "use": "oldest", "cutoff_s": 1.0}
    config.write_text(yaml.safe_dump(data))
    code, _, error = call("envelope", config)
    assert code == 2
    assert "allowed: a memory whose age at use has a formula" in error


def test_a_configuration_without_an_envelope_is_refused(call):
    code, _, error = call("envelope", "configs/two-types.yaml")
    assert code == 2
    assert error == "entsched: two-types: given no envelope, allowed: a configuration with the key 'envelope'\n"


def test_the_envelope_survives_yaml(config):
    from entsched.config import to_yaml

    loaded = load_experiment(config)
    config.write_text(to_yaml(loaded))
    again = load_experiment(config)
    keys = [[place.task.key for place in places(e.setting(e.envelope)) if place.task] for e in (loaded, again)]
    assert keys[0] == keys[1]


def test_hardware_that_cannot_deliver_is_a_problem_and_no_failure(config):
    loaded = load_experiment(config)
    placed_ = {p.coordinates["node"]: p for p in sweep.envelope_places(loaded) if p.table == "presets_placed"}
    assert "cannot wait" in placed_["photonic"].problem
    assert placed_["photonic"].task is None
    assert placed_["trapped-ion"].problem is None


def test_a_row_of_hardware_shows_the_pairs_that_its_link_delivers(config):
    from entsched.entanglement.link import Fibre, delivered

    loaded = load_experiment(config)
    row = next(p.coordinates for p in sweep.envelope_places(loaded) if p.table == "distance")
    made = delivered(Fibre(length_km=1.0), node("trapped-ion"))
    assert row["pair_rate_hz"] == pytest.approx(made.rate_hz, rel=1e-12)
    assert row["visibility"] == pytest.approx(made.visibility, abs=1e-5)
    assert row["repeaterless_bits_per_s"] > row["bits_per_s"]
