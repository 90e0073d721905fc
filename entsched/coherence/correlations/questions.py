"""Whether recorded questions look fresh: as often as declared, in any order, early as late."""

from __future__ import annotations

import numpy as np

from entsched.coherence.correlations.counts import Floats, Integers

#: How many rounds lie between questions whose succession is tested.
LAGS = (1, 2, 4)


def freshness_p_value(x: Integers, y: Integers, chances: Floats) -> float:
    """How well independent questions with declared chances explain what was asked, and in which order.

    Exact binomial tails, multiplicity paid, of how often each pair of questions occurred, in the first half and in
    the second, and of how often each followed on each, 1, 2 or 4 rounds later. It cannot see questions that look random
    and are not: who knows the seed of a good generator foresees them all.

    Parameters
    ----------
    x, y : questions in the order in which they were asked
    chances : of each pair of questions, shape (x, y), sum 1

    Examples
    --------
    >>> uniform, rounds = np.full((2, 2), 0.25), np.arange(400)
    >>> freshness_p_value(rounds % 2, rounds // 2 % 2, uniform) < 1e-9
    True
    >>> x, y = np.random.default_rng(1).integers(2, size=(2, 400))
    >>> freshness_p_value(x, y, uniform) > 0.05
    True
    """
    pairs = chances.shape[1] * x + y
    q = chances.ravel()
    half = len(pairs) // 2
    tests = [(_numbers(part, q.size), q) for part in (pairs, pairs[:half], pairs[half:])]
    tests += [
        (_numbers(each, q.size**2), np.outer(q, q).ravel()) for lag in LAGS for each in _steps(pairs, lag, q.size)
    ]
    found = [_least_p_value(counts, each) for counts, each in tests]
    return float(min(1.0, len(found) * min(found)))


def _numbers(values: Integers, size: int) -> Integers:
    return np.bincount(values, minlength=size).astype(np.int64)


def _steps(pairs: Integers, lag: int, size: int) -> list[Integers]:
    """Successions as numbers, in two lists whose entries share no round, so that they are independent."""
    step = np.arange(max(0, len(pairs) - lag))
    codes = size * pairs[step] + pairs[step + lag]
    return [codes[step // lag % 2 == turn] for turn in (0, 1)]


def _least_p_value(counts: Integers, chances: Floats) -> float:
    """The least of the two-sided binomial p-values, times their number."""
    from scipy.stats import binom

    total = int(counts.sum())
    both = 2 * np.minimum(binom.cdf(counts, total, chances), binom.sf(counts - 1, total, chances))
    return float(min(1.0, counts.size * both.min()))
