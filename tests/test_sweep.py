"""Studies from end to end: their rows are those of single experiments, whatever fails, ends them or runs them."""

import contextlib
import csv
import itertools
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml

from entsched import completing, experiment, figures, runner, sweep
from entsched.axes import load_study
from entsched.completing import Workers
from entsched.store import Store

TINY = yaml.safe_load(
    """
name: tiny
workload:
  arrival_rate_hz: 0.5
  service: {law: discrete, values_s: [0.1, 1.9], probabilities: [0.5, 0.5]}
baseline: {law: power, exponent: 2}
splitting: [0.3]
strategies: [random, {name: local-threshold, threshold_b_s: [0.5, 2.0]}]
simulation: {pairs: 300, replications: 2, seed: 1}
"""
)
#: Some seconds of work for one processor, most of it in the event model.
SLOW = {
    "workload.arrival_rate_hz": [0.3, 0.4, 0.5],
    "simulation": {"engine": "simpy", "pairs": 600, "replications": 10, "seed": [1, 2]},
}
TABLES = ("bounds", "strategies", "fronts", "differences")


@pytest.fixture
def undrawn(monkeypatch):
    """Studies without figures, whose drawing takes longer than the rest."""
    monkeypatch.setattr(figures, "draw_sweep", lambda *arguments: None)
    monkeypatch.setattr(figures, "draw_all", lambda *arguments: None)


