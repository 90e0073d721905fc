"""Who simulates the queues: our engines and their peers, each from a number of pairs and a seed to what it measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks import numba_queue, numpy_queue, resource_simpy
from benchmarks.lean_simpy import lean_seconds
from benchmarks.peers import PEER, outcome
from benchmarks.simple_model import ARRIVAL_RATE_HZ, SERVICES_S
from entsched.sim.task import Replication
from entsched.strategies import registry
from entsched.workload import Workload

#: What a pair is in memory: a gap, two requirements, two servers; written once and read once.
BYTES_A_PAIR = 8 + 2 * 8 + 2 * 1

SIMPLE = Workload(
    arrival_rate_hz=ARRIVAL_RATE_HZ,
    service={"law": "discrete", "values_s": list(SERVICES_S), "probabilities": [0.5, 0.5]},  # type: ignore[arg-type]
    order="a_first",
)

#: The strategies our engines run, with their splitting probabilities: fair routers, the classical optimum, a plugin.
SPLITTING = {"random": 0.5, "classical-optimal": 0.25, "quantum-optimal": 0.25, "taking-turns": None}

#: The Bell pairs of ``quantum-optimal``: two for each request on average, stored for a few seconds.
STORED = {"supply": {"law": "poisson", "rate_hz": 2 * ARRIVAL_RATE_HZ}, "memory": {"t2_s": 5.0}}

registry.BUILT_IN["taking-turns"] = "benchmarks.numpy_plugin:TakingTurns"


class Measured(NamedTuple):
    """What one run took and found; None where it looks for no such thing."""

    pairs_per_s: float
    mean_wait_s: float | None = None
    baseline_rate: float | None = None


#: From a number of pairs and a seed to what was measured; None if the contender is not installed.
Run = Callable[[int, int], Measured | None]


class Contender(NamedTuple):
    """A way to simulate, how its work differs from the others', and pairs that take about a second."""

    name: str
    work: str
    pairs: int
    run: Run


def replication(engine: str, strategy: str, pairs: int, seed: int, order: str = "random") -> Replication:
    """A replication of ours without warm-up."""
    return Replication(
        workload=SIMPLE.model_copy(update={"order": order}),
        baseline={"law": "power", "exponent": 2},  # type: ignore[arg-type]
        strategy={"name": strategy},  # type: ignore[arg-type]
        splitting=SPLITTING[strategy],
        pairs=pairs,
        seed=seed,
        replication=0,
        warmup_fraction=0.0,
        engine=engine,  # type: ignore[arg-type]
        entanglement=STORED,  # type: ignore[arg-type]
    )


def ours(engine: str, strategy: str, order: str = "random") -> Run:
    """One of our engines, from a replication to its figures."""

    def work(pairs: int, seed: int) -> tuple[float, float]:
        figures = replication(engine, strategy, pairs, seed, order).simulate()
        return figures.mean_wait_s, figures.baseline_rate

    return _timed(work)


def simple_model() -> list[Contender]:
    """Who simulates the simple model, or a part of it; the first is the reference."""
    more = "more: types, a baseline task, quantiles and intervals of waits"
    less = f"less: {BYTES_A_PAIR} bytes a pair are copied, nothing else"
    return [
        Contender("entsched, fast", more, 8_000_000, ours("fast", "random", "a_first")),
        Contender("entsched, simpy", more, 60_000, ours("simpy", "random", "a_first")),
        Contender("Ciw", "a record for each customer", 6_000, _ciw),
        Contender("simpy, Resource", "waits", 10_000, _timed(_waits_alone(resource_simpy.mean_wait_s))),
        Contender("simpy, PreemptiveResource", "waits, a baseline task", 6_000, _timed(resource_simpy.with_baseline)),
        Contender("lean simpy", "less: no routers, no waits, draws not timed", 60_000, _lean),
        Contender("numpy", "the sum of waits", 8_000_000, _timed(_waits_alone(numpy_queue.mean_wait_s))),
        Contender("numba kernel", "the sum of waits", 20_000_000, _timed(_waits_alone(numba_queue.mean_wait_s))),
        Contender("copies in memory", less, 100_000_000, _copying(5_000_000)),
        Contender("copies in cache", less, 400_000_000, _copying(5_000)),
    ]


def full_model() -> list[Contender]:
    """Our engines on our model; the first is the reference."""
    return [
        Contender("fast", "classical-optimal, p = 0.25", 8_000_000, ours("fast", "classical-optimal")),
        Contender("simpy", "classical-optimal, p = 0.25", 60_000, ours("simpy", "classical-optimal")),
        Contender("fast", "quantum-optimal, pairs made, stored and aged", 4_000_000, ours("fast", "quantum-optimal")),
        Contender("simpy", "quantum-optimal, pairs made, stored and aged", 40_000, ours("simpy", "quantum-optimal")),
        Contender("fast", "plugin with the pair's index, in arrays", 4_000_000, ours("fast", "taking-turns")),
        Contender("simpy", "plugin with the pair's index, one by one", 40_000, ours("simpy", "taking-turns")),
    ]


def _copying(block: int) -> Run:
    """Copy what a block of pairs is in memory, again and again: each byte is read once and written once."""

    def run(pairs: int, seed: int) -> Measured:
        source = np.ones(block * BYTES_A_PAIR, dtype=np.uint8)
        target = np.zeros_like(source)
        start = time.process_time()
        for _ in range(0, pairs, block):
            np.copyto(target, source)
        return Measured(pairs / (time.process_time() - start))

    return run


def _timed(work: Callable[[int, int], tuple[float, float | None]]) -> Run:
    """Measure the processor time of all that leads from a seed to mean wait and baseline rate."""

    def run(pairs: int, seed: int) -> Measured:
        start = time.process_time()
        figures = work(pairs, seed)
        return Measured(pairs / (time.process_time() - start), *figures)

    return run


def _waits_alone(mean_wait_s: Callable[[int, int], float]) -> Callable[[int, int], tuple[float, None]]:
    return lambda pairs, seed: (mean_wait_s(pairs, seed), None)


def _lean(pairs: int, seed: int) -> Measured:
    return Measured(pairs / lean_seconds(pairs, ARRIVAL_RATE_HZ))


def _ciw(pairs: int, seed: int) -> Measured | None:
    """Ciw in its own environment."""
    if not PEER.exists():
        return None
    found = outcome([str(PEER), "-m", "benchmarks.ciw_peer", str(pairs), str(seed)])
    return None if "text" in found else Measured(pairs / found["seconds"], found["mean_wait_s"])  # type: ignore[operator, arg-type]
