"""The moment matrix <w_i^T w_j> as a table of indices: which of its entries are the same number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from entsched.games.nonlocal_game import NonlocalGame
from entsched.games.npa.words import Level, Side, Word, level_words, multiply

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MomentTable:
    """Entry (i, j) of the moment matrix is moment ``index[i, j]``; -1 stands for zero, 0 for <1> = 1.

    A moment and that of the reversed word are one real number: the real part of a moment matrix
    is again one, with the same behavior.

    Attributes
    ----------
    words : the N rows of the matrix, the empty word first
    index : array (N, N), symmetric
    number : how many different moments there are
    answers : of A and of B
    """

    words: tuple[Word, ...]
    index: Integers
    number: int
    answers: tuple[int, int]
    questions: tuple[int, int]

    @cached_property
    def counts(self) -> Integers:
        """How many entries hold each moment."""
        return np.bincount(self.index.ravel() + 1, minlength=self.number + 1)[1:]

    @cached_property
    def letters(self) -> tuple[Integers, Integers]:
        """The row of the word E[a|x] in a table [a, x], and of F[b|y] in [b, y]."""
        row = {word: i for i, word in enumerate(self.words)}
        shape_a, shape_b = [(n - 1, q) for n, q in zip(self.answers, self.questions, strict=True)]
        a = [row[((x, a),), ()] for a, x in np.ndindex(shape_a)]
        b = [row[(), ((y, b),)] for b, y in np.ndindex(shape_b)]
        return np.array(a, dtype=int).reshape(shape_a), np.array(b, dtype=int).reshape(shape_b)

    def functional(self, table: Floats) -> Floats:
        """Coefficients f with sum table[a, b, x, y] P(a, b | x, y) = f . moments (Collins & Gisin 2004).

        Parameters
        ----------
        table : array (a, b, x, y)
        """
        rows_a, rows_b = self.letters
        last_a, last_b, corner = table[:-1, -1] - table[-1, -1], table[-1, :-1] - table[-1, -1], table[-1, -1]
        joint = table[:-1, :-1] - table[:-1, -1:] - table[-1:, :-1] + corner
        f = np.zeros(self.number)
        f[0] = corner.sum()
        np.add.at(f, self.index[0, rows_a], last_a.sum(axis=2))
        np.add.at(f, self.index[0, rows_b], last_b.sum(axis=1))
        np.add.at(f, self.index[rows_a[:, None, :, None], rows_b[None, :, None, :]], joint)
        return f

    def behavior(self, matrix: Floats) -> Floats:
        """P[a, b, x, y] of a moment matrix, the last answers filled in.

        Parameters
        ----------
        matrix : array (N, N)
        """
        rows_a, rows_b = self.letters
        p = np.empty((*self.answers, *self.questions))
        p[:-1, :-1] = matrix[rows_a[:, None, :, None], rows_b[None, :, None, :]]
        p[:-1, -1] = matrix[0, rows_a][:, :, None] - p[:-1, :-1].sum(axis=1)
        p[-1, :-1] = matrix[0, rows_b][:, None, :] - p[:-1, :-1].sum(axis=0)
        p[-1, -1] = 1 - p[:-1].sum(axis=(0, 1)) - p[-1, :-1].sum(axis=0)
        return p


def moment_table(words: Sequence[Word], answers: tuple[int, int], questions: tuple[int, int]) -> MomentTable:
    """Multiply all pairs of words; only the products within each party are formed one by one.

    Parameters
    ----------
    words : reduced and different, the empty word first
    answers, questions : how many each party has

    Examples
    --------
    >>> a, b = (((0, 0),), ()), ((), ((0, 0),))
    >>> moment_table([((), ()), a, b], (2, 2), (1, 1)).index
    array([[0, 2, 1],
           [2, 2, 3],
           [1, 3, 1]])
    """
    (row_a, product_a, turned_a), (row_b, product_b, turned_b) = (_party_table([w[i] for w in words]) for i in (0, 1))
    first, second = product_a[np.ix_(row_a, row_a)], product_b[np.ix_(row_b, row_b)]
    code = first * len(turned_b) + second
    turned = turned_a[first] * len(turned_b) + turned_b[second]
    code = np.where((first < 0) | (second < 0), -1, np.minimum(code, turned))
    values, index = np.unique(np.append(code, -1), return_inverse=True)
    index = index[:-1].reshape(code.shape) - 1
    return MomentTable(tuple(words), index, len(values) - 1, answers, questions)


def level_table(game: NonlocalGame, level: Level) -> MomentTable:
    """The moments of a level; those of the last few levels that have a name are remembered.

    Raises
    ------
    GameError
        As :func:`entsched.games.npa.words.level_words`.

    Examples
    --------
    >>> game = NonlocalGame(np.ones((2, 2, 2, 2)))
    >>> len(level_table(game, "1+ab").words), level_table(game, "1+ab") is level_table(game, "1+ab")
    (9, True)
    """
    if isinstance(level, int | str):
        return _named_level_table(game.answers, game.questions, level)
    return moment_table(level_words(game, level), game.answers, game.questions)


@lru_cache(maxsize=4, typed=True)
def _named_level_table(answers: tuple[int, int], questions: tuple[int, int], level: int | str) -> MomentTable:
    words = level_words(NonlocalGame(np.zeros((*answers, *questions))), level)
    return moment_table(words, answers, questions)


def _party_table(sides: list[Side]) -> tuple[Integers, Integers, Integers]:
    """Each word's number, the numbers of all products left^T right, and of each product reversed."""
    distinct = list(dict.fromkeys(sides))
    row = {side: i for i, side in enumerate(distinct)}
    numbers: dict[Side, int] = {(): 0}
    products = np.full((len(distinct), len(distinct)), -1)
    for i, left in enumerate(distinct):
        for j, right in enumerate(distinct):
            word = multiply(left, right)
            if word is not None:
                products[i, j] = numbers.setdefault(word, len(numbers))
    turned = np.array([numbers[word[::-1]] for word in numbers])
    return np.array([row[side] for side in sides]), products, turned
