import copy
import itertools
from typing import Annotated, get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from entsched.axes import Study, described, load_study, study_to_yaml
from entsched.config import Experiment, Simulation, load_experiment, to_yaml
from entsched.documents import document
from entsched.errors import ConfigError
from entsched.reading import schema
from entsched.reading.keys import find_axes
from entsched.strategies import registry
from entsched.validation import Section
from entsched.workload import Baseline, Service

GOOD = yaml.safe_load(
    """
name: made
workload:
  arrival_rate_hz: 0.5
  service: {law: discrete, values_s: [0.1, 1.9], probabilities: [0.5, 0.5]}
baseline: {law: power, exponent: 2}
splitting: [0.0, 0.5]
strategies: [random, {name: local-threshold, threshold_b_s: 0.9}]
simulation: {pairs: 1000, replications: 2, seed: 1}
qos: {max_wait_s: 1.3}
"""
)
LONG = f'["a\\nb", "{"x" * 5000}"]'
LOGNORMAL = {"law": "lognormal", "mean_s": 1.0, "scv": 2.0}


def put(data, changes):
    """A copy of the configuration with other values at dotted keys."""
    changed = copy.deepcopy(data)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = changed
        for part in parents:
            place = place[part]
        place[last] = value
    return changed


def load(folder, changes, data=GOOD):
    path = folder / "made.yaml"
    path.write_text(document(put(data, changes)), encoding="utf-8")
    return load_study(path)


def refused(folder, changes):
    with pytest.raises(ConfigError) as caught:
        load(folder, changes)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(folder / "made.yaml"))
    return str(caught.value)


def enumerated(axes, data=GOOD):
    """The same experiments by brute force, from the values of every key; several of them need no certificates."""
    combinations = list(itertools.product(*axes.values()))
    certificates = False if len(combinations) > 1 else None
    return [
        Experiment(**put(data, dict(zip(axes, values, strict=True))), certificates=certificates)
        for values in combinations
    ]


AXES = [
    {"workload.arrival_rate_hz": [0.5, 0.3]},
    {"workload.arrival_rate_hz": [0.3, 0.6], "simulation.seed": [3, 1, 2]},
    {"workload.order": ["random", "a_first"], "simulation.pairs": [10, 20], "qos.max_wait_s": [1.0, 2.0]},
    {"workload.service.values_s": [[0.1, 1.9], [0.2, 1.8], [0.5, 1.0]], "baseline.exponent": [1.5, 2]},
    {"workload.service": [LOGNORMAL, {"law": "exponential", "mean_s": 1.0, "bins": 4}], "baseline.exponent": [2, 3]},
    {"baseline": [{"law": "power", "exponent": 2}, {"law": "linear"}, {"law": "affine", "setup_s": 1}]},
    {"workload.joint": [None, [[0.5, 0], [0, 0.5]]], "simulation.warmup_fraction": [0.1, 0]},
    {"splitting": [[0.5], [0.0, 1.0]], "strategies": [["random"], ["random", "classical-optimal"], []]},
    {"simulation": [None, {"seed": 7}], "qos": [None, {"max_wait_s": 1}]},
    {"workload.service": [{"law": "deterministic", "mean_s": m} for m in (0.5, 1)]},
    {"workload": [GOOD["workload"], {"arrival_rate_hz": 0.3, "service": LOGNORMAL}], "baseline.exponent": [2, 3]},
    {"workload.arrival_rate_hz": [0.25]},
]


@pytest.mark.parametrize("axes", AXES, ids=lambda axes: ",".join(axes))
def test_cells_are_the_cross_product_in_the_order_of_the_schema(tmp_path, axes):
    study = load(tmp_path, axes)
    cells = list(study.cells())
    assert [axis.key for axis in study.axes] == list(axes)
    assert [experiment for _, experiment in cells] == enumerated(axes)
    assert len(study) == len(cells)
    assert len({described(coordinates) for coordinates, _ in cells}) == len(cells)
    assert all(list(coordinates) == list(axes) for coordinates, _ in cells)


def test_the_order_of_keys_in_the_file_plays_no_part(tmp_path):
    axes = {"workload.arrival_rate_hz": [0.3, 0.6], "workload.order": ["a_first", "random"], "simulation.seed": [3, 1]}
    backwards = {key: GOOD[key] for key in reversed(GOOD)}
    assert load(tmp_path, dict(reversed(axes.items())), backwards) == load(tmp_path, axes)


