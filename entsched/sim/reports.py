"""What routers know of the queues some time later: how full each server was, and which one less."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import Event

from entsched.sim.server import Server
from entsched.strategies.base import Counted

Floats = NDArray[np.float64]

#: Servers that differ by no more are equally full: in seconds less than any queue matters, more than rounding.
TIE = 1e-9


class Reports(NamedTuple):
    """What reports say, how old they are, and who reads which.

    Attributes
    ----------
    delay_s : how old a report is when it is read, seconds
    counts : the work in a server, seconds, or the customers in it, the one in service included
    in_turn : whether the router whose request goes first in a shared server reads and decides first
    """

    delay_s: float
    counts: Counted = "work"
    in_turn: bool = False


@njit(cache=True, nogil=True, inline="always")
def emptier(full_0: float, full_1: float, tie: float) -> int:
    """The server that is less full; if they are equally full, server 0 for a number below 1/2.

    Examples
    --------
    >>> emptier(0.5, 0.2, 0.1), emptier(0.5, 0.5, 0.1), emptier(0.5, 0.5, 0.9)
    (1, 0, 1)
    """
    apart = full_0 - full_1
    if abs(apart) <= TIE:
        return 0 if tie < 0.5 else 1
    return 0 if apart < 0.0 else 1


def tie_numbers(shared: Floats, in_turn: bool) -> Floats:
    """The numbers in [0, 1) that break the ties of the first look and of the second, shape (2, pairs).

    Routers that look at once share the number. Those in turn have one each: the binary digits of a shared number
    but its first are independent of the first, which alone breaks a tie.

    Examples
    --------
    >>> tie_numbers(np.array([0.125, 0.875]), in_turn=True).tolist()
    [[0.125, 0.875], [0.25, 0.75]]
    """
    return np.stack([shared, 2 * shared % 1 if in_turn else shared])


class ReportingServer(Server):
    """A server of which it is known some time later how full it was.

    Backlogs jump when customers come and fall at unit rate, numbers jump when customers come and go, so the
    jumps say it all; those that no later report can need are forgotten.

    Examples
    --------
    >>> from entsched.sim.server import Timer
    >>> for counts in ("work", "customers"):
    ...     env = Environment()
    ...     server = ReportingServer(env, [1.0], [0.0], Reports(2.0, counts))
    ...     Timer(env, lambda event: server.submit(0)).set(5.0)
    ...     for time_s in (5.5, 7.25, 8.5):
    ...         env.run(until=time_s)
    ...         print(server.reported())
    0.0
    0.75
    0.0
    0.0
    1
    0
    """

    def __init__(self, env: Environment, requirements_s: list[float], starts_s: list[float], reports: Reports) -> None:
        super().__init__(env, requirements_s, starts_s)
        self._reports = reports
        self._jumps: deque[tuple[float, float]] = deque([(-math.inf, 0.0)])

    def submit(self, customer: int) -> None:
        """Take a customer in, and note how full the server is with it."""
        super().submit(customer)
        self._note()

    def _depart(self, event: Event) -> None:
        super()._depart(event)
        if self._reports.counts == "customers":
            self._note()

    def _note(self) -> None:
        full = self.backlog_s if self._reports.counts == "work" else self.customers
        self._jumps.append((self._env.now, full))

    def reported(self) -> float:
        """How full the server was one delay ago; calls must not go back in time."""
        now, jumps, delay_s = self._env.now, self._jumps, self._reports.delay_s
        while len(jumps) > 1 and now - jumps[1][0] >= delay_s:
            jumps.popleft()
        time_s, full = jumps[0]
        return max(0.0, full - (now - delay_s - time_s)) if self._reports.counts == "work" else full
