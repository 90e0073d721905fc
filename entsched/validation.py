"""Data from outside: the strict base of all sections, and errors in one line."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

#: A positive quantity within what floating point carries safely through powers and products.
Positive = Annotated[float, Field(ge=1e-9, le=1e9, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

#: The largest alphabet of types: beyond it a routing game takes minutes and gigabytes.
MAX_TYPES = 1000


class Section(BaseModel):
    """A frozen part of a configuration: unknown keys and text in place of numbers are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, data: Any) -> Any:
        """Say which keys there are; a misspelt key is the reason that another is missing."""
        unknown = [key for key in data if key not in cls.model_fields] if isinstance(data, dict) else []
        if unknown:
            known = ", ".join(cls.model_fields) or "none"
            raise ValueError(f"unknown key {unknown[0]!r}, given {_shortened(data[unknown[0]])}, allowed: {known}")
        return data

    def __eq__(self, other: object) -> bool:
        """Equal content; what properties have cached (arrays) plays no part."""
        return type(self) is type(other) and self.content == other.content

    def __hash__(self) -> int:
        return hash(self.content)

    def __copy__(self) -> Self:
        """A copy without what properties have cached: ``model_copy`` may change what it follows from."""
        copy = super().__copy__()
        for name in copy.__dict__.keys() - type(self).model_fields.keys():
            del copy.__dict__[name]
        return copy

    def __getstate__(self) -> dict[Any, Any]:
        """What travels to other processes: the fields alone."""
        fields = {name: self.__dict__[name] for name in type(self).model_fields}
        return super().__getstate__() | {"__dict__": fields}

    @cached_property
    def content(self) -> str:
        """All fields as canonical JSON."""
        return self.model_dump_json()


def first_problem(error: ValidationError) -> str:
    """The first thing wrong, in one line: the path of the key, what was given, what is allowed.

    Examples
    --------
    >>> class Sweep(Section):
    ...     rate_hz: Positive
    >>> try:
    ...     Sweep(rate_hz="1e-3")
    ... except ValidationError as error:
    ...     print(first_problem(error))
    rate_hz: given '1e-3', allowed: a number (YAML reads 1e-3 and 1.0e3 as text: write 1.0e-3, 1.0e+3)
    """
    problem = error.errors()[0]
    kind, given = problem["type"], _shortened(problem["input"])
    path = ".".join(str(part) for part in _without_tags(problem["loc"]))
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if kind == "missing":
        return f"{path}: missing, allowed: a value for this key"
    if kind == "union_tag_not_found":
        tag = problem["ctx"]["discriminator"]
        return (
            f"{path}: no key {tag}, given {given}, allowed: one of {problem['ctx'].get('expected_tags', 'its kinds')}"
        )
    if kind == "union_tag_invalid":
        tag = problem["ctx"]["discriminator"].strip("'")
        return f"{path}.{tag}: given {problem['ctx']['tag']!r}, allowed: {problem['ctx']['expected_tags']}"
    if kind == "value_error":
        return f"{path}: {message}" if path else message
    if kind in PLAIN:
        message = PLAIN[kind].format(**problem.get("ctx", {}))
    if kind in ("float_type", "int_type") and isinstance(problem["input"], str):
        message = "a number (YAML reads 1e-3 and 1.0e3 as text: write 1.0e-3, 1.0e+3)"
    return f"{path + ': ' if path else ''}given {given}, allowed: {message}"


#: Keys whose value is one of several kinds of mapping.
UNIONS = ("service", "baseline", "supply", "pair", "link")

#: What some kinds of problems mean, in the words of a YAML file.
PLAIN = {
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
}


def _shortened(value: Any, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _without_tags(location: tuple[int | str, ...]) -> list[int | str]:
    """The path without the names of union members, which are no keys: the law after its section."""
    before = ("", *location)[: len(location)]
    return [part for parent, part in zip(before, location, strict=True) if parent not in UNIONS]