def test_a_law_may_be_swept_itself(tmp_path):
    axes = {"workload.service.scv": [1.0, 4.0], "workload.service.law": ["lognormal", "hyperexponential"]}
    data = put(GOOD, {"workload.service": LOGNORMAL})
    assert [one for _, one in load(tmp_path, axes, data).cells()] == enumerated(axes, data)
    laws = {"baseline": {"law": ["linear", "saturating"], "time_constant_s": 1.0}}
    message = refused(tmp_path, laws)
    assert "at baseline.law = linear" in message
    assert "time_constant_s" in message


def test_what_cells_have_cached_belongs_to_them_alone(tmp_path):
    axes = {"workload.arrival_rate_hz": [0.3, 0.6], "workload.service.values_s": [[0.1, 1.5], [0.2, 1.0]]}
    loads, waits = [], []
    for _, experiment in load(tmp_path, axes).cells():
        loads.append(experiment.workload.load)
        waits.append(experiment.workload.base_wait_s)
    assert loads == pytest.approx([rate * mean for rate in (0.3, 0.6) for mean in (0.8, 0.6)])
    assert waits == [one.workload.base_wait_s for one in enumerated(axes)]


@pytest.mark.parametrize(
    ("key", "given", "values"),
    [
        ("workload.arrival_rate_hz", {"start": 0.1, "stop": 0.5, "num": 5}, (0.1, 0.2, 0.3, 0.4, 0.5)),
        ("workload.arrival_rate_hz", {"start": 0.009, "stop": 0.9, "num": 3, "scale": "log"}, (0.009, 0.09, 0.9)),
        ("simulation.seed", {"start": 1, "stop": 5, "num": 5}, (1, 2, 3, 4, 5)),
        ("simulation.pairs", {"start": 10, "stop": 100_000, "num": 5, "scale": "log"}, (10, 100, 1000, 10**4, 10**5)),
        ("simulation.seed", {"start": 10**14 + 1, "stop": 10**14 + 3, "num": 3}, (10**14 + 1, 10**14 + 2, 10**14 + 3)),
    ],
)
def test_ranges_are_axes_too(tmp_path, key, given, values):
    (axis,) = load(tmp_path, {key: given}).axes
    assert axis.values == axis.shown == values
    assert [type(value) for value in axis.values] == [type(value) for value in values]


def test_lists_of_the_schema_keep_their_meaning(tmp_path):
    study = load(tmp_path, {"splitting": {"start": 0.0, "stop": 1.0, "num": 3}, "workload.joint": [[0.5, 0], [0, 0.5]]})
    assert study.axes == ()
    assert next(study.cells())[1].splitting == (0.0, 0.5, 1.0)
    (axis,) = load(tmp_path, {"splitting": [{"start": 0.0, "stop": 1.0, "num": n} for n in (2, 3)]}).axes
    assert axis.shown == ("start=0, stop=1, num=2", "start=0, stop=1, num=3")


def test_coordinates_show_laws_as_short_distinct_text(tmp_path):
    laws = [{"law": "power", "exponent": 2}, {"law": "linear"}, {"law": "saturating", "time_constant_s": 10.0}]
    sizes = [[1.0 + 1e-6 * (last if i == 49 else i) for i in range(50)] for last in (49, 50)]
    even = {"workload.service.probabilities": [0.02] * 50, "workload.service.values_s": sizes, "baseline": laws}
    values_s, baseline = load(tmp_path, even).axes
    assert baseline.shown == ("power(exponent=2)", "linear", "saturating(time_constant_s=10)")
    assert values_s.shown[0].endswith("(value 1)")
    assert values_s.shown[1].endswith("(value 2)")


