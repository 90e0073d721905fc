"""Pools of workers: what they refuse, where calls run, and that they end with their context."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from task_doubles import Environment, MemoryStore, Poisoned, Square

from entsched import MODEL_VERSION, __version__, runner
from entsched.errors import ExecutorError
from entsched.executors import build, open_executor, pool


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "process",
        "Serial",
        "dask:",
        "dask:tcp://",
        "dask:localhost:8786",
        "dask:tcp://localhost",
        "dask:tcp://localhost:0",
        "dask:tcp://localhost:65536",
        "dask:tcp://local host:8786",
        "dask:tcp://localhost:8786\n",
        "dask:tcp://localhost:٣",
        "dask:tls://localhost:8786",
    ],
)
def test_malformed_specifications_are_refused_in_one_line(spec):
    with pytest.raises(ExecutorError, match=r"^executor: given '.*', allowed: .*$") as refusal:
        open_executor(spec, 1)
    assert "\n" not in str(refusal.value)


def test_there_is_at_least_one_worker():
    with pytest.raises(ExecutorError, match=r"^workers: given 0, allowed: 1 to 1024$"):
        open_executor("serial", 0)


def test_serial_and_threads_run_here():
    with open_executor("serial", 3) as opened:
        assert opened.executor.submit(threading.get_ident).result() == threading.get_ident()
        assert isinstance(opened.executor.submit(int, "x").exception(), ValueError)
        with pytest.raises(KeyboardInterrupt):
            opened.executor.submit(_interrupt)
    with open_executor("threads", 2) as opened:
        met = threading.Barrier(3, timeout=10)
        calls = [opened.executor.submit(met.wait) for _ in range(2)]
        met.wait()
        assert {call.result() for call in calls} <= {0, 1, 2}
        assert opened.executor.submit(os.getpid).result() == os.getpid()


def test_processes_leave_interrupts_to_this_one_and_use_one_thread_each(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    with open_executor("processes", 2) as opened:
        row = opened.executor.submit(Environment(0).evaluate).result()
    assert row["process"] != os.getpid()
    assert (row["blas_threads"], row["shielded"]) == ("1", True)
    assert os.environ["OPENBLAS_NUM_THREADS"] == "7"
    assert Environment(0).evaluate()["shielded"] is False


def test_an_interrupt_ends_processes_at_once():
    workers = []

    def interrupted():
        with open_executor("processes", 1) as opened:
            workers.append(opened.executor.submit(os.getpid).result())
            opened.executor.submit(time.sleep, 60)
            raise KeyboardInterrupt

    deadline = time.monotonic() + 30
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    while _is_alive(workers[0]):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_addresses_without_a_scheduler_are_refused(monkeypatch):
    from entsched.executors import cluster

    monkeypatch.setattr(cluster, "PATIENCE_S", 0.5)
    with socket.socket() as silent, socket.socket() as closed:
        for each in (silent, closed):
            each.bind(("127.0.0.1", 0))
        silent.listen()
        for each in (silent, closed):
            address = f"tcp://127.0.0.1:{each.getsockname()[1]}"
            with pytest.raises(ExecutorError, match=f"^executor: no Dask scheduler answers at {address}$"):
                open_executor(f"dask:{address}", 1).__enter__()


@pytest.fixture
def scheduler(tmp_path):
    """A Dask scheduler, and what begins a worker that joins it."""
    file = tmp_path / "scheduler.json"
    begun = []

    def begin(role, *options):
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{role}",
            "--scheduler-file",
            str(file),
            "--no-dashboard",
        ]
        paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": paths}
        with (tmp_path / "log").open("a") as log:
            begun.append(subprocess.Popen([*command, *options], stdout=log, stderr=log, env=environment))
        return begun[-1]

    try:
        begin("scheduler", "--port", "0", "--host", "127.0.0.1")
        yield lambda: begin("worker", "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1"), _address(file)
    finally:
        for process in begun:
            process.kill()
        for process in begun:
            process.wait()


@pytest.mark.slow
def test_a_cluster_survives_a_killed_worker_and_other_versions_are_refused(scheduler, monkeypatch):
    from distributed import Client

    begin_worker, address = scheduler
    with pytest.raises(ExecutorError, match="has no workers"), open_executor(f"dask:{address}", 1):
        pass
    victim, _ = begin_worker(), begin_worker()
    with Client(address) as client:
        client.wait_for_workers(2, timeout=30)
        client.run(runner.evaluate_batch, [])  # what takes a while to load
    store, tasks = MemoryStore(), [Environment(number) for number in range(20_000)]

    def progress(task):
        if victim.poll() is None and store.rows[task.key]["process"] == victim.pid:
            victim.kill()
            victim.wait()

    outcome = runner.run(tasks, store, f"dask:{address}", 1, progress)
    assert victim.poll() is not None
    assert (outcome.done, outcome.failed) == (20_000, ())
    assert store.rows.keys() == {task.key for task in tasks}
    monkeypatch.setattr(pool, "MODEL_VERSION", "later")
    with pytest.raises(ExecutorError, match=rf"worker tcp://.* has entsched .* \(model {MODEL_VERSION}\), .*later\)$"):
        runner.run(tasks, store, f"dask:{address}", 1)
    monkeypatch.undo()
    monkeypatch.setattr(runner, "build", lambda: "a later one")
    with pytest.raises(ExecutorError, match=r"a worker has entsched .*, allowed: a later one$"):
        runner.run(tasks, store, f"dask:{address}", 1)


@pytest.mark.slow
def test_a_local_cluster_outlives_what_kills_its_workers():
    store, tasks = MemoryStore(), [*map(Square, range(50)), Poisoned(50), *map(Square, range(51, 100))]
    outcome = runner.run(tasks, store, "dask", 2)
    assert [(failure.label, failure.error) for failure in outcome.failed] == [("the square of 50", "its worker died")]
    assert store.rows == {f"Square-{n}": {"square": n * n} for n in range(100) if n != 50}


def test_the_build_names_both_versions():
    assert __version__ in build()
    assert MODEL_VERSION in build()


def _interrupt():
    raise KeyboardInterrupt


def _is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _address(file):
    for _ in range(300):
        if file.exists() and file.read_text().endswith("}"):
            return json.loads(file.read_text())["address"]
        time.sleep(0.1)
    raise TimeoutError("the scheduler did not start")