@pytest.fixture
def call(call, undrawn):
    """Run a study with the command in this process; returns exit code, standard output and standard error."""

    def run(config, out, *options, executor="serial"):
        return call("run", config, "--out", out, "--executor", executor, *options)

    return run


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a module with one strategy, for this process, by a folder of metadata alone; returns its folder."""

    def add(name, source):
        site, module = tmp_path / "site", f"{name}_strategy"
        info = site / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{module}.py").write_text(source)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[entsched.strategies]\n{name} = {module}:{name.capitalize()}\n")
        monkeypatch.syspath_prepend(str(site))
        return site

    return add


def configured(path, changes):
    """The tiny configuration in a file, with other values at dotted keys."""
    data = yaml.safe_load(yaml.safe_dump(TINY))
    for key, value in changes.items():
        *parents, last = key.split(".")
        place = data
        for parent in parents:
            place = place[parent]
        place[last] = value
    path.write_text(yaml.safe_dump(data))
    return path


def asked(folder, query):
    """The answer of a results file, read without this package."""
    address = f"file:{folder / 'results.sqlite'}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
        return database.execute(query).fetchall()


def rows(folder):
    return dict(asked(folder, "SELECT key, row FROM results"))


def table(folder, name):
    with (folder / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def watch(folder):
    """Let a results file note every row that is written, changed or deleted from now on."""
    with contextlib.closing(sqlite3.connect(folder / "results.sqlite")) as database:
        database.execute("CREATE TABLE touched (key TEXT)")
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            database.execute(
                f"CREATE TRIGGER see_{event} AFTER {event} ON results BEGIN INSERT INTO touched VALUES ({row}.key); END"
            )
        database.commit()


def touched(folder):
    return [key for (key,) in asked(folder, "SELECT key FROM touched")]


@pytest.mark.slow
def test_a_sweep_has_the_rows_and_tables_of_its_experiments_run_one_by_one(call, tmp_path):
    rates, seeds = [0.3, 0.5], [1, 2]
    axes = {"workload.arrival_rate_hz": rates, "simulation.seed": seeds}
    assert call(configured(tmp_path / "sweep.yaml", axes), tmp_path / "sweep")[0] == 0
    strategies = ["random", *({"name": "local-threshold", "threshold_b_s": size} for size in (0.5, 2.0))]
    alone, stacked = {}, {name: [] for name in TABLES}
    for rate, seed in itertools.product(rates, seeds):
        place = dict(zip(axes, (rate, seed), strict=True))
        out = tmp_path / f"{rate}-{seed}"
        assert call(configured(tmp_path / "one.yaml", place | {"strategies": strategies}), out)[0] == 0
        proved = dict(
            asked(out, "SELECT key, row FROM results WHERE kind = 'certificate'")
        )  # in sweeps on request only
        assert len(rows(out)) == 1 + len(proved) + 3 + 3 * 2  # the bound, its certificate, exact figures, replications
        alone |= {key: row for key, row in rows(out).items() if key not in proved}
        coordinates = {key: str(value) for key, value in place.items()}
        for name in TABLES:
            stacked[name] += [coordinates | row for row in table(out, name)]
    assert rows(tmp_path / "sweep") == alone
    assert len(alone) == 2 * (1 + 3) + 4 * 6
    assert {name: table(tmp_path / "sweep", name) for name in TABLES} == stacked
    places = [tuple(row[key] for key in axes) for row in table(tmp_path / "sweep", "advantages")]
    assert places == [("0.3", "1"), ("0.3", "2"), ("0.5", "1"), ("0.5", "2")]
    assert json.loads((tmp_path / "sweep" / "summary.json").read_text())["experiments"] == 4


def test_a_sweep_of_pairs_is_summed_up_with_its_own_pairs(call, tmp_path):
    swept = {"pair": {"law": "werner", "visibility": [1.0, 0.9, 0.7]}}
    config = configured(tmp_path / "c.yaml", {"strategies": ["quantum-optimal"], "entanglement": swept})
    out = tmp_path / "out"
    code, printed, _ = call(config, out)
    printed = " ".join(printed.split())
    summary = json.loads((out / "summary.json").read_text())
    largest = summary["largest_realised_advantage"]
    assert (code, summary["with_realised_advantage"], summary["with_certified_advantage"]) == (0, 2, 3)
    assert largest["entanglement.pair.visibility"] == 1.0
    assert not {"relative_advantage", "advantage_s", "splitting", "perfect_pairs"} & set(largest)
    rows = table(out, "advantages")
    assert [row["perfect_pairs"] for row in rows] == ["True", "False", "False"]
    assert largest["realised_relative_advantage"] == float(rows[0]["relative_advantage"])
    assert float(rows[0]["relative_advantage"]) > float(rows[1]["realised_relative_advantage"]) > 0
    wait_s = {row["entanglement.pair.visibility"]: float(row["mean_wait_s"]) for row in table(out, "strategies")}
    classical_s = {float(row["base_wait_s"]) + float(row["classical_lower_s"]) for row in table(out, "bounds")}
    assert float(rows[1]["realised_relative_advantage"]) == pytest.approx(1 - wait_s["0.9"] / classical_s.pop())
    assert "with perfect pairs" not in printed
    assert (
        "with the pairs of these experiments, in 2; largest at entanglement.pair.visibility = 1.0, p = 0.3: 7.0 %"
        in (printed)
    )


def test_a_second_run_computes_nothing_and_a_new_value_only_its_cells(call, tmp_path):
    config, out = tmp_path / "c.yaml", tmp_path / "out"
    axes = {"workload.arrival_rate_hz": [0.3, 0.5], "simulation.seed": [1, 2]}
    assert call(configured(config, axes), out)[0] == 0
    before = rows(out)
    watch(out)
    written = {path: path.stat().st_mtime_ns for path in out.glob("*.csv")}
    for forgotten in ("", "finished.json", "complete"):
        if forgotten == "complete":
            with contextlib.closing(sqlite3.connect(out / "results.sqlite")) as database:
                database.execute("DELETE FROM complete")
                database.commit()
        else:
            (out / (forgotten or "none")).unlink(missing_ok=True)
        assert call(config, out)[0] == 0
        assert (touched(out), rows(out)) == ([], before)
    assert {path: path.stat().st_mtime_ns for path in written} == written

    assert call(configured(config, axes | {"simulation.seed": [1, 2, 3]}), out)[0] == 0
    new = touched(out)
    assert len(new) == len(set(new)) == 2 * 3 * 2  # rates, strategies, replications
    assert {key: row for key, row in rows(out).items() if key not in new} == before
    assert call(configured(config, axes | {"workload.arrival_rate_hz": [0.3, 0.4, 0.5]}), out)[0] == 0
    assert len(touched(out)) == 12 + 1 + 3 + 2 * 3 * 2
    rates = [row["workload.arrival_rate_hz"] for row in table(out, "advantages")]
    assert rates == ["0.3", "0.3", "0.4", "0.4", "0.5", "0.5"]


def test_a_cell_that_fails_is_recorded_and_tried_again_alone(call, tmp_path, monkeypatch):
    """At 0.6 pairs per second one server of size-interval would have load 1.14."""
    changes = {"workload.arrival_rate_hz": [0.3, 0.6], "strategies": ["random", "size-interval"]}
    config, out = configured(tmp_path / "c.yaml", changes), tmp_path / "out"
    code, _, errors = call(config, out)
    (failure,) = asked(out, "SELECT kind, label, error FROM failures")
    assert code == 1
    assert failure[0] == "exact"
    assert "load 1.14" in failure[2]
    assert [line.strip() for line in errors.splitlines()[1:]] == [f"{failure[1]}: {failure[2]}"]
    known = [(row["workload.arrival_rate_hz"], row["strategy"]) for row in table(out, "strategies") if row["load_0"]]
    assert known == [("0.3", "random"), ("0.3", "size-interval"), ("0.6", "random")]
    tried = []
    monkeypatch.setattr(
        runner, "evaluate_batch", lambda tasks, do=runner.evaluate_batch: tried.extend(tasks) or do(tasks)
    )
    watch(out)
    assert call(config, out)[0] == 1
    assert [(task.kind, task.workload.arrival_rate_hz) for task in tried] == [("exact", 0.6)]
    assert touched(out) == []


FRAIL = """
import os
from pathlib import Path
import numpy as np
from entsched.behavior import Behavior
from entsched.strategies import Resource, RoutingPlan, Strategy, StrategyClass


