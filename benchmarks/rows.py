"""What the store does in a second: rows written in batches, keys read, keys looked up; and what a row takes."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.cells import SMALL, cells, seconds
from entsched.store import Store
from entsched.tasks import Row

#: Rows a batch, and the rows that are written in batches of that size.
BATCHES = {1: 2_000, 25: 50_000, 1_000: 100_000}


class Throughput(NamedTuple):
    """Rows written a second by rows a batch; of the largest store, keys read and looked up a second, and sizes."""

    written_per_s: dict[int, float]
    keys_per_s: float
    missing_per_s: float
    read_per_s: float
    file_bytes: float
    memory_bytes: float


def throughput() -> Throughput:
    """Fill a store for each size of batch with rows of simulations, under keys as random as theirs."""
    row = cells(SMALL, 1)[0].evaluate()
    written: dict[int, float] = {}
    for size, total in BATCHES.items():
        keys = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(total)]
        with tempfile.TemporaryDirectory() as name:
            with Store(name) as store:
                written[size] = total / seconds(lambda: _write(store, keys, size, row))  # noqa: B023
                found: set[str] = set()
                keys_s = seconds(lambda: found.update(store.keys()))  # noqa: B023
                missing_s = seconds(lambda: store.missing(keys))  # noqa: B023
                read_s = seconds(lambda: sum(1 for _ in store.stream("simulation")))
            file_bytes = (Path(name) / "results.sqlite").stat().st_size / total
    memory = (sys.getsizeof(found) + sum(map(sys.getsizeof, found))) / total
    return Throughput(written, total / keys_s, total / missing_s, total / read_s, file_bytes, memory)


def _write(store: Store, keys: list[str], size: int, row: Row) -> None:
    for start in range(0, len(keys), size):
        store.put_many((key, "simulation", row) for key in keys[start : start + size])
