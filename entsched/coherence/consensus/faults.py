"""Random crashes and partitions, drawn ahead as a timetable."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from entsched.coherence.consensus.settings import Crash, Faults, Partition


def timetable(
    faults: Faults, nodes: int, duration_s: float, generator: np.random.Generator
) -> tuple[tuple[Crash, ...], tuple[Partition, ...]]:
    """All crashes and partitions of a run: the explicit ones and those that are drawn.

    Both states last for exponential times, and a run begins in the stationary law and ends with what it finds.

    Parameters
    ----------
    nodes : of the cluster
    duration_s : of the run

    Examples
    --------
    >>> crashes, partitions = timetable(Faults(down_share=0.5), 3, 100.0, np.random.default_rng(1))
    >>> {crash.node for crash in crashes}, partitions
    ({0, 1, 2}, ())
    """
    crashes = [
        Crash(node=node, start_s=start_s, stop_s=stop_s)
        for node in range(nodes)
        for start_s, stop_s in _periods(faults.down_share, faults.mean_down_s, duration_s, generator)
    ]
    partitions = [
        Partition(side=_side(nodes, generator), start_s=start_s, stop_s=stop_s)
        for start_s, stop_s in _periods(faults.divided_share, faults.mean_divided_s, duration_s, generator)
    ]
    return (*faults.crashes, *crashes), (*faults.partitions, *partitions)


def _periods(
    share: float, mean_s: float, duration_s: float, generator: np.random.Generator
) -> Iterator[tuple[float, float]]:
    """Periods that take a share of the time, each Exp(mean_s) long."""
    if share == 0:
        return
    between_s = mean_s * (1 - share) / share
    start_s = 0.0 if generator.random() < share else generator.exponential(between_s)
    while start_s < duration_s:
        stop_s = start_s + max(generator.exponential(mean_s), 1e-9 * duration_s)
        yield start_s, min(stop_s, duration_s)
        start_s = stop_s + generator.exponential(between_s)


def _side(nodes: int, generator: np.random.Generator) -> tuple[int, ...]:
    """One of two groups, each node in either with probability 1/2, neither empty."""
    while True:
        side = tuple(int(node) for node in np.flatnonzero(generator.random(nodes) < 0.5))
        if 0 < len(side) < nodes:
            return side
