"""Workers as processes of this machine, begun by a server that holds nothing of this process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection

from entsched.errors import ExecutorError
from entsched.executors.pool import AHEAD, SINGLE_THREADED, Pool, isolated

METHOD = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"


def prepare(spec: str) -> None:
    """Let what workers will need load in the background, while this process does something else.

    Nothing depends on it, but processes begin about a second sooner.

    Examples
    --------
    >>> prepare("serial")
    """
    if spec == "processes" and METHOD == "forkserver":
        from multiprocessing import forkserver

        with isolated():
            forkserver.set_forkserver_preload(["entsched.runner", "entsched.tasks"])
            forkserver.ensure_running()


@contextmanager
def processes(workers: int) -> Iterator[Pool]:
    """A pool of processes; a plain fork would inherit the threads, locks and files of this process.

    Raises
    ------
    ExecutorError
        If workers die as they start.

    Examples
    --------
    >>> with processes(1) as pool:
    ...     pool.executor.submit(divmod, 7, 2).result()
    (3, 1)
    """
    prepare("processes")
    context = get_context(METHOD)
    reader, writer = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(reader,))
    try:
        with isolated():  # an interrupt waits for the first worker, which would complain that its locks are gone
            _try_out(executor)
        yield Pool(executor, depth=lambda: AHEAD * workers, remote=True)
    except BaseException:
        writer.close()
        _hear_of_the_end(executor)
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        writer.close()
        reader.close()


def _hear_of_the_end(executor: ProcessPoolExecutor) -> None:
    """Let the executor see that its workers are gone, also where one ended in the middle of a result.

    Results come through a pipe whose other end this process holds too; while it does, the rest of half a
    result would be waited for without end.
    """
    results = getattr(executor, "_result_queue", None)
    if results is not None:
        results._writer.close()


def _try_out(executor: ProcessPoolExecutor) -> None:
    try:
        executor.submit(int).result()
    except BrokenExecutor:
        raise ExecutorError("executor: given processes, but workers die as they start") from None


def _begin(reader: Connection) -> None:
    """End at once when the other end of the pipe closes: its process says so, or is no more."""
    os.environ.update(SINGLE_THREADED)

    def watch() -> None:
        with suppress(EOFError, OSError):
            reader.recv()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
