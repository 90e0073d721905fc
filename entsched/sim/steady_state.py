"""Where a run has forgotten its start: the truncation that minimises the marginal standard error (MSER)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.sim.statistics import StatisticsError, finite


@dataclass(frozen=True)
class Truncation:
    """How many first observations to leave out, and whether the rest looks stationary.

    Attributes
    ----------
    index : the first observation to keep
    settled : false if the best truncation is the last that was tried, half of the run: it is too short to tell
    """

    index: int
    settled: bool


def mser(series: ArrayLike, batch: int = 5) -> Truncation:
    """The warm-up of a run by MSER-5: leave out what widens the interval of the remaining mean.

    With batch means Z_0 ... Z_(m-1), the truncation d minimises sum_(i >= d) (Z_i - mean_d)^2 / (m - d)^2,
    where mean_d is the mean of what remains, over the first half of the run; the smallest d of equal
    ones (K. P. White, Simulation 69, 1997; W. W. Franklin and K. P. White, Winter Simulation Conference,
    2008). It needs the mean over replications, observation by observation: one run of a queue shows
    mostly its own noise.

    Parameters
    ----------
    series : shape (n,), in the order of time; what is left over from the last whole batch is not used
    batch : observations per batch, 1 or more

    Raises
    ------
    StatisticsError
        If the series is empty or not finite, or a batch is smaller than 1.

    Examples
    --------
    >>> mser([9.0] * 10 + [1.0, 2.0] * 50)
    Truncation(index=10, settled=True)
    >>> mser(range(100))
    Truncation(index=50, settled=False)
    """
    if batch < 1:
        raise StatisticsError(f"batch given {batch}, allowed: 1 or more")
    observations = finite("series", series)
    m = len(observations) // batch
    if m == 0:
        return Truncation(0, settled=False)
    means = observations[: m * batch].reshape(m, batch).mean(axis=1)
    best = int(np.argmin(_marginal_errors(means)))
    return Truncation(best * batch, settled=best < m // 2)


def _marginal_errors(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """The squared marginal standard error of truncating the first 0 ... m // 2 of m batch means.

    Sums run from the end, around a number near what remains, so that a large start does not
    drown the rest in rounding; around the median of a constant series they are exactly 0.
    """
    m = len(means)
    kept = m - np.arange(m // 2 + 1)
    around = means - np.median(means[m // 2 :])
    sums = np.cumsum(around[::-1])[kept - 1]
    squares = np.cumsum(around[::-1] ** 2)[kept - 1]
    errors: NDArray[np.float64] = np.maximum(squares - sums**2 / kept, 0.0) / kept.astype(np.float64) ** 2
    return errors
