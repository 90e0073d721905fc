"""Replications until a precision is reached, by the rule computed anew; intervals of runs against exact figures."""

import csv
import math

import numpy as np
import pytest
import yaml
from scipy.stats import t

from entsched import experiment, figures, report, runner
from entsched.axes import load_study
from entsched.completing import Workers
from entsched.sim.statistics import student_interval
from entsched.sim.variance import paired
from entsched.store import Store
from entsched.tasks import ExactTask, SimulationTask
from entsched.workload import Workload

BASE = yaml.safe_load(
    """
name: precise
workload:
  arrival_rate_hz: 0.3
  service: {law: discrete, values_s: [0.1, 1.9], probabilities: [0.5, 0.5]}
baseline: {law: power, exponent: 2}
splitting: [0.3, 0.6]
strategies: [random]
certificates: false
"""
)
RULE = {"pairs": 2000, "precision": 0.05, "replications": 4, "most_replications": 200}
FIGURES = ("mean_wait_s", "baseline_rate")


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Tables without figures, whose drawing takes longer than the rest."""
    monkeypatch.setattr(figures, "draw_all", lambda *arguments: None)
    monkeypatch.setattr(figures, "draw_sweep", lambda *arguments: None)


def study_of(folder, **changes):
    (folder / "c.yaml").write_text(yaml.safe_dump(BASE | {"simulation": RULE | changes}))
    return load_study(folder / "c.yaml")


def points(folder):
    """All replications in a folder by splitting probability, in the order of their numbers."""
    found: dict[float, list] = {}
    with Store(folder, read_only=True) as store:
        for _, row in store.stream("simulation"):
            found.setdefault(row["splitting"], []).append(row)
    return {p: sorted(found[p], key=lambda row: row["replication"]) for p in sorted(found)}


def half_width(values, deviation, n):
    """Of a 95 % interval by Student's t, relative to the mean, if n values had this deviation."""
    return t.ppf(0.975, n - 1) * deviation / math.sqrt(n) / abs(np.mean(values))


def stops_at(rows, precision, replications, most):
    """How many of the replications the sequential rule makes, from the values alone."""
    n = replications
    while True:
        needed = n
        for name in FIGURES:
            values = [row[name] for row in rows[:n]]
            enough = n
            while half_width(values, np.std(values, ddof=1), enough) > precision and enough < 2 * n:
                enough += 1
            needed = max(needed, enough)
        if min(needed, most) == n:
            return n
        n = min(needed, most)


def precision_of(rows):
    return max(half_width(v := [row[name] for row in rows], np.std(v, ddof=1), len(rows)) for name in FIGURES)


def strategies(folder):
    with (folder / "strategies.csv").open() as file:
        return {float(row["splitting"]): row for row in csv.DictReader(file)}


@pytest.fixture
def reached(tmp_path):
    """A folder in which the precision has been reached, and what its study reports."""
    return tmp_path / "reached", experiment.run(study_of(tmp_path), tmp_path / "reached", Workers("serial"))


def test_replications_are_those_of_the_rule_until_both_intervals_are_narrow(reached):
    folder, results = reached
    found = points(folder)
    assert results.report.notes == []
    assert list(found) == [0.3, 0.6]
    for p, rows in found.items():
        n = len(rows)
        assert [row["replication"] for row in rows] == list(range(n))
        assert stops_at(rows, 0.05, 4, 200) == n > 4
        assert precision_of(rows) <= 0.05
        assert strategies(folder)[p]["sim_replications"] == str(n)
        low, high = (float(strategies(folder)[p][f"sim_mean_wait_s_{end}"]) for end in ("low", "high"))
        assert (high - low) / (high + low) <= 0.05
    assert len({len(rows) for rows in found.values()}) == 2


