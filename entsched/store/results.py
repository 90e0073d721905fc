"""Rows by the key of their task in one SQLite file: each is written once, whole or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from entsched.errors import StoreError
from entsched.store.files import reason
from entsched.store.lock import only_writer

#: Marks the file as ours ("ents"), and the tables it holds.
APPLICATION, VERSION = 0x656E7473, 1

SCHEMA = f"""
BEGIN;
CREATE TABLE results (key TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, row TEXT NOT NULL);
CREATE TABLE failures (key TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, error TEXT NOT NULL);
CREATE TABLE complete (digest TEXT NOT NULL PRIMARY KEY);
CREATE TRIGGER success AFTER INSERT ON results BEGIN DELETE FROM failures WHERE key = NEW.key; END;
CREATE TRIGGER deletion AFTER DELETE ON results BEGIN DELETE FROM complete; END;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""

#: A checkpoint every 40 MB and 64 MB of cache keep 10^6 random keys from being written over and over.
TUNING = ("PRAGMA synchronous = NORMAL", "PRAGMA wal_autocheckpoint = 10000", "PRAGMA cache_size = -65536")

#: The most keys of one query and rows of one answer, and how long to wait for a lock, in seconds.
CHUNK, PATIENCE_S = 1000, 60.0


@dataclass(frozen=True)
class Failure:
    """A task that could not be evaluated: its key, its kind, its label for people and what went wrong."""

    key: str
    kind: str
    label: str
    error: str


