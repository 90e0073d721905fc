"""Data from outside: the strict base of all sections, and errors in one line."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Positive = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

#: The largest alphabet of types: beyond it a routing game takes minutes and gigabytes.
MAX_TYPES = 1000


class Section(BaseModel):
    """A frozen part of a configuration: unknown keys and text in place of numbers are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __eq__(self, other: object) -> bool:
        """Equal content; what properties have cached (arrays) plays no part."""
        return type(self) is type(other) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def _content(self) -> str:
        return self.model_dump_json()


def first_problem(error: ValidationError) -> str:
    """The first thing wrong, in one line: the path of the key, what was given, what is allowed.

    Unknown keys come before all else: a misspelt key is the reason that another is missing.

    Examples
    --------
    >>> class Sweep(Section):
    ...     rate_hz: Positive
    >>> try:
    ...     Sweep(rate_hz="1e-3")
    ... except ValidationError as error:
    ...     print(first_problem(error))
    rate_hz: given '1e-3', allowed: a number (YAML reads 1e-3 as text: write 1.0e-3)
    """
    problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    kind, given = problem["type"], _shortened(problem["input"])
    path = ".".join(str(part) for part in _without_tags(problem["loc"]))
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if kind == "extra_forbidden":
        parent, _, key = path.rpartition(".")
        return f"{parent + ': ' if parent else ''}unknown key {key!r}, given {given}, allowed: the documented keys"
    if kind == "missing":
        return f"{path}: missing, allowed: a value for this key"
    if kind == "union_tag_not_found":
        return f"{path}: no key 'law', given {given}, allowed: one of {problem['ctx'].get('expected_tags', 'the laws')}"
    if kind == "union_tag_invalid":
        return f"{path}.law: given {problem['ctx']['tag']!r}, allowed: {problem['ctx']['expected_tags']}"
    if kind == "value_error" and "allowed:" in message:
        return f"{path}: {message}" if path else message
    if kind in ("float_type", "int_type") and isinstance(problem["input"], str):
        message = "a number (YAML reads 1e-3 as text: write 1.0e-3)"
    return f"{path + ': ' if path else ''}given {given}, allowed: {message}"


def _shortened(value: Any, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _without_tags(location: tuple[int | str, ...]) -> list[int | str]:
    """The path without the names of union members, which are no keys: the law after its section."""
    before = ("", *location)[: len(location)]
    return [part for parent, part in zip(before, location, strict=True) if parent not in ("service", "baseline")]
