"""Words: products of projectors E[a|x] of A and F[b|y] of B, the last answer of every question left out.

A word is (word of A, word of B), each a tuple of letters (question, answer). The parties commute;
within a party equal neighbours merge, and two answers to one question multiply to zero. The last
answer is one minus the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, product

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame

Side = tuple[tuple[int, int], ...]
Word = tuple[Side, Side]
Level = int | str | Sequence[Word]

#: The largest number of words: the moment matrix is dense, and a proof factors it.
MAX_WORDS = 1500
_ALLOWED = '"1", "2", "3", ..., "1+ab", "2+aab", ... (a number and products of a and b), or a list of words'


def multiply(left: Side, right: Side) -> Side | None:
    """left^T right, reduced; None if it is zero.

    Parameters
    ----------
    left, right : reduced words of one party

    Examples
    --------
    >>> multiply(((0, 0), (1, 0)), ((0, 0), (2, 1)))
    ((1, 0), (0, 0), (2, 1))
    >>> multiply(((0, 0),), ((0, 1),)) is None
    True
    """
    turned = left[::-1]
    if not turned or not right or turned[-1][0] != right[0][0]:
        return turned + right
    return turned + right[1:] if turned[-1] == right[0] else None


def level_shapes(level: int | str) -> frozenset[tuple[int, int]]:
    """The lengths (of A's word, of B's word) that a level such as "2" or "1+ab" holds.

    Parameters
    ----------
    level : a number n (all words of at most n letters), and after each + a product of a's and b's

    Raises
    ------
    GameError
        If the text is no level.

    Examples
    --------
    >>> sorted(level_shapes("1+ab"))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    text = str(level).lower().replace(" ", "")
    if isinstance(level, bool) or not re.fullmatch(r"[1-9]\d?(\+[ab]+)*", text):
        raise GameError(f"level given {level!r}, allowed: {_ALLOWED}")
    number, *extra = text.split("+")
    shapes = {(i, j) for i in range(int(number) + 1) for j in range(int(number) + 1 - i)}
    return frozenset(shapes | {(word.count("a"), word.count("b")) for word in extra})


def level_words(game: NonlocalGame, level: Level, all_answers: bool = False) -> tuple[Word, ...]:
    """The words of a level, the empty word first.

    Parameters
    ----------
    game : gives the numbers of questions and answers
    level : as :func:`level_shapes`, or a sequence of words, to which those of level 1 are added
    all_answers : whether the last answer of every question gets a letter too

    Raises
    ------
    GameError
        If the level or a word is none, or there would be more than 1500 words.

    Examples
    --------
    >>> import numpy as np
    >>> game = NonlocalGame(np.ones((2, 2, 2, 2)))
    >>> level_words(game, 1)
    (((), ()), ((), ((0, 0),)), ((), ((1, 0),)), (((0, 0),), ()), (((1, 0),), ()))
    >>> len(level_words(game, "1+ab")), len(level_words(game, 2))
    (9, 13)
    """
    extra: tuple[Word, ...] = ()
    if isinstance(level, int | str):
        shapes = level_shapes(level)
    else:
        shapes, extra = level_shapes(1), _checked_words(game, level)
    alphabets = [(q, n - (not all_answers)) for q, n in zip(game.questions, game.answers, strict=True)]
    count = len(extra) + sum(_count(*alphabets[0], i) * _count(*alphabets[1], j) for i, j in shapes)
    if count > MAX_WORDS and not all_answers:
        raise GameError(f"level {level!r} of the game given with {count} words, allowed: at most {MAX_WORDS}")
    words: dict[Word, None] = {}
    for i, j in sorted(shapes, key=lambda shape: (sum(shape), shape)):
        words.update(dict.fromkeys(product(_sides(*alphabets[0], i), _sides(*alphabets[1], j))))
    words.update(dict.fromkeys(extra))
    return tuple(words)


def _count(questions: int, answers: int, length: int) -> int:
    return questions * answers * ((questions - 1) * answers) ** (length - 1) if length else 1


def _sides(questions: int, answers: int, length: int) -> list[Side]:
    sides: list[Side] = [()]
    letters = list(product(range(questions), range(answers)))
    for _ in range(length):
        sides = [(*side, letter) for side in sides for letter in letters if not side or side[-1][0] != letter[0]]
    return sides


def _checked_words(game: NonlocalGame, words: Sequence[Word]) -> tuple[Word, ...]:
    try:
        tidy = tuple((_side(a), _side(b)) for a, b in words)
    except (TypeError, ValueError):
        raise GameError(f"level given {words!r}, allowed: {_ALLOWED}") from None
    for word in tidy:
        for side, questions, answers in zip(word, game.questions, game.answers, strict=True):
            inside = all(0 <= q < questions and 0 <= answer < answers - 1 for q, answer in side)
            if not inside or any(first[0] == second[0] for first, second in pairwise(side)):
                raise GameError(
                    f"word given {word}, allowed: letters (question < {questions}, answer < {answers - 1}), "
                    "neighbours of different questions"
                )
    return tidy


def _side(side: Side) -> Side:
    return tuple((int(question), int(answer)) for question, answer in side)
