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

#: Theory stands above the grid and below the points.
THEORY: dict[str, Any] = {"lw": 1.2, "zorder": 3}

CLASSICAL: dict[str, Any] = {"color": "#0072B2", "ls": "-", "lw": 1.0}
OTHER: dict[str, Any] = {"color": "#D55E00", "ls": "--", "lw": 1.2}
ENTANGLED: dict[str, Any] = {"color": "#D55E00", "marker": "*", "ls": "none", "ms": 6}

TICKS = tuple(digit * 10.0**power for power in range(-4, 4) for digit in (1, 1.5, 2, 3, 5, 7))
FEW = 6

#: Entries of a legend that stands in place of a panel.
MOST_IN_A_PANEL = 15

#: Alternatives are told apart by their dashes.
ALTERNATIVE_DASHES = ("--", ":", "-.")

#: Fewer replications have no interval that means anything.
FEWEST = 3

#: Tables whose rows are shown.
SHOWN = ("curve", "theory", "window", "exponents", "ising", "sizes", "alternatives")


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
    kinds = list(dict.fromkeys((row["law"], row["disorder"]) for row in tables["sizes"]))
    entries: dict[str, Any] = {}
    with plt.rc_context(STYLE | {"axes.axisbelow": True}):
        rows = 2 + max(0, -(-(len(kinds) - 1) // 2))
        figure = plt.figure(figsize=(7.4, 3.2 * rows), layout="constrained")
        grid = figure.add_gridspec(rows, 2)
        panels = [figure.add_subplot(grid[place // 2, place % 2]) for place in range(3 + max(len(kinds), 1))]
        entries |= _curves(panels[0], tables)
        entries |= _window(panels[1], tables)
        _estimates(panels[2], tables)
        for place, axes in enumerate(panels[3:]):
            entries |= _collapse(axes, tables, kinds[place] if kinds else None, "defgh"[place])
        if len(panels) % 2 and len(entries) <= MOST_IN_A_PANEL:
            corner = figure.add_subplot(grid[rows - 1, 1])
            corner.set_axis_off()
            corner.legend(list(entries.values()), list(entries), loc="center")
        else:
            legend_below(figure, entries)
        return save(figure, path, [{"table": name} | row for name in SHOWN for row in tables[name]])


def _laws(tables: Tables) -> dict[str, dict[str, Any]]:
    """Colour and marker of each law."""
    names = dict.fromkeys(row["law"] for row in tables["curve"])
    return {
        name: {"color": LINE_COLOURS[2 + place % 4], "marker": LINE_MARKERS[place % len(LINE_MARKERS)]}
        for place, name in enumerate(names)
    }


def _bars(axes: Axes, rows: Sequence[Row], across: str, looks: dict[str, Any], scale: Sequence[float] = ()) -> None:
    """Orders with intervals where there are replications enough, times a scale for each."""
    values = np.array([[row["order"], row["order_low"], row["order_high"]] for row in rows])
    values[[row["replications"] < FEWEST for row in rows]] *= (1.0, np.nan, np.nan)
    values *= np.asarray(scale)[:, None] if len(scale) else 1.0
    axes.errorbar([row[across] for row in rows], values[:, 0], yerr=arms(values), **POINTS | looks)


def _curves(axes: Axes, tables: Tables) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for name, looks in _laws(tables).items():
        exact = [row for row in tables["theory"] if row["law"] == name]
        across, up = ([row[key] for row in exact] for key in ("relative_coupling", "order"))
        axes.plot(across, up, color=looks["color"], **THEORY)
        _bars(axes, [row for row in tables["curve"] if row["law"] == name], "relative_coupling", looks)
        entries[f"{name} frequencies (line: theory)"] = Line2D([], [], lw=1.2, ms=4, mfc="white", **looks)
    axes.set(xlabel="coupling $K / K_c$", ylabel="order $r$", title="(a) order", ylim=(-0.03, 1.03))
    return entries


def _window(axes: Axes, tables: Tables) -> dict[str, Any]:
    looks = _laws(tables)
    disorder = tables["window"][0]["disorder"] if tables["window"] else ""
    rows = [row for row in tables["window"] if row["disorder"] == disorder]
    ends = [row["distance"] for row in rows]
    for name in dict.fromkeys(row["law"] for row in rows):
        own = [row for row in rows if row["law"] == name]
        _bars(axes, own, "distance", looks[name])
        exact = _theory_in(tables, name, min(ends), max(ends))
        axes.plot(exact[:, 0], exact[:, 1], color=looks[name]["color"], **THEORY)
    chain = [row for row in tables["ising"] if not ends or min(ends) <= row["distance"] <= max(ends)]
    entries: dict[str, Any] = {}
    if chain:
        axes.plot([row["distance"] for row in chain], [row["order"] for row in chain], **ENTANGLED, zorder=4)
        entries["Ising chain, entangled: order at $1 - h^2$"] = Line2D([], [], **ENTANGLED)
    for value, label, line in _slopes(tables):
        if ends:
            at = np.array([min(ends), max(ends)])
            axes.plot(at, 0.85 * min(row["order"] for row in rows) * (at / at[0]) ** value, **line, zorder=2)
        entries[label] = Line2D([], [], **line)
    title = f"(b) window of the exponent ({disorder})" if rows else "(b) order of the Ising chain"
    across = "distance $(K - K_c) / K$" if rows else "distance $1 - h^2$"
    axes.set(xlabel=across, ylabel="order $r$", xscale="log", yscale="log", title=title)
    _few_ticks(axes.xaxis, ends or [row["distance"] for row in chain])
    _few_ticks(axes.yaxis, [row["order"] for row in [*rows, *chain]])
    return entries


def _theory_in(tables: Tables, law: str, least: float, most: float) -> np.ndarray[Any, Any]:
    """Exact distances and orders, shape (points, 2), from the fine grid of the window."""
    found = [
        (1 - 1 / row["relative_coupling"], row["order"])
        for row in tables["theory"]
        if row["law"] == law and row["relative_coupling"] > 1
    ]
    points = np.array(sorted(found))
    return points[(points[:, 0] >= 0.98 * least) & (points[:, 0] <= 1.02 * most)]


def _few_ticks(side: Axis, values: Sequence[float]) -> None:
    """Round numbers, written out, at a logarithmic axis."""
    ticks = [tick for tick in TICKS if 0.7 * min(values, default=1.0) <= tick <= 1.4 * max(values, default=1.0)]
    ticks = ticks[:: 1 + len(ticks) // FEW]
    side.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    side.set_ticks([], minor=True)


def _slopes(tables: Tables) -> list[tuple[float, str, dict[str, Any]]]:
    """Every exponent with its label and line: the classical one first."""
    first, *rest = tables["alternatives"]
    lines = [(first["exponent"], rf"$\beta$ = {first['exponent']:g}, classical {first['name']}", CLASSICAL)]
    for place, row in enumerate(rest):
        looks = OTHER | {"ls": ALTERNATIVE_DASHES[place % len(ALTERNATIVE_DASHES)]}
        lines.append((row["exponent"], rf"$\beta$ = {row['exponent']:g}, {plain(row['name'])}", looks))
    return lines


def _estimates(axes: Axes, tables: Tables) -> None:
    looks = _laws(tables)
    rows = list(tables["exponents"])[::-1]
    values = np.array([[row["exponent"], row["joint_low"], row["joint_high"]] for row in rows]).reshape(-1, 3)
    for place, row in enumerate(rows):
        axes.errorbar(values[place, :1], [place], xerr=arms(values[place : place + 1]), **POINTS | looks[row["law"]])
    for value, _, line in _slopes(tables):
        axes.axvline(value, zorder=2, **line)
    known = [0.0, 0.5, *(row["exponent"] for row in tables["alternatives"]), *values[:, 0]]
    axes.set_xlim(min(known) - 0.3, max(known) + 0.4)
    axes.set_yticks(range(len(rows)), [f"{row['law']}, {row['disorder']}, $K_c$ {_mode(row)}" for row in rows])
    axes.tick_params(axis="y", labelsize=7)
    axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.set(xlabel=r"exponent $\beta$, joint 95 % intervals", title="(c) estimates")


def _mode(row: Row) -> str:
    return "not resolved" if row["shift"] is None else str(row["critical_coupling"])


def _collapse(axes: Axes, tables: Tables, kind: tuple[str, str] | None, letter: str) -> dict[str, Any]:
    rows = [row for row in tables["sizes"] if (row["law"], row["disorder"]) == kind]
    axes.set(xlabel=r"$r_\infty^2(K)\, N^{1/\nu}$", ylabel=r"$r\, N^{\beta/\nu}$", yscale="log")
    axes.set_title(f"({letter}) sizes ({kind[0]}, {kind[1]})" if kind else f"({letter}) no sizes compared")
    if not rows:
        return {}
    sizes = sorted({row["oscillators"] for row in tables["sizes"]})
    shades = dict(zip(sizes, plt.get_cmap("cividis")(np.linspace(0.0, 0.85, len(sizes))), strict=True))
    markers = dict(zip(sizes, LINE_MARKERS * len(sizes), strict=False))
    entries: dict[str, Any] = {}
    for size in sorted({row["oscillators"] for row in rows}):
        own = sorted((row for row in rows if row["oscillators"] == size), key=lambda row: float(row["x"]))
        looks = {"marker": markers[size], "color": shades[size]}
        _bars(axes, own, "x", looks, [row["y"] / row["order"] for row in own])
        entries[f"N = {size}"] = Line2D([], [], ls="none", ms=4, mfc="white", **looks)
    entries |= _limit(axes, rows)
    shown = [row["order_low"] * row["y"] / row["order"] for row in rows if row["order_low"] > 0.2 * row["order"]]
    values = [*shown, *(row["order_high"] * row["y"] / row["order"] for row in rows)]
    axes.set_ylim(0.8 * min(values), 1.2 * max(values))
    _few_ticks(axes.yaxis, values)
    return entries


def _limit(axes: Axes, rows: Sequence[Row]) -> dict[str, Any]:
    """The curve of infinitely many, r = r_infinity: straight if beta = 1/2."""
    last = max(rows, key=lambda row: float(row["x"]))
    lift = last["y"] / last["order"] * last["field"] ** 0.5 / last["x"] ** 0.5
    x = np.linspace(0.02, 1.0, 200) * last["x"]
    axes.plot(x, lift * np.sqrt(x), color="#000000", ls=":", **THEORY)
    return {r"$r = r_\infty$, of infinitely many": Line2D([], [], color="#000000", ls=":", lw=1.2)}
