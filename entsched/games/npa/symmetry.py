"""The relabellings of questions, answers and parties that leave a game as it is, by search.

A letter is a pair (question, answer) of one party. A relabelling is a permutation of all letters that
keeps which letters share a question, which share a party, and the payoff of every pair: an
automorphism of a complete graph with coloured edges. It is found by colour refinement with
backtracking; the group is kept as a chain of coset representatives (Sims 1970).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from entsched.games.nonlocal_game import NonlocalGame

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Payoffs that differ by less than this fraction of the largest count as equal.
TOLERANCE = 1e-10
#: The largest number of letters and of refinements of a search.
MAX_LETTERS = 200
MAX_REFINEMENTS = 5000


def edge_colours(game: NonlocalGame, exchange: bool = True) -> Integers:
    """The coloured graph whose automorphisms are the relabellings of the game, array (letters, letters).

    Letters of A come first: (x, a) is number x * answers + a; then those of B.

    Parameters
    ----------
    game : with its constraints, each of which a relabelling must keep
    exchange : whether the parties may be exchanged

    Examples
    --------
    >>> edge_colours(NonlocalGame(np.ones((2, 2, 1, 1)))).tolist()
    [[0, 1, 3, 3], [1, 0, 3, 3], [3, 3, 0, 1], [3, 3, 1, 0]]
    """
    tables = [game.weights, *(c.coefficients for c in game.constraints)]
    (answers_a, answers_b), (questions_a, questions_b) = game.answers, game.questions
    n_a, n_b = questions_a * answers_a, questions_b * answers_b
    rows = np.array([_normal_form(t).transpose(2, 0, 3, 1).ravel() for t in tables])
    scales = np.abs(rows).max(axis=1, keepdims=True)
    rounded = np.round(rows / np.where(scales > 0, scales, 1) / TOLERANCE)
    between = np.unique(rounded, axis=1, return_inverse=True)[1].reshape(n_a, n_b) + 3
    colours = np.empty((n_a + n_b, n_a + n_b), dtype=np.int64)
    colours[:n_a, n_a:], colours[n_a:, :n_a] = between, between.T
    for start, answers, end in ((0, answers_a, n_a), (n_a, answers_b, n_a + n_b)):
        question = np.arange(end - start) // answers
        block = np.where(question[:, None] == question, 1, 2)
        np.fill_diagonal(block, 0 if exchange or start == 0 else -1)
        colours[start:end, start:end] = block
    return colours


def _normal_form(table: Floats) -> Floats:
    """The table that gives the same value on every no-signalling behavior and depends only on these values."""
    centred_a, centred_b = table - table.mean(axis=0, keepdims=True), table - table.mean(axis=1, keepdims=True)
    joint = centred_a - centred_a.mean(axis=1, keepdims=True)
    only_a = centred_a.mean(axis=1, keepdims=True).mean(axis=3, keepdims=True)
    only_b = centred_b.mean(axis=0, keepdims=True).mean(axis=2, keepdims=True)
    return joint + only_a + only_b + table.mean()


def coset_chain(colours: Integers) -> list[Integers]:
    """Arrays T_1, T_2, ... of permutations such that every automorphism is one product t_1 t_2 ... .

    If the search grows too long, the chain of a subgroup is returned, in the end of the trivial one.

    Parameters
    ----------
    colours : array (n, n) of edge colours, symmetric; the diagonal colours the vertices

    Examples
    --------
    >>> [len(t) for t in coset_chain(np.where(np.eye(4), 0, 1))]
    [4, 3, 2]
    """
    n = len(colours)
    if n > MAX_LETTERS:
        return []
    search = _Search(colours)
    base: list[int] = []
    levels: list[tuple[int, Integers]] = []
    cells = search.refined(np.diag(colours))
    while len(np.unique(cells)) < n:
        point = _first_of_a_large_cell(cells)
        levels.append((point, cells))
        base.append(point)
        cells = search.refined(np.where(np.arange(n) == point, cells.max() + 1, cells))
    chain: list[Integers] = []
    for point, cells in reversed(levels):
        images = np.flatnonzero(cells == cells[point])
        found = [search.automorphism(cells, cells, point, int(image)) for image in images]
        if search.exhausted:
            break
        chain.insert(0, np.array([permutation for permutation in found if permutation is not None]))
    return [representatives for representatives in chain if len(representatives) > 1]


def _first_of_a_large_cell(cells: Integers) -> int:
    return int(np.flatnonzero(np.bincount(cells)[cells] > 1)[0])


class _Search:
    """Automorphisms by refining a source and a target colouring side by side."""

    def __init__(self, colours: Integers) -> None:
        self._colours = np.unique(colours, return_inverse=True)[1].reshape(colours.shape)
        random = np.random.default_rng(0)
        self._edge_hash = random.integers(2**63, size=self._colours.max() + 1)[self._colours]
        self._cell_hash, self._own_hash = random.integers(2**63, size=(2, 2 * len(colours) + 4))
        self._left = MAX_REFINEMENTS

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    def refined(self, cells: Integers) -> Integers:
        """The coarsest equitable colouring below one colouring."""
        return self._refine(cells, cells)[0]

    def automorphism(self, source: Integers, target: Integers, point: int, image: int) -> Integers | None:
        """One that maps ``point`` to ``image`` and the cells of ``source`` to those of ``target``, or None."""
        new = max(source.max(), target.max()) + 1
        every = np.arange(len(source))
        source, target = self._refine(np.where(every == point, new, source), np.where(every == image, new, target))
        if self.exhausted or not np.array_equal(np.bincount(source), np.bincount(target)):
            return None
        if source.max() + 1 == len(source):
            permutation = np.empty_like(source)
            permutation[np.argsort(source)] = np.argsort(target)
            same = np.array_equal(self._colours[np.ix_(permutation, permutation)], self._colours)
            return permutation if same else None
        point = _first_of_a_large_cell(source)
        attempts = (self.automorphism(source, target, point, int(i)) for i in np.flatnonzero(target == source[point]))
        return next((permutation for permutation in attempts if permutation is not None), None)

    def _refine(self, source: Integers, target: Integers) -> tuple[Integers, Integers]:
        """Split cells by how many edges of each colour go to each cell, told apart by a random hash modulo 2^64."""
        number = 0
        both = np.column_stack([source, target])
        while True:
            self._left -= 1
            seen = self._edge_hash @ self._cell_hash[both] + self._own_hash[both]
            values, both = np.unique(seen, return_inverse=True)
            both = both.reshape(seen.shape)
            source, target = both.T
            if len(values) == number or not np.array_equal(np.sort(source), np.sort(target)):
                return source, target
            number = len(values)


Averaging = Callable[[Floats], Floats]


def averaging(chain: list[Integers]) -> Averaging:
    """The map of a square matrix to its average over the group, given the chain acting on its rows.

    Examples
    --------
    >>> averaging([np.array([[0, 1], [1, 0]])])(np.diag([1.0, 3.0]))
    array([[2., 0.],
           [0., 2.]])
    """

    def average(matrix: Floats) -> Floats:
        for representatives in chain:
            matrix = sum((matrix[np.ix_(t, t)] for t in representatives), np.zeros_like(matrix)) / len(representatives)
        return matrix

    return average
