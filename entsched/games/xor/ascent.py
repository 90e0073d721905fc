"""Compiled kernels: block-coordinate ascent over unit vectors, accelerated by Anderson's mixing."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A squared length below this counts as the zero vector, which has no direction.
ZERO = 1e-280

#: Directions whose share of the vectors' spread is below this part of the largest are dropped.
NEGLIGIBLE = 1e-3

#: Steps between two looks at the rank.
LOOK = 10


@njit(cache=True)
def normalise_rows(rows: Floats, otherwise: Floats) -> Floats:
    """Scale each row to length 1 in place and return the lengths; a zero row becomes that of ``otherwise``."""
    lengths = np.empty(rows.shape[0])
    for i in range(rows.shape[0]):
        square = 0.0
        for k in range(rows.shape[1]):
            square += rows[i, k] * rows[i, k]
        lengths[i] = np.sqrt(square)
        for k in range(rows.shape[1]):
            rows[i, k] = rows[i, k] / lengths[i] if square > ZERO else otherwise[i, k]
    return lengths


@njit(cache=True)
def _factor(matrix: Floats) -> float:
    """Replace the lower half of a positive matrix by its Cholesky factor; return the smallest squared pivot."""
    smallest = np.inf
    for j in range(matrix.shape[0]):
        for i in range(j, matrix.shape[0]):
            for k in range(j):
                matrix[i, j] -= matrix[i, k] * matrix[j, k]
        pivot = matrix[j, j]
        smallest = min(smallest, pivot)
        root = np.sqrt(max(pivot, 1e-300))
        for i in range(j, matrix.shape[0]):
            matrix[i, j] /= root
    return smallest


@njit(cache=True)
def _mixing(gram: Floats, projections: Floats, count: int) -> Floats:
    """Least-squares coefficients from the normal equations, each column scaled to length 1."""
    sizes, factor, x = np.empty(count), np.empty((count, count)), np.empty(count)
    for i in range(count):
        sizes[i] = np.sqrt(gram[i, i]) + 1e-300
        for j in range(i + 1):
            factor[i, j] = gram[i, j] / sizes[i] / sizes[j]
        factor[i, i] += 1e-12
    _factor(factor)
    for i in range(count):
        x[i] = projections[i] / sizes[i]
        for k in range(i):
            x[i] -= factor[i, k] * x[k]
        x[i] /= factor[i, i]
    for i in range(count - 1, -1, -1):
        for k in range(i + 1, count):
            x[i] -= factor[k, i] * x[k]
        x[i] /= factor[i, i]
    return x / sizes


@njit(cache=True)
def _is_low_rank(v: Floats) -> bool:
    spread = np.dot(v.T, v)
    largest = np.max(np.diag(spread))
    return bool(_factor(spread) < NEGLIGIBLE * largest)


@njit(cache=True)
def _step(weights: Floats, u: Floats, v: Floats) -> tuple[Floats, float, Floats, Floats, float]:
    """One plain step from v: u, the value sum_x |(W v)_x|, the new v, its scaled difference, its relative size."""
    new_u = np.dot(weights, v)
    value = normalise_rows(new_u, u).sum()
    image = np.dot(weights.T, new_u)
    stiffness = normalise_rows(image, v)
    difference = image - v
    for i in range(v.shape[0]):
        difference[i] *= np.sqrt(stiffness[i])
    residual = difference.ravel()
    change = np.sqrt(np.dot(residual, residual) / stiffness.sum()) if value > 0 else 0.0
    return new_u, value, image, residual, change


@njit(cache=True)
def climb(weights: Floats, u: Floats, v: Floats, goal: float, steps: int, memory: int) -> tuple[Floats, float, int]:
    """Raise sum_xy W[x, y] <u_x, v_y> by v <- normalise(W^T normalise(W v)), extrapolated.

    Stops when the relative change of a step is at most ``goal``, after ``steps`` steps, or when the
    vectors span fewer dimensions than they have (that is looked at now and then). The
    extrapolation is Anderson's mixing (D. G. Anderson, 1965, doi:10.1145/321296.321305).

    Returns
    -------
    v, the last relative change (the duality gap is about as large), the steps done
    """
    size = v.size
    moves, residuals, gram = np.empty((memory, size)), np.empty((memory, size)), np.empty((memory, memory))
    safe, value, change, kept, fresh = v, -1.0, np.inf, 0, True
    old_point, old_residual = np.empty(size), np.empty(size)
    for step in range(steps):
        if step % LOOK == LOOK - 1 and v.shape[1] > 1 and _is_low_rank(safe):
            return safe, change, step
        new_u, new_value, image, residual, new_change = _step(weights, u, v)
        if not new_value >= value * (1 - 1e-14):  # the extrapolation went too far, or to nan: a plain step instead
            v, kept, value, fresh = safe, 0, -1.0, True
            continue
        u, value, safe, v, change = new_u, new_value, image, image, new_change
        if change <= goal:
            return safe, change, step + 1
        point = image.ravel()
        if not fresh:
            slot, kept = kept % memory, kept + 1
            count = min(kept, memory)
            moves[slot], residuals[slot] = point - old_point, residual - old_residual
            products = np.dot(residuals[:count], residuals[slot])
            gram[slot, :count], gram[:count, slot] = products, products
            mixing = _mixing(gram, np.dot(residuals[:count], residual), count)
            v = (point - np.dot(mixing, moves[:count])).reshape(image.shape)
            normalise_rows(v, image)
        old_point, old_residual, fresh = point, residual, False
    return safe, change, steps
