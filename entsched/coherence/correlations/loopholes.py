"""Ways in which nodes without entanglement seem to violate a Bell inequality, and what exposes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from entsched.coherence.consensus.rounds import SILENT, Rounds
from entsched.coherence.correlations.sources import LATENCY_S, LocalModel, fresh_questions, play, timed

#: What the seed of predictable questions is called: both the observers and the nodes know it.
KNOWN_SEED = 20_240_101


#: Of loopholes that no check of recorded rounds can show.
BEYOND = "no table: only that questions are fresh can be argued"


class Loophole(NamedTuple):
    """A way to a large CHSH value without entanglement.

    Attributes
    ----------
    rounds : plays so many rounds
    exposed_by : the check that shows it, or why none can
    """

    rounds: Callable[[int, np.random.Generator], Rounds]
    exposed_by: str


def silent_model() -> LocalModel:
    """The local model whose rounds with two answers all win CHSH: A answers only the question that it guessed.

    Shared randomness is a guess g of A's question and a bit r. A answers r if asked g and else is silent; B answers r
    xor (g and y). So four deterministic strategies of weight 1/4 have S = 4 after selection, with half of A's answers.

    References
    ----------
    P. M. Pearle, Phys. Rev. D 2, 1418 (1970); N. Gisin and B. Gisin, Phys. Lett. A 260, 323 (1999).

    Examples
    --------
    >>> silent_model().answers_a.tolist(), silent_model().answers_b.tolist()
    ([[0, -1], [1, -1], [-1, 0], [-1, 1]], [[0, 0], [1, 1], [0, 1], [1, 0]])
    """
    guess, bit = np.indices((2, 2)).reshape(2, -1, 1)
    question = np.arange(2)[None]
    answers_a = np.where(question == guess, bit, SILENT)
    return LocalModel(np.full(4, 0.25), answers_a, bit ^ (guess & question))


def silence(rounds: int, random: np.random.Generator) -> Rounds:
    """Nodes that are silent when their guess of the question was wrong."""
    return play(silent_model(), rounds, random)


def communication(rounds: int, random: np.random.Generator) -> Rounds:
    """Nodes that answer when A's question has reached B: the table of a perfect box, by messages alone."""
    x, y = fresh_questions(rounds, random)
    bit = random.integers(2, size=rounds)
    return timed(x, y, bit, bit ^ (x & y), answered_s=1.5 * LATENCY_S)


def memory(rounds: int, random: np.random.Generator) -> Rounds:
    """Nodes that after each lost round turn to the strategy that would have won it: at the bound, no further.

    All strategies win three of the four pairs of questions of the CHSH game. Who knows all former rounds still does not
    know the next questions.
    """
    x, y = fresh_questions(rounds, random)
    a, b = np.empty_like(x), np.empty_like(y)
    lost_at = (1, 1)
    for k in range(rounds):
        a[k], b[k] = _losing_only_at(lost_at, int(x[k]), int(y[k]))
        if (a[k] ^ b[k]) != (x[k] & y[k]):
            lost_at = (1 - int(x[k]), 1 - int(y[k]))
    return timed(x, y, a, b)


def predictable_questions(rounds: int, random: np.random.Generator) -> Rounds:
    """Nodes that know the seed from which the observers draw their questions, and so both of them in advance."""
    x, y = fresh_questions(rounds, np.random.default_rng(KNOWN_SEED))
    foreseen_x, foreseen_y = fresh_questions(rounds, np.random.default_rng(KNOWN_SEED))
    bit = random.integers(2, size=rounds)
    return timed(x, y, bit, bit ^ (foreseen_x & foreseen_y))


LOOPHOLES: Mapping[str, Loophole] = {
    "silence": Loophole(silence, "silence counted as an outcome"),
    "communication": Loophole(communication, "time stamps"),
    "memory": Loophole(memory, "nothing to expose: fresh questions make it harmless"),
    "predictable questions": Loophole(predictable_questions, BEYOND),
}


def _losing_only_at(pair: tuple[int, int], x: int, y: int) -> tuple[int, int]:
    """Answers of the deterministic strategy that loses CHSH for one pair of questions and wins it for all others."""
    lost_x, lost_y = pair
    a = (1 - lost_y) & x
    b = ((1 - lost_x) & y) ^ ((1 - lost_x) & (1 - lost_y))
    return a, b
