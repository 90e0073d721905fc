"""Recorded rounds: two observers, a question and an answer each, and when they were asked and answered."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: In place of an answer that did not come.
SILENT = -1


class Rounds(NamedTuple):
    """What two observers recorded, one entry for each round.

    Attributes
    ----------
    x, y : questions of A and B, integers from 0
    a, b : answers, integers from 0, or ``SILENT``
    asked_a_s, asked_b_s : when the observers chose their questions, seconds
    answered_a_s, answered_b_s : when the answers came, or when the observers gave up, seconds
    """

    x: NDArray[np.int64]
    y: NDArray[np.int64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    asked_a_s: NDArray[np.float64]
    asked_b_s: NDArray[np.float64]
    answered_a_s: NDArray[np.float64]
    answered_b_s: NDArray[np.float64]
