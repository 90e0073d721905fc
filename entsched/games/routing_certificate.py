"""Certificates of routing: what every classical strategy must wait, and what an entangled one does."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np

from entsched.errors import CertificateError
from entsched.games import checker
from entsched.games.certificate import Json, exact_part, lower_claim, sealed, upper_claim
from entsched.games.nonlocal_game import XorGame
from entsched.games.proofs import tree_proof
from entsched.games.rationals import as_written, recognised
from entsched.games.split.solution import Part, Solution
from entsched.games.value import Deterministic, Vectors
from entsched.games.value import Part as GamePart
from entsched.games.xor.value import xor_quantum_value
from entsched.workload import Workload
from entsched.workload.service import Deterministic as FixedRequirement

#: The most types for which entangled strategies are evaluated exactly.
MAX_EXACT_VECTORS = checker.MAX_ROWS // 2


def routing_certificate(workload: Workload, classical: Solution, quantum: Solution | None = None) -> Json:
    """The certificate of the optima of server-symmetric routing at one splitting probability.

    The game is to maximise -J. Local claims: no strategy exceeds the upper end, and one reaches the
    lower. With a quantum solution its strategy is made exact (rational points of the circle) and
    its dual proved, so that one file shows an advantage or that there is none.

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
    >>> document = routing_certificate(two, classical_curve(routing_game(two)).at(0.25))
    >>> checker.check(document).end("local", "upper")
    Fraction(-93, 160)
    """
    if not all(isinstance(law, FixedRequirement) for law in workload.types):
        raise CertificateError(
            f"service.law {workload.service.law!r} without bins has no types to certify a game of, "
            "allowed: set service.bins"
        )
    described = {
        "workload": _describe(workload),
        "splitting": str(as_written(classical.splitting)),
        "class": "symmetric",
    }
    game = checker.read_game(described)
    claims = _local_claims(game, classical)
    if quantum is not None and len(workload.types) <= MAX_EXACT_VECTORS:
        claims += _quantum_claims(game, quantum)
    return sealed(described, claims)


def _local_claims(game: checker.Game, solution: Solution) -> list[Json]:
    parts = [(part.weight, _exact(part)) for part in solution.parts]
    lower = lower_claim(game, "local", parts)
    factor = -_slope(game, parts, solution.multiplier) / 2
    if game.routing is not None and game.routing.independent:
        form, constant = game.lagrangian([factor])
        proof: Json = {"method": "threshold"}
        value = constant + checker.threshold_maximum(game, form)
    else:
        proof, value = tree_proof(game, [factor])
    upper = {"set": "local", "end": "upper", "value": str(value), "multipliers": [str(factor)], "proof": proof}
    return [lower, upper]


def _slope(game: checker.Game, parts: list[tuple[float, Json]], multiplier: float) -> Fraction:
    """The multiplier mu at which two deterministic pairs are equally good, exactly."""
    if len(parts) < 2:
        return as_written(multiplier)
    entries = [checker.deterministic_entries(game, part["answers_a"], part["answers_b"]) for _, part in parts]
    mass = game.constraints[0][0]
    splits = [(1 - mass.at(each)) / 2 for each in entries]
    waits = [-game.value(each, 1) for each in entries]
    return (waits[0] - waits[1]) / (splits[1] - splits[0]) if splits[0] != splits[1] else as_written(multiplier)


def _quantum_claims(game: checker.Game, solution: Solution) -> list[Json]:
    n = game.shape[0]
    together = {"answers_a": [0] * n, "answers_b": [0] * n}
    apart = {"answers_a": [0] * n, "answers_b": [1] * n}
    parts = [(part.weight, _exact(part)) for part in solution.parts]
    heavy = [part for part in parts if part[0] > 1e-6]
    lower = _lower_claims(game, [(parts, []), (heavy, [together]), (heavy, [apart])])
    factor = -as_written(solution.multiplier) / 2
    form, _ = game.lagrangian([factor])
    weights = np.array([float(Fraction(each, form.unit)) for each in form.numbers]).reshape(game.shape)
    dual: Any = xor_quantum_value(XorGame(weights)).dual
    return [*lower, upper_claim(game, "quantum", dual._replace(multipliers=np.array([float(factor)])))]


def _lower_claims(game: checker.Game, mixtures: list[tuple[list[tuple[float, Json]], list[Json]]]) -> list[Json]:
    """The lower claim of the first mixture (with extra parts) that can split with probability exactly p.

    None if there are so many types that the exact weights have too many digits to be written.
    """
    for parts, extra in mixtures:
        with suppress(CertificateError, checker.RefusedError):
            return [lower_claim(game, "quantum", parts, extra)]
    return []


def _exact(part: Part) -> Json:
    """The part as a certificate states it: answers, or points of the circle with rational coordinates."""
    if part.entangled:
        u, v = (np.stack([np.cos(t), np.sin(t)], axis=1) for t in (part.angles_a, part.angles_b))
        strategy: Deterministic | Vectors = Vectors(u, v)
    else:
        strategy = Deterministic(*((np.cos(t) < 0).astype(np.int64) for t in (part.angles_a, part.angles_b)))
    exact = exact_part(GamePart(part.weight, strategy))
    assert exact is not None
    return exact


def _describe(workload: Workload) -> Json:
    described: Json = {
        "arrival_rate_hz": str(as_written(workload.arrival_rate_hz)),
        "values_s": [str(as_written(s)) for s in workload.type_means_s],
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
    exact_values = [recognised(p) for p in probabilities]
    total = sum(exact_values)
    return [str(p / total) for p in exact_values]
