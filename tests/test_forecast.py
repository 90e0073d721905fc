"""Forecasts: what is counted, against enumeration; how time is shared and shown."""

import io

import pytest
import yaml
from conftest import DISCRETE
from rich.console import Console

from entsched import forecast, sweep
from entsched.axes import load_study, study_to_yaml
from entsched.completing import Workers
from entsched.errors import StoreError, StrategyError
from entsched.forecast import Forecast, GroupForecast
from entsched.render.forecast import as_json, print_forecast, sentence
from entsched.store import Store

BASE = {
    "name": "small",
    "workload": {"arrival_rate_hz": 0.5, "service": DISCRETE},
    "baseline": {"law": "power", "exponent": 2},
    "splitting": [0.25, 0.5],
    "strategies": ["random", "quantum-optimal"],
    "simulation": {"pairs": 1000, "replications": 3},
}
SWEPT = {
    "workload": {"arrival_rate_hz": [0.2, 0.4, 0.6], "service": DISCRETE},
    "baseline": {"law": "power", "exponent": [1.5, 2.0]},
}
FIGURES = ("mean_wait_s", "baseline_rate")


@pytest.fixture
def study(tmp_path):
    def write(**changes):
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(BASE | changes))
        return load_study(path)

    return write


@pytest.fixture(autouse=True)
def nothing_is_run(monkeypatch):
    """A task takes a second and a group a tenth of one to begin; the trial takes no time."""
    monkeypatch.setattr(forecast, "cost_of", lambda tasks, budget_s: (0.1, float(len(tasks))))
    monkeypatch.setattr(forecast, "_trial_s", lambda experiment: 0.0)


def distinct(study):
    return {task.key: task for experiment in study.experiments() for task in sweep.plan(experiment)}


def counted(result):
    return {group.name: (group.total, group.missing) for group in result.groups}


def tally(tasks, left):
    groups = {task.group for task in tasks.values()}
    return {name: tuple(sum(task.group == name for task in some.values()) for some in (tasks, left)) for name in groups}


def fill(folder, tasks, row=None):
    with Store(folder) as store:
        store.put_many((task.key, task.kind, row(task) if row else {}) for task in tasks)


@pytest.mark.parametrize("changes", [{}, SWEPT])
def test_tasks_are_counted_as_they_are(study, tmp_path, changes):
    one = study(**changes)
    tasks = distinct(one)
    fill(tmp_path / "out", list(tasks.values())[::3])
    left = dict(item for index, item in enumerate(tasks.items()) if index % 3)
    result = forecast.forecast(one, tmp_path / "out", Workers("serial"))
    assert counted(result) == tally(tasks, left)
    assert (result.experiments, result.exact, result.sequential) == (len(one), True, False)
    assert (result.total, result.missing) == (len(tasks), len(left))
    assert result.pairs == 1000 * sum(task.kind == "simulation" for task in left.values())
    assert result.seconds == pytest.approx(len(left) + 0.1 * len(result.groups))


def test_nothing_is_written(study, tmp_path):
    one, there = study(), tmp_path / "there"
    fill(there, list(distinct(one).values())[:3])
    before = {path: path.stat().st_mtime_ns for path in (there, *there.iterdir())}
    forecast.forecast(one, there)
    forecast.forecast(one, tmp_path / "elsewhere")
    assert {path: path.stat().st_mtime_ns for path in (there, *there.iterdir())} == before
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_with_other_contents_is_refused(study, tmp_path):
    (tmp_path / "results.sqlite").write_text("no database")
    with pytest.raises(StoreError):
        forecast.forecast(study(), tmp_path)


