"""What a Bell test takes for granted of answers, checked: before news of the other's question, and no signalling."""

from __future__ import annotations

import numpy as np

from entsched.coherence.consensus.rounds import SILENT, Rounds
from entsched.coherence.correlations.counts import Floats, Integers
from entsched.errors import EntschedError
from entsched.games.evidence import p_value_of_payoffs


def in_time(rounds: Rounds, latency_s: float) -> tuple[Rounds, float]:
    """The rounds with silence in place of answers that came too late, and the share of rounds that had one.

    An answer is in time if it came before news of the other's question could: the instant at which the other was
    asked, and the least latency. Whether it was depends on nothing that the other's question could change, so silence
    in its place is as a local strategy might behave; leaving such rounds out would not be.

    Parameters
    ----------
    latency_s : the least time in which a message passes, seconds, above 0

    Raises
    ------
    EntschedError
        If the latency is not positive.

    Examples
    --------
    >>> one, zero = np.array([1, 1]), np.zeros(2)
    >>> found, late = in_time(Rounds(one, one, one, one, zero, zero, np.array([0.1, 0.2]), zero), 0.15)
    >>> found.a.tolist(), found.b.tolist(), late
    ([1, -1], [1, 1], 0.5)
    """
    if not latency_s > 0:
        raise EntschedError(f"least latency given {latency_s} s, allowed: above 0")
    late_a = (rounds.a != SILENT) & ~(rounds.answered_a_s < rounds.asked_b_s + latency_s)
    late_b = (rounds.b != SILENT) & ~(rounds.answered_b_s < rounds.asked_a_s + latency_s)
    kept = rounds._replace(a=np.where(late_a, SILENT, rounds.a), b=np.where(late_b, SILENT, rounds.b))
    return kept, float(np.mean(late_a | late_b)) if len(rounds.a) else 0.0


def signalling_p_value(counts: Integers, chances: Floats) -> float:
    """How well answers that depend on the own question alone explain the marginals; multiplicity paid.

    Whatever a node remembers, the other's question is fresh: for each own question and answer, the excess of each
    question of the other over its chance is a sum of scores with mean 0, over all rounds, in both directions.

    Parameters
    ----------
    counts : shape (answers of A, answers of B, questions to A, questions to B)
    chances : of each pair of questions, shape (x, y), sum 1

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> uniform = np.full((2, 2), 0.25)
    >>> signalling_p_value(100 * (a == y), uniform) < 1e-6, signalling_p_value(a + b, uniform)
    (True, 1.0)
    """
    sides = ((counts.sum(axis=1), chances), (counts.sum(axis=0).transpose(0, 2, 1), chances.T))
    found = [p for answered, asked in sides for p in _signalling(answered, asked)]
    return min(1.0, len(found) * min(found))


def _signalling(answered: Integers, chances: Floats) -> list[float]:
    """The p-values of one side: ``answered`` by own answer, own question and the other's question."""
    rounds, found = int(answered.sum()), []
    given = chances / np.maximum(chances.sum(axis=1, keepdims=True), 1e-300)
    totals = answered.sum(axis=2)
    for answer, own, other in np.ndindex(*answered.shape):
        q, selected = float(given[own, other]), float(totals[answer, own])
        excess = float(answered[answer, own, other]) - q * selected
        for sign in (1.0, -1.0):
            bounds = (-q, 1 - q) if sign > 0 else (q - 1, q)
            found.append(p_value_of_payoffs(sign * excess, rounds, 0.0, bounds) if rounds and 0 < q < 1 else 1.0)
    return found
