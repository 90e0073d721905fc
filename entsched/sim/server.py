"""A server in simpy: a baseline task that customers interrupt, and customers in order of arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from simpy import Environment
from simpy.events import NORMAL, Event


class Timer(Event):
    """An event that happens each time it is set: a Timeout to use again, where a run needs millions.

    Examples
    --------
    >>> env = Environment()
    >>> timer = Timer(env, lambda event: print(f"at {env.now} s"))
    >>> for delay_s in (1.5, 2.0):
    ...     timer.set(delay_s)
    ...     env.run()
    at 1.5 s
    at 3.5 s
    """

    _ok = True
    _value = None

    def __init__(self, env: Environment, callback: Callable[[Event], None]) -> None:
        super().__init__(env)
        self._each_time = [callback]

    def set(self, delay_s: float) -> None:
        """Happen after a delay in seconds, 0 or more; what it was set for before must have happened."""
        self.callbacks = self._each_time
        self.env.schedule(self, NORMAL, delay_s)


class Server:
    """One FCFS server with an unlimited queue and a preemptible baseline task.

    Customers are numbers; ``requirements_s`` holds how long each is served, and the server writes
    into ``starts_s`` when that began, in seconds.

    Attributes
    ----------
    stretches_s : length of every uninterrupted stretch of the baseline task, seconds
    interrupters : the customer that ended it

    Examples
    --------
    >>> env, starts_s = Environment(), [0.0, 0.0]
    >>> server = Server(env, [1.0, 1.0], starts_s)
    >>> Timer(env, lambda event: (server.submit(0), server.submit(1))).set(5.0)
    >>> env.run()
    >>> starts_s, server.stretches_s, server.interrupters
    ([5.0, 6.0], [5.0], [0])
    """

    def __init__(self, env: Environment, requirements_s: list[float], starts_s: list[float]) -> None:
        self.stretches_s: list[float] = []
        self.interrupters: list[int] = []
        self._env = env
        self._requirements_s = requirements_s
        self._starts_s = starts_s
        self._queue: deque[int] = deque()
        self._departure = Timer(env, self._depart)
        self._busy = False
        self._since_s = 0.0  # when the busy period or the baseline stretch began
        self._work_s = 0.0  # what was served in the busy period, with the customer in service

    @property
    def backlog_s(self) -> float:
        """The work that is left of the customers here, seconds."""
        if not self._busy:
            return 0.0
        waiting_s = sum(self._requirements_s[customer] for customer in self._queue)
        return max(0.0, self._work_s + waiting_s - (self._env.now - self._since_s))

    @property
    def customers(self) -> int:
        """How many customers are here, the one in service included."""
        return len(self._queue) + self._busy

    def submit(self, customer: int) -> None:
        """Take a customer in; if none is here, it interrupts the baseline task."""
        if self._busy:
            self._queue.append(customer)
            return
        now = self._env.now
        self.stretches_s.append(now - self._since_s)
        self.interrupters.append(customer)
        self._busy, self._since_s, self._work_s = True, now, 0.0
        self._serve(customer, now)

    def _serve(self, customer: int, now: float) -> None:
        """Serve a customer until a time that counts from the start of the busy period: rounding does not add up."""
        self._starts_s[customer] = now
        self._work_s += self._requirements_s[customer]
        self._departure.set(self._since_s + self._work_s - now)

    def _depart(self, _: Event) -> None:
        """Serve the next customer; if there is none, start the baseline task anew."""
        now = self._env.now
        if self._queue:
            self._serve(self._queue.popleft(), now)
        else:
            self._busy, self._since_s = False, now
