"""The contract of a baseline reward: its formulas are those of its T(t)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from entsched.errors import StrategyError
from entsched.testing import laws
from entsched.testing.check import Check
from entsched.testing.laws import Floats, title_of
from entsched.workload import BaselineReward

#: Stretches in seconds on which T is looked at, and rates in Hz at which stretches end.
STRETCHES_S = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 400)])
RATES_HZ = (0.05, 0.5, 5.0)

#: How far T is followed where it may bend or rise late: set-ups and time constants are at most 1e9 s.
FAR_S = np.concatenate([[0.0], np.geomspace(1e-3, 1e12, 600)])
ENDS_S = np.geomspace(1.0, 1e12, 13)
DECADES_S = np.geomspace(1e10, 1e14, 5)

#: Expectations below this are 0: nobody sees such stretches.
LEAST = 1e-290

DRAWS = 200_000


def baseline_checks(reward: BaselineReward) -> list[Check]:
    """The checks of one baseline reward.

    Examples
    --------
    >>> from entsched.workload.baseline import Power
    >>> [check.run() for check in baseline_checks(Power(law="power", exponent=2))]
    [None, None, None, None, None, None, None, None]
    """
    contract: tuple[tuple[str, str, Callable[[BaselineReward], None]], ...] = (
        ("travels", "It and its parameters travel to workers.", laws.require_travel),
        ("arrays", "T takes an array of stretches, leaves it alone and is the same again.", _require_arrays),
        ("zero", "T(0) = 0.", _require_zero),
        ("increasing", "T never falls, and rises somewhere.", _require_increasing),
        ("convexity", "T is strictly convex if and only if it says so.", _require_convexity),
        ("quadrature", "The expected output is the integral of T.", _require_quadrature),
        ("draws", "The expected output is the mean of T over drawn stretches.", _require_draws),
        ("endless rate", "T(t) / t goes to the endless rate.", _require_endless_rate),
    )
    return [Check(name, verifies, title_of(reward), partial(body, reward)) for name, verifies, body in contract]


def _outputs(reward: BaselineReward, stretches_s: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.asarray(reward.output(stretches_s.copy()), dtype=float)


def _require_arrays(reward: BaselineReward) -> None:
    given = STRETCHES_S.copy()
    given.flags.writeable = False
    outputs = np.asarray(reward.output(given))
    if outputs.shape != given.shape or not np.isfinite(outputs).all():
        raise StrategyError(f"{title_of(reward)}: T of {given.size} stretches is no array of as many finite numbers")
    if not np.array_equal(outputs, reward.output(given)):
        raise StrategyError(f"{title_of(reward)}: T is another one the second time, allowed: a function of t")
    if not np.array_equal(outputs, np.concatenate([reward.output(given[k : k + 1]) for k in range(given.size)])):
        raise StrategyError(f"{title_of(reward)}: T of an array is not T of its entries")


def _require_zero(reward: BaselineReward) -> None:
    start = float(_outputs(reward, np.zeros(1))[0])
    if start != 0:
        raise StrategyError(f"{title_of(reward)}: given T(0) = {start:g}, allowed: 0")


def _require_increasing(reward: BaselineReward) -> None:
    outputs = _outputs(reward, FAR_S)
    falls = np.diff(outputs) < -1e-12 * np.abs(outputs[1:])
    if falls.any() or outputs[-1] <= outputs[0]:
        at_s = FAR_S[:-1][falls][0] if falls.any() else 0.0
        raise StrategyError(f"{title_of(reward)}: T falls or stays after {at_s:.3g} s, allowed: T increasing")


def _require_convexity(reward: BaselineReward) -> None:
    tables = [_outputs(reward, np.linspace(0.0, end_s, 101)) for end_s in ENDS_S]
    bends = [np.diff(outputs, n=2) / outputs[-1] for outputs in tables if 0 < outputs[-1] < math.inf]
    least = min((float(each.min()) for each in bends), default=0.0)
    if reward.convex and least < -1e-12:
        raise StrategyError(f"{title_of(reward)} declares T convex, but it bends down somewhere")
    if not reward.convex and least > 1e-9:
        raise StrategyError(f"{title_of(reward)} declares T not convex, but it bends up everywhere")
    if float(_outputs(reward, FAR_S).max()) > reward.most * (1 + 1e-12):
        raise StrategyError(f"{title_of(reward)} declares that T is at most {reward.most:g}, but it is more")


def _require_quadrature(reward: BaselineReward) -> None:
    for rate_hz in RATES_HZ:
        declared = reward.expected_output(rate_hz).value
        found = BaselineReward.expected_output(reward, rate_hz)
        if not abs(declared - found.value) <= 1e-6 * abs(found.value) + 10 * found.error + LEAST:
            raise StrategyError(
                f"{title_of(reward)} declares an expected output of {declared:.8g} at {rate_hz:g} Hz, "
                f"but quadrature has {found.value:.8g}"
            )


def _require_draws(reward: BaselineReward) -> None:
    stretches_s = np.random.default_rng(21).exponential(1.0, DRAWS)
    for rate_hz in RATES_HZ:
        outputs, declared = _outputs(reward, stretches_s / rate_hz), reward.expected_output(rate_hz).value
        late = float(_outputs(reward, np.array([1000 / rate_hz]))[0])
        if not outputs.any() and 0 <= declared <= 20 / DRAWS * late + LEAST:
            continue  # T rises after all stretches that were drawn
        laws.require_mean(reward, f"expected_output({rate_hz:g} Hz)", outputs, declared)


def _require_endless_rate(reward: BaselineReward) -> None:
    """T(t) / t is near the declared rate for long stretches, or comes nearer with every decade."""
    ratios = _outputs(reward, DECADES_S) / DECADES_S
    declared = reward.endless_rate
    if math.isinf(declared):
        last, before = ratios[-1], ratios[-2]
        fits = not np.isfinite(last) or last > 1.001 * before
    else:
        apart = np.abs(ratios - declared)
        fits = bool(apart[-1] <= 1e-6 * (1 + declared) or (np.diff(apart) < -1e-3 * apart[:-1]).all())
    if not fits:
        raise StrategyError(
            f"{title_of(reward)} declares the endless rate {declared:g}, but T(t) / t is {ratios[-1]:.6g} at 1e14 s"
        )
