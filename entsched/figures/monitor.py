"""The Bell test of runs: the CHSH value of each window against time, and where the alarm is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from entsched.figures.style import STYLE, Row, legend_below, look, plain, save
from entsched.figures.tail import chosen_splitting
from entsched.report import Report
from entsched.sim.monitoring import WHOLE

LOCAL, QUANTUM = 2.0, math.sqrt(8)


def bell_test(report: Report, path: Path) -> Path:
    """S against time in seconds: a line for each strategy, at one splitting probability, in the first replication.

    Bands lie between the ends of each window, whose level is the significance of the run divided by the number of
    windows. Dashed lines are the bounds of local and of quantum strategies, dotted ones what is required and the
    fault; a cross is an alarm.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    p, _ = chosen_splitting(report)
    first = min(row["replication"] for row in report.monitor)
    rows = [row for row in report.monitor if row["splitting"] in (p, None) and row["replication"] == first]
    shown = [row for row in rows if row["window"] != WHOLE]
    labels = list(dict.fromkeys(row["strategy"] for row in shown))
    entries: dict[str, Any] = {}
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 4.0), layout="constrained")
        for label in labels:
            style = look(label, labels)
            _draw(axes, [row for row in shown if row["strategy"] == label], style)
            entries[plain(label)] = Line2D([], [], color=style["color"], ls=style["ls"])
        entries |= _lines(axes, report)
        if any(row["alarm"] for row in shown):
            entries["alarm"] = Line2D([], [], ls="none", marker="x", ms=9, mew=2, color="black")
        place = "" if p is None else f"p = {p:g}, "
        axes.set(xlabel="time (s)", ylabel="CHSH value $S$", title=f"{place}replication {first}", xlim=(0, None))
        legend_below(figure, entries)
        return save(figure, path, shown)


def _draw(axes: Axes, rows: list[Row], style: dict[str, Any]) -> None:
    """One run: a step for each window, a band between the ends of its value, and a cross where the alarm is raised."""
    times = [0.0, *(row["end_s"] for row in rows)]
    value, low, high = (
        [math.nan if row[name] is None else row[name] for row in (rows[0], *rows)]
        for name in ("chsh", "chsh_low", "chsh_high")
    )
    axes.plot(times, value, color=style["color"], ls=style["ls"], drawstyle="steps-pre")
    axes.fill_between(times, low, high, step="pre", color=style["color"], alpha=0.2, lw=0)
    for row in rows:
        if row["alarm"]:
            axes.plot(row["end_s"], row["chsh_high"], ls="none", marker="x", ms=9, mew=2, color="black", zorder=4)


def _lines(axes: Axes, report: Report) -> dict[str, Any]:
    """The bounds, what is required if that is more than the local one, and the fault; their entries in the legend."""
    resource = report.experiment.entanglement.resolved
    lines: dict[str, Any] = {}
    for value, name in ((LOCAL, "local bound, 2"), (QUANTUM, "quantum bound, $2\\sqrt{2}$")):
        colour = "#0072B2" if value == LOCAL else "#444444"
        lines[name] = axes.axhline(value, color=colour, ls="--", lw=1)
    if resource.monitor and resource.monitor.required_chsh > LOCAL:
        lines[f"required, {resource.monitor.required_chsh:.4g}"] = axes.axhline(
            resource.monitor.required_chsh, color="#009E73", ls=":", lw=1.5
        )
    if resource.fault:
        lines["fault of the source"] = axes.axvline(resource.fault.at_s, color="#000000", ls=":", lw=1)
    return lines
