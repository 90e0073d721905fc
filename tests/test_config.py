import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from entsched.axes import load_study, study_to_yaml
from entsched.config import load_experiment
from entsched.errors import ConfigError

GOOD = yaml.safe_load(
    """
name: made
workload:
  arrival_rate_hz: 0.5
  service: {law: discrete, values_s: [0.1, 1.9], probabilities: [0.5, 0.5]}
  order: random
baseline: {law: power, exponent: 2}
splitting: {start: 0.0, stop: 1.0, num: 5}
strategies: [random, {name: quantum-optimal, measurements: ideal}]
simulation: {engine: simpy, pairs: 1000, replications: 2, seed: 1, warmup_fraction: 0.1}
qos: {max_wait_s: 1.3}
"""
)
#: Those of kind scheduling; tests/test_coherence_study.py has the others.
CONFIGS = sorted(path for path in Path("configs").glob("*.yaml") if not path.stem.startswith("coherence"))


def load(tmp_path, data):
    path = tmp_path / "made.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return load_experiment(path)


def refused(tmp_path, data):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def put(data, path, value):
    """A copy of the configuration with one key, ``a.b.0``, set to another value."""
    changed = copy.deepcopy(data)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = changed
    for part in parents:
        place = place[part]
    place[last] = value
    return changed


def leaves(data, prefix=""):
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield f"{prefix}{key}"
        yield from leaves(value, f"{prefix}{key}.")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_configuration_is_valid(path):
    assert load_study(path).name == path.stem


