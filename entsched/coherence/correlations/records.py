"""Documents which prove that a local model agrees with recorded counts, or that they exceed a local bound."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from entsched.coherence.correlations.counts import Floats, Integers
from entsched.coherence.correlations.local_models import Inequality, Nearest
from entsched.errors import CertificateError
from entsched.games import checker
from entsched.games.certificate import game_certificate
from entsched.games.local.exact import local_value
from entsched.games.nonlocal_game import NonlocalGame
from entsched.games.rationals import as_written, exact_weights, nested

Json = dict[str, Any]


def record(source: str, significance: float, counts: Integers) -> Json:
    """The record of a document.

    Examples
    --------
    >>> import numpy as np
    >>> record("coins", 0.01, np.ones((1, 1, 1, 2), dtype=int))
    {'source': 'coins', 'significance': '1/100', 'counts': [[[['1', '1']]]]}
    """
    table = nested(counts.astype(object))
    return {"source": source, "significance": str(as_written(significance)), "counts": table}


def model_certificate(source: str, significance: float, counts: Integers, found: Nearest) -> Json:
    """A document which proves that a mixture of deterministic strategies makes no count unlikely.

    Parameters
    ----------
    source : of the counts, 1 to 100 printable characters
    significance : of the joint region of all counts
    counts : shape (answers of A, answers of B, questions to A, questions to B)
    found : the model

    Raises
    ------
    CertificateError
        If the proof fails in exact arithmetic.

    Examples
    --------
    >>> from entsched.coherence.correlations.local_models import nearest
    >>> import numpy as np
    >>> counts = np.full((2, 2, 2, 2), 50)
    >>> print(checker.check(model_certificate("coins", 0.01, counts, nearest(counts, 0.01))))
    proved: a local model agrees with all 16 counts of 'coins' (800 rounds) at joint level 0.01
    """
    one = [[Fraction(1)]] * len(found.weights)
    weights = exact_weights(found.weights.tolist(), one, one[0])
    questions = counts.shape[2]
    model = [
        {"weight": str(weight), "answers_a": row[:questions].tolist(), "answers_b": row[questions:].tolist()}
        for weight, row in zip(weights, found.strategies, strict=True)
    ]
    return _proved({"record": record(source, significance, counts), "model": model})


def violation_certificate(
    source: str, significance: float, counts: Integers, inequality: Inequality, chances: Floats
) -> Json:
    """A document which proves the local bound of an inequality, and that the counts exceed it.

    Parameters
    ----------
    source : of the counts, 1 to 100 printable characters
    significance : that the p-value of a game which is won or lost must not exceed
    counts : of the rounds on which the inequality was not chosen, of its shape
    chances : of each pair of questions, all positive

    Raises
    ------
    CertificateError
        If the proof fails in exact arithmetic.

    Examples
    --------
    >>> import numpy as np
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> wins = 1 * ((a ^ b) == (x & y))
    >>> document = violation_certificate("box", 0.01, 9 * wins, Inequality(wins, 3), np.full((2, 2), 0.25))
    >>> print(str(checker.check(document))[:96])
    proved: local value <= 0.75; 'box' (72 rounds) won 1 of the rounds, above 0.75 (S = 4 against 2)
    """
    payoff = inequality.coefficients / chances
    game = NonlocalGame(payoff / payoff.max(), chances, name="Bell inequality")
    document = game_certificate(game, [local_value(game)])
    upper = [claim for claim in document["claims"] if claim["end"] == "upper"]
    return _proved({"record": record(source, significance, counts), "game": document["game"], "claims": upper})


def _proved(content: Json) -> Json:
    """The document of this content with its digest, checked."""
    document = {"format": checker.FORMAT} | content
    document["sha256"] = checker.digest(document)
    try:
        checker.check(document)
    except checker.RefusedError as error:
        raise CertificateError(f"nothing here can be proved in exact arithmetic: {error}") from None
    return document
