"""Onset and growth exponent of a measured order parameter, from its values at rising couplings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from entsched.sim.statistics import student_interval
from entsched.tasks import Row

#: Minus the exponent of N in the order parameter at the onset of the mean field with random frequencies.
#: H. Hong, H. Chate, H. Park and L.-H. Tang, Phys. Rev. Lett. 99, 184101 (2007).
ROUNDING = 0.2
#: The fewest points from which three numbers are fitted.
FEWEST = 5
#: The fewest replications from which an interval is given.
FEWEST_REPLICATIONS = 3


class Growth(NamedTuple):
    """r = prefactor (1 - onset / coupling)^exponent above an onset."""

    exponent: float
    onset: float


def reached(couplings: Sequence[float], orders: Sequence[float], level: float) -> float | None:
    """The coupling at which the order parameter first reaches a level, on straight lines between points.

    Parameters
    ----------
    couplings : rising
    orders : as many
    level : above the first order parameter, or nothing is found

    Examples
    --------
    >>> reached([1.0, 2.0, 3.0], [0.1, 0.2, 0.6], 0.3)
    2.25
    >>> reached([1.0, 2.0], [0.1, 0.2], 0.3) is None
    True
    """
    above = [index for index, order in enumerate(orders) if order >= level]
    if not above or above[0] == 0:
        return None
    left, right = above[0] - 1, above[0]
    share = (level - orders[left]) / (orders[right] - orders[left])
    return float(couplings[left] + share * (couplings[right] - couplings[left]))


def growth(couplings: Sequence[float], orders: Sequence[float], least: float, most: float) -> Growth | None:
    """The fit of a power of 1 - onset / coupling, with the onset free, to the points inside a window of r.

    Least squares in logarithms; nothing if fewer than five points are inside, or the fit has no onset
    between half the first coupling inside and that coupling.

    Parameters
    ----------
    couplings : rising, positive
    orders : positive, as many
    least, most : ends of the window of r

    Examples
    --------
    >>> couplings = [1.1, 1.2, 1.3, 1.4, 1.5]
    >>> found = growth(couplings, [2 * (1 - 1 / k) ** 0.5 for k in couplings], 0.0, 2.0)
    >>> round(found.exponent, 4), round(found.onset, 4)
    (0.5, 1.0)
    """
    points = np.array([(k, r) for k, r in zip(couplings, orders, strict=True) if least <= r <= most])
    if len(points) < FEWEST:
        return None
    coupling, order = points[:, 0], np.log(points[:, 1])

    def fitted(onset: float) -> tuple[float, float]:
        distance = np.log1p(-onset / coupling)
        across = distance - distance.mean()
        slope = float(across @ order / (across @ across))
        return slope, float(np.square(order - order.mean() - slope * across).sum())

    first = float(coupling.min())
    ends = (0.5 * first, first * (1 - 1e-6))
    onset = float(minimize_scalar(lambda k: fitted(k)[1], bounds=ends, method="bounded", options={"xatol": 1e-9}).x)
    if min(onset - ends[0], ends[1] - onset) < 1e-4 * first:
        return None
    return Growth(fitted(onset)[0], onset)


def interval_row(
    name: str, values: Sequence[float], least: float = -math.inf, most: float = math.inf, confidence: float = 0.95
) -> Row:
    """Mean and interval of replications under ``name``, ``name_low``, ``name_high``.

    All are None without values, and the ends from fewer than three, where Student's interval says next to nothing.

    Parameters
    ----------
    values : of replications
    least, most : ends of the range of the quantity, at which the interval is cut
    confidence : between 0 and 1

    Examples
    --------
    >>> interval_row("onset_hz", [])
    {'onset_hz': None, 'onset_hz_low': None, 'onset_hz_high': None}
    >>> interval_row("order", [0.25, 0.25, 1.0], 0.0, 1.0)
    {'order': 0.5, 'order_low': 0.0, 'order_high': 1.0}
    """
    if not values:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    found = student_interval(values, confidence)
    if len(values) < FEWEST_REPLICATIONS:
        return {name: found.mean, f"{name}_low": None, f"{name}_high": None}
    return {name: found.mean, f"{name}_low": max(found.low, least), f"{name}_high": min(found.high, most)}


def resolved(row: Row, name: str, least: float, most: float) -> Row:
    """A row of :func:`interval_row` without the ends where the interval leaves the values that were measured.

    Examples
    --------
    >>> resolved({"onset": 1.1, "onset_low": -0.8, "onset_high": 2.9}, "onset", 0.3, 1.8)
    {'onset': 1.1, 'onset_low': None, 'onset_high': None}
    """
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    inside = low is not None and least <= low and high <= most
    return row if inside else row | {f"{name}_low": None, f"{name}_high": None}
