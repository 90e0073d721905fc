"""Order against coupling on four kinds of graphs and several sizes, with the onsets of theory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from entsched.figures.style import LINE_COLOURS, LINE_MARKERS, STYLE, Row, labelled, legend_below, save

#: The lines of theory, with the column of the table of onsets that places the vertical ones.
EIGENVALUE, ANNEALED = "critical coupling by largest eigenvalue", "annealed network of these degrees"
#: The most panels side by side.
COLUMNS = 2


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw the tables ``order`` and ``onsets``: a panel for each kind of graph; bars are 95 % intervals.

    Lines and onsets of theory are those of the largest graphs.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    order, onsets = tables["order"], tables["onsets"]
    graphs = list(dict.fromkeys(row["graph"] for row in order))
    sizes = sorted({row["nodes"] for row in order})
    down = -(-len(graphs) // COLUMNS)
    across = min(COLUMNS, len(graphs))
    with plt.rc_context(STYLE):
        shape: dict[str, Any] = {"sharex": True, "sharey": True, "squeeze": False, "layout": "constrained"}
        figure, panels = plt.subplots(down, across, figsize=(3.4 * across, 0.9 + 2.4 * down), **shape)
        for axes, graph in zip(panels.flat, graphs, strict=False):
            _panel(axes, [row for row in order if row["graph"] == graph], sizes)
            _onset(axes, [row for row in onsets if row["graph"] == graph])
            axes.set(title=f"{graph} graph", ylim=(0, 1.02))
        for axes in panels.flat[len(graphs) :]:
            axes.set_visible(False)
        for axes in panels[-1]:
            axes.set_xlabel("coupling $K$ / $K_c$ of the mean field")
        for axes in panels[:, 0]:
            axes.set_ylabel("order parameter $r$")
        legend_below(figure, labelled(figure))
        return save(figure, path, [*order, *onsets])


def _panel(axes: Axes, rows: Sequence[Row], sizes: Sequence[int]) -> None:
    """Measured r of each size, and the annealed curve of the largest."""
    for place, nodes in enumerate(sizes):
        own = [row for row in rows if row["nodes"] == nodes]
        middle = [row["order"] for row in own]
        ends = [[row["order"] - row["order_low"] for row in own], [row["order_high"] - row["order"] for row in own]]
        look: dict[str, Any] = {"ms": 3.5, "mfc": "white", "lw": 0.8, "capsize": 1.5, "elinewidth": 0.8}
        ink: dict[str, Any] = {
            "color": LINE_COLOURS[place % 6],
            "marker": LINE_MARKERS[place % 6],
            "label": f"{nodes:,} nodes",
        }
        axes.errorbar([row["coupling"] for row in own], middle, yerr=ends, **look, **ink)
    largest = [row for row in rows if row["nodes"] == sizes[-1]]
    couplings, annealed = ([row[name] for row in largest] for name in ("coupling", "annealed"))
    axes.plot(couplings, annealed, color="#000000", lw=1.2, label=ANNEALED, zorder=1)


def _onset(axes: Axes, onsets: Sequence[Row]) -> None:
    """The critical coupling of the largest graph, and its measured onset as a band."""
    largest = max(onsets, key=lambda row: int(row["nodes"]))
    axes.axvline(largest["by_eigenvalue"], color="#444444", lw=1.0, ls=":", label=EIGENVALUE, zorder=0)
    if largest["onset"] is not None:
        ends = largest["onset_low"], largest["onset_high"]
        axes.axvspan(*ends, color="#E69F00", alpha=0.35, lw=0, label="onset of the largest graphs, 95 %", zorder=0)
