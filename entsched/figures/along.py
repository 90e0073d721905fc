"""Every strategy along one numeric axis of a sweep: its mean wait and its baseline rate, exact and simulated."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median_low
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes as Panel
from matplotlib.lines import Line2D

from entsched.axes import Axis
from entsched.figures.scales import set_scale
from entsched.figures.style import STYLE, Row, arms, legend_below, look, plain, save

#: The figures that are drawn: the name of the file, the column, the label.
DRAWN = (
    ("sweep_wait", "mean_wait_s", "mean wait $W$ (s)"),
    ("sweep_rate", "baseline_rate", "baseline throughput $R$ (output per s)"),
)

SIMULATION = "simulation, 95 % interval"

#: Where a figure spans more than this factor, its scale is logarithmic.
WIDE = 30.0

#: Up to this many simulated points have error bars; more have a band.
MOST_BARS = 60

#: The length of a dash where lines coincide, in line widths.
DASH = 6.0

#: Advantages in sum below this, in seconds, are rounding.
ROUNDING_S = 1e-9


def along_axis(axis: Axis, plotted: Sequence[Row], folder: Path) -> list[Path]:
    """Draw ``sweep_wait`` and ``sweep_rate`` at one splitting probability; nothing where there are no numbers."""
    p, reason = common_splitting(plotted)
    points = [row for row in plotted if row["splitting"] in (p, None)]
    title = "" if p is None else f"$p$ = {p:.4g}: {reason}"
    return [
        _figure(axis, points, column, label, title, folder / name)
        for name, column, label in DRAWN
        if any(column in row or f"sim_{column}" in row for row in points)
    ]


def common_splitting(plotted: Sequence[Row]) -> tuple[float | None, str]:
    """The p, of those simulated at the most values, where advantages are largest in sum, else their median; and why.

    Where nothing was simulated, of those with exact figures. Returns None if no strategy uses p.

    Examples
    --------
    >>> row = {"mean_wait_s": 2.0}
    >>> common_splitting([row | {"strategy": "random", "splitting": p} for p in (0.1, 0.2, 0.7)])
    (0.2, 'the median')
    """
    used = [row for row in plotted if row["splitting"] is not None]
    times = Counter(row["splitting"] for row in used if "sim_mean_wait_s" in row)
    times = times or Counter(row["splitting"] for row in used)
    if not times:
        return None, ""
    candidates = sorted(p for p, count in times.items() if count == max(times.values()))
    sums = _advantage_sums(used)
    best = max(candidates, key=lambda p: round(sums.get(p, 0.0), 9))
    if sums.get(best, 0.0) > ROUNDING_S:
        return best, "where the quantum advantage is largest in sum"
    return median_low(candidates), "the median"


def _advantage_sums(rows: Sequence[Row]) -> dict[float, float]:
    """By p, how much shorter the exact mean waits of the quantum optimum are than the classical ones, in sum."""
    waits: dict[float, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if "mean_wait_s" in row:
            waits[row["splitting"]][row["strategy"]].append(row["mean_wait_s"])
    pairs = {p: (of["classical-optimal"], of["quantum-optimal"]) for p, of in waits.items()}
    return {p: sum(c) - sum(q) for p, (c, q) in pairs.items() if len(c) == len(q)}


def _figure(axis: Axis, points: Sequence[Row], column: str, label: str, title: str, path: Path) -> Path:
    key = axis.key
    ordered = sorted(points, key=lambda row: float(row[key]))
    by_strategy = {name: [row for row in ordered if row["strategy"] == name] for name in _strategies(points)}
    styles = {name: look(name, list(by_strategy)) for name in by_strategy}
    entries: dict[str, Any] = {}
    rows: list[Row] = []
    with plt.rc_context(STYLE):
        figure, panel = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
        for name, dashes in _dashes(by_strategy, key, column, styles).items():
            own, style = by_strategy[name], styles[name]
            exact = [_row(key, row, "exact", column, row[column]) for row in own if column in row]
            panel.plot([row[key] for row in exact], [row[column] for row in exact], color=style["color"], ls=dashes)
            simulated = _simulated(panel, key, own, column, style)
            rows += exact + simulated
            bare = {} if 0 < len(simulated) <= MOST_BARS else {"marker": ""}
            entries[plain(name)] = Line2D([], [], mfc="white", ms=4, **style | bare)
        heights = [row[column] for row in rows]
        if min(heights) > 0 and max(heights) > WIDE * min(heights):
            panel.set_yscale("log")
        set_scale(panel, "x", axis)
        panel.set(ylabel=label, title=title)
        most = max(sum("low" in row for row in rows if row["series"] == name) for name in by_strategy)
        if most > MOST_BARS:
            entries[SIMULATION] = panel.fill_between([], [], [], color="#444444", alpha=0.25, lw=0)
        elif most:
            entries[SIMULATION] = Line2D([], [], ls="none", marker="o", ms=4, color="#444444", mfc="w")
        legend_below(figure, entries)
        return save(figure, path, rows)


def _strategies(points: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["strategy"] for row in points))


def _dashes(by_strategy: dict[str, list[Row]], key: str, column: str, styles: dict[str, dict[str, Any]]) -> Row:
    """The line style of each strategy: those whose exact lines coincide take turns along it."""
    lines = {
        name: tuple((row[key], f"{row[column]:.9g}") for row in own if column in row)
        for name, own in by_strategy.items()
    }
    dashes: Row = {}
    for name, line in lines.items():
        same = [other for other in lines if lines[other] == line]
        turn, others = same.index(name), len(same) - 1
        dashes[name] = (-DASH * turn, (DASH, DASH * others)) if others else styles[name]["ls"]
    return dashes


def _simulated(panel: Panel, key: str, own: list[Row], column: str, style: dict[str, Any]) -> list[Row]:
    known = [row for row in own if f"sim_{column}" in row]
    if not known:
        return []
    at = [row[key] for row in known]
    ends = np.array([[row[f"sim_{column}{end}"] for end in ("", "_low", "_high")] for row in known])
    ink: dict[str, Any] = {"color": style["color"], "zorder": 4}
    if len(known) <= MOST_BARS:
        bars: dict[str, Any] = {
            "ls": "none",
            "marker": style["marker"],
            "ms": 4,
            "mfc": "white",
            "capsize": 2,
            "elinewidth": 1,
        }
        panel.errorbar(at, ends[:, 0], yerr=arms(ends), **ink, **bars)
    else:
        down, up = arms(ends)
        panel.fill_between(at, ends[:, 0] - down, ends[:, 0] + up, alpha=0.25, lw=0, **ink)
    return [
        _row(key, row, "simulated", column, mean) | {"low": low, "high": high}
        for row, (mean, low, high) in zip(known, ends.tolist(), strict=True)
    ]


def _row(key: str, row: Row, kind: str, column: str, value: float) -> Row:
    return {"series": row["strategy"], "kind": kind, key: row[key], "p": row["splitting"], column: value}
