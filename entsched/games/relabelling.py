"""New names for questions, answers and parties, and the relabellings that leave a game as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError
from entsched.games.forms import no_signalling_part
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: The most partial assignments that the search for symmetries looks at.
MAX_STEPS = 200_000
#: The largest table, and the most answers, that the search takes on.
MAX_SEARCHED = 4096
MAX_ANSWERS = 4


@dataclass(frozen=True, eq=False)
class Relabelling:
    """First exchange the parties (if asked), then rename: x -> questions_a[x], a -> answers_a[x, a].

    The new behavior is P'(answers_a[x, a], answers_b[y, b] | questions_a[x], questions_b[y]) =
    P(a, b | x, y).

    Parameters
    ----------
    questions_a, questions_b : permutations, arrays (x,) and (y,)
    answers_a, answers_b : a permutation of the answers for each old question, arrays (x, a), (y, b)
    exchange : whether A becomes B first; x, a then belong to the party that is A afterwards

    Raises
    ------
    GameError
        If an array is not made of permutations.

    Examples
    --------
    >>> flip = Relabelling.identity((2, 2), (1, 1), exchange=True)
    >>> flip.apply(XorGame([[1.0]])).weights
    array([[1.]])
    """

    questions_a: Integers
    questions_b: Integers
    answers_a: Integers
    answers_b: Integers
    exchange: bool = False

    def __post_init__(self) -> None:
        for name, axes in (("questions_a", 1), ("questions_b", 1), ("answers_a", 2), ("answers_b", 2)):
            values = np.asarray(getattr(self, name))
            if values.ndim != axes or values.dtype.kind not in "iu" or not _are_permutations(values):
                raise GameError(f"{name} given as {str(values.tolist())[:60]}, allowed: permutations of 0, 1, ...")
            object.__setattr__(self, name, values.astype(np.int64))
        sizes = (len(self.answers_a), len(self.answers_b))
        if sizes != (len(self.questions_a), len(self.questions_b)):
            raise GameError(f"answers given for {sizes} questions, allowed: one row for each question")

    @classmethod
    def identity(cls, answers: tuple[int, int], questions: tuple[int, int], exchange: bool = False) -> Relabelling:
        """No new names; with ``exchange``, the sizes are those after the exchange."""
        rows_a, rows_b = (np.tile(np.arange(a), (q, 1)) for a, q in zip(answers, questions, strict=True))
        return cls(np.arange(questions[0]), np.arange(questions[1]), rows_a, rows_b, exchange)

    def apply_to_table(self, table: ArrayLike) -> Floats:
        """A behavior or coefficients [a, b, x, y] under their new names."""
        old = np.asarray(table, dtype=float)
        old = old.transpose(1, 0, 3, 2) if self.exchange else old
        shape = (self.answers_a.shape[1], self.answers_b.shape[1], len(self.questions_a), len(self.questions_b))
        if old.shape != shape:
            raise GameError(f"table has shape {old.shape} (after any exchange), allowed: {shape}")
        new = np.empty(shape)
        a, b = self.answers_a.T[:, None, :, None], self.answers_b.T[None, :, None, :]
        new[a, b, self.questions_a[:, None], self.questions_b] = old
        return new

    def apply_to_correlator(self, table: ArrayLike) -> Floats:
        """A correlator or XOR coefficients [x, y] under their new names; two answers each."""
        signs = np.array([1.0, -1.0])
        old = np.multiply.outer(np.outer(signs, signs), np.asarray(table, dtype=float))
        return self.apply_to_table(old)[0, 0]

    @overload
    def apply(self, game: NonlocalGame) -> NonlocalGame: ...
    @overload
    def apply(self, game: XorGame) -> XorGame: ...
    def apply(self, game: NonlocalGame | XorGame) -> NonlocalGame | XorGame:
        """The game under its new names: it pays for P' what the old one pays for P."""
        rename = self.apply_to_correlator if isinstance(game, XorGame) else self.apply_to_table
        constraints = tuple(LinearConstraint(rename(c.coefficients), c.lower, c.upper) for c in game.constraints)
        if isinstance(game, XorGame):
            return XorGame(rename(game.weights), game.offset, constraints, game.name)
        pi = np.empty((len(self.questions_a), len(self.questions_b)))
        pi[self.questions_a[:, None], self.questions_b] = game.pi.T if self.exchange else game.pi
        return NonlocalGame(rename(game.payoff), pi, constraints, game.name)


