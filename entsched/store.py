"""The results of a run: one SQLite file, each row written once, whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from entsched.errors import StoreError

SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, row TEXT NOT NULL
) WITHOUT ROWID
"""


class Store:
    """Rows by the key of their task, in ``results.sqlite`` of a folder; one writer.

    Raises
    ------
    StoreError
        If the folder cannot be created or written, or the file is not a results file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
    ...     store.put("abc", "bound", {"splitting": 0.5})
    ...     store.rows(store.keys())
    {'abc': {'splitting': 0.5}}
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self.folder / "results.sqlite")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"output folder {folder} cannot be used: {_reason(error)}") from None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()

    def keys(self) -> set[str]:
        """The keys of all rows."""
        return {key for (key,) in self._database.execute("SELECT key FROM results")}

    def put(self, key: str, kind: str, row: dict[str, Any]) -> None:
        """Write one row; it is on disk, whole, when this returns."""
        try:
            with self._database:
                self._database.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", (key, kind, json.dumps(row)))
        except sqlite3.Error as error:
            raise StoreError(f"{self.folder}/results.sqlite cannot be written: {error}") from None

    def rows(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The rows of tasks that are there, by key."""
        query = "SELECT row FROM results WHERE key = ?"
        return {key: json.loads(self._database.execute(query, (key,)).fetchone()[0]) for key in keys}


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A path to write to that becomes ``path`` when all is written, and nothing if writing fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {_reason(error)}") from None
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {_reason(error)}") from None
    finally:
        Path(name).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as CSV, whole or not at all; the columns are those of all rows in order."""
    rows = list(rows)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with atomic_path(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
