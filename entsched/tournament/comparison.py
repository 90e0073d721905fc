"""Which point of a tournament beats which: differences on the same customers, and what is sure of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from entsched.tournament.points import Point

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

#: Figures that agree to this fraction are equal.
EQUAL = 1e-9

#: Of the intervals of differences; each holds by itself, not all of them together.
CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Differences:
    """One figure of all points less that of all others, shape (points, points) each: row less column.

    Attributes
    ----------
    mean : the difference; exact where both figures are
    error : its standard error; 0 where it is exact, infinite where it is unknown
    equal : both figures are the same for sure
    replications : how many were compared; 0 where the difference is exact
    confidence : of the intervals
    """

    mean: Floats
    error: Floats
    equal: Truths
    replications: NDArray[np.intp]
    confidence: float = CONFIDENCE

    def at(self, confidence: float) -> Differences:
        """The same differences with intervals of another confidence."""
        return replace(self, confidence=confidence)

    @cached_property
    def _half(self) -> Floats:
        quantile = stdtrit(np.maximum(self.replications - 1, 1), (1 + self.confidence) / 2)
        half: Floats = np.where(self.equal, 0.0, quantile * self.error)
        return half

    @property
    def low(self) -> Floats:
        """The lower ends of the intervals; the difference itself where it is exact."""
        return self.mean - self._half

    @property
    def high(self) -> Floats:
        """The upper ends of the intervals; the difference itself where it is exact."""
        return self.mean + self._half

    @property
    def more(self) -> Truths:
        """Where the row's figure is the larger one for sure."""
        return np.logical_not(self.equal) & (self.low > 0)

    @property
    def less(self) -> Truths:
        """Where the row's figure is the smaller one for sure."""
        return np.logical_not(self.equal) & (self.high < 0)


@dataclass(frozen=True, eq=False)
class Comparison:
    """All points against all others.

    Attributes
    ----------
    points : those that are ranked
    rates, waits : differences of R (output per second) and of W (seconds)
    """

    points: tuple[Point, ...]
    rates: Differences
    waits: Differences

    @cached_property
    def dominates(self) -> Truths:
        """Where the row has, for sure, no less R and no longer W than the column, and one of both is better."""
        good = (self.rates.more | self.rates.equal) & (self.waits.less | self.waits.equal)
        return good & np.logical_not(self.ties)

    @cached_property
    def ties(self) -> Truths:
        """Where both figures are the same for sure."""
        return self.rates.equal & self.waits.equal

    @cached_property
    def may_match(self) -> Truths:
        """Where it is not sure that the row has less R or a longer W than the column."""
        return np.logical_not(self.rates.less | self.waits.more)

    def verdict(self, row: int, column: int) -> str:
        """What is sure of two points, in a word.

        Returns
        -------
        ``dominates``, ``dominated``, ``equal``, ``neither`` (each is better at one figure) or ``undecided``
        """
        if self.ties[row, column]:
            return "equal"
        if self.dominates[row, column]:
            return "dominates"
        if self.dominates[column, row]:
            return "dominated"
        apart = not self.may_match[row, column] and not self.may_match[column, row]
        return "neither" if apart else "undecided"


def compare(points: Sequence[Point]) -> Comparison:
    """All ranked points against all others, on the same customers.

    Figures that are both exact are subtracted; otherwise the interval is Student's t over the differences of equal
    replications, at 95 % for each difference by itself. A figure without bound is larger than all others.
    """
    known = np.array([point.exact or (np.nan, np.nan) for point in points]).reshape(len(points), 2)
    known[[point.place[0] == np.inf for point in points], 0] = np.inf
    most = max((max(point.runs, default=-1) for point in points), default=-1) + 1
    runs = np.full((2, len(points), most), np.nan)
    for index, point in enumerate(points):
        for replication, figures in point.runs.items():
            runs[:, index, replication] = figures
    return Comparison(tuple(points), *(differences(runs[figure], known[:, figure]) for figure in (0, 1)))


def differences(runs: Floats, known: Floats) -> Differences:
    """One figure of all points less that of all others.

    Parameters
    ----------
    runs : shape (points, replications); nan where there is none
    known : shape (points,); the exact figure, infinite without bound, nan where unknown

    Examples
    --------
    >>> found = differences(np.array([[1.0, 2.0], [1.0, 2.0], [5.0, 6.5]]), np.full(3, np.nan))
    >>> found.equal[0].tolist(), found.mean[2].tolist(), found.more[2].tolist()
    ([True, True, False], [4.25, 4.25, 0.0], [True, True, False])
    """
    rows = [_against_all(one, exact, runs, known) for one, exact in zip(runs, known, strict=True)]
    columns = [np.array(column).reshape(len(rows), len(rows)) for column in zip(*rows, strict=True)] or [
        np.empty((0, 0))
    ] * 4
    mean, error, equal, counts = columns
    return Differences(mean, error, equal.astype(bool), counts.astype(np.intp))


def _against_all(one: Floats, exact: float, runs: Floats, known: Floats) -> tuple[Floats, ...]:
    """Mean, standard error, equality and replications of one point's differences from all."""
    apart = one - runs
    there = np.isfinite(apart)
    counts = there.sum(axis=1)
    values = np.where(there, apart, 0.0)
    mean = values.sum(axis=1) / np.maximum(counts, 1)
    spread = np.sqrt((np.where(there, apart - mean[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(counts - 1, 1))
    error = np.where(counts > 1, spread / np.sqrt(np.maximum(counts, 1)), np.inf)
    size = np.where(there, np.maximum(np.abs(one), np.abs(runs)), 0.0).max(axis=1, initial=0.0)
    equal = (counts > 1) & (np.abs(values).max(axis=1, initial=0.0) <= EQUAL * size)
    sure = (np.isfinite(exact) & np.isfinite(known)) | np.isinf(known) | np.isinf(exact)
    with np.errstate(invalid="ignore"):
        gap = np.where(np.isinf(known), -np.inf, np.where(np.isinf(exact), np.inf, exact - known))
        close = np.abs(gap) <= EQUAL * np.maximum(np.abs(known), abs(exact))
    same = np.where(np.isinf(known) | np.isinf(exact), np.isinf(known) & np.isinf(exact), close)
    certain = np.where(same, 0.0, gap)
    return (
        np.where(sure, certain, np.where(equal, 0.0, mean)),
        np.where(sure, 0.0, error),
        np.where(sure, same, equal),
        np.where(sure, 0, counts),
    )