class Frail(Strategy):
    name, summary = "frail", "fails at one splitting probability, while a file is there"
    strategy_class, resource = StrategyClass.SYMMETRIC, Resource.LOCAL

    def compile(self, scenario):
        if scenario.splitting == 0.5 and Path(__file__).with_name("broken").exists():
            FAIL
        n = len(scenario.workload.types)
        return RoutingPlan(Behavior.from_coalescing(np.full((n, n), 1 - scenario.splitting)))
"""
FRAIL_SWEEP = {
    "workload.arrival_rate_hz": [0.3, 0.5],
    "splitting": [0.25, 0.5],
    "strategies": ["random", "frail"],
}


def test_a_plugin_that_raises_at_one_point_fails_there_until_it_is_mended(call, install, tmp_path):
    site = install("frail", FRAIL.replace("FAIL", "raise ArithmeticError('no plan\\nat all')"))
    config, out = configured(tmp_path / "c.yaml", FRAIL_SWEEP), tmp_path / "out"
    (site / "broken").touch()
    for _ in range(2):
        code, _, errors = call(config, out)
        failures = asked(out, "SELECT kind, label, error FROM failures")
        assert code == 1
        assert sorted(kind for kind, _, _ in failures) == ["exact"] * 2 + ["simulation"] * 4
        assert all("frail" in label and error.endswith("ArithmeticError: no plan") for _, label, error in failures)
        assert len(errors.splitlines()) == 1 + len(failures)
        assert len(rows(out)) == 2 * (2 + 3 + 3 * 2)
    whole = {(row["strategy"], row["splitting"]) for row in table(out, "strategies") if row["sim_mean_wait_s"]}
    assert whole == {("random", "0.25"), ("random", "0.5"), ("frail", "0.25")}
    (site / "broken").unlink()
    watch(out)
    assert call(config, out)[0::2] == (0, "")
    assert len(touched(out)) == len(failures)
    assert asked(out, "SELECT * FROM failures") == []
    assert all(row["sim_mean_wait_s"] for row in table(out, "strategies"))


CLOCKED = """
import numpy as np
from entsched.behavior import Behavior
from entsched.strategies import Memory, Resource, RoutingPlan, Strategy, StrategyClass


