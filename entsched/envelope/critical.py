"""Critical values of a resource, by bisection of a condition that can only become true once."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial

from entsched.envelope.advantage import Advantage
from entsched.errors import ConfigError

#: Critical values are known to this fraction of themselves, on a linear scale of their range.
PRECISION = 1e-4

#: From the value of a resource to what it is worth.
Worth = Callable[[float], Advantage]


def least(holds: Callable[[float], bool], low: float, high: float, logarithmic: bool = False) -> float | None:
    """A value at which a condition holds, within the precision of the least one; None if it does not hold at ``high``.

    Parameters
    ----------
    holds : false up to some value, then true
    low, high : the range; ``low`` is returned if the condition holds there
    logarithmic : bisect the logarithm, for positive ranges of many decades

    Examples
    --------
    >>> least(lambda x: x > 2.5, 0.0, 10.0)
    2.5000762939453125
    >>> least(lambda x: x > 2.5, 0.0, 1.0)
    """
    if not holds(high):
        return None
    if holds(low):
        return low
    while high - low > PRECISION * (high if logarithmic else 1.0):
        middle = math.sqrt(low * high) if logarithmic else (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def critical_values(
    worth: Worth, low: float, high: float, target: float, logarithmic: bool = False
) -> dict[str, float | None]:
    """From which value of a resource on the advantage is strict, and from which it reaches a target.

    A cleaner or longer-lived pair can be made into a worse one by routers who add noise, and a faster source that
    brings younger pairs (one slot, or the newest first) by routers who treat them as older or discard them, so its
    advantage is no smaller: the condition becomes true once. With the oldest pair of many first it may not.

    Parameters
    ----------
    worth : from a value to its advantage
    low, high : the range, from worse to better
    target : relative advantage

    Returns
    -------
    dict
        ``strict_from`` and ``target_from``; None if not even ``high`` is enough
    """
    known = lru_cache(maxsize=None)(worth)
    strict = least(lambda value: known(value).beats(), low, high, logarithmic)
    reached = strict
    if target > 0 and strict is not None:
        reached = least(lambda value: known(value).beats(target), strict, high, logarithmic)
    return {"strict_from": strict, "target_from": reached}


def reach(worth: Worth, most: float, target: float) -> dict[str, float | None]:
    """Up to which distance the advantage is strict, and up to which it reaches a target; None if nowhere.

    Longer fibre loses more and takes longer, so the condition becomes false once. Where the hardware cannot deliver
    at all there is no advantage.

    Parameters
    ----------
    worth : from a distance in km to its advantage
    most : the largest distance, km; returned if the condition still holds there
    """
    known = lru_cache(maxsize=None)(worth)

    def fails(asked: float, distance_km: float) -> bool:
        try:
            return not known(distance_km).beats(asked)
        except ConfigError:
            return True

    return {name: _last(partial(fails, asked), most) for name, asked in (("strict_from", 0.0), ("target_from", target))}


def _last(fails: Callable[[float], bool], most: float) -> float | None:
    """The largest value at which a condition does not fail, to the precision, from 1 m; 0 if only there."""
    if fails(0.0):
        return None
    first = least(fails, 1e-3, most, logarithmic=True)
    if first is None:
        return most
    return first * (1 - 1.01 * PRECISION) if first > 1e-3 else 0.0
