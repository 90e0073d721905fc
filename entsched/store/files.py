"""Files that are written whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from entsched.errors import StoreError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A path to write to that becomes ``path`` when all is written, and nothing if writing fails.

    Raises
    ------
    StoreError
        If the folder or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {reason(error)}") from None
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {reason(error)}") from None
    finally:
        Path(name).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as CSV, whole or not at all; the columns are those of all rows in order."""
    with tables(path.parent) as add:
        for row in rows:
            add(path.stem, row)


@contextmanager
def tables(folder: Path) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """A function that adds a row to the table of a name; in the end each is a CSV file, whole or not at all.

    Rows wait on disk, so that a table may be longer than the memory; its columns are those of all its rows.
    """
    with ExitStack() as open_files:
        waiting: dict[str, tuple[IO[str], dict[str, None]]] = {}

        def add(name: str, row: dict[str, Any]) -> None:
            if name not in waiting:
                waiting[name] = open_files.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")), {}
            file, columns = waiting[name]
            columns.update(dict.fromkeys(row))
            file.write(json.dumps(row) + "\n")

        try:
            yield add
        except OSError as error:
            raise StoreError(f"tables of {folder} cannot be written: {reason(error)}") from None
        for name, (file, columns) in waiting.items():
            file.seek(0)
            with atomic_path(folder / f"{name}.csv") as part, part.open("w", newline="", encoding="utf-8") as out:
                writer = csv.DictWriter(out, list(columns), lineterminator="\n")
                writer.writeheader()
                writer.writerows(json.loads(line) for line in file)


def reason(error: Exception) -> str:
    """What went wrong, without the path that the caller names.

    Examples
    --------
    >>> reason(FileNotFoundError(2, "No such file or directory", "a.csv"))
    'No such file or directory'
    """
    return getattr(error, "strerror", None) or str(error)
