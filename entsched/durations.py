"""What tasks of one group would cost, from evaluating a few of them, simulations cut short."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from entsched.tasks import SimulationTask, Task, evaluated

Clock = Callable[[], float]

#: How many tasks of a group are timed at most.
MOST_TASKS = 30

#: Simulations are timed twice, with few pairs and with many; the difference is what a pair costs.
FEW_PAIRS, MANY_PAIRS = 300, 200_000


def cost_of(tasks: Sequence[Task], budget_s: float, clock: Clock = time.perf_counter) -> tuple[float, float] | None:
    """What tasks of one group cost: seconds once to begin (libraries, compilation), and for all of them.

    A few tasks spread over the group are evaluated, simulations cut short.

    Parameters
    ----------
    budget_s : no further task is begun after that many seconds
    clock : seconds

    Returns
    -------
    None if a task raises.

    Examples
    --------
    >>> from entsched.tasks import BoundTask
    >>> workload = {"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}}
    >>> begin_s, all_s = cost_of([BoundTask(workload=workload, splitting=p) for p in (0.0, 0.5)], 0.1)
    >>> begin_s >= 0.0, all_s > 0.0
    (True, True)
    """
    watch = _Watch(tasks, clock, clock() + budget_s)
    try:
        few = _cut(tasks[0], FEW_PAIRS)
        first_s = watch.seconds(few)
        if few is tasks[0] and watch.left_s() <= 0.0:
            return 0.0, first_s * len(tasks)
        begin_s = max(0.0, first_s - watch.seconds(few))
        samples: list[tuple[float, float]] = []
        for index in random.Random(0).sample(range(len(tasks)), min(len(tasks), MOST_TASKS)):
            if samples and watch.left_s() <= 0.0:
                break
            samples.append(watch.sample(index))
    except Exception:  # whatever a plugin raises: the run will say so
        return None
    prepare_s, each_s = (sum(column) / len(samples) for column in zip(*samples, strict=True))
    return begin_s, each_s * len(tasks) + max(0.0, prepare_s) * len({_prepared(task) for task in tasks})


@dataclass(frozen=True)
class _Watch:
    """Times tasks of one group until a deadline."""

    tasks: Sequence[Task]
    clock: Clock
    deadline_s: float

    def left_s(self) -> float:
        return self.deadline_s - self.clock()

    def seconds(self, task: Task) -> float:
        before_s = self.clock()
        evaluated(task)
        return self.clock() - before_s

    def sample(self, index: int) -> tuple[float, float]:
        """What is prepared once for several tasks, and what one task takes beyond."""
        task = self.tasks[index]
        few = _cut(task, FEW_PAIRS)
        cold_s = self.seconds(few)
        if not isinstance(task, SimulationTask):
            warm_s = self.seconds(self.tasks[(index + 1) % len(self.tasks)])
            return cold_s - warm_s, warm_s
        warm_s = self.seconds(few)
        affordable = int(FEW_PAIRS * max(2.0, self.left_s() / 2 / max(warm_s, 1e-6)))
        many = _cut(task, min(affordable, MANY_PAIRS))
        if pairs([many]) == pairs([few]):
            return cold_s - warm_s, warm_s
        pair_s = max(0.0, self.seconds(many) - warm_s) / (pairs([many]) - pairs([few]))
        return cold_s - warm_s, warm_s + pair_s * (task.pairs - pairs([few]))


def pairs(tasks: Sequence[Task]) -> int:
    """The pairs of requests that tasks simulate.

    Examples
    --------
    >>> pairs([])
    0
    """
    return sum(task.pairs for task in tasks if isinstance(task, SimulationTask))


def _cut(task: Task, most_pairs: int) -> Task:
    """A simulation of fewer pairs; any other task as it is."""
    if isinstance(task, SimulationTask) and task.pairs > most_pairs:
        return task.model_copy(update={"pairs": most_pairs})
    return task


def _prepared(task: Task) -> tuple[object, ...]:
    """What a worker prepares once: a workload's routing game; for simulations, the strategy's plan at one point."""
    if isinstance(task, SimulationTask):
        return id(task.workload), id(task.strategy), task.splitting
    return (id(task.workload),)  # type: ignore[attr-defined]
