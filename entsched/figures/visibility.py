"""What the quality of pairs is worth: the advantage and the break-even latency against visibility, for each p."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from entsched.figures.latency import FARTHEST, FARTHEST_KM
from entsched.figures.style import STYLE, Row, labelled, legend_below, save

#: The part of the map of colours that is dark enough for lines on white.
DARK_ENOUGH = 0.85

VISIBILITY = "visibility $v$ of Werner pairs"


def visibility(points: Sequence[Row], critical: Sequence[Row], path: Path) -> Path:
    """Draw the certified advantage, % of the classical mean wait, against visibility, a curve for each p.

    Triangles mark the least visibility that helps if every request finds a fresh pair; curves are for pairs as they
    are supplied, stored and read.

    Parameters
    ----------
    points, critical : the rows of the tables ``visibility`` and ``critical`` of an envelope

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    rows = [_advantage_row(row) for row in _ordered(points)]
    least = {row["splitting"]: row["critical_visibility"] for row in critical}
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
        for p, colour in _colours(rows).items():
            own = [row for row in rows if row["p"] == p]
            _line(axes, own, "advantage_percent", colour, f"$p$ = {p:.4g}")
            if least.get(p) is not None:
                axes.plot(least[p], 0, marker="^", ms=7, mfc="none", color=colour, clip_on=False, zorder=5)
                rows.append({"series": "critical, fresh pair for every request", "p": p, "visibility": least[p]})
        most = max((row["advantage_percent"] for row in rows if "advantage_percent" in row), default=0.0)
        axes.set(xlabel=VISIBILITY, ylabel="certified advantage in mean wait (%)", ylim=(0, 1.08 * most if most else 1))
        axes.set_title("" if most else "no certified advantage")
        entries = labelled(figure)
        known = sorted(found for found in least.values() if found is not None)
        if known:
            values = " to ".join(dict.fromkeys(f"{end:.3f}" for end in (known[0], known[-1])))
            triangle = Line2D([], [], ls="none", marker="^", ms=7, mfc="none", color="#444444")
            entries[f"critical, always fresh: {values}"] = triangle
        legend_below(figure, entries)
        return save(figure, path, rows)


def break_even(points: Sequence[Row], path: Path) -> Path:
    """Draw the latency at which telling each other everything takes as long as it saves, against visibility.

    Lines are thin and dotted where pairs are worth nothing: there it is the break-even latency of classical routers.
    Another line is the latency of fibre half way round the Earth.

    Parameters
    ----------
    points : the rows of the table ``break_even`` of an envelope

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    columns = ("visibility", "break_even_s", "break_even_km", "strict")
    rows = [
        {"series": "break-even", "p": row["splitting"]} | {name: row[name] for name in columns}
        for row in _ordered(points)
    ]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
        for p, colour in _colours(rows).items():
            own = [row for row in rows if row["p"] == p]
            helps = [row for row in own if row["strict"]]
            bare = own[: len(own) - len(helps) + 1]
            axes.plot(*_columns(bare, "break_even_s"), ls=":", lw=1, color=colour)
            _line(axes, helps, "break_even_s", colour, f"$p$ = {p:.4g}")
        axes.set(xlabel=VISIBILITY, ylabel="break-even latency, one way (s)")
        axes.set_ylim(0, 1.08 * max(row["break_even_s"] for row in rows) or 1)
        antipodes = _kilometres(axes, rows)
        entries = labelled(figure) | antipodes
        if not all(row["strict"] for row in rows):
            entries["pairs are worth nothing"] = Line2D([], [], ls=":", lw=1, color="#444444")
        legend_below(figure, entries)
        return save(figure, path, rows)


def _kilometres(axes: Axes, rows: Sequence[Row]) -> dict[str, Line2D]:
    """A second axis at the right with the fibre of each latency, in 1000 km, and a line half way round the Earth."""
    longest = max(rows, key=lambda row: float(row["break_even_s"]))
    if not longest["break_even_s"]:
        return {}
    factor = longest["break_even_km"] / longest["break_even_s"] / 1e3
    side = axes.secondary_yaxis("right", functions=(lambda s: s * factor, lambda km: km / factor))
    side.set_ylabel("the same in fibre (1000 km)")
    if longest["break_even_km"] < FARTHEST_KM:
        return {}
    return {FARTHEST: axes.axhline(FARTHEST_KM / 1e3 / factor, color="#444444", lw=0.8, ls="--", zorder=0)}


def _line(axes: Axes, own: Sequence[Row], column: str, colour: str, label: str) -> None:
    axes.plot(*_columns(own, column), marker="o", ms=3, color=colour, label=label)


def _columns(own: Sequence[Row], column: str) -> tuple[list[float], list[float]]:
    return [row["visibility"] for row in own], [row[column] for row in own]


def _ordered(points: Sequence[Row]) -> list[Row]:
    return sorted(points, key=lambda row: (row["splitting"], row["visibility"]))


def _advantage_row(row: Row) -> Row:
    """A row of the CSV; what is not strict is rounding, and shown as zero."""
    percent = 100 * row["relative_advantage"] if row["strict"] else 0.0
    return {
        "series": "certified advantage",
        "p": row["splitting"],
        "visibility": row["visibility"],
        "advantage_percent": percent,
        "strict": row["strict"],
    }


def _colours(rows: Sequence[Row]) -> dict[float, str]:
    """A colour for each p, darker for smaller ones."""
    found = sorted({row["p"] for row in rows})
    shades = plt.get_cmap("viridis")(np.linspace(0, DARK_ENOUGH, len(found)))
    return {p: to_hex(shade) for p, shade in zip(found, shades, strict=True)}
