"""What large sweeps cost on many workers, from what was measured on few: time, space, network, and what limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.cells import LARGE, SMALL


class Sweep(NamedTuple):
    """Cells that are all alike."""

    name: str
    cells: int
    pairs: int


SWEEPS = (
    Sweep("10^9 pairs", 5_000, LARGE),
    Sweep("10^6 small cells, 10^9 pairs", 10**6, SMALL),
    Sweep("10^6 cells, 2 x 10^11 pairs", 10**6, LARGE),
)

WORKERS = (1, 10, 100)


class Measured(NamedTuple):
    """What was measured.

    Attributes
    ----------
    fixed_s, pair_s : the seconds of a cell on a worker, and of each pair in it
    writer_s : the seconds of a cell in the one process that plans, hands out and writes
    traffic : the bytes that travel for a cell
    file_bytes, memory_bytes : of a row in the file, and of its key in the memory of the writer
    """

    fixed_s: float
    pair_s: float
    writer_s: float
    traffic: float
    file_bytes: float
    memory_bytes: float


def rows(measured: Measured) -> Iterator[tuple[str, ...]]:
    """For each sweep: the times, the file, keys in memory, network of a busy worker, how many workers are of use."""
    for sweep in SWEEPS:
        cell_s = measured.fixed_s + measured.pair_s * sweep.pairs
        times = (duration(sweep.cells * max(cell_s / workers, measured.writer_s)) for workers in WORKERS)
        sizes = (f"{sweep.cells * size / 1e6:,.0f} MB" for size in (measured.file_bytes, measured.memory_bytes))
        network = f"{measured.traffic / cell_s / 1e3:.0f} kB/s"
        yield sweep.name, *times, *sizes, network, f"{cell_s / measured.writer_s:.0f}"


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
