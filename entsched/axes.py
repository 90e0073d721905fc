"""A study: one configuration file whose swept keys make many experiments, one for each combination of values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from entsched.config import Experiment, read_axes, standalone, to_yaml, validated
from entsched.documents import document
from entsched.reading.keys import Axis, short
from entsched.validation import Section
from entsched.workload.trace import Trace

#: A node's file where it stands in the representation of plain data.
NODE_FILE = re.compile(r"'([^']*\.ya?ml)'")

Kind = TypeVar("Kind", bound=Section)

__all__ = ["Axis", "Study", "described", "load_study", "study_to_yaml"]

#: Up to this many combinations are all checked when a study is loaded.
MAX_CHECKED = 10_000


@dataclass(frozen=True)
class Study:
    """The experiments of one configuration file, made when they are asked for.

    Attributes
    ----------
    name : the name in the file, which all its experiments share
    axes : the keys that are swept, in the order of the schema
    first : the configuration with the first value of every axis, as plain data
    source : the file, for messages
    """

    name: str
    axes: tuple[Axis, ...]
    first: dict[str, Any]
    source: str = field(default="study", compare=False)

    def __len__(self) -> int:
        """The number of combinations; 1 without axes."""
        return math.prod(len(axis.values) for axis in self.axes)

    def cells(self) -> Iterator[tuple[dict[str, Any], Experiment]]:
        """Every combination as its coordinates and its experiment; the first axis varies slowest.

        Coordinates are values by key; laws and lists are short text, distinct along the axis.

        Raises
        ------
        ConfigError
            At a combination that is no valid experiment; never, if the study was loaded and has at most 10,000.
        """
        yield from self._cells((), validated(self.first, self._place(())))

    def experiments(self) -> Iterator[Experiment]:
        """The experiments of all combinations, as in ``cells``."""
        return (experiment for _, experiment in self.cells())

    def traces(self) -> set[str]:
        """The paths of all traces that requirements are read from."""
        if "'trace'" not in repr((self.first, [axis.values for axis in self.axes])):
            return set()
        swept = any(axis.key.startswith("workload") for axis in self.axes)
        laws = (e.workload.service for e in (self.experiments() if swept else islice(self.experiments(), 1)))
        return {law.path for law in laws if isinstance(law, Trace)}

    def nodes(self) -> set[str]:
        """The paths of all files that hardware nodes are read from."""
        hardware = (self.first.get("entanglement") or {}).get("hardware") or {}
        named = [hardware.get("node"), (self.first.get("envelope") or {}).get("nodes")]
        named += [axis.values for axis in self.axes if axis.key.startswith(("entanglement", "envelope"))]
        return set(NODE_FILE.findall(repr(named)))

    def _cells(self, chosen: tuple[int, ...], experiment: Experiment) -> Iterator[tuple[dict[str, Any], Experiment]]:
        """The combinations that begin with the chosen values; the experiment is the first of them."""
        if len(chosen) == len(self.axes):
            yield self._coordinates(chosen), experiment
            return
        for index in range(len(self.axes[len(chosen)].values)):
            here = (*chosen, index)
            yield from self._cells(here, self._moved(experiment, here) if index else experiment)

    def _moved(self, experiment: Experiment, chosen: tuple[int, ...]) -> Experiment:
        """The experiment at chosen values, from one that differs from it in the last of them only."""
        axis = self.axes[len(chosen) - 1]
        try:
            return _with(experiment, axis.key.split("."), axis.values[chosen[-1]])
        except ValueError:  # also where the law itself is swept, so that the section has other keys
            return validated(self._data(chosen), self._place(chosen))

    def _data(self, chosen: tuple[int, ...]) -> dict[str, Any]:
        data = self.first
        for axis, index in zip(self.axes, chosen, strict=False):
            data = _put(data, axis.key.split("."), axis.values[index])
        return data

    def _coordinates(self, chosen: tuple[int, ...]) -> dict[str, Any]:
        full = chosen + (0,) * (len(self.axes) - len(chosen))
        return {axis.key: axis.shown[index] for axis, index in zip(self.axes, full, strict=True)}

    def _place(self, chosen: tuple[int, ...]) -> str:
        return f"{self.source}: at {described(self._coordinates(chosen))}" if self.axes else self.source

    def check(self) -> None:
        """Make every experiment once; with over 10,000, only those that differ from the first along one axis.

        Raises
        ------
        ConfigError
            In one line: the file, the combination, and what is wrong there.
        """
        if len(self) <= MAX_CHECKED:
            for _ in self.cells():
                pass
            return
        start = validated(self.first, self._place(()))
        for position, axis in enumerate(self.axes):
            for index in range(1, len(axis.values)):
                self._moved(start, (0,) * position + (index,))


def described(coordinates: dict[str, Any]) -> str:
    """Coordinates as text in one line, each value at most 60 characters.

    Examples
    --------
    >>> described({"workload.arrival_rate_hz": 0.5, "baseline": "power(exponent=2)"})
    'workload.arrival_rate_hz = 0.5, baseline = power(exponent=2)'
    """
    return ", ".join(f"{key} = {short(str(value))}" for key, value in coordinates.items())


def load_study(path: str | Path) -> Study:
    """Read a configuration file in which any key may be given several values.

    Raises
    ------
    ConfigError
        In one line: the file, the key or the combination, what was given and what is allowed.

    Examples
    --------
    >>> study = load_study("configs/two-types.yaml")
    >>> len(study), study.axes
    (1, ())
    """
    axes, first = read_axes(path)
    if any(len(axis.values) > 1 for axis in axes) and first.get("certificates") is None:
        first |= {"certificates": False}
    study = Study(str(first.get("name")), axes, first, str(path))
    study.check()
    return study


def study_to_yaml(study: Study) -> str:
    """The study as it was understood, defaults included, in YAML that reads back as the same.

    Examples
    --------
    >>> study = load_study("configs/two-types.yaml")
    >>> study_to_yaml(study) == to_yaml(next(study.cells())[1])
    True
    """
    start = validated(study.first, study.source)
    if not study.axes:
        return to_yaml(start)
    origin, data = "", study.first
    law = start.workload.service
    if isinstance(law, Trace) and not any(axis.key == "workload" or "service" in axis.key for axis in study.axes):
        origin, service = standalone(law)
        data = _put(data, ["workload", "service"], service)
    for axis in study.axes:
        data = _put(data, axis.key.split("."), list(axis.values))
    return origin + document(data, compact=True)


def _put(data: dict[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    """The data with another value at a path of keys; what is beside the path is shared."""
    head, *rest = keys
    return data | {head: _put(data[head], rest, value) if rest else value}


def _with(section: Kind, keys: list[str], value: Any) -> Kind:
    """The section with another value at a path of keys; only the sections on the path are checked again."""
    head, *rest = keys
    given = {name: getattr(section, name) for name in type(section).model_fields}
    given[head] = _with(given[head], rest, value) if rest else value
    return type(section)(**given)
