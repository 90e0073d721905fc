"""A server in simpy: a baseline task that customers interrupt, and customers in order of arrival."""

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
        self._queue: deque[int] = deque()
        self._idle = True
        self._process = env.process(self._run(env, arrivals_s, requirements_s, waits_s))

    def submit(self, customer: int) -> None:
        """Take a customer in; if none is here, it interrupts the baseline task."""
        self._queue.append(customer)
        if self._idle:
            self._idle = False
            self._process.interrupt()

    def _run(
        self, env: Environment, arrivals_s: list[float], requirements_s: list[float], waits_s: list[float]
    ) -> Generator[Event, None, None]:
        """Run the baseline task until a customer interrupts it, serve until none is left, and again."""
        queue, stretches = self._queue, self.stretches
        baseline = Event(env)  # never succeeds: only an interruption ends a stretch
        while True:
            start = env.now
            try:
                yield baseline
            except Interrupt:
                stretches.append((env.now, env.now - start))
            while queue:
                customer = queue.popleft()
                waits_s[customer] = env.now - arrivals_s[customer]
                yield Timeout(env, requirements_s[customer])
            self._idle = True