class Clocked(Strategy):
    name, summary, uses_splitting = "clocked", "splits every pair, if it came soon", False
    strategy_class, resource = StrategyClass.SCHEDULED, Resource.LOCAL

    def compile(self, scenario):
        def answer(output, view):
            if view.pair_index == 0 and view.time_s > 4.0:
                raise TimeoutError("too late")
            return output

        fixed = np.zeros((2, 2, 2, 2))
        fixed[0, 1] = 1.0
        return RoutingPlan(Behavior(fixed), answer=(answer, answer))


class Learning(Clocked):
    name = "learning"
    strategy_class = StrategyClass.ADAPTIVE

    def compile(self, scenario):
        many = Memory(start=0, after=lambda view, server: view.memory + 1)
        return RoutingPlan(
            Behavior(np.ones((1, 1, 2, 2))), answer=(lambda output, view: view.memory % 2,) * 2, memory=(many, many)
        )
"""


def test_replications_that_fail_leave_the_others_paired_with_their_equals(call, install, tmp_path):
    install("clocked", CLOCKED)
    changes = {"strategies": ["clocked", "size-interval"], "simulation.replications": 12}
    config, out = configured(tmp_path / "c.yaml", changes | {"workload.arrival_rate_hz": [0.3, 0.4]}), tmp_path / "out"
    assert call(config, out)[0] == 1
    pairs = {0.3: ({}, {}), 0.4: ({}, {})}
    loads = {
        task.key: task.workload.arrival_rate_hz for one in load_study(config).experiments() for task in sweep.plan(one)
    }
    for key, row in asked(out, "SELECT key, row FROM results WHERE kind = 'simulation'"):
        row = json.loads(row)
        pairs[loads[key]][row["strategy"] == "size-interval"][row["replication"]] = row["mean_wait_s"]
    for place, (clocked, other) in zip(table(out, "differences"), pairs.values(), strict=True):
        assert 2 <= len(clocked) < len(other) == 12
        apart = [clocked[number] - other[number] for number in clocked]
        assert int(place["replications"]) == len(clocked)
        assert float(place["mean_wait_s_difference"]) == pytest.approx(np.mean(apart), rel=1e-12)


def test_rows_and_tables_do_not_depend_on_executor_or_order(call, tmp_path):
    axes = {"workload.arrival_rate_hz": [0.3, 0.5], "simulation.seed": [1, 2]}
    config, out = configured(tmp_path / "c.yaml", axes), tmp_path / "serial"
    assert call(config, out)[0] == 0
    assert call(config, tmp_path / "threads", "--workers", "2", executor="threads")[0] == 0
    study = load_study(config)
    with Store(tmp_path / "reversed") as store:
        runner.run(list(sweep.missing(study.experiments(), store))[::-1], store, "threads", 3)
    assert call(config, tmp_path / "reversed")[0] == 0
    for other in ("threads", "reversed"):
        assert rows(tmp_path / other) == rows(out)
        for path in out.glob("*.csv"):
            assert (tmp_path / other / path.name).read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_rows_of_other_processes_are_the_same(undrawn, tmp_path, monkeypatch):
    monkeypatch.setattr(completing, "ALONE_S", -1.0)
    study = load_study(configured(tmp_path / "c.yaml", {"workload.arrival_rate_hz": [0.3, 0.5]}))
    for spec in ("serial", "processes", "dask"):
        assert experiment.run(study, tmp_path / spec, Workers(spec, 2)).failed == ()
    assert rows(tmp_path / "processes") == rows(tmp_path / "dask") == rows(tmp_path / "serial")


#: The command, whose processes begin at once and not after two seconds.
COMMAND = """
from entsched import completing
from entsched.cli import main
completing.ALONE_S = -1.0
main()
"""


def started(config, out, *options, **more):
    """The command in a process of its own."""
    command = [sys.executable, "-c", COMMAND, "run", str(config), "--out", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def finished(config, out, *options, **more):
    """Exit code and standard error of the command in a process of its own."""
    process = started(config, out, *options, **more)
    errors = process.communicate(timeout=100)[1]
    return process.returncode, errors


def count(folder):
    """How many rows there are, while another process writes."""
    try:
        return asked(folder, "SELECT count(*) FROM results")[0][0]
    except sqlite3.OperationalError:  # not there yet, or without its table
        return 0


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The rows of the slow study."""
    folder = tmp_path_factory.mktemp("whole")
    study = load_study(configured(folder / "c.yaml", SLOW))
    with Store(folder) as store:
        runner.run(sweep.missing(study.experiments(), store), store, "serial", 1)
    return rows(folder)


