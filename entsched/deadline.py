"""Limits on how long a call may take: code from outside may never end."""

from __future__ import annotations

import ctypes
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import copy_context
from types import FrameType
from typing import TypeVar

from entsched.errors import ConfigError, StrategyError

Value = TypeVar("Value")

#: How long code of a plugin may take, seconds, and the variable of the environment with another limit.
PATIENCE_S, VARIABLE = 60.0, "ENTSCHED_PATIENCE_S"

#: How often a call that goes on after its limit is interrupted again, and how long a thread has to end, seconds.
AGAIN_S, GRACE_S = 1.0, 0.2


#: The exit code of a process that was told to end: what the command line raises then.
TERMINATED = 143


class DeadlineError(StrategyError):
    """Code of a plugin that did not end in time."""


class _ExpiredError(BaseException):
    """Interrupts a call; handlers of ordinary errors do not stop it."""


def patience_s() -> float:
    """How long code of a plugin may take, seconds.

    Raises
    ------
    ConfigError
        If the environment asks for a limit that is no positive number.

    Examples
    --------
    >>> patience_s() > 0
    True
    """
    given = os.environ.get(VARIABLE, str(PATIENCE_S))
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise ConfigError(f"{VARIABLE}: given {given!r}, allowed: a positive number of seconds")
    return seconds


def is_termination(error: BaseException) -> bool:
    """Whether an error is the end of this process as its user wants it, and no fault of the code that it interrupts.

    Examples
    --------
    >>> is_termination(SystemExit(TERMINATED)), is_termination(SystemExit(0)), is_termination(KeyboardInterrupt())
    (True, False, True)
    """
    return isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and error.code == TERMINATED)


def loading_s() -> float:
    """How long a plugin may take to load, seconds: a minute or more, for what it imports of this package counts too.

    Examples
    --------
    >>> loading_s() >= 60
    True
    """
    return max(patience_s(), PATIENCE_S)


def within(seconds: float, what: str, call: Callable[[], Value]) -> Value:
    """The value of a call that may take only so long.

    In the main thread a timer interrupts the call, unless the system has none. Elsewhere the call has a thread
    of its own, which is interrupted, and left to itself if it does not return from compiled code. Limits nest.
    Compiled code that neither ends nor releases the interpreter cannot be limited, nor, in the main thread, any
    that does not end.

    Parameters
    ----------
    seconds : the limit, positive
    what : the subject of the message

    Raises
    ------
    DeadlineError
        If the call takes longer.

    Examples
    --------
    >>> within(1.0, "the sum", lambda: sum([1, 2]))
    3
    >>> within(0.01, "strategy 'drowsy'", lambda: time.sleep(1000.0))
    Traceback (most recent call last):
        ...
    entsched.deadline.DeadlineError: strategy 'drowsy' took more than 0.01 s
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        return _by_timer(seconds, what, call)
    return _in_thread(seconds, what, call)


def _by_timer(seconds: float, what: str, call: Callable[[], Value]) -> Value:
    outer_s, outer_again_s = signal.getitimer(signal.ITIMER_REAL)
    if 0 < outer_s <= seconds:  # it will end this call too
        return call()
    armed = True

    def expire(number: int, frame: FrameType | None) -> None:
        if armed:
            raise _ExpiredError

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, expire)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
        value = call()
        armed = False
    except _ExpiredError:
        armed = False
        raise _late(seconds, what) from None
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if outer_s:
            left_s = max(outer_s - (time.monotonic() - started), 1e-6)
            signal.setitimer(signal.ITIMER_REAL, left_s, outer_again_s)
    return value


def _in_thread(seconds: float, what: str, call: Callable[[], Value]) -> Value:
    future: Future[Value] = Future()
    ending = threading.Lock()
    context = copy_context()

    def work() -> None:
        with suppress(_ExpiredError):
            try:
                value = context.run(call)
            except _ExpiredError:
                raise
            except BaseException as error:
                with ending:
                    future.set_exception(error)
            else:
                with ending:
                    future.set_result(value)

    thread = threading.Thread(target=work, name="limited", daemon=True)
    thread.start()
    if not wait([future], timeout=seconds).done:
        with ending:
            if not future.done():
                _interrupt(thread)
        if not future.done():
            thread.join(GRACE_S)
            raise _late(seconds, what)
    return future.result()


def _interrupt(thread: threading.Thread) -> None:
    """Raise an exception in a thread, before its next step in Python."""
    identity = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(_ExpiredError))


def _late(seconds: float, what: str) -> DeadlineError:
    return DeadlineError(f"{what} took more than {seconds:g} s")
