"""From tasks to rows in the store: batches of tasks go to workers, and what comes back is written."""

from __future__ import annotations

import itertools
import math
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field

from entsched.errors import ExecutorError
from entsched.executors import Pool, build, open_executor
from entsched.store import Failure, Store
from entsched.tasks import Row, Task, evaluated

#: Called with each task whose row or failure has been written.
Progress = Callable[[Task], None]

#: The row of a task or what went wrong, and the seconds it took.
Result = tuple[Row | None, str | None, float]

#: How long a batch should take, after how long a worker hands back the rest of it, in seconds.
TARGET_S, LIMIT_S = 0.25, 1.0

MAX_BATCH = 1000

#: The weight of the latest task in the expected duration of its kind.
LEARNING = 0.1


@dataclass(frozen=True)
class Outcome:
    """What a run did: rows written, tasks that failed, and how long it took in seconds."""

    done: int
    failed: tuple[Failure, ...]
    seconds: float


def run(
    tasks: Iterable[Task], store: Store, spec: str, workers: int, progress: Progress = lambda task: None
) -> Outcome:
    """Evaluate tasks and write their rows as they arrive.

    Rows do not depend on the executor, the number of workers or the order. A task that raises, or whose
    worker dies both in company and alone, is written as a failure, and the run goes on. An interrupted
    run keeps every row that was written.

    Parameters
    ----------
    tasks : read only as far ahead as workers need
    store : written by this process alone
    spec, workers : see :func:`entsched.executors.open_executor`
    progress : told each task once it is written

    Raises
    ------
    ExecutorError
        If the workers cannot be had, or are lost for good.
    StoreError
        If the store cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from entsched.tasks import BoundTask
    >>> workload = {"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}}
    >>> tasks = [BoundTask(workload=workload, splitting=p) for p in (0.0, 0.5)]
    >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
    ...     outcome = run(tasks, store, "serial", 1)
    ...     outcome.done, len(store.keys())
    (2, 2)
    """
    started = time.perf_counter()
    ledger = _Ledger(store, progress)
    queue = _Queue(iter(tasks))
    broken = queue.holds_any()
    while broken:
        with open_executor(spec, workers) as pool:
            broken = _drain(queue, pool, ledger)
    return Outcome(ledger.done, tuple(ledger.failed), time.perf_counter() - started)


def evaluate_batch(tasks: Sequence[Task]) -> list[Result]:
    """The results of a batch, in its order; of its first tasks only, if they take over a second.

    Examples
    --------
    >>> evaluate_batch([])
    []
    """
    results: list[Result] = []
    started = before = time.perf_counter()
    for task in tasks:
        row, error = _attempt(task)
        now = time.perf_counter()
        results.append((row, error, now - before))
        before = now
        if now - started > LIMIT_S:
            break
    return results


def evaluate_parcel(parcel: bytes, expected: str) -> list[Result]:
    """The results of a batch that travelled as one pickle, on a worker of the expected build.

    Raises
    ------
    ExecutorError
        If this worker runs another version of the package.
    """
    if build() != expected:
        raise ExecutorError(f"executor: a worker has {build()}, allowed: {expected}")
    return evaluate_batch(pickle.loads(parcel))  # noqa: S301 (from the process that started this one)


@dataclass(frozen=True)
class _Batch:
    """Tasks that are handed out together; a suspect is handed out alone."""

    tasks: tuple[Task, ...]
    alone: bool = False