@pytest.mark.slow
def test_a_study_killed_again_and_again_ends_with_the_same_rows(uninterrupted, tmp_path):
    rng = random.Random(1)
    config, out = configured(tmp_path / "c.yaml", SLOW), tmp_path / "out"
    for spec in ("processes", "serial"):
        process = started(config, out, "--executor", spec, "--workers", "2")
        enough = count(out) + rng.randrange(1, 25)
        while process.poll() is None and count(out) < enough:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)  # returns once no worker holds the pipes any more
        assert process.returncode == -signal.SIGKILL
        assert asked(out, "PRAGMA integrity_check") == [("ok",)]
        assert enough <= count(out) < len(uninterrupted)
        assert rows(out).items() <= uninterrupted.items()
    assert finished(config, out, "--workers", "2") == (0, "")
    assert rows(out) == uninterrupted
    assert {path.stem for path in out.glob("*.csv")} >= set(TABLES)


@pytest.mark.slow
def test_a_study_killed_while_it_writes_its_files_writes_them_again(tmp_path):
    config, out = configured(tmp_path / "c.yaml", {"workload.arrival_rate_hz": [0.3, 0.5]}), tmp_path / "out"
    process = started(config, out, "--executor", "serial")
    while process.poll() is None and not list(out.rglob(".part-*")):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert not (out / "config.yaml").exists()
    assert finished(config, out, "--executor", "serial") == (0, "")
    assert not list(out.rglob(".part-*"))
    for path in (*out.glob("*.csv"), *out.glob("figures/*")):
        assert path.stat().st_size > 0
    assert len(table(out, "strategies")) == 2 * 3


@pytest.mark.slow
@pytest.mark.parametrize(("enough", "later_s"), [(0, 0.5), (20, 0.0)], ids=["workers begin", "workers work"])
def test_an_interrupt_is_one_line_and_exit_code_130(enough, later_s, uninterrupted, tmp_path):
    config, out = configured(tmp_path / "c.yaml", SLOW), tmp_path / "out"
    process = started(config, out, "--workers", "2")
    while process.poll() is None and not ((out / "results.sqlite").exists() and count(out) >= enough):
        time.sleep(0.02)
    time.sleep(later_s)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, len(errors.splitlines())) == (130, 1)
    assert "run again to go on" in errors
    assert enough <= count(out) < len(uninterrupted)
    assert rows(out).items() <= uninterrupted.items()


