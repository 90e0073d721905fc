"""What the law of a requirement can say of itself: moments, draws and integrals that contradict it are refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entsched.errors import ConfigError

if TYPE_CHECKING:
    from entsched.workload.service import ServiceLaw

#: At how many equal steps of probability the integral of the quantile function is looked at.
STEPS = 64


def require_moments(law: ServiceLaw) -> None:
    """Refuse moments that no positive random number has.

    Raises
    ------
    ValueError
        With the first that is out of range.
    """
    mean, second, minimum = law.mean_service_s, law.second_moment_s2, law.mean_minimum_s
    if not 0 < mean < math.inf:
        raise ValueError(f"given mean_service_s {mean}, allowed: a positive number")
    if not mean**2 * (1 - 1e-9) <= second < math.inf:
        raise ValueError(f"given second_moment_s2 {second}, allowed: at least {mean**2:.6g}, finite")
    if not 0 < minimum <= mean * (1 + 1e-9):
        raise ValueError(f"given mean_minimum_s {minimum}, allowed: above 0, at most the mean {mean:.6g}")


def require_positive(law: ServiceLaw, drawn: NDArray[np.float64], size: int) -> None:
    """Refuse draws that are not ``size`` positive numbers.

    Raises
    ------
    ConfigError
        With their shape and the least of them.
    """
    if np.shape(drawn) != (size,) or not np.all((drawn > 0) & (drawn < math.inf)):
        least = f"with {np.min(drawn):.6g} the least" if np.size(drawn) else "none"
        raise ConfigError(
            f"service law {law.law!r}: given draws of shape {np.shape(drawn)}, {least}, "
            f"allowed: {size} positive numbers"
        )


def require_lorenz(law: ServiceLaw) -> None:
    """Refuse an integral of the quantile function that is not convex, or does not end at the mean.

    Raises
    ------
    ValueError
        With what is wrong.
    """
    mean = law.mean_service_s
    area = law.lorenz(np.linspace(0.0, 1.0, STEPS + 1))
    if np.shape(area) != (STEPS + 1,) or not np.allclose([area[0], area[-1]], [0.0, mean], atol=1e-6 * mean):
        raise ValueError("given another lorenz(u), allowed: an array that rises from 0 at u = 0 to the mean at u = 1")
    bins = np.diff(area)
    if not np.all(bins > 0) or np.any(np.diff(bins) < -1e-9 * mean):
        raise ValueError("given a lorenz(u) that is not convex, allowed: the integral of an increasing function")
