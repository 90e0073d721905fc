"""Synchronisation of oscillators: order, critical exponents and finite-size scaling, beside classical theory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D

from entsched.figures.style import LINE_COLOURS, LINE_MARKERS, STYLE, Row, arms, legend_below, plain, save

Tables = Mapping[str, Sequence[Row]]

#: Points with 95 % intervals.
POINTS: dict[str, Any] = {"ls": "none", "ms": 4, "mfc": "white", "capsize": 2, "elinewidth": 1, "zorder": 4}

CLASSICAL: dict[str, Any] = {"color": "#0072B2", "ls": "-", "lw": 1.0}
OTHER: dict[str, Any] = {"color": "#D55E00", "ls": "--", "lw": 1.2}

TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 25.0)

#: Alternatives are told apart by their dashes.
ALTERNATIVE_DASHES = ("--", ":", "-.")


def draw(tables: Tables, path: Path) -> Path:
    """Draw order against coupling, the window of the exponent, its estimates, and the collapse of sizes.

    Parameters
    ----------
    tables : of the part of the same name

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    entries: dict[str, Any] = {}
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(2, 2, figsize=(7.4, 6.6), layout="constrained")
        entries |= _curves(panels[0, 0], tables)
        entries |= _window(panels[0, 1], tables)
        entries |= _estimates(panels[1, 0], tables)
        entries |= _collapse(panels[1, 1], tables)
        legend_below(figure, entries)
        shown = [
            {"table": name} | row
            for name in ("curve", "theory", "window", "exponents", "sizes", "alternatives")
            for row in tables[name]
        ]
        return save(figure, path, shown)


def _laws(tables: Tables) -> dict[str, dict[str, Any]]:
    """Colour and marker of each law."""
    names = dict.fromkeys(row["law"] for row in tables["curve"])
    return {
        name: {"color": LINE_COLOURS[2 + place % 4], "marker": LINE_MARKERS[place % len(LINE_MARKERS)]}
        for place, name in enumerate(names)
    }


def _bars(axes: Axes, rows: Sequence[Row], across: str, looks: dict[str, Any]) -> None:
    values = np.array([[row["order"], row["order_low"], row["order_high"]] for row in rows])
    axes.errorbar([row[across] for row in rows], values[:, 0], yerr=arms(values), **POINTS | looks)


def _curves(axes: Axes, tables: Tables) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for name, looks in _laws(tables).items():
        exact = [row for row in tables["theory"] if row["law"] == name]
        across, up = ([row[key] for row in exact] for key in ("relative_coupling", "order"))
        axes.plot(across, up, color=looks["color"], lw=1.2)
        _bars(axes, [row for row in tables["curve"] if row["law"] == name], "relative_coupling", looks)
        label = f"{name} frequencies (line: theory)"
        entries[label] = Line2D([], [], lw=1.2, ms=4, mfc="white", **looks)
    axes.set(xlabel="coupling $K / K_c$", ylabel="order $r$", title="(a) order", ylim=(-0.03, 1.03))
    return entries


def _window(axes: Axes, tables: Tables) -> dict[str, Any]:
    looks = _laws(tables)
    disorder = tables["window"][0]["disorder"] if tables["window"] else ""
    rows = [row for row in tables["window"] if row["disorder"] == disorder]
    for name in dict.fromkeys(row["law"] for row in rows):
        own = [row for row in rows if row["law"] == name]
        _bars(axes, own, "distance", looks[name])
        at = np.array([row["distance"] for row in own])
        axes.plot(at, [row["theory"] for row in own], color=looks[name]["color"], lw=1.2)
    entries = {}
    for at_value, entry in _slopes(tables):
        at = np.array(sorted({row["distance"] for row in rows}))
        anchor = 0.85 * min((row["order"] for row in rows), default=1.0)
        axes.plot(at, anchor * (at / at[0]) ** at_value, **entry[1], zorder=1)
        entries[entry[0]] = Line2D([], [], **entry[1])
    label = "distance $(K - K_c) / K$"
    axes.set(
        xlabel=label, ylabel="order $r$", xscale="log", yscale="log", title=f"(b) window of the exponent ({disorder})"
    )
    _few_ticks(axes.xaxis, [row["distance"] for row in rows])
    _few_ticks(axes.yaxis, [row["order"] for row in rows])
    return entries


def _few_ticks(side: Axis, values: Sequence[float]) -> None:
    """Round numbers, written out, at a logarithmic axis."""
    ticks = [tick for tick in TICKS if 0.7 * min(values, default=1.0) <= tick <= 1.4 * max(values, default=1.0)]
    side.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    side.set_ticks([], minor=True)


def _slopes(tables: Tables) -> list[tuple[float, tuple[str, dict[str, Any]]]]:
    """Every exponent with its label and line: the classical one first."""
    first, *rest = tables["alternatives"]
    lines = [(first["exponent"], (rf"$\beta$ = {first['exponent']:g}, classical {first['name']}", CLASSICAL))]
    for place, row in enumerate(rest):
        looks = OTHER | {"ls": ALTERNATIVE_DASHES[place % len(ALTERNATIVE_DASHES)]}
        lines.append((row["exponent"], (rf"$\beta$ = {row['exponent']:g}, {plain(row['name'])}", looks)))
    return lines


def _estimates(axes: Axes, tables: Tables) -> dict[str, Any]:
    looks = _laws(tables)
    rows = list(tables["exponents"])[::-1]
    for place, row in enumerate(rows):
        values = np.array([[row["exponent"], row["low"], row["high"]]])
        axes.errorbar(values[:, 0], [place], xerr=arms(values), **POINTS | looks[row["law"]])
    for value, (_, line) in _slopes(tables):
        axes.axvline(value, zorder=1, **line)
    names = [f"{row['disorder']}, $K_c$ {row['critical_coupling']}" for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.set(xlabel=r"exponent $\beta$, 95 % interval", title="(c) estimates")
    return {}


def _collapse(axes: Axes, tables: Tables) -> dict[str, Any]:
    kinds = [(row["law"], row["disorder"]) for row in tables["sizes"]]
    rows = [row for row, kind in zip(tables["sizes"], kinds, strict=True) if kind == kinds[0]]
    sizes = sorted({row["oscillators"] for row in rows})
    shades = plt.get_cmap("cividis")(np.linspace(0.0, 0.85, max(len(sizes), 1)))
    for shade, size in zip(shades, sizes, strict=False):
        own = sorted((row for row in rows if row["oscillators"] == size), key=lambda row: float(row["x"]))
        scale = np.array([row["y"] / row["order"] for row in own])[:, None]
        values = np.array([[row["order"], row["order_low"], row["order_high"]] for row in own]) * scale
        axes.errorbar([row["x"] for row in own], values[:, 0], yerr=arms(values), **POINTS, marker="o", color=shade)
    axes.set(xlabel=r"$r_\infty^2(K)\, N^{1/\nu}$", ylabel=r"$r\, N^{\beta/\nu}$", yscale="log")
    _few_ticks(axes.yaxis, [row["y"] for row in rows])
    axes.set_title(f"(d) sizes ({kinds[0][0]}, {kinds[0][1]})" if rows else "(d) sizes")
    return {
        f"N = {size}": Line2D([], [], ls="none", marker="o", ms=4, mfc="white", color=shade)
        for shade, size in zip(shades, sizes, strict=False)
    }
