"""Where to cut between short and long requests: at equal loads, or where customers wait least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entsched.errors import UnstableError
from entsched.workload import Workload

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


def equal_load_cut(workload: Workload) -> float:
    """The mean of the longest type that counts as short, seconds, with loads of both sides as equal as types allow.

    Raises
    ------
    UnstableError
        If there is one type only, and one server cannot serve it alone.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> equal_load_cut(two)
    0.1
    """
    s = workload.type_means_s
    if len(s) == 1:
        return least_wait_cut(workload)
    cuts = np.unique(s)
    short = [float(workload.type_probabilities[s <= cut] @ s[s <= cut]) for cut in cuts]
    return float(cuts[np.argmin(np.abs(np.array(short) - workload.mean_s / 2))])


def least_wait_cut(workload: Workload) -> float:
    """The mean of the longest type that counts as short, seconds, with the least mean wait of all cuts between types.

    Raises
    ------
    UnstableError
        If a server has load 1 or more at every cut, or there is one type only and one server cannot serve it alone.

    Examples
    --------
    >>> law = Workload(arrival_rate_hz=0.5, service={"law": "exponential", "mean_s": 1.0, "bins": 40})
    >>> round(least_wait_cut(law), 3), round(equal_load_cut(law), 3)
    (1.438, 1.675)
    """
    cuts, waits_s = cut_waits(workload)
    if not np.isfinite(waits_s).any():
        raise UnstableError(
            f"given load {workload.load:.6g}, allowed: one at which a server for all requests up to some type, and one "
            "for the longer ones, both have loads below 1"
        )
    return float(cuts[np.argmin(waits_s)])


def cut_waits(workload: Workload) -> tuple[Floats, Floats]:
    """All cuts between types and their mean waits W, seconds; infinite where a server has load 1 or more.

    A single type has one cut: all requests go to one server. The waits are those of the formulas in
    docs/design.md, section 1, summed type by type for all cuts at once.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> [each.round(3).tolist() for each in cut_waits(two)]
    [[0.1], [13.789]]
    """
    order = np.argsort(workload.type_means_s, kind="stable")
    means_s = workload.type_means_s[order]
    short = np.flatnonzero(np.append(np.diff(means_s) > 0, len(order) == 1)) + 1
    total_s = _weighted_waits(workload, order)[short] + _weighted_waits(workload, order[::-1])[len(order) - short]
    return means_s[short - 1], total_s / 2


def _weighted_waits(workload: Workload, order: Integers) -> Floats:
    """Customers of a pair times their mean wait, in a server for the first 0, 1, ... types in this order; seconds."""
    s, pi, delay_s = workload.type_means_s[order], workload.pi[np.ix_(order, order)], workload.batch_delay_s
    many = pi.sum(axis=0) + pi.sum(axis=1)
    customers, work_s = _from_none(np.cumsum([many, many * s], axis=1))
    own = _from_none(np.cumsum(many * workload.type_second_moments_s2[order]))
    met, delayed_s = (
        _from_none((pi * each).cumsum(axis=0).cumsum(axis=1).diagonal())
        for each in (np.outer(s, s), delay_s[np.ix_(order, order)])
    )
    idle = 1 - workload.arrival_rate_hz * work_s
    twice_found = np.divide(own + 2 * met, idle, out=np.full_like(idle, np.inf), where=idle > 0)
    weighted: Floats = np.where(customers > 0, customers * workload.arrival_rate_hz * twice_found / 2, 0.0) + delayed_s
    return weighted


def _from_none(sums: Floats) -> Floats:
    """Running sums that begin with 0."""
    return np.insert(sums, 0, 0.0, axis=-1)
