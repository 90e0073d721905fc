"""The tail of waiting: how many customers wait longer than t, by strategy, with bands over the replications."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median_low
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entsched.advantages import largest_advantage, realised_rows
from entsched.figures.style import STYLE, Row, legend_below, look, plain, save
from entsched.report import Report
from entsched.sim.record import QUANTILES
from entsched.sim.task import QUANTILE_COLUMNS

#: A quantile is drawn if at least this many customers of a replication are expected beyond it.
FEWEST_BEYOND = 10
WORLDS_APART = 5.0
THRESHOLD = re.compile(r"sim_wait_above_(.+)_s")


def wait_tail(report: Report, path: Path) -> Path:
    """P(wait > t) on a logarithmic scale against t in seconds: a line for each strategy, at one splitting probability.

    Points are the quantiles 50, 90, 99, 99.9 and 99.99 %, as far as 10 customers of a replication wait longer, with
    their 95 % intervals over replications as bands; squares are shares above the thresholds of the configuration.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    p, reason = chosen_splitting(report)
    points = [row for row in report.strategies if "sim_wait_q50_s" in row and row["splitting"] in (p, None)]
    labels = list(dict.fromkeys(row["strategy"] for row in points))
    rows: list[Row] = []
    entries: dict[str, Any] = {}
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
        for point in points:
            style = look(point["strategy"], labels)
            own = _quantiles(point, _levels(report)) + _shares(point)
            _draw(axes, own, style)
            entries[plain(point["strategy"])] = Line2D([], [], ms=4, mfc="white", **style)
            rows += own
        axes.set(xlabel="$t$ (s)", ylabel="$P(\\mathrm{wait} > t)$", yscale="log", title=_title(p, reason))
        _set_waits(axes, rows)
        if any(math.isfinite(row["wait_high_s"]) for row in rows if row["kind"] == "quantile"):
            entries["95 % interval over replications"] = axes.fill_between([], [], [], color="#444444", alpha=0.2, lw=0)
        if any(row["kind"] == "share" for row in rows):
            entries["share above a threshold"] = Line2D([], [], ls="none", marker="s", ms=4, color="#444444", mfc="w")
        legend_below(figure, entries)
        return save(figure, path, rows)


def chosen_splitting(report: Report) -> tuple[float | None, str]:
    """The simulated p nearest to the largest certified advantage, else the median of those simulated; and why.

    The advantage is that of the pairs of the experiment. Returns None if no simulated strategy uses p.
    """
    simulated = sorted({r["splitting"] for r in report.strategies if "sim_wait_q50_s" in r} - {None})
    if not simulated:
        return None, ""
    best, name = _best_splitting(report)
    if best is None:
        return median_low(simulated), "the median of those simulated"
    nearest = min(simulated, key=lambda p: abs(p - best))
    if nearest == best:
        return nearest, f"where the {name} is largest"
    return nearest, f"nearest to the largest {name}, at {best:.4g}"


def _best_splitting(report: Report) -> tuple[float | None, str]:
    """The p at which the strict certified advantage is largest, if any, and what that advantage is called."""
    if report.perfect_pairs:
        best, name = largest_advantage(report.bounds), "certified advantage"
    else:
        strict = [row for row in realised_rows(report) if row["strict"]]
        best = max(strict, key=lambda row: float(row["relative_advantage"]), default=None)
        name = "advantage of these pairs"
    return (None if best is None else best["splitting"]), name


def _set_waits(axes: Axes, rows: Sequence[Row]) -> None:
    """Waits on a linear scale, where exponential tails are straight; logarithmic if strategies are worlds apart."""
    rarest = min((row["share_above"] for row in rows if row["kind"] == "quantile"), default=0.0)
    longest = [row["wait_s"] for row in rows if row["kind"] == "quantile" and row["share_above"] == rarest]
    shortest = min((row["wait_s"] for row in rows), default=0.0)
    if shortest > 0 and longest and max(longest) > WORLDS_APART * min(longest):
        axes.set_xscale("log")
        axes.set_xlim(left=shortest / 2)
    else:
        axes.set_xlim(left=0)


def _title(p: float | None, reason: str) -> str:
    return "" if p is None else f"$p$ = {p:.4g}: {reason}"


def _levels(report: Report) -> dict[str, float]:
    """The columns of quantiles that enough customers exceed, with the probability that a wait does."""
    simulation = report.experiment.simulation
    customers = 2 * simulation.pairs if simulation else math.inf
    beyond = {name: round(1 - q, 12) for name, q in zip(QUANTILE_COLUMNS, QUANTILES, strict=True)}
    return {name: share for name, share in beyond.items() if share * customers >= FEWEST_BEYOND}


def _quantiles(point: Row, levels: dict[str, float]) -> list[Row]:
    """The quantiles of a strategy and their intervals, as rows."""
    ends = ("", "_low", "_high")
    return [
        _row(point, "quantile", [point[f"sim_{name}{end}"] for end in ends], [share] * 3)
        for name, share in levels.items()
    ]


def _shares(point: Row) -> list[Row]:
    """The shares above thresholds that anything exceeded, and their intervals, as rows."""
    found = [(name, THRESHOLD.fullmatch(name)) for name in point]
    return [
        _row(point, "share", [float(match[1])] * 3, [point[f"{name}{end}"] for end in ("", "_low", "_high")])
        for name, match in found
        if match and point[name] > 0
    ]


def _draw(axes: Axes, rows: list[Row], style: dict[str, Any]) -> None:
    """One strategy: a line through all its points, and a band between the ends of their intervals."""
    ordered = sorted(rows, key=lambda row: (row["wait_s"], -row["share_above"]))
    axes.plot(*_columns(ordered, "wait_s", "share_above"), color=style["color"], ls=style["ls"])
    for kind, marker in (("quantile", style["marker"]), ("share", "s")):
        points = _columns([row for row in rows if row["kind"] == kind], "wait_s", "share_above")
        axes.plot(*points, ls="none", marker=marker, ms=4, mfc="white", color=style["color"], zorder=3)
    if rows and all(map(math.isfinite, (row["wait_high_s"] for row in rows))):
        below = _columns([row for row in ordered if row["share_low"] > 0], "wait_low_s", "share_low")
        above = _columns(ordered[::-1], "wait_high_s", "share_high")
        waits = np.maximum(np.concatenate([below[0], above[0]]), 0)
        axes.fill(waits, np.concatenate([below[1], above[1]]), color=style["color"], alpha=0.2, lw=0)


def _columns(rows: Sequence[Row], *names: str) -> list[NDArray[np.float64]]:
    return [np.array([row[name] for row in rows], dtype=float) for name in names]


def _row(point: Row, kind: str, wait_s: Sequence[float], share: Sequence[float]) -> Row:
    columns = ("wait_s", "wait_low_s", "wait_high_s", "share_above", "share_low", "share_high")
    values = dict(zip(columns, (*wait_s, *share), strict=True))
    return {"series": point["strategy"], "kind": kind, "p": point["splitting"]} | values
