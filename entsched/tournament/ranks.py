"""Ranks by dominance: layers of points that no point of a later layer dominates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def layers(dominates: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The layer of each point: 1 if nobody dominates it, 2 if only points of layer 1 do, and so on.

    Points that dominate each other in a circle, as intervals allow in principle, share a layer.

    Parameters
    ----------
    dominates : shape (n, n); whether the row dominates the column

    Returns
    -------
    array of shape (n,), from 1 on

    Examples
    --------
    >>> layers(np.array([[0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=bool)).tolist()
    [1, 2, 3]
    """
    found = np.zeros(len(dominates), dtype=np.intp)
    layer = 0
    while not found.all():
        layer += 1
        left = np.flatnonzero(found == 0)
        free = left[np.logical_not(dominates[np.ix_(left, left)].any(axis=0))]
        found[free if len(free) else left] = layer
    return found
