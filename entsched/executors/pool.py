"""What a sweep needs to know about its workers, and how processes start apart from this one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker

from entsched import MODEL_VERSION, __version__

#: Calls to hand out for each worker: one it works on and one that waits for it.
AHEAD = 2

#: The environment in which libraries of linear algebra start no threads: workers share the processors already.
SINGLE_THREADED = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "VECLIB_MAXIMUM")
}


@dataclass(frozen=True)
class Pool:
    """An executor, and what its user should know about it.

    Attributes
    ----------
    executor : takes functions and arguments
    depth : how many calls to hand out at a time, at least 1
    remote : whether arguments travel to other processes
    death : the exception of a call whose worker died
    """

    executor: Executor
    depth: Callable[[], int]
    remote: bool = False
    death: type[Exception] = BrokenExecutor


def build() -> str:
    """The versions that decide what a task's row is.

    Examples
    --------
    >>> build() == f"entsched {__version__} (model {MODEL_VERSION})"
    True
    """
    return f"entsched {__version__} (model {MODEL_VERSION})"


@contextmanager
def isolated() -> Iterator[None]:
    """Processes and threads begun in this context never see interrupts, and processes use one BLAS thread.

    An interrupt that arrives meanwhile is delivered at the end of the context.
    """
    before = {name: os.environ.get(name) for name in SINGLE_THREADED}
    os.environ.update(SINGLE_THREADED)
    blocking = hasattr(signal, "pthread_sigmask")
    if blocking:
        resource_tracker.ensure_running()  # it would unblock interrupts if it began later
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        if blocking:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
