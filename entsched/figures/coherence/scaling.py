"""Scaling: measures of coherence against the number of nodes, of classical networks and of entangled systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator, StrMethodFormatter

from entsched.figures.style import COLOURS, LINE_COLOURS, LINE_MARKERS, STYLE, Row, arms, save

SIZE = (12.6, 8.2)
POINTS: dict[str, Any] = {"ls": "none", "ms": 4.5, "mfc": "white", "capsize": 2, "elinewidth": 1, "zorder": 4}
LIMIT: dict[str, Any] = {"color": "#444444", "lw": 1.0, "ls": ":"}

#: The measures of each panel, by how their names begin; the labels of its axes, and the scale of the second.
PANELS = {
    "order of oscillators": ("order", "oscillators N", "order r", "log"),
    "variance of the order": ("variance of order", "oscillators N", "variance of r between systems", "log"),
    "sensitivity": ("Fisher information", "qubits N", "Fisher information of a phase (rad$^{-2}$)", "log"),
    "bits shared by two replicas": (
        "mutual information",
        "nodes of the cluster N",
        "mutual information (bits)",
        "linear",
    ),
    "entanglement of a block": ("block entropy", "spins of the block N", "block entropy (bits)", "linear"),
    "Bell test": ("CHSH value", "nodes N", "CHSH value S", "linear"),
}
#: Panels with limits.
BITS, BELL = "bits shared by two replicas", "Bell test"
#: Each size that was measured has a tick if these are so many at most.
MOST_TICKS = 8
#: Points of a fitted line.
FINE = 100


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw six panels against N: orders, variance, Fisher information, shared bits, entropy and CHSH values.

    Parameters
    ----------
    tables : ``points`` and ``fits`` of the part ``scaling``

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    fits = {row["measure"]: row for row in tables["fits"]}
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 3, figsize=SIZE, layout="constrained")
        for axes, (title, (begins, across, up, scale)) in zip(grid.flat, PANELS.items(), strict=True):
            points = [row for row in tables["points"] if row["measure"].startswith(begins)]
            for number, measure in enumerate(dict.fromkeys(row["measure"] for row in points)):
                _measure(axes, [row for row in points if row["measure"] == measure], fits.get(measure), number)
            axes.set(title=title, xlabel=across, ylabel=up, yscale=scale)
            _ticks(axes, sorted({row["n"] for row in points}))
            if title == BITS:
                axes.axhline(1.0, label="two classical answers of one bit share no more", **LIMIT)
            if title == BELL:
                _bell(axes, points)
            elif scale == "linear":
                axes.set_ylim(0, None)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), fontsize=8)
        return save(figure, path, [{"table": kind, **row} for kind in ("points", "fits") for row in tables[kind]])


def _measure(axes: Axes, rows: Sequence[Row], fit: Row | None, number: int) -> None:
    """The points of a measure and the line of its law, with the parameter in the legend."""
    colour = LINE_COLOURS[number % len(LINE_COLOURS)]
    values = np.array([[row["value"], row["low"], row["high"]] for row in rows])
    n = np.array([row["n"] for row in rows], dtype=float)
    label = f"{rows[0]['measure']}{_law(fit)}"
    axes.errorbar(
        n, values[:, 0], yerr=arms(values), color=colour, marker=LINE_MARKERS[number % 6], label=label, **POINTS
    )
    if fit is not None:
        fine = np.geomspace(n[0], n[-1], FINE)
        power = fit["prefactor"] * fine ** fit["parameter"]
        line = power if fit["law"] == "power" else np.log2(power) / 3
        axes.plot(fine, line, color=colour, lw=1.0, ls="-" if rows[0]["class"] == "classical" else "--", zorder=3)


def _law(fit: Row | None) -> str:
    if fit is None:
        return ""
    middle, low, high = (f"{round(fit[name], 3) + 0.0:.3f}" for name in ("parameter", "low", "high"))
    value = f"{middle} [{low}, {high}]"
    return f":\n$N^a$, a = {value}" if fit["law"] == "power" else f":\n(c/3) log$_2$ N, c = {value}"


def _ticks(axes: Axes, sizes: Sequence[int]) -> None:
    """Ticks at the sizes that were measured, or at powers of two where these are many."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    if len(sizes) <= MOST_TICKS:
        axes.set_xticks(sizes)
        axes.xaxis.set_minor_locator(NullLocator())


def _bell(axes: Axes, points: Sequence[Row]) -> None:
    axes.axhline(2.0, label="classical limit 2", **(LIMIT | {"color": COLOURS["classical"]}))
    axes.axhline(2 * sqrt(2), label=r"quantum limit $2\sqrt{2}$", **(LIMIT | {"color": COLOURS["quantum"]}))
    axes.set_ylim(min([1.0, *(row["value"] - 0.1 for row in points)]), 3)