@dataclass
class _Queue:
    """Tasks to hand out: suspects one at a time, then those handed back, then new ones."""

    new: Iterator[Task]
    returned: deque[Task] = field(default_factory=deque)
    suspects: deque[Task] = field(default_factory=deque)
    seconds: dict[str, float] = field(default_factory=dict)

    def holds_any(self) -> bool:
        self.returned.extend(itertools.islice(self.new, 1))
        return bool(self.returned)

    def batch(self) -> _Batch:
        """The next tasks that together should take a quarter of a second, or one of a kind not met yet."""
        if self.suspects:
            return _Batch((self.suspects.popleft(),), alone=True)
        tasks: list[Task] = []
        expected = 0.0
        while expected < TARGET_S and len(tasks) < MAX_BATCH:
            task = self.returned.popleft() if self.returned else next(self.new, None)
            if task is None:
                break
            tasks.append(task)
            expected += self.seconds.get(task.kind, math.inf)
        return _Batch(tuple(tasks))

    def take_back(self, batch: _Batch, done: int = 0) -> None:
        """Hand out again, first of all, what a worker has not done."""
        (self.suspects if batch.alone else self.returned).extendleft(reversed(batch.tasks[done:]))

    def learn(self, batch: _Batch, results: list[Result]) -> None:
        """Correct the expected duration of each kind by what tasks took."""
        for task, (_, _, seconds) in zip(batch.tasks, results, strict=False):
            expected = self.seconds.get(task.kind, seconds)
            self.seconds[task.kind] = expected + LEARNING * (seconds - expected)


@dataclass
class _Ledger:
    """Writes what comes back, and counts it."""

    store: Store
    progress: Progress
    done: int = 0
    failed: list[Failure] = field(default_factory=list)

    def enter(self, batch: _Batch, results: list[Result]) -> None:
        """Write the rows of a batch together, and its failures."""
        pairs = list(zip(batch.tasks, results, strict=False))
        rows = [(task.key, task.kind, row) for task, (row, _, _) in pairs if row is not None]
        if rows:
            self.store.put_many(rows)
        self.done += len(rows)
        for task, (_, error, _) in pairs:
            if error is not None:
                self.fail(task, error)
            else:
                self.progress(task)

    def fail(self, task: Task, error: str) -> None:
        """Write one failure."""
        failure = Failure(task.key, task.kind, task.label, error)
        self.store.fail(failure.key, failure.kind, failure.label, failure.error)
        self.failed.append(failure)
        self.progress(task)


def _drain(queue: _Queue, pool: Pool, ledger: _Ledger) -> bool:
    """Hand out and take in until nothing is left (false) or a worker took its pool along (true)."""
    running: dict[Future[list[Result]], _Batch] = {}
    broken = False
    while True:
        while not broken and len(running) < _room(queue, running, pool):
            batch = queue.batch()
            if not batch.tasks:
                break
            try:
                running[_hand_out(batch, pool)] = batch
            except BrokenExecutor:
                queue.take_back(batch)
                broken = True
        if not running:
            return broken
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            broken |= _take_in(future, running.pop(future), queue, pool, ledger)


def _room(queue: _Queue, running: dict[Future[list[Result]], _Batch], pool: Pool) -> int:
    """How many batches may be out: one while a suspect is next or out."""
    return 1 if queue.suspects or any(batch.alone for batch in running.values()) else pool.depth()


def _hand_out(batch: _Batch, pool: Pool) -> Future[list[Result]]:
    if not pool.remote:
        return pool.executor.submit(evaluate_batch, batch.tasks)
    try:
        parcel = pickle.dumps(batch.tasks, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # whatever a plugin's objects raise
        refused: Future[list[Result]] = Future()
        refused.set_exception(error)
        return refused
    return pool.executor.submit(evaluate_parcel, parcel, build())


def _take_in(future: Future[list[Result]], batch: _Batch, queue: _Queue, pool: Pool, ledger: _Ledger) -> bool:
    """Write what came back; tasks of a batch that was lost are tried alone. Whether the pool is broken."""
    error = future.exception()
    if error is None:
        results = future.result()
        queue.learn(batch, results)
        ledger.enter(batch, results)
        queue.take_back(batch, len(results))
    elif isinstance(error, ExecutorError):
        raise error
    elif batch.alone:
        ledger.fail(batch.tasks[0], "its worker died" if isinstance(error, pool.death) else _described(error))
    else:
        queue.suspects.extend(batch.tasks)
    return isinstance(error, BrokenExecutor)


def _attempt(task: Task) -> tuple[Row | None, str | None]:
    try:
        return evaluated(task), None
    except Exception as error:  # whatever a plugin raises: recorded, and the sweep goes on
        return None, _described(error)


def _described(error: BaseException) -> str:
    """The type of an error and the first line of its message."""
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0][:500]}" if lines else type(error).__name__
