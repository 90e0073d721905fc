"""Which workers a specification in words names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import ParamSpec, TypeVar

from entsched.errors import ExecutorError
from entsched.executors.pool import AHEAD, Pool
from entsched.executors.processes import processes

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")

#: More workers than this are a cluster's, not one machine's.
MOST_WORKERS = 1024

SPECS = "serial, threads, processes, dask or dask:tcp://host:port"


def open_executor(spec: str, workers: int) -> AbstractContextManager[Pool]:
    """A pool of workers, which ends with its context: in order when all is well, at once on an exception.

    Workers in other processes leave interrupts to this one, use one BLAS thread each, and end when this
    process ends, however it ends. Threads finish the call they are in.

    Parameters
    ----------
    spec : ``serial`` (in this thread), ``threads``, ``processes``, ``dask`` (processes on this machine) or
        ``dask:tcp://host:port`` (the workers of a running scheduler)
    workers : 1 to 1024; the scheduler of a running cluster has its own

    Raises
    ------
    ExecutorError
        If the specification is malformed; on entering, if the workers cannot be started or reached, or
        run another version of this package.

    Examples
    --------
    >>> with open_executor("threads", 2) as pool:
    ...     pool.executor.submit(max, 1, 2).result()
    2
    >>> open_executor("dask:localhost", 2)
    Traceback (most recent call last):
    entsched.errors.ExecutorError: executor: given 'dask:localhost', allowed: dask:tcp://host:port
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise ExecutorError(f"workers: given {workers}, allowed: 1 to {MOST_WORKERS}")
    if spec in HERE:
        return HERE[spec](workers)
    address = scheduler_address(spec) if spec.startswith("dask:") else None
    if spec != "dask" and address is None:
        raise ExecutorError(f"executor: given {spec!r}, allowed: {SPECS}")
    from entsched.executors import cluster

    return cluster.joined(address) if address else cluster.local(workers)


def scheduler_address(spec: str) -> str:
    """The address in ``dask:tcp://host:port``.

    Raises
    ------
    ExecutorError
        If there is none.

    Examples
    --------
    >>> scheduler_address("dask:tcp://10.0.0.1:8786")
    'tcp://10.0.0.1:8786'
    """
    found = re.fullmatch(r"dask:(tcp://(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5}))", spec, re.ASCII)
    if found is None or not 1 <= int(found[2]) <= 65535:
        raise ExecutorError(f"executor: given {spec!r}, allowed: dask:tcp://host:port")
    return found[1]


def default_workers() -> int:
    """The processors this process may use.

    Examples
    --------
    >>> default_workers() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SerialExecutor(Executor):
    """Runs each call in this thread, when it is submitted; interrupts pass.

    Examples
    --------
    >>> SerialExecutor().submit(divmod, 7, 2).result()
    (3, 1)
    """

    def submit(
        self, call: Callable[Arguments, Value], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Value]:
        """The finished future of a call."""
        future: Future[Value] = Future()
        try:
            future.set_result(call(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def _serial(workers: int) -> Iterator[Pool]:
    yield Pool(SerialExecutor(), depth=lambda: 1)


@contextmanager
def _threads(workers: int) -> Iterator[Pool]:
    with ThreadPoolExecutor(workers, thread_name_prefix="entsched") as executor:
        try:
            yield Pool(executor, depth=lambda: AHEAD * workers)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


#: Pools of this machine by specification.
HERE: dict[str, Callable[[int], AbstractContextManager[Pool]]] = {
    "serial": _serial,
    "threads": _threads,
    "processes": processes,
}
