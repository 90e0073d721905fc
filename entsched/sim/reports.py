"""What routers know of the queues some time later: the backlogs, and which server had less of it."""

from __future__ import annotations

import math
from collections import deque

from numba import njit
from simpy import Environment

from entsched.sim.server import Server

#: Backlogs that differ by no more are equal, in seconds: less than any queue matters, more than rounding.
TIE_S = 1e-9


@njit(cache=True, nogil=True, inline="always")
def emptier(backlog_0_s: float, backlog_1_s: float, tie: float) -> int:
    """The server with less backlog, in seconds; if they are equal, server 0 for a number below 1/2.

    Examples
    --------
    >>> emptier(0.5, 0.2, 0.1), emptier(0.5, 0.5, 0.1), emptier(0.5, 0.5, 0.9)
    (1, 0, 1)
    """
    apart_s = backlog_0_s - backlog_1_s
    if abs(apart_s) <= TIE_S:
        return 0 if tie < 0.5 else 1
    return 0 if apart_s < 0.0 else 1


class ReportingServer(Server):
    """A server whose backlog is known ``delay_s`` later.

    Backlogs jump when customers come and fall at unit rate, so the jumps say it all; those that no later
    report can need are forgotten.

    Examples
    --------
    >>> from entsched.sim.server import Timer
    >>> env = Environment()
    >>> server = ReportingServer(env, [1.0], [0.0], delay_s=2.0)
    >>> Timer(env, lambda event: server.submit(0)).set(5.0)
    >>> for time_s in (5.5, 7.25):
    ...     env.run(until=time_s)
    ...     server.reported_s()
    0.0
    0.75
    """

    def __init__(self, env: Environment, requirements_s: list[float], starts_s: list[float], delay_s: float) -> None:
        super().__init__(env, requirements_s, starts_s)
        self._delay_s = delay_s
        self._jumps = deque([(-math.inf, 0.0)])

    def submit(self, customer: int) -> None:
        """Take a customer in, and note the backlog with it."""
        super().submit(customer)
        self._jumps.append((self._env.now, self.backlog_s))

    def reported_s(self) -> float:
        """The backlog one delay ago, seconds; calls must not go back in time."""
        now, jumps = self._env.now, self._jumps
        while len(jumps) > 1 and now - jumps[1][0] >= self._delay_s:
            jumps.popleft()
        time_s, backlog_s = jumps[0]
        return max(0.0, backlog_s - (now - self._delay_s - time_s))
