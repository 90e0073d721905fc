"""What cells cost: alone, in a sweep, for the process that hands them out, and on workers side by side."""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import product
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from entsched import runner, sweep
from entsched.axes import Study
from entsched.executors import open_executor
from entsched.store import Store
from entsched.tasks import SimulationTask, Task

#: A cell as most figures have it, and as small as it is worth simulating.
LARGE, SMALL = 200_000, 1_000

#: Pairs of a cell, and how many cells of that size are timed.
SIZES = {1_000: 200, 20_000: 60, 200_000: 30, 2_000_000: 7}

#: How many times work of a few seconds is done.
ROUNDS = 3

MODEL: dict[str, Any] = {
    "workload": {
        "arrival_rate_hz": 0.5,
        "service": {"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]},
    },
    "baseline": {"law": "power", "exponent": 2},
}


def cells(pairs: int, many: int, first: int = 0) -> list[SimulationTask]:
    """Replications of the quantum optimum at p = 0.25, none of which knows its key yet."""
    start = SimulationTask(**MODEL, strategy={"name": "quantum-optimal"}, splitting=0.25, pairs=pairs, replication=0)  # type: ignore[arg-type]
    return [start.model_copy(update={"replication": first + number}) for number in range(many)]


def figure_study(pairs: int, splittings: int, replications: int) -> Study:
    """A Pareto figure: four strategies at many splitting probabilities, some replications each."""
    simulation = {"pairs": pairs, "replications": replications}
    strategies = ["random", "classical-optimal", "quantum-optimal", "full-information"]
    splitting = {"start": 0.0, "stop": 1.0, "num": splittings}
    data = {"name": "figure", **MODEL, "splitting": splitting, "strategies": strategies, "simulation": simulation}
    return Study("figure", (), data)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long work takes by a clock."""
    start = clock()
    work()
    return clock() - start


def evaluated(tasks: Sequence[Task]) -> int:
    """Evaluate tasks with nothing around them, and count them."""
    return len([task.evaluate() for task in tasks])


class Cost(NamedTuple):
    """Seconds of a cell by its pairs, medians, and the line through them, in seconds and seconds a pair."""

    measured: dict[int, float]
    fixed_s: float
    pair_s: float

    def cell_s(self, pairs: int) -> float:
        """The seconds of a cell on the line."""
        return self.fixed_s + self.pair_s * pairs


def cost_by_pairs() -> Cost:
    """Time cells of all sizes; the line is fitted to relative errors, so that each size counts alike."""
    evaluated(cells(SMALL, 1))
    measured = {pairs: median(seconds(each.evaluate) for each in cells(pairs, many)) for pairs, many in SIZES.items()}
    times, sizes = np.array(list(measured.values())), np.array(list(measured))
    line = np.linalg.lstsq(np.stack([1 / times, sizes / times], axis=1), np.ones(len(times)), rcond=None)[0]
    return Cost(measured, float(line[0]), float(line[1]))


class Overhead(NamedTuple):
    """What a sweep adds to its cells: seconds of the cells alone, of the sweep, and per cent of processor time."""

    bare_s: float
    sweep_s: float
    percent: float
    cell_s: float


def overhead(pairs: int, many: int) -> Overhead:
    """Cells alone and cells in a sweep with a store on disk, in turns; ratios are taken within rounds."""
    evaluated(cells(pairs, 1))
    rounds = []
    for number in range(2 * ROUNDS - 1):
        times = []
        for work in (evaluated, _swept):
            tasks = cells(pairs, many, number * many)
            before = time.perf_counter(), time.process_time()
            work(tasks)
            times.append((time.perf_counter() - before[0], time.process_time() - before[1]))
        rounds.append(times)
    bare_s, sweep_s = (median(times[k][0] for times in rounds) for k in (0, 1))
    added = [(swept[1] - bare[1], bare[1]) for bare, swept in rounds]
    percent = 100 * median(extra / bare for extra, bare in added)
    return Overhead(bare_s, sweep_s, percent, median(extra for extra, _ in added) / many)


def _swept(tasks: Sequence[Task]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        runner.run(tasks, store, "serial", 1)


class Coordination(NamedTuple):
    """What a cell costs the one process that plans, hands out and writes, and what travels for it."""

    plan_s: float
    cell_s: float
    bytes_out: float
    bytes_back: float


def coordination() -> Coordination:
    """Plan a figure of the smallest cells, and run it on processes, watching the processor time of this one."""
    study = figure_study(SMALL, 60, 10)
    plans, runs = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
            start = time.process_time()
            tasks = [task for task in sweep.missing(study.experiments(), store) if isinstance(task, SimulationTask)]
            plans.append((time.process_time() - start) / len(tasks))
            start = time.process_time()
            runner.run(tasks, store, "processes", 2)
            runs.append((time.process_time() - start) / len(tasks))
    batch = tasks[:25]
    out, back = (len(pickle.dumps(each, pickle.HIGHEST_PROTOCOL)) for each in (batch, runner.evaluate_batch(batch)))
    return Coordination(median(plans), median(runs), out / len(batch), back / len(batch))


class Speed(NamedTuple):
    """What workers do in one sweep: seconds until the first row, and pairs a second after a tenth of the rows."""

    begin_s: float
    pairs_per_s: float


#: Workers by name: the executor and how many.
WORKERS = {
    "serial": ("serial", 1),
    "threads": ("threads", 2),
    "processes": ("processes", 2),
    "dask": ("dask", 2),
}

ALONE = "two processes, no sweep"


def speeds(many: int = 160) -> dict[str, list[Speed]]:
    """Sweeps of large cells on all kinds of workers, in turns, and two processes that only evaluate."""
    found: dict[str, list[Speed]] = {name: [] for name in (*WORKERS, ALONE)}
    for number, name in product(range(ROUNDS), found):
        tasks = cells(LARGE, many, number * many)
        found[name].append(_side_by_side(tasks) if name == ALONE else _speed(tasks, *WORKERS[name]))
    return found


def _speed(tasks: Sequence[Task], spec: str, workers: int) -> Speed:
    ticks: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        start = time.perf_counter()
        runner.run(tasks, store, spec, workers, lambda task: ticks.append(time.perf_counter()))
    tenth = len(tasks) // 10
    settled = max(place for place, tick in enumerate(ticks) if tick <= ticks[tenth] + 0.01)
    return Speed(ticks[0] - start, LARGE * (len(ticks) - 1 - settled) / (ticks[-1] - ticks[settled]))


def _side_by_side(tasks: Sequence[Task]) -> Speed:
    start = time.perf_counter()
    with open_executor("processes", 2) as pool:
        [each.result() for each in [pool.executor.submit(evaluated, tasks[:1]) for _ in range(2)]]
        begun = time.perf_counter()
        [each.result() for each in [pool.executor.submit(evaluated, tasks[k::2]) for k in (0, 1)]]
        took_s = time.perf_counter() - begun
    return Speed(begun - start, LARGE * len(tasks) / took_s)
