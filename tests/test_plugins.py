"""Laws of other packages: found by their entry points, checked like the built-in ones, right in both engines."""

import csv
import os
import pickle
import subprocess
import sys
from importlib import import_module
from typing import Annotated

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter

from entsched import plugins
from entsched.axes import load_study, study_to_yaml
from entsched.config import changed, load_experiment, to_yaml, validated
from entsched.entanglement import Entanglement
from entsched.entanglement.choice import EntanglementChoice
from entsched.entanglement.pair import PairLaw
from entsched.errors import ConfigError
from entsched.quantum.stored import stored_state
from entsched.sweep import plan
from entsched.workload import BaselineReward, ServiceLaw, Workload
from entsched.workload.service import Exponential

LOMAX = '''
from typing import Annotated, Literal

from pydantic import Field

from entsched.validation import Positive
from entsched.workload import ServiceLaw


class Lomax(ServiceLaw):
    """P(S > s) = (1 + s / scale)^-tail."""

    law: Literal["lomax"]
    mean_s: Positive = 1.0
    tail: Annotated[float, Field(gt=2)] = 8.0

    @property
    def scale_s(self):
        return self.mean_s * (self.tail - 1)

    @property
    def mean_service_s(self):
        return self.mean_s

    @property
    def second_moment_s2(self):
        return 2 * self.scale_s**2 / ((self.tail - 1) * (self.tail - 2))

    @property
    def mean_minimum_s(self):
        return self.scale_s / (2 * self.tail - 1)

    def sample(self, rng, size):
        return self.scale_s * rng.pareto(self.tail, size)

    def lorenz(self, u):
        share = 1 - 1 / self.tail
        return self.scale_s * ((1 - (1 - u) ** share) / share - u)
'''
WARMING = '''
from typing import ClassVar, Literal

import numpy as np

from entsched.validation import Positive
from entsched.workload import BaselineReward


class Warming(BaselineReward):
    """T(t) = t - warm_s (1 - exp(-t / warm_s)), without a closed form of its mean."""

    law: Literal["warming"]
    warm_s: Positive

    convex: ClassVar[bool] = True
    endless_rate: ClassVar[float] = 1.0
    formula: ClassVar[str] = "warming up"

    def output(self, stretch_s):
        return stretch_s + self.warm_s * np.expm1(-stretch_s / self.warm_s)
'''
SMUDGED = """
from typing import Literal

from entsched.entanglement.pair import PairLaw
from entsched.validation import Probability


class Smudged(PairLaw):
    law: Literal["smudged"] = "smudged"
    flip: Probability

    @property
    def weights(self):
        return (1 - self.flip, 0.0, self.flip, 0.0)
"""
GROUPS = {
    "lomax": ("entsched.service_laws", LOMAX),
    "warming": ("entsched.baseline_rewards", WARMING),
    "smudged": ("entsched.pair_sources", SMUDGED),
}
SERVICE = {"law": "lomax", "mean_s": 1.0, "tail": 8.0}
DATA = yaml.safe_load(
    """
name: foreign
workload: {arrival_rate_hz: 0.5, service: {law: lomax, tail: 8.0}}
baseline: {law: warming, warm_s: 2.0}
splitting: [0.5, 1.0]
strategies: [random]
entanglement: {pair: {law: smudged, flip: 0.1}, fault: {at_s: 1.0, pair: {law: smudged, flip: 0.5}}}
"""
)


def write_plugin(site, name, source, group, version="1.0", named=None, target=None):
    """A package outside of entsched, installed by its metadata alone."""
    module = f"{name}_law"
    info = site / f"{module}-{version}.dist-info"
    info.mkdir(parents=True)
    (site / f"{module}.py").write_text(source)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{named or name} = {module}:{target or name.capitalize()}\n")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a module with one class for this test alone; each gets a folder of its own, the last one first."""
    added = []

    def add(name, source=None, group=None, **options):
        site = tmp_path / f"site{len(added)}"
        known = GROUPS.get(name, (None, None))
        write_plugin(site, name, source or known[1], group or known[0], **options)
        monkeypatch.syspath_prepend(str(site))
        added.append(f"{name}_law")
        sys.modules.pop(added[-1], None)

    yield add
    for module in added:
        sys.modules.pop(module, None)


@pytest.fixture
def installed(install):
    for name in GROUPS:
        install(name)


