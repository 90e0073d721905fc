import contextlib
import csv
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from entsched import experiment, runner, sweep
from entsched.axes import load_study
from entsched.cli import app
from entsched.completing import Workers
from entsched.config import changed, load_experiment
from entsched.errors import StoreError
from entsched.games import checker
from entsched.store import Store, atomic_path

SMALL = """
name: small
workload:
  arrival_rate_hz: 0.5
  service: {law: discrete, values_s: [0.1, 1.9], probabilities: [0.5, 0.5]}
baseline: {law: power, exponent: 2}
splitting: [0.25, 0.5]
strategies: [random, quantum-optimal, local-threshold]
simulation: {pairs: 300, replications: 3}
qos: {max_wait_s: 1.3}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def test_bound_prints_the_documented_document(call, config):
    code, out, _ = call("bound", config, "--p", "0.25", "--p", "0.5", "--cross-check", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["base_wait_s"] == pytest.approx(0.905)
    first = document["points"][0]
    assert first["p"] == 0.25
    assert first["random"] == pytest.approx(0.75)
    assert first["classical"]["lower"] == pytest.approx(0.58125)
    assert first["quantum"]["upper"] == pytest.approx(0.48885, abs=1e-5)
    assert first["full_information"] == pytest.approx(0.31125)
    assert first["cross_check"]["classical_lp"] == pytest.approx(0.58125)
    assert first["cross_check"]["quantum_sdp"] == pytest.approx(0.48885, abs=1e-5)
    assert "0.581250" in call("bound", config, "--p", "0.25")[1]


def test_simulate_prints_the_documented_document(call, config):
    arguments = ("simulate", config, "--strategy", "random", "--p", "0.5", "--pairs", "400", "--replications", "4")
    code, out, _ = call(*arguments, "--seed", "3", "--engine", "simpy", "--json")
    document = json.loads(out)
    assert code == 0
    for name in ("mean_wait_s", "baseline_rate", "split_fraction"):
        assert document[name]["low"] < document[name]["mean"] < document[name]["high"]
    assert document["exact"]["mean_wait_s"] == pytest.approx(1.405)
    assert call(*arguments, "--seed", "3", "--engine", "simpy", "--json")[1] == out
    fast = json.loads(call(*arguments, "--seed", "3", "--json")[1])
    assert fast["mean_wait_s"] == pytest.approx(document["mean_wait_s"])
    assert "mean_wait_s" in call(*arguments)[1]


def test_parameters_come_from_the_command_line(call, config):
    def exact(*more):
        _, out, _ = call(
            "simulate",
            config,
            "--strategy",
            "quantum-optimal",
            "--p",
            0.3,
            "--pairs",
            50,
            "--replications",
            2,
            "--json",
            *more,
        )
        return json.loads(out)["exact"]["mean_wait_s"]

    noisy = ("--set", "entanglement.pair.law=werner", "--set", "entanglement.pair.visibility=0.9")
    assert exact() < exact(*noisy) != exact("--parameter", "measurements=ideal", *noisy)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("entanglement.pair={law: werner, visibility: 2}", ["entanglement.pair", "visibility", "given 2"]),
        ("entanglement.pear=1", ["unknown key 'pear'"]),
        ("workload.order.first=a", ["workload.order.first", "before 'first' are sections"]),
        ("workload.service.values_s=[0.1", ["workload.service.values_s", "not valid YAML"]),
        ("baseline", ["'baseline'", "KEY=VALUE"]),
        ("=3", ["'=3'", "KEY=VALUE"]),
    ],
)
def test_wrong_changes_of_the_configuration_are_refused_in_one_line(call, config, change, words):
    code, _, err = call("simulate", config, "--strategy", "random", "--p", 0.3, "--set", change)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert all(word in err for word in words)


def test_changes_of_the_configuration_are_those_of_its_file(config):
    changes = ["workload.service={law: exponential, mean_s: 1.0, bins: 3}", "communication.latency_s=0.5"]
    document = yaml.safe_load(SMALL) | {"communication": {"latency_s": 0.5}}
    document["workload"]["service"] = {"law": "exponential", "mean_s": 1.0, "bins": 3}
    expected = changed(load_experiment(config), changes)
    config.write_text(yaml.safe_dump(document))
    assert load_experiment(config) == expected


def test_certify_and_verify(call, config, tmp_path):
    certificate = tmp_path / "c.json"
    assert call("certify", config, "--p", "0.25", "--out", certificate)[0] == 0
    code, out, _ = call("verify", certificate)
    assert code == 0
    assert "0.58125" in out
    assert "entanglement gains at least 0.0924" in out
    certificate.write_text(certificate.read_text().replace("-93/160", "-3/5"))
    code, _, err = call("verify", certificate)
    assert code == 1
    assert "refused: local upper end" in err
    assert call("verify", tmp_path / "none.json")[0] == 1


def test_values_of_games_come_with_both_ends_and_a_certificate(call, tmp_path):
    file, certificate = tmp_path / "game.json", tmp_path / "c.json"
    file.write_text(json.dumps({"name": "mine", "xor": {"weights": [[1, 1], [1, -1]]}}))
    document = json.loads(call("value", file, "--set", "quantum", "--out", certificate, "--json")[1])
    assert document["lower"] <= 8**0.5 <= document["upper"]
    assert (document["status"], document["certificate"]["format"]) == ("optimal", checker.FORMAT)
    assert {"gap", "wall_time_s"} <= set(document)
    assert call("verify", certificate)[0] == 0
    assert json.loads(call("value", "chsh", "--set", "local", "--json")[1])["upper"] == 0.75
    assert "in exact arithmetic" in call("value", "magic-square", "--set", "no-signalling")[1]
    both = call("certify", "chsh", "--out", certificate)[1]
    assert "entanglement gains at least 0.1035" in both
    assert "odd-cycle:n" in call("games")[1]


def test_robustness_of_chsh_is_the_known_one(call):
    document = json.loads(call("robustness", "chsh", "--json")[1])
    assert document["critical_visibility"][1] == pytest.approx(0.5**0.5, abs=1e-6)
    assert document["detection_efficiency"] == pytest.approx(2 / (1 + 2**0.5), abs=1e-6)
    assert document["rounds"] == 162  # a scan of all n and thresholds with scipy.stats.binom gives 162
    assert "no advantage" in call("robustness", "ffl")[1]


def test_bounds_of_a_continuous_law_enclose_those_of_its_bins(call, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(SMALL.replace("law: discrete", "law: exponential, mean_s: 1.0, bins: 40 #"))
    config.write_text(re.sub(r"service: .*", "service: {law: exponential, mean_s: 1.0, bins: 40}", config.read_text()))
    document = json.loads(call("bound", config, "--p", "0.5", "--continuous", "--json")[1])
    [point] = document["points"]
    for which, binned in (("classical", 0.24007), ("quantum", 0.21813)):
        assert binned - 1e-3 < point[which]["lower_s"] <= point[which]["upper_s"] < binned + 1e-5


def test_strategies_are_listed_and_shown(call):
    rows = json.loads(call("strategies", "--json")[1])
    assert {"random", "quantum-optimal", "custom-angles"} <= {row["name"] for row in rows}
    shown = call("strategies", "quantum-optimal")[1]
    assert "measurements" in shown
    assert "entangled" in shown
    assert "full-information" in call("strategies")[1]


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A folder with a finished run of the small experiment, which tests may add to but not change."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "small.yaml").write_text(SMALL)
    experiment.run(load_study(folder / "small.yaml"), folder / "out", Workers("serial"))
    return folder / "out"


@pytest.mark.xdist_group("finished")
def test_a_run_writes_everything_and_resumes(call, config, finished):
    written = {str(path.relative_to(finished)) for path in finished.rglob("*") if path.is_file()}
    tables = {"bounds.csv", "strategies.csv", "fronts.csv", "qos.csv", "config.yaml", "versions.json", "results.sqlite"}
    figures = {f"figures/{name}.{kind}" for name in ("excess_wait", "pareto_front") for kind in ("pdf", "png", "csv")}
    assert tables | figures <= written
    assert not [name for name in written if ".part-" in name]
    for certificate in (finished / "certificates").iterdir():
        assert checker.check_text(certificate.read_text()).end("local", "upper") <= 0
    with (finished / "strategies.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    assert all(float(row["sim_mean_wait_s_low"]) < float(row["sim_mean_wait_s_high"]) for row in rows)

    with (finished / "fronts.csv").open() as file:
        fronts = {row["strategy"]: row for row in csv.DictReader(file)}
    assert int(fronts["quantum-optimal"]["undominated_in_class"]) == 2
    assert int(fronts["random"]["undominated_in_class"]) == 0
    assert float(fronts["quantum-optimal"]["hypervolume"]) > float(fronts["random"]["hypervolume"])

    before = {path: path.stat().st_mtime_ns for path in (finished / "figures").iterdir()}
    assert "Certified quantum advantage" in call("run", config, "--out", finished)[1]
    assert json.loads(call("run", config, "--out", finished, "--json")[1])["name"] == "small"
    assert before == {path: path.stat().st_mtime_ns for path in (finished / "figures").iterdir()}


def test_rows_do_not_depend_on_workers_order_or_interruption(config, tmp_path):
    loaded = load_experiment(config)

    def computed(folder, spec, progress=lambda task: None, backwards=False):
        with Store(tmp_path / folder) as store:
            todo = list(sweep.missing([loaded], store))
            runner.run(todo[::-1] if backwards else todo, store, spec, 2, progress)
            return store.rows(task.key for task in sweep.plan(loaded))

    left = iter(range(5))

    def interrupt(task):
        if next(left, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        computed("cut", "serial", interrupt)
    with Store(tmp_path / "cut") as store:
        assert 5 <= store.count() < len(list(sweep.plan(loaded)))
    ways = [computed("one", "serial"), computed("back", "threads", backwards=True), computed("cut", "serial")]
    assert ways[0] == ways[1] == ways[2]


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_takes_its_workers_along_and_resumes(config, tmp_path, how):
    config.write_text(SMALL.replace("pairs: 300, replications: 3", "engine: simpy, pairs: 3000, replications: 10"))
    command = [
        sys.executable,
        "-m",
        "entsched.cli",
        "run",
        str(config),
        "--out",
        str(tmp_path / "cut"),
        "--workers",
        "2",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    database = tmp_path / "cut" / "results.sqlite"

    def rows():
        try:
            with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
                return connection.execute("SELECT count(*) FROM results").fetchone()[0]
        except sqlite3.OperationalError:  # not there yet, or without its table
            return 0

    while process.poll() is None and rows() < 12:
        time.sleep(0.05)
    process.send_signal(how)
    _, errors = process.communicate(timeout=30)  # returns once no worker holds the pipe any more
    assert process.returncode != 0
    assert "Traceback" not in errors
    if how == signal.SIGINT:
        assert "run again to go on" in errors
    assert 12 <= rows() < 61
    loaded = load_experiment(config)
    assert loaded.simulation.replications == 10
    experiment.run(load_study(config), tmp_path / "cut", Workers("processes", 2))
    assert (tmp_path / "cut" / "strategies.csv").exists()


@pytest.mark.slow
@pytest.mark.xdist_group("finished")
def test_plot_draws_again_and_several_runs_side_by_side(call, finished, tmp_path):
    assert call("plot", finished, "--out", tmp_path / "again")[0] == 0
    assert (tmp_path / "again" / "excess_wait.png").exists()
    assert call("plot", finished, finished, "--out", tmp_path / "both")[0] == 0
    assert (tmp_path / "both" / "pareto_front.pdf").read_bytes().startswith(b"%PDF")
    assert call("plot", finished, finished)[0] == 2
    assert "no finished run" in call("plot", tmp_path)[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bound", "CONFIG", "--p", "1.5"], ["--p", "1.5", "0 to 1"]),
        (["bound", "none.yaml", "--p", "0.5"], ["none.yaml", "cannot be read"]),
        (["simulate", "CONFIG", "--strategy", "random"], ["--p", "missing"]),
        (["simulate", "CONFIG", "--strategy", "fast", "--p", "0.5"], ["unknown strategy 'fast'"]),
        (
            ["simulate", "CONFIG", "--strategy", "random", "--p", "0.5", "--engine", "slow"],
            ["--engine", "'slow'", "simpy"],
        ),
        (["simulate", "CONFIG", "--strategy", "random", "--p", "0.5", "--pairs", "-1"], ["--pairs", "-1"]),
        (["simulate", "CONFIG", "--strategy", "random", "--p", "0.5", "--parameter", "x"], ["'x'", "name=value"]),
        (["simulate", "CONFIG", "--strategy", "random", "--p", "0.5", "--parameter", "x=1"], ["unknown key 'x'"]),
        (["strategies", "fast"], ["unknown strategy 'fast'"]),
        (["run", "CONFIG", "--out", "FILE"], ["FILE", "cannot be used"]),
        (["certify", "CONFIG", "--p", "0.5", "--out", "FILE/c.json"], ["cannot be written"]),
        (["certify", "CONFIG", "--out", "c.json"], ["needs --p"]),
        (["certify", "chsh", "--p", "0.5", "--out", "c.json"], ["only with an experiment"]),
        (["value", "hex"], ["'hex'", "odd-cycle:n"]),
        (["value", "none.json"], ["none.json"]),
        (["value", "chsh", "--set", "magic"], ["'magic'", "no-signalling"]),
        (["value", "i3322", "--level", "1+xy"], ["1+xy"]),
        (["value", "chsh", "--set", "local", "--visibility", "0.9"], ["single-pair"]),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(call, config, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text("")
    code, out, err = call(*[str(config) if argument == "CONFIG" else argument for argument in arguments])
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    for word in words:
        assert word in err


@pytest.mark.slow
def test_files_follow_an_edited_configuration(config, tmp_path):
    """The same name with another workload: tables, certificates and configuration are written anew."""
    out = tmp_path / "out"
    text = SMALL.replace("pairs: 300, replications: 3", "pairs: 100, replications: 2")
    claims = []
    for rate, p in ((0.5, 0.5), (0.4, 0.6), (0.5, 0.5)):
        edited = text.replace("arrival_rate_hz: 0.5", f"arrival_rate_hz: {rate}").replace("[0.25, 0.5]", f"[0.25, {p}]")
        config.write_text(edited)
        experiment.run(load_study(config), out, Workers("serial"))
        certificates = [json.loads(path.read_text()) for path in sorted((out / "certificates").iterdir())]
        assert {document["game"]["splitting"] for document in certificates} == {"1/4", str(Fraction(str(p)))}
        assert {document["game"]["workload"]["arrival_rate_hz"] for document in certificates} == {
            str(Fraction(str(rate)))
        }
        assert load_experiment(out / "config.yaml").workload.arrival_rate_hz == rate
        claims.append((out / "bounds.csv").read_text())
    assert claims[0] == claims[2] != claims[1]


@pytest.mark.slow
@pytest.mark.xdist_group("finished")
def test_a_folder_keeps_to_its_experiment(call, finished, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(SMALL.replace("name: small", "name: other"))
    code, _, err = call("run", other, "--out", finished)
    assert code == 2
    assert "holds the experiment 'small'" in err


def test_half_written_files_are_not_left_behind(tmp_path):
    def fail():
        with atomic_path(tmp_path / "file.txt") as part:
            part.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError, match="cannot be written"), atomic_path(tmp_path) as part:
        part.write_text("over a folder")


def test_a_results_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "results.sqlite").write_text("not a database" * 100)
    with pytest.raises(StoreError, match="cannot be read"):
        Store(tmp_path)


def test_help_teaches_every_command():
    for command in app.registered_commands:
        assert command.callback.__doc__


def test_nothing_heavy_is_loaded_before_it_is_needed():
    heavy = ("qutip", "cvxpy", "matplotlib", "scipy", "numpy")
    code = f"import sys, entsched, entsched.cli; print([m for m in {heavy!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def _blocks(language):
    """The code blocks of one language in the documented template."""
    return re.findall(rf"```{language}\n(.*?)```", Path("docs/plugins.md").read_text(), re.DOTALL)


def _run_plugin(folder, site, strategy):
    data = yaml.safe_load(SMALL) | {"strategies": ["random", strategy]}
    (folder / "c.yaml").write_text(yaml.safe_dump(data))
    command = [sys.executable, "-m", "entsched.cli", "run", "c.yaml", "--out", "out"]
    environment = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


@pytest.mark.slow
def test_the_documented_template_runs_from_outside_the_package(tmp_path):
    """The template of docs/plugins.md, word for word, installed as a package of its own."""
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    (source / "my_strategies.py").write_text("\n\n".join(_blocks("python")[:3]))
    (source / "pyproject.toml").write_text(_blocks("toml")[0])
    (source / "test_contract.py").write_text(_blocks("python")[3])
    install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(site),
        str(source),
    ]
    subprocess.run([sys.executable, *install], check=True)
    done = _run_plugin(tmp_path, site, yaml.safe_load(_blocks("yaml")[0])["strategies"][1])
    assert done.returncode == 0, done.stderr
    assert "equal-together(together=0.8)" in (tmp_path / "out" / "strategies.csv").read_text()
    clock = (
        "import my_strategies as m, entsched.testing as t; t.check_strategy(m.TakeTurns()); t.check_strategy(m.Fan())"
    )
    contract = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(source)]
    environment = os.environ | {"PYTHONPATH": str(site)}
    assert subprocess.run([sys.executable, "-c", clock], env=environment, check=False).returncode == 0
    assert subprocess.run(contract, cwd=source, env=environment, capture_output=True, check=False).returncode == 0


PLUGIN = """
import numpy as np
from entsched.behavior import Behavior
from entsched.strategies import Resource, RoutingPlan, Strategy, StrategyClass