def test_ranges_lists_and_strategies_are_spread(tmp_path):
    experiment = load(tmp_path, GOOD)
    assert experiment.splitting == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert [choice.label for choice in experiment.strategies] == ["random", "quantum-optimal(measurements=ideal)"]
    assert load(tmp_path, put(GOOD, "splitting", [0.5])).splitting == (0.5,)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("workload.arrival_rate_hz", "1e-3", ["workload.arrival_rate_hz", "'1e-3'", "1.0e-3"]),
        ("workload.arrival_rate_hz", -0.5, ["workload.arrival_rate_hz", "-0.5", "greater than"]),
        ("workload.arrival_rate_hz", float("nan"), ["workload.arrival_rate_hz", "nan", "finite"]),
        ("workload.arrival_rate_hz", 2.0, ["load", "= 2", "below 1"]),
        ("workload.arrival_rate_hz", True, ["True", "number"]),
        ("workload.service.probabilities", [0.5, 0.6], ["workload.service", "1.1", "sum of 1"]),
        ("workload.service.probabilities", [0.5], ["2 values_s but 1 probabilities"]),
        ("workload.service.values_s", [0.1, -1.9], ["workload.service.values_s.1", "-1.9"]),
        ("workload.service.law", "gamma", ["workload.service.law", "'gamma'", "exponential"]),
        ("workload.service", {"mean_s": 1.0}, ["workload.service", "law"]),
        ("workload.service", "fast", ["workload.service", "'fast'"]),
        ("workload.arrival_rate", 0.5, ["workload", "unknown key 'arrival_rate'", "arrival_rate_hz, service"]),
        ("workload.order", "longest_first", ["workload.order", "'longest_first'", "shortest_first"]),
        ("workload.joint", [[1.0]], ["joint must have 2 rows"]),
        ("baseline.exponent", 0, ["baseline.exponent", "0"]),
        ("splitting", {"start": 0.0, "stop": 2.0, "num": 3}, ["splitting", "2.0"]),
        ("splitting", {"start": 0.0, "stop": 1.0, "num": 10**9}, ["splitting", "num", "1000000000"]),
        ("splitting", {"start": 0.0, "end": 1.0, "num": 3}, ["splitting", "end"]),
        ("splitting", {"start": 1.0, "stop": 0.0, "num": 3}, ["splitting", "start below stop"]),
        ("splitting", [0.5, 0.5], ["splitting", "twice"]),
        ("splitting", [], ["splitting", "at least 1 entries"]),
        ("workload.arrival_rate_hz", 1.0e-300, ["workload.arrival_rate_hz", "1e-300"]),
        ("workload.service.values_s", 0.1, ["workload.service.values_s", "a list"]),
        ("baseline", 3, ["baseline", "given 3"]),
        ("splitting", "all", ["splitting", "'all'"]),
        ("strategies", ["quantum"], ["unknown strategy 'quantum'", "quantum-optimal"]),
        ("strategies", ["random", "random"], ["'random' stands twice"]),
        ("strategies", [{"name": "size-interval", "cut_s": -2}], ["cut_s", "-2"]),
        ("strategies", [3], ["given 3"]),
        ("simulation.pairs", 10**13, ["simulation.pairs", "10000000000000"]),
        ("simulation.pairs", 1000.5, ["simulation.pairs", "1000.5"]),
        ("simulation.replications", 10**12, ["simulation.replications"]),
        (
            "simulation",
            {"replications": 10_000, "splitting": {"start": 0.0, "stop": 1.0, "num": 101}},
            ["2020000 runs"],
        ),
        ("workload.service", {"law": "exponential", "mean_s": 1.0, "bins": 10**6}, ["service.bins", "1000000"]),
        ("simulation.engine", "slow", ["simulation.engine", "'slow'", "simpy"]),
        ("simulation", {"engine": "simpy", "pairs": 3_000_000}, ["simulation", "3000000", "2000000"]),
        ("simulation.warmup_fraction", 1.0, ["simulation.warmup_fraction"]),
        ("simulation.seed", -1, ["simulation.seed"]),
        ("name", "../escape", ["name"]),
        ("qos.max_wait_s", "fast", ["qos.max_wait_s", "'fast'"]),
        ("map", {"load": [0.5], "scv": [1.0]}, ["map", "no scv to vary"]),
    ],
)
def test_bad_values_are_refused_with_key_value_and_what_is_allowed(tmp_path, path, value, words):
    message = refused(tmp_path, put(GOOD, path, value))
    assert "made.yaml" in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "name: a\nname: b",
        "{",
        "a: &x [1]\nb: *x",
        "!!python/object/apply:os.system [ls]",
        "[" * 1500,
        "1: 2",
        "? [a]\n: b",
        "name: 2020-13-45",
    ],
)
def test_files_that_are_no_configuration_are_refused(tmp_path, text):
    assert refused(tmp_path, text)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_experiment(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_experiment(tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_experiment(tmp_path / "bytes.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * 5_000_000)
    with pytest.raises(ConfigError, match="larger"):
        load_experiment(tmp_path / "large.yaml")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_what_is_written_beside_the_results_reads_back(tmp_path, path):
    from entsched import sweep

    loaded = load_study(path)
    text = study_to_yaml(loaded)
    (tmp_path / "again.yaml").write_text(text)
    again = load_study(tmp_path / "again.yaml")
    for first, second in zip(loaded.experiments(), again.experiments(), strict=True):
        if first.map is None:
            assert {task.key for task in sweep.plan(first)} == {task.key for task in sweep.plan(second)}
    assert study_to_yaml(again).splitlines() == [line for line in text.splitlines() if line[0] != "#"]


def test_relative_traces_are_found_from_the_configuration(tmp_path):
    (tmp_path / "t.csv").write_text("s\n1\n2\n")
    law = {"law": "trace", "path": "t.csv", "column": "s", "seconds_per_unit": 0.1}
    assert load(tmp_path, put(GOOD, "workload.service", law)).workload.mean_s == pytest.approx(0.15)
    message = refused(tmp_path, put(GOOD, "workload.service", law | {"path": "gone.csv"}))
    assert "gone.csv" in message


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(10**30), 10**30),
    st.text(max_size=5),
    st.lists(st.floats(0, 2), max_size=3),
    st.dictionaries(st.sampled_from(["law", "name", "num", "start", "mean_s"]), st.text(max_size=3), max_size=2),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(path=st.sampled_from(sorted(leaves(GOOD))), value=ODD)
def test_any_value_anywhere_is_taken_or_refused_in_one_line(tmp_path_factory, path, value):
    target = tmp_path_factory.mktemp("any") / "made.yaml"
    target.write_text(yaml.safe_dump(put(GOOD, path, value), allow_unicode=True))
    try:
        load_experiment(target)
    except ConfigError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 1000
