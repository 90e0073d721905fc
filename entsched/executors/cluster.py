"""Workers of a Dask cluster: one begun on this machine, or one that runs already."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import ParamSpec, TypeVar

import dask
from distributed import Client, LocalCluster
from distributed import Future as DaskFuture
from distributed.core import rpc
from distributed.scheduler import KilledWorker

from entsched.errors import ExecutorError
from entsched.executors.pool import AHEAD, Pool, build, isolated

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")

LOST = "executor: the Dask scheduler was lost"

#: How long a scheduler may take to answer, in seconds.
PATIENCE_S = 5.0

#: How often the workers of a cluster are counted, in seconds.
PERIOD_S = 2.0

#: The sweep itself finds out which task kills workers, so that Dask need not try again.
SETTINGS = {"distributed.scheduler.allowed-failures": 0}


@contextmanager
def local(workers: int) -> Iterator[Pool]:
    """Single-threaded workers on this machine, whose scheduler listens on the loopback interface only."""
    with _quiet(), dask.config.set(SETTINGS):
        with isolated():
            cluster = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                memory_limit=0,
            )
        with cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
            yield _pool(client)


@contextmanager
def joined(address: str) -> Iterator[Pool]:
    """The workers of a running scheduler, now and as they come and go.

    Raises
    ------
    ExecutorError
        If no scheduler answers within seconds, it has no workers, or one of them runs another version.
    """
    with _quiet():
        with ThreadPoolExecutor(1) as thread:  # this one may have an event loop of its own
            kind = thread.submit(asyncio.run, _kind(address)).result()
        if kind != "Scheduler":
            raise ExecutorError(f"executor: no Dask scheduler answers at {address}")
        with Client(address) as client:  # type: ignore[no-untyped-call]
            _check_builds(client, address)
            yield _pool(client)


async def _kind(address: str) -> str | None:
    """What answers at an address: a client would wait forever for something that is not Dask."""
    try:
        async with asyncio.timeout(PATIENCE_S), rpc(address) as other:  # type: ignore[no-untyped-call]
            return (await other.identity())["type"]
    except Exception:  # whatever Dask makes of bytes that are not its own
        return None


def _check_builds(client: Client, address: str) -> None:
    found = client.run(build, on_error="return")
    if not found:
        raise ExecutorError(f"executor: the Dask scheduler at {address} has no workers, allowed: at least 1")
    for worker, theirs in sorted(found.items()):
        if theirs != build():
            given = theirs if isinstance(theirs, str) else f"no usable entsched ({theirs})"
            raise ExecutorError(f"executor: worker {worker} has {given}, allowed: {build()}")


@dataclass(frozen=True)
class ClusterExecutor(Executor):
    """Calls on the workers of a client; its own executor loses a result whose worker dies as it is fetched."""

    client: Client

    def submit(
        self, call: Callable[Arguments, Value], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Value]:
        """The future of a call, which Dask computes again if its result is lost."""
        promised: Future[Value] = Future()

        def deliver(finished: DaskFuture[Value]) -> None:
            try:
                promised.set_result(finished.result())
            except (asyncio.CancelledError, CancelledError):
                promised.set_exception(ExecutorError(LOST))
            except BaseException as error:
                promised.set_exception(error)

        self.client.submit(call, *args, pure=False, **kwargs).add_done_callback(deliver)  # type: ignore[no-untyped-call]
        return promised


def _pool(client: Client) -> Pool:
    return Pool(ClusterExecutor(client), _depth(client), remote=True, death=KilledWorker)


def _depth(client: Client) -> Callable[[], int]:
    """Calls to hand out, from the number of threads of all workers, counted now and then."""

    @lru_cache(maxsize=1)
    def counted(period: int) -> int:
        try:
            return max(1, AHEAD * sum(client.nthreads().values()))  # type: ignore[no-untyped-call]
        except (OSError, RuntimeError):
            raise ExecutorError(LOST) from None

    return lambda: counted(int(time.monotonic() / PERIOD_S))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the messages that Dask logs in this process."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "distributed.gc")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