def test_a_configuration_names_plugins_like_built_in_laws(installed):
    experiment = validated(DATA, "here")
    assert [type(law).__name__ for law in (experiment.workload.service, experiment.baseline)] == ["Lomax", "Warming"]
    assert experiment.workload.load == 0.5
    pairs = experiment.entanglement.resolved
    state = stored_state(pairs, 0.0).full()
    assert state[0, 3].real == pytest.approx(0.45)
    assert state[1, 1].real == pytest.approx(0.05)
    assert pairs.fault.pair.weights == (0.5, 0.0, 0.5, 0.0)


def test_what_is_written_reads_back_as_the_same(installed, tmp_path):
    experiment = validated(DATA, "here")
    (tmp_path / "again.yaml").write_text(to_yaml(experiment))
    assert load_experiment(tmp_path / "again.yaml") == experiment
    assert experiment.model_dump(mode="json")["workload"]["service"] == SERVICE | {"bins": None}
    assert experiment.model_dump(exclude_none=True)["baseline"] == {"law": "warming", "warm_s": 2.0}
    assert pickle.loads(pickle.dumps(experiment)) == experiment  # noqa: S301
    assert changed(experiment, ["workload.service.tail=9"]).workload.service.tail == 9
    assert changed(experiment, ["baseline={law: linear}"]).baseline.slope == 1


def test_bins_of_a_plugin_are_types(installed):
    workload = Workload(arrival_rate_hz=0.5, service=SERVICE | {"bins": 2})
    law = workload.service.model_copy(update={"bins": None})
    drawn = np.sort(law.sample(np.random.default_rng(1), 400_000))
    assert len(workload.types) == 2
    assert workload.type_means_s == pytest.approx([drawn[:200_000].mean(), drawn[200_000:].mean()], rel=0.01)


def test_keys_of_plugins_are_swept(installed, tmp_path):
    data = DATA | {
        "workload": {"arrival_rate_hz": 0.5, "service": {"law": "lomax", "tail": [8, 12.5]}},
        "baseline": [{"law": "warming", "warm_s": 1.0}, {"law": "linear"}],
    }
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(data))
    study = load_study(tmp_path / "sweep.yaml")
    assert [(axis.key, axis.shown) for axis in study.axes] == [
        ("workload.service.tail", (8.0, 12.5)),
        ("baseline", ("warming(warm_s=1)", "linear")),
    ]
    assert [e.workload.service.tail for e in study.experiments()] == [8.0, 8.0, 12.5, 12.5]
    (tmp_path / "again.yaml").write_text(study_to_yaml(study))
    assert load_study(tmp_path / "again.yaml").axes == study.axes
    several = {"law": ["lomax", "exponential"], "mean_s": 1.0}
    (tmp_path / "laws.yaml").write_text(
        yaml.safe_dump(data | {"workload": {"arrival_rate_hz": 0.5, "service": several}})
    )
    laws = [type(e.workload.service).__name__ for e in load_study(tmp_path / "laws.yaml").experiments()]
    assert laws == ["Lomax", "Lomax", "Exponential", "Exponential"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("workload", {"service": {"law": "lomax", "tail": 1.0}}, ["workload.service.tail", "1.0", "greater than 2"]),
        ("workload", {"service": {"law": "lomax", "tail": "8"}}, ["workload.service.tail", "'8'", "number"]),
        (
            "workload",
            {"service": {"law": "lomax", "shape": 2}},
            ["workload.service", "unknown key 'shape'", "mean_s, tail"],
        ),
        ("workload", {"service": {"law": "gamma"}}, ["workload.service.law", "'gamma'", "'exponential'", "'lomax'"]),
        ("workload", {"service": {"law": 3}}, ["workload.service", "3", "'exponential'"]),
        ("baseline", {"law": "warming"}, ["baseline.warm_s", "missing"]),
        ("baseline", {"law": "lomax"}, ["baseline.law", "'lomax'", "'saturating'", "'warming'"]),
        ("entanglement", {"pair": {"law": "smudged", "flip": 2.0}}, ["entanglement.pair.flip", "2.0"]),
        (
            "entanglement",
            {"fault": {"at_s": 1.0, "pair": {"law": "smudged"}}},
            ["entanglement.fault.pair.flip", "missing"],
        ),
    ],
)
def test_wrong_keys_of_plugins_are_refused_like_others(installed, key, value, words):
    merged = DATA | {key: (DATA[key] | value if key == "workload" else value)}
    with pytest.raises(ConfigError) as caught:
        validated(merged, "here")
    for word in ["here: ", *words]:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_built_in_laws_look_for_no_plugin(monkeypatch):
    def scan(**_):
        raise AssertionError("entry points were scanned")

    monkeypatch.setattr(plugins, "entry_points", scan)
    plugins.found.cache_clear()
    Workload(arrival_rate_hz=0.5, service={"law": "exponential", "mean_s": 1.0})
    Entanglement(pair={"law": "dephased", "coherence": 0.5})
    assert plugins.origins(Workload(arrival_rate_hz=0.5, service=Exponential(law="exponential", mean_s=1.0))) == []
    with pytest.raises(AssertionError):
        ServiceLaw.kinds.names()


