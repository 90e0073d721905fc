"""Recorded rounds as tables of counts, in which silence is an outcome of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.coherence.consensus.rounds import SILENT, Rounds
from entsched.errors import EntschedError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Of all intervals that are shown.
LEVEL = 0.95


def counted(rounds: Rounds, answers: int = 2, questions: tuple[int, int] = (2, 2)) -> Integers:
    """How often each combination occurred, shape (answers + 1, answers + 1, *questions) by a, b, x, y.

    The last answer stands for silence.

    Parameters
    ----------
    answers : of each observer, at least 1
    questions : of A and of B, each at least 1

    Raises
    ------
    EntschedError
        If an answer or a question is out of range.

    Examples
    --------
    >>> one, zero = np.array([1]), np.array([0.0])
    >>> counted(Rounds(one, one, one, one - 2, zero, zero, zero, zero))[1, 2, 1, 1]
    np.int64(1)
    """
    limits = {"x": (0, questions[0]), "y": (0, questions[1]), "a": (SILENT, answers), "b": (SILENT, answers)}
    for name, (least, most) in limits.items():
        values = getattr(rounds, name)
        if len(values) and not least <= values.min() <= values.max() < most:
            given = f"{name} given from {values.min()} to {values.max()}"
            raise EntschedError(f"recorded rounds: {given}, allowed: {least} to {most - 1}")
    shape = (answers + 1, answers + 1, *questions)
    a, b = (np.where(side == SILENT, answers, side) for side in (rounds.a, rounds.b))
    cells = np.ravel_multi_index((a, b, rounds.x, rounds.y), shape)
    return np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)


def with_silence_as_zero(counts: Integers) -> Integers:
    """The table of nodes that answer 0 instead of being silent, with one answer less for each.

    Examples
    --------
    >>> with_silence_as_zero(np.arange(9).reshape(3, 3, 1, 1))[:, :, 0, 0].tolist()
    [[16, 8], [8, 4]]
    """
    by_a = counts[:-1].copy()
    by_a[0] += counts[-1]
    merged = by_a[:, :-1].copy()
    merged[:, 0] += by_a[:, -1]
    return merged


def is_silent_somewhere(counts: Integers) -> bool:
    """Whether any answer did not come."""
    return bool(counts[-1].any() or counts[:, -1].any())


def compact(counts: Integers) -> Integers:
    """The counts without the outcome of silence, if it never occurred.

    Examples
    --------
    >>> compact(np.ones((3, 3, 1, 1), dtype=int)).shape
    (3, 3, 1, 1)
    >>> compact(np.pad(np.ones((2, 2, 1, 1), dtype=int), ((0, 1), (0, 1), (0, 0), (0, 0)))).shape
    (2, 2, 1, 1)
    """
    return counts if is_silent_somewhere(counts) else with_silence_as_zero(counts)


def ends(counts: ArrayLike, totals: ArrayLike, significance: float = 1 - LEVEL) -> tuple[Floats, Floats]:
    """The two-sided interval of Clopper and Pearson for each share of its total; from 0 to 1 where the total is 0.

    Parameters
    ----------
    counts, totals : integers, 0 <= counts <= totals, any shapes that broadcast
    significance : how often an interval may miss its probability, above 0 and below 1

    Examples
    --------
    >>> low, high = ends([0, 5], 10)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.187], [0.308, 0.813])
    """
    from scipy.stats import beta

    k, n = np.broadcast_arrays(np.asarray(counts, dtype=float), np.asarray(totals, dtype=float))
    low = np.where(k > 0, beta.ppf(significance / 2, np.maximum(k, 1), n - k + 1), 0.0)
    high = np.where(k < n, beta.isf(significance / 2, k + 1, np.maximum(n - k, 1)), 1.0)
    return low, high
