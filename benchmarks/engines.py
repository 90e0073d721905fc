"""Engines side by side, in turns on one core: ``python -m benchmarks.engines`` prints the tables.

The speed of a machine varies, so every round runs all contenders once, and ratios are taken within rounds.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean, median
from typing import NamedTuple

from benchmarks.contenders import Contender, Measured, full_model, replication, simple_model
from benchmarks.peers import outcome
from entsched.queueing import evaluate
from entsched.sim.task import Replication
from entsched.strategies.compiling import memoryless_table
from entsched.tasks import ExactTask

ROUNDS = 5
WARM_UP_PAIRS = 1000

#: Bounds on the standard deviations of a run's mean wait (s) and baseline rate, times the square root of its pairs.
WAIT_DEVIATION, BASELINE_DEVIATION = 6.0, 20.0

#: How many standard deviations a figure may be off.
ALLOWED = 4


def rounds(contenders: Sequence[Contender]) -> list[list[Measured | None]]:
    """What each contender measured in each round; all are compiled and in memory before the first."""
    for contender in contenders:
        contender.run(WARM_UP_PAIRS, 0)
    turns = [[contender.run(contender.pairs, seed) for contender in contenders] for seed in range(1, ROUNDS + 1)]
    return [list(column) for column in zip(*turns, strict=True)]


class Exact(NamedTuple):
    """What a replication should measure."""

    mean_wait_s: float
    baseline_rate: float


def exact(cell: Replication) -> Exact:
    """The exact figures of a replication whose routing has no memory, or that of the pairs it uses."""
    if cell.is_supplied:
        kept = ("workload", "baseline", "strategy", "splitting", "entanglement")
        row = ExactTask(**{name: getattr(cell, name) for name in kept}).evaluate()
        return Exact(row["mean_wait_s"], row["baseline_rate"])
    plan = cell.strategy.compiled(cell.scenario)
    metrics = evaluate(cell.workload, memoryless_table(plan, cell.workload), cell.baseline)
    return Exact(metrics.mean_wait_s, metrics.baseline_rate)


def print_table(contenders: Sequence[Contender], expected: Sequence[Exact]) -> None:
    """One row a contender; the first one is what the others are compared with."""
    print("| engine | work | pairs/s | speed of first row / of this | mean wait, s (exact) | baseline rate (exact) |")
    print("|---|---|---|---|---|---|")
    measured = rounds(contenders)
    for contender, metrics, runs in zip(contenders, expected, measured, strict=True):
        print("| " + " | ".join(row(contender, metrics, runs, measured[0])) + " |", flush=True)


def row(
    contender: Contender, expected: Exact, runs: Sequence[Measured | None], reference: Sequence[Measured | None]
) -> tuple[str, ...]:
    """Medians of a contender's rounds, and the median of the ratios within rounds."""
    pairs = [(run, other) for run, other in zip(runs, reference, strict=True) if run and other]
    if len(pairs) < len(runs):
        return contender.name, contender.work, "not installed", "-", "-", "-"
    speed = median(run.pairs_per_s for run, _ in pairs)
    ratio = median(other.pairs_per_s / run.pairs_per_s for run, other in pairs)
    wait = checked(contender, [run.mean_wait_s for run, _ in pairs], expected.mean_wait_s, WAIT_DEVIATION)
    rate = checked(contender, [run.baseline_rate for run, _ in pairs], expected.baseline_rate, BASELINE_DEVIATION)
    times = f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
    return contender.name, contender.work, f"{speed:,.0f}", times, wait, rate


def checked(contender: Contender, found: Sequence[float | None], expected: float, deviation: float) -> str:
    """The mean of all rounds with the bound on its standard deviation, beside the exact figure.

    Raises
    ------
    SystemExit
        If they differ by more than chance allows.
    """
    figures = [figure for figure in found if figure is not None]
    if not figures:
        return "-"
    mean, error = fmean(figures), deviation / (contender.pairs * len(figures)) ** 0.5
    if abs(mean - expected) > ALLOWED * error:
        raise SystemExit(f"{contender.name}: given {mean:.5f}, allowed: {expected:.5f} ± {ALLOWED * error:.5f}")
    return f"{mean:.4f} ± {error:.4f} ({expected:.4f})"


def threads_ratio(pairs: int = 3_000_000) -> float:
    """How much sooner two threads are done with four cells than one: a median over rounds."""
    ratios = []
    for seed in range(1, ROUNDS + 1):
        cells = [replication("fast", "classical-optimal", pairs, 4 * seed + k) for k in range(4)]
        seconds = []
        for workers in (1, 2):
            start = time.perf_counter()
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(Replication.simulate, cells))
            seconds.append(time.perf_counter() - start)
        ratios.append(seconds[0] / seconds[1])
    return median(ratios)


def one_run(pairs: int) -> None:
    """Simulate one replication in this process, and print its speed and the peak of its memory."""
    replication("fast", "classical-optimal", WARM_UP_PAIRS, 0).simulate()
    start = time.process_time()
    replication("fast", "classical-optimal", pairs, 1).simulate()
    speed = pairs / (time.process_time() - start)
    print(json.dumps({"speed": speed, "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def print_memory() -> None:
    """The speed and memory of short and long runs; before all else, because a process inherits its parent's peak."""
    print("| pairs in one run | pairs/s | peak memory |\n|---|---|---|")
    for pairs in (10**6, 10**8):
        found = outcome([sys.executable, "-m", "benchmarks.engines", str(pairs)])
        print(f"| {pairs:,} | {found['speed']:,.0f} | {found['memory_mb']:.0f} MB |", flush=True)


def main() -> None:
    """Print all tables."""
    print_memory()
    print(f"\nTwo threads are done with four cells {threads_ratio():.2f} times sooner than one", end="")
    print(f" (load of the machine: {os.getloadavg()[0]:.1f}, cores: {os.cpu_count()}).")
    print("\nThe simple model: pairs of requests, two fair coins, two servers.\n")
    fair = exact(replication("fast", "random", 10, 0, "a_first"))
    contenders = simple_model()
    print_table(contenders, [fair] * len(contenders))
    print("\nOur model: a strategy, a baseline task that customers interrupt, random order in a shared server.\n")
    cells = [replication("fast", name, 10, 0) for name in ("classical-optimal", "quantum-optimal", "taking-turns")]
    print_table(full_model(), [exact(cell) for cell in cells for _ in range(2)])


if __name__ == "__main__":
    one_run(int(sys.argv[1])) if len(sys.argv) > 1 else main()
