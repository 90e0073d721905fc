"""The same in the fast engine: backlogs by Lindley's recursion and departures, looked up one delay later."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.sim.draws import Draws
from entsched.sim.reports import Reports, emptier, tie_numbers
from entsched.sim.words import Words

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class ReportStream:
    """The servers of consecutive pairs whose routers name them by how full they were some time ago.

    It keeps what later pairs can need: how full the servers were after each pair within one delay and after the
    last one before, and when the customers who were there then leave.

    Examples
    --------
    >>> one = Draws(gaps_s=np.array([2.0, 0.5]), types=np.zeros((2, 2), np.uint16), requirements_s=np.ones((2, 2)),
    ...             a_first=np.ones(2, bool), outcomes=np.zeros((2, 2)), shared=np.array([0.9, 0.9]))
    >>> times_s, emptier_both = np.array([2.0, 2.5]), np.zeros((2, 2), np.int64)
    >>> ReportStream(Reports(0.0)).servers(one, times_s, emptier_both).tolist()
    [[1, 0], [1, 0]]
    >>> ReportStream(Reports(1.0)).servers(one, times_s, emptier_both).tolist()
    [[1, 1], [1, 1]]
    >>> ReportStream(Reports(0.0, "customers", in_turn=True)).servers(one, times_s, emptier_both).tolist()
    [[1, 1], [0, 0]]
    """

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self._times_s = np.array([-math.inf])
        self._levels = np.zeros((2, 1))
        self._free_s = np.zeros(2)
        self._departures_s = [np.empty(0), np.empty(0)]

    def servers(self, draws: Draws, times_s: Floats, outputs: NDArray[np.integer]) -> Words:
        """The servers of A and B, shape (2, pairs), from outputs of that shape: 0 is the server that was less full.

        Parameters
        ----------
        draws : the next pairs, with requirements and orders, and shared randomness for ties
        times_s : their arrivals, seconds
        """
        reports, kept = self._reports, len(self._times_s)
        times = np.concatenate([self._times_s, times_s])
        levels = np.concatenate([self._levels, np.empty((2, len(times_s)))], axis=1)
        departures, sent = self._later_departures(len(times_s))
        gone, servers = np.zeros(2, dtype=np.int64), np.empty(outputs.shape, dtype=np.uint64)
        oldest = _name(
            (reports.delay_s, reports.counts == "work", reports.in_turn),
            (kept, times, levels, self._free_s, departures, sent, gone),
            (draws.gaps_s, draws.requirements_s, draws.a_first, tie_numbers(draws.shared, reports.in_turn)),
            outputs,
            servers,
        )
        self._times_s, self._levels = times[oldest:].copy(), levels[:, oldest:] - gone[:, None]
        self._departures_s = [row[a:b].copy() for row, a, b in zip(departures, gone, sent, strict=True)]
        return servers

    def _later_departures(self, pairs: int) -> tuple[Floats, Integers]:
        """The departures that are not yet reported, with room for those of more pairs, and how many there are."""
        if self._reports.counts == "work":
            return np.empty((2, 0)), np.zeros(2, dtype=np.int64)
        sent = np.array([len(known) for known in self._departures_s])
        departures = np.empty((2, sent.max() + 2 * pairs))
        for row, known in zip(departures, self._departures_s, strict=True):
            row[: len(known)] = known
        return departures, sent


@njit(cache=True, nogil=True)
def _name(
    reports: tuple[float, bool, bool],
    state: tuple[int, Floats, Floats, Floats, Floats, Integers, Integers],
    pairs: tuple[Floats, Floats, NDArray[np.bool_], Floats],
    outputs: NDArray[np.integer],
    servers: Words,
) -> int:
    """Write servers, and how full they are after each pair; returns the oldest pair whose report is still needed.

    Parameters
    ----------
    reports : their delay, seconds; whether they are of work; whether routers look in turn
    state : how many earlier pairs are kept; when those and the next ones arrived; after each, the work in both
        servers, seconds, or how many customers they have got; when they will be free, seconds from now;
        the departures of these customers; how many they are; how many of them are reported
    pairs : gaps, requirements, orders and numbers for ties of the next pairs
    """
    delay_s, of_work, in_turn = reports
    kept, times_s, levels, free_s, departures_s, sent, gone = state
    gaps_s, requirements_s, a_first, ties = pairs
    oldest, full = 0, np.empty(2)
    for i in range(gaps_s.size):
        now = times_s[kept + i]
        while oldest + 1 < kept + i and now - times_s[oldest + 1] >= delay_s:
            oldest += 1
        since_s = now - delay_s - times_s[oldest]
        for server in range(2):
            free_s[server] = max(0.0, free_s[server] - gaps_s[i])
            if of_work:
                full[server] = max(0.0, levels[server, oldest] - since_s)
                continue
            while gone[server] < sent[server] and now - departures_s[server, gone[server]] >= delay_s:
                gone[server] += 1
            full[server] = levels[server, oldest] - gone[server]
        for turn in range(2):
            if turn == 1 and in_turn and delay_s == 0.0:
                for server in range(2):
                    full[server] = free_s[server] if of_work else sent[server] - gone[server]
            router = turn if a_first[i] else 1 - turn
            to = outputs[router, i] ^ emptier(full[0], full[1], ties[turn, i])
            servers[router, i] = to
            free_s[to] += requirements_s[router, i]
            if not of_work:
                departures_s[to, sent[to]] = now + free_s[to]
                sent[to] += 1
        for server in range(2):
            levels[server, kept + i] = free_s[server] if of_work else sent[server]
    return oldest
