"""The critical exponent beta of r ~ ((K - K_c) / K)^beta, with an interval that covers its systematic error.

The line log r = a + beta log e + c e, e = (K - K_c) / K, has the leading correction to the power law as its third term:
within windows that finite size leaves alone, the power law alone is off by far more than the scatter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from entsched.coherence.fits import LEVEL
from entsched.coherence.oscillators.frequencies import Floats, Gaussian, Lorentzian
from entsched.coherence.oscillators.theory import stationary_order
from entsched.errors import EntschedError

#: What the classical theory gives.
MEAN_FIELD = 0.5

#: What step and finite size may do to r, relative: with quantiles the means are within this of the exact curves.
MODEL_ERROR = 2e-3

#: Resamples of the bootstrap.
RESAMPLES = 200

#: Shifts of K_c that are tried when it is free, in units of the least distance to K_c.
SHIFTS = np.linspace(-1.5, 0.9, 481)

#: K_c counts as not resolved if more resamples than this end at an edge of the shifts.
MOST_AT_EDGES = (1 - LEVEL) / 2

#: Laws on whose exact curves the systematic error is found: their leading corrections differ.
EXACT = (Lorentzian(), Gaussian())


class Exponent(NamedTuple):
    """beta with its 95 % interval.

    Attributes
    ----------
    joint_low, joint_high : the interval at 95 % for all of several tests together, by Bonferroni
    systematic : how far beta is off at most on the exact curves of smooth laws in the same window, which widens both
    without_nearest : beta without the coupling nearest to K_c, which finite size rounds most; the change widens it
    lack_of_fit : chi^2 per degree of freedom of the means about the line
    shift : (K_c fitted - K_c) / K_c with its interval, 0 where K_c is given; None if it lies at an edge of the search
    """

    exponent: float
    low: float
    high: float
    joint_low: float
    joint_high: float
    systematic: float
    without_nearest: float
    lack_of_fit: float
    shift: float | None
    shift_low: float | None
    shift_high: float | None


def exponent(
    distances: ArrayLike, orders: Sequence[ArrayLike], free: bool, stream: np.random.Generator, tests: int = 1
) -> Exponent:
    """Fit beta; with ``free``, K_c is fitted as well.

    Parameters
    ----------
    distances : (K - K_c) / K, shape (m,), m from 6, between 0 and 1
    orders : r of the replications at each distance, positive, at least 3 each
    stream : of the bootstrap
    tests : 1 or more, for the joint interval

    Raises
    ------
    EntschedError
        If there are too few distances or replications, or numbers are out of range.

    Examples
    --------
    >>> at = np.geomspace(0.05, 0.3, 6)
    >>> noise = 1 + 0.01 * np.random.default_rng(1).standard_normal((6, 5))
    >>> fit = exponent(at, list(np.sqrt(at)[:, None] * noise), False, np.random.default_rng(2))
    >>> fit.low < 0.5 < fit.high
    True
    """
    at = np.asarray(distances, dtype=float)
    samples = [np.asarray(order, dtype=float) for order in orders]
    _require(at, samples)
    errors = _relative_errors(at, samples)
    logs = np.log([[order.mean() for order in samples]])
    fits = _Fits(at, errors, free)
    beta, shift, misfit = (float(part[0]) for part in fits(logs))
    kept = at > at.min()
    inner = float(_Fits(at[kept], errors[kept], free)(logs[:, kept])[0][0])
    systematic = float(np.abs(fits(_exact_logs(at))[0] - MEAN_FIELD).max())
    per_freedom = misfit / (len(at) - 3 - free)
    freedom = sum(len(order) - 1 for order in samples)
    single, joint = (t.ppf(1 - (1 - LEVEL) / 2 / count, freedom) for count in (1, tests))
    resampled = fits(np.log(_resampled(samples, stream)))
    spread, moved = (max(1.0, per_freedom) ** 0.5 * float(part.std(ddof=1)) for part in resampled[:2])
    arm, wider = (math.hypot(float(quantile) * spread, beta - inner) + systematic for quantile in (single, joint))
    known = not free or fits.resolve(np.append(resampled[1], shift))
    return Exponent(
        exponent=beta,
        low=beta - arm,
        high=beta + arm,
        joint_low=beta - wider,
        joint_high=beta + wider,
        systematic=systematic,
        without_nearest=inner,
        lack_of_fit=per_freedom,
        shift=shift if known else None,
        shift_low=shift - float(single) * moved if known else None,
        shift_high=shift + float(single) * moved if known else None,
    )


def _exact_logs(at: Floats) -> Floats:
    """log r of infinitely many oscillators, shape (laws, m)."""
    return np.log([[stationary_order(law, law.critical_coupling / (1 - e)) for e in at] for law in EXACT])


class _Fits:
    """Weighted lines through many sets of log r at once, for every shift of K_c that is tried."""

    def __init__(self, at: Floats, errors: Floats, free: bool) -> None:
        self.shifts = SHIFTS * at.min() if free else np.zeros(1)
        self.weights = 1 / errors
        moved = 1 - (1 - at) * (1 + self.shifts[:, None])
        design = np.stack([np.ones_like(moved), np.log(moved), moved], axis=-1) * self.weights[:, None]
        self.solve = np.linalg.pinv(design)
        self.remain = np.eye(len(at)) - design @ self.solve

    def __call__(self, logs: Floats) -> tuple[Floats, Floats, Floats]:
        """beta, the best shift and chi^2 of each set; ``logs`` has shape (sets, m)."""
        weighted = logs * self.weights
        misfit = np.square(np.einsum("sij,bj->bsi", self.remain, weighted)).sum(axis=-1)
        best = misfit.argmin(axis=1)
        beta = np.einsum("bj,bj->b", self.solve[best, 1], weighted)
        return beta, self.shifts[best], misfit[np.arange(len(best)), best]

    def resolve(self, found: Floats) -> bool:
        """Whether the last of these shifts, and nearly all others, lie inside those that are tried."""
        edges = (found <= self.shifts[0]) | (found >= self.shifts[-1])
        return not edges[-1] and bool(edges.mean() <= MOST_AT_EDGES)


def _relative_errors(at: Floats, samples: Sequence[Floats]) -> Floats:
    """Errors of the means over the means: standard errors, smoothed by a power of the distance, and the model's."""
    scatter = np.array([max(order.std(ddof=1) / order.mean(), 1e-12) for order in samples])
    smooth = np.exp(np.polyval(np.polyfit(np.log(at), np.log(scatter), 1), np.log(at)))
    return np.hypot(smooth / np.sqrt([len(order) for order in samples]), MODEL_ERROR)


def _resampled(samples: Sequence[Floats], stream: np.random.Generator) -> Floats:
    """Means of replications drawn again, shape (resamples, m): variance of independent means, and the model's."""
    columns = []
    for order in samples:
        n = len(order)
        means = order[stream.integers(n, size=(RESAMPLES, n))].mean(axis=1)
        columns.append(order.mean() + (means - order.mean()) * np.sqrt(n / (n - 1)))
    means = np.stack(columns, axis=1) * (1 + MODEL_ERROR * stream.standard_normal((RESAMPLES, len(samples))))
    return np.maximum(means, np.finfo(float).tiny)


def _require(at: Floats, samples: Sequence[Floats]) -> None:
    fine = at.ndim == 1 and len(at) == len(samples) >= 6 and np.all((at > 0) & (at < 1))
    if not fine or not all(order.size >= 3 and np.all(order > 0) for order in samples):
        raise EntschedError(
            f"exponent: given {len(samples)} couplings above the critical one, "
            "allowed: at least 6, with 3 positive orders each"
        )
