"""The rows of one kind as one table, in CSV or Parquet, a chunk at a time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entsched.errors import StoreError
from entsched.store import Store, atomic_path

if TYPE_CHECKING:
    import pyarrow

#: Rows in memory at a time.
CHUNK = 10_000

#: Called with the steps done and the steps in all; every row is two steps.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Table:
    """What was written: how many rows, and the names of the columns."""

    rows: int
    columns: tuple[str, ...]


def export(folder: Path, out: Path, kind: str | None = None, progress: Progress = lambda done, total: None) -> Table:
    """Write all rows of one kind, in the order of their keys, as a table; the first column is the key.

    A column holds whole numbers, numbers, truth values or text, whichever fits all its values; lists and
    mappings become JSON text, and so does everything but text in a column of several sorts.

    Parameters
    ----------
    folder : written by ``entsched run``; it may still be running
    out : a file, ``.csv`` or ``.parquet``; it appears when all is written
    kind : of the rows; may be left out if the folder holds one kind only
    progress : told how far the export is

    Raises
    ------
    StoreError
        If the folder holds no such rows, or the file has another suffix or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Store(folder) as store:
    ...         store.put_many([("a", "gain", {"load": 0.5, "at": [1, 2]}), ("b", "gain", {"load": 1})])
    ...     export(Path(folder), Path(folder) / "gains.csv")
    ...     print((Path(folder) / "gains.csv").read_text())
    Table(rows=2, columns=('key', 'load', 'at'))
    "key","load","at"
    "a",0.5,"[1,2]"
    "b",1,
    <BLANKLINE>
    """
    if out.suffix not in (".csv", ".parquet"):
        raise StoreError(f"--out: given {str(out)!r}, allowed: a file that ends in .csv or .parquet")
    with Store(folder, read_only=True) as store, store.snapshot():
        chosen, count = _chosen(folder, store.kinds(), kind)
        schema = _schema(_counted(_flat(store, chosen), 0, 2 * count, progress))
        rows = _counted(_flat(store, chosen), count, 2 * count, progress)
        with atomic_path(out) as part, _writer(part, schema) as writer:
            while chunk := list(islice(rows, CHUNK)):
                writer.write_batch(_batch(chunk, schema))
    return Table(count, tuple(schema.names))


def _chosen(folder: Path, counts: dict[str, int], kind: str | None) -> tuple[str, int]:
    """The kind to export and the number of its rows."""
    names = list(counts)
    if not names:
        raise StoreError(f"{folder} holds no rows yet, allowed: a folder in which entsched run has finished a task")
    if kind is None and len(names) == 1:
        kind = names[0]
    if kind not in counts:
        listed = ", ".join(f"{name} ({count} rows)" for name, count in counts.items())
        raise StoreError(f"--kind: given {kind or 'none'}, allowed: {listed}")
    return kind, counts[kind]


def _flat(store: Store, kind: str) -> Iterator[dict[str, Any]]:
    for key, row in store.stream(kind):
        if "key" in row:
            raise StoreError(f"rows of kind {kind} have a value named 'key' themselves, allowed: other names")
        yield {"key": key, **row}


def _counted(rows: Iterable[dict[str, Any]], done: int, total: int, progress: Progress) -> Iterator[dict[str, Any]]:
    for position, row in enumerate(rows, done + 1):
        yield row
        if position % 1000 == 0 or position == total:
            progress(position, total)


def _schema(rows: Iterable[dict[str, Any]]) -> pyarrow.Schema:
    """The columns of all rows, in the order in which they first appear, each with the type that fits it."""
    import pyarrow

    sorts: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name, value in row.items():
            sorts[name].add(_sort(value))
    return pyarrow.schema([(name, _type(found - {"NoneType"})) for name, found in sorts.items()])


def _sort(value: Any) -> str:
    """What a value is; whole numbers by whether they are exact as a double and fit in 64 bits."""
    if type(value) is not int:
        return type(value).__name__
    return "whole" if abs(value) <= 2**53 else "long" if -(2**63) <= value < 2**63 else "huge"


def _type(sorts: set[str]) -> pyarrow.DataType:
    import pyarrow

    if not sorts:
        return pyarrow.null()
    if sorts <= {"whole", "long"}:
        return pyarrow.int64()
    if sorts <= {"whole", "float"}:
        return pyarrow.float64()
    return pyarrow.bool_() if sorts == {"bool"} else pyarrow.string()


def _batch(rows: list[dict[str, Any]], schema: pyarrow.Schema) -> pyarrow.RecordBatch:
    import pyarrow

    columns = [pyarrow.array(_values(rows, field), field.type) for field in schema]
    return pyarrow.RecordBatch.from_arrays(columns, schema=schema)


def _values(rows: list[dict[str, Any]], field: pyarrow.Field) -> list[Any]:
    values = [row.get(field.name) for row in rows]
    return [_text(value) for value in values] if str(field.type) == "string" else values


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()  # UTF-8 has no halves of surrogate pairs
    return json.dumps(value, separators=(",", ":"))


def _writer(path: Path, schema: pyarrow.Schema) -> AbstractContextManager[Any]:
    from pyarrow import csv, parquet

    return csv.CSVWriter(path, schema) if path.suffix == ".csv" else parquet.ParquetWriter(path, schema)
