"""Two-party games: questions x and y, answers a and b, a payoff to maximise, and side constraints."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError

Floats = NDArray[np.float64]

#: The largest table p[a, b, x, y] a game may have: 10^7 numbers are 80 MB.
MAX_ENTRIES = 10_000_000


@dataclass(frozen=True, eq=False)
class LinearConstraint:
    """lower <= sum coefficients P <= upper, on the behavior P[a, b, x, y] (or the correlator E[x, y]).

    Parameters
    ----------
    coefficients : array (a, b, x, y) for a :class:`NonlocalGame`, (x, y) for an :class:`XorGame`;
        multiplied with P(a, b | x, y) or E[x, y] as they are: no question probabilities enter
    lower, upper : the range of the sum; equal for an equality, infinite for a one-sided bound

    Raises
    ------
    GameError
        If a coefficient is not finite, or the range is empty.

    Examples
    --------
    >>> LinearConstraint.equality([[0.25, 0.25], [0.25, 0.25]], 0.5).upper
    0.5
    """

    coefficients: Floats
    lower: float
    upper: float

    def __post_init__(self) -> None:
        coefficients = finite_array(self.coefficients, "constraint coefficients", (2, 4))
        object.__setattr__(self, "coefficients", coefficients)
        if np.isnan(self.lower) or np.isnan(self.upper) or not self.lower <= self.upper:
            raise GameError(f"constraint range given from {self.lower} to {self.upper}, allowed: lower <= upper")
        if self.lower == np.inf or self.upper == -np.inf:
            raise GameError("constraint range at infinity, allowed: a range that holds a finite number")

    @classmethod
    def equality(cls, coefficients: ArrayLike, value: float) -> LinearConstraint:
        """sum coefficients P = value."""
        return cls(np.asarray(coefficients), float(value), float(value))


@dataclass(frozen=True, eq=False)
class NonlocalGame:
    """Maximise sum pi[x, y] payoff[a, b, x, y] P(a, b | x, y), subject to linear side constraints.

    Parameters
    ----------
    payoff : array (answers of A, answers of B, questions to A, questions to B), any real numbers
    pi : array (questions to A, questions to B), any real weights; default: uniform probabilities
    constraints : on P(a, b | x, y)
    name : for people

    Raises
    ------
    GameError
        If a shape does not fit, a number is not finite, or the table has more than 10^7 entries.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> chsh = NonlocalGame(payoff=(a ^ b) == (x & y), name="chsh")
    >>> chsh.answers, chsh.questions
    ((2, 2), (2, 2))
    >>> chsh.evaluate(np.full((2, 2, 2, 2), 0.25))
    0.5
    """

    payoff: Floats
    pi: Floats = None  # type: ignore[assignment]
    constraints: tuple[LinearConstraint, ...] = ()
    name: str = "game"

    def __post_init__(self) -> None:
        payoff = finite_array(self.payoff, "payoff", (4,))
        questions = payoff.shape[2:]
        pi = np.full(questions, 1 / np.prod(questions)) if self.pi is None else finite_array(self.pi, "pi", (2,))
        if pi.shape != questions:
            raise GameError(f"pi has shape {pi.shape}, allowed: {questions}, the questions of payoff[a, b, x, y]")
        for constraint in self.constraints:
            refuse_misfit(constraint, payoff.shape)
        object.__setattr__(self, "payoff", payoff)
        object.__setattr__(self, "pi", pi)

    @property
    def answers(self) -> tuple[int, int]:
        """How many answers A and B can give."""
        return self.payoff.shape[0], self.payoff.shape[1]

    @property
    def questions(self) -> tuple[int, int]:
        """How many questions A and B can be asked."""
        return self.payoff.shape[2], self.payoff.shape[3]

    @cached_property
    def weights(self) -> Floats:
        """pi[x, y] payoff[a, b, x, y]: the coefficients of the objective on P."""
        return self.pi * self.payoff

    @property
    def scale(self) -> float:
        """The size of the payoffs: the unit in which gaps and rounding are judged."""
        return float(np.abs(self.weights).max(axis=(0, 1)).sum()) or 1.0

    def evaluate(self, p: ArrayLike) -> float:
        """The expected payoff of a behavior p[a, b, x, y]."""
        return float(np.sum(self.weights * np.asarray(p)))

    def exchanged(self) -> NonlocalGame:
        """The same game with the parties exchanged."""
        constraints = tuple(
            LinearConstraint(c.coefficients.transpose(1, 0, 3, 2), c.lower, c.upper) for c in self.constraints
        )
        return NonlocalGame(self.payoff.transpose(1, 0, 3, 2), self.pi.T, constraints, self.name)


@dataclass(frozen=True, eq=False)
class XorGame:
    """Maximise offset + sum weights[x, y] E[x, y] over correlators E[x, y] = P(a = b) - P(a != b).

    Two answers each, and only whether they are equal counts; any real weights.

    Parameters
    ----------
    weights : array (questions to A, questions to B)
    offset : a constant added to the value
    constraints : on E[x, y]
    name : for people

    Raises
    ------
    GameError
        As :class:`NonlocalGame`.

    Examples
    --------
    >>> chsh = XorGame([[0.25, 0.25], [0.25, -0.25]], name="chsh")
    >>> chsh.evaluate([[1, 1], [1, 1]])
    0.5
    """

    weights: Floats
    offset: float = 0.0
    constraints: tuple[LinearConstraint, ...] = field(default=())
    name: str = "game"

    def __post_init__(self) -> None:
        weights = finite_array(self.weights, "xor weights", (2,))
        if not np.isfinite(self.offset):
            raise GameError(f"offset given {self.offset}, allowed: a finite number")
        for constraint in self.constraints:
            refuse_misfit(constraint, weights.shape)
        object.__setattr__(self, "weights", weights)

    @property
    def questions(self) -> tuple[int, int]:
        """How many questions A and B can be asked."""
        return self.weights.shape[0], self.weights.shape[1]

    @property
    def scale(self) -> float:
        """The size of the weights: the unit in which gaps and rounding are judged."""
        return float(np.abs(self.weights).sum()) or 1.0

    def evaluate(self, correlator: ArrayLike) -> float:
        """The value of a correlator E[x, y]."""
        return self.offset + float(np.sum(self.weights * np.asarray(correlator)))

    def as_nonlocal(self) -> NonlocalGame:
        """The same game as a payoff table: payoff (-1)^(a + b) weights, with pi = 1 everywhere.

        The offset is spread evenly over all questions.
        """
        signs = np.array([[1.0, -1.0], [-1.0, 1.0]])[:, :, None, None]
        return NonlocalGame(
            payoff=signs * self.weights + self.offset / self.weights.size,
            pi=np.ones(self.questions),
            constraints=tuple(LinearConstraint(signs * c.coefficients, c.lower, c.upper) for c in self.constraints),
            name=self.name,
        )


def as_xor(game: NonlocalGame) -> XorGame | None:
    """The XOR game that a payoff table is, or None if it is none.

    It is one if both parties have two answers and only whether they are equal counts, in the
    payoff and in every constraint.

    Examples
    --------
    >>> as_xor(XorGame([[1.0, -2.0]]).as_nonlocal()).weights
    array([[ 1., -2.]])
    """
    tables = [game.weights, *(c.coefficients for c in game.constraints)]
    if game.answers != (2, 2) or not all(_depends_on_equality_only(table) for table in tables):
        return None
    halves = [(table[0, 0] - table[0, 1]) / 2 for table in tables]
    shifts = [float(np.sum(table[0, 0] + table[0, 1])) / 2 for table in tables]
    constraints = tuple(
        LinearConstraint(half, c.lower - shift, c.upper - shift)
        for half, shift, c in zip(halves[1:], shifts[1:], game.constraints, strict=True)
    )
    return XorGame(halves[0], shifts[0], constraints, game.name)


def _depends_on_equality_only(table: Floats) -> bool:
    return bool(np.array_equal(table[0, 0], table[1, 1]) and np.array_equal(table[0, 1], table[1, 0]))


def refuse_misfit(constraint: LinearConstraint, shape: tuple[int, ...]) -> None:
    """Raise GameError unless the constraint's coefficients have the shape of the game."""
    given = constraint.coefficients.shape
    if given != shape:
        raise GameError(f"constraint coefficients have shape {given}, allowed: {shape}, that of the game")


def finite_array(values: ArrayLike, name: str, axes: tuple[int, ...]) -> Floats:
    """A read-only array of finite numbers with an allowed number of axes, none empty.

    Raises
    ------
    GameError
        With what was given and what is allowed.
    """
    try:
        given = np.asarray(values)
        array = np.array(given, dtype=float) if given.dtype.kind in "biuf" else None
    except (TypeError, ValueError):
        array = None
    if array is None:
        raise GameError(f"{name} must be an array of real numbers, all rows equally long")
    if array.ndim not in axes or 0 in array.shape:
        wanted = " or ".join({2: "two axes (x, y)", 4: "four axes (a, b, x, y)"}[n] for n in axes)
        raise GameError(f"{name} has shape {array.shape}, allowed: {wanted}, none empty")
    if array.size > MAX_ENTRIES:
        raise GameError(f"{name} has {array.size} entries, allowed: at most {MAX_ENTRIES}")
    if not np.all(np.isfinite(array)):
        raise GameError(f"{name} has an entry that is not finite")
    array.setflags(write=False)
    return array
