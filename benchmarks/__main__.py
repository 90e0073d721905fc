"""Run all benchmarks and print what they measured: medians of several runs, one core."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks.lean_simpy import lean_seconds
from entsched.routing import _classical_curve, _quantum_curve
from entsched.sim.task import Replication
from entsched.tasks import BoundTask
from entsched.workload import Workload

POINTS = [i / 40 for i in range(41)]
TWO_TYPES = Workload(
    arrival_rate_hz=0.5,
    service={"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]},  # type: ignore[arg-type]
)


def exponential(bins: int) -> Workload:
    """Exp(1) service in equiprobable bins at load 0.9."""
    return Workload(arrival_rate_hz=0.9, service={"law": "exponential", "mean_s": 1.0, "bins": bins})  # type: ignore[arg-type]


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The median processor time of some runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def all_sets(workload: Workload) -> None:
    """Both ends of every set at 41 values of p, nothing remembered."""
    _classical_curve.cache_clear()
    _quantum_curve.cache_clear()
    for p in POINTS:
        BoundTask(workload=workload, splitting=p).evaluate()


def pairs_per_second(rate: float, pairs: int = 10_000) -> tuple[float, float]:
    """The event model, from a replication to its figures, and lean simpy, run in turns: medians."""
    replication = Replication(
        workload=TWO_TYPES.model_copy(update={"arrival_rate_hz": rate}),
        baseline={"law": "power", "exponent": 2},  # type: ignore[arg-type]
        strategy={"name": "classical-optimal"},  # type: ignore[arg-type]
        splitting=0.25,
        pairs=pairs,
        replication=0,
        engine="simpy",
    )
    ours, lean = [], []
    for _ in range(15):
        ours.append(pairs / seconds(replication.simulate, 1))
        lean.append(pairs / lean_seconds(pairs, rate))
    return statistics.median(ours), statistics.median(lean)


def help_seconds() -> float:
    """Wall time of ``entsched --help``."""
    times = []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "entsched.cli", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    table = Table(title="entsched, medians on one core")
    for column in ("what", "measured", "goal"):
        table.add_column(column)
    for name, workload, repeats, goal in (
        ("two types", TWO_TYPES, 5, 1),
        ("40 exponential bins", exponential(40), 5, 5),
        ("400 exponential bins", exponential(400), 3, 20),
    ):
        took = seconds(lambda workload=workload: all_sets(workload), repeats)  # type: ignore[misc]
        table.add_row(f"all sets at 41 values of p, {name}", f"{took:.2f} s", f"< {goal} s")
    for rate in (0.5, 0.9):
        ours, lean = pairs_per_second(rate)
        table.add_row(f"event model, all of a replication, load {rate:g}", f"{ours:,.0f} pairs/s", "> 50,000 pairs/s")
        peer = f"{lean:,.0f} pairs/s: the event model reaches {ours / lean:.2f} of it"
        table.add_row("  lean simpy, no routers, no baseline", peer, "the limit")
    table.add_row("entsched --help", f"{help_seconds():.2f} s", "< 0.4 s")
    Console().print(table)


if __name__ == "__main__":
    main()
