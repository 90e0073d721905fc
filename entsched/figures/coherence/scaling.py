"""Scaling: measures of coherence against the number of nodes, of classical networks and of entangled systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

from entsched.figures.style import COLOURS, LINE_COLOURS, LINE_MARKERS, STYLE, Row, arms, save

SIZE = (9.4, 8.2)
POINTS: dict[str, Any] = {"ls": "none", "ms": 4.5, "mfc": "white", "capsize": 2, "elinewidth": 1, "zorder": 4}
LIMIT: dict[str, Any] = {"color": "#444444", "lw": 1.0, "ls": ":"}

#: The measures of each panel, by how their names begin.
PANELS = {
    "oscillators": ("order", "variance of order"),
    "sensitivity": ("Fisher information",),
    "shared bits": ("mutual information", "block entropy"),
    "Bell test": ("CHSH value",),
}


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw four panels against N: orders, Fisher information, shared bits and CHSH values, with their fitted laws.

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
        figure, grid = plt.subplots(2, 2, figsize=SIZE, layout="constrained")
        for axes, (title, begins) in zip(grid.flat, PANELS.items(), strict=True):
            measures = dict.fromkeys(row["measure"] for row in tables["points"] if row["measure"].startswith(begins))
            for number, measure in enumerate(measures):
                own = [row for row in tables["points"] if row["measure"] == measure]
                _measure(axes, own, fits.get(measure), number)
            axes.set(title=title)
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        _orders(grid[0, 0])
        _sensitivity(grid[0, 1])
        _bits(grid[1, 0])
        _bell(grid[1, 1])
        for axes in grid.flat:
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
        power = fit["prefactor"] * n ** fit["parameter"]
        line = power if fit["law"] == "power" else np.log2(power) / 3
        axes.plot(n, line, color=colour, lw=1.0, ls="-" if rows[0]["class"] == "classical" else "--", zorder=3)


def _law(fit: Row | None) -> str:
    if fit is None:
        return ""
    middle, low, high = (f"{round(fit[name], 3) + 0.0:.3f}" for name in ("parameter", "low", "high"))
    value = f"{middle} [{low}, {high}]"
    return f": $N^a$, a = {value}" if fit["law"] == "power" else f": (c/3) log$_2$ N, c = {value}"


def _orders(axes: Axes) -> None:
    axes.set(yscale="log", xlabel="oscillators N", ylabel="order r, and its variance between systems")


def _sensitivity(axes: Axes) -> None:
    axes.set(yscale="log", xlabel="qubits N", ylabel="Fisher information of a phase (rad$^{-2}$)")


def _bits(axes: Axes) -> None:
    axes.axhline(1.0, label="two classical answers of one bit share no more", **LIMIT)
    axes.set(
        xlabel="nodes of the cluster, or spins of the block, N", ylabel="shared information (bits)", ylim=(0, None)
    )


def _bell(axes: Axes) -> None:
    axes.axhline(2.0, label="classical limit 2", **(LIMIT | {"color": COLOURS["classical"]}))
    axes.axhline(2 * sqrt(2), label=r"quantum limit $2\sqrt{2}$", **(LIMIT | {"color": COLOURS["quantum"]}))
    axes.set(xlabel="nodes N", ylabel="CHSH value S", ylim=(1, 3))
