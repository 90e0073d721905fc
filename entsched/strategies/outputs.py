"""Deterministic outputs of two routers: what each type answers, and the behavior of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.behavior import Behavior
from entsched.games.split.solution import Part

Integers = NDArray[np.intp]
Floats = NDArray[np.float64]


def deterministic(outputs_a: ArrayLike, outputs_b: ArrayLike) -> Behavior:
    """The behavior of routers whose outputs, 0 or 1, follow from their own types.

    Parameters
    ----------
    outputs_a, outputs_b : one output for each type

    Examples
    --------
    >>> deterministic([0, 1], [0, 0]).coalescing.tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    named = (np.equal.outer((0, 1), np.asarray(outputs)).astype(float) for outputs in (outputs_a, outputs_b))
    return Behavior(np.einsum("ax,by->abxy", *named))


def outputs_of(part: Part, pi: Floats) -> tuple[Integers, Integers]:
    """The outputs of A and B for each type, of a part without entanglement; both are 0 at least as often as both 1.

    Parameters
    ----------
    pi : probability of each pair of types, shape (types, types)

    Examples
    --------
    >>> mostly_minus = Part.fixed(1.0, np.array([-1, -1]), np.array([1, -1]))
    >>> [each.tolist() for each in outputs_of(mostly_minus, np.array([[0.1, 0.2], [0.3, 0.4]]))]
    [[0, 0], [1, 0]]
    """
    outputs_a, outputs_b = ((angles > 1).astype(np.intp) for angles in (part.angles_a, part.angles_b))
    return _rather_at_0(outputs_a, outputs_b, pi)


def outputs_where(coalescing: Floats, pi: Floats) -> tuple[Integers, Integers]:
    """As :func:`outputs_of`, from where the outputs are equal: C[x, y], 0 or 1, of deterministic routers.

    Examples
    --------
    >>> [each.tolist() for each in outputs_where(np.array([[0.0, 1.0], [0.0, 1.0]]), np.full((2, 2), 0.25))]
    [[0, 0], [1, 0]]
    """
    differs = 1 - np.asarray(coalescing).round().astype(np.intp)
    return _rather_at_0((differs[:, 0] + differs[0, 0]) % 2, differs[0], pi)


def without_coin(parts: Sequence[Part], pi: Floats) -> tuple[Behavior, list[dict[str, Any]]]:
    """The mixture of deterministic parts that no coin flips, and what to show of them, as JSON data.

    Examples
    --------
    >>> together = Part.fixed(1.0, np.array([1, 1]), np.array([1, 1]))
    >>> behavior, shown = without_coin([together], np.full((2, 2), 0.25))
    >>> behavior.marginal_a.tolist(), shown
    ([[1.0, 1.0], [0.0, 0.0]], [{'weight': 1.0, 'outputs_a': [0, 0], 'outputs_b': [0, 0]}])
    """
    p = np.zeros((2, 2, *pi.shape))
    shown: list[dict[str, Any]] = []
    for part in parts:
        outputs_a, outputs_b = outputs_of(part, pi)
        p += part.weight * deterministic(outputs_a, outputs_b).p
        shown.append({"weight": part.weight, "outputs_a": outputs_a.tolist(), "outputs_b": outputs_b.tolist()})
    return Behavior(p), shown


def _rather_at_0(a: Integers, b: Integers, pi: Floats) -> tuple[Integers, Integers]:
    swapped = (1 - a) @ pi @ (1 - b) < a @ pi @ b
    return (1 - a, 1 - b) if swapped else (a, b)
