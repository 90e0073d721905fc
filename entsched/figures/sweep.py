"""The figures of a sweep: the certified advantage, mean wait and baseline rate along its axes."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from entsched.advantages import of_own_pairs, percent
from entsched.axes import Axis
from entsched.envelope.advantage import STRICT
from entsched.figures.along import along_axis, common_splitting
from entsched.figures.heat import heat_maps
from entsched.figures.keys import key_label
from entsched.figures.latency import KEY as LATENCY
from entsched.figures.latency import latency_of_sweep
from entsched.figures.scales import WRAPPED, is_numeric, positions, set_scale, value_text
from entsched.figures.style import COLOURS, LINE_COLOURS, LINE_MARKERS, STYLE, Row, labelled, legend_below, save

Floats = NDArray[np.float64]

#: What is drawn: with perfect pairs, with those of each experiment, with perfect ones where of those nothing is known.
ADVANTAGE = "largest certified advantage in mean wait (%)"
OWN_ADVANTAGE = "certified advantage of the pairs of each experiment (%)"
PERFECT_ADVANTAGE = "largest certified advantage of perfect pairs (%)"

#: Advantages that differ by no more than this, in percent, are the same.
SAME = 1e-12

#: The most values of an axis that are drawn as lines or panels of their own, and the most names along an axis.
MOST_LINES = 6
MOST_NAMES = 40
INCHES_OF_NAME = 0.3

#: The most values that get a marker each.
MOST_MARKED = 60


def draw_sweep(axes: Sequence[Axis], advantages: Sequence[Row], plotted: Sequence[Row], folder: Path) -> list[Path]:
    """Draw the figures of a sweep; returns the paths of the PNG files.

    ``sweep_advantage`` shows the largest certified relative advantage: along one axis, as a map over two, in panels
    for at most 6 values of a third; not where it is the same everywhere and there are other figures. Along one
    numeric axis ``sweep_wait`` and ``sweep_rate`` show every strategy, and along that of the latency between routers
    ``latency`` shows where pairs begin to beat communication. What would not be readable is not drawn; the tables of
    the sweep hold it.

    Parameters
    ----------
    axes : the swept keys; those with one value are left out
    advantages : rows of :func:`entsched.advantages.largest_relative`, the first axis varying slowest; of those with
        pairs that are not perfect, what they make of them is drawn
    plotted : rows of :func:`entsched.report.plotted` with the values of all axes by key, in any order

    Raises
    ------
    StoreError
        If the files cannot be written.

    Examples
    --------
    >>> draw_sweep([Axis("simulation.seed", (1,), (1,))], [{"perfect_pairs": True}], [], Path("nowhere"))
    []
    """
    swept = [axis for axis in axes if len(axis.shown) > 1]
    if not swept or not _is_readable(swept):
        return []
    shape = tuple(len(axis.shown) for axis in swept)
    others = _along(swept[0], plotted, folder) if len(swept) == 1 and is_numeric(swept[0]) else []
    label, found = _found(advantages)
    table = np.array([_percent(value) for value, _ in found]).reshape(shape)
    if others and np.ptp(table[~np.isnan(table)]) <= SAME:
        return others
    rows = [
        {axis.key: value for axis, value in zip(axes, values, strict=True)}
        | {"advantage_percent": None if value is None else 100 * value, "at_splitting": p}
        for values, (value, p) in zip(product(*(axis.shown for axis in axes)), found, strict=True)
    ]
    return [_advantage(swept, table, rows, label, folder / "sweep_advantage"), *others]


def _found(advantages: Sequence[Row]) -> tuple[str, list[tuple[float | None, float | None]]]:
    """What the figure shows: its label, and for each experiment the relative advantage, if known, and where it is."""
    start, rows, label = "", list(advantages), ADVANTAGE
    if not all(row["perfect_pairs"] for row in advantages):
        label = PERFECT_ADVANTAGE
        if any("realised_relative_advantage" in row for row in advantages):
            start, rows, label = "realised_", [of_own_pairs(row) for row in advantages], OWN_ADVANTAGE
    return label, [(row.get(f"{start}relative_advantage"), row.get(f"{start}splitting")) for row in rows]


def _percent(advantage: float | None) -> float:
    """In percent; what is not strict is 0, what is not known nan."""
    if advantage is None:
        return math.nan
    return 100 * advantage if advantage > STRICT else 0.0


def _along(axis: Axis, plotted: Sequence[Row], folder: Path) -> list[Path]:
    """The figures of all strategies along a numeric axis."""
    drawn = along_axis(axis, plotted, folder)
    if axis.key != LATENCY or not plotted:
        return drawn
    p, _ = common_splitting(plotted)
    return [*drawn, latency_of_sweep([row for row in plotted if row["splitting"] in (p, None)], folder / "latency")]


def _is_readable(swept: list[Axis]) -> bool:
    """Whether the axes fit in a figure: at most three, one of three short, and few names along each."""
    lengths = [len(axis.shown) for axis in swept]
    named = [len(axis.shown) for axis in swept if not is_numeric(axis)]
    return len(swept) <= 3 and max(named, default=0) <= MOST_NAMES and (len(swept) < 3 or min(lengths) <= MOST_LINES)


def _advantage(swept: list[Axis], table: Floats, rows: list[Row], label: str, path: Path) -> Path:
    """The figure that suits the number and the kind of the axes; ``table`` has a dimension for each."""
    numeric = [axis for axis in swept if is_numeric(axis)]
    named = [axis for axis in swept if not is_numeric(axis)]
    if len(swept) == 1 and named:
        return _dots(swept[0], table, rows, label, path)
    if len(swept) == 1:
        return _lines(swept[0], table[None], None, rows, label, path)
    if len(swept) == 2 and len(numeric) == 1 and len(named[0].shown) <= MOST_LINES:
        return _lines(numeric[0], np.moveaxis(table, swept.index(named[0]), 0), named[0], rows, label, path)
    if len(swept) == 2:
        return heat_maps(swept, table[None], None, rows, label, path)
    short = [axis for axis in swept if len(axis.shown) <= MOST_LINES]
    third = min(short, key=lambda axis: (is_numeric(axis), len(axis.shown)))
    panels = np.moveaxis(table, swept.index(third), 0)
    return heat_maps([axis for axis in swept if axis is not third], panels, third, rows, label, path)


def _lines(axis: Axis, tables: Floats, named: Axis | None, rows: list[Row], label: str, path: Path) -> Path:
    """The advantage along a numeric axis, shape (lines, values): a line for each value of a named axis, if any."""
    order = np.argsort(positions(axis))
    marked = len(order) <= MOST_MARKED
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
        for place, line in enumerate(tables):
            axes.plot(
                positions(axis)[order],
                line[order],
                color=LINE_COLOURS[place],
                marker=LINE_MARKERS[place] if marked else "",
                ms=4,
                label=value_text(named.shown[place]) if named else "_",
            )
        set_scale(axes, "x", axis)
        axes.set_ylabel(textwrap.fill(label, WRAPPED))
        most = float(np.nanmax(tables))
        axes.set_ylim(0, 1.08 * most if most > 0 else 1)
        if most <= 0:
            axes.set_title("no certified advantage")
        legend_below(figure, labelled(figure), key_label(named.key) if named else None)
        return save(figure, path, rows)


def _dots(axis: Axis, table: Floats, rows: list[Row], label: str, path: Path) -> Path:
    """The advantage for each name of an axis, from top to bottom in its order."""
    with plt.rc_context(STYLE):
        height = 1.1 + INCHES_OF_NAME * len(axis.shown)
        figure, axes = plt.subplots(figsize=(5.6, height), layout="constrained")
        places = range(len(axis.shown))
        axes.hlines(places, 0, table, color="#bbbbbb", lw=1, zorder=2)
        axes.plot(table, places, "o", ms=5, color=COLOURS["quantum"], zorder=3, clip_on=False)
        for place, row in zip(places, rows, strict=True):
            p = row["at_splitting"]
            text = f"{percent(table[place] / 100)} at $p$ = {p:.3g}" if table[place] > 0 and p is not None else "none"
            text = "not known" if math.isnan(table[place]) else text
            axes.annotate(text, (np.nan_to_num(table[place]), place), xytext=(6, -3), textcoords="offset points")
        set_scale(axes, "y", axis)
        axes.set_ylim(len(places) - 0.5, -0.5)
        most = float(np.nanmax(table))
        axes.set(xlabel=label, xlim=(0, 1.75 * most if most > 0 else 1))
        axes.grid(False, axis="y")
        return save(figure, path, rows)
