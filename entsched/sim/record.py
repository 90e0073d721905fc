"""What an engine records of a run, in memory that does not grow with it, and the figures that follow."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entsched.sim import tail
from entsched.sim.draws import Draws
from entsched.sim.kernels import add_by_pair
from entsched.sim.statistics import batch_means
from entsched.sim.windows import Window, windows

Floats = NDArray[np.float64]

#: The columns of a table of batches: sums over the pairs of the batch, and over the stretches they ended.
COLUMNS = (
    "pairs",
    "time_s",
    "customers_0",
    "wait_s",
    "wait_0_s",
    "splits",
    "work_s",
    "work_squared_s2",
    "met_product_s2",
    "output_0",
    "output_1",
    "bell_pairs",
    "bell_age_s",
)

#: The columns of a table of what a monitor finds, by batch: see :class:`entsched.sim.windows.Window`.
MONITORED = ("tests", "wins", "scored", "score_sum")

#: The most batches of a run; a batch has 5 pairs, or 5 times the power of 2 that keeps to it.
MOST_BATCHES = 4096
SMALLEST_BATCH = 5


@dataclass(frozen=True)
class Layout:
    """How a run of ``pairs`` pairs is cut: into batches, and into slices that count waits.

    Examples
    --------
    >>> layout = Layout(200_000, 0.1)
    >>> layout.size, layout.batches, layout.slice_edges
    (80, 2500, (0, 250))
    """

    pairs: int
    warm_up: float

    @cached_property
    def size(self) -> int:
        """Pairs in a batch; the last one also takes what is left."""
        least = self.pairs / (SMALLEST_BATCH * MOST_BATCHES)
        return SMALLEST_BATCH * 2 ** max(0, math.ceil(math.log2(least)))

    @cached_property
    def batches(self) -> int:
        """How many batches there are."""
        return max(1, self.pairs // self.size)

    @cached_property
    def slice_edges(self) -> tuple[int, ...]:
        """The first batch of each slice of counted waits: of the warm-up, if there is one, and of what counts."""
        return tuple(sorted({0, min(int(self.batches * self.warm_up + 1e-9), self.batches - 1)}))


@dataclass(frozen=True, eq=False)
class Record:
    """One run: sums by batch, shape (batches, COLUMNS), and counts of waits by slice, shape (slices, bins).

    ``monitored`` has the sums of a monitor, shape (batches, MONITORED); they stay 0 without one.
    """

    layout: Layout
    sums: Floats
    waits: NDArray[np.int64]
    monitored: Floats

    @classmethod
    def empty(cls, layout: Layout) -> Record:
        """A record of nothing yet."""
        shape = (len(layout.slice_edges), tail.BINS)
        sums, monitored = (np.zeros((layout.batches, len(columns))) for columns in (COLUMNS, MONITORED))
        return cls(layout, sums, np.zeros(shape, dtype=np.int64), monitored)

    @classmethod
    def of(
        cls,
        layout: Layout,
        draws: Draws,
        servers: NDArray[np.integer],
        waits_s: Floats,
        stretches: Sequence[tuple[NDArray[np.integer], Floats]],
        ages_s: Floats,
    ) -> Record:
        """The record of a run that was kept whole.

        Parameters
        ----------
        servers, waits_s : shape (2, pairs), router A first; waits in seconds
        stretches : for each server, the pairs that ended its stretches, and their outputs
        ages_s : of the Bell pairs that they were routed with, below 0 where there was none; empty without any
        """
        record = cls.empty(layout)
        batch = np.minimum(np.arange(layout.pairs) // layout.size, layout.batches - 1)
        to_0 = servers == 0
        met = servers[0] == servers[1]
        s_a, s_b = draws.requirements_s
        columns = {
            "pairs": np.ones(layout.pairs),
            "time_s": draws.gaps_s,
            "customers_0": to_0.sum(axis=0),
            "wait_s": waits_s.sum(axis=0),
            "wait_0_s": (waits_s * to_0).sum(axis=0),
            "splits": ~met,
            "work_s": s_a + s_b,
            "work_squared_s2": s_a**2 + s_b**2,
            "met_product_s2": met * s_a * s_b,
        }
        for name, values in columns.items():
            record.sums[:, COLUMNS.index(name)] = np.bincount(batch, values, layout.batches)
        for server, (enders, outputs) in enumerate(stretches):
            column = COLUMNS.index(f"output_{server}")
            record.sums[:, column] = np.bincount(batch[enders], outputs, layout.batches)
        record.add_bell_pairs(ages_s, 0)
        record.count_waits(waits_s, 0)
        return record

    def add_bell_pairs(self, ages_s: Floats, first: int) -> None:
        """Add the Bell pairs that routed consecutive pairs of requests, by their ages in seconds; below 0 is none."""
        columns: dict[str, Floats] = {
            "bell_pairs": (ages_s >= 0).astype(np.float64),
            "bell_age_s": np.maximum(ages_s, 0.0),
        }
        for name, values in columns.items():
            add_by_pair(self.sums, COLUMNS.index(name), self.layout.size, first, values)

    def add_monitored(self, name: str, values: Floats, first: int) -> None:
        """Add what a monitor found in each of consecutive pairs, of which ``first`` is the first's index."""
        add_by_pair(self.monitored, MONITORED.index(name), self.layout.size, first, values)

    def count_waits(self, waits_s: Floats, first: int) -> None:
        """Count the waits of consecutive pairs, shape (2, pairs), of which ``first`` is the first's index."""
        place = first
        while place < first + waits_s.shape[1]:
            edge = bisect_right(self._edges, place)
            end = min(self._edges[edge], first + waits_s.shape[1])
            tail.count(waits_s[:, place - first : end - first], self.waits[edge - 1])
            place = end

    @cached_property
    def _edges(self) -> list[float]:
        """The first pair of each slice, and infinity."""
        return [*(edge * self.layout.size for edge in self.layout.slice_edges), math.inf]

    def figures(
        self,
        thresholds_s: Sequence[float] = (),
        expected: Mapping[str, float] = {},
        endless_rate: float = math.inf,
        many_windows: int = 0,
    ) -> RunFigures:
        """The figures of all pairs after the warm-up.

        Parameters
        ----------
        thresholds_s : waits at which the tail is read, seconds
        expected : averages by pair whose expectation is known, by column, for control variates
        endless_rate : the baseline rate of a server that no customer interrupts, if finite
        many_windows : how many windows of a monitor the run has, if any
        """
        first = self.layout.slice_edges[-1]
        kept = dict(zip(COLUMNS, self.sums[first:].T, strict=True))
        total = {name: float(column.sum()) for name, column in kept.items()}
        customers = 2 * total["pairs"]
        to_0, to_1 = total["customers_0"], customers - total["customers_0"]
        for server, visits in enumerate((to_0, to_1)):
            if not visits and math.isfinite(endless_rate):
                kept[f"output_{server}"] = endless_rate * kept["time_s"]
        outputs = kept["output_0"] + kept["output_1"]
        waits = self.waits[-1]
        wait_interval = batch_means(kept["wait_s"], 2 * kept["pairs"])
        rate_interval = batch_means(outputs, kept["time_s"])
        return RunFigures(
            mean_wait_s=wait_interval.mean,
            baseline_rate=rate_interval.mean,
            split_fraction=total["splits"] / total["pairs"],
            server_wait_s=(
                total["wait_0_s"] / to_0 if to_0 else None,
                (total["wait_s"] - total["wait_0_s"]) / to_1 if to_1 else None,
            ),
            server_baseline_rate=(
                float(kept["output_0"].sum()) / total["time_s"],
                float(kept["output_1"].sum()) / total["time_s"],
            ),
            server_share=(to_0 / customers, to_1 / customers),
            wait_quantiles_s=tuple(tail.quantiles(waits, QUANTILES)),
            wait_tail=tuple(tail.above(waits, thresholds_s)),
            mean_wait_half_width_s=wait_interval.half_width,
            baseline_rate_half_width=rate_interval.half_width,
            mean_wait_controlled_s=_controlled_wait(kept, expected),
            warm_up_fraction=first / self.layout.batches,
            bell_pair_share=total["bell_pairs"] / total["pairs"],
            mean_bell_age_s=total["bell_age_s"] / total["bell_pairs"] if total["bell_pairs"] else None,
            monitor=self._windows(many_windows),
        )

    def _windows(self, many: int) -> tuple[Window, ...]:
        """What a monitor found in the whole run, warm-up included."""
        time_s = self.sums[:, COLUMNS.index("time_s")]
        return windows({"time_s": time_s} | dict(zip(MONITORED, self.monitored.T, strict=True)), many)

    @property
    def waits_by_batch_s(self) -> Floats:
        """The summed waits of a pair, batch by batch, in seconds: the series in which a warm-up shows."""
        by_batch: Floats = self.sums[:, COLUMNS.index("wait_s")] / self.sums[:, COLUMNS.index("pairs")]
        return by_batch


