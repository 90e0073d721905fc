"""The figures of one experiment: excess wait, the front of throughput against wait, the map of gains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from entsched.advantages import advantage_ranges, entangled_rows, realised_ranges
from entsched.figures.style import (
    COLOURS,
    SET_OF_STRATEGY,
    STYLE,
    Row,
    arms,
    labelled,
    legend_below,
    look,
    plain,
    save,
)
from entsched.report import OF_PERFECT, SETS, Report, set_name

LABELS = {
    "random": "uniform random",
    "classical": "classical optimum",
    "quantum": "quantum optimum (one Bell pair)",
    "full information": "full information = no-signalling",
}
PERFECT = "quantum optimum, perfect pairs"
ADVANTAGE_COLOUR = "#fff3e0"


def excess_wait(report: Report, path: Path) -> Path:
    """Excess wait J against splitting probability p: exact curves, simulated points, advantage."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
        helps, label = _advantage(report)
        for low, high in helps:
            axes.axvspan(low, high, color=ADVANTAGE_COLOUR, lw=0 if low < high else 3, zorder=0)
        rows = _excess_curves(axes, report) + _excess_own(axes, report) + _excess_points(axes, report)
        axes.set(
            xlabel="splitting probability $p = P(a \\neq b)$",
            ylabel="excess mean wait $J$ per customer (s)",
            xlim=(-0.02, 1.02),
        )
        if helps:
            axes.fill_between([], [], [], color=ADVANTAGE_COLOUR, label=label)
        _legend(figure, [report], stars=False)
        return save(figure, path, rows)


def _advantage(report: Report) -> tuple[list[tuple[float, float]], str]:
    """Where there is a strict certified advantage, and what the shade over it is called."""
    if report.perfect_pairs:
        return advantage_ranges(report.bounds), "certified quantum advantage"
    return realised_ranges(report), "certified advantage of these pairs"


def _set_label(name: str, report: Report) -> str:
    """The label of the curve of a set, which says so where its pairs are not those of the experiment."""
    return LABELS[name] if set_name(name, report.perfect_pairs) == name else PERFECT


def _excess_curves(axes: Axes, report: Report) -> list[Row]:
    rows: list[Row] = []
    p = [row["splitting"] for row in report.bounds]
    for name, (lower, upper) in SETS.items():
        least, most = ([row[key] for row in report.bounds] for key in (lower, upper))
        axes.plot(p, most, color=COLOURS[name], label=_set_label(name, report))
        axes.fill_between(p, least, most, color=COLOURS[name], alpha=0.25, lw=0)
        rows += [
            {"series": set_name(name, report.perfect_pairs), "kind": "bound", "p": a}
            | {"excess_wait_s": c, "low_s": b, "high_s": c}
            for a, b, c in zip(p, least, most, strict=True)
        ]
    return rows


def _excess_own(axes: Axes, report: Report) -> list[Row]:
    """The exact values of the entangled strategies with the pairs of the experiment, as thin lines through p."""
    rows: list[Row] = []
    for label, points in _with_own_pairs(report).items():
        p = [row["split_fraction"] if row["splitting"] is None else row["splitting"] for row in points]
        waits = [row["excess_wait_s"] for row in points]
        axes.plot(p, waits, **_thin(label, points, report))
        rows += [
            {"series": label, "kind": "exact", "p": a, "excess_wait_s": w, "low_s": w, "high_s": w}
            for a, w in zip(p, waits, strict=True)
        ]
    return rows


def _excess_points(axes: Axes, report: Report) -> list[Row]:
    rows: list[Row] = []
    base = report.experiment.workload.base_wait_s
    for label, points in _simulated(report).items():
        split = [r["sim_split_fraction"] if r["splitting"] is None else r["splitting"] for r in points]
        waits = np.array([_wait(r, base) for r in points])
        axes.errorbar(split, waits[:, 0], yerr=arms(waits), **_marker(label, report))
        rows += [
            {"series": label, "kind": "simulated, 95 % interval", "p": p}
            | dict(zip(("excess_wait_s", "low_s", "high_s"), wait, strict=True))
            for p, wait in zip(split, waits.tolist(), strict=True)
        ]
    return rows


def pareto_front(reports: Sequence[Report], path: Path) -> Path:
    """Baseline throughput R against mean wait W, one panel for each report, QoS readings marked."""
    rows: list[Row] = []
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            1, len(reports), figsize=(4.6 * len(reports) + 0.6, 4.2), layout="constrained", squeeze=False
        )
        for axes, report in zip(grid[0], reports, strict=True):
            rows += _front_panel(axes, report)
            axes.set_title(f"{report.experiment.name}: {report.experiment.baseline.formula}", fontsize=9)
        _legend(figure, reports, stars=True)
        return save(figure, path, rows)


def _legend(figure: Figure, reports: Sequence[Report], stars: bool) -> None:
    """The legend of curves and points, with what circles and stars mean where there are any."""
    entries = labelled(figure)
    if any(_simulated(report) for report in reports):
        entries["simulation, 95 % interval"] = Line2D([], [], ls="none", marker="o", ms=4, color="#444444", mfc="white")
    limits = sorted({f"{row['max_wait_s']:g} s" for report in reports for row in report.qos}) if stars else []
    if limits:
        label = f"best $R$ with $W \\leq$ {', '.join(limits)}"
        entries[label] = Line2D([], [], ls="none", marker="*", ms=9, color="#444444", mec="white")
    legend_below(figure, entries)


