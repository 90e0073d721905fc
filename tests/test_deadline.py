"""Limits: calls that do not end are ended, by whatever thread makes them, and sweeps with such plugins go on."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import yaml
from conftest import DISCRETE
from pydantic import ValidationError
from task_doubles import MemoryStore

from entsched import deadline, runner
from entsched.deadline import DeadlineError, loading_s, patience_s, within
from entsched.errors import ConfigError, StrategyError
from entsched.strategies.choice import StrategyChoice
from entsched.tasks import ExactTask, SimulationTask
from entsched.testing.finding import find_plugin


def spin():
    while True:
        pass


def multiply():
    matrix = np.eye(60)
    while True:
        matrix = matrix @ matrix


def stubborn():
    """Goes on after every error that can be handled."""
    while True:
        try:
            spin()
        except Exception:
            continue


ENDLESS = {"sleep": lambda: time.sleep(10**6), "spin": spin, "numpy": multiply, "stubborn": stubborn}


def here(call):
    return call()


def elsewhere(call):
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(call).result()


@pytest.mark.parametrize("thread", [here, elsewhere])
@pytest.mark.parametrize("how", ENDLESS)
def test_calls_that_do_not_end_are_ended(thread, how):
    before = set(threading.enumerate())
    with pytest.raises(DeadlineError, match=r"^strategy 'x' took more than 0\.05 s$"):
        thread(lambda: within(0.05, "strategy 'x'", ENDLESS[how]))
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    left = [each for each in set(threading.enumerate()) - before if each.is_alive()]
    assert len(left) == (thread is elsewhere and how == "sleep")  # nothing interrupts that


@pytest.mark.parametrize("thread", [here, elsewhere])
def test_values_and_errors_pass(thread):
    assert thread(lambda: within(10.0, "it", lambda: 3)) == 3
    with pytest.raises(TimeoutError, match="its own"):
        thread(lambda: within(10.0, "it", lambda: (_ for _ in ()).throw(TimeoutError("its own"))))


@pytest.mark.parametrize("thread", [here, elsewhere])
def test_no_interrupt_comes_late(thread):
    """Calls that end at about their limit either have their value or are late, and nothing comes after."""

    def often():
        outcomes = set()
        for k in range(200):
            pause_s = 0.0005 + 0.00001 * (k % 60)
            try:
                outcomes.add(within(0.0008, "it", lambda pause_s=pause_s: time.sleep(pause_s)))
            except DeadlineError:
                outcomes.add("late")
        time.sleep(0.01)
        return outcomes

    assert thread(often) <= {None, "late"}
    gc.collect()


@pytest.mark.parametrize(("outer_s", "inner_s", "late"), [(0.05, 5.0, "outer"), (5.0, 0.05, "inner")])
def test_limits_nest(outer_s, inner_s, late):
    with pytest.raises(DeadlineError, match=late):
        within(outer_s, "outer", lambda: within(inner_s, "inner", spin))


def test_an_outer_limit_goes_on_after_an_inner_one():
    def twice():
        with pytest.raises(DeadlineError, match="inner"):
            within(0.02, "inner", spin)
        spin()

    with pytest.raises(DeadlineError, match="outer"):
        within(0.1, "outer", twice)


@pytest.mark.parametrize("given", ["soon", "0", "-1", "inf", "nan"])
def test_the_environment_sets_the_limit(monkeypatch, given):
    monkeypatch.setenv("ENTSCHED_PATIENCE_S", "2.5")
    assert patience_s() == 2.5
    monkeypatch.setenv("ENTSCHED_PATIENCE_S", given)
    with pytest.raises(ConfigError, match="allowed: a positive number"):
        patience_s()


def test_loading_has_a_minute_at_least(monkeypatch):
    monkeypatch.setenv("ENTSCHED_PATIENCE_S", "0.5")
    assert (patience_s(), loading_s()) == (0.5, 60.0)
    monkeypatch.setenv("ENTSCHED_PATIENCE_S", "90")
    assert loading_s() == 90.0


PLUGIN = """
import time
import numpy as np
from typing import Literal
from entsched.behavior import Behavior
from entsched.strategies import Resource, RoutingPlan, Strategy, StrategyClass


class Endless(Strategy):
    name, summary = "endless", "does not end at one point"
    strategy_class, resource = StrategyClass.SCHEDULED, Resource.LOCAL

    when: Literal["compile", "route"]
    how: Literal["sleep", "spin"]
    everywhere: bool = False

    def compile(self, scenario):
        n = len(scenario.workload.types)
        hangs = self.everywhere or (scenario.splitting == 0.5 and scenario.workload.arrival_rate_hz == 0.5)
        if hangs and self.when == "compile":
            self.hang()
        plan = Behavior.from_coalescing(np.full((n, n), 1 - scenario.splitting))
        answer = self.answer if hangs else self.sound
        return RoutingPlan(plan, answer=(answer, answer))

    def sound(self, output, view):
        return output

    def answer(self, output, view):
        self.hang()

    def hang(self):
        if self.how == "sleep":
            time.sleep(10**6)
        while True:
            pass
