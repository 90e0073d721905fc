"""A service law measured in production: one column of a CSV file."""

from __future__ import annotations

import csv
import hashlib
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal, TextIO

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from entsched.errors import ConfigError
from entsched.validation import Positive
from entsched.workload.service import ServiceLaw

Floats = NDArray[np.float64]

MAX_FILE_BYTES = 500_000_000


class Trace(ServiceLaw):
    """The empirical law of one column of a CSV file, times ``seconds_per_unit``.

    The file has a header line; lines that begin with ``#`` are comments. Every entry of the column
    must be a positive number.

    Raises
    ------
    ConfigError
        When the file is read: if it is absent, too large or malformed, with the line at fault.
    """

    law: Literal["trace"]
    path: Annotated[str, Field(min_length=1, max_length=4096)]
    column: Annotated[str, Field(min_length=1)]
    seconds_per_unit: Positive = 1.0

    @cached_property
    def values(self) -> Floats:
        """All requirements in seconds, ascending."""
        return read_column(self.path, self.column) * self.seconds_per_unit

    @property
    def digest(self) -> str:
        """SHA-256 of the requirements: the content by which a result of this trace is known."""
        return hashlib.sha256(self.values.tobytes()).hexdigest()

    @property
    def mean_service_s(self) -> float:
        return float(self.values.mean())

    @property
    def second_moment_s2(self) -> float:
        return float(np.mean(self.values**2))

    @property
    def mean_minimum_s(self) -> float:
        n = len(self.values)
        return float(self.values @ (2 * np.arange(n, 0, -1) - 1)) / n**2

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        return rng.choice(self.values, size=size)

    def lorenz(self, u: Floats) -> Floats:
        area = np.concatenate([[0.0], np.cumsum(self.values)]) / len(self.values)
        return np.interp(u * len(self.values), np.arange(len(self.values) + 1), area)


@lru_cache(maxsize=8)
def read_column(path: str, column: str) -> Floats:
    """Read one column of positive numbers from a CSV file, ascending."""
    try:
        if Path(path).stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"trace {path} is larger than {MAX_FILE_BYTES} bytes")
        with open(path, newline="", encoding="utf-8-sig") as file:
            values = _column(file, path, column)
    except (OSError, UnicodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"trace {path} cannot be read: {reason}") from None
    if not values:
        raise ConfigError(f"trace {path} has no row, allowed: at least one")
    return np.sort(np.array(values))


def _column(file: TextIO, path: str, column: str) -> list[float]:
    rows = csv.DictReader((line for line in file if not line.startswith("#")), strict=True)
    names = rows.fieldnames or []
    if not names:
        raise ConfigError(f"trace {path} is empty, allowed: a header line and rows")
    if list(names).count(column) > 1:
        raise ConfigError(f"trace {path} has {list(names).count(column)} columns {column!r}, allowed: one")
    if column not in names:
        raise ConfigError(f"trace {path} has no column {column!r}, allowed: {', '.join(names)}")
    values = []
    for number, row in enumerate(rows, start=1):
        try:
            value = float(row[column])
        except (TypeError, ValueError):
            value = float("nan")
        if not 0 < value < float("inf"):
            raise ConfigError(
                f"trace {path}, data row {number}: {column} is {row[column]!r}, allowed: a positive number"
            )
        values.append(value)
    return values
