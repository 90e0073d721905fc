"""All-to-all phase oscillators by a splitting that is exact for each part: one pass and no trigonometry per step.

A step turns every oscillator by half its own rotation, lets all follow their mean field, and turns them by the other
half. Under a fixed field Z for a time dt, the phasors z follow dz/dt = K/2 (Z - conj(Z) z^2), a Moebius map
z -> (z + c) / (1 + conj(c) z) with c = tanh(K |Z| dt / 2) Z / |Z|. The mean field over the step follows from the means
of z, z^2 and z^3. So the error is of second order in the step; the coupling at which oscillators begin to synchronise
is too high by about (K dt)^2 / 48 of itself, less the share of frequencies near multiples of a turn in a step.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from entsched.errors import EntschedError

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

#: Oscillators whose sums are taken side by side, which a processor does several at a time.
LANES = 128

#: Steps after which phasors are brought back to length 1; rounding moves them by about 1e-16 a step.
RENORMALISED = 256

#: The most steps of one run.
MOST_STEPS = 10_000_000


def order_parameter(
    frequencies: ArrayLike, coupling: float, duration_s: float, step_s: float, start_phases: ArrayLike
) -> Complexes:
    """Z(t) = mean of exp(i theta) for dtheta_i/dt = w_i + K Im(Z exp(-i theta_i)), at the start and after every step.

    Parameters
    ----------
    frequencies : w, rad/s, shape (n,), n from 1
    coupling : K, rad/s, finite
    duration_s : seconds; rounded to whole steps, at least one
    step_s : seconds
    start_phases : radians, shape (n,)

    Returns
    -------
    Z, shape (steps + 1,)

    Raises
    ------
    EntschedError
        If shapes differ, something is not finite, or there would be no step or too many.

    Examples
    --------
    >>> field = order_parameter([1.0, -1.0], 0.0, np.pi, np.pi / 3, [0.0, 0.0])
    >>> np.round(field.real, 9).tolist()
    [1.0, 0.5, -0.5, -1.0]
    """
    w, phases = (np.array(values, dtype=float) for values in (frequencies, start_phases))
    if w.ndim != 1 or not w.size or w.shape != phases.shape or not np.all(np.isfinite(w) & np.isfinite(phases)):
        raise EntschedError(
            f"oscillators: given frequencies of shape {w.shape} and phases of shape {phases.shape}, "
            "allowed: one finite number of each for every oscillator"
        )
    steps = _steps(coupling, duration_s, step_s)
    field = np.empty(steps + 1, dtype=np.complex128)
    turns = w * (step_s / 2)
    _run(_phasors(phases - turns, w.size), _phasors(turns, w.size), w.size, coupling * step_s, field)
    return field


def _steps(coupling: float, duration_s: float, step_s: float) -> int:
    valid = all(map(math.isfinite, (coupling, duration_s, step_s))) and step_s > 0
    if not valid or not 1 <= round(duration_s / step_s) <= MOST_STEPS:
        raise EntschedError(
            f"oscillators: given coupling {coupling}, duration {duration_s} s, step {step_s} s, "
            f"allowed: finite numbers, and 1 to {MOST_STEPS} steps"
        )
    return round(duration_s / step_s)


def _phasors(angles: Floats, n: int) -> Floats:
    """Cosines and sines, shape (2, whole lanes); oscillators that fill up the last lanes are zero, and stay zero."""
    phasors = np.zeros((2, -(-n // LANES) * LANES))
    np.cos(angles, out=phasors[0, :n])
    np.sin(angles, out=phasors[1, :n])
    return phasors


@njit(cache=True, nogil=True, error_model="numpy")
def _mean_over_step(first: complex, second: complex, third: complex, strength: float) -> complex:
    """The mean of Z over a step of the coupling alone, to its second derivative, from the means of z, z^2 and z^3."""
    back = first.conjugate()
    speed = (first - back * second) / 2
    bend = (speed - speed.conjugate() * second - back * (first * first - back * third)) / 2
    return first + strength / 2 * speed + strength * strength / 6 * bend


@njit(cache=True, nogil=True, error_model="numpy")
def _run(z: Floats, half: Floats, n: int, strength: float, field: Complexes) -> None:
    """Write the field before and after every step.

    ``strength`` is K dt, ``half`` turns by half a step, and ``z`` begins half a step early; it is used up.
    """
    sums = np.zeros((8, LANES))
    _pass(z, half, 0.0, 0.0, sums)
    for step in range(field.size):
        field[step] = complex(sums[0].sum(), sums[1].sum()) / n
        middle = _mean_over_step(
            complex(sums[2].sum(), sums[3].sum()) / n,
            complex(sums[4].sum(), sums[5].sum()) / n,
            complex(sums[6].sum(), sums[7].sum()) / n,
            strength,
        )
        size = abs(middle)
        c = middle * (math.tanh(strength * size / 2) / size) if size > 0 else 0j
        if step % RENORMALISED == RENORMALISED - 1:
            _renormalise(z)
        sums[:] = 0.0
        _pass(z, half, c.real, c.imag, sums)


@njit(cache=True, nogil=True, error_model="numpy")
def _pass(z: Floats, half: Floats, c_re: float, c_im: float, sums: Floats) -> None:
    """The Moebius map and both halves of the rotation; sums over z between the halves; over z, z^2, z^3 after.

    On the unit circle (z + c) / d with d = 1 + conj(c) z equals z conj(d)^2 / |d|^2, which keeps lengths.
    """
    x_all, y_all, cos_all, sin_all = z[0], z[1], half[0], half[1]
    for start in range(0, x_all.size, LANES):
        end = start + LANES
        x, y, cos, sin = x_all[start:end], y_all[start:end], cos_all[start:end], sin_all[start:end]
        for i in range(LANES):
            d_re = 1.0 + c_re * x[i] + c_im * y[i]
            d_im = c_re * y[i] - c_im * x[i]
            across, along = d_re * d_re, d_im * d_im
            scale = 1.0 / (across + along)
            turn_re, turn_im = (across - along) * scale, -2.0 * d_re * d_im * scale
            moved_re, moved_im = x[i] * turn_re - y[i] * turn_im, x[i] * turn_im + y[i] * turn_re
            now_re, now_im = moved_re * cos[i] - moved_im * sin[i], moved_re * sin[i] + moved_im * cos[i]
            next_re, next_im = now_re * cos[i] - now_im * sin[i], now_re * sin[i] + now_im * cos[i]
            x[i], y[i] = next_re, next_im
            sums[0, i] += now_re
            sums[1, i] += now_im
            sums[2, i] += next_re
            sums[3, i] += next_im
            square_re, square_im = next_re * next_re - next_im * next_im, 2.0 * next_re * next_im
            sums[4, i] += square_re
            sums[5, i] += square_im
            sums[6, i] += square_re * next_re - square_im * next_im
            sums[7, i] += square_re * next_im + square_im * next_re


@njit(cache=True, nogil=True, error_model="numpy")
def _renormalise(z: Floats) -> None:
    """One step of Newton's method towards length 1, which leaves zeros alone."""
    for i in range(z.shape[1]):
        factor = 1.5 - 0.5 * (z[0, i] * z[0, i] + z[1, i] * z[1, i])
        z[0, i] *= factor
        z[1, i] *= factor
