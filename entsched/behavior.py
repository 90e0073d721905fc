"""Behaviors p(a,b|x,y): what two parties answer to two questions, and the sets they come from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import BehaviorError

#: How far a table may be from an exact distribution, or from no-signalling, by rounding.
TOLERANCE = 1e-9

Floats = NDArray[np.float64]


class CorrelationSet(StrEnum):
    """The nested sets of behaviors: LOCAL is inside QUANTUM is inside NO_SIGNALLING."""

    LOCAL = "local"
    QUANTUM = "quantum"
    NO_SIGNALLING = "no-signalling"


@dataclass(frozen=True, eq=False)
class ConditionalTable:
    """A conditional distribution p[a, b, x, y] = P(a, b | x, y) that may signal.

    Parameters
    ----------
    p : array of shape (answers of A, answers of B, questions to A, questions to B)
        Probabilities; each p[:, :, x, y] sums to one. Rounding up to 1e-9 is removed.

    Raises
    ------
    BehaviorError
        If an entry is not finite or negative, or a pair of questions does not sum to one; the
        message names the first violation.

    Examples
    --------
    >>> import numpy as np
    >>> table = ConditionalTable(np.full((2, 2, 1, 1), 0.25))
    >>> table.p[0, 1, 0, 0]
    np.float64(0.25)
    """

    p: Floats

    def __post_init__(self) -> None:
        try:
            p = np.array(self.p, dtype=float)
        except (TypeError, ValueError):
            raise BehaviorError("a behavior must be an array of numbers p[a, b, x, y]") from None
        if p.ndim != 4 or 0 in p.shape:
            raise BehaviorError(f"a behavior has shape {p.shape}, allowed: four axes (a, b, x, y), none empty")
        if not np.all(np.isfinite(p)):
            raise BehaviorError(f"p{_first(~np.isfinite(p))} is not a finite number")
        if np.any(p < -TOLERANCE):
            at = _first(p < -TOLERANCE)
            raise BehaviorError(f"p{at} = {p[at]:.6g} is negative, allowed: at least 0")
        total = p.sum(axis=(0, 1))
        if np.any(abs(total - 1) > TOLERANCE):
            at = _first(abs(total - 1) > TOLERANCE)
            raise BehaviorError(f"the probabilities for questions (x, y) = {at} sum to {total[at]:.12g}, not to 1")
        p = np.clip(p, 0.0, None)
        p /= p.sum(axis=(0, 1))
        p.setflags(write=False)
        object.__setattr__(self, "p", p)

    @property
    def questions(self) -> tuple[int, int]:
        """How many questions A and B can be asked."""
        return self.p.shape[2], self.p.shape[3]


@dataclass(frozen=True, eq=False)
class Behavior(ConditionalTable):
    """A no-signalling behavior: A's answers say nothing about B's question, and vice versa.

    Raises
    ------
    BehaviorError
        As :class:`ConditionalTable`, and if a marginal depends on the other party's question.

    Examples
    --------
    >>> pr_box = Behavior.from_coalescing([[1, 1], [1, 0]])
    >>> pr_box.coalescing
    array([[1., 1.],
           [1., 0.]])
    >>> Behavior([[[[1, 0]], [[0, 0]]], [[[0, 1]], [[0, 0]]]])
    Traceback (most recent call last):
        ...
    entsched.errors.BehaviorError: the behavior signals: P(a=0|x=0) is 1 or 0 depending on y
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_signalling(self.p.sum(axis=1), "a", "x", "y")
        _refuse_signalling(self.p.sum(axis=0).transpose(0, 2, 1), "b", "y", "x")

    @classmethod
    def from_coalescing(cls, coalescing: ArrayLike) -> Behavior:
        """The binary behavior with uniform marginals and P(a = b | x, y) as given.

        Parameters
        ----------
        coalescing : array of shape (questions to A, questions to B), entries in [0, 1]
        """
        same = np.asarray(coalescing, dtype=float) / 2
        return cls(np.array([[same, 0.5 - same], [0.5 - same, same]]))

    @property
    def coalescing(self) -> Floats:
        """C[x, y] = P(a = b | x, y)."""
        return np.einsum("aaxy->xy", self.p)

    @property
    def marginal_a(self) -> Floats:
        """P(a | x), shape (answers of A, questions to A)."""
        return self.p.sum(axis=1)[:, :, 0]

    @property
    def marginal_b(self) -> Floats:
        """P(b | y), shape (answers of B, questions to B)."""
        return self.p.sum(axis=0)[:, 0, :]


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _refuse_signalling(marginal: Any, answer: str, own: str, other: str) -> None:
    """Refuse marginal[answer, own question, other question] that depends on the last axis."""
    low, high = marginal.min(axis=2), marginal.max(axis=2)
    if np.any(high - low > 10 * TOLERANCE):
        at = _first(high - low > 10 * TOLERANCE)
        raise BehaviorError(
            f"the behavior signals: P({answer}={at[0]}|{own}={at[1]}) is "
            f"{high[at]:.6g} or {low[at]:.6g} depending on {other}"
        )