def symmetries(game: NonlocalGame | XorGame, max_steps: int = MAX_STEPS) -> list[Relabelling]:
    """All relabellings under which a game and each of its constraints pay the same on every P.

    "Every P" means every no-signalling behavior: tables are compared by their no-signalling part.
    A backtracking search gives an image to one question after the other, A's and B's in turn,
    and keeps the images that agree with all earlier ones in every block [., ., x, y].

    Raises
    ------
    GameError
        If the table has more than 4096 entries, a party more than 4 answers, or the search
        needs more than ``max_steps`` steps.

    Examples
    --------
    >>> len(symmetries(XorGame([[1.0, 1.0], [1.0, -1.0]])))
    16
    """
    table = game.as_nonlocal() if isinstance(game, XorGame) else game
    if table.payoff.size > MAX_SEARCHED or max(table.answers) > MAX_ANSWERS:
        raise GameError(
            f"symmetries of {table.payoff.size} entries and {table.answers} answers, "
            f"allowed: at most {MAX_SEARCHED} entries and {MAX_ANSWERS} answers"
        )
    blocks = np.stack([no_signalling_part(t) for t in (table.weights, *(c.coefficients for c in table.constraints))])
    scales = np.abs(blocks).max(axis=(1, 2, 3, 4), keepdims=True)
    blocks = np.round(blocks / np.where(scales > 0, scales, 1.0), 10) + 0.0
    found = list(_Search(blocks, blocks, max_steps).run(exchange=False))
    turned = blocks.transpose(0, 2, 1, 4, 3)
    if turned.shape == blocks.shape:
        found += _Search(turned, blocks, max_steps).run(exchange=True)
    return found


class _Search:
    """Backtracking over the images of questions (with their answers) that take ``old`` to ``new``."""

    def __init__(self, old: Floats, new: Floats, max_steps: int) -> None:
        self.left = self.max_steps = max_steps
        self.sizes = old.shape[3:]
        self.order = sorted(
            ((party, q) for party in (0, 1) for q in range(self.sizes[party])), key=lambda step: step[1]
        )
        self.renamings = [np.array(list(permutations(range(n))), dtype=np.int64) for n in old.shape[1:3]]
        rows, columns = self.renamings[0][:, None, :, None], self.renamings[1][None, :, None, :]
        renamed = np.moveaxis(new[:, rows, columns], 0, -1)  # by renaming of A and of B, a, b, x, y
        renamed = np.moveaxis(renamed, (4, 5), (0, 1)).reshape(*self.sizes, len(rows), columns.shape[1], -1)
        given = np.moveaxis(old, 0, -1).transpose(2, 3, 0, 1, 4).reshape(*self.sizes, -1)
        blocks = np.concatenate([given.reshape(-1, given.shape[-1]), renamed.reshape(-1, given.shape[-1])])
        _, numbers = np.unique(blocks, axis=0, return_inverse=True)
        numbers = numbers.ravel()
        self.given = numbers[: np.prod(self.sizes)].reshape(self.sizes)
        self.renamed = numbers[np.prod(self.sizes) :].reshape(renamed.shape[:4])
        self.images: tuple[dict[int, tuple[int, int]], ...] = ({}, {})

    def run(self, exchange: bool) -> Iterator[Relabelling]:
        """Every relabelling that takes ``old`` to ``new``."""
        for _ in self._extend(0):
            chosen = [[images[q] for q in sorted(images)] for images in self.images]
            questions = [np.array([image for image, _ in pairs]) for pairs in chosen]
            answers = [self.renamings[party][[k for _, k in chosen[party]]] for party in (0, 1)]
            yield Relabelling(questions[0], questions[1], answers[0], answers[1], exchange)

    def _extend(self, depth: int) -> Iterator[None]:
        if depth == len(self.order):
            yield None
            return
        party, question = self.order[depth]
        images = self.images[party]
        for image, renaming in np.argwhere(self._fitting(party, question)).tolist():
            self.left -= 1
            if self.left < 0:
                raise GameError(f"symmetries need more steps than allowed: {self.max_steps}")
            images[question] = (image, renaming)
            yield from self._extend(depth + 1)
            del images[question]

    def _fitting(self, party: int, question: int) -> NDArray[np.bool_]:
        """Which images (first axis) and renamings of answers (second) agree with all choices so far."""
        fits = np.ones((self.sizes[party], len(self.renamings[party])), dtype=bool)
        fits[[image for image, _ in self.images[party].values()]] = False
        for other, (image, renaming) in self.images[1 - party].items():
            if party == 0:
                fits &= self.renamed[:, image, :, renaming] == self.given[question, other]
            else:
                fits &= self.renamed[image, :, renaming, :] == self.given[other, question]
        return fits


def _are_permutations(values: Integers) -> bool:
    return bool(
        values.size
        and np.array_equal(np.sort(values, axis=-1), np.broadcast_to(np.arange(values.shape[-1]), values.shape))
    )
