"""The running of tasks: every row arrives, whatever fails, and rows are the same wherever they come from."""

import itertools
import signal

import pytest
from conftest import DISCRETE
from task_doubles import Failing, MemoryStore, Poisoned, Square, Unfit, Unsendable

from entsched import runner, sweep
from entsched.config import Experiment
from entsched.errors import StoreError
from entsched.store import Store


def squares(numbers):
    return {f"Square-{number}": {"square": number**2} for number in numbers}


@pytest.mark.parametrize("spec", ["serial", "threads", "processes"])
def test_all_rows_arrive_and_failures_are_recorded(spec):
    store, told = MemoryStore(), []
    tasks = [Failing(n) if n % 7 == 3 else Square(n) for n in range(500)]
    outcome = runner.run(iter(tasks), store, spec, 2, told.append)
    failing = [task for task in tasks if isinstance(task, Failing)]
    assert store.rows == squares(n for n in range(500) if n % 7 != 3)
    assert store.failed.keys() == {task.key for task in failing}
    assert {failure.error for failure in outcome.failed} == {f"ValueError: {task.number} is odd" for task in failing}
    assert outcome.done == 500 - len(failing)
    assert sorted(task.number for task in told) == list(range(500))
    assert len(store.writes) < 100


def test_tasks_that_kill_their_workers_or_do_not_travel_fail_alone():
    store = MemoryStore()
    harmful = [Poisoned(10), Unfit(11), Unsendable(30), Poisoned(90)]
    tasks = [*map(Square, range(10)), *harmful[:2], *map(Square, range(12, 90)), *harmful[2:]]
    outcome = runner.run(tasks, store, "processes", 2)
    assert store.rows == squares(n for n in range(90) if n not in (10, 11))
    assert {failure.key: failure.error for failure in outcome.failed} == {
        "Poisoned-10": "its worker died",
        "Unfit-11": "LookupError: no such plugin",
        "Unsendable-30": "TypeError: cannot pickle",
        "Poisoned-90": "its worker died",
    }
    assert store.failed.keys() == {task.key for task in harmful}


def test_nothing_to_do_opens_nothing():
    assert runner.run([], MemoryStore(), "dask:tcp://127.0.0.1:1", 1).done == 0


def test_tasks_are_read_no_further_ahead_than_needed():
    store = MemoryStore()

    def stop(task):
        raise KeyboardInterrupt

    endless = map(Square, itertools.count())
    with pytest.raises(KeyboardInterrupt):
        runner.run(endless, store, "serial", 1, stop)
    assert store.rows == squares([0])
    assert next(endless).number == 1


@pytest.mark.parametrize("spec", ["serial", "processes"])
def test_an_interrupted_run_keeps_what_was_written(spec):
    store = MemoryStore()

    def interrupt(task):
        if len(store.rows) > 100:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        runner.run(map(Square, itertools.count()), store, spec, 2, interrupt)
    assert store.rows == {key: {"square": int(key.split("-")[1]) ** 2} for key in store.rows}
    assert len(store.rows) == sum(store.writes) > 100


@pytest.mark.parametrize("spec", ["serial", "threads"])
def test_an_error_of_the_store_ends_the_run(spec):
    class FullStore(MemoryStore):
        def put_many(self, rows):
            raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        runner.run(map(Square, itertools.count()), FullStore(), spec, 2)


def test_a_batch_that_takes_too_long_is_handed_back(monkeypatch):
    monkeypatch.setattr(runner, "LIMIT_S", 0.0)
    store, tasks = MemoryStore(), [Square(n) for n in range(50)]
    assert len(runner.evaluate_batch(tasks)) == 1
    assert runner.run(tasks, store, "serial", 1).done == 50
    assert store.writes == [1] * 50
    assert list(store.rows) == list(squares(range(50)))


def test_batches_grow_to_what_a_quarter_of_a_second_holds():
    queue = runner._Queue(map(Square, itertools.count()), seconds={"square": 0.01})
    assert len(queue.batch().tasks) in (25, 26)
    queue.learn(runner._Batch((Square(0),)), [({}, None, 1.01)])
    assert queue.seconds["square"] == pytest.approx(0.11)
    assert len(queue.batch().tasks) == 3
    queue.seconds["square"] = 1e-9
    assert len(queue.batch().tasks) == 1000
    queue.seconds.clear()
    assert len(queue.batch().tasks) == 1


@pytest.fixture(scope="module")
def tasks():
    experiment = Experiment(
        name="tiny",
        workload={"arrival_rate_hz": 0.5, "service": DISCRETE},
        baseline={"law": "power", "exponent": 2},
        splitting=[0.25, 0.5],
        strategies=["random", "classical-optimal"],
        simulation={"pairs": 200, "replications": 3},
    )
    return [task for task in sweep.plan(experiment) if task.kind in ("exact", "simulation")]


@pytest.fixture(scope="module")
def serial_rows(tasks, tmp_path_factory):
    return rows_of(tasks, tmp_path_factory.mktemp("serial"), "serial")


def rows_of(tasks, folder, spec):
    with Store(folder) as store:
        outcome = runner.run(tasks, store, spec, 2)
        assert (outcome.done, outcome.failed) == (len(tasks), ())
        return store.rows([task.key for task in tasks])


@pytest.mark.parametrize("spec", ["threads", "processes", pytest.param("dask", marks=pytest.mark.slow)])
def test_rows_do_not_depend_on_where_and_when_they_are_computed(spec, tasks, serial_rows, tmp_path):
    assert len(serial_rows) == len(tasks) > 10
    assert rows_of(tasks[::-1], tmp_path, spec) == serial_rows
