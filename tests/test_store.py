"""The store of results: whole batches, one writer, kill -9, full disks, damaged files; and its export."""

import csv
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time

import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from typer.testing import CliRunner

from entsched.cli.app import app
from entsched.errors import StoreError
from entsched.export import export
from entsched.store import Failure, Store

#: Writes batches of 20 rows until it ends, and names each batch when it has been written.
WRITER = """
import itertools, sys
from entsched.store import Store
with Store(sys.argv[1]) as store:
    for batch in itertools.count():
        store.put_many([(f"{batch}-{i}", "simulation", {"batch": batch, "text": "x" * 2000}) for i in range(20)])
        print(batch, flush=True)
"""


def writer(folder, **options):
    return subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE, text=True, **options)


def batch(count, kind="simulation", first=0):
    return [(f"{i:064x}", kind, {"number": i, "text": "é\n", "nested": [1, {"a": None}]}) for i in range(first, count)]


def one_line(error):
    return "\n" not in str(error.value)


def test_rows_come_back_as_they_were(tmp_path):
    rows = batch(4000)
    random.Random(1).shuffle(rows)
    with Store(tmp_path) as store:
        store.put_many(rows[:3000])
        store.put_many(rows[3000:])
        store.put_many([])
        store.put_many([("odd", "bound", {"value": float("inf"), "text": "\ud800"})])
    expected = {key: row for key, _, row in rows}
    with Store(tmp_path, read_only=True) as store:
        assert store.count() == 4001
        assert store.kinds() == {"bound": 1, "simulation": 4000}
        assert store.keys() == {*expected, "odd"}
        assert store.rows(["odd"]) == {"odd": {"value": float("inf"), "text": "\ud800"}}
        assert list(store.stream("simulation")) == sorted(expected.items())
        for wanted in (list(expected), list(expected)[:1234], list(expected)[:3]):  # by a scan, in chunks, at once
            assert list(store.rows([*wanted, "none"]).items()) == [(key, expected[key]) for key in wanted]
            assert store.missing(["none", *wanted, "nor"]) == ["none", "nor"]


def test_a_batch_is_written_whole_or_not_at_all(tmp_path):
    def broken():
        yield from batch(10)
        raise KeyboardInterrupt

    with Store(tmp_path) as store:
        with pytest.raises(KeyboardInterrupt):
            store.put_many(broken())
        with pytest.raises(StoreError, match="'exact' cannot be written"):
            store.put_many([*batch(10), ("a", "exact", {"details": {1, 2}})])
        assert store.count() == 0
        store.put_many(batch(10))
        store.put_many([("0" * 64, "simulation", {"again": True})])
        assert store.count() == 10
        assert store.rows(["0" * 64]) == {"0" * 64: {"again": True}}


def test_failures_last_until_the_task_succeeds(tmp_path):
    with Store(tmp_path) as store:
        store.fail("b", "exact", "quantum at 0.5", "ValueError: no")
        store.fail("a", "bound", "\ud800", "first")
        store.fail("a", "bound", "label", "second")
        assert store.failures() == [
            Failure("a", "bound", "label", "second"),
            Failure("b", "exact", "quantum at 0.5", "ValueError: no"),
        ]
        assert store.missing(["a", "b"]) == ["a", "b"]
        store.put_many([("a", "bound", {})])
        store.fail("a", "bound", "label", "too late")
        assert [failure.key for failure in store.failures()] == ["b"]
    with Store(tmp_path, read_only=True) as store:
        assert [failure.key for failure in store.failures()] == ["b"]


def test_a_complete_plan_is_remembered_until_a_row_is_deleted(tmp_path):
    with Store(tmp_path) as store:
        store.put_many(batch(3))
        assert not store.is_complete("digest")
        store.mark_complete("digest")
        store.mark_complete("digest")
        store.put_many(batch(5))
    with Store(tmp_path, read_only=True) as store:
        assert store.is_complete("digest")
        assert not store.is_complete("other")
    with sqlite3.connect(tmp_path / "results.sqlite") as database:
        database.execute("DELETE FROM results WHERE key = ?", [f"{1:064x}"])
    database.close()
    with Store(tmp_path) as store:
        assert not store.is_complete("digest")


