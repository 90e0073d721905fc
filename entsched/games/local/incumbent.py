"""Good signs to start the tree search from: seeded local search, many starts at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: How many of the best starts are improved further.
KEPT = 32
#: Matrices of more entries get no flips.
LARGE = 2**16
SEED = 20240229


def good_signs(weights: Integers, starts: int, kicks: int = 12) -> tuple[int, Integers]:
    """A large sum_y |sum_x s[x] weights[x, y]| and its signs s: alternating best answers, then flips of one sign.

    Then the best are disturbed and improved again (iterated local search). The seed is fixed.

    Parameters
    ----------
    weights : integers (rows, columns), sum of sizes below 2^53
    starts : number of random starts, at least 1
    kicks : how often the best are disturbed and improved again

    Examples
    --------
    >>> good_signs(np.array([[1, 1], [1, -1]]), 4)[0]
    2
    """
    rng = np.random.default_rng(SEED)
    real = weights.astype(float)
    signs = _alternate(real, _signs_of(rng.standard_normal((starts, real.shape[1])) @ real.T))
    values = np.abs(signs @ real).sum(axis=1)
    if real.size > LARGE:
        return _exact(weights, signs[values.argmax()])
    signs = _flip(real, signs[np.argsort(-values, kind="stable")[:KEPT]])
    values = np.abs(signs @ real).sum(axis=1)
    for _ in range(kicks):
        changes = np.where(rng.random(signs.shape) < 0.15, -1.0, 1.0)
        tried = _flip(real, _alternate(real, signs * changes))
        reached = np.abs(tried @ real).sum(axis=1)
        better = reached > values
        signs[better], values[better] = tried[better], reached[better]
    return _exact(weights, signs[values.argmax()])


def _exact(weights: Integers, signs: Floats) -> tuple[int, Integers]:
    whole = signs.astype(np.int64)
    return int(np.abs(whole @ weights).sum()), whole


def _signs_of(values: Floats) -> Floats:
    return np.where(values >= 0, 1.0, -1.0)


def _alternate(weights: Floats, signs: Floats) -> Floats:
    """Each party answers the other's answers best, in turns, while any value grows."""
    value = -1.0
    while True:
        sums = signs @ weights
        reached = float(np.abs(sums).sum())
        if reached <= value:
            return signs
        value = reached
        signs = _signs_of(_signs_of(sums) @ weights.T)


def _flip(weights: Floats, signs: Floats) -> Floats:
    """Flip the one sign that gains most, in every start, while any value grows."""
    signs = signs.copy()
    starts = np.arange(len(signs))
    while True:
        sums = signs @ weights
        flipped = np.abs(sums[:, None, :] - 2 * signs[:, :, None] * weights).sum(axis=2)
        choice = flipped.argmax(axis=1)
        gains = flipped[starts, choice] > np.abs(sums).sum(axis=1)
        if not gains.any():
            return signs
        signs[starts[gains], choice[gains]] *= -1
