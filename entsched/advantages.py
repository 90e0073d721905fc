"""Where entanglement helps, and by how much: with perfect pairs, and with those of the experiment."""

from __future__ import annotations

from typing import Any

from entsched.entanglement import Entanglement
from entsched.report import Report
from entsched.strategies.base import Resource

Row = dict[str, Any]


def largest_advantage(bounds: list[Row]) -> Row | None:
    """The row in which the certified advantage is largest, or None if there is no strict one."""
    strict = [row for row in bounds if row["strict"]]
    return max(strict, key=lambda row: float(row["advantage_s"])) if strict else None


def advantage_ranges(bounds: list[Row]) -> list[tuple[float, float]]:
    """The runs of neighbouring p, of those that were bounded, with a strict certified advantage."""
    ranges: list[tuple[float, float]] = []
    open_at: float | None = None
    last = 0.0
    for row in sorted(bounds, key=lambda row: float(row["splitting"])):
        if row["strict"] and open_at is None:
            open_at = row["splitting"]
        if not row["strict"] and open_at is not None:
            ranges.append((open_at, last))
            open_at = None
        last = row["splitting"]
    return ranges if open_at is None else [*ranges, (open_at, last)]


def largest_relative(report: Report) -> Row:
    """Where the certified advantage of perfect pairs is largest, relative to the classical mean wait.

    With it, what entangled strategies make of the pairs of the experiment, if those are not perfect.
    """
    base = report.experiment.workload.base_wait_s
    row: Row = {"load": report.experiment.workload.load, "relative_advantage": 0.0}
    for bound in report.bounds:
        relative = bound["advantage_s"] / (base + bound["classical_lower_s"])
        if bound["strict"] and relative > row["relative_advantage"]:
            row |= {
                "relative_advantage": relative,
                "advantage_s": bound["advantage_s"],
                "splitting": bound["splitting"],
            }
    made = realised(report)
    return row if made is None else row | {f"realised_{name}": value for name, value in made.items()}


def realised(report: Report) -> Row | None:
    """The largest advantage, over the certified classical bound, that an entangled strategy has with the pairs at hand.

    None if the pairs are perfect and on demand, or if no exact wait is known; negative if none has an advantage.
    """
    experiment = report.experiment
    if experiment.entanglement.resolved == Entanglement():
        return None
    entangled = {c.label for c in experiment.strategies if c.strategy.resource is Resource.ENTANGLED}
    found = None
    for row in report.strategies:
        bound = next((b for b in report.bounds if abs(b["splitting"] - row.get("split_fraction", 2)) < 1e-9), None)
        if row["strategy"] not in entangled or bound is None or "mean_wait_s" not in row:
            continue
        classical_s = bound["base_wait_s"] + bound["classical_lower_s"]
        gained = (classical_s - row["mean_wait_s"]) / classical_s
        if found is None or gained > found["relative_advantage"]:
            found = {"strategy": row["strategy"], "splitting": bound["splitting"], "relative_advantage": gained}
    return found
