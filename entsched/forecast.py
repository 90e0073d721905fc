"""What a run would do, and about how long it would take: tasks are counted, a few are timed, nothing is written."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from entsched import sweep
from entsched.axes import Study, study_to_yaml
from entsched.completing import Workers, try_out
from entsched.config import Experiment
from entsched.durations import cost_of, pairs
from entsched.executors import default_workers
from entsched.store import Store
from entsched.tasks import Task

#: How long tasks are timed for, in seconds, and how many groups at most.
BUDGET_S, MOST_TIMED = 3.0, 8

#: The sections of a configuration that tasks of a kind depend on: along other axes they are shared.
SECTIONS = {
    "bound": ("workload", "splitting"),
    "certificate": ("workload", "splitting"),
    "gain": ("workload", "splitting", "map"),
    **dict.fromkeys(
        ("advantage", "critical", "critical_visibility", "reach", "error_budget"),
        ("workload", "splitting", "entanglement", "envelope"),
    ),
    "exact": ("workload", "splitting", "baseline", "strategies"),
    "simulation": ("workload", "splitting", "baseline", "strategies", "simulation"),
}


@dataclass(frozen=True)
class GroupForecast:
    """One group of tasks.

    Attributes
    ----------
    name, kind : of the group, and of its tasks
    total, missing : tasks in all, and those without a row
    pairs : of requests, to simulate in the missing tasks
    seconds : what the missing tasks take one worker; None if no task could be timed
    """

    name: str
    kind: str
    total: int
    missing: int
    pairs: int
    seconds: float | None = None


@dataclass(frozen=True)
class Forecast:
    """What a run would do.

    Attributes
    ----------
    experiments : the combinations of a study
    exact : whether tasks were counted, or estimated from the first experiment and the number of rows
    sequential : whether replications will be added until they are precise enough; counted are the least
    workers : how many share the work; None if a cluster decides
    seconds : until all is computed, figures and tables not included; with unknown workers, for one of them;
        None if no task could be timed
    """

    name: str
    experiments: int
    groups: tuple[GroupForecast, ...]
    exact: bool
    sequential: bool
    workers: int | None
    seconds: float | None

    @property
    def total(self) -> int:
        """All tasks."""
        return sum(group.total for group in self.groups)

    @property
    def missing(self) -> int:
        """The tasks without a row."""
        return sum(group.missing for group in self.groups)

    @property
    def pairs(self) -> int:
        """The pairs of requests to simulate."""
        return sum(group.pairs for group in self.groups)


@dataclass(frozen=True)
class _Count:
    """A group, and tasks of it to time: its missing ones, or those of the first experiment."""

    group: GroupForecast
    tasks: Sequence[Task]


def forecast(study: Study, folder: Path | None = None, workers: Workers = Workers()) -> Forecast:  # noqa: B008
    """Count the tasks of a study that have no row yet, and time a few of them, for about three seconds.

    Parameters
    ----------
    folder : of the results; read if it is there, and never made

    Raises
    ------
    StoreError
        If the folder holds results that cannot be read.
    StrategyError
        If nothing is there yet, the study has no axes and one of its strategies cannot work at all.

    Examples
    --------
    >>> import tempfile
    >>> study = Study("one", (), {"name": "one", "splitting": [0.5], "baseline": {"law": "linear"},
    ...     "workload": {"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}}})
    >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
    ...     store.put_many((task.key, task.kind, {}) for task in sweep.plan(next(study.experiments())))
    ...     expected = forecast(study, Path(folder))
    >>> expected.total, expected.missing, expected.seconds
    (1, 0, 0.0)
    """
    first = next(study.experiments())
    with _store(folder) as store:
        tried_s = _trial_s(first) if store is None and not study.axes else 0.0
        tasks = list(sweep.plan(first))
        exact = len(tasks) * len(study) <= sweep.MOST_COUNTED
        counts = _counted(study, store) if exact else _estimated(study, tasks, store)
    count = worker_count(workers)
    begin_s, groups = _timed(counts)
    known = [group.seconds for group in groups if group.seconds is not None]
    begin_s += tried_s if count == 1 else 2 * tried_s  # other processes load once more what the trial loaded here
    seconds = begin_s + sum(known) / (count or 1) if len(known) == len(groups) else None
    return Forecast(study.name, len(study), groups, exact, sweep.is_sequential(study), count, seconds)


def _trial_s(first: Experiment) -> float:
    """How long the trial before a run takes."""
    before_s = time.perf_counter()
    try_out(first)
    return time.perf_counter() - before_s


@contextmanager
def _store(folder: Path | None) -> Iterator[Store | None]:
    if folder is None or not (folder / "results.sqlite").is_file():
        yield None
        return
    with Store(folder, read_only=True) as store:
        yield store


def worker_count(workers: Workers) -> int | None:
    """How many share the work; None if a cluster decides."""
    if workers.executor == "serial":
        return 1
    return None if workers.executor.startswith("dask:") else workers.count or default_workers()


def _counted(study: Study, store: Store | None) -> list[_Count]:
    """Every task of the plan looked up, and with the rule of ``precision`` the next replications."""
    planned = {task.key: task for experiment in study.experiments() for task in sweep.plan(experiment)}
    if store is None:
        missing = planned
    elif sweep.is_sequential(study):
        missing = {task.key: task for task in sweep.missing(study.experiments(), store)}
    else:
        missing = {key: planned[key] for key in store.missing(planned)}
    total = Counter(task.group for task in (planned | missing).values())
    kinds = {task.group: task.kind for task in planned.values()}
    tasks: dict[str, list[Task]] = {name: [] for name in total}
    for task in missing.values():
        tasks[task.group].append(task)
    return [
        _Count(GroupForecast(name, kinds[name], total[name], len(some), pairs(some)), some)
        for name, some in tasks.items()
    ]


def _estimated(study: Study, tasks: Sequence[Task], store: Store | None) -> list[_Count]:
    """As many of each group as in the first experiment, along every axis that matters to it; fewer by the rows."""
    complete = store is not None and store.is_complete(sweep.digest(study, study_to_yaml(study)))
    rows = store.kinds() if store else {}
    factors = {kind: _combinations(study, sections) for kind, sections in SECTIONS.items()}
    planned = Counter(task.kind for task in tasks)
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.group, []).append(task)
    counts = []
    for name, some in groups.items():
        kind = some[0].kind
        total = len(some) * factors[kind]
        left = 0.0 if complete else max(0.0, 1.0 - rows.get(kind, 0) / (planned[kind] * factors[kind]))
        simulated = round(pairs(some) * factors[kind] * left)
        counts.append(_Count(GroupForecast(name, kind, total, round(total * left), simulated), some))
    return counts


def _combinations(study: Study, sections: tuple[str, ...]) -> int:
    return math.prod(len(axis.values) for axis in study.axes if axis.key.split(".")[0] in sections)


def _timed(counts: list[_Count]) -> tuple[float, tuple[GroupForecast, ...]]:
    """What it costs to begin, and the groups with their seconds: one of each kind is timed, then others."""
    todo = [count for count in counts if count.group.missing]
    kinds = [count.group.kind for count in todo]
    order = sorted(range(len(todo)), key=lambda index: kinds[index] in kinds[:index])[:MOST_TIMED]
    began_s = time.perf_counter()
    begin_s = 0.0
    found: dict[str, float] = {}
    for number, count in enumerate(todo[index] for index in order):
        left_s = began_s + BUDGET_S - time.perf_counter()
        if left_s > 0.0 and (cost := cost_of(count.tasks, left_s / (len(order) - number))) is not None:
            begin_s += cost[0]
            found[count.group.name] = cost[1] * count.group.missing / len(count.tasks)
    return begin_s, tuple(_with_seconds(count.group, found, todo) for count in counts)


def _with_seconds(group: GroupForecast, found: dict[str, float], todo: list[_Count]) -> GroupForecast:
    """The group with the seconds that were found, or else by the mean of its kind, or else of all."""
    if not group.missing or group.name in found:
        return replace(group, seconds=found.get(group.name, 0.0))
    timed = [count.group for count in todo if count.group.name in found]
    like = [each for each in timed if each.kind == group.kind] or timed
    if not like:
        return group
    mean_s = sum(found[each.name] for each in like) / sum(each.missing for each in like)
    return replace(group, seconds=mean_s * group.missing)