def test_one_writer_and_readers_meanwhile(tmp_path):
    process = writer(tmp_path)
    assert process.stdout.readline() == "0\n"
    with pytest.raises(StoreError, match=rf"in use by another entsched run \(pid {process.pid}\)") as error:
        Store(tmp_path)
    assert one_line(error)
    with Store(tmp_path, read_only=True) as reader:
        with reader.snapshot():
            before = reader.count()
            while int(process.stdout.readline()) < before / 20 + 5:
                pass
            assert reader.count() == before == len(reader.keys())
        assert reader.count() >= before + 100
        with pytest.raises(StoreError, match="readonly"):
            reader.put_many([("a", "bound", {})])
    process.kill()
    process.communicate()
    with Store(tmp_path, read_only=True) as reader:
        assert reader.count() % 20 == 0
    with Store(tmp_path), pytest.raises(StoreError, match=f"pid {os.getpid()}"):
        Store(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["results.sqlite"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_made_by_fork_does_not_keep_the_lock(tmp_path):
    released, release = os.pipe()
    with Store(tmp_path):
        child = os.fork()
        if child == 0:
            os.close(release)
            os.read(released, 1)  # until the parent has closed its end
            os._exit(0)
    with Store(tmp_path) as store:
        assert store.count() == 0
    os.close(release)
    assert os.waitpid(child, 0)[1] == 0
    os.close(released)


def test_a_reader_makes_nothing(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(StoreError, match="holds no results, allowed"):
            Store(folder, read_only=True)
    assert list(tmp_path.iterdir()) == []
    with Store(tmp_path) as store:
        store.put_many(batch(3))
    with Store(tmp_path, read_only=True) as store:
        assert store.count() == 3
        assert [path.name for path in tmp_path.iterdir()] == ["results.sqlite"]


def test_kill_9_loses_nothing_that_was_written(tmp_path):
    dice = random.Random(1)
    for _ in range(3):
        process = writer(tmp_path)
        process.stdout.readline()
        time.sleep(dice.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        reported = process.communicate()[0].split()
        with Store(tmp_path) as store:
            rows = list(store.stream("simulation"))
            store.put_many([])
        sizes = {}
        for _, row in rows:
            assert len(row["text"]) == 2000
            sizes[row["batch"]] = sizes.get(row["batch"], 0) + 1
        assert set(sizes.values()) == {20}
        assert {0, *map(int, reported)} <= set(sizes)
    with sqlite3.connect(tmp_path / "results.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def test_a_full_disk_stops_the_writer_in_one_line_and_keeps_what_was_written(tmp_path):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    process = writer(tmp_path, preexec_fn=limit, stderr=subprocess.PIPE)
    reported, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.splitlines()[-1].startswith("entsched.errors.StoreError: ")
    assert "results.sqlite cannot be written" in errors.splitlines()[-1]
    batches = len(reported.split())
    assert batches > 5
    with Store(tmp_path, read_only=True) as store:
        assert store.count() == 20 * batches
    with Store(tmp_path) as store:
        store.put_many(batch(5, "bound"))
        assert store.count() == 20 * batches + 5


def foreign(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE results (key TEXT PRIMARY KEY, kind TEXT, row TEXT) WITHOUT ROWID")
    database.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("not a database" * 100), "not a database"),
        (foreign, "given tables of another version or program, allowed: version 1, or another --out"),
        (lambda path: path.mkdir(), "unable to open database file"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_other_files_are_refused_and_left_alone(tmp_path, make, words, read_only):
    path = tmp_path / "results.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=words if path.is_file() or not read_only else "holds no results") as error:
        Store(tmp_path, read_only=read_only)
    assert one_line(error)
    assert [file.name for file in tmp_path.iterdir()] == ["results.sqlite"]
    assert before is None or path.read_bytes() == before


def test_damage_is_found_when_it_is_read(tmp_path):
    with Store(tmp_path) as store:
        store.put_many(batch(2000))
    path = tmp_path / "results.sqlite"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot be read") as error, Store(tmp_path, read_only=True) as store:
        list(store.stream("simulation"))
    assert one_line(error)


def test_a_damaged_row_is_named(tmp_path):
    with Store(tmp_path) as store:
        store.put_many(batch(3))
    with sqlite3.connect(tmp_path / "results.sqlite") as database:
        database.execute("UPDATE results SET row = '{' WHERE key = ?", [f"{1:064x}"])
    database.close()
    with pytest.raises(StoreError, match=f"the row of {1:064x} is damaged"), Store(tmp_path) as store:
        store.rows([f"{1:064x}"])


def stored(folder, rows, kind="exact"):
    with Store(folder) as store:
        store.put_many([(f"{i:04}", kind, row) for i, row in enumerate(rows)][::-1])


VALUES = {
    "whole": some.integers(-(2**63), 2**63 - 1),
    "number": some.floats(allow_nan=False) | some.integers(-(2**53), 2**53),
    "truth": some.booleans(),
    "text": some.text(some.characters(codec="utf-8", exclude_characters="\x00")),
    "nested": some.lists(some.integers() | some.text(some.characters(codec="utf-8")), max_size=3),
}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.lists(some.fixed_dictionaries({}, optional=VALUES), min_size=1, max_size=8))
def test_tables_hold_what_the_store_holds(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("export")
    stored(folder, rows)
    made = export(folder, folder / "rows.parquet")
    assert export(folder, folder / "rows.csv") == made
    assert made.columns == ("key", *dict.fromkeys(name for row in rows for name in row))
    table = pyarrow.parquet.read_table(folder / "rows.parquet")
    expected = [{"key": f"{i:04}", **row} for i, row in enumerate(rows)]
    for row in expected:
        if "nested" in row:
            row["nested"] = json.dumps(row["nested"], separators=(",", ":"))
    assert table.to_pylist() == [{name: row.get(name) for name in made.columns} for row in expected]
    options = pyarrow.csv.ConvertOptions(
        column_types=table.schema, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
    )
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    assert pyarrow.csv.read_csv(folder / "rows.csv", parse_options=parsing, convert_options=options).equals(table)


def test_types_of_mixed_columns(tmp_path):
    first = {"mixed": 1, "number": 1, "large": 2**60, "huge": 2**70, "nothing": None, "half": "\ud800", "truth": True}
    second = {"mixed": "1", "number": 0.5, "large": 0.5, "huge": 1, "nothing": None, "half": "", "truth": 2}
    stored(tmp_path, [first, second])
    export(tmp_path, tmp_path / "a.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert [str(table.schema.field(name).type) for name in first] == [
        *("string", "double", "string", "string", "null", "string", "string")
    ]
    assert table.column("large").to_pylist() == [str(2**60), "0.5"]
    assert table.column("half").to_pylist() == ["\\ud800", ""]
    assert table.column("truth").to_pylist() == ["true", "2"]
    export(tmp_path, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["huge"] == str(2**70)


def test_long_tables_are_written_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("entsched.export.CHUNK", 700)
    stored(tmp_path, [{"number": i} for i in range(3001)])
    steps = []
    assert export(tmp_path, tmp_path / "a.parquet", progress=lambda *step: steps.append(step)).rows == 3001
    file = pyarrow.parquet.ParquetFile(tmp_path / "a.parquet")
    assert file.num_row_groups == 5
    assert file.read().column("number").to_pylist() == list(range(3001))
    assert steps[-1] == (6002, 6002)
    assert sorted(steps) == steps


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "a.csv"], "--kind: given none, allowed: bound (2 rows), exact (1 rows)"),
        (["--out", "a.csv", "--kind", "gain"], "--kind: given gain, allowed: bound (2 rows), exact (1 rows)"),
        (["--out", "a.xlsx", "--kind", "exact"], "'a.xlsx', allowed: a file that ends in .csv or .parquet"),
        (["--out", "/dev/null/a.csv", "--kind", "exact"], "/dev/null/a.csv cannot be written"),
        (["--out", "a.csv", "--kind", "bound"], "a value named 'key' themselves"),
    ],
)
def test_exports_that_cannot_be_are_refused(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    stored(tmp_path, [{"a": 1}])
    with Store(tmp_path) as store:
        store.put_many([("x", "bound", {"key": 1}), ("y", "bound", {})])
    error = CliRunner().invoke(app, ["export", str(tmp_path), *arguments]).exception
    assert isinstance(error, StoreError)
    assert words in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["results.sqlite"]


def test_the_verb_export(tmp_path):
    stored(tmp_path, [{"a": 1, "b": None}, {"a": 2}])
    result = CliRunner().invoke(app, ["export", str(tmp_path), "--out", str(tmp_path / "a.csv")])
    assert result.output == f"2 rows, 3 columns: {tmp_path / 'a.csv'}\n"
    assert (tmp_path / "a.csv").read_text() == '"key","a","b"\n"0000",1,\n"0001",2,\n'
    (tmp_path / "empty").mkdir()
    with Store(tmp_path / "empty"):
        pass
    with pytest.raises(StoreError, match="no rows yet"):
        export(tmp_path / "empty", tmp_path / "b.csv")
