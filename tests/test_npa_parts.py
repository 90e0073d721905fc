"""The parts of the moment hierarchy: words, symmetries, blocks and the proof of positivity."""

from __future__ import annotations

import numpy as np
import pytest
from test_npa import cglmp3, chsh_correlations, chsh_game, i3322, random_game

from entsched.games.npa.blocks import symmetry_blocks
from entsched.games.npa.cone import plain_inequality, reduced_inequality
from entsched.games.npa.moments import moment_table
from entsched.games.npa.repair import is_proved_positive
from entsched.games.npa.solvers import maximise
from entsched.games.npa.symmetry import coset_chain, edge_colours
from entsched.games.npa.words import level_words


def test_symmetric_and_plain_relaxations_agree():
    for game, level in ((i3322(), "1+ab"), (cglmp3(), "1+ab"), (chsh_correlations(), 3)):
        words = level_words(game, level)
        table = moment_table(words, game.answers, game.questions)
        blocks = symmetry_blocks(game, level, words)
        objective = table.functional(game.weights)
        reduced, plain = (maximise(i, objective) for i in (reduced_inequality(table, blocks), plain_inequality(table)))
        assert sum(block.size for block in blocks) < len(words)
        assert _bound(reduced_inequality(table, blocks), reduced) == pytest.approx(
            _bound(plain_inequality(table), plain), abs=1e-7
        )


def _bound(inequality, found) -> float:
    return float(inequality.dual(found.dual_parts)[0, 0])


def test_blocks_rebuild_every_invariant_moment_matrix():
    game = i3322()
    words = level_words(game, 2)
    table = moment_table(words, game.answers, game.questions)
    blocks = symmetry_blocks(game, 2, words)
    identity = sum(r @ q.T for block in blocks for r, q in zip(block.inverse, block.copies, strict=True))
    np.testing.assert_allclose(identity, np.eye(len(words)), atol=1e-9)
    weights = reduced_inequality(table, blocks).dual([np.eye(block.size) for block in blocks])
    for block in blocks:
        seen = [q.T @ weights @ q for q in block.inverse]
        np.testing.assert_allclose(seen, [seen[0]] * len(seen), atol=1e-8)


def test_symmetries_keep_the_game():
    game = chsh_game()
    colours = edge_colours(game)
    chain = coset_chain(colours)
    assert np.prod([len(t) for t in chain]) == 16
    for permutation in np.concatenate(chain):
        assert np.array_equal(colours[np.ix_(permutation, permutation)], colours)
    assert coset_chain(edge_colours(random_game(1))) == []


def test_moments_of_random_projectors_fill_the_table():
    rng = np.random.default_rng(0)
    game = random_game(0, (3, 2), (2, 2))
    table = moment_table(level_words(game, "2+aab"), game.answers, game.questions)
    state = rng.normal(size=12)
    state /= np.linalg.norm(state)
    bases = [np.linalg.qr(rng.normal(size=(d, d)))[0] for d in (4, 4, 3, 3)]

    def vector(word):
        result = state.reshape(4, 3)
        for x, a in word[0][::-1]:
            q = bases[x][:, [a]] if a else bases[x][:, [0, 3]]
            result = q @ (q.T @ result)
        for y, _ in word[1][::-1]:
            q = bases[2 + y][:, :1]
            result = result @ q @ q.T
        return result.ravel()

    vectors = np.array([vector(word) for word in table.words])
    gram = vectors @ vectors.T
    assert np.abs(gram[table.index < 0]).max() < 1e-12
    for k in range(table.number):
        assert np.ptp(gram[table.index == k]) < 1e-12
    p = table.behavior(gram)
    assert table.functional(game.weights) @ [gram[table.index == k][0] for k in range(table.number)] == pytest.approx(
        game.evaluate(p)
    )
    np.testing.assert_allclose(p.sum(axis=(0, 1)), 1)


def test_a_matrix_with_a_negative_eigenvalue_is_not_proved_positive():
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(30, 30)))[0]
    for lowest, expected in ((-1e-12, False), (1e-11, True), (np.nan, False)):
        matrix = q * np.append(lowest, np.ones(29)) @ q.T
        assert is_proved_positive((matrix + matrix.T) / 2) is expected