def _controlled_wait(kept: Mapping[str, Floats], expected: Mapping[str, float]) -> float:
    """The mean wait by regression over large batches on columns with known expectations by pair.

    The coefficients of each half of the run come from the other half, so that they bring no bias.
    """
    many = min(CONTROL_BATCHES, len(kept["pairs"])) // 2
    if many < 2 * len(expected) or not expected:
        return float(kept["wait_s"].sum() / (2 * kept["pairs"].sum()))
    starts = np.arange(2 * many) * len(kept["pairs"]) // (2 * many)
    large = {name: np.add.reduceat(column, starts) for name, column in kept.items()}
    waits = large["wait_s"] / (2 * large["pairs"])
    off = np.array([large[name] / large["pairs"] - mean for name, mean in expected.items()]).T
    halves = slice(0, many), slice(many, None)
    estimates = [
        waits[here].mean() - off[here].mean(axis=0) @ _slopes(waits[there], off[there])
        for here, there in (halves, halves[::-1])
    ]
    return float(np.mean(estimates))


def _slopes(values: Floats, controls: Floats) -> Floats:
    centred = controls - controls.mean(axis=0)
    slopes: Floats = np.linalg.lstsq(centred, values - values.mean(), rcond=1e-9)[0]
    return slopes


#: How many large batches control variates are fitted to.
CONTROL_BATCHES = 50

