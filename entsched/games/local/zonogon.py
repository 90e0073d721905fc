"""A sum of segments in the plane: its vertices in order of angle, and the vertex of each direction."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Zonogon:
    """The points sum a[x] generators[x] for a[x] in [-1, 1].

    Turned into the upper half plane and sorted by angle, the generators before some place have one
    sign at a vertex and those from it on the other. So vertex k, for k from 0 to n - 1, has +1 on
    the first k and -1 on the others; the other vertices are the opposite points. Where generators
    are parallel or zero, some of these points lie inside an edge.

    Parameters
    ----------
    generators : array (n, 2)

    Examples
    --------
    >>> square = Zonogon(np.eye(2))
    >>> square.vertices.tolist()
    [[-1.0, -1.0], [1.0, -1.0]]
    >>> square.respond(np.array([[2.0, 1.0]])).tolist(), square.answers(1).tolist()
    ([0], [1.0, -1.0])
    """

    def __init__(self, generators: Floats) -> None:
        turned, self._signs = _upper(generators)
        angles = np.arctan2(turned[:, 1], turned[:, 0])
        self._order = np.argsort(angles, kind="stable")
        self._angles = angles[self._order]
        self._sorted = turned[self._order]

    @cached_property
    def vertices(self) -> Floats:
        """Vertex k of each pair of opposite ones, array (n, 2)."""
        sums = np.cumsum(self._sorted, axis=0, dtype=np.longdouble)
        return np.asarray(2 * (sums - self._sorted) - sums[-1], dtype=float)

    @cached_property
    def length(self) -> float:
        """The sum of the lengths of all generators."""
        return float(np.hypot(self._sorted[:, 0], self._sorted[:, 1]).sum())

    @property
    def error(self) -> float:
        """How far, in units of ``length``, a response may be from the best, from rounding alone.

        A generator is on the wrong side of a direction only if it is nearly orthogonal to it: the
        angles have errors of a few ulp. The sums are made in extended precision where there is one.
        """
        return float(32 * np.finfo(float).eps + len(self._order) * np.finfo(np.longdouble).eps)

    def answers(self, k: int) -> Floats:
        """The signs a[x] of vertex k, in the order the generators were given in."""
        signs = np.empty(len(self._order))
        signs[self._order] = np.where(np.arange(len(self._order)) < k, 1.0, -1.0)
        return signs * self._signs

    def respond(self, directions: Floats) -> NDArray[np.intp]:
        """For each direction (k, 2) the vertex, up to its sign, that lies farthest along it."""
        turned, _ = _upper(directions)
        angles = np.arctan2(turned[:, 1], turned[:, 0])
        border = np.where(angles < np.pi / 2, angles + np.pi / 2, angles - np.pi / 2)
        return np.searchsorted(self._angles, border) % len(self._angles)


def zonogon_maximum(a: Zonogon, b: Zonogon, core: Floats | None = None) -> tuple[int, int, float]:
    """Vertices i of a and j of b with the largest |u @ core @ v|, and the value with its sign.

    Examples
    --------
    >>> zonogon_maximum(Zonogon(np.eye(2)), Zonogon(np.eye(2)), np.array([[1.0, 1.0], [1.0, -1.0]]))
    (0, 1, -2.0)
    """
    directions = a.vertices if core is None else a.vertices @ core
    responses = b.respond(directions)
    values = np.sum(directions * b.vertices[responses], axis=1)
    best = int(np.argmax(np.abs(values)))
    return best, int(responses[best]), float(values[best])


def _upper(vectors: Floats) -> tuple[Floats, Floats]:
    """The vectors turned into the half plane of angles from 0 to pi, and the signs that did it."""
    below = (vectors[:, 1] < 0) | ((vectors[:, 1] == 0) & (vectors[:, 0] < 0))
    signs = np.where(below, -1.0, 1.0)
    return vectors * signs[:, None], signs