def test_interrupted_again_and_again_it_makes_the_same_replications(reached, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "LIMIT_S", 0.0)  # every row is written on its own
    folder, _ = reached
    study, cut = study_of(tmp_path), tmp_path / "cut"
    interruptions = 0
    while True:
        left = iter(range(3))

        def tick(task, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt

        try:
            experiment.run(study, cut, Workers("serial"), lambda counts, tick=tick: tick)
            break
        except KeyboardInterrupt:
            interruptions += 1
    assert interruptions > 3
    assert points(cut) == points(folder)
    assert strategies(cut) == strategies(folder)


def test_a_precision_out_of_reach_stops_and_says_so(tmp_path):
    results = experiment.run(
        study_of(tmp_path, precision=0.001, most_replications=12), tmp_path / "out", Workers("serial")
    )
    found = points(tmp_path / "out")
    assert [len(rows) for rows in found.values()] == [12, 12]
    for note, (p, rows) in zip(results.report.notes, found.items(), strict=True):
        width = f"{precision_of(rows):.2g}"
        assert note == f"random at p = {p}: precision {width} after 12 replications, asked for 0.001"


def test_a_report_uses_the_replications_of_the_rule_and_no_more(reached, tmp_path):
    """After a tighter run, the wider one needs nothing new and reports what it did at first."""
    folder, results = reached
    first, fewer = strategies(folder), {p: len(rows) for p, rows in points(folder).items()}
    experiment.run(study_of(tmp_path, precision=0.035), folder, Workers("serial"))
    more = points(folder)
    assert all(len(rows) > fewer[p] and stops_at(rows, 0.035, 4, 200) == len(rows) for p, rows in more.items())
    assert {p: int(row["sim_replications"]) for p, row in strategies(folder).items()} == {p: len(more[p]) for p in more}
    wide = study_of(tmp_path)
    with Store(folder) as store:
        assert report.build(next(wide.experiments()), store).strategies == results.report.strategies
    assert experiment.run(wide, folder, Workers("serial")).failed == ()
    assert points(folder) == more
    assert strategies(folder) == first
    for p, row in first.items():
        mean = np.mean([one["mean_wait_s"] for one in more[p][: fewer[p]]])
        assert float(row["sim_mean_wait_s"]) == pytest.approx(mean, rel=1e-12)


def test_every_cell_of_a_sweep_follows_its_own_rule(tmp_path):
    study = study_of(tmp_path, precision=[0.1, 0.05])
    assert experiment.run(study, tmp_path / "out", Workers("threads", 2)).failed == ()
    found = points(tmp_path / "out")
    with (tmp_path / "out" / "strategies.csv").open() as file:
        made = [
            (float(row["simulation.precision"]), float(row["splitting"]), int(row["sim_replications"]))
            for row in csv.DictReader(file)
        ]
    ruled = [(limit, p, stops_at(rows, limit, 4, 200)) for limit in (0.1, 0.05) for p, rows in found.items()]
    assert sorted(made) == sorted(ruled)
    assert [len(rows) for rows in found.values()] == [n for limit, _, n in ruled if limit == 0.05]


TWO = Workload(arrival_rate_hz=0.5, service=BASE["workload"]["service"])


def task_of(kind, strategy, **more):
    return kind(workload=TWO, baseline=BASE["baseline"], strategy={"name": strategy}, splitting=0.3, **more)


def measured(strategy, pairs, count):
    """The figures of replications of the fast engine, by name."""
    first = task_of(SimulationTask, strategy, pairs=pairs, replication=0)
    runs = [first.model_copy(update={"replication": number}).evaluate() for number in range(count)]
    return {name: np.array([run[name] for run in runs]) for name in runs[0] if isinstance(runs[0][name], float)}


def coverage(name, intervals, exact):
    """The share of intervals that hold the exact value, which is also printed."""
    share = float(np.mean([low <= exact <= high for low, high in intervals]))
    print(f"{name}: {100 * share:.1f} % of {len(intervals)} intervals hold {exact:.6g}")
    return share


def of_tens(interval, *values):
    """The ends of the intervals of every ten replications."""
    estimates = (interval(*ten) for ten in zip(*(each.reshape(-1, 10) for each in values), strict=True))
    return [(e.low, e.high) for e in estimates]


@pytest.mark.slow
def test_intervals_of_replications_hold_exact_figures():
    exact = {name: task_of(ExactTask, name).evaluate() for name in ("quantum-optimal", "classical-optimal")}
    quantum = measured("quantum-optimal", 4000, 6000)
    for name in FIGURES:
        assert 0.93 <= coverage(name, of_tens(student_interval, quantum[name]), exact["quantum-optimal"][name]) <= 0.97
    controlled, plain = quantum["mean_wait_controlled_s"], quantum["mean_wait_s"]
    held = coverage(
        "controlled mean wait", of_tens(student_interval, controlled), exact["quantum-optimal"]["mean_wait_s"]
    )
    assert 0.93 <= held <= 0.97
    assert np.var(plain) / np.var(controlled) > 1.2
    classical = measured("classical-optimal", 4000, 4000)
    for name in FIGURES:
        ours, theirs = quantum[name][:4000], classical[name]
        gain = exact["quantum-optimal"][name] - exact["classical-optimal"][name]
        intervals = of_tens(lambda a, b: paired(a, b).difference, ours, theirs)
        assert 0.918 <= coverage(f"difference of {name}", intervals, gain) <= 0.982  # 400 intervals
        reduction = (np.var(ours) + np.var(theirs)) / np.var(ours - theirs)
        print(f"common customers are worth {reduction:.1f} times as many runs")
        assert reduction > 5


@pytest.mark.slow
def test_intervals_of_single_runs_by_batch_means_hold_exact_figures():
    exact = task_of(ExactTask, "quantum-optimal").evaluate()
    found = measured("quantum-optimal", 24_000, 1000)
    for name, half in (("mean_wait_s", "mean_wait_half_width_s"), ("baseline_rate", "baseline_rate_half_width")):
        ends = list(zip(found[name] - found[half], found[name] + found[half], strict=True))
        assert 0.93 <= coverage(f"{name} by batch means", ends, exact[name]) <= 0.97