#: The fractions of customers for which a run reports the longest wait among them.
QUANTILES = (0.5, 0.9, 0.99, 0.999, 0.9999)


@dataclass(frozen=True)
class RunFigures:
    """What one run measured after its warm-up, in seconds and output per second.

    Attributes
    ----------
    server_wait_s, server_baseline_rate, server_share : one figure for each server; the share is of customers,
        and a server without any has no wait
    wait_quantiles_s : the waits that the fractions QUANTILES of customers do not exceed
    wait_tail : the fractions of customers that wait longer than each threshold that was asked for
    mean_wait_half_width_s, baseline_rate_half_width : of 95 % intervals by batch means, from this run alone
    mean_wait_controlled_s : the mean wait, corrected by what is known of the run's luck (control variates)
    warm_up_fraction : what was left out
    bell_pair_share : the fraction of pairs of requests that were routed with a Bell pair of a supply
    mean_bell_age_s : the mean age at which they were
    monitor : what a Bell test found in each part of the run, from its start; empty without one
    """

    mean_wait_s: float
    baseline_rate: float
    split_fraction: float
    server_wait_s: tuple[float | None, float | None]
    server_baseline_rate: tuple[float, float]
    server_share: tuple[float, float]
    wait_quantiles_s: tuple[float, ...]
    wait_tail: tuple[float, ...]
    mean_wait_half_width_s: float
    baseline_rate_half_width: float
    mean_wait_controlled_s: float
    warm_up_fraction: float
    bell_pair_share: float
    mean_bell_age_s: float | None
    monitor: tuple[Window, ...] = ()