class Doubtful(Strategy):
    name, summary = "doubtful", "breaks its contract"
    strategy_class, resource, uses_splitting = StrategyClass.SYMMETRIC, Resource.LOCAL, False

    def compile(self, scenario):
        n = len(scenario.workload.types)
        return RoutingPlan(BODY)
"""
BODIES = {
    "raises": "1 / 0",
    "signals": "Behavior(np.einsum('ay,bx->abxy', np.eye(n), np.eye(n)))",
    "wrong shape": "Behavior.from_coalescing(np.full((n + 1, 1), 0.5))",
}


def _plugin(tmp_path, body, name="doubtful"):
    """A package outside of entsched, installed by its metadata alone."""
    site = tmp_path / "site"
    info = site / "doubtful_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "doubtful_plugin.py").write_text(PLUGIN.replace("BODY", body))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: doubtful-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[entsched.strategies]\n{name} = doubtful_plugin:Doubtful\n")
    return site


@pytest.mark.parametrize(
    "kind", ["wrong shape", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("raises", "signals"))]
)
def test_a_broken_plugin_is_named_in_one_line(tmp_path, kind):
    done = _run_plugin(tmp_path, _plugin(tmp_path, BODIES[kind]), "doubtful")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "'doubtful'" in done.stderr
    assert not (tmp_path / "out" / "strategies.csv").exists()


@pytest.mark.slow
def test_a_name_clash_is_an_error(tmp_path):
    site = _plugin(tmp_path, BODIES["raises"], name="random")
    command = [sys.executable, "-m", "entsched.cli", "strategies"]
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert "two strategies are named 'random'" in done.stderr
