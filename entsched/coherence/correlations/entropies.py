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
    2 N ln 2, so that it also holds where the linear term vanishes: for independent, equal or uniform answers. Cells
    that are rare, or were not seen, would still be missed: an interval reaches over the one of the same table with one
    more round in every cell. So it is conservative; a test holds it against tables of all kinds. Both quantities are
    clipped to what they can be, 0 to log2 of the number of answers.

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
    corrections = (float(np.count_nonzero(each) - 1) for each in (table, table.sum(axis=1), table.sum(axis=0)))
    joint, alone_a, alone_b = (each / (2 * rounds * np.log(2)) for each in corrections)
    most = np.log2(min(table.shape)), np.log2(len(table))
    centres = _centres(table / rounds, rounds), _centres((table + 1) / (rounds + table.size), rounds)
    shifts = alone_a + alone_b - joint, joint - alone_b
    return Entropies(*(_hull(centres[0][k], centres[1][k], shifts[k], float(most[k])) for k in (0, 1)))


@lru_cache
def _quantiles(cells: int) -> tuple[float, float]:
    """Of the normal law, two-sided, and of the chi-squared law of a table with so many cells."""
    return float(norm.ppf((1 + LEVEL) / 2)), float(chi2.ppf(LEVEL, cells - 1))


def _centres(p: Floats, rounds: float) -> tuple[tuple[float, float], ...]:
    """I(A:B) and H(A|B) of a table of probabilities, each with the arm of its interval."""
    a, b = p.sum(axis=1, keepdims=True), p.sum(axis=0, keepdims=True)
    deviations, quadratic = _quantiles(p.size)
    found = []
    for sign, over in ((1.0, a * b), (-1.0, np.broadcast_to(b, p.shape))):
        logs = np.log2(p / np.where(over > 0, over, 1), where=p > 0, out=np.zeros_like(p))
        mean = float(np.sum(p * logs))
        variance = max(0.0, float(np.sum(p * logs**2)) - mean**2)
        arm = deviations * np.sqrt(variance / rounds) + quadratic / (2 * rounds * np.log(2))
        found.append((sign * mean, float(arm)))
    return tuple(found)


def _hull(seen: tuple[float, float], smoothed: tuple[float, float], shift: float, most: float) -> Estimate:
    """The corrected estimate and an interval over both intervals, clipped."""
    value = seen[0] + shift
    low, high = min(value - seen[1], smoothed[0] - smoothed[1]), max(value + seen[1], smoothed[0] + smoothed[1])
    low, middle, high = (float(min(max(each, 0.0), most)) for each in (low, value, high))
    return Estimate(middle, low, high)
