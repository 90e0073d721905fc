"""Evenly spaced values written as a range: ``{start: 0.0, stop: 1.0, num: 41}``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator

from entsched.validation import Section, first_problem

#: The most values of a range that stands for a list, and of one that sweeps a key.
MAX_POINTS = 10_001
MAX_VALUES = 100_000

#: Ends stay below 2^53, where whole numbers are exact.
End = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]


class Range(Section):
    """Values spaced evenly, or evenly in the logarithm: ``{start: 1.0, stop: 100.0, num: 3, scale: log}``.

    Examples
    --------
    >>> Range(start=0.0, stop=1.0, num=5).values()
    (0.0, 0.25, 0.5, 0.75, 1.0)
    >>> Range(start=0.1, stop=10.0, num=3, scale="log").values()
    (0.1, 1.0, 10.0)
    """

    start: End
    stop: End
    num: Annotated[int, Field(ge=1, le=MAX_POINTS)]
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _ascends(self) -> Range:
        if not self.start < self.stop or self.num < 2:
            raise ValueError(
                f"given start {self.start:g}, stop {self.stop:g}, num {self.num}, "
                "allowed: start below stop, and num of 2 or more"
            )
        if self.scale == "log" and self.start < 1e-15:
            raise ValueError(f"given start {self.start:g}, allowed: 1e-15 or more with scale log")
        return self

    def values(self) -> tuple[float, ...]:
        """The values, ends included, rounded to 12 digits so that 0.05 steps read as such."""
        if self.scale == "log":
            return tuple(float(f"{v:.12g}") for v in np.geomspace(self.start, self.stop, self.num))
        return tuple(round(float(v), 12) for v in np.linspace(self.start, self.stop, self.num))


class SweptRange(Range):
    """A range that sweeps a key which takes one value."""

    num: Annotated[int, Field(ge=1, le=MAX_VALUES)]


def spread(value: Any) -> Any:
    """A range as the tuple of its values; lists pass through.

    Raises
    ------
    ValueError
        If the value is neither a list nor a range that can be spread.

    Examples
    --------
    >>> spread({"start": 0.0, "stop": 1.0, "num": 3}), spread([0.3])
    ((0.0, 0.5, 1.0), (0.3,))
    """
    if isinstance(value, dict):
        return _range(Range, value).values()
    if not isinstance(value, list | tuple):
        raise ValueError(f"given {value!r}, allowed: a list, or {{start, stop, num}}")
    return tuple(value)


def swept(value: dict[str, Any], kind: type[int] | type[float]) -> tuple[float, ...]:
    """The values of a range that sweeps a key, whole numbers for a key that takes those.

    Raises
    ------
    ValueError
        If it is no range, or passes through fractions where whole numbers are needed.

    Examples
    --------
    >>> swept({"start": 1, "stop": 5, "num": 3}, int)
    (1, 3, 5)
    """
    values = _range(SweptRange, value).values()
    if kind is float:
        return values
    fraction = next((v for v in values if not v.is_integer()), None)
    if fraction is not None:
        raise ValueError(f"given a range through {fraction:g}, allowed: whole numbers only")
    return tuple(int(v) for v in values)


def _range(kind: type[Range], value: dict[str, Any]) -> Range:
    try:
        return kind(**value)
    except ValidationError as error:
        raise ValueError(first_problem(error)) from None
