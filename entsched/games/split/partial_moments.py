"""Continuous laws of the service requirement: probability and mean beyond a threshold, in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtr

from entsched.errors import GameError
from entsched.workload.service import Exponential, Hyperexponential, Lognormal

Floats = NDArray[np.float64]

#: From thresholds t to P(S > t) and E[S; S > t].
Tail = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class ContinuousLaw:
    """A law without atoms on an interval, known by its tail.

    Attributes
    ----------
    lowest_s, highest_s : the ends of the interval in seconds, 0 <= lowest < highest <= inf
    mean_s : E[S], finite
    tail : thresholds (array, in seconds) -> P(S > t) and E[S; S > t]
    """

    lowest_s: float
    highest_s: float
    mean_s: float
    tail: Tail

    def edges(self, bins: int) -> Floats:
        """Edges of bins with P(S > edge i) about (1 - i / bins)^3: narrow in probability in the tail."""
        wanted = (1 - np.arange(1, bins) / bins) ** 3
        low, high = np.full(bins - 1, self.lowest_s), np.full(bins - 1, self._top(bins))
        for _ in range(80):
            middle = (low + high) / 2
            beyond = self.tail(middle)[0] > wanted
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
        return np.unique(np.concatenate([[self.lowest_s], high, [self.highest_s]]))

    def _top(self, bins: int) -> float:
        """A threshold above all finite edges."""
        top = min(self.highest_s, self.lowest_s + self.mean_s)
        while top < self.highest_s and self.tail(np.array([top]))[0][0] > bins**-3.0:
            top *= 2
        return min(top, self.highest_s)


def continuous_law(source: Any) -> ContinuousLaw:
    """The law with its partial moments, from a law of the workload or a frozen one of scipy.stats.

    Parameters
    ----------
    source : an exponential, hyperexponential or lognormal service law without bins; or ``expon``,
        ``gamma``, ``lognorm`` or ``uniform`` of scipy.stats with its parameters, on [0, inf)

    Raises
    ------
    GameError
        If the law is of another kind, has bins, or can be negative.

    Examples
    --------
    >>> law = continuous_law(Exponential(law="exponential", mean_s=1.0))
    >>> [float(moment[0].round(6)) for moment in law.tail(np.array([1.0]))]
    [0.367879, 0.735759]
    """
    if isinstance(source, ContinuousLaw):
        return source
    if getattr(source, "bins", None) is not None:
        raise GameError(f"law given with {source.bins} bins, allowed: a continuous law without bins")
    if isinstance(source, Exponential):
        return _phases(np.ones(1), np.array([source.mean_s]))
    if isinstance(source, Hyperexponential):
        return _phases(*source.phases)
    if isinstance(source, Lognormal):
        return _lognormal(math.log(source.mean_s) - source.sigma**2 / 2, source.sigma)
    return _from_scipy(source)


def _from_scipy(source: Any) -> ContinuousLaw:
    name = getattr(getattr(source, "dist", None), "name", type(source).__name__)
    if name not in ("expon", "gamma", "lognorm", "uniform"):
        raise GameError(
            f"law given {name}, allowed: exponential, hyperexponential, lognormal service or "
            "expon, gamma, lognorm, uniform of scipy.stats"
        )
    shapes, loc, scale = source.dist._parse_args(*source.args, **source.kwds)
    if not (loc >= 0 and 0 < scale < math.inf and all(0 < s < math.inf for s in shapes)):
        raise GameError(
            f"{name} given with loc {loc}, scale {scale}, shapes {shapes}, allowed: loc >= 0, others above 0"
        )
    if name == "uniform":
        law = _uniform(float(scale))
    elif name == "expon":
        law = _phases(np.ones(1), np.array([float(scale)]))
    elif name == "gamma":
        law = _gamma(float(shapes[0]), float(scale))
    else:
        law = _lognormal(math.log(scale), float(shapes[0]))
    return _shifted(law, float(loc))


def _phases(p: Floats, means: Floats) -> ContinuousLaw:
    """Exponential phases: E[S; S > t] = sum p (t + mean) exp(-t / mean)."""

    def tail(t: Floats) -> tuple[Floats, Floats]:
        decay = np.exp(-t[:, None] / means)
        return decay @ p, (decay * (t[:, None] + means)) @ p

    return ContinuousLaw(0.0, math.inf, float(p @ means), tail)


def _lognormal(mu: float, sigma: float) -> ContinuousLaw:
    """E[S; S > t] = E[S] Phi(z + sigma) with P(S > t) = Phi(z)."""
    mean = math.exp(mu + sigma**2 / 2)

    def tail(t: Floats) -> tuple[Floats, Floats]:
        log_t = np.log(np.maximum(t, np.finfo(float).tiny))
        z = np.where(t > 0, (mu - log_t) / sigma, np.inf)
        return ndtr(z), mean * ndtr(z + sigma)

    return ContinuousLaw(0.0, math.inf, mean, tail)


def _gamma(shape: float, scale: float) -> ContinuousLaw:
    """E[S; S > t] is the mean times the tail of the law with one more phase."""
    mean = shape * scale

    def tail(t: Floats) -> tuple[Floats, Floats]:
        return gammaincc(shape, t / scale), mean * gammaincc(shape + 1, t / scale)

    return ContinuousLaw(0.0, math.inf, mean, tail)


def _uniform(width: float) -> ContinuousLaw:
    """Uniform on [0, width]."""

    def tail(t: Floats) -> tuple[Floats, Floats]:
        beyond = (width - t) / width
        return beyond, beyond * (width + t) / 2

    return ContinuousLaw(0.0, width, width / 2, tail)


def _shifted(law: ContinuousLaw, by: float) -> ContinuousLaw:
    """The law of ``by`` + S."""
    if by == 0:
        return law

    def tail(t: Floats) -> tuple[Floats, Floats]:
        mass, first = law.tail(t - by)
        return mass, first + by * mass

    return ContinuousLaw(law.lowest_s + by, law.highest_s + by, law.mean_s + by, tail)
