"""A run in parts of equally many request pairs, each with what a Bell test found in it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Window(NamedTuple):
    """One part of a run.

    Attributes
    ----------
    end_s : when it ended, seconds from the start of the run
    tests, wins : CHSH rounds that were played, and won
    scored : request pairs that were routed with a Bell pair
    score_sum : the sum of their scores, seconds
    """

    end_s: float
    tests: int
    wins: int
    scored: int
    score_sum: float


def windows(columns: Mapping[str, Floats], many: int) -> tuple[Window, ...]:
    """Cut a run into windows, from its sums by batch; no more than there are batches.

    Parameters
    ----------
    columns : ``time_s``, ``tests``, ``wins``, ``scored`` and ``score_sum``, each of shape (batches,)
    many : how many windows there should be; 0 for none

    Examples
    --------
    >>> one = np.ones(4)
    >>> columns = {"time_s": 2 * one, "tests": 3 * one, "wins": one, "scored": 0 * one, "score_sum": 0 * one}
    >>> windows(columns, 2)[1]
    Window(end_s=8.0, tests=6, wins=2, scored=0, score_sum=0.0)
    """
    batches = len(columns["time_s"])
    edges = np.arange(min(many, batches) + 1) * batches // max(1, min(many, batches))
    sums = {name: [float(column[a:b].sum()) for a, b in pairwise(edges)] for name, column in columns.items()}
    ends_s = np.cumsum(sums["time_s"]).tolist()
    rows = zip(ends_s, *(sums[name] for name in Window._fields[1:]), strict=True)
    return tuple(Window(end_s, int(tests), int(wins), int(scored), total) for end_s, tests, wins, scored, total in rows)
