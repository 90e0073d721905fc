"""A server in simpy: customers in order of arrival, and a baseline task that they interrupt."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

from simpy import Environment, Interrupt
from simpy.events import Event, Timeout


class Server:
    """One FCFS server with an unlimited queue and a preemptible baseline task.

    Customers are numbers; ``arrivals_s`` and ``requirements_s`` hold their times in seconds, and the
    server writes into ``waits_s`` how long each waited from its arrival to its start of service.

    Attributes
    ----------
    stretches : end time and length, in seconds, of every uninterrupted stretch of the baseline task
    """

    def __init__(
        self, env: Environment, arrivals_s: list[float], requirements_s: list[float], waits_s: list[float]
    ) -> None:
        self.stretches: list[tuple[float, float]] = []
        self._env = env
        self._arrivals_s = arrivals_s
        self._requirements_s = requirements_s
        self._waits_s = waits_s
        self._queue: deque[int] = deque()
        self._busy = False
        self._idle = Event(env)
        self._depart = self._departure
        self._baseline = env.process(self._run_baseline())

    def submit(self, customer: int) -> None:
        """Take a customer in: into service if the server is idle, into the queue otherwise."""
        if self._busy:
            self._queue.append(customer)
        else:
            self._busy = True
            self._baseline.interrupt()
            self._idle = Event(self._env)
            self._serve(customer)

    def _serve(self, customer: int) -> None:
        env = self._env
        self._waits_s[customer] = env.now - self._arrivals_s[customer]
        Timeout(env, self._requirements_s[customer]).callbacks.append(self._depart)

    def _departure(self, _: Event) -> None:
        if self._queue:
            self._serve(self._queue.popleft())
        else:
            self._busy = False
            self._idle.succeed()

    def _run_baseline(self) -> Generator[Event, None, None]:
        """Run whenever no customer is here; every interruption ends a stretch."""
        env = self._env
        until_interrupted = Event(env)
        while True:
            start = env.now
            try:
                yield until_interrupted
            except Interrupt:
                self.stretches.append((env.now, env.now - start))
            yield self._idle
