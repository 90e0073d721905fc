"""Run tasks that are missing: where they run, what progress says, what is tried first."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from entsched import runner, sweep
from entsched.axes import Study
from entsched.config import Experiment
from entsched.executors import default_workers
from entsched.games.split.classical import deterministic_oracle
from entsched.routing import routing_game
from entsched.store import Failure, Store
from entsched.strategies import registry
from entsched.tasks import Task, evaluated

#: Called with the number of tasks in each group; returns what is called with each task that is done.
StartProgress = Callable[[dict[str, int]], runner.Progress]


#: How long tasks run in this process before others are started, in seconds.
ALONE_S = 2.0


def quiet(counts: dict[str, int]) -> runner.Progress:
    """No progress at all."""
    return lambda task: None


@dataclass(frozen=True)
class Workers:
    """Where tasks run, in the words of :func:`entsched.executors.open_executor`."""

    executor: str = "processes"
    count: int | None = None

    def run(self, tasks: Iterable[Task], store: Store, progress: runner.Progress) -> runner.Outcome:
        """Evaluate tasks into a store.

        Processes are started only for work that is not done within two seconds; until then, and up
        to the first task of a plugin, whose code might end its process, tasks run in this one.
        """
        count = self.count or default_workers()
        if self.executor != "processes":
            return runner.run(tasks, store, self.executor, count, progress)
        if count == 1:
            return runner.run(tasks, store, "serial", count, progress)
        left = _Opening(iter(tasks), time.monotonic() + ALONE_S)
        first = runner.run(left, store, "serial", 1, progress)
        rest = runner.run(left.rest(), store, "processes", count, progress)
        return runner.Outcome(first.done + rest.done, first.failed + rest.failed, first.seconds + rest.seconds)


@dataclass
class _Opening:
    """The first tasks of many: those of this package, while there is time; then ``rest`` has the others."""

    tasks: Iterator[Task]
    deadline: float
    held_back: list[Task] = field(default_factory=list)

    def __iter__(self) -> Iterator[Task]:
        for task in self.tasks:
            if task.origin not in ("", registry.ORIGIN) or time.monotonic() > self.deadline:
                self.held_back.append(task)
                return
            yield task

    def rest(self) -> Iterator[Task]:
        """All tasks that were not yielded."""
        return itertools.chain(self.held_back, self.tasks)


def complete(
    study: Study, store: Store, workers: Workers, progress: StartProgress = quiet
) -> tuple[int, tuple[Failure, ...]]:
    """Evaluate what a study misses, in rounds if later replications depend on earlier ones.

    Returns how many rows were written, and the tasks that failed.
    """
    failed: tuple[Failure, ...] = ()
    done = 0
    while True:
        passed = {failure.key for failure in failed}
        tick = progress(sweep.sizes(study, store, passed))
        outcome = workers.run(sweep.missing(study.experiments(), store, passed), store, tick)
        done += outcome.done
        failed += outcome.failed
        if not sweep.is_sequential(study) or outcome.done + len(outcome.failed) == 0:
            return done, failed


def complete_envelope(
    experiment: Experiment, store: Store, workers: Workers, progress: StartProgress = quiet
) -> tuple[Failure, ...]:
    """Evaluate what the envelope of an experiment misses, and nothing else of it; returns the tasks that failed."""
    known = store.keys()
    places = sweep.envelope_places(experiment)
    tasks = {place.task.key: place.task for place in places if place.task is not None and place.task.key not in known}
    counts = Counter(task.group for task in tasks.values())
    return workers.run(tasks.values(), store, progress(dict(counts))).failed


def try_out(experiment: Experiment) -> None:
    """Refuse what cannot work before anything is written: the game's size, every strategy once.

    Raises
    ------
    EntschedError
        With the first thing that does not work.
    """
    deterministic_oracle(routing_game(experiment.workload))
    tasks = sweep.plan(experiment)
    for task in {task.strategy: task for task in reversed(tasks.exact)}.values():
        evaluated(task)
    for replication in {point[0].strategy: point[0] for point in tasks.simulations}.values():
        evaluated(replication.model_copy(update={"pairs": 10}))