def service(body="", law='law: Literal["broken"] = "broken"'):
    """A sound law of one second, but for what its body puts in place."""
    return f"""
from typing import Literal
import numpy as np
from entsched.workload import ServiceLaw

class Broken(ServiceLaw):
    {law}
    mean_service_s = second_moment_s2 = mean_minimum_s = property(lambda self: 1.0)
    def sample(self, rng, size): return np.ones(size)
    def lorenz(self, u): return u
    {body}
"""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1 / 0", ["(broken_law:Broken) cannot be loaded", "ZeroDivisionError"]),
        ("raise SystemExit(0)", ["cannot be loaded", "SystemExit"]),
        ("import no_such_module", ["cannot be loaded", "No module named 'no_such_module'"]),
        ("raise ValueError('two\\nlines')", ["ValueError: two lines"]),
        ("sound = 3", ["cannot be loaded", "has no attribute 'Broken'"]),
        ("Broken = 3", ["is not a subclass of entsched.workload.service.ServiceLaw"]),
        ("from entsched.workload.baseline import Linear as Broken", ["is not a subclass"]),
        (service(law=""), ["does not declare a field law: Literal['broken']"]),
        (service(law="law: str"), ["does not declare a field law"]),
        (service(law='law: Literal["other"]'), ["calls itself 'other'"]),
        (service().replace("lorenz", "laurentz"), ["does not define lorenz"]),
        (service("mean_service_s = property(lambda self: float('nan'))"), ["mean_service_s nan", "positive"]),
        (service("mean_service_s = property(lambda self: 1 / 0)"), ["ZeroDivisionError: division by zero"]),
        (service("second_moment_s2 = property(lambda self: 0.5)"), ["second_moment_s2 0.5", "at least 1"]),
        (service("mean_minimum_s = property(lambda self: 2.0)"), ["mean_minimum_s 2.0"]),
        (service("def sample(self, rng, size): return rng.normal(1, 1, size)"), ["the least", "64 positive numbers"]),
        (service("def sample(self, rng, size): return 1.0"), ["shape ()"]),
        (service("def lorenz(self, u): return 2 * u"), ["lorenz", "rises from 0"]),
        (service("def lorenz(self, u): return np.sqrt(u)"), ["lorenz", "convex"]),
        (service("model_post_init = lambda self, context: {}['gone']"), ["KeyError: 'gone'"]),
    ],
)
def test_broken_plugins_are_named_in_one_line(install, source, words):
    install("broken", source, "entsched.service_laws")
    with pytest.raises(ConfigError) as caught:
        validated(DATA | {"workload": {"arrival_rate_hz": 0.5, "service": {"law": "broken"}}}, "here")
    for word in ["here: workload.service: ", "service law 'broken'", *words]:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("base", "body", "word"),
    [
        (BaselineReward, "output = lambda self, t: t + 1", "output(0) = 0"),
        (BaselineReward, "output = lambda self, t: -t", "increasing"),
        (BaselineReward, "output = lambda self, t: 0.0", "a number for each"),
        (BaselineReward, "expected_output = lambda self, rate_hz: 1 / rate_hz", "an Expectation(value, error)"),
        (BaselineReward, "endless_rate = float('nan')", "endless_rate nan"),
        (PairLaw, "weights = (0.5, 0.5, 0.5, -0.5)", "four probabilities"),
        (PairLaw, "weights = (1.0,)", "four probabilities"),
        (PairLaw, "pass", "AttributeError"),
    ],
)
def test_rewards_and_sources_that_cannot_be_are_refused(install, base, body, word):
    source = f"""
from typing import ClassVar, Literal
from {base.__module__} import {base.__name__}

class Broken({base.__name__}):
    law: Literal["broken"] = "broken"
    convex = property(lambda self: False)
    endless_rate = property(lambda self: 1.0)
    formula = property(lambda self: "t")
    def output(self, t): return t
"""
    body = f"{body.split(' =')[0]}: ClassVar = {body.split(' = ', 1)[1]}" if " = " in body else body
    install("broken", f"{source}    {body}\n", base.kinds.group)
    with pytest.raises(ValueError, match="'broken'") as caught:
        TypeAdapter(Annotated[base, plugins.Open]).validate_python({"law": "broken"})
    assert word in str(caught.value)


