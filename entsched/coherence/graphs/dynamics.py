"""The Kuramoto model on a graph, integrated by scipy in memory proportional to the links."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import RK23
from scipy.sparse import csr_array

from entsched.errors import EntschedError

Floats = NDArray[np.float64]

#: So far below the absolute tolerance of phases, which grow with time, that it never counts.
RELATIVE_TOLERANCE = 1e-12


def order_parameter(phases: Floats) -> complex:
    """Z = mean of e^(i theta).

    Examples
    --------
    >>> round(abs(order_parameter(np.array([0.0, np.pi / 2]))), 6)
    0.707107
    """
    return complex(np.cos(phases).mean(), np.sin(phases).mean())


class Coherence(NamedTuple):
    """The order parameter r, root mean square of |Z|, of the measured time and of both its halves."""

    order: float
    early: float
    late: float


def coherence(
    matrix: csr_array,
    frequencies: Floats,
    coupling: float,
    start: Floats,
    settle_s: float,
    measure_s: float,
    tolerance_rad: float = 0.01,
) -> Coherence:
    """The order parameter r, root mean square of |Z| over ``measure_s`` after ``settle_s``, between 0 and 1.

    d theta_i / dt = w_i + (coupling / mean degree) * sum of sin(theta_j - theta_i) over the neighbours j, in steps of
    Bogacki and Shampine: their local error, root mean square over the nodes, stays below the tolerance.

    Parameters
    ----------
    matrix : of links, entries 0 and 1, shape (nodes, nodes)
    frequencies, start : rad/s and rad, shape (nodes,)
    coupling : K, rad/s
    settle_s, measure_s : not negative, and positive

    Raises
    ------
    EntschedError
        If the steps become too short to go on.

    Examples
    --------
    >>> pair = csr_array(np.array([[0.0, 1.0], [1.0, 0.0]]))
    >>> r = coherence(pair, np.array([-0.5, 0.5]), 1.0, np.zeros(2), 20.0, 1.0).order
    >>> bool(abs(r - np.cos(np.pi / 12)) < 0.01)
    True
    """
    from entsched.coherence.graphs.pull import pull

    strength = coupling / float(matrix.sum() / len(frequencies))

    def derivative(_: float, phases: Floats) -> Floats:
        return frequencies + strength * pull(phases, matrix.indptr, matrix.indices)

    half_s = settle_s + measure_s / 2
    early = late = 0.0
    for before_s, after_s, phases in _steps(derivative, start, settle_s + measure_s, tolerance_rad):
        if after_s > settle_s:
            square = abs(order_parameter(phases)) ** 2
            early += max(0.0, min(after_s, half_s) - max(before_s, settle_s)) * square
            late += max(0.0, after_s - max(before_s, half_s)) * square
    return Coherence(*(math.sqrt(squares / measure_s) for squares in (early + late, 2 * early, 2 * late)))


def _steps(
    derivative: Callable[[float, Floats], Floats], start: Floats, duration_s: float, tolerance_rad: float
) -> Iterator[tuple[float, float, Floats]]:
    """Beginning and end of each step, and the phases at its end."""
    solver = RK23(derivative, 0.0, start, duration_s, rtol=RELATIVE_TOLERANCE, atol=tolerance_rad)
    while solver.status == "running":
        message = solver.step()
        if message is not None:
            raise EntschedError(
                f"oscillators: given a coupling too strong to integrate, allowed: a weaker one ({message})"
            )
        yield solver.t_old, solver.t, solver.y
