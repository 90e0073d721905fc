"""Games as JSON text: read with every mistake named in one line, and written back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from entsched.errors import GameError
from entsched.games.library import named
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame

#: The longest text that is read, in characters (and bytes of a file).
MAX_TEXT = 16 * 2**20
#: The most side constraints a document may hold.
MAX_CONSTRAINTS = 1000
MAX_NAME = 200

_RATIONAL = re.compile(r"-?[0-9]{1,40}/[0-9]{1,40}", re.ASCII)


def load_game(path_or_name: str) -> NonlocalGame | XorGame:
    """The game in a JSON file (``*.json``, or any path with a slash), or else the named game.

    Raises
    ------
    GameError
        If the file cannot be read, or as :func:`read_game` and :func:`entsched.games.library.named`.

    Examples
    --------
    >>> load_game("chsh").name
    'chsh'
    """
    path = Path(path_or_name)
    if path.suffix != ".json" and "/" not in path_or_name and "\\" not in path_or_name:
        return named(path_or_name)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_TEXT + 1)
        return read_game(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise GameError(f"game file {path_or_name} is not UTF-8 text, allowed: JSON") from None
    except (OSError, ValueError) as error:
        if isinstance(error, GameError):
            raise
        reason = getattr(error, "strerror", None) or "not a path"
        raise GameError(f"game file {path_or_name!r} cannot be read: {reason}") from None


def read_game(text: str) -> NonlocalGame | XorGame:
    """The game that a JSON document describes; the text need not be trusted.

    ``{"name", "pi", "payoff", "constraints"}`` with nested lists payoff[a][b][x][y] and
    pi[x][y] (default: uniform), or ``{"name", "xor": {"weights", "offset"}, "constraints"}``;
    each constraint is ``{"coefficients", "equals"}`` or has ``at_least``, ``at_most`` or both.
    A number may be given as rational text, ``"1/3"``.

    Raises
    ------
    GameError
        In one line that names the key: text over 16 MB or not JSON, unknown or repeated keys,
        NaN or infinity, truth values, other text, rows of different lengths.

    Examples
    --------
    >>> read_game('{"xor": {"weights": [["1/4", 0.25], [0.25, -0.25]]}}').questions
    (2, 2)
    >>> read_game('{"xor": {"weights": [[true]]}}')
    Traceback (most recent call last):
    ...
    entsched.errors.GameError: xor.weights has an entry true, allowed: finite numbers or text like "1/3"
    """
    document = _object(_parse(text), "game", ("name", "pi", "payoff", "xor", "constraints"))
    name = document.get("name", "game")
    if not isinstance(name, str) or len(name) > MAX_NAME or not name.isprintable():
        raise GameError(f"name given as {_shown(name)}, allowed: up to {MAX_NAME} printable characters")
    if ("xor" in document) == ("payoff" in document):
        raise GameError("game must have exactly one of payoff and xor")
    if "xor" in document and "pi" in document:
        raise GameError("game has xor and pi, allowed: pi only with payoff (xor weights hold the probabilities)")
    constraints = _constraints(document.get("constraints", []), 2 if "xor" in document else 4)
    if "xor" not in document:
        payoff = _table(document["payoff"], "payoff", 4)
        pi = _table(document["pi"], "pi", 2) if "pi" in document else None
        return NonlocalGame(payoff, pi, constraints, name)  # type: ignore[arg-type]
    xor = _object(document["xor"], "xor", ("weights", "offset"))
    if "weights" not in xor:
        raise GameError("xor has no weights, allowed: weights[x][y]")
    offset = _number(xor.get("offset", 0.0), "xor.offset")
    return XorGame(_table(xor["weights"], "xor.weights", 2), offset, constraints, name)  # type: ignore[arg-type]


def game_document(game: NonlocalGame | XorGame) -> dict[str, Any]:
    """The document that :func:`read_game` reads back to the same game, for json.dumps.

    Examples
    --------
    >>> game_document(XorGame([[1.0, -2.0]], name="tiny"))
    {'name': 'tiny', 'xor': {'weights': [[1.0, -2.0]], 'offset': 0.0}}
    """
    document: dict[str, Any] = {"name": game.name}
    if isinstance(game, XorGame):
        document["xor"] = {"weights": game.weights.tolist(), "offset": float(game.offset)}
    else:
        document |= {"pi": game.pi.tolist(), "payoff": game.payoff.tolist()}
    if game.constraints:
        document["constraints"] = [_constraint_document(constraint) for constraint in game.constraints]
    return document


def _constraint_document(constraint: LinearConstraint) -> dict[str, Any]:
    document: dict[str, Any] = {"coefficients": constraint.coefficients.tolist()}
    if constraint.lower == constraint.upper:
        return document | {"equals": float(constraint.lower)}
    if math.isfinite(constraint.lower):
        document["at_least"] = float(constraint.lower)
    if math.isfinite(constraint.upper):
        document["at_most"] = float(constraint.upper)
    return document


def _constraints(values: Any, axes: int) -> tuple[LinearConstraint, ...]:
    if not isinstance(values, list) or len(values) > MAX_CONSTRAINTS:
        raise GameError(f"constraints given as {_shown(values)}, allowed: a list of at most {MAX_CONSTRAINTS}")
    return tuple(_constraint(value, f"constraints[{index}]", axes) for index, value in enumerate(values))


def _constraint(value: Any, key: str, axes: int) -> LinearConstraint:
    given = _object(value, key, ("coefficients", "equals", "at_least", "at_most"))
    bounds = {name: _number(given[name], f"{key}.{name}") for name in given if name != "coefficients"}
    if "coefficients" not in given or not bounds or ("equals" in bounds and len(bounds) > 1):
        raise GameError(f"{key} has {sorted(given)}, allowed: coefficients, with equals or at_least and/or at_most")
    coefficients = _table(given["coefficients"], f"{key}.coefficients", axes)
    lower = bounds.get("equals", bounds.get("at_least", -math.inf))
    upper = bounds.get("equals", bounds.get("at_most", math.inf))
    if lower > upper:
        raise GameError(f"{key} has at_least {lower} > at_most {upper}, allowed: at_least <= at_most")
    return LinearConstraint(coefficients, lower, upper)  # type: ignore[arg-type]


def _parse(text: str) -> Any:
    if len(text) > MAX_TEXT:
        raise GameError(f"game text is longer than allowed: {MAX_TEXT} characters")
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except RecursionError:
        raise GameError("game text is nested too deeply, allowed: payoff[a][b][x][y]") from None
    except json.JSONDecodeError as error:
        raise GameError(f"game text is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError as error:
        if isinstance(error, GameError):
            raise
        raise GameError("game text has an integer with too many digits, allowed: finite numbers") from None


def _refuse_constant(text: str) -> None:
    raise GameError(f"game text has {text}, allowed: finite numbers")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise GameError("game text repeats a key in one object, allowed: each key once")
    return document


def _object(value: Any, key: str, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise GameError(f"{key} given as {_shown(value)}, allowed: an object with {', '.join(allowed)}")
    unknown = [name for name in value if name not in allowed]
    if unknown:
        raise GameError(f"{key} has the unknown key {_shown(unknown[0])}, allowed: {', '.join(allowed)}")
    return value


def _table(value: Any, key: str, axes: int) -> list[Any]:
    """Nested lists of floats, ``axes`` deep, with rows of equal length on every level."""
    table, lengths = _level(value, key, axes)
    if 0 in lengths:
        raise GameError(f"{key} has an empty list, allowed: at least one entry on every level")
    return table


def _level(value: Any, key: str, axes: int) -> tuple[list[Any], tuple[int, ...]]:
    if not isinstance(value, list):
        raise GameError(f"{key} has {_shown(value)} where a list is needed, allowed: lists nested {axes} more deep")
    if axes == 1:
        if not {type(entry) for entry in value} <= {float}:
            value = [_number(entry, key, "has an entry") for entry in value]
        if not all(map(math.isfinite, value)):
            raise GameError(f"{key} has an entry that is not finite, allowed: finite numbers")
        return value, (len(value),)
    rows = [_level(entry, key, axes - 1) for entry in value]
    if len({lengths for _, lengths in rows}) > 1:
        raise GameError(f"{key} has rows of different lengths, allowed: all equally long")
    return [row for row, _ in rows], (len(rows), *(rows[0][1] if rows else ()))


def _number(value: Any, key: str, verb: str = "given as") -> float:
    number = math.nan
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value) if abs(value) <= 1e308 else math.inf
    elif isinstance(value, str) and _RATIONAL.fullmatch(value) and int(value.split("/")[1]):
        number = float(Fraction(value))
    if not math.isfinite(number):
        raise GameError(f'{key} {verb} {_shown(value)}, allowed: finite numbers or text like "1/3"')
    return number


def _shown(value: Any) -> str:
    """A short piece of the value as JSON, to be recognised in a message."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    text = str(value) if isinstance(value, int) and abs(value) > 10**40 else json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
