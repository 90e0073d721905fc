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

from entsched.behavior import CorrelationSet
from entsched.errors import CertificateError, EntschedError
from entsched.games.checker import digest
from entsched.games.npa.program import multiplier_bound
from entsched.static.documents import FORMAT
from entsched.static.fields import number, numbers, require_keys
from entsched.static.game import MOST_TYPES, SECOND, StaticGame
from entsched.static.oracles import LEVEL, LocalOracle, linear_game, multipliers_bound
from entsched.static.reached import ROUNDING, reached
from entsched.static.relaxation import Box, everything, least_seconds, line_above_value
from entsched.static.strategies import strategy_behavior
from entsched.validation import first_problem
from entsched.workload import Baseline, Workload

Json = dict[str, Any]
Floats = NDArray[np.float64]

#: What a file may have at most.
MOST_BYTES, MOST_DEPTH = 200_000_000, 400

#: Words of level 1+AB for the most types that are settled.
MOST_WORDS = (1 + MOST_TYPES) ** 2

#: What a document of another shape makes Python say.
MALFORMED = (
    KeyError,
    TypeError,
    ValueError,
    IndexError,
    AttributeError,
    RecursionError,
    ArithmeticError,
    MemoryError,
)


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
        require_keys(document, "document", "format workload baseline weight bounds sha256")
        if digest(document) != document["sha256"]:
            raise CertificateError("sha256 does not fit the content: the file was changed after it was written")
        if not document["bounds"]:
            raise CertificateError("given no bounds, allowed: at least one")
        baseline = TypeAdapter(Baseline).validate_python(document["baseline"])
        game = StaticGame(Workload(**document["workload"]), baseline, number(document["weight"], "weight"))
        with np.errstate(all="ignore"):
            return [_checked(game, each) for each in document["bounds"]]
    except ValidationError as error:
        raise CertificateError(first_problem(error)) from None
    except EntschedError as error:
        raise CertificateError(str(error)) from None
    except MALFORMED as error:
        raise CertificateError(f"malformed: {type(error).__name__} {str(error)[:60]}") from None


def _checked(game: StaticGame, bounds: Json) -> Proved:
    require_keys(bounds, "bounds", "set lower upper strategy boxes")
    correlations = CorrelationSet(bounds["set"])
    if correlations not in (CorrelationSet.LOCAL, CorrelationSet.QUANTUM):
        raise CertificateError(f"set given {bounds['set']!r}, allowed: local or quantum")
    lower, upper = number(bounds["lower"], "lower end"), number(bounds["upper"], "upper end")
    found = reached(game, strategy_behavior(bounds["strategy"], correlations, game.types))
    if not abs(found.value - lower) <= ROUNDING * found.scale:
        raise CertificateError(f"{correlations} lower end {lower:.12g}: the strategy reaches {found.value:.12g}")
    local = LocalOracle.of(game) if correlations == CorrelationSet.LOCAL else None
    proved = _proved(game, local, bounds["boxes"], everything(game), (0.0, 0.0), 0)
    if found.contradicts(proved):
        raise CertificateError(
            f"{correlations}: the strategy reaches {found.value:.12g}, above the proved {proved:.12g}, "
            "allowed: a reward as convex and bounded as it declares"
        )
    if not max(proved, lower) <= upper:
        raise CertificateError(f"{correlations} upper end {upper:.12g}: the boxes prove only {proved:.12g}")
    return Proved(correlations.value, game.weight, lower, upper)


def _proved(
    game: StaticGame, local: LocalOracle | None, node: Json, box: Box, known: tuple[float, float], depth: int
) -> float:
    """The upper bound that a tree of boxes proves."""
    if depth > MOST_DEPTH:
        raise CertificateError(f"boxes inside boxes deeper than {MOST_DEPTH}")
    cheap = least_seconds(game, box)
    seconds = [max(known[s], cheap[s]) for s in (0, 1)]
    for s, proof in zip((0, 1), node.get("second", (None, None)), strict=True):
        if proof is not None:
            seconds[s] = max(seconds[s], -_bound(game, local, -np.eye(8)[SECOND + s], box, proof))
    found = (seconds[0], seconds[1])
    if "cut" in node:
        require_keys(node, "box", "cut parts", "second")
        axis = node["cut"]
        if isinstance(axis, bool) or axis not in range(4):
            raise CertificateError(f"cut given {str(axis)[:40]}, allowed: 0, 1, 2 or 3")
        halves = zip(node["parts"], box.halves(axis), strict=True)
        return max(_proved(game, local, part, half, found, depth + 1) for part, half in halves)
    require_keys(node, "box", "proof", "second")
    return _leaf(game, local, node["proof"], box, found)


def _leaf(game: StaticGame, local: LocalOracle | None, proof: Json, box: Box, seconds: tuple[float, float]) -> float:
    """The upper bound that a box without parts proves; -inf if no behavior is in it."""
    if "empty" in proof:
        if proof["empty"] is not True or not _bound(game, local, np.zeros(8), box, proof) < 0:
            raise CertificateError("a box that is said to be empty is not proved to be")
        return -math.inf
    constant, coefficients = line_above_value(game, box, seconds)
    return _finite(constant + _bound(game, local, coefficients, box, proof))


def _bound(game: StaticGame, local: LocalOracle | None, coefficients: Floats, box: Box, proof: Json) -> float:
    """What multipliers, and for quantum behaviors a matrix, prove of coefficients @ point in a box."""
    require_keys(proof, "proof", "multipliers" if local is not None else "multipliers matrix", "empty")
    multipliers = numbers(proof["multipliers"], "multipliers", 4)
    if local is not None:
        return _finite(multipliers_bound(local.points, coefficients, multipliers, box))
    size = len(proof["matrix"])
    if size > MOST_WORDS:
        raise CertificateError(f"matrix given {size} rows, allowed: at most {MOST_WORDS}")
    lower = np.zeros((size, size))
    for i, row in enumerate(proof["matrix"]):
        lower[i, : i + 1] = numbers(row, "row of a matrix", i + 1)
    matrix = lower + np.tril(lower, -1).T
    return _finite(multiplier_bound(linear_game(game, coefficients, box), LEVEL, multipliers, matrix))


def _finite(bound: float) -> float:
    if not math.isfinite(bound):
        raise CertificateError(f"a box proves {bound}, allowed: a finite number")
    return bound