def _front_panel(axes: Axes, report: Report) -> list[Row]:
    rows: list[Row] = []
    name = report.experiment.name
    base = report.experiment.workload.base_wait_s
    rates = [row["baseline_rate"] for row in report.bounds]
    for each, (_, upper) in SETS.items():
        waits = [base + row[upper] for row in report.bounds]
        axes.plot(waits, rates, color=COLOURS[each], label=_set_label(each, report))
        series = set_name(each, report.perfect_pairs)
        rows += [
            {"run": name, "series": series, "kind": "exact", "mean_wait_s": w, "baseline_rate": r}
            for w, r in zip(waits, rates, strict=True)
        ]
    for label, points in _with_own_pairs(report).items():
        known = [row for row in points if "baseline_rate" in row]
        axes.plot(
            [row["mean_wait_s"] for row in known],
            [row["baseline_rate"] for row in known],
            **_thin(label, known, report),
        )
        place = {"run": name, "series": label, "kind": "exact"}
        rows += [place | {key: row[key] for key in ("mean_wait_s", "baseline_rate")} for row in known]
    for label, points in _simulated(report).items():
        values = np.array([_wait(r, 0.0) for r in points])
        heights = np.array([[r[f"sim_baseline_rate{end}"] for end in ("", "_low", "_high")] for r in points])
        axes.errorbar(
            values[:, 0],
            heights[:, 0],
            xerr=arms(values),
            yerr=arms(heights),
            **_marker(label, report),
        )
        columns = ("mean_wait_s", "wait_low_s", "wait_high_s", "baseline_rate", "rate_low", "rate_high")
        rows += [
            {"run": name, "series": label, "kind": "simulated, 95 % interval"}
            | dict(zip(columns, map(float, (*w, *r)), strict=True))
            for w, r in zip(values, heights, strict=True)
        ]
    rows += _qos_marks(axes, report)
    axes.set(xlabel="mean wait $W$ (s)", ylabel=f"baseline throughput $R$ ({report.experiment.baseline.unit})")
    return rows


def _qos_marks(axes: Axes, report: Report) -> list[Row]:
    """A line at the promised wait, and a star at the best rate of each set that keeps it."""
    readings = [row for row in report.qos if row["baseline_rate"] is not None]
    for row in readings:
        axes.axvline(row["max_wait_s"], color="#444444", lw=0.8, ls=":", zorder=0)
        colour = COLOURS[row["set"].removesuffix(OF_PERFECT)]
        axes.plot(row["mean_wait_s"], row["baseline_rate"], "*", ms=11, mec="white", color=colour, zorder=5)
    return [
        {
            "run": report.experiment.name,
            "series": row["set"],
            "kind": f"QoS, W <= {row['max_wait_s']:g} s",
            "mean_wait_s": row["mean_wait_s"],
            "baseline_rate": row["baseline_rate"],
        }
        for row in readings
    ]


def gain_map(report: Report, path: Path) -> Path:
    """The largest certified relative gain in mean wait over load and variability: a heat map."""
    loads = sorted({row["load"] for row in report.gains})
    scvs = sorted({row["scv"] for row in report.gains})
    gains = {(row["load"], row["scv"]): row["relative_gain"] for row in report.gains}
    table = np.array([[100 * gains.get((load, scv), np.nan) for load in loads] for scv in scvs])
    with plt.rc_context(STYLE | {"axes.grid": False}):
        figure, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
        mesh = axes.pcolormesh(loads, range(len(scvs)), table, cmap="cividis", vmin=0, shading="nearest")
        axes.set_yticks(range(len(scvs)), [f"{scv:g}" for scv in scvs])
        law = report.experiment.workload.service.law
        axes.set(
            xlabel="load $\\rho$ of each server",
            ylabel=f"squared coefficient of variation of service ({law})",
        )
        bar = figure.colorbar(mesh, ax=axes)
        bar.set_label("largest certified gain in mean wait (%)")
        row, column = np.unravel_index(np.nanargmax(table), table.shape)
        axes.plot(loads[column], row, "o", mfc="none", mec="black", ms=9)
        place = {"xytext": (9, -3), "textcoords": "offset points"}
        axes.annotate(f"{table[row, column]:.1f} %", (loads[column], row), **place)
        return save(figure, path, report.gains)


def _with_own_pairs(report: Report) -> dict[str, list[Row]]:
    """The exact rows of entangled strategies by label, in the order of p, where pairs are not perfect."""
    groups: dict[str, list[Row]] = {}
    for row in () if report.perfect_pairs else sorted(entangled_rows(report), key=lambda row: row["splitting"] or 0.0):
        groups.setdefault(row["strategy"], []).append(row)
    return groups


def _labels(report: Report) -> list[str]:
    return list(dict.fromkeys(row["strategy"] for row in report.strategies))


def _thin(label: str, points: Sequence[Row], report: Report) -> dict[str, Any]:
    """A thin line that says whose pairs it is about; a single point is a dot."""
    ink = {"color": look(label, _labels(report))["color"], "lw": 0.8, "marker": "." if len(points) == 1 else ""}
    return ink | {"label": f"{plain(label)}, pairs of this experiment"}


def _simulated(report: Report) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in report.strategies:
        if "sim_mean_wait_s" in row:
            groups.setdefault(row["strategy"], []).append(row)
    return groups


def _wait(row: Row, base: float) -> tuple[float, float, float]:
    return (
        row["sim_mean_wait_s"] - base,
        row["sim_mean_wait_s_low"] - base,
        row["sim_mean_wait_s_high"] - base,
    )


def _marker(label: str, report: Report) -> dict[str, Any]:
    """Points of built-in strategies are open circles; others stand in the legend."""
    style = look(label, _labels(report)) | {"ls": "none"}
    own = {"mfc": "white"} if label in SET_OF_STRATEGY else {"label": plain(label)}
    return {"ms": 4, "capsize": 2, "elinewidth": 1, "zorder": 4} | style | own
