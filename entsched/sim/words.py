"""Streams of 64-bit random words: numpy's SFC64, compiled into the engines.

A call through numpy costs 4 to 14 ns a word, for the function pointer behind it; inlined, the same
generator costs 2. The tests compare it with :class:`numpy.random.SFC64` word by word.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

#: Words thrown away after seeding, as numpy does.
WARM_UP = 12


def seeded(seeds: np.random.SeedSequence, streams: int) -> Words:
    """The states of independent generators, shape (streams, 4), each seeded as numpy seeds SFC64.

    Examples
    --------
    >>> seeded(np.random.SeedSequence(1), 2).shape
    (2, 4)
    """
    states = np.ones((streams, 4), dtype=np.uint64)
    states[:, :3] = seeds.generate_state(3 * streams, np.uint64).reshape(streams, 3)
    thrown_away = np.empty(WARM_UP, dtype=np.uint64)
    for state in states:
        fill(state, thrown_away)
    return states


@njit(cache=True, nogil=True)
def fill(state: Words, words: Words) -> None:
    """Write the next words of the generator with this ``state``, shape (4,), and advance it."""
    a, b, c, counter = state[0], state[1], state[2], state[3]
    for i in range(words.size):
        word = a + b + counter
        counter += np.uint64(1)
        a = b ^ (b >> np.uint64(11))
        b = c + (c << np.uint64(3))
        c = ((c << np.uint64(24)) | (c >> np.uint64(40))) + word
        words[i] = word
    state[0], state[1], state[2], state[3] = a, b, c, counter


@njit(cache=True, nogil=True)
def next_word(state: Words) -> np.uint64:
    """The next word of the generator with this ``state``, shape (4,), which advances."""
    a, b, c, counter = state[0], state[1], state[2], state[3]
    word = a + b + counter
    state[0] = b ^ (b >> np.uint64(11))
    state[1] = c + (c << np.uint64(3))
    state[2] = ((c << np.uint64(24)) | (c >> np.uint64(40))) + word
    state[3] = counter + np.uint64(1)
    return word


@njit(cache=True, nogil=True)
def unit_interval(words: Words, numbers: Floats) -> None:
    """Write a number in (0, 1) for each word: the middle of one of 2^53 equal parts."""
    for i in range(words.size):
        numbers[i] = (np.float64(np.int64(words[i] >> np.uint64(11))) + 0.5) * 2.0**-53


@njit(cache=True, nogil=True)
def outcomes_of(coins: Words, outcomes: Floats) -> None:
    """Write two numbers in [0, 1) for each coin, shape (2, coins): from its first 32 bits and the next 31."""
    for i in range(coins.size):
        outcomes[0, i] = np.float64(np.int64(coins[i] >> np.uint64(32))) * 2.0**-32
        outcomes[1, i] = np.float64(np.int64((coins[i] & np.uint64(2**32 - 1)) >> np.uint64(1))) * 2.0**-31
