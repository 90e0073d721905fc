"""Bounds on static routing as a document: the strategy that reaches the lower end, the boxes that prove the upper."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.games.checker import digest
from entsched.static.branching import Node
from entsched.static.optimum import StaticComparison, StaticOptimum
from entsched.static.oracles import Proof
from entsched.static.search import Column

Json = dict[str, Any]

FORMAT = "entsched-static-bounds-1"


def static_certificate(found: StaticComparison) -> Json:
    """One document with both ends of both sets; :func:`entsched.static.proof.check` checks it without a solver."""
    game = found.game
    document: Json = {
        "format": FORMAT,
        "workload": game.workload.model_dump(mode="json", exclude_none=True),
        "baseline": game.baseline.model_dump(mode="json"),
        "weight": game.weight,
        "bounds": [_bounds(each) for each in (found.local, found.quantum)],
    }
    return document | {"sha256": digest(document)}


def _bounds(found: StaticOptimum) -> Json:
    parts = zip(found.mixture.weights, found.mixture.columns, strict=True)
    return {
        "set": found.correlations.value,
        "lower": found.ends.lower,
        "upper": found.ends.upper,
        "strategy": [{"weight": weight, **_strategy(column)} for weight, column in parts],
        "boxes": _node(found.root),
    }


def _strategy(column: Column) -> Json:
    """Fixed answers to all types, or a state with measurements."""
    if column.realisation is None:
        answers_a, answers_b = column.answers
        return {"answers_a": answers_a.tolist(), "answers_b": answers_b.tolist()}
    state, measurements_a, measurements_b = (
        _complex(each)
        for each in (
            column.realisation.state,
            column.realisation.measurements_a,
            column.realisation.measurements_b,
        )
    )
    return {"state": state, "measurements_a": measurements_a, "measurements_b": measurements_b}


def _complex(array: NDArray[np.complex128]) -> Json:
    return {"real": np.real(array).tolist(), "imaginary": np.imag(array).tolist()}


def _node(node: Node) -> Json:
    """A box by how it is cut, or by its proof; boxes follow from the cuts."""
    document: Json = {}
    if any(node.second_proofs):
        document["second"] = [each and _proof(each) for each in node.second_proofs]
    if node.parts is not None:
        return document | {"cut": node.axis, "parts": [_node(part) for part in node.parts]}
    return document | {"proof": _proof(node.proof) if node.proof else None}


def _proof(proof: Proof) -> Json:
    document: Json = {"multipliers": proof.multipliers.tolist()}
    if proof.matrix is not None:
        document["matrix"] = [row[: i + 1] for i, row in enumerate(proof.matrix.tolist())]
    return document | ({"empty": True} if proof.empty else {})
