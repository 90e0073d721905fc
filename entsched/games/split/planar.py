"""XOR games on one Bell pair: the best planar measurement angles, with a proof of how good they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.games.split.game import XorWeights

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

SWEEPS = 6
ROUNDS = 30
STARTS = 8


class PlanarOptimum(NamedTuple):
    """Angles (radians) that minimise sum G cos(a_x - b_y), the value, and a bound from below."""

    value: float
    bound: float
    angles_a: Floats
    angles_b: Floats


def planar_minimum(weights: XorWeights, starts: tuple[Floats, ...] = (), tolerance: float = 1e-12) -> PlanarOptimum:
    """Minimise sum G[x, y] cos(angles_a[x] - angles_b[y]).

    Alternating best responses with Newton steps, from the given starts first and then from seeded
    random ones, until the dual bound proves the value to ``tolerance`` times its size. The common
    rotation is chosen so that angles_a[0] = 0.

    Parameters
    ----------
    weights : G in factored form
    starts : angles of B to begin from

    Returns
    -------
    PlanarOptimum
        ``bound`` holds for unit vectors of any dimension, so for every quantum strategy.

    Examples
    --------
    >>> chsh = XorWeights(np.array([[1.0, 1.0], [1.0, -1.0]]), np.eye(2), residual=0.0)
    >>> best = planar_minimum(chsh)
    >>> round(best.value, 9), round(best.bound, 9)
    (-2.828427125, -2.828427125)
    """
    rng = np.random.default_rng(0)
    best, bound = None, -np.inf
    for attempt in range(len(starts) + STARTS):
        fresh = attempt >= len(starts)
        guess = rng.uniform(0, 2 * np.pi, len(weights.right)) if fresh else starts[attempt]
        found = _descend(weights, guess)
        bound = max(bound, found.bound)
        if best is None or found.value < best.value:
            best = found
        if best.value - bound <= tolerance * abs(bound):
            break
    assert best is not None
    turn = best.angles_a[0]
    return PlanarOptimum(best.value, bound, _turned(best.angles_a, turn), _turned(best.angles_b, turn))


def dual_bound(weights: XorWeights, dual_a: Floats, dual_b: Floats) -> float:
    """A proved lower bound on sum G <u_x, v_y> over unit vectors, from nonnegative duals d and e.

    If s is the largest singular value of diag(d)^-1/2 G diag(e)^-1/2, then
    [[diag(s d), G], [G^T, diag(s e)]] is positive semidefinite and the sum is at least
    -s (sum d + sum e) / 2. A margin for rounding is added to s.
    """
    floor = 1e-15 * max(dual_a.max(), dual_b.max(), np.finfo(float).tiny)
    d, e = np.maximum(dual_a, floor), np.maximum(dual_b, floor)
    _, size_a = np.linalg.qr(weights.left / np.sqrt(d)[:, None])
    _, size_b = np.linalg.qr(weights.right / np.sqrt(e)[:, None])
    singular = np.linalg.svd(size_a @ size_b.T, compute_uv=False)
    margin = 1 + 4 * np.finfo(float).eps * len(singular)
    return -float(singular[0] * margin * (d.sum() + e.sum()) / 2) - weights.residual


def _descend(weights: XorWeights, angles: Floats) -> PlanarOptimum:
    """Best responses and Newton steps from B's ``angles`` until proved, or no longer improving."""
    b = np.exp(1j * angles)
    previous = np.inf
    for _ in range(ROUNDS):
        for _ in range(SWEEPS):
            a = _respond(weights.left @ (weights.right.T @ b), b[0])
            b = _respond(weights.right @ (weights.left.T @ a), a[0])
        b = _newton(weights, b)
        field_b = weights.left @ (weights.right.T @ b)
        a = _respond(field_b, b[0])
        field_a = weights.right @ (weights.left.T @ a)
        value = float(np.real(np.vdot(b, field_a)))
        bound = dual_bound(weights, np.abs(field_b), np.abs(field_a))
        if value - bound <= 1e-13 * abs(bound) or value >= previous - 1e-15 * abs(bound):
            break
        previous = value
    return PlanarOptimum(value, min(bound, value), np.angle(a), np.angle(b))


def _turned(angles: Floats, turn: float) -> Floats:
    """The angles from a new origin, in (-pi, pi]."""
    return np.angle(np.exp(1j * (angles - turn)))


def _respond(field: Complexes, default: complex) -> Complexes:
    """Unit vectors against the field: the minimising answer to it."""
    size = np.abs(field)
    return -np.divide(field, size, out=np.full_like(field, default), where=size > 0)


def _newton(weights: XorWeights, b: Complexes) -> Complexes:
    """Newton steps on F = sum |G b| over B's angles, for as long as they help.

    The Hessian is W K W^T - diag(e) with W of twice the rank of G, so a step is a small linear
    system (Woodbury); least squares takes care of the common rotation, which changes nothing.
    """
    for _ in range(10):
        field = weights.left @ (weights.right.T @ b)
        size = np.abs(field)
        unit = -_respond(field, 1.0)
        pull = np.conj(b) * (weights.right @ (weights.left.T @ unit))
        gradient, curvature = np.imag(pull), np.real(pull)
        if size.min() <= 0 or curvature.min() <= 0:
            return b
        wide_a, wide_b = _planes(weights.left, unit), _planes(weights.right, b)
        kernel = wide_a.T @ (wide_a / size[:, None])
        free = gradient / curvature
        small = np.eye(len(kernel)) - kernel @ (wide_b.T @ (wide_b / curvature[:, None]))
        core = np.linalg.lstsq(small, kernel @ (wide_b.T @ free), rcond=1e-12)[0]
        trial = b * np.exp(1j * (free + (wide_b @ core) / curvature))
        gain = np.abs(weights.left @ (weights.right.T @ trial)).sum() - size.sum()
        if not gain > -1e-15 * size.sum():
            return b
        b = trial
        if np.abs(gradient).max() <= 1e-15 * size.max():
            return b
    return b


def _planes(factor: Floats, directions: Complexes) -> Floats:
    """The factor times the two coordinates of each direction, side by side."""
    return np.hstack([factor * directions.real[:, None], factor * directions.imag[:, None]])
