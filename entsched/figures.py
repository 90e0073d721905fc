"""Figures from reports: vector PDF, PNG, and the plotted numbers as CSV beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entsched.report import SETS, Report, advantage_ranges
from entsched.store import atomic_path, write_csv

Row = dict[str, Any]

#: Okabe and Ito's palette, told apart by colour-blind readers.
COLOURS = {
    "random": "#7f7f7f",
    "classical": "#0072B2",
    "quantum": "#D55E00",
    "full information": "#009E73",
}
LABELS = {
    "random": "uniform random",
    "classical": "classical optimum",
    "quantum": "quantum optimum (one Bell pair)",
    "full information": "full information = no-signalling",
}
#: The set whose curve the points of a built-in strategy are tests of.
SET_OF_STRATEGY = {
    "random": "random",
    "classical-optimal": "classical",
    "quantum-optimal": "quantum",
    "no-signalling": "full information",
    "full-information": "full information",
}
OTHER_COLOURS = ("#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("D", "v", "P", "X")

STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "pdf.fonttype": 42,
}


def draw_all(report: Report, folder: Path) -> list[Path]:
    """Draw every figure that a report has the numbers for; returns the paths of the PNG files."""
    drawn = []
    if len(report.bounds) > 1:
        drawn.append(excess_wait(report, folder / "excess_wait"))
        drawn.append(pareto_front([report], folder / "pareto_front"))
    if report.gains:
        drawn.append(gain_map(report, folder / "gain_map"))
    return drawn


def excess_wait(report: Report, path: Path) -> Path:
    """Excess wait J against splitting probability p: exact curves, simulated points, advantage."""
    rows: list[Row] = []
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
        for low, high in advantage_ranges(report.bounds):
            axes.axvspan(low, high, color="#fff3e0", lw=0, zorder=0)
        p = [row["splitting"] for row in report.bounds]
        for name, (lower, upper) in SETS.items():
            least, most = ([row[key] for row in report.bounds] for key in (lower, upper))
            axes.plot(p, most, color=COLOURS[name], label=LABELS[name])
            axes.fill_between(p, least, most, color=COLOURS[name], alpha=0.25, lw=0)
            rows += [
                {"series": name, "kind": "bound", "p": a, "excess_wait_s": c, "low_s": b, "high_s": c}
                for a, b, c in zip(p, least, most, strict=True)
            ]
        base = report.experiment.workload.base_wait_s
        for label, points in _simulated(report).items():
            values = np.array(
                [
                    (r["sim_split_fraction"] if r["splitting"] is None else r["splitting"], *_wait(r, base))
                    for r in points
                ]
            )
            _points(axes, label, report, values)
            rows += [
                {"series": label, "kind": "simulated, 95 % interval"}
                | dict(zip(("p", "excess_wait_s", "low_s", "high_s"), map(float, v), strict=True))
                for v in values
            ]
        axes.set(
            xlabel="splitting probability $p = P(a \\neq b)$",
            ylabel="excess mean wait $J$ per customer (s)",
            xlim=(-0.02, 1.02),
        )
        if advantage_ranges(report.bounds):
            axes.fill_between([], [], [], color="#fff3e0", label="certified quantum advantage")
        _legend(figure, [report], stars=False)
        return _save(figure, path, rows)


def pareto_front(reports: Sequence[Report], path: Path) -> Path:
    """Baseline throughput R against mean wait W, one panel for each report, QoS readings marked."""
    rows: list[Row] = []
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            1, len(reports), figsize=(4.6 * len(reports) + 0.4, 4.2), layout="constrained", squeeze=False
        )
        for axes, report in zip(grid[0], reports, strict=True):
            rows += _front_panel(axes, report)
            axes.set_title(f"{report.experiment.name}: {report.experiment.baseline.formula}", fontsize=9)
        _legend(figure, reports, stars=True)
        return _save(figure, path, rows)


def _legend(figure: Figure, reports: Sequence[Report], stars: bool) -> None:
    """One legend below all panels, with what circles and stars mean where there are any."""
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if any(_simulated(report) for report in reports):
        entries["simulation, 95 % interval"] = Line2D([], [], ls="none", marker="o", ms=4, color="#444444", mfc="white")
    limits = sorted({f"{row['max_wait_s']:g} s" for report in reports for row in report.qos}) if stars else []
    if limits:
        label = f"best $R$ with $W \\leq$ {', '.join(limits)}"
        entries[label] = Line2D([], [], ls="none", marker="*", ms=9, color="#444444", mec="white")
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=2)


def _front_panel(axes: Axes, report: Report) -> list[Row]:
    rows: list[Row] = []
    name = report.experiment.name
    base = report.experiment.workload.base_wait_s
    rates = [row["baseline_rate"] for row in report.bounds]
    for set_name, (_, upper) in SETS.items():
        waits = [base + row[upper] for row in report.bounds]
        axes.plot(waits, rates, color=COLOURS[set_name], label=LABELS[set_name])
        rows += [
            {"run": name, "series": set_name, "kind": "exact", "mean_wait_s": w, "baseline_rate": r}
            for w, r in zip(waits, rates, strict=True)
        ]
    for label, points in _simulated(report).items():
        values = np.array([_wait(r, 0.0) for r in points])
        heights = np.array([[r[f"sim_baseline_rate{end}"] for end in ("", "_low", "_high")] for r in points])
        axes.errorbar(
            values[:, 0],
            heights[:, 0],
            xerr=_arms(values),
            yerr=_arms(heights),
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
        axes.plot(
            row["mean_wait_s"], row["baseline_rate"], "*", ms=11, mec="white", color=COLOURS[row["set"]], zorder=5
        )
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
    table = np.array([[100 * gains[load, scv] for load in loads] for scv in scvs])
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
        row, column = np.unravel_index(table.argmax(), table.shape)
        axes.plot(loads[column], row, "o", mfc="none", mec="black", ms=9)
        place = {"xytext": (9, -3), "textcoords": "offset points"}
        axes.annotate(f"{table.max():.1f} %", (loads[column], row), **place)
        return _save(figure, path, report.gains)


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


def _points(axes: Axes, label: str, report: Report, values: NDArray[np.float64]) -> None:
    axes.errorbar(values[:, 0], values[:, 1], yerr=_arms(values[:, 1:]), **_marker(label, report))


def _arms(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The two arms of an error bar from columns mean, low, high; none where there is no interval."""
    arms = np.stack([values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]])
    return np.where(np.isfinite(arms), arms, 0.0)


def _marker(label: str, report: Report) -> dict[str, Any]:
    """Built-in strategies wear the colour of their set; others get one of their own and a label."""
    common = {"ls": "none", "ms": 4, "capsize": 2, "elinewidth": 1, "zorder": 4}
    if label in SET_OF_STRATEGY:
        colour = COLOURS[SET_OF_STRATEGY[label]]
        return common | {"fmt": "o", "color": colour, "mfc": "white"}
    others = [name for name in _simulated(report) if name not in SET_OF_STRATEGY]
    place = others.index(label)
    return common | {
        "fmt": MARKERS[place % len(MARKERS)],
        "color": OTHER_COLOURS[place % len(OTHER_COLOURS)],
        "label": label,
    }


def _save(figure: Figure, path: Path, rows: Sequence[Row]) -> Path:
    for suffix in (".pdf", ".png"):
        with atomic_path(path.with_suffix(suffix)) as part:
            metadata = {"CreationDate": None} if suffix == ".pdf" else None
            figure.savefig(part, metadata=metadata)
    plt.close(figure)
    write_csv(path.with_suffix(".csv"), rows)
    return path.with_suffix(".png")
