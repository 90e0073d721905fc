"""Confidence intervals of long-run means: over independent replications, and over batches of one run."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from entsched.errors import EntschedError

Array = NDArray[np.float64]

#: The most replications that ``replications_needed`` asks for; also its answer where no number is enough.
MOST_REPLICATIONS = 1_000_000


class StatisticsError(EntschedError):
    """Samples from which the estimate that was asked for does not follow."""


@dataclass(frozen=True)
class Estimate:
    """A mean and the ends of its confidence interval; infinite ends if there is one value only."""

    mean: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2


def student_interval(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Student's t interval for the mean of independent replications.

    Waits inside one run are correlated; means of whole replications are not, and only they may be
    given here. Short ones are skewed, and intervals cover less than they say: of nominal 95 % intervals
    from 10 replications of 300, 600 and 1200 customers of an M/M/1 queue at load 0.5, 93.3, 94.1 and 94.5 %
    held the mean wait (4000 runs each).

    Parameters
    ----------
    values : shape (n,), one mean per replication; n = 1 gives an infinite interval
    confidence : between 0 and 1

    Raises
    ------
    StatisticsError
        If there are no values, if one is not finite, or if the confidence is not between 0 and 1.

    Examples
    --------
    >>> e = student_interval([1.0, 2.0, 3.0])
    >>> round(e.mean, 6), round(e.low, 4), round(e.high, 4)
    (2.0, -0.4841, 4.4841)
    """
    sample = finite("values", values)
    n, mean = len(sample), float(np.mean(sample))
    quantile = student_quantile(n - 1, confidence)
    half = quantile * float(np.std(sample, ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    return Estimate(mean, mean - half, mean + half)


def batch_means(
    numerators: ArrayLike, denominators: ArrayLike, batches: int = 20, confidence: float = 0.95
) -> Estimate:
    """Student's t interval for a ratio of sums, from the consecutive batches of one long run.

    The mean wait is the sum of waits over the number of customers, a rate is an output over a time.
    Small batches are merged into ``batches`` large ones, long enough to be almost independent;
    with N_i and D_i their sums and R = sum N / sum D, the residuals N_i - R D_i are treated as a
    sample, with one degree of freedom less than there are large batches. The warm-up has to be left
    out before.

    Twenty is the default by measurement: 1000 runs of an M/M/1 queue at nominal 95 %, cut into
    600 small batches. The columns are numbers of large batches, the entries percent of intervals that
    hold W, the mean wait, with a standard error of 0.7. Fewer large batches make wider intervals, more
    are too short to be independent.

    ===== ========= ================== ====== ====== ====== ====== ======= =======
    load  customers half width (of W)  5      10     20     30     60      120
    ===== ========= ================== ====== ====== ====== ====== ======= =======
    0.5   600       37 %               88.4   87.3   85.8   84.8   81.2    74.2
    0.5   2400      21 %               93.2   92.9   92.7   91.6   90.8    89.7
    0.5   6000      14 %               94.2   94.5   94.3   93.4   93.5    92.2
    0.5   24000     7 %                94.2   93.0   93.3   92.9   92.9    92.9
    0.8   24000     14 %               93.2   92.3   91.9   90.9   90.6    88.6
    0.8   96000     7 %                94.4   94.5   94.1   94.4   94.0    94.0
    ===== ========= ================== ====== ====== ====== ====== ======= =======

    So it fails where runs are short for their load: do not trust an interval wider than a tenth of
    its mean to either side, nor one whose ``lag_one`` is large.

    Parameters
    ----------
    numerators, denominators : shape (m,), of consecutive batches in the order of time;
        denominators 0 or more, with a positive sum
    batches : number of large batches, 1 or more; no more than m are made, and fewer than 2 give an
        infinite interval
    confidence : between 0 and 1

    Raises
    ------
    StatisticsError
        If the shapes differ, a number is not finite or not in its range.

    Examples
    --------
    >>> e = batch_means([2.0, 1.0, 3.0, 2.0], [2, 2, 2, 2], batches=2)
    >>> e.mean, round(e.half_width, 4)
    (1.0, 3.1766)
    >>> batch_means([2.0, 1.0], [2, 2], batches=1)
    Estimate(mean=0.75, low=-inf, high=inf)
    """
    ratio, residuals, total = _residuals(numerators, denominators, batches)
    k = len(residuals)
    quantile = student_quantile(k - 1, confidence)
    half = quantile * math.sqrt(k / (k - 1) * float(residuals @ residuals)) / total if k > 1 else math.inf
    return Estimate(ratio, ratio - half, ratio + half)


def lag_one(numerators: ArrayLike, denominators: ArrayLike, batches: int = 100) -> float:
    """The autocorrelation of neighbouring batches in one run, between -1 and 1: large if the run is too short.

    It is cut finer than for the interval, because with 20 batches it is too noisy to see anything
    (0.2 either way). Independent batches give 0 with a standard error of 1 / sqrt(batches); in the
    table of ``batch_means``, 120 batches had 0.42 on average in the first row, 0.13 in the second, 0.02
    in the last. Above 0.2 at 100 batches, the interval from 20 is too narrow.

    Parameters
    ----------
    numerators, denominators : as for ``batch_means``
    batches : number of batches to merge into, 1 or more

    Returns
    -------
    0 if the batches do not vary

    Raises
    ------
    StatisticsError
        As for ``batch_means``.

    Examples
    --------
    >>> lag_one([1.0, 1.0, 0.0, 0.0], [1, 1, 1, 1])
    0.25
    """
    _, residuals, _ = _residuals(numerators, denominators, batches)
    square = float(residuals @ residuals)
    return float(residuals[1:] @ residuals[:-1]) / square if square > 0 else 0.0


def replications_needed(values: ArrayLike, precision: float, confidence: float = 0.95) -> int:
    """How many replications in all are expected to bring the half width to a fraction of the mean.

    The smallest n with t(n - 1) s / sqrt(n) <= precision |mean|, for the mean and deviation s of the
    values that there are: their own number if they suffice, and at least one more if not. Where no
    number is enough (the mean is 0 and the values vary), or more than ``MOST_REPLICATIONS``, it is that or one
    more than there are. Stopping at the first interval that is narrow enough favours narrow ones:
    adding what is needed, at most doubling, from 10 replications of 1000 customers at load 0.5 to a
    precision of 10, 5 and 3 %, nominal 95 % intervals covered in 92, 93 and 95 % of 600 runs.

    Parameters
    ----------
    values : shape (n,), one mean per replication; fewer than two say nothing, and 2 are asked for
    precision : half width over mean, positive; 0.01 is 1 %
    confidence : between 0 and 1

    Raises
    ------
    StatisticsError
        If there are no values, one is not finite, or the precision is not positive.

    Examples
    --------
    >>> replications_needed([1.0, 2.0, 3.0], 0.1)
    99
    >>> replications_needed([1.0, 2.0, 3.0], 2.0)
    3
    """
    if not 0 < precision < math.inf:
        raise StatisticsError(f"precision given {precision}, allowed: a positive number")
    estimate, n = student_interval(values, confidence), np.size(values)
    if n < 2:
        return 2
    goal = precision * abs(estimate.mean)
    if estimate.half_width <= goal:
        return n
    deviation = float(np.std(np.asarray(values, dtype=np.float64), ddof=1))

    def reached(replications: int) -> bool:
        return student_quantile(replications - 1, confidence) * deviation <= goal * math.sqrt(replications)

    more = range(n + 1, max(MOST_REPLICATIONS, n + 1))
    return n + 1 + bisect_left(more, True, key=reached)


def student_quantile(degrees: int, confidence: float) -> float:
    """The number of standard errors in half of a two-sided interval; infinite without degrees of freedom.

    Raises
    ------
    StatisticsError
        If the confidence is not between 0 and 1.

    Examples
    --------
    >>> round(student_quantile(9, 0.95), 4)
    2.2622
    """
    if not 0 < confidence < 1:
        raise StatisticsError(f"confidence given {confidence}, allowed: above 0 and below 1")
    return float(stdtrit(degrees, (1 + confidence) / 2)) if degrees > 0 else math.inf


def finite(name: str, values: ArrayLike, dimensions: int = 1) -> Array:
    """The values as floats: finite, at least one, in an array of so many dimensions.

    Raises
    ------
    StatisticsError
        If they are not.

    Examples
    --------
    >>> finite("values", [1, 2]).tolist()
    [1.0, 2.0]
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != dimensions or array.size == 0:
        raise StatisticsError(f"{name} given shape {array.shape}, allowed: {dimensions} dimensions, none of size 0")
    if not np.isfinite(array).all():
        raise StatisticsError(f"{name} given {array[~np.isfinite(array)][0]}, allowed: finite numbers")
    return array


def _residuals(numerators: ArrayLike, denominators: ArrayLike, batches: int) -> tuple[float, Array, float]:
    """The ratio of the sums, the residuals of the large batches and the sum of the denominators."""
    above, below = finite("numerators", numerators), finite("denominators", denominators)
    if above.shape != below.shape:
        raise StatisticsError(f"denominators given shape {below.shape}, allowed: {above.shape}, that of the numerators")
    total = float(below.sum())
    if below.min() < 0 or total == 0:
        raise StatisticsError(f"denominators given {below.min()} with sum {total}, allowed: 0 or more, a positive sum")
    if batches < 1:
        raise StatisticsError(f"batches given {batches}, allowed: 1 or more")
    large = min(batches, len(above))
    starts = np.arange(large) * len(above) // large
    ratio = float(above.sum()) / total
    return ratio, np.add.reduceat(above, starts) - ratio * np.add.reduceat(below, starts), total
