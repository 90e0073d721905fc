"""Where entanglement helps the best static routing in a sweep: the verdict at each workload and weight."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes as Panel
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from entsched.advantages import two_digits
from entsched.axes import Axis
from entsched.figures.keys import key_label
from entsched.figures.scales import WRAPPED, value_text
from entsched.figures.static import VERDICTS, verdict_text
from entsched.figures.style import STYLE, Row, legend_below, save
from entsched.static.optimum import Verdict

#: The most rows and columns that are readable, and the inches of a cell.
MOST_ROWS, MOST_COLUMNS = 40, 16
CELL_INCHES = (0.62, 0.42)

#: How strongly cells are coloured, beside the symbols in them.
SHADE = 0.28

Line = tuple[Any, ...]


def verdict_map(axes: Sequence[Axis], rows: Sequence[Row], path: Path) -> Path | None:
    """Draw the verdicts of a sweep, a panel for each value of its first axis, a row for each of the others.

    Numbers are the gains that are proved, in per mille of R + w W without entanglement. Nothing is drawn, and None
    returned, where there are over 40 rows or over 16 weights.

    Parameters
    ----------
    axes : the swept keys; those with one value are left out
    rows : of the table ``static`` with the values of all axes by key

    Raises
    ------
    StoreError
        If the files cannot be written.

    Examples
    --------
    >>> verdict_map([Axis("seed", tuple(range(50)), tuple(range(50)))], [{"weight": 0.1}], Path("nowhere")) is None
    True
    """
    swept = [axis for axis in axes if len(axis.shown) > 1]
    weights = sorted({row["weight"] for row in rows})
    experiments = math.prod(len(axis.shown) for axis in swept)
    if not rows or not 1 < experiments <= MOST_ROWS or len(weights) > MOST_COLUMNS:
        return None
    return _draw(swept, weights, [{axis.key: row[axis.key] for axis in swept} | _cell(row) for row in rows], path)


def _draw(swept: Sequence[Axis], weights: Sequence[float], drawn: Sequence[Row], path: Path) -> Path:
    first, others = (swept[0], swept[1:]) if len(swept) > 1 else (None, swept)
    lines = list(product(*(axis.shown for axis in others)))
    panels = first.shown if first else (None,)
    width, height = (size * many for size, many in zip(CELL_INCHES, (len(weights), len(lines)), strict=True))
    size = (width + 2.0, (height + 0.35) * len(panels) + 1.1)
    with plt.rc_context(STYLE | {"axes.grid": False}):
        figure, grid = plt.subplots(len(panels), 1, figsize=size, layout="constrained", squeeze=False, sharex=True)
        for panel, value in zip(grid[:, 0], panels, strict=True):
            own = [row for row in drawn if first is None or row[first.key] == value]
            cells = {(tuple(row[axis.key] for axis in others), row["weight"]): row for row in own}
            _panel(panel, cells, lines, weights)
            panel.set_title(f"{key_label(first.key)}: {value_text(value)}" if first else "")
        panel.set_xlabel("weight $w$: baseline output per s for a second of mean wait")
        figure.supylabel(textwrap.fill("; ".join(key_label(axis.key) for axis in others), WRAPPED), fontsize=9)
        legend_below(figure, _entries(drawn))
        return save(figure, path, drawn)


def _cell(row: Row) -> Row:
    """What is proved at one weight: the gain, at least and at most, in per mille of R + w W without entanglement."""
    scale = abs(row["local_baseline_rate"]) + row["weight"] * row["local_mean_wait_s"]
    least, most = (1000 * row[key] / scale for key in ("least_gain", "most_gain"))
    return {key: row[key] for key in ("weight", "verdict")} | {"least_per_mille": least, "most_per_mille": most}


def _panel(
    panel: Panel, cells: Mapping[tuple[Line, float], Row], lines: Sequence[Line], weights: Sequence[float]
) -> None:
    """A cell for each line, from top to bottom, and each weight: its verdict, and the gain where there is one."""
    for (up, line), (across, weight) in product(enumerate(lines), enumerate(weights)):
        row = cells.get((line, weight))
        if row is None:
            continue
        colour, symbol = VERDICTS[Verdict(row["verdict"])]
        panel.add_patch(Rectangle((across - 0.5, up - 0.5), 1, 1, fc=(colour, SHADE), ec="white", lw=1.5))
        helps = row["verdict"] == Verdict.HELPS
        panel.plot(across - 0.27 * helps, up, symbol, ms=5, color=colour)
        if helps:
            panel.text(across + 0.12, up, two_digits(row["least_per_mille"]), ha="center", va="center", fontsize=8)
    panel.set(xlim=(-0.5, len(weights) - 0.5), ylim=(len(lines) - 0.5, -0.5))
    panel.set_xticks(range(len(weights)), [f"{weight:g}" for weight in weights])
    panel.set_yticks(range(len(lines)), ["; ".join(map(value_text, line)) for line in lines])
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)


def _entries(drawn: Sequence[Row]) -> dict[str, Any]:
    """The legend: each verdict, with what the numbers are or the most that could have been missed."""
    entries: dict[str, Any] = {}
    for verdict, (colour, symbol) in VERDICTS.items():
        own = [row for row in drawn if row["verdict"] == verdict]
        if own:
            most = two_digits(max(row["most_per_mille"] for row in own))
            proved = (
                "at least so many per mille of $R + wW$" if verdict is Verdict.HELPS else f"at most {most} per mille"
            )
            handle = Line2D([], [], ls="none", marker=symbol, ms=5, color=colour)
            entries[f"{verdict_text(verdict)}, {proved} (proved)"] = handle
    return entries
