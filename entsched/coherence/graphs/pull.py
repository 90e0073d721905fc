"""The compiled sum over links: how neighbours pull at each oscillator of a graph."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int32]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def pull(phases: Floats, first: Places, neighbours: Places) -> Floats:
    """The sum of sin(theta_j - theta_i) over the neighbours j of each node i, shape (nodes,).

    Parameters
    ----------
    phases : rad, shape (nodes,)
    first : where the neighbours of each node begin, and their number, shape (nodes + 1,)
    neighbours : of all nodes in their order, shape (2 links,)
    """
    nodes = len(phases)
    cosine, sine, total = np.empty(nodes), np.empty(nodes), np.empty(nodes)
    for i in range(nodes):
        cosine[i], sine[i] = math.cos(phases[i]), math.sin(phases[i])
    for i in range(nodes):
        across, up = 0.0, 0.0
        for place in range(first[i], first[i + 1]):
            across += cosine[neighbours[place]]
            up += sine[neighbours[place]]
        total[i] = cosine[i] * up - sine[i] * across
    return total
