"""The certified advantage over two axes of a sweep: heat maps on one scale of colours."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from numpy.typing import NDArray

from entsched.axes import Axis
from entsched.figures.scales import WRAPPED, edges, is_numeric, key_label, positions, set_scale, value_text
from entsched.figures.style import STYLE, Row, save

Floats = NDArray[np.float64]

ADVANTAGE = "largest certified advantage in mean wait (%)"
MOST_COLUMNS = 3
INCHES_OF_NAME = 0.3


def heat_maps(pair: Sequence[Axis], tables: Floats, third: Axis | None, rows: Sequence[Row], path: Path) -> Path:
    """A panel for each value of a third axis over the same two; a circle marks the largest advantage of all.

    Parameters
    ----------
    pair : numbers, or else the shorter names, are drawn from left to right
    tables : shape (panels, values of the first axis, values of the second), in percent
    third : the axis of the panels; None for a single one
    rows : for the CSV

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    across, up = sorted(pair, key=_widest)
    tables = tables if across is pair[0] else tables.transpose(0, 2, 1)
    most = float(tables.max())
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
        meshes = [_map(panel, across, up, table, most) for panel, table in zip(panels, tables, strict=False)]
        _label_once(panels, len(tables), columns)
        for panel, value in zip(panels, third.shown if third else (), strict=False):
            panel.set_title(value_text(value))
        title = [key_label(third.key)] if third else []
        figure.suptitle("; ".join(title + ["no certified advantage"] * (most <= 0)), fontsize=9)
        figure.colorbar(meshes[0], ax=panels).set_label(textwrap.fill(ADVANTAGE, WRAPPED))
        if most > 0:
            panel, column, row = np.unravel_index(tables.argmax(), tables.shape)
            panels[panel].plot(positions(across)[column], positions(up)[row], "o", mfc="none", mec="black", ms=9)
        return save(figure, path, rows)


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


def _map(axes: Axes, across: Axis, up: Axis, table: Floats, most: float) -> QuadMesh:
    """One map; the values of its axes may come in any order."""
    x, y = positions(across), positions(up)
    by_x, by_y = np.argsort(x), np.argsort(y)
    sorted_table = table[by_x][:, by_y].T
    mesh = axes.pcolormesh(
        edges(x[by_x]),
        edges(y[by_y]),
        sorted_table,
        cmap="cividis",
        vmin=0,
        vmax=most if most > 0 else 1,
        rasterized=True,
    )
    set_scale(axes, "x", across)
    set_scale(axes, "y", up)
    return mesh
