"""Strategies of a document: mixtures of fixed answers and of measurements on a state, by Born's rule."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import Behavior, CorrelationSet
from entsched.errors import CertificateError
from entsched.games.seesaw import density_matrix
from entsched.games.seesaw_steps import born_table
from entsched.games.value import Realisation
from entsched.static.fields import complex_numbers, dimension_of, number, numbers, require_keys

Json = dict[str, Any]
Floats = NDArray[np.float64]


def strategy_behavior(parts: list[Json], correlations: CorrelationSet, types: int) -> Behavior:
    """The behavior of a mixture of strategies.

    Raises
    ------
    CertificateError
        If it is malformed, or not of the set.

    Examples
    --------
    >>> part = {"weight": 1.0, "answers_a": [0], "answers_b": [1]}
    >>> strategy_behavior([part], CorrelationSet.LOCAL, types=1).p[0, 1].tolist()
    [[1.0]]
    """
    if not isinstance(parts, list) or not parts:
        raise CertificateError("a strategy has no parts, allowed: at least one")
    tables = [_table(part, correlations, types) for part in parts]
    weights = np.array([number(part["weight"], "weight of a strategy") for part in parts])
    if not (weights >= 0).all() or not abs(weights.sum() - 1) <= 1e-9:
        raise CertificateError("the weights of a strategy are no probabilities")
    return Behavior(np.tensordot(weights / weights.sum(), np.array(tables), 1))


def _table(part: Json, correlations: CorrelationSet, types: int) -> Floats:
    """P(a, b | x, y) of fixed answers, or by Born's rule."""
    if "answers_a" in part:
        require_keys(part, "strategy", "weight answers_a answers_b")
        answers = [numbers(part[side], f"{side} of a strategy", types) for side in ("answers_a", "answers_b")]
        if not np.isin(answers, (0, 1)).all():
            raise CertificateError(f"answers of a strategy: allowed {types} times 0 or 1")
        table: Floats = np.einsum("xa,yb->abxy", *(np.eye(2)[each.astype(int)] for each in answers))
        return table
    require_keys(part, "strategy", "weight state measurements_a measurements_b")
    if correlations == CorrelationSet.LOCAL:
        raise CertificateError("a local strategy has a state, allowed: fixed answers")
    dimension = dimension_of(part["state"])
    state = density_matrix(complex_numbers(part["state"], "state", dimension**2, dimension**2))
    effects = [_effects(part[side], side, types, dimension) for side in ("measurements_a", "measurements_b")]
    return born_table(Realisation(state, *effects))


def _effects(given: Any, side: str, types: int, dimension: int) -> NDArray[np.complex128]:
    """Measurements [question, answer] of two effects each, if they are that."""
    effects = complex_numbers(given, side, types, 2, dimension, dimension)
    whole = np.abs(effects.sum(axis=1) - np.eye(dimension)).max() < 1e-9
    hermitian = np.abs(effects - effects.conj().swapaxes(-1, -2)).max() < 1e-9
    if not (whole and hermitian and np.linalg.eigvalsh(effects).min() > -1e-9):
        raise CertificateError(f"{side} are no positive effects that sum to the identity")
    return effects
