"""How long segments that try side by side wait for the last of them, and what storage leaves of their pairs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy

from entsched.errors import ConfigError

MOST_SEGMENTS = 1000


def mean_attempts(segments: int, success: float) -> float:
    """Expected parallel attempts until every segment has its pair.

    Parameters
    ----------
    segments : how many, from 1
    success : probability of each attempt of each segment, in (0, 1]

    Raises
    ------
    ConfigError
        If the numbers are outside these ranges.

    Examples
    --------
    >>> round(mean_attempts(1, 0.25), 9), round(mean_attempts(2, 0.25), 9)
    (4.0, 5.714285714)
    """
    return _backwards(segments, success, 0.0, reward=1.0)


def storage_decay(segments: int, success: float, decay: float) -> float:
    """E[exp(-decay * W)], where W is the sum over segments of the attempts that their pairs wait for the last one.

    Parameters
    ----------
    segments, success : as for :func:`mean_attempts`
    decay : of a pair's visibility during an attempt, at least 0

    Raises
    ------
    ConfigError
        If the numbers are outside these ranges.

    Examples
    --------
    >>> storage_decay(2, 0.5, 0.0), round(storage_decay(2, 0.5, 100.0), 9)
    (1.0, 0.333333333)
    """
    return _backwards(segments, success, decay, reward=0.0)


def continuous_storage_decay(segments: int, rate_hz: float, loss_rate_hz: float) -> float:
    """The same for pairs that come at random times: prod over k of (n-k) r / ((n-k) r + k s).

    Examples
    --------
    >>> continuous_storage_decay(2, 10.0, 10.0)
    0.5
    """
    waiting = np.arange(1, segments)
    return float(np.prod(1 / (1 + waiting * loss_rate_hz / ((segments - waiting) * rate_hz))))


def _backwards(segments: int, success: float, decay: float, reward: float) -> float:
    """First-step analysis of the number k of ready segments: x_k = e^(-s k) (reward + sum_j P(k -> j) x_j)."""
    if not 1 <= segments <= MOST_SEGMENTS:
        raise ConfigError(f"given {segments} segments, allowed: 1 to {MOST_SEGMENTS}")
    if not 0 < success <= 1:
        raise ConfigError(f"given success probability {success:g}, allowed: above 0, up to 1")
    if not 0 <= decay < math.inf:
        raise ConfigError(f"given decay {decay:g}, allowed: 0 or more")
    values = np.zeros(segments + 1)
    values[segments] = 1.0 - reward
    for ready in range(segments - 1, -1, -1):
        missing = segments - ready
        stays = -decay * ready + float(xlog1py(missing, -success))
        onwards = reward + float(_jumps(missing, success) @ values[ready + 1 :])
        values[ready] = math.exp(-decay * ready) * onwards / -math.expm1(stays)
    return float(values[0])


def _jumps(missing: int, success: float) -> NDArray[np.float64]:
    """Binomial probabilities that 1, 2, ... of the missing segments become ready in an attempt."""
    made = np.arange(1, missing + 1)
    ways = gammaln(missing + 1) - gammaln(made + 1) - gammaln(missing - made + 1)
    return np.exp(ways + xlogy(made, success) + xlog1py(missing - made, -success))
