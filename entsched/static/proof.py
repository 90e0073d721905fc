"""Check bounds on static routing without a solver: in floating point, rounding paid for.

The exact checker of games needs rationals; here rates of rewards and waits are transcendental or quotients, so proofs
hold up to the rounding of doubles, which every step adds to its bound.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from entsched import queueing
from entsched.behavior import Behavior, CorrelationSet
from entsched.errors import CertificateError, EntschedError
from entsched.games.checker import digest
from entsched.games.npa.program import multiplier_bound
from entsched.games.seesaw import density_matrix
from entsched.games.seesaw_steps import born_table
from entsched.games.value import Realisation
from entsched.static.documents import FORMAT
from entsched.static.game import SECOND, StaticGame
from entsched.static.oracles import LEVEL, LocalOracle, linear_game, multipliers_bound
from entsched.static.relaxation import Box, everything, least_seconds, line_above_value
from entsched.validation import first_problem
from entsched.workload import Baseline, Workload

Json = dict[str, Any]
Floats = NDArray[np.float64]

#: What a file may have at most.
MOST_BYTES, MOST_DEPTH = 200_000_000, 400

#: What rounding may take from a value, in units of R + weight W.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Proved:
    """Both ends of R - weight W over the static behaviors of a set, as a document proves them."""

    correlations: str
    weight: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.correlations} static R - {self.weight:g} W from {self.lower:.9g} to {self.upper:.9g}"


def is_static(path: Path) -> bool:
    """Whether a file begins like a document of this kind.

    Examples
    --------
    >>> is_static(Path("pyproject.toml"))
    False
    """
    try:
        with path.open("rb") as file:
            return FORMAT.encode() in file.read(200)
    except OSError:
        return False


def check_file(path: Path) -> list[Proved]:
    """Check a file; as :func:`check`.

    Raises
    ------
    CertificateError
        Also if it cannot be read or is too large.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CertificateError(f"{path}: larger than {MOST_BYTES} bytes")
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise CertificateError(f"{path}: not a JSON document that can be read") from None
    return check(document)


def check(document: Any) -> list[Proved]:
    """Check a document: strategies by Born's rule and the formulas of queueing, upper ends box by box.

    Raises
    ------
    CertificateError
        In one line, if it is malformed, was changed, or does not prove what it claims.

    Examples
    --------
    >>> from entsched.static.documents import static_certificate
    >>> from entsched.static.optimum import compare
    >>> from entsched.workload.baseline import Linear
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> found = compare(StaticGame(one, Linear(law="linear"), weight=1.0), gap=0.01)
    >>> [round(each.lower, 6) for each in check(static_certificate(found))]
    [0.5, 0.5]
    """
    try:
        if document["format"] != FORMAT:
            raise CertificateError(f"format given {str(document['format'])[:40]!r}, allowed: {FORMAT!r}")
        if digest(document) != document["sha256"]:
            raise CertificateError("sha256 does not fit the content: the file was changed after it was written")
        baseline = TypeAdapter(Baseline).validate_python(document["baseline"])
        game = StaticGame(Workload(**document["workload"]), baseline, float(document["weight"]))
        return [_checked(game, each) for each in document["bounds"]]
    except ValidationError as error:
        raise CertificateError(first_problem(error)) from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        if isinstance(error, EntschedError):
            raise
        raise CertificateError(f"malformed: {type(error).__name__} {str(error)[:60]}") from None


def _checked(game: StaticGame, bounds: Json) -> Proved:
    correlations = CorrelationSet(bounds["set"])
    if correlations not in (CorrelationSet.LOCAL, CorrelationSet.QUANTUM):
        raise CertificateError(f"set given {bounds['set']!r}, allowed: local or quantum")
    lower, upper = float(bounds["lower"]), float(bounds["upper"])
    reached, scale = _reached(game, bounds["strategy"], correlations)
    if not reached >= lower - ROUNDING * scale:
        raise CertificateError(f"{correlations} lower end {lower:.12g}: the strategy reaches only {reached:.12g}")
    local = LocalOracle.of(game) if correlations == CorrelationSet.LOCAL else None
    proved = _proved(game, local, bounds["boxes"], everything(game), (0.0, 0.0), 0)
    if not max(proved, lower) <= upper + ROUNDING * scale:
        raise CertificateError(f"{correlations} upper end {upper:.12g}: the boxes prove only {proved:.12g}")
    return Proved(correlations.value, game.weight, lower, upper)


