"""Write the certificate of a classical bound; :mod:`entsched.games.checker` checks it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from entsched.errors import CertificateError
from entsched.games import checker
from entsched.games.split.solution import Part, Solution
from entsched.workload import Workload
from entsched.workload.service import Deterministic


def classical_certificate(workload: Workload, solution: Solution) -> dict[str, Any]:
    """The certificate of a classical optimum, ready to be written as JSON.

    Every number of the configuration is read as the decimal it was written as (0.1 is 1/10), and
    the bound is computed anew from the strategies in exact arithmetic.

    Raises
    ------
    CertificateError
        If routers see no type, so that there is no game to certify.

    Examples
    --------
    >>> from entsched.games.split.classical import classical_curve
    >>> from entsched.routing import routing_game
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> document = classical_certificate(two, classical_curve(routing_game(two)).at(0.25))
    >>> document["claim"]["bound_s"], float(checker.check(document).bound_s)
    ('93/160', 0.58125)
    """
    if not all(isinstance(law, Deterministic) for law in workload.types):
        raise CertificateError(
            f"service.law {workload.service.law!r} without bins has no types to certify a game of, "
            "allowed: set service.bins"
        )
    described = _describe(workload)
    game = checker.routing_game(described)
    splitting = exact(solution.splitting)
    pairs = [_Pair(game, part) for part in solution.parts]
    shares, multiplier = _exact_mixture(pairs, splitting, exact(solution.multiplier))
    method = "threshold" if workload.joint is None and workload.order == "random" else "enumeration"
    bound = checker.dual_value(game, method, multiplier, splitting)
    attained = sum((share * pair.value for share, pair in zip(shares, pairs, strict=True)), Fraction(0))
    document = {
        "format": checker.FORMAT,
        "claim": {
            "class": "symmetric",
            "splitting": str(splitting),
            "bound_s": str(bound),
            "attained_s": str(attained),
        },
        "workload": described,
        "multiplier": str(multiplier),
        "method": method,
        "strategy": [
            {"weight": str(share), "answers_a": pair.answers_a, "answers_b": pair.answers_b}
            for share, pair in zip(shares, pairs, strict=True)
        ],
    }
    document["sha256"] = checker.digest(document)
    return document


def exact(value: float) -> Fraction:
    """The rational number whose shortest decimal is this float: 0.1 is 1/10."""
    return Fraction(repr(float(value)))


class _Pair:
    """One deterministic pair with its exact splitting probability and excess wait."""

    def __init__(self, game: checker.Game, part: Part) -> None:
        self.answers_a = [int(a) for a in np.rint(np.cos(part.angles_a))]
        self.answers_b = [int(b) for b in np.rint(np.cos(part.angles_b))]
        self.splitting, self.value = game.pair(self.answers_a, self.answers_b)


def _exact_mixture(pairs: list[_Pair], splitting: Fraction, multiplier: Fraction) -> tuple[list[Fraction], Fraction]:
    """The weights that meet p exactly, and the slope between the two pairs as the multiplier."""
    if len(pairs) == 2 and pairs[0].splitting != pairs[1].splitting:
        low, high = pairs
        share = (splitting - low.splitting) / (high.splitting - low.splitting)
        return [1 - share, share], (low.value - high.value) / (high.splitting - low.splitting)
    return [Fraction(1)], multiplier


def _describe(workload: Workload) -> dict[str, Any]:
    described: dict[str, Any] = {
        "arrival_rate_hz": str(exact(workload.arrival_rate_hz)),
        "values_s": [str(exact(s)) for s in workload.type_means_s],
        "order": workload.order,
    }
    if workload.joint is None:
        described["probabilities"] = _normalised([float(p) for p in workload.type_probabilities])
    else:
        flat = _normalised([p for row in workload.joint for p in row])
        n = len(workload.joint)
        described["joint"] = [flat[x * n : (x + 1) * n] for x in range(n)]
    return described


def _normalised(probabilities: list[float]) -> list[str]:
    exact_values = [exact(p) for p in probabilities]
    total = sum(exact_values)
    return [str(p / total) for p in exact_values]
