"""What pairs are worth over their rate and the time they last: a map with hardware on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from entsched.figures.scales import edges, is_geometric
from entsched.figures.style import COLOURS, STYLE, Row, labelled, legend_below, plain, save

Floats = NDArray[np.float64]

RATE, TIME, PERCENT = "pair_rate_hz", "memory_s", "advantage_percent"
LABELS = {RATE: "pair rate (per s)", TIME: "memory time of each half (s)"}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
MOST_ON_A_LINE = 40

#: Text on the map.
ON_THE_MAP: dict[str, Any] = {"color": "white", "path_effects": [withStroke(linewidth=2, foreground="black")]}

#: Advantages below this, in percent, are not written.
LEAST_WRITTEN = 0.01


def rate_memory(
    points: Sequence[Row], presets: Sequence[Row], request_rate_hz: float, target: float, path: Path
) -> Path:
    """Draw the certified advantage, % of the classical mean wait, over pair rate and memory time.

    White lines bound where it is strictly above zero and where it reaches the target. Presets of hardware stand at
    their own rate and memory time, coloured by their own advantage; those outside the map at its edge. With one of
    the two grids only, it is a curve.

    Parameters
    ----------
    points, presets : the rows of the tables ``rate_memory`` and ``presets_placed`` of an envelope
    request_rate_hz : of pairs of requests, marked on the axis of rates
    target : relative advantage

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    rows = [_row(row, "grid") for row in points]
    grids = {name: sorted({row[name] for row in rows} - {None}) for name in (RATE, TIME)}
    placed = [_row(row, row["node"]) | {"visibility": row["visibility"]} for row in presets if "strict" in row]
    varied = [name for name, values in grids.items() if len(values) > 1]
    with plt.rc_context(STYLE | {"axes.grid": len(varied) < 2}):
        figure, axes = plt.subplots(figsize=(5.6, 4.6), layout="constrained")
        title = None
        if len(varied) == 2:
            entries = _map(axes, rows, placed, grids, target)
            title = "presets with their own visibility $v$; filled by their own advantage" if placed else None
            rows += placed
        else:
            _curve(axes, rows, (varied or [RATE])[0], target)
            entries = labelled(figure)
        if RATE in varied and grids[RATE][0] <= request_rate_hz <= grids[RATE][-1]:
            _requests(axes, request_rate_hz, "white" if len(varied) == 2 else "#444444")
        legend_below(figure, entries, title)
        return save(figure, path, rows)


def _row(row: Row, series: str) -> Row:
    """A row of the CSV; what is not strict is rounding, and shown as zero."""
    percent = 100 * row["relative_advantage"] if row["strict"] else 0.0
    return {"series": series, RATE: row[RATE], TIME: row[TIME], PERCENT: percent, "strict": row["strict"]}


def _requests(axes: Axes, request_rate_hz: float, colour: str) -> None:
    """A line at the rate of requests, named above the panel."""
    axes.axvline(request_rate_hz, color=colour, lw=1, ls=":")
    place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center"}
    axes.annotate(f"requests: {request_rate_hz:.4g} per s", (request_rate_hz, 1), xytext=(0, 3), **place)


