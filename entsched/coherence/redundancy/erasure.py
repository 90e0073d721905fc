"""Reed-Solomon codes over bytes, with a real encoder and decoder: wrong symbols and lost symbols."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from reedsolo import ReedSolomonError, RSCodec
from scipy.stats import binom

from entsched.errors import EntschedError

#: Symbols of the field, 2^8 - 1 of them in a word at most.
MOST_SYMBOLS = 255


def word_failures(n: int, k: int, error: float, words: int, generator: np.random.Generator) -> int:
    """Random words of k bytes that are not read back after each of n stored symbols was replaced with that probability.

    Parameters
    ----------
    n, k : stored symbols and symbols of content, 1 <= k < n <= 255
    error : probability that a symbol becomes another one, 0 to 1
    words : how many are tried

    Raises
    ------
    EntschedError
        If n and k are no code.

    Examples
    --------
    >>> word_failures(5, 3, 0.0, 10, np.random.default_rng(1))
    0
    """
    codec, failed = _codec(n, k), 0
    for _ in range(words):
        message = generator.bytes(k)
        stored = np.frombuffer(codec.encode(message), dtype=np.uint8)
        change = np.where(generator.random(n) < error, generator.integers(1, 256, n), 0).astype(np.uint8)
        failed += _decoded(codec, bytes(stored ^ change), ()) != message
    return failed


def failure_probability(n: int, k: int, error: float) -> float:
    """That more symbols are wrong than the decoder mends, (n - k) // 2.

    Examples
    --------
    >>> round(failure_probability(5, 3, 0.1), 6)
    0.08146
    """
    return float(binom.sf((n - k) // 2, n, error))


def restored(n: int, k: int, lost: int, patterns: int, generator: np.random.Generator) -> tuple[int, int]:
    """How many sets of lost symbols the decoder restores, and of how many; all sets, or so many drawn at random.

    Parameters
    ----------
    n, k : stored symbols and symbols of content, 1 <= k < n <= 255
    lost : symbols known to be lost, 0 to n
    patterns : the most sets that are tried

    Raises
    ------
    EntschedError
        If n and k are no code.

    Examples
    --------
    >>> [restored(5, 3, lost, 100, np.random.default_rng(1)) for lost in (1, 2, 3)]
    [(5, 5), (10, 10), (0, 10)]
    """
    codec = _codec(n, k)
    if comb(n, lost) <= patterns:
        sets = list(combinations(range(n), lost))
    else:
        sets = [tuple(map(int, generator.choice(n, lost, replace=False))) for _ in range(patterns)]
    good = 0
    for gone in sets:
        message = generator.bytes(k)
        stored = bytearray(codec.encode(message))
        for place in gone:
            stored[place] = 0
        good += _decoded(codec, bytes(stored), gone) == message
    return good, len(sets)


def _codec(n: int, k: int) -> RSCodec:
    if not 1 <= k < n <= MOST_SYMBOLS:
        raise EntschedError(f"Reed-Solomon code: given n = {n}, k = {k}, allowed: 1 <= k < n <= {MOST_SYMBOLS}")
    return RSCodec(n - k)


def _decoded(codec: RSCodec, stored: bytes, gone: tuple[int, ...]) -> bytes | None:
    """The content as the decoder reads it; None where it gives up."""
    try:
        return bytes(codec.decode(stored, erase_pos=list(gone))[0])
    except ReedSolomonError:
        return None
