"""Sources of recorded rounds that are understood: measured Bell pairs, and mixtures of deterministic strategies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.coherence.consensus.rounds import Rounds
from entsched.coherence.correlations.counts import Floats, Integers
from entsched.errors import EntschedError

#: Between rounds, until an answer that asks no one, and the least latency between the nodes, seconds.
PERIOD_S, PROMPT_S, LATENCY_S = 0.1, 1e-4, 1e-3


class LocalModel(NamedTuple):
    """Shared randomness that picks deterministic strategies: what explains correlations without entanglement.

    Attributes
    ----------
    weights : of the strategies, sum 1
    answers_a, answers_b : an answer or SILENT for each strategy and question, shape (strategies, questions)
    """

    weights: Floats
    answers_a: Integers
    answers_b: Integers

    def behavior(self, answers: int = 2) -> Floats:
        """P(a, b | x, y) with silence as the last answer, shape (answers + 1, answers + 1, questions, questions).

        Examples
        --------
        >>> LocalModel(np.ones(1), np.array([[0, -1]]), np.array([[1, 1]])).behavior()[2, 1].tolist()
        [[0.0, 0.0], [1.0, 1.0]]
        """
        outcomes = np.eye(answers + 1)
        return np.einsum("s,sxa,syb->abxy", self.weights, outcomes[self.answers_a], outcomes[self.answers_b])


def fresh_questions(
    rounds: int, random: np.random.Generator, questions: tuple[int, int] = (2, 2)
) -> tuple[Integers, Integers]:
    """Independent fair questions 0, 1, ... for both observers."""
    return random.integers(questions[0], size=rounds), random.integers(questions[1], size=rounds)


def timed(x: Integers, y: Integers, a: Integers, b: Integers, answered_s: float = PROMPT_S) -> Rounds:
    """Rounds with questions at the same instant, one every 0.1 s, and both answers so much later.

    Examples
    --------
    >>> one = np.ones(2, dtype=int)
    >>> timed(one, one, one, one).answered_b_s.round(6).tolist()
    [0.0001, 0.1001]
    """
    asked: Floats = PERIOD_S * np.arange(len(x), dtype=np.float64)
    return Rounds(x, y, a, b, asked, asked, asked + answered_s, asked + answered_s)


def sampled(
    behavior: ArrayLike, rounds: int, random: np.random.Generator, questions: tuple[int, int] = (2, 2)
) -> Rounds:
    """Rounds with fresh fair questions, and answers from a behavior of any kind.

    Parameters
    ----------
    behavior : P(a, b | x, y), shape (answers of A, answers of B, 2, 2)
    rounds : how many
    questions : of A and of B; question k is put as question k modulo 2 of the behavior

    Raises
    ------
    EntschedError
        If a behavior is no such table.

    Examples
    --------
    >>> always = np.zeros((2, 2, 2, 2))
    >>> always[1, 0] = 1.0
    >>> found = sampled(always, 3, np.random.default_rng(1))
    >>> found.a.tolist(), found.b.tolist()
    ([1, 1, 1], [0, 0, 0])
    """
    table = np.asarray(behavior, dtype=float)
    if table.ndim != 4 or table.shape[2:] != (2, 2) or not np.allclose(table.sum(axis=(0, 1)), 1):
        raise EntschedError(f"behavior given with shape {table.shape}, allowed: P(a, b | x, y) for two questions each")
    x, y = fresh_questions(rounds, random, questions)
    edges = np.cumsum(table.reshape(-1, 2, 2), axis=0)[:-1]
    cells = np.sum(random.random(rounds) >= edges[:, x % 2, y % 2], axis=0)
    a, b = np.divmod(cells, table.shape[1])
    return timed(x, y, a, b)


def play(model: LocalModel, rounds: int, random: np.random.Generator) -> Rounds:
    """Rounds in which each node looks up the answer of a shared random strategy to its own question.

    Examples
    --------
    >>> model = LocalModel(np.ones(1), np.array([[0, 1]]), np.array([[1, 1]]))
    >>> found = play(model, 100, np.random.default_rng(1))
    >>> bool(np.all(found.a == found.x)), bool(np.all(found.b == 1))
    (True, True)
    """
    x, y = fresh_questions(rounds, random)
    strategy: NDArray[np.int64] = random.choice(len(model.weights), size=rounds, p=model.weights)
    return timed(x, y, model.answers_a[strategy, x], model.answers_b[strategy, y])


def pair_behavior(visibility: float) -> Floats:
    """P(a, b | x, y) of a Werner pair at the settings with the largest CHSH value, 2 sqrt 2 times the visibility.

    Raises
    ------
    PairError
        If the visibility is outside [0, 1].

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> round(float(2 * np.sum(pair_behavior(0.75) * ((a ^ b) == (x & y))) - 4), 6)
    2.12132
    """
    from entsched.quantum.bell import werner
    from entsched.quantum.pairs import MeasuredPairs

    quarter = np.pi / 4
    return MeasuredPairs.at_angles(werner(visibility), [0.0, 2 * quarter], [quarter, -quarter]).behavior().p
