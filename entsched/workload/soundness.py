"""What laws of requirements and rewards can say of themselves: what contradicts it is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entsched.errors import ConfigError

if TYPE_CHECKING:
    from entsched.workload.baseline import BaselineReward
    from entsched.workload.service import ServiceLaw

Floats = NDArray[np.float64]

#: At how many equal steps of probability the integral of the quantile function is looked at.
STEPS = 64

#: Stretches in seconds on which every T must be a finite number, and longer ones, from where on it may overflow.
STRETCHES_S = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 61)])
LONG_S = np.geomspace(1e3, 1e9, 61)[1:]

#: Parts of T by which rounding may bend it, and make it fall.
BEND, FALL = 1e-6, 1e-12


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


def require_positive(law: ServiceLaw, drawn: Floats, size: int) -> None:
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


def require_shape(reward: BaselineReward) -> None:
    """Refuse outputs T(t) that are no increasing function from 0, or not as convex, bounded and steep as declared.

    A convex T with T(0) = 0 has T(t) / t rising to the endless rate, and is not bounded unless it is 0; that of a
    bounded T falls to 0. Looked at from 1 ms to 1e9 s.

    Raises
    ------
    ValueError
        With the first contradiction.
    """
    short = reward.output(STRETCHES_S)
    if np.shape(short) != STRETCHES_S.shape or not np.all(np.isfinite(short)):
        raise ValueError(f"given {np.shape(short)} outputs of {len(STRETCHES_S)} stretches, allowed: a number for each")
    with np.errstate(all="ignore"):
        stretches_s = np.concatenate([STRETCHES_S, LONG_S])
        outputs = np.concatenate([short, reward.output(LONG_S)])
    stretches_s, outputs = stretches_s[np.isfinite(outputs)], outputs[np.isfinite(outputs)]
    if outputs[0] != 0 or np.any(np.diff(outputs) < -FALL * np.abs(outputs[1:])):
        raise ValueError("given another output(t), allowed: an increasing function with output(0) = 0")
    endless, most = reward.endless_rate, reward.most
    if not endless >= 0:
        raise ValueError(f"given endless_rate {endless}, allowed: 0 or more, or infinite")
    if not outputs[-1] <= most * (1 + FALL):
        raise ValueError(f"given most {most}, allowed: at least every output, {outputs[-1]:.6g} among them")
    if most < math.inf and endless > 0:
        raise ValueError(f"given most {most} and endless_rate {endless}, allowed: bounded outputs with endless_rate 0")
    if reward.convex:
        _require_convex(stretches_s, outputs, endless, most)


def _require_convex(stretches_s: Floats, outputs: Floats, endless: float, most: float) -> None:
    if 0 < most < math.inf:
        raise ValueError(f"given convex and most {most}, allowed: no bound, a convex output that rises has none")
    slopes = np.diff(outputs) / np.diff(stretches_s)
    bent = np.flatnonzero(slopes[1:] < (1 - BEND) * slopes[:-1])
    if bent.size:
        at_s = stretches_s[bent[0] + 1]
        raise ValueError(f"given convex, allowed: not convex, for output(t) bends down near {at_s:.3g} s")
    steepest = float((outputs[1:] / stretches_s[1:]).max())
    if not steepest * (1 - BEND) <= endless:
        raise ValueError(
            f"given convex and endless_rate {endless:.6g}, allowed: at least every output(t) / t, "
            f"{steepest:.6g} among them"
        )
