"""The contract of a service law: its moments are those of its draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from entsched.errors import StrategyError
from entsched.testing import laws
from entsched.testing.check import Check
from entsched.testing.laws import title_of
from entsched.workload import ServiceLaw

#: Draws of one check, and batches in which partial means are taken.
DRAWS, BATCHES = 200_000, 50

#: The shares of the shortest requirements whose mean is compared.
SHARES = np.array([0.1, 0.25, 0.5, 0.75, 0.9])


def service_law_checks(law: ServiceLaw) -> list[Check]:
    """The checks of one service law.

    Examples
    --------
    >>> from entsched.workload.service import Exponential
    >>> [check.run() for check in service_law_checks(Exponential(law="exponential", mean_s=2.0))]
    [None, None, None, None, None, None, None, None]
    """
    contract: tuple[tuple[str, str, Callable[[ServiceLaw], None]], ...] = (
        ("travels", "It and its parameters travel to workers.", laws.require_travel),
        ("draws", "Its draws are positive and finite, as many as asked for.", _require_draws),
        ("deterministic", "Its draws follow from the generator alone.", _require_determinism),
        ("mean", "The mean is that of its draws.", _require_mean),
        ("second moment", "The second moment is that of its draws.", _require_second_moment),
        ("minimum", "The mean of the smaller of two is that of its draws.", _require_minimum),
        ("quantiles", "The integral of its quantiles rises from 0 to the mean, ever faster.", _require_lorenz_shape),
        ("shares", "That integral is the partial mean of its draws.", _require_lorenz),
    )
    return [Check(name, verifies, title_of(law), partial(body, law)) for name, verifies, body in contract]


def _drawn(law: ServiceLaw, size: int = DRAWS) -> laws.Floats:
    return np.asarray(law.sample(np.random.default_rng(20), size))


def _require_draws(law: ServiceLaw) -> None:
    draws = _drawn(law)
    if draws.shape != (DRAWS,) or draws.dtype != np.float64:
        raise StrategyError(
            f"{title_of(law)} draws an array of shape {draws.shape} and type {draws.dtype}, allowed: {DRAWS} floats"
        )
    if not (np.isfinite(draws).all() and (draws > 0).all()):
        wrong = draws[~(np.isfinite(draws) & (draws > 0))][0]
        raise StrategyError(f"{title_of(law)} draws {wrong:g} s, allowed: positive and finite")


def _require_determinism(law: ServiceLaw) -> None:
    first, second = (_drawn(law, 1000) for _ in range(2))
    if not np.array_equal(first, second):
        raise StrategyError(
            f"{title_of(law)} draws other numbers from the same generator, allowed: functions of the generator"
        )


def _require_mean(law: ServiceLaw) -> None:
    laws.require_mean(law, "mean_service_s", _drawn(law), law.mean_service_s)


def _require_second_moment(law: ServiceLaw) -> None:
    laws.require_mean(law, "second_moment_s2", _drawn(law) ** 2, law.second_moment_s2)


def _require_minimum(law: ServiceLaw) -> None:
    laws.require_mean(law, "mean_minimum_s", _drawn(law).reshape(2, -1).min(axis=0), law.mean_minimum_s)


def _require_lorenz_shape(law: ServiceLaw) -> None:
    values = np.asarray(law.lorenz(np.linspace(0.0, 1.0, 201)))
    rising, bending = np.diff(values), np.diff(values, n=2)
    near = 1e-9 * law.mean_service_s
    ends = abs(values[0]) <= near and abs(values[-1] - law.mean_service_s) <= 1e-6 * law.mean_service_s
    if not (ends and (rising >= -near).all() and (bending >= -near).all()):
        raise StrategyError(
            f"{title_of(law)}: given lorenz from {values[0]:.6g} to {values[-1]:.6g} s, allowed: convex, from 0 to "
            f"its mean {law.mean_service_s:.6g} s"
        )


def _require_lorenz(law: ServiceLaw) -> None:
    draws = np.sort(_drawn(law).reshape(BATCHES, -1), axis=1)
    size = draws.shape[1]
    partial_means = np.cumsum(draws, axis=1)[:, (SHARES * size).astype(int) - 1] / size
    means, errors = partial_means.mean(axis=0), partial_means.std(axis=0, ddof=1) / np.sqrt(BATCHES)
    declared = np.asarray(law.lorenz(SHARES))
    near = 6 * errors + 2e-3 * law.mean_service_s  # the quantiles of a batch are biased by 1 / size
    for share, mean, given, allowed in zip(SHARES, means, declared, near, strict=True):
        if not abs(mean - given) <= allowed:
            raise StrategyError(
                f"{title_of(law)} declares lorenz({share:g}) = {given:.6g} s, but its draws have {mean:.6g} s"
            )