def _reached(game: StaticGame, parts: list[Json], correlations: CorrelationSet) -> tuple[float, float]:
    """R - weight W of a strategy, by the formulas of queueing, and R + weight W."""
    weights = np.array([float(part["weight"]) for part in parts])
    if not (weights >= 0).all() or abs(weights.sum() - 1) > 1e-9:
        raise CertificateError("the weights of a strategy are no probabilities")
    tables = [_table(part, correlations, game.types) for part in parts]
    behavior = Behavior(np.tensordot(weights / weights.sum(), np.array(tables), 1))
    found = queueing.evaluate(game.workload, behavior, game.baseline)
    cost = game.weight * found.mean_wait_s
    return found.baseline_rate - cost, abs(found.baseline_rate) + cost


def _table(part: Json, correlations: CorrelationSet, types: int) -> Floats:
    """P(a, b | x, y) of fixed answers, or by Born's rule."""
    if "answers_a" in part:
        answers = [np.array(part[side], dtype=int) for side in ("answers_a", "answers_b")]
        if any(each.shape != (types,) or not np.isin(each, (0, 1)).all() for each in answers):
            raise CertificateError(f"answers of a strategy: allowed {types} times 0 or 1")
        table: Floats = np.einsum("xa,yb->abxy", *(np.eye(2)[each] for each in answers))
        return table
    if correlations == CorrelationSet.LOCAL:
        raise CertificateError("a local strategy has a state, allowed: fixed answers")
    state = density_matrix(_complex(part["state"]))
    effects = [_effects(_complex(part[side]), types, len(state)) for side in ("measurements_a", "measurements_b")]
    return born_table(Realisation(state, *effects))


def _complex(document: Json) -> NDArray[np.complex128]:
    array: NDArray[np.complex128] = np.array(document["real"]) + 1j * np.array(document["imaginary"])
    return array


def _effects(effects: NDArray[np.complex128], types: int, size: int) -> NDArray[np.complex128]:
    """Measurements [question, answer] of two effects each, if they are that."""
    dimension = math.isqrt(size)
    if effects.shape != (types, 2, dimension, dimension):
        raise CertificateError(f"measurements have shape {effects.shape}, allowed: {(types, 2, dimension, dimension)}")
    whole = np.abs(effects.sum(axis=1) - np.eye(dimension)).max() < 1e-9
    hermitian = np.abs(effects - effects.conj().swapaxes(-1, -2)).max() < 1e-9
    if not (whole and hermitian and np.linalg.eigvalsh(effects).min() > -1e-9):
        raise CertificateError("measurements are no positive effects that sum to the identity")
    return effects


def _proved(
    game: StaticGame, local: LocalOracle | None, node: Json, box: Box, known: tuple[float, float], depth: int
) -> float:
    """The upper bound that a tree of boxes proves."""
    if depth > MOST_DEPTH:
        raise CertificateError(f"boxes inside boxes deeper than {MOST_DEPTH}")
    cheap = least_seconds(game, box)
    seconds = [max(known[s], cheap[s]) for s in (0, 1)]
    for s, proof in enumerate(node.get("second", ())):
        if proof is not None:
            seconds[s] = max(seconds[s], -_bound(game, local, -np.eye(8)[SECOND + s], box, proof))
    if "cut" in node:
        halves, parts = box.halves(range(4)[node["cut"]]), node["parts"]
        found = (seconds[0], seconds[1])
        return max(_proved(game, local, part, half, found, depth + 1) for part, half in zip(parts, halves, strict=True))
    constant, coefficients = line_above_value(game, box, (seconds[0], seconds[1]))
    proof = node["proof"]
    if proof.get("empty"):
        return -math.inf if _bound(game, local, np.zeros(8), box, proof) < 0 else math.inf
    return constant + _bound(game, local, coefficients, box, proof)


def _bound(game: StaticGame, local: LocalOracle | None, coefficients: Floats, box: Box, proof: Json) -> float:
    """What multipliers, and for quantum behaviors a matrix, prove of coefficients @ point in a box."""
    multipliers = np.array(proof["multipliers"], dtype=float)
    if multipliers.shape != (4,) or not np.isfinite(multipliers).all():
        raise CertificateError("multipliers of a box: allowed four finite numbers")
    if local is not None:
        return multipliers_bound(local.points, coefficients, multipliers, box)
    rows = [np.array(row, dtype=float) for row in proof["matrix"]]
    lower = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):
        lower[i, : i + 1] = row
    matrix = lower + np.tril(lower, -1).T
    return multiplier_bound(linear_game(game, coefficients, box), LEVEL, multipliers, matrix)