"""


@pytest.fixture
def site(tmp_path):
    """A folder with the plugin and its metadata."""
    folder = tmp_path / "site"
    info = folder / "endless_strategy-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "endless_strategy.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: endless-strategy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[entsched.strategies]\nendless = endless_strategy:Endless\n")
    return folder


@pytest.fixture
def installed(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site))
    next(task for task in tasks("route", "spin") if task.kind == "simulation").evaluate()  # loads what it needs
    monkeypatch.setenv("ENTSCHED_PATIENCE_S", "0.2")
    yield
    sys.modules.pop("endless_strategy", None)


def tasks(when, how):
    """Simulations and exact figures of an unsound and a sound strategy at two points."""
    common = {
        "workload": {"arrival_rate_hz": 0.5, "service": DISCRETE},
        "baseline": {"law": "linear"},
    }
    for strategy in ({"name": "endless", "parameters": {"when": when, "how": how}}, {"name": "classical-optimal"}):
        for splitting in (0.25, 0.5):
            yield ExactTask(**common, strategy=strategy, splitting=splitting)
            yield SimulationTask(**common, strategy=strategy, splitting=splitting, pairs=50, replication=0)


@pytest.mark.parametrize("spec", ["serial", "threads"])
@pytest.mark.parametrize(("when", "how"), [("compile", "spin"), ("route", "sleep")])
def test_plugins_that_hang_fail_at_their_points_and_the_others_go_on(installed, spec, when, how):
    store = MemoryStore()
    outcome = runner.run(tasks(when, how), store, spec, 2)
    assert [(each.kind, "endless" in each.label) for each in outcome.failed].count(("simulation", True)) == 1
    assert len(outcome.failed) == (2 if when == "compile" else 1)
    assert all("0.5" in each.label and "took more than 0." in each.error for each in outcome.failed)
    assert all("endless" in each.error for each in outcome.failed)
    assert outcome.done == len(store.rows) == 8 - len(outcome.failed)


SLOW = """
import sys, time
import numpy as np
from entsched.behavior import Behavior
from entsched.strategies import Resource, RoutingPlan, Strategy, StrategyClass

time.sleep(0.2)


class Endless(Strategy):
    name, summary = "endless", "takes long to load, and leaves"
    strategy_class, resource, uses_splitting = StrategyClass.SCHEDULED, Resource.LOCAL, False

    when: str = "never"

    def model_post_init(self, context):
        if self.when == "load":
            sys.exit(0)

    def compile(self, scenario):
        if self.when == "compile":
            sys.exit(0)
        answer = self.answer if self.when == "route" else (lambda output, view: output)
        n = len(scenario.workload.types)
        return RoutingPlan(Behavior.from_coalescing(np.full((n, n), 0.5)), answer=(answer, answer))

    def answer(self, output, view):
        sys.exit(0)
"""


@pytest.fixture
def slow(site, monkeypatch):
    """The plugin that takes longer to load than code of plugins may take."""
    (site / "endless_strategy.py").write_text(SLOW)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("ENTSCHED_PATIENCE_S", "0.1")
    sys.modules.pop("endless_strategy", None)
    yield
    sys.modules.pop("endless_strategy", None)


def test_what_loads_slowly_is_loaded(slow):
    assert StrategyChoice(name="endless").label == "endless"
    sys.modules.pop("endless_strategy")
    assert find_plugin("endless_strategy:Endless", {}).name == "endless"


def test_what_never_loads_is_refused(slow, monkeypatch):
    monkeypatch.setattr(deadline, "PATIENCE_S", 0.1)
    with pytest.raises(ValidationError, match=r"'endless' failed to load: it took more than 0\.1 s"):
        StrategyChoice(name="endless")
    with pytest.raises(DeadlineError, match=r"the import took more than 0\.1 s"):
        find_plugin("endless_strategy:Endless", {})


@pytest.mark.parametrize("when", ["load", "compile", "route"])
def test_plugins_that_leave_the_process_fail(slow, monkeypatch, when):
    monkeypatch.setenv("ENTSCHED_PATIENCE_S", "30")
    common = {"workload": {"arrival_rate_hz": 0.5, "service": DISCRETE}, "baseline": {"law": "linear"}}
    with pytest.raises((StrategyError, ValidationError), match=f"'endless.*' failed to {when}: SystemExit: 0"):
        SimulationTask(
            **common,
            strategy=StrategyChoice(name="endless", parameters={"when": when}),
            pairs=50,
            replication=0,
            splitting=None,
        ).evaluate()


CONFIG = {
    "name": "endless",
    "workload": {"arrival_rate_hz": 0.5, "service": DISCRETE},
    "baseline": {"law": "linear"},
    "splitting": [0.25, 0.5],
    "simulation": {"pairs": 50, "replications": 2},
}


def configured(folder, **parameters):
    path = folder / "c.yaml"
    strategies = ["classical-optimal", {"name": "endless", **parameters}]
    path.write_text(yaml.safe_dump(CONFIG | {"strategies": strategies}))
    return path


def test_a_plugin_that_never_ends_is_refused_before_anything_is_written(installed, call, tmp_path):
    config = configured(tmp_path, when="route", how="spin", everywhere=True)
    code, _, errors = call("run", config, "--out", tmp_path / "out", "--executor", "serial")
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "endless" in errors
    assert "took more than 0.21 s" in errors


SCRIPT = """
import sys
from task_doubles import MemoryStore
from test_deadline import tasks
from entsched import runner

if __name__ == "__main__":
    store = MemoryStore()
    outcome = runner.run([*tasks("compile", "sleep"), *tasks("route", "spin")], store, sys.argv[1], 2)
    print(outcome.done, *sorted(failure.error for failure in outcome.failed), sep="\\n")
"""


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["processes", "dask"])
def test_sweeps_go_on_in_other_processes(site, tmp_path, spec):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    path = os.pathsep.join([str(site), "tests", ".", os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "ENTSCHED_PATIENCE_S": "8"}  # workers load what they need in it
    command = [sys.executable, str(script), spec]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    rows, *errors = done.stdout.splitlines()
    assert int(rows) == 2 * 8 - 3
    assert len(errors) == 3
    assert all("DeadlineError" in error and "endless" in error and "took more than 8" in error for error in errors)