@pytest.mark.slow
def test_a_plugin_that_kills_its_worker_fails_at_its_points_alone(install, tmp_path):
    site = install("frail", FRAIL.replace("FAIL", "os._exit(1)"))
    config, out = configured(tmp_path / "c.yaml", FRAIL_SWEEP | {"simulation.replications": 1}), tmp_path / "out"
    (site / "broken").touch()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}
    code, errors = finished(config, out, "--workers", "2", env=environment)
    failures = asked(out, "SELECT kind, label, error FROM failures")
    assert (code, len(errors.splitlines())) == (1, 1 + len(failures))
    assert len(failures) == 2 * (1 + 1)
    assert {error for _, _, error in failures} == {"its worker died"}
    assert len(rows(out)) == 2 * (2 + 3 + 3)
    (site / "broken").unlink()
    assert finished(config, out, "--workers", "2", env=environment) == (0, "")
    assert asked(out, "SELECT * FROM failures") == []
    assert len(rows(out)) == 2 * (2 + 4 + 4)


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_what_was_written_goes_on(tmp_path, uninterrupted):
    config, out = configured(tmp_path / "c.yaml", SLOW), tmp_path / "out"

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))

    code, errors = finished(config, out, "--executor", "serial", preexec_fn=limit)
    assert (code, len(errors.splitlines())) == (2, 1)
    assert str(out / "results.sqlite") in errors
    assert 0 < count(out) < len(uninterrupted)
    assert finished(config, out, "--executor", "serial") == (0, "")
    assert rows(out) == uninterrupted


@pytest.mark.slow
def test_engines_of_a_configuration_agree(call, tmp_path):
    engines = ("fast", "simpy")
    changes = {
        "strategies": ["size-interval", "full-information", "stale-information"],
        "communication": {"latency_s": 0.3},
        "simulation": {"pairs": 800, "replications": 2, "warmup_fraction": "mser", "tail_s": [0.5, 2.0]},
    }
    for engine in engines:
        config = configured(tmp_path / "c.yaml", changes | {"simulation.engine": engine})
        assert call(config, tmp_path / engine)[0] == 0
    tables = [table(tmp_path / engine, "strategies") for engine in engines]
    for ours, reference in zip(*tables, strict=True):
        assert ours.keys() == reference.keys() > {"sim_wait_above_0.5_s", "sim_wait_above_2_s_low"}
        assert float(ours["sim_wait_above_0.5_s"]) > float(ours["sim_wait_above_2_s"]) > 0
        for name, value in reference.items():
            if value == "" or name in ("strategy", "splitting", "sim_intervals", "sim_settled"):
                assert ours[name] == value
            else:
                assert float(ours[name]) == pytest.approx(float(value), rel=1e-9)
    simulated = [
        json.loads(row) for (row,) in asked(tmp_path / "simpy", "SELECT row FROM results WHERE kind = 'simulation'")
    ]
    assert {row["engine"] for row in simulated} == {"simpy"}
    assert all(0 <= row["warm_up_fraction"] <= 0.5 for row in simulated)


def test_strategies_that_remember_run_in_both_engines(call, install, tmp_path):
    install("learning", CLOCKED)
    found = {}
    for engine in ("fast", "simpy"):
        config = configured(tmp_path / "c.yaml", {"strategies": ["learning"], "simulation.engine": engine})
        code, out, _ = call(config, tmp_path / engine, "--json")
        assert (code, json.loads(out)["notes"]) == (0, [])
        (found[engine],) = table(tmp_path / engine, "strategies")
    assert float(found["fast"]["sim_split_fraction"]) == 0.0
    for name in ("sim_mean_wait_s", "sim_baseline_rate", "sim_wait_q99_s"):
        assert float(found["fast"][name]) == pytest.approx(float(found["simpy"][name]), rel=1e-9)


def test_maps_that_take_no_arrays_run_in_both_engines_and_the_fast_one_says_so(call, install, tmp_path):
    install("clocked", CLOCKED.replace("> 4.0", "> 1e9"))
    found = {}
    for engine in ("fast", "simpy"):
        config = configured(tmp_path / "c.yaml", {"strategies": ["clocked"], "simulation.engine": engine})
        notes = json.loads(call(config, tmp_path / engine, "--json")[1])["notes"]
        assert [note.startswith("clocked is asked pair by pair in Python") for note in notes] == [True] * (
            engine == "fast"
        )
        (found[engine],) = table(tmp_path / engine, "strategies")
    assert float(found["fast"]["sim_split_fraction"]) == 1.0
    for name in ("sim_mean_wait_s", "sim_baseline_rate", "sim_wait_q99_s"):
        assert float(found["fast"][name]) == pytest.approx(float(found["simpy"][name]), rel=1e-9)
