"""The certified advantage over two axes of a sweep: heat maps on one scale of colours."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from entsched.advantages import percent, two_digits
from entsched.axes import Axis
from entsched.figures.keys import key_label
from entsched.figures.scales import WRAPPED, edges, is_numeric, positions, set_scale, value_text
from entsched.figures.style import STYLE, Row, legend_below, save

Floats = NDArray[np.float64]

MOST_COLUMNS = 3
INCHES_OF_NAME = 0.3

#: Positive values that span more than this factor have a logarithmic scale of colours.
WIDE = 100.0

#: Up to this many cells, so many from left to right in a panel, have their values written in them.
MOST_WRITTEN, MOST_ACROSS = 60, 10
TINY = float(np.finfo(float).tiny)
NOTHING, UNKNOWN = "#d9d9d9", "#ffffff"


def heat_maps(
    pair: Sequence[Axis], tables: Floats, third: Axis | None, rows: Sequence[Row], label: str, path: Path
) -> Path:
    """A panel for each value of a third axis over the same two; a circle, or its number, shows the largest of all.

    Parameters
    ----------
    pair : numbers, or else the shorter names, are drawn from left to right
    tables : shape (panels, values of the first axis, values of the second), in percent, at least 0; nan: not known
    third : the axis of the panels; None for a single one
    rows : for the CSV
    label : of the scale of colours

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    across, up = sorted(pair, key=_widest)
    tables = tables if across is pair[0] else tables.transpose(0, 2, 1)
    norm = _norm(tables)
    columns = min(len(tables), MOST_COLUMNS)
    with plt.rc_context(STYLE | {"axes.grid": False}):
        figure, grid = plt.subplots(
            -(-len(tables) // columns),
            columns,
            figsize=_size(across, up, len(tables)),
            layout="constrained",
            squeeze=False,
            sharex=True,
            sharey=True,
        )
        panels = grid.ravel().tolist()
        meshes = [_map(panel, across, up, table, norm) for panel, table in zip(panels, tables, strict=False)]
        _label_once(panels, len(tables), columns)
        for panel, value in zip(panels, third.shown if third else (), strict=False):
            panel.set_title(value_text(value))
        title = [key_label(third.key)] if third else []
        figure.suptitle("; ".join(title + ["no certified advantage"] * bool(np.nanmax(tables) <= 0)), fontsize=9)
        figure.colorbar(meshes[0], ax=panels).set_label(textwrap.fill(label, WRAPPED))
        entries = _shades(tables, norm)
        if tables.size <= MOST_WRITTEN and len(across.shown) <= MOST_ACROSS:
            for panel, table, mesh in zip(panels, tables, meshes, strict=False):
                _write(panel, across, up, table, mesh)
        else:
            entries |= _largest(panels, across, up, tables)
        legend_below(figure, entries)
        return save(figure, path, rows)


def _norm(tables: Floats) -> Normalize:
    """The scale of colours: from zero, or logarithmic over the positive values if they span over two decades."""
    most = float(np.nanmax(tables))
    least = float(tables[tables > 0].min(initial=most))
    if most > WIDE * least:
        return LogNorm(least, most)
    return Normalize(0, most if most > 0 else 1)


def _shades(tables: Floats, norm: Normalize) -> dict[str, Any]:
    """The entries of colours that are not on the scale."""
    entries: dict[str, Any] = {}
    if isinstance(norm, LogNorm) and (tables == 0).any():
        entries["no certified advantage"] = Patch(color=NOTHING)
    if np.isnan(tables).any():
        entries["not known"] = Patch(fc=UNKNOWN, ec="#444444", lw=0.5)
    return entries


def _write(panel: Axes, across: Axis, up: Axis, table: Floats, mesh: QuadMesh) -> None:
    """The value of each cell in it, white on dark colours."""
    for (x, y), value in zip(product(positions(across), positions(up)), table.ravel(), strict=True):
        if math.isnan(value):
            continue
        brightness = float(np.mean(mesh.to_rgba(np.array(value if value > 0 else TINY))[:3]))
        colour = "white" if brightness < 0.5 else "black"
        panel.text(x, y, two_digits(value), ha="center", va="center", fontsize=7, color=colour)


def _largest(panels: Sequence[Axes], across: Axis, up: Axis, tables: Floats) -> dict[str, Any]:
    """A circle around the largest value of all, if it is positive; returns its entry."""
    most = float(np.nanmax(tables))
    if most <= 0:
        return {}
    ring: dict[str, Any] = {"marker": "o", "ls": "none", "mfc": "none", "mec": "black", "ms": 9}
    panel, column, row = np.unravel_index(np.nanargmax(tables), tables.shape)
    panels[int(panel)].plot(positions(across)[column], positions(up)[row], **ring)
    return {f"the largest, {percent(most / 100)}": Line2D([], [], **ring)}


def _widest(axis: Axis) -> int:
    """The characters of the longest name along an axis; numbers need no room."""
    return 0 if is_numeric(axis) else max(len(str(value)) for value in axis.shown)


def _size(across: Axis, up: Axis, panels: int) -> tuple[float, float]:
    """Inches of the figure, with room for names along its axes."""
    columns, lines = min(panels, MOST_COLUMNS), -(-panels // MOST_COLUMNS)
    height = 4.2 if panels == 1 else 2.7
    height = height if is_numeric(up) else max(height, INCHES_OF_NAME * len(up.shown) + 0.8)
    width = 4.6 if panels == 1 else 2.7
    width = width if is_numeric(across) else max(width, INCHES_OF_NAME * len(across.shown) + 0.8)
    names = [min(_widest(axis), WRAPPED) / 15 for axis in (across, up)]
    return width * columns + 1.2 + names[1], height * lines + 0.4 + names[0]


def _label_once(panels: Sequence[Axes], used: int, columns: int) -> None:
    """Labels at the left and below only, and nothing where no panel is."""
    for place, panel in enumerate(panels):
        panel.set_visible(place < used)
        if place % columns:
            panel.set_ylabel("")
        below = place + columns >= used
        panel.tick_params(which="both", labelleft=place % columns == 0, labelbottom=below)
        if not below:
            panel.set_xlabel("")


def _map(axes: Axes, across: Axis, up: Axis, table: Floats, norm: Normalize) -> QuadMesh:
    """One map; the values of its axes may come in any order. On a logarithmic scale 0 lies below its colours."""
    x, y = positions(across), positions(up)
    by_x, by_y = np.argsort(x), np.argsort(y)
    shown = table[by_x][:, by_y].T
    if isinstance(norm, LogNorm):
        shown = np.where(shown == 0, TINY, shown)
    cmap = plt.get_cmap("cividis").with_extremes(under=NOTHING, bad=UNKNOWN)
    mesh = axes.pcolormesh(edges(x[by_x]), edges(y[by_y]), shown, cmap=cmap, norm=norm, rasterized=True)
    set_scale(axes, "x", across)
    set_scale(axes, "y", up)
    return mesh
