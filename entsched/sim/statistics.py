"""Confidence intervals over independent replications."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit


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


def student_interval(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Student's t interval for the mean of independent replications.

    Waits inside one run are correlated; means of whole replications are not, and only they may be
    given here.

    Examples
    --------
    >>> e = student_interval([1.0, 2.0, 3.0])
    >>> round(e.mean, 6), round(e.low, 4), round(e.high, 4)
    (2.0, -0.4841, 4.4841)
    """
    n = len(values)
    mean = float(np.mean(values))
    if n < 2:
        return Estimate(mean, -math.inf, math.inf)
    half = float(stdtrit(n - 1, (1 + confidence) / 2) * np.std(values, ddof=1) / math.sqrt(n))
    return Estimate(mean, mean - half, mean + half)
