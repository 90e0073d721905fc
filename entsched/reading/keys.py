"""Which keys of a configuration are swept: those given a list or a range where the schema takes one value."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from entsched.errors import ConfigError, EntschedError
from entsched.reading import schema
from entsched.reading.ranges import MAX_VALUES, swept
from entsched.strategies import registry
from entsched.validation import Section

MAX_COMBINATIONS = 1_000_000
MAX_STRATEGIES = 100
MAX_TEXT = 60


@dataclass(frozen=True)
class Axis:
    """One key that is given several values.

    Attributes
    ----------
    key : the path of the key, with dots
    values : what it is given, as plain data
    shown : the same for tables, one distinct entry each: numbers and text as they are, the rest as short text
    """

    key: str
    values: tuple[Any, ...]
    shown: tuple[Any, ...]


def find_axes(data: dict[str, Any], model: type[Section]) -> tuple[tuple[Axis, ...], dict[str, Any]]:
    """The axes of a configuration in the order of the schema, and the configuration with their first values.

    Defaults are filled in; what is wrong with single values is left for the schema to say.

    Raises
    ------
    ConfigError
        If an axis is empty, too long, has a value twice, lies inside another, or all together are too many.

    Examples
    --------
    >>> from entsched.config import Qos
    >>> axes, first = find_axes({"max_wait_s": [1, 2.5]}, Qos)
    >>> axes[0].key, axes[0].values, first
    ('max_wait_s', (1.0, 2.5), {'max_wait_s': 1.0})
    """
    axes: list[Axis] = []
    first = _section(data, model, "", axes)
    if math.prod(len(axis.values) for axis in axes) > MAX_COMBINATIONS:
        counts = " x ".join(f"{len(axis.values)} for {axis.key}" for axis in axes)
        raise ConfigError(f"given {counts}, allowed: at most {MAX_COMBINATIONS} combinations")
    return tuple(axes), first


def _section(data: dict[str, Any], annotation: Any, prefix: str, axes: list[Axis]) -> dict[str, Any]:
    """A mapping with its defaults and the first value of each axis; the axes are appended."""
    known = schema.fields(annotation, data)
    filled: dict[str, Any] = {}
    for name, field in known.items():
        default = schema.default(field)
        if name not in data:
            if default is not None and not any(isinstance(data.get(tag), list) for tag in schema.TAGS):
                filled[name] = default
        elif data[name] is not None or default is not None or field.is_required():
            filled[name] = _entry(data[name], field.annotation, f"{prefix}{name}", axes)
    return filled | {name: value for name, value in data.items() if name not in known}


def _entry(value: Any, annotation: Any, key: str, axes: list[Axis]) -> Any:
    """What stands at one key when every axis has its first value."""
    values = given_values(value, annotation, key)
    if values is None or key == "name":
        return _one(value, annotation, key, axes)
    inner: list[Axis] = []
    plain = [_one(each, annotation, key, inner) for each in values]
    if inner:
        raise ConfigError(f"{inner[0].key}: given {len(inner[0].values)} values inside the list at {key}, allowed: one")
    _check_distinct(key, plain)
    axes.append(Axis(key, tuple(plain), _shown(plain, annotation)))
    return plain[0]


def _one(value: Any, annotation: Any, key: str, axes: list[Axis]) -> Any:
    if key == "strategies" and isinstance(value, list):
        return spread_strategies(value)
    if isinstance(value, dict) and schema.fields(annotation, value):
        return _section(value, annotation, f"{key}.", axes)
    return schema.normal(value, annotation)


def given_values(value: Any, annotation: Any, key: str) -> Sequence[Any] | None:
    """The values of a key that is given a list or a range in place of one; None if it is given one.

    Raises
    ------
    ConfigError
        If the list is empty or too long, or the range cannot be spread.

    Examples
    --------
    >>> given_values({"start": 1, "stop": 3, "num": 3}, int, "seed")
    (1, 2, 3)
    >>> given_values([0.1, 1.9], tuple[float, ...], "values_s") is None
    True
    """
    levels, kind = schema.depth(annotation), schema.number(annotation)
    if isinstance(value, dict) and levels == 0 and kind is not None:
        try:
            return swept(value, kind)
        except ValueError as error:
            raise ConfigError(f"{key}: {error}") from None
    if not isinstance(value, list) or _nesting(value) <= levels:
        return None
    if not 1 <= len(value) <= MAX_VALUES:
        raise ConfigError(f"{key}: given {len(value)} values, allowed: 1 to {MAX_VALUES}")
    return value


def spread_strategies(given: list[Any]) -> list[Any]:
    """Strategies as mappings, with one for each value of a parameter that is given several.

    Raises
    ------
    ConfigError
        If there are too many, or a parameter is given an empty list or a value twice.

    Examples
    --------
    >>> spread_strategies(["random", {"name": "size-interval", "cut_s": [0.8, 0.9]}])
    [{'name': 'random'}, {'name': 'size-interval', 'cut_s': 0.8}, {'name': 'size-interval', 'cut_s': 0.9}]
    """
    spread: list[Any] = []
    for position, strategy in enumerate(given):
        parameters = strategy if isinstance(strategy, dict) else {"name": strategy}
        choices = [_parameter_values(parameters, key, f"strategies.{position}.{key}") for key in parameters]
        count = len(spread) + math.prod(map(len, choices))
        if count > MAX_STRATEGIES:
            raise ConfigError(f"strategies: given {count} or more, allowed: at most {MAX_STRATEGIES}")
        if isinstance(strategy, str | dict):
            spread += [dict(zip(parameters, values, strict=True)) for values in product(*choices)]
        else:
            spread.append(strategy)
    return spread


def _parameter_values(parameters: dict[str, Any], key: str, place: str) -> Sequence[Any]:
    """All values of one parameter; of an unknown strategy or parameter what was given, for the schema to refuse."""
    one = (parameters[key],)
    name = parameters.get("name")
    if key == "name" or not isinstance(name, str):
        return one
    try:
        field = registry.load(name).model_fields.get(key)
    except EntschedError:
        return one
    values = given_values(one[0], field.annotation, place) if field else None
    if values is None:
        return one
    _check_distinct(place, values)
    return values


def short(text: str) -> str:
    """Text in one line of at most 60 characters.

    Examples
    --------
    >>> short("a \\n b"), len(short("long" * 100))
    ('a b', 60)
    """
    line = " ".join(text.split())
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 3] + "..."


def _nesting(value: Any) -> int:
    """How many lists deep a value is; a range counts as the list that it stands for."""
    if isinstance(value, list):
        return 1 + max(map(_nesting, value), default=0)
    return int(isinstance(value, dict) and {"start", "stop"} <= value.keys())


def _check_distinct(key: str, values: Sequence[Any]) -> None:
    seen: set[str] = set()
    for value in values:
        content = json.dumps(value, sort_keys=True, default=repr)
        if content in seen:
            raise ConfigError(f"{key}: {short(_text(value, None))} stands twice, allowed: once")
        seen.add(content)


def _shown(values: list[Any], annotation: Any) -> tuple[Any, ...]:
    shown = [short(_text(value, annotation)) if isinstance(value, dict | list) else value for value in values]
    times = Counter(map(str, shown))
    return tuple(
        text if times[str(text)] == 1 else f"{text} (value {number})" for number, text in enumerate(shown, start=1)
    )


def _text(value: Any, annotation: Any) -> str:
    """Short text for a value: a law with what differs from its defaults, a file by its name."""
    if isinstance(value, list):
        return f"[{', '.join(_text(each, None) for each in value)}]"
    if isinstance(value, dict):
        known = schema.fields(annotation, value)
        heads = [str(value[key]) for key in (*schema.TAGS, "name") if key in value]
        rest = [
            f"{key}={_text(each, known[key].annotation if key in known else None)}"
            for key, each in value.items()
            if key not in (*schema.TAGS, "name") and not (key in known and schema.default(known[key]) == each)
        ]
        body = ", ".join(rest)
        return f"{heads[0]}({body})" if heads and body else heads[0] if heads else body or "defaults"
    if isinstance(value, str):
        return value.rsplit("/", 1)[-1]
    return f"{value:.12g}" if isinstance(value, float) else str(value)
