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
#: The share of the couplings' range that is left free beside the points.
MARGIN = 0.04


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw the tables ``order``, ``theory`` and ``onsets``: a panel for each kind of graph; bars are 95 % intervals.

    Lines and onsets of theory are those of the largest graphs; titles say where no onset was measured.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    order, onsets, theory = tables["order"], tables["onsets"], tables["theory"]
    graphs = list(dict.fromkeys(row["graph"] for row in order))
    sizes = sorted({row["nodes"] for row in order})
    lines = [row for row in theory if row["nodes"] == sizes[-1]]
    down, across = -(-len(graphs) // COLUMNS), min(COLUMNS, len(graphs))
    with plt.rc_context(STYLE | {"axes.axisbelow": True}):
        shape: dict[str, Any] = {"sharex": True, "sharey": True, "squeeze": False, "layout": "constrained"}
        figure, panels = plt.subplots(down, across, figsize=(3.4 * across, 0.9 + 2.4 * down), **shape)
        for axes, graph in zip(panels.flat, graphs, strict=False):
            own = [row for row in lines if row["graph"] == graph]
            axes.plot(*_columns(own, "coupling", "annealed"), color="#000000", lw=1.2, label=ANNEALED, zorder=1.8)
            _panel(axes, [row for row in order if row["graph"] == graph], sizes)
            largest = max((row for row in onsets if row["graph"] == graph), key=lambda row: int(row["nodes"]))
            axes.set(title=f"{graph} graph{_onset(axes, largest)}", ylim=(0, 1.02), xlim=_range(order))
        for axes in panels.flat[len(graphs) :]:
            axes.set_visible(False)
        for axes in panels.flat[max(0, len(graphs) - across) : len(graphs)]:
            axes.set_xlabel("coupling $K$ / $K_c$ of the mean field")
            axes.tick_params(labelbottom=True)
        for axes in panels[:, 0]:
            axes.set_ylabel("order parameter $r$")
        legend_below(figure, labelled(figure))
        return save(figure, path, [*order, *onsets, *lines])


def _panel(axes: Axes, rows: Sequence[Row], sizes: Sequence[int]) -> None:
    """Measured r of each size."""
    for place, nodes in enumerate(sizes):
        own = [row for row in rows if row["nodes"] == nodes]
        coupling, middle, low, high = _columns(own, "coupling", "order", "order_low", "order_high")
        ends = [
            [m - at for m, at in zip(middle, low, strict=True)],
            [at - m for m, at in zip(middle, high, strict=True)],
        ]
        look: dict[str, Any] = {"ms": 3.5, "mfc": "white", "lw": 0.8, "capsize": 1.5, "elinewidth": 0.8}
        ink: dict[str, Any] = {
            "color": LINE_COLOURS[place % 6],
            "marker": LINE_MARKERS[place % 6],
            "label": f"{nodes:,} nodes",
        }
        axes.errorbar(coupling, middle, yerr=ends, zorder=3, **look, **ink)


def _onset(axes: Axes, largest: Row) -> str:
    """The critical coupling of the largest graph, its measured onset as a band, and what to say without one."""
    axes.axvline(largest["by_eigenvalue"], color="#444444", lw=1.0, ls=":", label=EIGENVALUE, zorder=1.6)
    if largest["onset"] is None:
        return ": no onset"
    if largest["onset_low"] is None:
        return ": onset not resolved"
    ends = largest["onset_low"], largest["onset_high"]
    axes.axvspan(*ends, color="#E69F00", alpha=0.35, lw=0, label="onset of the largest graphs, 95 %", zorder=0.4)
    return ""


def _range(rows: Sequence[Row]) -> tuple[float, float]:
    """All couplings, and some room."""
    low, high = (end(row["coupling"] for row in rows) for end in (min, max))
    room = MARGIN * (high - low) or MARGIN
    return low - room, high + room


def _columns(rows: Sequence[Row], *names: str) -> list[list[float]]:
    return [[row[name] for row in rows] for name in names]
