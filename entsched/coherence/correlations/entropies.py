"""Entropies of recorded answers in bits, corrected for the bias of small samples, with intervals."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, norm

from entsched.coherence.correlations.counts import LEVEL
from entsched.errors import EntschedError

Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """An estimate with its 95 % interval, bits."""

    value: float
    low: float
    high: float


class Entropies(NamedTuple):
    """Of the answers to one pair of questions."""

    mutual_information: Estimate
    conditional_entropy: Estimate


def entropies(counts: ArrayLike) -> Entropies:
    """I(A:B) and H(A|B) of two answers that were recorded together, in bits.

    Each entropy has the correction of Miller and Madow, (outcomes seen - 1) / (2 N ln 2). The arm of an interval is
    1.96 standard errors of the linear term and the 95 % point of the quadratic one, a chi-squared variable over
    2 N ln 2, so that it also holds where the linear term vanishes: for independent, equal or uniform answers. Both
    quantities are clipped to what they can be, 0 to log2 of the number of answers.

    Parameters
    ----------
    counts : shape (answers of A, answers of B), at least one round

    Raises
    ------
    EntschedError
        If there is no round, or a count is negative.

    References
    ----------
    G. A. Miller, in Information Theory in Psychology (1955), p. 95; L. Paninski, Neural Comput. 15, 1191 (2003).

    Examples
    --------
    >>> found = entropies([[500, 0], [0, 500]])
    >>> round(found.mutual_information.value, 2), found.conditional_entropy.value
    (1.0, 0.0)
    """
    table = np.asarray(counts, dtype=float)
    rounds = table.sum()
    if table.ndim != 2 or not rounds >= 1 or table.min() < 0:
        raise EntschedError(f"entropies: given {rounds:g} rounds in {table.ndim} axes, allowed: counts of 1 or more")
    p = table / rounds
    a, b = p.sum(axis=1), p.sum(axis=0)
    joint, alone_a, alone_b = (_entropy(each, rounds) for each in (p.ravel(), a, b))
    ratio, given = p / np.where(np.outer(a, b) > 0, np.outer(a, b), 1), p / np.where(b > 0, b, 1)
    return Entropies(
        _estimate(alone_a + alone_b - joint, p, ratio, rounds, np.log2(min(p.shape))),
        _estimate(joint - alone_b, p, given, rounds, np.log2(len(p))),
    )


@lru_cache
def _quantiles(cells: int) -> tuple[float, float]:
    """Of the normal law, two-sided, and of the chi-squared law of a table with so many cells."""
    return float(norm.ppf((1 + LEVEL) / 2)), float(chi2.ppf(LEVEL, cells - 1))


def _entropy(p: Floats, rounds: float) -> float:
    seen = p[p > 0]
    return float(-(seen @ np.log2(seen)) + (len(seen) - 1) / (2 * rounds * np.log(2)))


def _estimate(value: float, p: Floats, inside: Floats, rounds: float, most: float) -> Estimate:
    """The estimate of a mean of log2 ``inside``, up to its sign: their scatter is the standard error."""
    logs = np.log2(inside, where=inside > 0, out=np.zeros_like(inside))
    variance = max(0.0, float(np.sum(p * logs**2) - np.sum(p * logs) ** 2))
    deviations, quadratic = _quantiles(p.size)
    arm = deviations * np.sqrt(variance / rounds) + quadratic / (2 * rounds * np.log(2))
    low, middle, high = (float(min(max(each, 0.0), most)) for each in (value - arm, value, value + arm))
    return Estimate(middle, low, high)
