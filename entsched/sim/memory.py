"""The pairs of two nodes in simpy: a source that makes them, slots that keep them, requests that use them up."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from simpy import Environment
from simpy.events import Event

from entsched.entanglement import Entanglement
from entsched.errors import NoCloningError
from entsched.sim.pairs import NONE
from entsched.sim.stock import births, rules_of, source_of, wait_s
from entsched.sim.words import Words

Process = Generator[Event, Any, None]


class Pair:
    """A heralded pair: it serves one decision and cannot be copied.

    Examples
    --------
    >>> pair = Pair(born_s=1.0)
    >>> pair.use(now_s=1.5)
    0.5
    >>> pair.use(now_s=2.0)
    Traceback (most recent call last):
        ...
    entsched.errors.NoCloningError: a pair born at 1 s: given a second use, allowed: one measurement of each half
    """

    def __init__(self, born_s: float) -> None:
        self.born_s = born_s
        self.is_lost = False

    def use(self, now_s: float) -> float:
        """Measure it and lose it; returns its age, seconds."""
        if self.is_lost:
            raise NoCloningError(
                f"a pair born at {self.born_s:g} s: given a second use, allowed: one measurement of each half"
            )
        self.is_lost = True
        return now_s - self.born_s

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise NoCloningError(f"a pair born at {self.born_s:g} s: given a copy, allowed: the pair itself")


class PairMemory:
    """Slots at both nodes, filled by a source, with rules about age and room."""

    def __init__(self, env: Environment, entanglement: Entanglement, words: Words) -> None:
        self._env = env
        self._slots = entanglement.memory.slots
        self._rules = rules_of(entanglement)
        self._source, self._words = source_of(entanglement), words
        self._pairs: list[Pair] = []  # oldest first
        self._room = env.event()
        self._closed = False

    def start(self, gaps_s: list[float]) -> None:
        """Begin to make pairs, at time 0, for request pairs with these gaps between them."""
        first_wait_s = wait_s(self._source, self._words)
        process = self._make_for_gaps(gaps_s) if self._rules.overwrite else self._make_while_room(first_wait_s)
        self._env.process(process)

    def take(self) -> float:
        """Use a pair up; returns its age in seconds, or NONE if there is no pair."""
        if not self._pairs:
            return NONE
        pair = self._pairs.pop(-1 if self._rules.newest else 0)
        self._tell_of_room()
        return pair.use(self._env.now)

    def close(self) -> None:
        """No more requests will come: the source may end."""
        self._closed = True

    def _store(self) -> None:
        """Keep a new pair, in place of the oldest if the memory is full, until it is too old."""
        if len(self._pairs) == self._slots:
            self._pairs.pop(0).is_lost = True
        pair = Pair(self._env.now)
        self._pairs.append(pair)
        if self._rules.cutoff_s < np.inf:
            self._env.process(self._expire(pair))

    def _expire(self, pair: Pair) -> Process:
        yield self._env.timeout(self._rules.cutoff_s)
        if not pair.is_lost:
            pair.is_lost = True
            self._pairs.remove(pair)
            self._tell_of_room()

    def _tell_of_room(self) -> None:
        if not self._room.triggered:
            self._room.succeed()

    def _make_while_room(self, wait: float) -> Process:
        """A source that stops while the memory is full."""
        while not self._closed and wait < np.inf:
            yield self._env.timeout(wait)
            self._store()
            if len(self._pairs) == self._slots:
                self._room = self._env.event()
                yield self._room
            wait = wait_s(self._source, self._words)

    def _make_for_gaps(self, gaps_s: list[float]) -> Process:
        """A source that never stops; of each gap, the newest pairs, which are all that anybody can find."""
        ages_s = np.empty(self._slots)
        since_attempt_s = 0.0
        for gap_s in gaps_s:
            if self._source.period_s > 0:
                since_attempt_s = (since_attempt_s + gap_s) % self._source.period_s
            made = births(self._source, gap_s, since_attempt_s, self._slots, self._words, ages_s)
            end_s = self._env.now + gap_s
            for age_s in ages_s[:made][::-1].tolist():
                yield self._env.timeout(max(end_s - age_s - self._env.now, 0.0))
                self._store()
            yield self._env.timeout(max(end_s - self._env.now, 0.0))
