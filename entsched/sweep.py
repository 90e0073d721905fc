"""From an experiment to its tasks, and from tasks to rows in the store: only what is missing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass

from entsched.config import Experiment, Simulation
from entsched.store import Store
from entsched.tasks import BoundTask, CertificateTask, ExactTask, GainTask, Row, SimulationTask, Task

#: Called with the kind of each task that is done.
Progress = Callable[[str], None]

#: How many tasks each worker has waiting for it.
AHEAD = 4


@dataclass(frozen=True)
class Plan:
    """All tasks of an experiment, by kind, in the order of their splitting probabilities."""

    bounds: tuple[BoundTask, ...]
    exact: tuple[ExactTask, ...]
    simulations: tuple[SimulationTask, ...]
    gains: tuple[GainTask, ...]
    certificates: tuple[CertificateTask, ...]

    def __iter__(self) -> Iterator[Task]:
        return iter((*self.bounds, *self.exact, *self.gains, *self.certificates, *self.simulations))


def plan(experiment: Experiment) -> Plan:
    """Every task an experiment names.

    Examples
    --------
    >>> experiment = Experiment(name="one", splitting=[0.5], strategies=["random"],
    ...     workload={"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}},
    ...     baseline={"law": "power", "exponent": 2}, simulation={"replications": 3})
    >>> tasks = plan(experiment)
    >>> len(tasks.bounds), len(tasks.exact), len(tasks.simulations)
    (1, 1, 3)
    """
    workload, baseline = experiment.workload, experiment.baseline
    simulated = experiment.simulation.splitting if experiment.simulation else None
    points = sorted({*experiment.splitting, *(simulated or ())})
    gains: tuple[GainTask, ...] = ()
    if experiment.map is not None:
        gains = tuple(
            GainTask(workload=experiment.cell(load, scv), splittings=experiment.splitting, load=load, scv=scv)
            for load in experiment.map.load
            for scv in experiment.map.scv
        )
    return Plan(
        bounds=tuple(BoundTask(workload=workload, splitting=p, cross_check=True) for p in experiment.splitting),
        exact=tuple(
            ExactTask(workload=workload, baseline=baseline, strategy=choice, splitting=p)
            for choice in experiment.strategies
            for p in (points if choice.strategy.uses_splitting else (None,))
        ),
        simulations=tuple(_simulations(experiment, experiment.simulation)) if experiment.simulation else (),
        gains=gains,
        certificates=tuple(
            CertificateTask(workload=workload, splitting=p)
            for p in experiment.splitting
            if experiment.strategies and len(workload.types) > 1
        ),
    )


def _simulations(experiment: Experiment, simulation: Simulation) -> Iterator[SimulationTask]:
    splittings = simulation.splitting or experiment.splitting
    for choice in experiment.strategies:
        for p in splittings if choice.strategy.uses_splitting else (None,):
            for replication in range(simulation.replications):
                yield SimulationTask(
                    workload=experiment.workload,
                    baseline=experiment.baseline,
                    strategy=choice,
                    splitting=p,
                    pairs=simulation.pairs,
                    seed=simulation.seed,
                    replication=replication,
                    warmup_fraction=simulation.warmup_fraction,
                    measurement=simulation.measurement,
                )


def missing(tasks: Iterable[Task], store: Store) -> list[tuple[str, Task]]:
    """The tasks, with their keys, whose rows are not in the store."""
    done = store.keys()
    keyed = ((task.key, task) for task in tasks)
    return [(key, task) for key, task in keyed if key not in done]


def run(todo: list[tuple[str, Task]], store: Store, workers: int, progress: Progress = lambda kind: None) -> None:
    """Evaluate tasks and write each row as soon as it is there.

    Rows do not depend on the number of workers or the order; an interrupted run keeps all rows
    that were written.

    Parameters
    ----------
    todo : tasks with their keys, as :func:`missing` gives them
    workers : processes; 1 runs in this one
    progress : told the kind of each finished task
    """
    if workers <= 1 or len(todo) <= 1:
        for key, task in todo:
            store.put(key, task.kind, task.evaluate())
            progress(task.kind)
        return
    with ProcessPoolExecutor(workers, initializer=_begin_worker, initargs=(os.getpid(),)) as executor:
        try:
            for key, task, row in _evaluated(todo, executor, workers * AHEAD):
                store.put(key, task.kind, row)
                progress(task.kind)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _evaluated(todo: list[tuple[str, Task]], executor: Executor, ahead: int) -> Iterator[tuple[str, Task, Row]]:
    """Rows as they are done, with no more than ``ahead`` tasks handed out at a time."""
    queue = iter(todo)
    running: dict[Future[Row], tuple[str, Task]] = {}
    while True:
        for key, task in queue:
            running[executor.submit(task.evaluate)] = (key, task)
            if len(running) >= ahead:
                break
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            key, task = running.pop(future)
            yield key, task, future.result()


def _begin_worker(parent: int) -> None:
    """Leave interrupts to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def default_workers() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