class Store:
    """Rows by the key of their task, in ``results.sqlite`` of a folder; one writer, any number of readers.

    Parameters
    ----------
    folder : made if it is not there, unless ``read_only``
    read_only : reads while another process writes, and takes no lock

    Raises
    ------
    StoreError
        If the folder cannot be used, holds no results file of this version, or has a writer already; any
        method raises it if the file is damaged or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
    ...     store.put_many([("abc", "bound", {"splitting": 0.5}), ("def", "bound", {"splitting": 1.0})])
    ...     store.rows(["abc"]), store.missing(["abc", "0"]), store.count()
    ({'abc': {'splitting': 0.5}}, ['0'], 2)
    """

    def __init__(self, folder: str | Path, read_only: bool = False) -> None:
        self.folder = Path(folder)
        self._path = self.folder / "results.sqlite"
        with ExitStack() as stack, self._blaming("used"):
            if read_only:
                self._database = stack.enter_context(closing(self._reader()))
                self._check_version()
            else:
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(only_writer(self.folder / "results.lock"))
                self._database = stack.enter_context(closing(self._connected(self._path.resolve().as_uri())))
                self._begin_writing()
                stack.callback(self._end_writing)
            self._opened = stack.pop_all()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._opened.close()

    def keys(self) -> set[str]:
        """The keys of all rows."""
        return {key for (key,) in self._query("SELECT key FROM results")}

    def count(self) -> int:
        """The number of rows."""
        return self._value("SELECT count(*) FROM results")

    def kinds(self) -> dict[str, int]:
        """The number of rows of each kind, in alphabetical order."""
        return dict(self._query("SELECT kind, count(*) FROM results GROUP BY kind ORDER BY kind"))

    def missing(self, keys: Iterable[str]) -> list[str]:
        """The keys that have no row, in the order given."""
        wanted = list(keys)
        there = {key for (key,) in self._selected("key", wanted)}
        return [key for key in wanted if key not in there]

    def rows(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The rows of the keys that have one, by key, in the order given."""
        wanted = list(keys)
        found = {key: self._decoded(key, text) for key, text in self._selected("key, row", wanted)}
        return {key: found[key] for key in wanted if key in found}

    def stream(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The keys and rows of one kind, one by one, in the order of their keys."""
        for key, text in self._query("SELECT key, row FROM results WHERE kind = ? ORDER BY key", [kind]):
            yield key, self._decoded(key, text)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is read as the file is now, whatever is written meanwhile."""
        with self._blaming("read"):
            self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.rollback()

    def put_many(self, rows: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        """Write a batch of keys, kinds and rows: all of it or nothing; failures of these keys are forgotten.

        When this returns, the batch survives the end of the process, however it ends; after a
        power failure the last batches may be gone, each as a whole.
        """
        encoded = ((key, kind, self._encoded(kind, row)) for key, kind, row in rows)
        with self._transaction():
            self._database.executemany(
                "INSERT INTO results VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, row = excluded.row",
                encoded,
            )

    def fail(self, key: str, kind: str, label: str, error: str) -> None:
        """Record that a task could not be evaluated; nothing is recorded for a key that has a row."""
        failure = [text.encode("utf-8", "backslashreplace").decode() for text in (key, kind, label, error, key)]
        with self._transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO failures SELECT ?, ?, ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM results WHERE key = ?)",
                failure,
            )

    def failures(self) -> list[Failure]:
        """The tasks that failed and have no row since, in the order of their keys."""
        return [Failure(*each) for each in self._query("SELECT key, kind, label, error FROM failures ORDER BY key")]

    def mark_complete(self, digest: str) -> None:
        """Remember that every task of the plan with this digest has its row; deleting any row forgets it."""
        with self._transaction():
            self._database.execute("INSERT OR IGNORE INTO complete VALUES (?)", [digest])

    def is_complete(self, digest: str) -> bool:
        """Whether a plan has been marked complete."""
        return bool(self._value("SELECT count(*) FROM complete WHERE digest = ?", [digest]))

    def _reader(self) -> sqlite3.Connection:
        if not self._path.is_file():
            raise StoreError(f"{self.folder} holds no results, allowed: a folder written by entsched run")
        return self._connected(f"{self._path.resolve().as_uri()}?mode=ro")

    @staticmethod
    def _connected(address: str) -> sqlite3.Connection:
        return sqlite3.connect(address, timeout=PATIENCE_S, isolation_level=None, uri=True)

    def _begin_writing(self) -> None:
        used = self._value("SELECT count(*) FROM sqlite_master")
        if used:
            self._check_version()
        self._database.execute("PRAGMA journal_mode = WAL")
        for pragma in TUNING:
            self._database.execute(pragma)
        if not used:
            self._database.executescript(SCHEMA)

    def _end_writing(self) -> None:
        """Leave one file, which can be read from a folder that cannot be written; or else its log beside it."""
        with suppress(sqlite3.Error):
            self._database.execute("PRAGMA busy_timeout = 0")
            self._database.execute("PRAGMA journal_mode = DELETE")

    def _check_version(self) -> None:
        found = self._value("PRAGMA application_id"), self._value("PRAGMA user_version")
        if found != (APPLICATION, VERSION):
            raise StoreError(
                f"{self._path} cannot be used: given tables of another version or program, "
                f"allowed: version {VERSION}, or another --out"
            )

    def _selected(self, columns: str, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Columns, the key first, of the rows of some keys: by scanning the file if that is faster."""
        last = self._value("SELECT max(rowid) FROM results") or 0
        if 3 * len(keys) > last:
            wanted = set(keys)
            yield from (each for each in self._query(f"SELECT {columns} FROM results") if each[0] in wanted)
            return
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            marks = ", ".join("?" * len(chunk))
            yield from self._query(f"SELECT {columns} FROM results WHERE key IN ({marks})", chunk)

    def _query(self, query: str, values: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
        with self._blaming("read"):
            cursor = self._database.execute(query, values)
            while chunk := cursor.fetchmany(CHUNK):
                yield from chunk

    def _value(self, query: str, values: Sequence[str] = ()) -> Any:
        with self._blaming("read"):
            return self._database.execute(query, values).fetchone()[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._blaming("written"), self._database:
            self._database.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def _blaming(self, done: str) -> Iterator[None]:
        """Errors of the file or its folder in one line: it cannot be used, read or written."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{self._path} cannot be {done}: {reason(error)}") from None

    def _encoded(self, kind: str, row: dict[str, Any]) -> str:
        try:
            return json.dumps(row, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise StoreError(f"a row of kind {kind!r} cannot be written: {error}, allowed: values of JSON") from None

    def _decoded(self, key: str, text: str) -> dict[str, Any]:
        try:
            return json.loads(text)
        except ValueError:
            raise StoreError(f"{self._path} cannot be read: the row of {key} is damaged") from None
