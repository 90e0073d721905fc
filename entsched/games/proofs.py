"""From the duals of the solver to the proofs of a certificate, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.games import checker
from entsched.games.rationals import dyadic, nested, rounded_up, shortened_up
from entsched.games.value import MomentDual, NoSignallingDual, XorDual

Floats = NDArray[np.float64]
Json = dict[str, Any]


def diagonal_proofs(dual: XorDual) -> Callable[[float], Json]:
    """The diagonals d and e, enlarged by a margin."""

    def enlarged(values: Floats, margin: float) -> list[str]:
        floor = 1e-12 * max(float(dual.d.max()), float(dual.e.max()), 1e-300)
        return [str(dyadic(max(float(value), floor) * (1 + margin))) for value in values]

    return lambda margin: {"method": "diagonal", "d": enlarged(dual.d, margin), "e": enlarged(dual.e, margin)}


def moment_proofs(dual: MomentDual) -> Callable[[float], Json]:
    """The words and the matrix as integers over a unit, its diagonal enlarged by a margin."""
    unit = 2**60
    words = [[[list(letter) for letter in side] for side in word] for word in dual.words]
    size = float(np.abs(np.diag(dual.matrix)).max())

    def proof(margin: float) -> Json:
        matrix = dual.matrix + margin * size * np.eye(len(words))
        rows = [[str(round(Fraction(float(x)) * unit)) for x in row[: i + 1]] for i, row in enumerate(matrix)]
        return {"method": "moments", "words": words, "unit": str(unit), "matrix": rows}

    return proof


def potential_proof(dual: NoSignallingDual) -> Json:
    """The potentials, rounded so that their sums are exactly zero."""
    f = _zero_sum(dual.f, 2)
    return {"method": "potentials", "f": f, "g": _zero_sum(dual.g, 1)}


def _zero_sum(potential: Floats, axis: int) -> Any:
    if potential.size == 0:
        return []
    numbers = np.moveaxis(np.array([dyadic(x) for x in potential.ravel()], object).reshape(potential.shape), axis, -1)
    numbers[..., -1] = -numbers[..., :-1].sum(axis=-1)
    return nested(np.moveaxis(numbers, -1, axis))


def tree_proof(game: checker.Game, multipliers: list[Fraction]) -> tuple[Json, Fraction]:
    """Suffix optima that let a search tree stay small, and the local maximum it proves.

    Integers that fit are searched as they are, so that the maximum is exact; larger ones are rounded,
    and what rounding may add is added.
    """
    from entsched.games.local.exact import maximise_table, maximise_xor

    form, constant = game.lagrangian(multipliers)
    total = sum(map(abs, form.numbers))
    scale = 2 ** max(0, total.bit_length() - 52)
    weights = np.array([number / scale for number in form.numbers]).reshape(game.shape)
    found = maximise_xor(weights) if len(game.shape) == 2 else maximise_table(weights)
    step, n = found.scaled.unit * scale / form.unit, len(found.order)
    slack = (found.scaled.error * scale + (Fraction(total, 2**50) if scale > 1 else 0)) / form.unit
    bounds = [int(best) * step + (n - k) * slack for k, best in enumerate(found.suffix_optima[:n])]
    suffixes = [str(shortened_up(bound)) for bound in bounds[1:]]
    party = "b" if found.transposed else "a"
    proof = {"method": "tree", "party": party, "order": found.order.tolist(), "suffixes": suffixes}
    if slack > 0:
        return proof, rounded_up(constant + bounds[0])
    entries = checker.deterministic_entries(game, found.answers_a.tolist(), found.answers_b.tolist())
    return proof, constant + form.at(entries)
