"""The same in the fast engine: backlogs by Lindley's recursion, looked up one delay later."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.sim.draws import Draws
from entsched.sim.reports import emptier
from entsched.sim.words import Words

Floats = NDArray[np.float64]


class ReportStream:
    """The servers of consecutive pairs whose routers name them by the backlogs of ``delay_s`` ago.

    It keeps the backlogs that later pairs can need: those within one delay, and the last one before.

    Examples
    --------
    >>> one = Draws(gaps_s=np.array([2.0, 0.5]), types=np.zeros((2, 2), np.uint16), requirements_s=np.ones((2, 2)),
    ...             a_first=np.ones(2, bool), outcomes=np.zeros((2, 2)), shared=np.array([0.9, 0.9]))
    >>> emptier_both = np.zeros((2, 2), np.int64)
    >>> ReportStream(0.0).servers(one, np.array([2.0, 2.5]), emptier_both).tolist()
    [[1, 0], [1, 0]]
    >>> ReportStream(1.0).servers(one, np.array([2.0, 2.5]), emptier_both).tolist()
    [[1, 1], [1, 1]]
    """

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._times_s = np.array([-math.inf])
        self._backlogs_s = np.zeros((2, 1))

    def servers(self, draws: Draws, times_s: Floats, outputs: NDArray[np.integer]) -> Words:
        """The servers of A and B, shape (2, pairs), from outputs of that shape: 0 is the server that had less backlog.

        Parameters
        ----------
        draws : the next pairs, with requirements, and shared randomness for equal backlogs
        times_s : their arrivals, seconds
        """
        kept = len(self._times_s)
        times = np.concatenate([self._times_s, times_s])
        backlogs = np.concatenate([self._backlogs_s, np.empty((2, len(times_s)))], axis=1)
        servers = np.empty(outputs.shape, dtype=np.uint64)
        oldest = _name(
            self._delay_s, kept, times, backlogs, draws.gaps_s, draws.requirements_s, draws.shared, outputs, servers
        )
        self._times_s, self._backlogs_s = times[oldest:].copy(), backlogs[:, oldest:].copy()
        return servers


@njit(cache=True, nogil=True)
def _name(
    delay_s: float,
    kept: int,
    times_s: Floats,
    backlogs_s: Floats,
    gaps_s: Floats,
    requirements_s: Floats,
    ties: Floats,
    outputs: NDArray[np.integer],
    servers: Words,
) -> int:
    """Write servers, and behind the ``kept`` backlogs those just after each pair; returns the oldest still needed."""
    oldest = 0
    free_0, free_1 = backlogs_s[0, kept - 1], backlogs_s[1, kept - 1]
    for i in range(gaps_s.size):
        now = times_s[kept + i]
        while oldest + 1 < kept + i and now - times_s[oldest + 1] >= delay_s:
            oldest += 1
        since_s = now - delay_s - times_s[oldest]
        first = emptier(max(0.0, backlogs_s[0, oldest] - since_s), max(0.0, backlogs_s[1, oldest] - since_s), ties[i])
        free_0, free_1 = max(0.0, free_0 - gaps_s[i]), max(0.0, free_1 - gaps_s[i])
        for router in range(2):
            to = outputs[router, i] ^ first
            servers[router, i] = to
            if to == 0:
                free_0 += requirements_s[router, i]
            else:
                free_1 += requirements_s[router, i]
        backlogs_s[0, kept + i], backlogs_s[1, kept + i] = free_0, free_1
    return oldest
