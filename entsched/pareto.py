"""Fronts of baseline throughput against waiting time: dominance, hypervolume, quality of service."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar

Curve = Callable[[float], float]


class QosReading(NamedTuple):
    """The best operating point that keeps a promise on the mean wait."""

    splitting: float
    baseline_rate: float
    mean_wait_s: float


def on_front(rates: ArrayLike, waits: ArrayLike) -> NDArray[np.bool_]:
    """Which points no other point dominates: a higher rate with no longer wait, or the reverse.

    Examples
    --------
    >>> on_front([1.0, 2.0, 1.5], [1.0, 2.0, 2.5]).tolist()
    [True, True, False]
    """
    r, w = np.asarray(rates, dtype=float), np.asarray(waits, dtype=float)
    as_good = (r[:, None] >= r[None, :]) & (w[:, None] <= w[None, :])
    better = as_good & ((r[:, None] > r[None, :]) | (w[:, None] < w[None, :]))
    return np.logical_not(better.any(axis=0))


def hypervolume(rates: ArrayLike, waits: ArrayLike, reference: tuple[float, float]) -> float:
    """The area dominated by the points and bounded by a reference (low rate, long wait).

    Examples
    --------
    >>> hypervolume([1.0, 2.0], [1.0, 2.0], reference=(0.0, 3.0))
    3.0
    """
    r, w = np.asarray(rates, dtype=float), np.asarray(waits, dtype=float)
    inside = (r > reference[0]) & (w < reference[1])
    area, covered = 0.0, reference[0]
    for wait, rate in sorted(zip(w[inside].tolist(), r[inside].tolist(), strict=True)):
        if rate > covered:
            area += (rate - covered) * (reference[1] - wait)
            covered = rate
    return area


def mixed_hypervolume(rates: ArrayLike, waits: ArrayLike, reference: tuple[float, float]) -> float:
    """As :func:`hypervolume`, of the points and all their mixtures: the area below their least concave curve.

    Examples
    --------
    >>> mixed_hypervolume([1.0, 2.0], [1.0, 2.0], reference=(0.0, 3.0))
    3.5
    """
    r, w = np.asarray(rates, dtype=float), np.asarray(waits, dtype=float)
    inside = (r >= reference[0]) & (w <= reference[1])
    hull = mixed_front(r[inside], w[inside])
    corners = [*hull, (reference[1], hull[-1][1])] if hull else []
    return sum(((b[1] + a[1]) / 2 - reference[0]) * (b[0] - a[0]) for a, b in pairwise(corners))


def stepped_front(rates: ArrayLike, waits: ArrayLike) -> list[tuple[float, float]]:
    """The corners (wait, rate) of the steps below which points dominate, by rising wait.

    Examples
    --------
    >>> stepped_front([1.0, 0.5, 2.0], [1.0, 1.5, 2.0])
    [(1.0, 1.0), (2.0, 1.0), (2.0, 2.0)]
    """
    r, w = np.asarray(rates, dtype=float), np.asarray(waits, dtype=float)
    corners: list[tuple[float, float]] = []
    for wait, rate in sorted(zip(w.tolist(), r.tolist(), strict=True), key=lambda p: (p[0], -p[1])):
        if not corners:
            corners.append((wait, rate))
        elif rate > corners[-1][1]:
            corners += [(wait, corners[-1][1]), (wait, rate)]
    return corners


def mixed_front(rates: ArrayLike, waits: ArrayLike) -> list[tuple[float, float]]:
    """The corners (wait, rate) of the least concave rising curve above the points, by rising wait.

    Examples
    --------
    >>> mixed_front([1.0, 1.2, 2.0], [1.0, 1.5, 2.0])
    [(1.0, 1.0), (2.0, 2.0)]
    """
    r, w = np.asarray(rates, dtype=float), np.asarray(waits, dtype=float)
    hull: list[tuple[float, float]] = []
    for wait, rate in sorted(zip(w.tolist(), r.tolist(), strict=True), key=lambda p: (p[0], -p[1])):
        if hull and rate <= hull[-1][1]:
            continue
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], (wait, rate)):
            hull.pop()
        hull.append((wait, rate))
    return hull


def _turns_up(first: tuple[float, float], middle: tuple[float, float], last: tuple[float, float]) -> bool:
    """Whether a point lies on or below the line between its neighbours."""
    run, rise = last[0] - first[0], last[1] - first[1]
    return (middle[1] - first[1]) * run <= rise * (middle[0] - first[0])


def qos(excess: Curve, rate: Curve, budget: float) -> QosReading | None:
    """The largest rate with an excess wait within a budget, over all splitting probabilities.

    Parameters
    ----------
    excess : J(p), convex and falling to 0 at p = 1, seconds
    rate : R(p), baseline output per second, at least as good for one p in the range as for others
    budget : the largest J allowed, seconds

    Returns
    -------
    QosReading or None
        None if no p keeps the promise. ``mean_wait_s`` is the excess; add what every p has in common.

    Examples
    --------
    >>> reading = qos(lambda p: 1 - p, lambda p: 2 - p, budget=0.25)
    >>> round(reading.splitting, 9), round(reading.baseline_rate, 9)
    (0.75, 1.25)
    """
    if excess(1.0) > budget:
        return None
    least = 0.0
    if excess(0.0) > budget:
        least = float(brentq(lambda p: excess(p) - budget, 0.0, 1.0, xtol=1e-12))
    inner = minimize_scalar(lambda p: -rate(p), bounds=(least, 1.0), method="bounded").x
    best = max((least, 1.0, float(inner)), key=rate)
    return QosReading(best, rate(best), excess(best))
