"""What the annotations of a section say about a key: how many lists deep its value is, and of what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from entsched.plugins import variants

Fields = dict[str, FieldInfo]

#: The keys that say which of several kinds of mapping one is.
TAGS = ("law", "medium")


def members(annotation: Any, laws: Sequence[Any] = ()) -> list[Any]:
    """The types that an annotation allows, without constraints and without None.

    Parameters
    ----------
    laws : names of plugins that count beside the built-in laws, where any law is allowed

    Examples
    --------
    >>> members(Annotated[int, "positive"] | None)
    [<class 'int'>]
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        return members(get_args(annotation)[0], laws)
    if origin in (Union, UnionType):
        return [member for part in get_args(annotation) for member in members(part, laws)]
    return [] if annotation in (None, NoneType) else variants(annotation, laws)


def depth(annotation: Any) -> float:
    """How many lists deep a value is: 0 for one value or mapping; infinite where the annotation cannot tell.

    Examples
    --------
    >>> depth(float | None), depth(tuple[tuple[float, ...], ...]), depth(float | list[float]), depth(Any)
    (0, 2, 1, inf)
    """
    return max(map(_depth, members(annotation)), default=math.inf)


def number(annotation: Any) -> type[int] | type[float] | None:
    """The kind of number that a key takes, if it takes one.

    Examples
    --------
    >>> number(int | None), number(float), number(str)
    (<class 'int'>, <class 'float'>, None)
    """
    kinds = members(annotation)
    return float if float in kinds else int if int in kinds else None


def fields(annotation: Any, given: dict[str, Any]) -> Fields:
    """The keys of a mapping, by its law or medium if there are several; of all of them if those are a list.

    Examples
    --------
    >>> from entsched.workload import Baseline
    >>> list(fields(Baseline, {"law": "linear"})), list(fields(Baseline, {"law": "unknown"}))
    (['law', 'slope'], [])
    """
    merged: Fields = {}
    law = given.get("law")
    for member in members(annotation, law if isinstance(law, list) else [law]):
        if isinstance(member, type) and issubclass(member, BaseModel):
            tag = next((tag for tag in TAGS if tag in member.model_fields), None)
            named = given.get(tag) if tag else None
            kinds = named if isinstance(named, list) else [named]
            if tag is None or any(each in get_args(member.model_fields[tag].annotation) for each in kinds):
                merged |= member.model_fields
    return merged


def default(field: FieldInfo) -> Any:
    """What a key is when it is absent, as plain data without null; None for keys that have no default.

    Examples
    --------
    >>> from entsched.workload import Workload
    >>> default(Workload.model_fields["order"]), default(Workload.model_fields["service"])
    ('random', None)
    """
    if field.is_required():
        return None
    return to_jsonable_python(field.get_default(call_default_factory=True), exclude_none=True)


def normal(value: Any, annotation: Any) -> Any:
    """One value as its section holds it: whole numbers as floats where the key takes floats.

    Examples
    --------
    >>> normal([1, 0.5], tuple[float, ...]), normal(3, int)
    ([1.0, 0.5], 3)
    """
    if isinstance(value, list):
        items = [get_args(member)[0] for member in members(annotation) if get_origin(member) in (tuple, list)]
        return [normal(each, items[0]) for each in value] if items else value
    if type(value) is int and number(annotation) is float and abs(value) < 2**53:
        return float(value)
    return value


def _depth(member: Any) -> float:
    origin = get_origin(member)
    if origin in (tuple, list):
        return 1 + depth(get_args(member)[0])
    one = isinstance(member, type) and issubclass(member, bool | int | float | str | Enum | BaseModel)
    return 0 if one or origin is Literal else math.inf
