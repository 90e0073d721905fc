"""What sweeps cost and what limits them: ``python -m benchmarks.scaling`` prints the tables of docs/scaling.md.

Names of tables as arguments print only those; the last one needs the figures of the others.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import extrapolation
from benchmarks.cells import (
    LARGE,
    ROUNDS,
    SMALL,
    WORKERS,
    Coordination,
    Cost,
    coordination,
    cost_by_pairs,
    overhead,
    seconds,
    speeds,
)
from benchmarks.figure import REPLICATIONS, SPLITTINGS
from benchmarks.rows import Throughput, throughput

#: Cells of a sweep whose overhead is measured, by their pairs.
SWEPT = {LARGE: 40, SMALL: 400}

STRATEGIES = 4

cost = cache(cost_by_pairs)
stored = cache(throughput)
coordinated = cache(coordination)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table in Markdown, with the load of the machine when it was measured."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    names = list(columns)
    print(f"\n{title} (load of the machine: {os.getloadavg()[0]:.1f}, cores: {os.cpu_count()})\n")
    print("\n".join([f"| {' | '.join(names)} |", "|" + "---|" * len(names), *body]), flush=True)


def cell() -> None:
    """The seconds of a cell by its pairs."""
    found: Cost = cost()
    lines = [
        (f"{pairs:,}", f"{1e3 * s:.3g} ms", f"{1e3 * found.cell_s(pairs):.3g} ms", f"{pairs / s / 1e6:.1f} million")
        for pairs, s in found.measured.items()
    ]
    table("One cell in one process", ("pairs", "median", "line", "pairs/s"), lines)
    print(f"\nThe line: {1e3 * found.fixed_s:.2f} ms a cell and {1e9 * found.pair_s:.1f} ns a pair.")


def sweep() -> None:
    """What a sweep adds to its cells."""
    lines = []
    for pairs, many in SWEPT.items():
        found = overhead(pairs, many)
        added = f"{found.percent:.1f} %", f"{1e3 * found.cell_s:.2f} ms"
        lines.append((f"{many} of {pairs:,} pairs", f"{found.bare_s:.2f} s", f"{found.sweep_s:.2f} s", *added))
    table("A serial sweep with a store on disk", ("cells", "alone", "in a sweep", "added", "added a cell"), lines)


def store() -> None:
    """What the store does in a second."""
    found: Throughput = stored()
    rates = {f"written in batches of {size:,}": rate for size, rate in found.written_per_s.items()}
    rates |= {"read": found.read_per_s, "keys looked up": found.missing_per_s, "all keys read": found.keys_per_s}
    sizes = f"{found.file_bytes:,.0f} bytes", f"{found.memory_bytes:,.0f} bytes"
    columns = (*rates, "of the file", "key in memory")
    table("The store, rows", columns, [(*(f"{rate:,.0f}/s" for rate in rates.values()), *sizes)])


def writer() -> None:
    """What a cell costs the process that plans, hands out and writes."""
    found: Coordination = coordinated()
    whole_s = found.plan_s + found.cell_s
    print(f"\nThe one process that plans and writes needs {1e6 * found.plan_s:.0f} µs to plan a cell and", end="")
    print(
        f" {1e6 * found.cell_s:.0f} µs to hand it out, take it in and write it: {1 / whole_s:,.0f} cells/s at most.",
        end="",
    )
    print(f" For a cell {found.bytes_out:,.0f} bytes travel to a worker, {found.bytes_back:,.0f} back.", flush=True)


def workers() -> None:
    """Cells of 200,000 pairs on all kinds of workers."""
    found = speeds()
    lines = []
    for name, runs in found.items():
        count = WORKERS.get(name, ("", 2))[1]
        ratio = median(run.pairs_per_s / one.pairs_per_s for run, one in zip(runs, found["serial"], strict=True))
        speed, begin_s = median(run.pairs_per_s for run in runs), median(run.begin_s for run in runs)
        kind = name if name not in WORKERS else f"{name}, {count}"
        lines.append((kind, f"{begin_s:.2f} s", f"{speed / 1e6:.1f} million", f"{ratio:.2f}", f"{ratio / count:.0%}"))
    columns = ("workers", "until the first row", "pairs/s", "times serial", "efficiency")
    table("Cells of 200,000 pairs side by side", columns, lines)


def figure() -> None:
    """A Pareto figure of 480 million pairs, and the same command once more."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.figure", str(LARGE), folder]
        found: dict[str, Any] = {}
        whole_s = seconds(lambda: found.update(json.loads(_output(command))))
        cells = STRATEGIES * SPLITTINGS * REPLICATIONS
        config = Path(folder) / "config.yaml"
        again = [sys.executable, "-m", "entsched.cli", "run", str(config), "--out", folder]
        again_s = median(seconds(lambda: _output(again)) for _ in range(ROUNDS))
    parts = found["parts"] | {"together": found["total_s"], "the whole process": whole_s}
    title = f"A Pareto figure: {cells:,} cells, {cells * LARGE:,} pairs, one core"
    table(title, parts, [[f"{spent:.1f} s" for spent in parts.values()]])
    print(f"\nRun again with nothing to do: {found['resume_s']:.2f} s in the process,", end="")
    print(f" {again_s:.1f} s the whole command.")


def extrapolated() -> None:
    """What large sweeps cost."""
    one, written, held = cost(), coordinated(), stored()
    measured = extrapolation.Measured(
        fixed_s=one.fixed_s,
        pair_s=one.pair_s,
        writer_s=written.plan_s + written.cell_s,
        traffic=written.bytes_out + written.bytes_back,
        file_bytes=held.file_bytes,
        memory_bytes=held.memory_bytes,
    )
    times = ("1 worker" if count == 1 else f"{count} workers" for count in extrapolation.WORKERS)
    columns = ("sweep", *times, "file", "keys in memory", "network of a worker", "most workers")
    table("Extrapolated, each worker with a core of its own", columns, extrapolation.rows(measured))


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


TABLES = {each.__name__: each for each in (cell, sweep, store, writer, workers, figure, extrapolated)}


def main(names: list[str]) -> None:
    """Print the tables of these names, or all.

    Raises
    ------
    SystemExit
        If there is no such table.
    """
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise SystemExit(f"table: given {unknown[0]!r}, allowed: {', '.join(TABLES)}")
    for name in names or TABLES:
        TABLES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
