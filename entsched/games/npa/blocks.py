"""Block-diagonal form of the moment matrices that a game's relabellings leave as they are.

The last answer of a question is one minus the others, so a relabelling acts linearly on the words, not
as a permutation; on the words with all answers it is one. A random matrix that commutes with the
group splits the space into irreducible parts (Murota, Kanno, Kojima & Kojima 2010,
doi:10.1007/s13160-010-0006-9); equal parts carry the same block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entsched.games.nonlocal_game import NonlocalGame
from entsched.games.npa.symmetry import averaging, coset_chain, edge_colours
from entsched.games.npa.words import Level, Side, Word, level_shapes, level_words, multiply

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Smaller matrices are solved sooner than their symmetries are found.
SMALL = 10
#: The largest number of words with all answers for which symmetries are looked for.
MAX_FULL_WORDS = 2500
_TOLERANCE = 1e-7


@dataclass(frozen=True, eq=False)
class Block:
    """A part of the space in which an invariant matrix acts as one m x m block, repeated d times.

    Attributes
    ----------
    copies : array (d, N, m): for each copy m columns q, with block = q^T Gamma q; they form
        the dual matrix sum_c q Z q^T / d
    inverse : array (d, N, m): columns r with Gamma = sum over blocks and copies of r block r^T
    """

    copies: Floats
    inverse: Floats

    @property
    def size(self) -> int:
        """The number m of rows of the block."""
        return self.copies.shape[2]


def symmetry_blocks(
    game: NonlocalGame, level: Level, words: tuple[Word, ...], smallest: int = SMALL
) -> list[Block] | None:
    """The blocks of the invariant moment matrices, or None if there is no symmetry to use.

    Parameters
    ----------
    game, level : what ``words`` came from
    words : the rows of the moment matrix
    smallest : for fewer words symmetries are not looked for

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> game = NonlocalGame((a ^ b) == (x & y))
    >>> sorted(block.size for block in symmetry_blocks(game, 3, level_words(game, 3)))
    [1, 2, 2, 2, 4, 4]
    """
    if len(words) < smallest or not isinstance(level, int | str):
        return None
    shapes = level_shapes(level)
    if any((i and (i - 1, j) not in shapes) or (j and (i, j - 1) not in shapes) for i, j in shapes):
        return None
    exchange = all((j, i) in shapes for i, j in shapes)
    full = level_words(game, level, all_answers=True)
    chain = coset_chain(edge_colours(game, exchange)) if len(full) <= MAX_FULL_WORDS else []
    if not chain:
        return None
    on_words = _action_on_words(chain, full, game)
    basis, triangle = np.linalg.qr(_expansion(full, words, game.answers))
    average = averaging(on_words)
    random = np.random.default_rng(0)

    def invariant() -> Floats:
        matrix = random.normal(size=(len(full),) * 2)
        return basis.T @ average(matrix + matrix.T) @ basis

    parts = _irreducible_parts(invariant)
    inverse = np.linalg.inv(triangle)
    return [Block(np.matmul(triangle.T, part), np.matmul(inverse, part)) for part in parts]


def _action_on_words(chain: list[Integers], words: tuple[Word, ...], game: NonlocalGame) -> list[Integers]:
    """The permutations of words that permutations of letters make."""
    answers, first_b = game.answers, game.answers[0] * game.questions[0]
    length = max(len(side) for word in words for side in word)
    letters = np.full((len(words), 2, length), -1)
    for row, word in enumerate(words):
        for party, side in enumerate(word):
            letters[row, party, : len(side)] = [party * first_b + q * answers[party] + a for q, a in side]
    digits = float(chain[0].shape[1] + 1) ** np.arange(2 * length)

    def codes(array: Integers) -> Floats:
        return np.asarray((array.reshape(len(words), -1) + 1) @ digits)

    own = codes(letters)
    order = np.argsort(own)
    result = []
    for representatives in chain:
        images = np.append(representatives, np.full((len(representatives), 1), -1), axis=1)
        turned = [image[letters][:, :: -1 if image[0] >= first_b else 1] for image in images]
        result.append(np.array([order[np.searchsorted(own, codes(t), sorter=order)] for t in turned]))
    return result


def _expansion(full: tuple[Word, ...], words: tuple[Word, ...], answers: tuple[int, int]) -> Floats:
    """Every word with all answers as a sum of words without the last ones, array (full, words)."""
    column = {word: i for i, word in enumerate(words)}
    sides: list[dict[Side, dict[Side, int]]] = [{(): {(): 1}}, {(): {(): 1}}]

    def expanded(side: Side, party: int) -> dict[Side, int]:
        if side not in sides[party]:
            question, answer = side[-1]
            last = answers[party] - 1
            terms = [((), 1), *((((question, a),), -1) for a in range(last))] if answer == last else [(side[-1:], 1)]
            total: dict[Side, int] = {}
            for start, factor in expanded(side[:-1], party).items():
                for letter, sign in terms:
                    word = multiply(start[::-1], letter)
                    if word is not None:
                        total[word] = total.get(word, 0) + factor * sign
            sides[party][side] = total
        return sides[party][side]

    matrix = np.zeros((len(full), len(words)))
    for row, (side_a, side_b) in enumerate(full):
        for a, factor in expanded(side_a, 0).items():
            for b, other in expanded(side_b, 1).items():
                if factor * other:
                    matrix[row, column[a, b]] += factor * other
    return matrix


def _irreducible_parts(invariant: Callable[[], Floats]) -> list[Floats]:
    """Arrays (copies d, N, m) of orthonormal columns in which invariant symmetric matrices are d equal blocks."""
    first, second, third = invariant(), invariant(), invariant()
    values, vectors = np.linalg.eigh(first)
    cuts = np.flatnonzero(np.diff(values) > _TOLERANCE * np.ptp(values)) + 1
    spaces = np.split(vectors, cuts, axis=1)
    parts = []
    while spaces:
        reference = spaces[0]
        image = second @ reference
        links = [space.T @ image for space in spaces]
        linked = [i == 0 or float(np.abs(link).max()) > _TOLERANCE for i, link in enumerate(links)]
        members = [space for space, is_linked in zip(spaces, linked, strict=True) if is_linked]
        turned = [s @ link for s, link, is_linked in zip(spaces, links, linked, strict=True) if is_linked]
        turned[0] = reference
        parts.append(_equal_copies(members, turned, third))
        spaces = [space for space, is_linked in zip(spaces, linked, strict=True) if not is_linked]
    return parts


def _equal_copies(members: list[Floats], turned: list[Floats], probe: Floats) -> Floats:
    """The copies, if the probe shows them equal; else the whole space as one block, which is always right."""
    whole = np.concatenate(members, axis=1)[None]
    if any(t.shape != turned[0].shape for t in turned):
        return whole
    copies = np.stack([t / np.linalg.norm(t, axis=0).clip(_TOLERANCE**2) for t in turned], axis=2).transpose(1, 0, 2)
    flat = copies.transpose(1, 0, 2).reshape(copies.shape[1], -1)
    blocks = flat.T @ probe @ flat
    wanted = np.kron(np.eye(len(copies)), blocks[: copies.shape[2], : copies.shape[2]])
    same = np.abs(blocks - wanted).max() < _TOLERANCE * np.abs(blocks).max()
    orthonormal = np.abs(flat.T @ flat - np.eye(flat.shape[1])).max() < _TOLERANCE
    return copies if same and orthonormal else whole
