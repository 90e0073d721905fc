"""Random streams from content: the same words give the same stream, whatever else is computed."""

from __future__ import annotations

import hashlib
import json

import numpy as np


def generator(seed: int, *words: str | int | float) -> np.random.Generator:
    """A generator that depends on the seed and the words, and on nothing else.

    Parameters
    ----------
    seed : of the study
    words : what the stream is for; finite numbers and text

    Examples
    --------
    >>> [int(generator(1, "clocks", 20).integers(100)) for _ in range(2)]
    [43, 43]
    """
    digest = hashlib.sha256(json.dumps([seed, *words]).encode()).digest()
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(int.from_bytes(digest, "big"))))