def _map(
    axes: Axes, rows: Sequence[Row], placed: Sequence[Row], grids: dict[str, list[float]], target: float
) -> dict[str, Any]:
    """The map with its contours and the presets; returns the entries of the legend."""
    rates, times = (np.array(grids[name]) for name in (RATE, TIME))
    table = np.full((len(times), len(rates)), np.nan)
    for row in rows:
        table[np.searchsorted(times, row[TIME]), np.searchsorted(rates, row[RATE])] = row[PERCENT]
    most = max([float(np.nanmax(table)), *(row[PERCENT] for row in placed)])
    cells: dict[str, Any] = {"cmap": "cividis", "vmin": 0, "vmax": most or 1, "rasterized": True}
    mesh = axes.pcolormesh(edges(rates), edges(times), table, **cells)
    _scale(axes, "x", RATE, rates)
    _scale(axes, "y", TIME, times)
    axes.set(xlim=edges(rates)[[0, -1]], ylim=edges(times)[[0, -1]])
    colours = plt.colorbar(mesh, ax=axes)
    colours.set_label("certified advantage\nin mean wait (%)")
    entries: dict[str, Any] = {}
    if np.nanmin(table) > 0:
        axes.text(0.03, 0.03, "strictly above zero\neverywhere on the map", transform=axes.transAxes, **ON_THE_MAP)
    strict = (table > 0).astype(float)
    entries |= _contour(axes, (rates, times, strict), 0.5, "--", "boundary of where it is strictly above zero")
    entries |= _contour(axes, (rates, times, table), 100 * target, "-", f"boundary of {100 * target:g} %")
    for row, marker in zip(placed, MARKERS * len(placed), strict=False):
        entries |= _preset(axes, row, marker, mesh, (rates, times))
    return entries


def _contour(axes: Axes, of: tuple[Floats, Floats, Floats], level: float, line: str, label: str) -> dict[str, Any]:
    """A white line with a dark edge at a level that a table reaches and does not exceed everywhere; its entry."""
    if not np.nanmin(of[2]) < level <= np.nanmax(of[2]):
        return {}
    edge = [withStroke(linewidth=3, foreground="black")]
    drawn = axes.contour(*of, levels=[level], colors="white", linewidths=1.5, linestyles=line)
    drawn.set(path_effects=edge)
    return {label: Line2D([], [], color="white", ls=line, path_effects=edge)}


def _preset(axes: Axes, row: Row, marker: str, mesh: QuadMesh, grid: tuple[Floats, Floats]) -> dict[str, Any]:
    """A preset at its place, at the edge if that is outside; without a rate or a time only in the legend."""
    at = [row[RATE], row[TIME]]
    worth = f"{row[PERCENT]:.2g} %" if row[PERCENT] >= LEAST_WRITTEN else f"below {LEAST_WRITTEN:g} %"
    worth = worth if row["strict"] else "none"
    values = [f"{at[0]:.3g} per s" if at[0] else "on demand", f"{at[1]:.3g} s" if at[1] else "no memory time"]
    ink: dict[str, Any] = {"marker": marker, "ms": 8, "ls": "none", "mfc": mesh.to_rgba(row[PERCENT])}
    if None in at:
        values.append("not on the map")
    else:
        ends = [edges(axis)[[0, -1]] for axis in grid]
        inside = [float(np.clip(value, *end)) for value, end in zip(at, ends, strict=True)]
        values += ["at the edge"] * (inside != at)
        axes.plot(*inside, **ink, mec="white", clip_on=False, zorder=5)
    label = f"{plain(row['series'])}: {', '.join(values)}, $v$ = {row['visibility']:.2f}: {worth}"
    return {label: Line2D([], [], **ink, mec="black")}


def _curve(axes: Axes, rows: Sequence[Row], name: str, target: float) -> None:
    """The advantage along the only grid."""
    ordered = sorted(rows, key=lambda row: float(row[name] or 0))
    known = [row for row in ordered if row[name] is not None]
    marker = "o" if len(known) <= MOST_ON_A_LINE else ""
    axes.plot(*([row[key] for row in known] for key in (name, PERCENT)), marker=marker, ms=4, color=COLOURS["quantum"])
    most = max((row[PERCENT] for row in known), default=0.0)
    if target > 0:
        axes.axhline(100 * target, color="#444444", lw=1, ls="--", label=f"target, {100 * target:g} %")
    axes.set_ylim(0, 1.08 * max(most, 100 * target) or 1)
    axes.set_ylabel("certified advantage in mean wait (%)")
    axes.set_title("" if most else "no certified advantage")
    _scale(axes, "x", name, np.array([row[name] for row in known]))


def _scale(axes: Axes, which: str, name: str, values: Floats) -> None:
    axes.set(**{f"{which}label": LABELS[name], f"{which}scale": "log" if is_geometric(values) else "linear"})
