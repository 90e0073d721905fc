"""Theory of clocks that kick each other: Kuramoto's model with the noise of the kicks, for many and for few."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import erfcx, j0, j1

Floats = NDArray[np.float64]

#: Positive frequencies of the trapezium rule, closest at 0, and standard deviations that they span; harmonics of the
#: stationary density; the smallest r that is looked for.
NODES, REACH, HARMONICS, LEAST = 601, 6.0, 200, 1e-4
#: Random numbers drawn at once, at most.
DRAWN = 1_000_000


class Kicks(NamedTuple):
    """What a clock receives, on average over latencies.

    A kick turns phase i by gain sin(theta_j - theta_i + e), where e is the error of the latency.

    Attributes
    ----------
    gain : rad
    rate_hz : of messages that arrive at one clock, per second
    clearness : c = E e^(ie), real by the choice of the compensation
    second : E e^(2ie)
    """

    gain: float
    rate_hz: float
    clearness: float
    second: complex

    @property
    def coupling(self) -> float:
        """K = gain rate c, rad/s: the mean pull of the mean field."""
        return self.gain * self.rate_hz * self.clearness

    @property
    def diffusion(self) -> float:
        """D = gain^2 rate / 4, rad^2/s: half the variance of kicks per second while phases are uniform."""
        return self.gain**2 * self.rate_hz / 4


def kicks(gain: float, rate_hz: float, jitter: float) -> Kicks:
    """Kicks by messages whose latency has an exponential part, its mean compensated on the circle.

    Parameters
    ----------
    gain : rad
    rate_hz : of arriving messages, per second
    jitter : mean of the exponential part, in rad of the phase

    Examples
    --------
    >>> found = kicks(0.2, 10.0, 1.0)
    >>> round(found.clearness, 6), round(found.coupling, 6), round(found.diffusion, 6)
    (0.707107, 1.414214, 0.1)
    """
    second = complex(np.exp(2j * math.atan(jitter)) / (1 + 2j * jitter))
    return Kicks(gain, rate_hz, 1 / math.hypot(1.0, jitter), second)


def threshold(diffusion: float, width_rad_s: float) -> float:
    """The critical coupling of Gaussian frequencies with phase noise, rad/s.

    1 = (K / 2) integral of g(w) D / (D^2 + w^2) dw, in closed form. H. Sakaguchi, Prog. Theor. Phys. 79, 39 (1988).

    Parameters
    ----------
    diffusion : D, rad^2/s, not negative
    width_rad_s : standard deviation of the frequencies, positive

    Examples
    --------
    >>> round(threshold(0.0, 1.0), 6), round(threshold(1000.0, 1.0), 2)
    (1.595769, 2000.0)
    """
    return 2 * width_rad_s * math.sqrt(2 / math.pi) / float(erfcx(diffusion / (math.sqrt(2) * width_rad_s)))


def critical_rate_hz(gain: float, jitter: float, width_rad_s: float) -> float | None:
    """The rate of arriving messages above which infinitely many clocks synchronise, per second.

    K and D grow in proportion to the rate; nothing if noise then wins at every rate, from gain = 2 clearness on.

    Parameters
    ----------
    gain, jitter : rad
    width_rad_s : standard deviation of 2 pi drift / period, rad/s

    Examples
    --------
    >>> round(critical_rate_hz(0.01, 0.0, 1.0) * 0.01, 3), critical_rate_hz(2.0, 0.0, 1.0)
    (1.601, None)
    """
    one = kicks(gain, 1.0, jitter)
    return _crossing(one.coupling, one.diffusion, width_rad_s)


def kicked_rate_hz(gain: float, jitter: float, width_rad_s: float) -> float | None:
    """The same without taking kicks for a diffusion: exact for infinitely many clocks, whatever the gain.

    While phases are uniform a kick leaves the share J0(gain) of e^(i theta), and the mean field adds J1(gain) c of its
    own: K = 2 J1(gain) c rate and D = (1 - J0(gain)) rate, which are those of the diffusion for small gains.

    Examples
    --------
    >>> round(kicked_rate_hz(0.2, 0.0, 1.0) / critical_rate_hz(0.2, 0.0, 1.0), 4)
    1.0052
    """
    clearness = kicks(gain, 1.0, jitter).clearness
    return _crossing(2 * float(j1(gain)) * clearness, 1 - float(j0(gain)), width_rad_s)


def _crossing(coupling: float, diffusion: float, width_rad_s: float) -> float | None:
    """The rate at which the coupling of one message per second, times the rate, meets the threshold."""
    if coupling <= 2 * diffusion * (1 + 1e-6):
        return None

    def surplus(rate_hz: float) -> float:
        return rate_hz * coupling - threshold(rate_hz * diffusion, width_rad_s)

    low = high = threshold(0.0, width_rad_s) / coupling
    while surplus(high) <= 0:
        high *= 2
    return low if low == high else float(brentq(surplus, low, high, rtol=1e-12))


def infinite_order(coupling: float, diffusion: float, width_rad_s: float) -> float:
    """r of infinitely many oscillators with Gaussian frequencies and phase noise; 0 below the threshold.

    The harmonics of the stationary density in a field h = K r are a continued fraction,
    a_n / a_(n-1) = (h/2) / (n D - i w + (h/2) a_(n+1) / a_n); r is the mean of a_1 over frequencies.

    Parameters
    ----------
    coupling : K, rad/s
    diffusion : D, rad^2/s, positive
    width_rad_s : standard deviation of the frequencies, positive

    Examples
    --------
    >>> infinite_order(1.5, 0.1, 1.0), round(infinite_order(4.0, 1.0, 1e-6), 4)
    (0.0, 0.8315)
    """
    if coupling <= threshold(diffusion, width_rad_s):
        return 0.0
    finest = min(1.0, diffusion / width_rad_s)
    steps = np.linspace(0.0, math.asinh(REACH / finest), NODES)
    nodes = finest * np.sinh(steps)
    weights = np.exp(-np.square(nodes) / 2) * np.cosh(steps)
    weights[0] /= 2
    frequencies, share = width_rad_s * nodes, weights / weights.sum()

    def surplus(order: float) -> float:
        half = coupling * order / 2
        ratio = np.zeros(NODES, dtype=complex)
        for harmonic in range(HARMONICS, 0, -1):
            ratio = half / (harmonic * diffusion - 1j * frequencies + half * ratio)
        return float(share @ ratio.real) - order

    return 0.0 if surplus(LEAST) <= 0 else float(brentq(surplus, LEAST, 1.0, xtol=1e-9))


def finite_phases(
    found: Kicks, frequencies: Floats, start: Floats, sample_s: Floats, generator: np.random.Generator
) -> Floats:
    """Phases of a few oscillators pulled by the mean of all others, with the noise of the kicks, at the sample times.

    Drift and variance of each phase are those of the kicks in its state, as a diffusion (Euler and Maruyama): it holds
    where one kick is small. Steps are a twentieth of the shortest time of the motion.

    Parameters
    ----------
    frequencies, start : rad/s and rad, shape (n,), n from 2
    sample_s : rising, seconds

    Returns
    -------
    phases in rad, shape (samples, n)
    """
    from entsched.coherence.clocks.kernels import diffuse

    pace = float(np.std(frequencies)) + found.gain * found.rate_hz
    phases, now_s, batch = start.copy(), 0.0, max(1, DRAWN // len(frequencies))
    samples = np.empty((len(sample_s), len(frequencies)))
    for row, at_s in zip(samples, sample_s.tolist(), strict=True):
        steps = max(1, math.ceil(20 * pace * (at_s - now_s)))
        power, step_s = found.gain**2 * found.rate_hz, (at_s - now_s) / steps
        for first in range(0, steps, batch):
            noise = generator.standard_normal((min(batch, steps - first), len(frequencies)))
            diffuse(phases, frequencies, found.coupling, power, found.second, step_s, noise)
        row[:], now_s = phases, at_s
    return samples
