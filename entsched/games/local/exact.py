"""The local (classical) value of a game without side constraints: both ends, and a strategy that reaches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError
from entsched.games.local.budget import Budget, Progress
from entsched.games.local.doll import maximise_signs
from entsched.games.local.integers import Scaled, ceil_float, ceil_sum, floor_float, floor_sum, to_integers
from entsched.games.local.tables import maximise_answers
from entsched.games.nonlocal_game import NonlocalGame, XorGame, as_xor, finite_array
from entsched.games.value import Deterministic, GameValue, LocalDual, Part

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Larger searches need a time limit: without one they may run for ever.
MAX_XOR_QUESTIONS = 64
MAX_STRATEGIES = 2**64


class LocalOptimum(NamedTuple):
    """The maximum over fixed answers of an XOR game or of a payoff table: ``lower`` is reached, ``upper`` is proved.

    The proof is in integers: |sum w - unit * integers| <= error, the rows are the questions to A
    (or to B if ``transposed``), decided in ``order``; ``suffix_optima[k]`` is an upper end of the
    integer game with the rows order[k:] alone (see :class:`entsched.games.local.doll.SignOptimum`).
    """

    lower: float
    upper: float
    answers_a: Integers
    answers_b: Integers
    interrupted: bool
    order: Integers
    suffix_optima: Integers
    scaled: Scaled
    transposed: bool


def maximise_xor(
    weights: ArrayLike, time_limit_s: float | None = None, progress: Progress | None = None
) -> LocalOptimum:
    """max over a, b of sum (-1)^(a(x) + b(y)) weights[x, y], by tree search over the party with fewer questions.

    Parameters
    ----------
    weights : array (questions to A, questions to B), any real numbers
    time_limit_s : stop after so many seconds; Ctrl-C stops too. Both ends hold in any case
    progress : called with (lower, upper) now and then

    Raises
    ------
    GameError
        If the weights are not finite, or both parties have more than 64 questions and there is no time limit.

    Examples
    --------
    >>> best = maximise_xor([[0.25, 0.25], [0.25, -0.25]])
    >>> best.lower, best.upper
    (0.5, 0.5)
    """
    given = finite_array(weights, "xor weights", (2,))
    budget = Budget(time_limit_s)
    fewer = min(given.shape)
    if budget.unlimited and fewer > MAX_XOR_QUESTIONS:
        raise GameError(f"given {fewer} questions to each party, allowed without a time limit: {MAX_XOR_QUESTIONS}")
    transposed = given.shape[1] < given.shape[0]
    scaled = to_integers(given)
    rows = scaled.values.T if transposed else scaled.values
    found = maximise_signs(rows, budget, _in_units(scaled, progress))
    replies = np.where(found.signs @ rows >= 0, 1, -1)
    signs_a, signs_b = (replies, found.signs) if transposed else (found.signs, replies)
    answers_a, answers_b = (1 - signs_a) // 2, (1 - signs_b) // 2
    lower = floor_sum((given * np.outer(signs_a, signs_b)).flat)
    upper = _upper(scaled, found.upper)
    return LocalOptimum(
        lower, upper, answers_a, answers_b, found.interrupted, found.order, found.suffix_optima, scaled, transposed
    )


def maximise_table(
    weights: ArrayLike, time_limit_s: float | None = None, progress: Progress | None = None
) -> LocalOptimum:
    """max over a, b of sum_xy weights[a(x), b(y), x, y], by tree search over the party with fewer strategies.

    Parameters
    ----------
    weights : array (answers of A, answers of B, questions to A, questions to B), any real numbers
    time_limit_s : stop after so many seconds; Ctrl-C stops too. Both ends hold in any case
    progress : called with (lower, upper) now and then

    Raises
    ------
    GameError
        If the weights are not finite, or both parties have more than 2^64 strategies and there is no time limit.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> maximise_table(((a ^ b) == (x & y)) / 4).lower
    0.75
    """
    given = finite_array(weights, "payoff", (4,))
    budget = Budget(time_limit_s)
    strategies_a, strategies_b = given.shape[0] ** given.shape[2], given.shape[1] ** given.shape[3]
    if budget.unlimited and min(strategies_a, strategies_b) > MAX_STRATEGIES:
        raise GameError(
            f"given {given.shape[0]}^{given.shape[2]} and {given.shape[1]}^{given.shape[3]} strategies, "
            "allowed without a time limit: 2^64 of one party"
        )
    transposed = strategies_b < strategies_a
    scaled = to_integers(given)
    table = scaled.values.transpose(3, 1, 0, 2) if transposed else scaled.values.transpose(2, 0, 1, 3)
    found = maximise_answers(table, budget, _in_units(scaled, progress))
    replies = table[np.arange(len(table)), found.answers].sum(axis=0).argmax(axis=0)
    answers_a, answers_b = (replies, found.answers) if transposed else (found.answers, replies)
    x, y = np.indices(given.shape[2:])
    lower = floor_sum(given[answers_a[x], answers_b[y], x, y].flat)
    upper = _upper(scaled, found.upper)
    return LocalOptimum(
        lower, upper, answers_a, answers_b, found.interrupted, found.order, found.suffix_optima, scaled, transposed
    )


def local_optimum(
    game: NonlocalGame | XorGame, time_limit_s: float | None = None, progress: Progress | None = None
) -> LocalOptimum:
    """The best deterministic answers for the weights of a game; its constraints and offset do not enter.

    Raises
    ------
    GameError
        As :func:`maximise_xor` and :func:`maximise_table`.

    Examples
    --------
    >>> local_optimum(XorGame([[1.0, 1.0], [1.0, -1.0]], offset=5.0)).upper
    2.0
    """
    if isinstance(game, XorGame):
        return maximise_xor(game.weights, time_limit_s, progress)
    return maximise_table(game.weights, time_limit_s, progress)


def local_value(
    game: NonlocalGame | XorGame, time_limit_s: float | None = None, progress: Progress | None = None
) -> GameValue:
    """max over local behaviors, reached by a deterministic strategy: shared randomness cannot help.

    A payoff table that is an XOR game is solved as such.

    Parameters
    ----------
    game : without side constraints
    time_limit_s, progress : as :func:`maximise_xor`

    Raises
    ------
    GameError
        If the game has side constraints, or as :func:`maximise_xor` and :func:`maximise_table`.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> value = local_value(NonlocalGame(payoff=(a ^ b) == (x & y), name="chsh"))
    >>> value.lower, value.upper, str(value.status)
    (0.75, 0.75, 'optimal')
    """
    if game.constraints:
        raise GameError(
            f"game given with {len(game.constraints)} side constraints, allowed here: none; "
            "constrained games are solved by games/local/columns"
        )
    started = Budget(time_limit_s)
    xor = game if isinstance(game, XorGame) else as_xor(game)
    found: LocalOptimum
    if xor is None:
        found, rest = local_optimum(game, time_limit_s, progress), [0.0]
    else:
        rest = _rest_of(game, xor)
        found = maximise_xor(xor.weights, time_limit_s, progress and _shifted(progress, xor.offset))
    played = _played(game, found.answers_a, found.answers_b)
    return GameValue(
        correlations="local",
        lower=floor_sum((game.weights * played).flat if xor is not game else [*(game.weights * played).flat, *rest]),
        upper=ceil_sum([found.upper, *rest]),
        scale=game.scale,
        behavior=played,
        strategy=(Part(1.0, Deterministic(found.answers_a, found.answers_b)),),
        dual=LocalDual(np.zeros(0)),
        interrupted=found.interrupted,
        wall_time_s=started.elapsed_s(),
    )


def _played(game: NonlocalGame | XorGame, answers_a: Integers, answers_b: Integers) -> Floats:
    """P[a, b, x, y] of fixed answers, or E[x, y] for an XOR game."""
    if isinstance(game, XorGame):
        return np.outer(1 - 2 * answers_a, 1 - 2 * answers_b).astype(np.float64)
    a, b = np.eye(game.answers[0])[answers_a], np.eye(game.answers[1])[answers_b]
    return np.einsum("xa,yb->abxy", a, b)


def _rest_of(game: NonlocalGame | XorGame, xor: XorGame) -> list[float]:
    """Terms whose exact sum, with the optimum of the weights of ``xor``, is at least the optimum of the game."""
    if isinstance(game, XorGame):
        return [game.offset]
    equal, different = game.weights[0, 0], game.weights[0, 1]
    difference = equal - different
    kept = equal - difference
    rounding = np.abs((equal - (difference + kept)) + (kept - different))
    return (np.concatenate([equal.ravel(), different.ravel(), rounding.ravel()]) / 2).tolist()


def _upper(scaled: Scaled, integer_upper: int) -> float:
    return ceil_float(integer_upper * scaled.unit + scaled.error)


def _in_units(scaled: Scaled, progress: Progress | None) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda lower, upper: progress(floor_float(lower * scaled.unit - scaled.error), _upper(scaled, upper))


def _shifted(progress: Progress, offset: float) -> Progress:
    return lambda lower, upper: progress(lower + offset, upper + offset)
