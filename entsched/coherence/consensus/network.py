"""A network that delays, loses, repeats and divides, and timers of its nodes, on simpy's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import simpy

from entsched.coherence.consensus.settings import Replication

#: Random numbers that are drawn at once.
BLOCK = 1024


class Receiver(Protocol):
    """A node as the network sees it."""

    up: bool

    def receive(self, message: Any) -> None:
        """Take a message that has arrived."""


def blocks(draw: Callable[[int], Any]) -> Iterator[float]:
    """Endless random numbers, drawn in blocks.

    Parameters
    ----------
    draw : from a size to an array
    """
    while True:
        yield from draw(BLOCK).tolist()


class Network:
    """Messages between nodes, each on its own way: later ones may arrive first.

    Parameters
    ----------
    settings : latency in seconds, loss and duplication as probabilities
    generator : of latencies and losses
    """

    def __init__(self, settings: Replication, generator: np.random.Generator) -> None:
        self.clock = simpy.Environment()
        self.nodes: list[Receiver] = []
        self.sent = 0
        self._minimum_s, self._extra_s = settings.minimum_latency_s, settings.mean_extra_latency_s
        self._loss, self._duplication = settings.loss, settings.duplication
        self._exponential = blocks(generator.standard_exponential)
        self._uniform = blocks(generator.random)
        self._divisions: list[frozenset[int]] = []
        self.groups = [0] * settings.nodes

    def send(self, sender: int, receiver: int, message: Any) -> None:
        """Put a message on its way; it is lost at once if the two are divided."""
        self.sent += 1
        if self.groups[sender] != self.groups[receiver]:
            return
        if self._loss and next(self._uniform) < self._loss:
            return
        self._carry(receiver, message)
        if self._duplication and next(self._uniform) < self._duplication:
            self._carry(receiver, message)

    def latency_s(self) -> float:
        """One latency, seconds."""
        return self._minimum_s + self._extra_s * next(self._exponential)

    def after(self, delay_s: float, call: Callable[[Any], None], value: Any = None) -> simpy.Event:
        """Call with an event of this value after a delay in seconds."""
        event = self.clock.timeout(delay_s, value)
        event.callbacks.append(call)
        return event

    def divide(self, side: frozenset[int]) -> None:
        """From now on the nodes of a side and the others do not hear each other."""
        self._divisions.append(side)
        self._regroup()

    def reunite(self, side: frozenset[int]) -> None:
        """End a division."""
        self._divisions.remove(side)
        self._regroup()

    def _regroup(self) -> None:
        self.groups = [
            sum((node in side) << place for place, side in enumerate(self._divisions))
            for node in range(len(self.groups))
        ]

    def _carry(self, receiver: int, message: Any) -> None:
        self.after(self.latency_s(), self._deliver, (receiver, message))

    def _deliver(self, event: Any) -> None:
        receiver, message = event.value
        node = self.nodes[receiver]
        if node.up:
            node.receive(message)


class Timer:
    """A deadline that is moved often and seldom expires: one pending event is enough.

    Parameters
    ----------
    network : whose clock counts
    expire : called at the deadline
    """

    def __init__(self, network: Network, expire: Callable[[], None]) -> None:
        self._network, self._expire = network, expire
        self._deadline_s: float | None = None
        self._event: simpy.Event | None = None
        self._wakes_s = 0.0

    @property
    def running(self) -> bool:
        """Whether there is a deadline."""
        return self._deadline_s is not None

    def start(self, delay_s: float) -> None:
        """Move the deadline to so many seconds from now."""
        deadline_s = self._network.clock.now + delay_s
        self._deadline_s = deadline_s
        if self._event is None or deadline_s < self._wakes_s:
            self._wait(deadline_s)

    def stop(self) -> None:
        """Have no deadline."""
        self._deadline_s = None

    def _wait(self, until_s: float) -> None:
        self._wakes_s = until_s
        self._event = self._network.after(until_s - self._network.clock.now, self._wake)

    def _wake(self, event: simpy.Event) -> None:
        if event is not self._event:
            return
        self._event = None
        if self._deadline_s is None:
            return
        if self._network.clock.now < self._deadline_s:
            self._wait(self._deadline_s)
            return
        self._deadline_s = None
        self._expire()
