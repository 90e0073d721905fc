"""Compiled loops for clocks: messages in the order of their events, and phases that diffuse."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def play_events(
    at_s: Floats,
    kind: Integers,
    message: Integers,
    sender: Integers,
    receiver: Integers,
    offset_s: Floats,
    drift: Floats,
    turn: float,
    gain: float,
    compensation_s: float,
    samples: Floats,
) -> None:
    """Play events by rising time: 0 sends a message, 1 delivers it, 2 notes all offsets in row ``message``.

    ``offset_s`` and ``samples``, shape (samples, servers), are written.
    """
    told_s = np.empty(len(sender))
    for event in range(len(at_s)):
        now, which = at_s[event], message[event]
        if kind[event] == 0:
            told_s[which] = now * (1 + drift[sender[which]]) + offset_s[sender[which]]
        elif kind[event] == 1:
            own = receiver[which]
            difference_s = told_s[which] + compensation_s - (now * (1 + drift[own]) + offset_s[own])
            offset_s[own] += gain / turn * math.sin(turn * difference_s)
        else:
            samples[which] = drift * now + offset_s


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def diffuse(
    phases: Floats, frequencies: Floats, coupling: float, power: float, second: complex, step_s: float, noise: Floats
) -> None:
    """Steps of Euler and Maruyama, one for each row of ``noise``; ``phases`` are written.

    ``power`` is gain^2 rate, and ``second`` the mean of e^(2ie) over errors of the latency.
    """
    n = len(phases)
    cosine, sine = np.empty(n), np.empty(n)
    for step in range(len(noise)):
        field, bent = 0j, 0j
        for i in range(n):
            cosine[i], sine[i] = math.cos(phases[i]), math.sin(phases[i])
            phasor = complex(cosine[i], sine[i])
            field += phasor
            bent += phasor * phasor
        for i in range(n):
            phasor = complex(cosine[i], sine[i])
            back = phasor.conjugate()
            pull = ((field - phasor) * back).imag / (n - 1)
            bend = ((bent - phasor * phasor) * back * back * second).real / (n - 1)
            variance = max(0.0, power * (1 - bend) / 2 * step_s)
            phases[i] += (frequencies[i] + coupling * pull) * step_s + noise[step, i] * math.sqrt(variance)
