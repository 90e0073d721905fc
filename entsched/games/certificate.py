"""Write certificates of game values in exact arithmetic; :mod:`entsched.games.checker` checks them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.errors import CertificateError
from entsched.games import checker
from entsched.games.nonlocal_game import NonlocalGame, XorGame
from entsched.games.proofs import diagonal_proofs, moment_proofs, potential_proof, tree_proof
from entsched.games.rationals import dyadic, exact_weights, nested, recognised, rounded_up, shortened_up, unit_vector
from entsched.games.value import (
    Deterministic,
    GameValue,
    LocalDual,
    MomentDual,
    NoSignallingDual,
    Part,
    Vectors,
    XorDual,
)

Floats = NDArray[np.float64]
Json = dict[str, Any]

#: By how much dual matrices are enlarged, relative to their diagonal, until they are proved positive.
MARGINS = (0.0, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7)
#: With up to so many constraints fixed answers help to meet them exactly.
MAX_HELPED = 4
#: The set that each kind of dual bounds; a bound on a set holds for those inside it.
PROVES = {LocalDual: "local", XorDual: "quantum", MomentDual: "quantum", NoSignallingDual: "no-signalling"}
#: How the claims of a certificate name the sets; a single pair is a quantum strategy.
SETS = {"local": "local", "quantum": "quantum", "single-pair": "quantum", "no-signalling": "no-signalling"}


def game_certificate(game: NonlocalGame | XorGame, values: Iterable[GameValue]) -> Json:
    """One document with every end of these values that can be proved in exact arithmetic.

    Numbers of the game are read as the fractions they stand for (0.1 is 1/10, 0.111... is 1/9).

    Raises
    ------
    CertificateError
        If nothing can be proved exactly.

    Examples
    --------
    >>> from entsched.games.local.exact import local_value
    >>> chsh = XorGame([[0.25, 0.25], [0.25, -0.25]])
    >>> document = game_certificate(chsh, [local_value(chsh)])
    >>> str(checker.check(document))
    'proved: local value >= 0.5; local value <= 0.5'
    """
    described = describe(game)
    exact = checker.read_game(described)
    claims, refused = [], "no exact strategy and no dual"
    for claim in (claim for value in values for claim in value_claims(exact, value)):
        try:
            exact.work.done = 0
            checker.check_claim(exact, claim)
            claims.append(claim)
        except checker.RefusedError as error:
            refused = str(error)
    if not claims:
        raise CertificateError(f"nothing here can be proved in exact arithmetic: {refused}")
    return sealed(described, claims)


def sealed(game: Json, claims: list[Json]) -> Json:
    """The certificate document of these claims, with its digest."""
    document = {"format": checker.FORMAT, "game": game, "claims": claims}
    document["sha256"] = checker.digest(document)
    return document


def describe(game: NonlocalGame | XorGame) -> Json:
    """The game as a certificate states it: nested lists of rationals as text."""
    if isinstance(game, XorGame):
        table: Json = {"xor": {"weights": _texts(game.weights), "offset": str(recognised(game.offset))}}
    else:
        table = {"pi": _texts(game.pi), "payoff": _texts(game.payoff)}
    constraints = []
    for constraint in game.constraints:
        ends = {"at_least": constraint.lower, "at_most": constraint.upper}
        if constraint.lower == constraint.upper:
            ends = {"equals": constraint.lower}
        finite = {key: str(recognised(end)) for key, end in ends.items() if math.isfinite(end)}
        constraints.append({"coefficients": _texts(constraint.coefficients), **finite})
    return {"name": game.name, **table, "constraints": constraints}


def value_claims(game: checker.Game, value: GameValue) -> list[Json]:
    """The lower claim of the strategy and the upper claim of the dual, those that can be made exact."""
    name = SETS.get(value.correlations)
    if name is None:
        return []
    parts = _exact_parts(game, name, value)
    claims = [_met_exactly(game, name, parts)] if parts else []
    unproved = value.interrupted and isinstance(value.dual, LocalDual)
    if value.dual is not None and math.isfinite(value.upper) and not unproved:
        claims.append(upper_claim(game, PROVES[type(value.dual)], value.dual))
    return claims


def _met_exactly(game: checker.Game, name: str, parts: list[tuple[float, Json]]) -> Json:
    """The lower claim of a mixture, with the help of fixed answers where rounding left a constraint unmet."""
    forms = [form for form, _, _ in game.constraints]
    attempts = product((1, -1), repeat=len(forms)) if len(forms) <= MAX_HELPED else ()
    for signs in (None, *attempts):
        extra = [_extreme(game, form, sign) for form, sign in zip(forms, signs, strict=True)] if signs else []
        try:
            return lower_claim(game, name, parts, extra)
        except CertificateError as error:
            reason = error
    raise reason


def _extreme(game: checker.Game, form: checker.Form, sign: int) -> Json:
    """Fixed answers with a large sum in a constraint, or a small one: A's are 0, B's respond."""
    table = sign * np.array(form.numbers, dtype=object).reshape(game.shape)
    n, m = game.shape[-2:]
    answers = table.sum(axis=0) < 0 if len(game.shape) == 2 else table[0].sum(axis=1).argmax(axis=0)
    return {"answers_a": [0] * n, "answers_b": [int(answers[y]) for y in range(m)]}


def _exact_parts(game: checker.Game, name: str, value: GameValue) -> list[tuple[float, Json]]:
    """The parts of the strategy as a certificate states them; none if one of them has no exact form."""
    if name == "no-signalling":
        return [] if value.behavior is None else [(1.0, {"behavior": _exact_behavior(game, value.behavior)})]
    parts = [(part.weight, exact) for part in value.strategy if (exact := exact_part(part)) is not None]
    return parts if len(parts) == len(value.strategy) else []


def exact_part(part: Part) -> Json | None:
    """Fixed answers, or unit vectors with rational coordinates; None for other strategies."""
    strategy = part.strategy
    if isinstance(strategy, Deterministic):
        return {"answers_a": strategy.answers_a.tolist(), "answers_b": strategy.answers_b.tolist()}
    if isinstance(strategy, Vectors):
        u, v = ([[str(x) for x in unit_vector(row)] for row in side] for side in (strategy.u, strategy.v))
        return {"vectors_a": u, "vectors_b": v}
    return None


def lower_claim(game: checker.Game, name: str, parts: Sequence[tuple[float, Json]], extra: Sequence[Json] = ()) -> Json:
    """The claim that a mixture of parts reaches its exact value, with weights that meet every constraint.

    ``extra`` are parts of weight zero that may help to meet them.
    """
    every = [*parts, *((0.0, each) for each in extra)]
    columns, target = _constraint_columns(game, name, every)
    weights = exact_weights([weight for weight, _ in every], columns, target)
    strategy = [{"weight": str(w), **part} for w, (_, part) in zip(weights, every, strict=True) if w > 0]
    reached = checker.strategy_value(game, name, strategy)
    return {"set": name, "end": "lower", "value": str(-shortened_up(-reached)), "strategy": strategy}


def _constraint_columns(
    game: checker.Game, name: str, parts: Sequence[tuple[float, Json]]
) -> tuple[list[list[Fraction]], list[Fraction]]:
    """For each part 1 and its sum in every constraint that is tight; and what the mixture must reach."""
    read = [checker.read_part(game, name, {"weight": "1", **part}) for _, part in parts]
    columns, target = [[Fraction(1)] for _ in parts], [Fraction(1)]
    for form, low, high in game.constraints:
        sums = [form.at(entries) / unit for _, entries, unit in read]
        reached = sum(weight * float(each) for (weight, _), each in zip(parts, sums, strict=True))
        near = 1e-6 * max(1.0, max(abs(float(each)) for each in sums))
        end = next((end for end in (low, high) if end is not None and abs(float(end) - reached) <= near), None)
        if end is not None:
            target.append(end)
            for column, each in zip(columns, sums, strict=True):
                column.append(each)
    return columns, target


def upper_claim(game: checker.Game, name: str, dual: Any) -> Json:
    """The claim that a dual proves, in exact arithmetic.

    Raises
    ------
    CertificateError
        If it cannot be made to prove anything.
    """
    multipliers = [str(_signed(game, k, factor)) for k, factor in enumerate(dual.multipliers)]
    exact = [Fraction(each) for each in multipliers]
    if isinstance(dual, LocalDual):
        proof, value = tree_proof(game, exact)
    elif isinstance(dual, XorDual):
        proof, value = _proved(game, name, exact, diagonal_proofs(dual))
    elif isinstance(dual, MomentDual):
        proof, value = _proved(game, name, exact, moment_proofs(dual))
    elif isinstance(dual, NoSignallingDual):
        proof, value = _proved(game, name, exact, lambda _: potential_proof(dual))
    else:
        raise CertificateError(f"a dual of type {type(dual).__name__} has no exact form")
    return {"set": name, "end": "upper", "value": str(value), "multipliers": multipliers, "proof": proof}


def _signed(game: checker.Game, k: int, factor: float) -> Fraction:
    """The multiplier, or zero where its constraint has no bound on that side."""
    exact, (_, low, high) = recognised(float(factor)), game.constraints[k]
    return Fraction(0) if (high if exact > 0 else low) is None else exact


def _proved(
    game: checker.Game, name: str, multipliers: list[Fraction], proofs: Callable[[float], Json]
) -> tuple[Json, Fraction]:
    """The first proof, with growing margins, that the checker accepts, and what it proves."""
    for margin in MARGINS:
        proof = proofs(margin)
        game.work.done = 0
        try:
            return proof, rounded_up(checker.upper_bound(game, name, multipliers, proof, Fraction(0)))
        except checker.RefusedError as error:
            reason = error
    raise CertificateError(f"the {name} bound cannot be proved in exact arithmetic: {reason}")


def _exact_behavior(game: checker.Game, behavior: Floats) -> Any:
    """A rational table near this one that is exactly no-signalling and not negative."""
    if len(game.shape) == 2:
        return nested(np.array([recognised(min(max(x, -1.0), 1.0)) for x in behavior.ravel()], object), game.shape)
    na, nb = game.shape[:2]
    grid = np.array([dyadic(x, 40) for x in behavior.ravel()], object).reshape(game.shape)
    left, right = grid.sum(axis=1)[:, :, 0], grid.sum(axis=0)[:, 0, :]
    left[-1] = 1 - left[:-1].sum(axis=0)
    right[-1] = 1 - right[:-1].sum(axis=0)
    grid[:-1, -1] = left[:-1, :, None] - grid[:-1, :-1].sum(axis=1)
    grid[-1] = right[:, None, :] - grid[:-1].sum(axis=0)
    lowest = min(grid.ravel())
    if lowest < 0:
        share = -lowest / (Fraction(1, na * nb) - lowest)
        grid = (1 - share) * grid + share * Fraction(1, na * nb)
    return nested(grid)


def _texts(values: Floats) -> Any:
    return nested(np.array([recognised(float(x)) for x in values.ravel()], object), values.shape)