def test_parameters_of_strategies_are_spread_in_place(tmp_path):
    listed = [
        {"name": "quantum-optimal", "measurements": ["ideal", "aware"]},
        "random",
        {"name": "size-interval", "cut_s": {"start": 0.5, "stop": 1.5, "num": 3}},
        {
            "name": "custom-angles",
            "angles_a_deg": [[0, 90], [0, 45]],
            "angles_b_deg": [45, 135],
            "fallback_splitting": [1, 0.5],
        },
    ]
    study = load(tmp_path, {"strategies": listed})
    assert study.axes == ()
    assert list(again(tmp_path, study).cells()) == list(study.cells())
    angles = [{"angles_a_deg": a, "fallback_splitting": p} for a in ([0, 90], [0, 45]) for p in (1, 0.5)]
    assert [(one.name, one.parameters) for one in next(study.cells())[1].strategies] == [
        ("quantum-optimal", {"measurements": "ideal"}),
        ("quantum-optimal", {"measurements": "aware"}),
        ("random", {}),
        *(("size-interval", {"cut_s": s}) for s in (0.5, 1.0, 1.5)),
        *(("custom-angles", {"angles_b_deg": [45, 135], **each}) for each in angles),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"workload.arrival_rate_hz": [0.5, 1.5]}, ["at workload.arrival_rate_hz = 1.5: workload: load", "= 1.5"]),
        ({"workload.arrival_rate_hz": [0.5, "fast"]}, ["at workload.arrival_rate_hz = fast", "'fast'", "number"]),
        ({"workload.arrival_rate_hz": [0.5, float("nan")]}, ["= nan", "finite"]),
        ({"workload.arrival_rate_hz": []}, ["workload.arrival_rate_hz: given 0 values", "1 to 100000"]),
        ({"workload.arrival_rate_hz": [0.5, 0.3, 0.5]}, ["workload.arrival_rate_hz: 0.5 stands twice", "once"]),
        ({"workload.arrival_rate_hz": [1, 1.0]}, ["1 stands twice"]),
        ({"workload.arrival_rate_hz": [[0.5, 0.3]]}, ["at workload.arrival_rate_hz = [0.5, 0.3]", "a valid number"]),
        ({"workload.arrival_rate_hz": [{"start": 0.1, "stop": 0.2, "num": 2}]}, ["given {'start': 0.1", "number"]),
        ({"workload.arrival_rate_hz": [[{"start": 0.1, "stop": 0.2, "num": 10**12}]]}, ["number"]),
        ({"workload.arrival_rate_hz": {"start": 0.1, "stop": 0.5, "num": 10**12}}, ["num", "1000000000000", "100000"]),
        ({"workload.arrival_rate_hz": {"start": 0.5, "stop": 0.1, "num": 3}}, ["start below stop"]),
        ({"workload.arrival_rate_hz": {"start": 0.5, "stop": 0.6, "num": 1}}, ["num of 2 or more"]),
        ({"workload.arrival_rate_hz": {"start": 0.5, "end": 0.6, "num": 2}}, ["unknown key 'end'"]),
        ({"workload.arrival_rate_hz": {"start": 0.0, "stop": 0.6, "num": 2, "scale": "log"}}, ["1e-15 or more"]),
        ({"workload.arrival_rate_hz": {"start": 0.1, "stop": float("inf"), "num": 2}}, ["stop: given inf"]),
        ({"workload.arrival_rate_hz": {"start": float("nan"), "stop": 1, "num": 2}}, ["start: given nan"]),
        ({"workload.arrival_rate_hz": {"start": -1e308, "stop": 1e308, "num": 5}}, ["start: given -1e+308"]),
        ({"workload.arrival_rate_hz": {"start": 0.1, "stop": 0.1 + 1e-14, "num": 3}}, ["0.1 stands twice"]),
        (
            {"simulation.seed": {"start": 1, "stop": 4, "num": 3}},
            ["simulation.seed: given a range through 2.5", "whole"],
        ),
        ({"simulation.seed": [1, 2.5]}, ["at simulation.seed = 2.5", "simulation.seed"]),
        ({"workload.order": ["random", "longest"]}, ["at workload.order = longest", "shortest_first"]),
        ({"workload.order": {"start": 1, "stop": 2, "num": 2}}, ["workload.order: given {'start'"]),
        ({"workload.service.values_s": [[0.1, 1.9], 0.5]}, ["values_s = 0.5", "a list"]),
        ({"workload.service.values_s": [[0.1, 1.9], [0.5]]}, ["values_s = [0.5]", "1 values_s but 2 probabilities"]),
        ({"workload.service.values_s": [[]]}, ["values_s = []", "at least 1 entries"]),
        ({"baseline": [{"law": "linear"}, {"law": "linear", "slope": 1}]}, ["linear(slope=1) stands twice"]),
        (
            {"baseline": [{"law": "power", "exponent": [2, 3]}]},
            ["baseline.exponent: given 2 values inside the list at"],
        ),
        ({"baseline": [{"law": "gamma"}, {"law": "linear"}]}, ["at baseline = gamma", "baseline.law", "saturating"]),
        ({"baseline": [3, "x"]}, ["at baseline = 3", "given 3"]),
        ({"name": ["a", "b"]}, ["name: given ['a', 'b']", "string"]),
        ({"workload.arrival_rate": [0.1, 0.2]}, ["unknown key 'arrival_rate'"]),
        ({"strategies": [{"name": "size-interval", "cut_s": []}]}, ["strategies.0.cut_s: given 0 values"]),
        ({"strategies": ["random", {"name": "size-interval", "cut_s": [1, 1]}]}, ["strategies.1.", "twice"]),
        ({"strategies": [{"name": "size-interval", "cut_s": [0.5, -2]}]}, ["cut_s: given -2"]),
        (
            {"strategies": [{"name": "size-interval", "cut_s": {"start": 1, "stop": 2, "num": 101}}]},
            ["strategies: given 101", "at most 100"],
        ),
        ({"strategies": [{"name": "unknown", "rate": [1, 2]}]}, ["unknown strategy 'unknown'"]),
        ({"strategies": [3, {"name": [1]}]}, ["given 3"]),
    ],
)
def test_bad_axes_are_refused_in_one_line(tmp_path, changes, words):
    message = refused(tmp_path, changes)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "value",
    ["[" * 90 + "]" * 90, "[" * 400 + "]" * 400, "0x" + "f" * 6000, "1" * 5000, "[[], [[]], [[[]]]]", "{}", LONG],
)
def test_hostile_values_are_refused_in_one_line(tmp_path, value):
    text = yaml.safe_dump(put(GOOD, {"workload.arrival_rate_hz": "HERE"})).replace("HERE", value)
    (tmp_path / "made.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_study(tmp_path / "made.yaml")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_too_many_combinations_are_refused_before_any_is_made(tmp_path, monkeypatch):
    monkeypatch.delattr("entsched.axes.Study.cells")
    monkeypatch.delattr("entsched.axes.validated")
    many = {"start": 1, "stop": 2000, "num": 2000}
    message = refused(tmp_path, {"simulation.seed": many, "qos.max_wait_s": many, "baseline.exponent": many})
    assert "2000 for baseline.exponent x 2000 for simulation.seed x 2000 for qos.max_wait_s" in message
    assert "1000000" in message


def test_large_studies_are_checked_along_each_axis_and_made_lazily(tmp_path, monkeypatch):
    monkeypatch.setattr("entsched.axes.MAX_CHECKED", 7)
    axes = {"workload.service.values_s": [[0.1, 1.9], [0.2, 2.2]], "simulation.seed": [1, 2]}
    study = load(tmp_path, axes | {"workload.arrival_rate_hz": [0.5, 0.9]})
    cells = study.cells()
    assert len([next(cells) for _ in range(6)]) == 6
    with pytest.raises(ConfigError, match=r"at workload.arrival_rate_hz = 0.9, .* = \[0.2, 2.2\], .*load"):
        next(cells)
    assert "at workload.arrival_rate_hz = 1.5" in refused(tmp_path, axes | {"workload.arrival_rate_hz": [0.5, 1.5]})


def test_verbs_of_one_experiment_refuse_several(tmp_path):
    study = load(tmp_path, {"workload.arrival_rate_hz": [0.3, 0.4, 0.5]})
    assert len(study) == 3
    with pytest.raises(ConfigError, match=r"given 3 values for workload.arrival_rate_hz, allowed: one"):
        load_experiment(tmp_path / "made.yaml")
    one = load(tmp_path, {"workload.arrival_rate_hz": [0.25]})
    assert load_experiment(tmp_path / "made.yaml") == next(one.cells())[1]


def again(folder, study):
    path = folder / "again.yaml"
    path.write_text(study_to_yaml(study), encoding="utf-8")
    return load_study(path)


@pytest.mark.parametrize("axes", [{}, *AXES], ids=lambda axes: ",".join(axes) or "none")
def test_what_is_written_reads_back_as_the_same_study(tmp_path, axes):
    study = load(tmp_path, axes)
    text = study_to_yaml(study)
    assert again(tmp_path, study) == study or not axes
    assert list(again(tmp_path, study).cells()) == list(study.cells())
    assert study_to_yaml(again(tmp_path, study)) == text
    assert "measurement: table" in text or "simulation" in axes
    if not axes:
        assert text == to_yaml(next(study.cells())[1])


VALUES = {
    "workload.arrival_rate_hz": st.floats(1e-9, 0.99),
    "workload.order": st.sampled_from(["random", "a_first", "shortest_first"]),
    "baseline": st.sampled_from([{"law": "linear"}, {"law": "power", "exponent": 2}, {"law": "affine", "setup_s": 1}]),
    "simulation.seed": st.integers(0, 2**63 - 1),
    "simulation.warmup_fraction": st.floats(0, 0.9),
    "qos": st.sampled_from([None, {"max_wait_s": 1}, {"max_wait_s": 2.5}]),
}
SEVERAL = {key: st.lists(value, min_size=1, max_size=3, unique_by=repr) for key, value in VALUES.items()}


@settings(max_examples=12, deadline=None, derandomize=True)
@given(axes=st.fixed_dictionaries({}, optional=SEVERAL).filter(bool))
def test_any_study_is_the_product_and_reads_back(tmp_path_factory, axes):
    folder = tmp_path_factory.mktemp("any")
    study = load(folder, axes)
    ordered = {axis.key: axes[axis.key] for axis in study.axes}
    assert ordered == axes
    assert [one for _, one in study.cells()] == enumerated(ordered)
    assert again(folder, study) == study


def test_traces_are_found_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    for name, rows in (("a.csv", "s\n1\n2\n"), ("b.csv", "s\n1\n3\n")):
        (tmp_path / name).write_text(rows)
    law = {"law": "trace", "path": ["a.csv", "b.csv"], "column": "s", "seconds_per_unit": 0.1}
    monkeypatch.chdir(tmp_path)
    studies = [
        load(tmp_path, {"workload.service": law}),
        load(tmp_path, {"workload.service": [law | {"path": name} for name in law["path"]]}),
        load(tmp_path, {"workload.service": law | {"path": "b.csv"}, "simulation.seed": [1, 2]}),
        load(tmp_path, {"workload.service": law | {"path": "b.csv", "bins": 2}, "simulation.seed": [1, 2]}),
    ]
    for study, means in zip(studies, ([0.15, 0.2], [0.15, 0.2], [0.2, 0.2], [0.2, 0.2]), strict=True):
        back = again(tmp_path / "sub", study)
        for loaded in (study, back):
            assert [one.workload.mean_s for _, one in loaded.cells()] == pytest.approx(means)
        assert [at for at, _ in back.cells()] == [at for at, _ in study.cells()]
    assert studies[1].axes[0].shown[0] == "trace(path=a.csv, column=s, seconds_per_unit=0.1)"
    assert ".csv" not in study_to_yaml(studies[3]).split("\n", 1)[1]
    assert "gone.csv" in refused(tmp_path, {"workload.service": law | {"path": ["a.csv", "gone.csv"]}})


def test_every_key_of_the_schema_says_what_it_takes():
    laws = [*schema.members(get_args(Service)[0]), *schema.members(get_args(Baseline)[0])]
    strategies = [registry.load(name) for name in registry.BUILT_IN]
    for model in (Experiment, Simulation, *laws, *strategies):
        for name, field in model.model_fields.items():
            assert name == "bins" or schema.depth(field.annotation) < 3, (model, name)
            assert name not in ("start", "stop")


def test_defaults_of_any_kind_are_filled_in():
    class Part(Section):
        size: float = 1

    class Whole(Section):
        part: Part = Part()
        sizes: Annotated[tuple[float, ...], Field(strict=False)] = Field(default_factory=lambda: (1.0, 2.0))
        rate: float
        note: str | None = None

    axes, first = find_axes({"rate": [2, 3], "note": None}, Whole)
    assert first == {"part": {"size": 1}, "sizes": [1.0, 2.0], "rate": 2.0}
    assert [axis.values for axis in axes] == [(2.0, 3.0)]
    assert Whole(**first).rate == 2


def test_a_study_without_a_file_names_itself():
    broken = Study("made", (), put(GOOD, {"baseline.exponent": 0}))
    with pytest.raises(ConfigError, match=r"study: baseline.exponent: given 0"):
        broken.check()
