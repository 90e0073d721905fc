"""The distribution of waits in memory that does not grow: counts in bins of equal relative width.

The upper bits of a double are its exponent and the first digits of its mantissa, so shifting the
rest away is a logarithmic bin: 256 to an octave, at most 0.4 % wide, from 2^-31 to 2^41 units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entsched.sim import kernels
from entsched.sim.kernels import BINS, LOWEST, SHIFT, UNIT_S

__all__ = ["BINS", "above", "count", "quantiles"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def count(waits_s: Floats, counts: Counts) -> None:
    """Add waits (seconds, any shape, 0 or more) to ``counts``, shape (BINS,); bin 0 takes all below 2^-31."""
    kernels.count(np.ascontiguousarray(waits_s).ravel(), counts)


def quantiles(counts: Counts, probabilities: Sequence[float]) -> list[float]:
    """The waits, seconds, that the given fractions of customers do not exceed; within 0.4 %.

    Interpolated in their bins; NaN where nothing was counted.

    Examples
    --------
    >>> counts = np.zeros(BINS, dtype=np.int64)
    >>> count(np.concatenate([np.zeros(500), np.linspace(0, 10, 500)]), counts)
    >>> [round(q, 1) for q in quantiles(counts, [0.25, 0.75, 0.95])]
    [0.0, 5.0, 9.0]
    """
    total = counts.sum()
    if total == 0:
        return [float("nan")] * len(probabilities)
    reached = np.cumsum(counts)
    places = np.searchsorted(reached, np.array(probabilities) * total, side="left").clip(0, BINS - 1)
    below = np.where(places > 0, reached[places - 1], 0)
    inside = (np.array(probabilities) * total - below) / np.maximum(counts[places], 1)
    low, high = _edges(places), _edges(places + 1)
    return np.where(places > 0, low + (high - low) * inside.clip(0, 1), 0.0).tolist()


def above(counts: Counts, thresholds_s: Sequence[float]) -> list[float]:
    """The fraction of customers that wait longer than each threshold, seconds, interpolated in its bin.

    Examples
    --------
    >>> counts = np.zeros(BINS, dtype=np.int64)
    >>> count(np.linspace(0, 10, 1000), counts)
    >>> [round(share, 2) for share in above(counts, [1.0, 9.0])]
    [0.9, 0.1]
    """
    if not thresholds_s:
        return []
    edges = _edges(np.arange(BINS + 1))
    reached = np.concatenate([[0.0], np.cumsum(counts)])
    total = max(reached[-1], 1.0)
    return (1 - np.interp(thresholds_s, edges, reached) / total).tolist()


def _edges(places: Counts) -> Floats:
    """The lower edges of bins, seconds; the first bin begins at 0."""
    edges: Floats = ((places + LOWEST) << SHIFT).astype(np.int64).view(np.float64) * UNIT_S
    return np.where(places > 0, edges, 0.0)