def test_two_plugins_of_one_name_are_an_error_that_names_both(install):
    install("lomax")
    install("pareto", LOMAX, "entsched.service_laws", named="lomax", target="Lomax")
    with pytest.raises(ConfigError, match=r"two service laws are named 'lomax': pareto_law:Lomax and lomax_law:Lomax"):
        validated(DATA, "here")


def test_a_name_of_a_built_in_law_is_an_error(install):
    install("linear", WARMING.replace('"warming"', '"linear"'), "entsched.baseline_rewards", target="Warming")
    with pytest.raises(ConfigError, match="two baseline rewards are named 'linear': a built-in baseline reward"):
        BaselineReward.kinds.names()


def test_results_belong_to_the_version_of_the_plugins(install):
    for name in GROUPS:
        install(name)
    before = validated(DATA, "here")
    assert plugins.origins(before) == ["lomax_law 1.0", "smudged_law 1.0", "warming_law 1.0"]
    task = plan(before).exact[0]
    assert plugins.origins(task) == ["lomax_law 1.0", "warming_law 1.0"]
    install("lomax", version="1.1")
    assert plugins.origins(validated(DATA, "here"))[0] == "lomax_law 1.1"


def test_laws_without_an_entry_point_are_taken_as_they_are(install, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(LOMAX)
    monkeypatch.syspath_prepend(str(tmp_path))
    law = import_module("mine").Lomax(**SERVICE)
    workload = Workload(arrival_rate_hz=0.5, service=law)
    assert workload.second_moment_s2 == pytest.approx(2 * 7 / 6)
    assert plugins.origins(workload) == ["mine:Lomax"]
    with pytest.raises(ConfigError, match="'lomax'"):
        validated(DATA, "here")


def test_a_source_of_a_plugin_stands_beside_hardware(installed):
    choice = EntanglementChoice(
        hardware={"node": "trapped-ion", "link": {"medium": "fibre", "length_km": 1.0}},
        pair={"law": "smudged", "flip": 0.25},
    )
    assert choice.resolved.pair.weights == (0.75, 0.0, 0.25, 0.0)


@pytest.mark.slow
def test_plugins_run_in_both_engines_as_theory_says(tmp_path):
    """Pollaczek and Khinchine from the declared moments, and the mean reward of exponential stretches by hand."""
    for name, (group, source) in GROUPS.items():
        write_plugin(tmp_path / "site", name, source, group)
    simulation = {"engine": ["fast", "simpy"], "pairs": 20_000, "replications": 8}
    data = {key: value for key, value in DATA.items() if key != "entanglement"} | {"simulation": simulation}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(data))
    command = [sys.executable, "-m", "entsched.cli", "run", "c.yaml", "--out", "out", "--workers", "1"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    rate, warm, second = 0.5, 2.0, 2 * 7**2 / (7 * 6)
    with (tmp_path / "out" / "strategies.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["simulation.engine"], row["splitting"]) for row in rows] == [
        (engine, p) for engine in ("fast", "simpy") for p in ("0.5", "1.0")
    ]
    for row in rows:
        p = float(row["splitting"])
        batches = rate * (1 + p) / 2
        wait = rate * second / (2 * (1 - rate)) + (1 - p) * (rate / (2 * (1 - rate)) + 0.5)
        output = 2 * (1 - rate) * (1 - batches * warm / (1 + batches * warm))
        assert float(row["mean_wait_s"]) == pytest.approx(wait, rel=1e-9)
        assert float(row["baseline_rate"]) == pytest.approx(output, rel=1e-9)
        assert float(row["sim_mean_wait_s"]) == pytest.approx(wait, rel=0.04)
        assert float(row["sim_baseline_rate"]) == pytest.approx(output, rel=0.04)
    for fast, simpy in zip(rows[:2], rows[2:], strict=True):
        assert float(fast["sim_mean_wait_s"]) == pytest.approx(float(simpy["sim_mean_wait_s"]), rel=1e-9)
        assert float(fast["sim_baseline_rate"]) == pytest.approx(float(simpy["sim_baseline_rate"]), rel=1e-9)
