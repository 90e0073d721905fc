"""XOR games on a pair whose two largest correlations differ: the best angles found in the plane of both.

The plane is enough for weights of rank two: all sum_y G_xy T v_y lie in a plane, so all best answers do. T between two
planes has singular values of at most t1, t2 (interlacing); the optimum is convex and even in each, so grows with them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.games.split.game import XorWeights

Floats = NDArray[np.float64]

ROUNDS = 40
RANDOM_STARTS = 16
#: Rounds of best responses for all starts, and how many of them then go on with Newton steps.
SWEEPS, KEPT = 8, 3
#: Keeps the linear system of a Newton step regular where the value does not depend on a direction.
RIDGE = 1e-12
#: Starts have settled when a round gains less than this fraction of the value.
SETTLED = 1e-14


class EllipticOptimum(NamedTuple):
    """Angles (radians) at which sum G (cos a cos b + ratio sin a sin b) is the least value found."""

    value: float
    angles_a: Floats
    angles_b: Floats


def elliptic_minimum(weights: XorWeights, ratio: float, starts: tuple[Floats, ...] = ()) -> EllipticOptimum:
    """Minimise sum G[x, y] (cos a_x cos b_y + ratio sin a_x sin b_y) by best responses and Newton steps.

    All starts run at once: the given ones and seeded random ones. The value never exceeds that
    of a given start.

    Parameters
    ----------
    weights : G in factored form
    ratio : of the smaller to the larger correlation, 0 to 1
    starts : angles of B to begin from

    Examples
    --------
    >>> chsh = XorWeights(np.array([[1.0, 1.0], [1.0, -1.0]]), np.eye(2), residual=0.0)
    >>> [round(elliptic_minimum(chsh, ratio).value, 9) for ratio in (1.0, 0.75, 0.0)]
    [-2.828427125, -2.5, -2.0]
    """
    axes = np.array([1.0, ratio])
    fresh = np.random.default_rng(0).uniform(0, 2 * np.pi, (RANDOM_STARTS, len(weights.right)))
    b = _swept(weights, axes, _directions(np.vstack([*starts, fresh])))
    field, values = _field(weights.left, weights.right, axes, b), np.full(len(b), np.inf)
    a = _respond(field, _zero_angles(*field.shape[:2]))
    for _ in range(ROUNDS):
        b, field, reached = _improved(weights, axes, a, b)
        a = _respond(field, a)
        best = int(np.argmin(reached))
        if values[best] - reached[best] <= SETTLED * abs(reached[best]):
            break
        values = reached
    return EllipticOptimum(float(reached[best]), _angles(a[best]), _angles(b[best]))


def _swept(weights: XorWeights, axes: Floats, b: Floats) -> Floats:
    """The starts that are best after a few best responses of both parties."""
    a = _zero_angles(len(b), len(weights.left))
    for _ in range(SWEEPS):
        a = _respond(_field(weights.left, weights.right, axes, b), a)
        field = _field(weights.right, weights.left, axes, a)
        b = _respond(field, b)
    order = np.argsort(-np.sqrt(np.sum(field**2, axis=-1)).sum(axis=-1), kind="stable")
    return b[order[:KEPT]]


def _improved(weights: XorWeights, axes: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats, Floats]:
    """The better of B's best response to a and of a Newton step, the field that A then meets, and the value."""
    field = _field(weights.right, weights.left, axes, a)
    trials = np.stack([_respond(field, b), _newton(weights, axes, a, b, field)])
    fields = _field(weights.left, weights.right, axes, trials)
    values = -np.sqrt(np.sum(fields**2, axis=-1)).sum(axis=-1)
    choice, each = np.argmin(values, axis=0), np.arange(len(b))
    return trials[choice, each], fields[choice, each], values[choice, each]


def _newton(weights: XorWeights, axes: Floats, a: Floats, b: Floats, field: Floats) -> Floats:
    """B after a Newton step in all angles from A's best response; questions that weigh nothing stay.

    The Hessian is [[diag(d), V W^T], [W V^T, diag(e)]] with V and W of twice the rank of G, so the
    step is a small linear system (Woodbury).
    """
    pull_a = _field(weights.left, weights.right, axes, b)
    free_a, free_b = _inverse(-np.sum(a * pull_a, axis=-1)), _inverse(-np.sum(b * field, axis=-1))
    across_a, across_b = _across(a), _across(b)
    wide_a, wide_b = _wide(weights.left, across_a, axes), _wide(weights.right, across_b, axes)
    kernel_a = _flipped(wide_a) @ (free_a[..., None] * wide_a)
    kernel_b = _flipped(wide_b) @ (free_b[..., None] * wide_b)
    slope = np.sum(across_b * field, axis=-1)
    shift = _flipped(wide_b) @ (free_b * slope)[..., None]
    core = kernel_a @ np.linalg.solve((1 + RIDGE) * np.eye(kernel_a.shape[-1]) - kernel_b @ kernel_a, shift)
    step = -free_b * (slope + (wide_b @ core)[..., 0])
    return b * np.cos(step)[..., None] + across_b * np.sin(step)[..., None]


def _field(own: Floats, other: Floats, axes: Floats, directions: Floats) -> Floats:
    """What one party meets: sum_y G[x, y] b_y, each coordinate times its correlation; (starts, questions, 2)."""
    return own @ (other.T @ directions) * axes


def _respond(field: Floats, default: Floats) -> Floats:
    """Unit vectors against the field: the minimising answer to it."""
    size = np.sqrt(np.sum(field**2, axis=-1, keepdims=True))
    return np.where(size > 0, -field / np.where(size > 0, size, 1.0), default)


def _zero_angles(starts: int, questions: int) -> Floats:
    """The direction of angle 0 for every question."""
    return np.broadcast_to([1.0, 0.0], (starts, questions, 2))


def _flipped(matrices: Floats) -> Floats:
    return np.swapaxes(matrices, -1, -2)


def _inverse(curvature: Floats) -> Floats:
    """1 / curvature, and 0 where it is not positive."""
    return np.where(curvature > 0, 1 / np.where(curvature > 0, curvature, 1.0), 0.0)


def _wide(factor: Floats, directions: Floats, axes: Floats) -> Floats:
    """The factor times each coordinate of the directions and the root of its correlation, side by side."""
    weighted = directions * np.sqrt(axes)
    return np.concatenate([factor * weighted[..., :1], factor * weighted[..., 1:]], axis=-1)


def _across(directions: Floats) -> Floats:
    """The directions turned by a right angle."""
    return np.stack([-directions[..., 1], directions[..., 0]], axis=-1)


def _directions(angles: Floats) -> Floats:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _angles(directions: Floats) -> Floats:
    return np.arctan2(directions[:, 1], directions[:, 0])