def test_large_studies_are_estimated(study, tmp_path, monkeypatch):
    one = study(**SWEPT)
    exact = forecast.forecast(one, None)
    monkeypatch.setattr(sweep, "MOST_COUNTED", 10)
    estimated = forecast.forecast(one, None)
    assert not estimated.exact
    assert counted(estimated) == counted(exact)
    assert estimated.pairs == exact.pairs
    simulations = [task for task in distinct(one).values() if task.kind == "simulation"]
    fill(tmp_path / "out", simulations[: len(simulations) // 2])
    half = counted(forecast.forecast(one, tmp_path / "out"))
    assert half == {
        name: (total, total // 2 if name in BASE["strategies"] else total) for name, (total, _) in half.items()
    }
    with Store(tmp_path / "out") as store:
        store.mark_complete(sweep.digest(one, study_to_yaml(one)))
    done = forecast.forecast(one, tmp_path / "out")
    assert (done.missing, done.pairs, done.seconds) == (0, 0, 0.0)


def test_replications_until_precise_are_counted_as_far_as_they_are_known(study, tmp_path):
    one = study(simulation={"pairs": 1000, "replications": 3, "precision": 0.01}, strategies=["random"])
    tasks = distinct(one)
    first = forecast.forecast(one, None)
    assert (first.sequential, first.missing) == (True, len(tasks))
    fill(tmp_path / "out", tasks.values(), lambda task: dict.fromkeys(FIGURES, 1.0 + getattr(task, "replication", 0)))
    result = counted(forecast.forecast(one, tmp_path / "out"))
    assert result["random"] == (12, 6)
    assert all(missing == 0 for name, (_, missing) in result.items() if name != "random")


@pytest.mark.parametrize(
    ("workers", "count"),
    [
        (Workers("serial", 4), 1),
        (Workers("processes", 4), 4),
        (Workers("threads", 3), 3),
        (Workers("dask", 2), 2),
        (Workers("dask:tcp://host:1", 2), None),
    ],
)
def test_workers_share_the_work(study, workers, count):
    result = forecast.forecast(study(), None, workers)
    assert result.workers == count
    assert result.seconds == pytest.approx(0.1 * len(result.groups) + result.total / (count or 1))


def test_groups_that_are_not_timed_cost_the_mean_of_their_kind(study, monkeypatch):
    timed = []

    def cost(tasks, budget_s):
        timed.append(tasks[0].group)
        return 0.0, len(tasks) * (10.0 if tasks[0].kind == "simulation" else 1.0)

    monkeypatch.setattr(forecast, "cost_of", cost)
    strategies = [{"name": "local-threshold", "threshold_b_s": 0.9 + 0.01 * number} for number in range(9)]
    result = forecast.forecast(study(strategies=strategies), None, Workers("serial"))
    assert len(timed) == forecast.MOST_TIMED
    assert {"bound", "exact", "certificate"} < set(timed[:4])
    assert {group.name: group.seconds for group in result.groups if group.kind == "simulation"} == {
        group.name: 10.0 * group.missing for group in result.groups if group.kind == "simulation"
    }


def test_no_time_is_given_if_no_task_can_be_evaluated(study, monkeypatch):
    monkeypatch.setattr(forecast, "cost_of", lambda tasks, budget_s: None)
    result = forecast.forecast(study(), None)
    assert result.seconds is None
    assert "unknown" in sentence(result)


def test_what_cannot_work_is_refused_before_a_first_run_only(study, tmp_path, monkeypatch):
    def refuse(experiment):
        raise StrategyError("no")

    monkeypatch.setattr(forecast, "_trial_s", refuse)
    fill(tmp_path / "out", [])
    assert forecast.forecast(study(), tmp_path / "out").missing
    assert forecast.forecast(study(**SWEPT), None).missing
    with pytest.raises(StrategyError):
        forecast.forecast(study(), None)


def shown(result):
    console = Console(file=io.StringIO(), width=100)
    print_forecast(result, console)
    return console.file.getvalue()


GROUPS = (
    GroupForecast("bound", "bound", 41, 40, 0, 80.0),
    GroupForecast("[bold]", "simulation", 1_000_000, 900_000, 2_500_000_000, 7200.0),
)


def test_a_forecast_is_a_table_and_a_sentence():
    text = shown(Forecast("one", 12, GROUPS, exact=False, sequential=False, workers=None, seconds=7280.0))
    assert "bounds" in text
    assert "[bold]" in text
    assert "2.5 G" in text
    assert text.splitlines()[-1] == (
        "one: 12 experiments, about 1,000,041 tasks, about 900,040 missing with 2.5 G pairs to simulate: "
        "about 2 hours divided by the workers of the cluster, figures and tables not included."
    )


def test_a_sequential_forecast_gives_the_least():
    text = sentence(Forecast("one", 1, GROUPS, exact=True, sequential=True, workers=1, seconds=7280.0))
    assert "at least 900,040 missing" in text
    assert "at least about 2 hours with 1 worker," in text
    assert text.endswith("Replications are added until they reach simulation.precision.")


def test_a_forecast_as_json_adds_up():
    data = as_json(Forecast("one", 12, GROUPS, exact=True, sequential=False, workers=2, seconds=3640.0))
    assert data["tasks"] == {"total": 1_000_041, "missing": 900_040}
    assert data["pairs"] == sum(group["pairs"] for group in data["groups"])
    assert data["groups"][0] == {
        "name": "bound",
        "kind": "bound",
        "total": 41,
        "missing": 40,
        "pairs": 0,
        "seconds": 80.0,
    }
