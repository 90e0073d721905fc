"""Consensus under faults: availability, commit latency, and safety against the number of liars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from entsched.figures.style import (
    LINE_COLOURS,
    LINE_MARKERS,
    MARKERS,
    OTHER_COLOURS,
    STYLE,
    Row,
    arms,
    legend_below,
    save,
)

#: The axis of each kind of fault, and its name in a legend.
FAULTS = {
    "down": ("time that each node is down (share)", "nodes down"),
    "loss": ("lost messages (share)", "loss"),
    "divided": ("time in two groups (share)", "two groups"),
}
POINTS: dict[str, Any] = {"ms": 4, "mfc": "white", "capsize": 2, "elinewidth": 1}
#: Of a panel, inches, and the most panels in a row.
WIDTH, HEIGHT, COLUMNS = 3.5, 3.2, 3
#: How far apart the points of behaviors stand that share a number of liars.
APART = 0.08
INSTANT = "a majority is up (binomial law)"
WITHIN = "a majority is up, and connected, at some time within 1 s (nodes down: law; else counted)"
LAWS: dict[str, Any] = {"color": "#444444", "lw": 1.2}


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw what was served under each kind of fault, how long commits took, and which runs lost safety.

    Kinds of faults and sizes that were not run have no panel.

    Parameters
    ----------
    tables : ``faults``, ``laws`` and ``liars`` of the part ``consensus``

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    faults, liars = tables["faults"], tables["liars"]
    panels: list[Callable[[Axes], dict[str, Any]]] = [
        partial(_served, rows=[row for row in faults if row["fault"] == fault], laws=tables["laws"], fault=fault)
        for fault in FAULTS
        if any(row["fault"] == fault and row["served"] is not None for row in faults)
    ]
    if any(row["latency_s"] for row in faults):
        panels.append(partial(_latencies, rows=faults))
    panels += [partial(_liars, rows=[row for row in liars if row["nodes"] == n], nodes=n) for n in _sizes(liars)]
    panels = panels or [_nothing]
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    with plt.rc_context(STYLE):
        size = (max(2, columns) * WIDTH, lines * HEIGHT)
        figure, axes = plt.subplots(lines, columns, figsize=size, layout="constrained", squeeze=False)
        entries: dict[str, Any] = {}
        for place, panel in zip(axes.flat, panels, strict=False):
            entries |= panel(place)
        for place in axes.flat[len(panels) :]:
            place.set_axis_off()
        if entries:
            legend_below(figure, entries)
        kinds = ("faults", "laws", "liars")
        return save(figure, path, [{"table": kind, **row} for kind in kinds for row in tables[kind]])


def _sizes(rows: Sequence[Row]) -> list[int]:
    """Sizes of clusters, in the order of the rows."""
    return list(dict.fromkeys(row["nodes"] for row in rows))


def _nothing(axes: Axes) -> dict[str, Any]:
    axes.set_axis_off()
    axes.text(0.5, 0.5, "no runs", ha="center", va="center")
    return {}


def _style(number: int) -> dict[str, Any]:
    """Of a cluster size."""
    return {"color": LINE_COLOURS[number % 6], "marker": LINE_MARKERS[(number + number // 6) % 6]}


def _served(axes: Axes, rows: Sequence[Row], laws: Sequence[Row], fault: str) -> dict[str, Any]:
    """What was served with its interval; dashed how often a majority is up, dotted how often one is in time."""
    entries: dict[str, Any] = {}
    for number, nodes in enumerate(_sizes(rows)):
        own = sorted((row for row in rows if row["nodes"] == nodes and row["served"] is not None), key=_level)
        style = _style(number)
        _points(axes, own, "level", "served", style)
        law = [row for row in laws if row["nodes"] == nodes] if fault == "down" else []
        if law:
            across = [row["level"] for row in law]
            axes.plot(across, [row["majority_up"] for row in law], color=style["color"], ls="--", lw=1.0)
            axes.plot(across, [row["majority_within"] for row in law], color=style["color"], ls=":", lw=1.2)
            entries |= {INSTANT: Line2D([], [], ls="--", **LAWS), WITHIN: Line2D([], [], ls=":", **LAWS)}
        elif fault != "down":
            axes.plot([_level(row) for row in own], [row["reachable"] for row in own], color=style["color"], ls=":")
            entries[WITHIN] = Line2D([], [], ls=":", **LAWS)
        entries[f"{nodes} nodes with a leader, 95 % interval"] = Line2D(
            [], [], ls="-", lw=0.8, ms=4, mfc="white", **style
        )
    axes.set(ylim=(-0.03, 1.05), xlabel=FAULTS[fault][0], ylabel="commands served within 1 s (share)")
    _levels(axes, rows)
    return entries


def _latencies(axes: Axes, rows: Sequence[Row]) -> dict[str, Any]:
    """Commit latencies of the largest cluster that has any, against the level of each fault; axes by the points."""
    rows = [row for row in rows if row["latency_s"]]
    largest = max(_sizes(rows))
    rows = sorted((row for row in rows if row["nodes"] == largest), key=_level)
    for number, (fault, (_, name)) in enumerate(FAULTS.items()):
        own = [row for row in rows if row["fault"] == fault]
        if own:
            style: dict[str, Any] = {"color": "#000000", "marker": LINE_MARKERS[3 + number]}
            _points(axes, own, "level", "latency_s", style)
            axes.plot([], [], ls="-", lw=0.8, ms=4, mfc="white", label=name, **style)
    found = [row["latency_s"] for row in rows]
    axes.set(xlabel="level of the fault (share)", ylabel="commit latency, mean of runs (s)", yscale="log")
    axes.set_ylim(min(found) / 3, max(found) * 10)
    _levels(axes, rows)
    axes.legend(title=f"{largest} nodes", fontsize=8, loc="upper left")
    return {}


def _liars(axes: Axes, rows: Sequence[Row], nodes: int) -> dict[str, Any]:
    """Runs that lost safety against the number of liars; from the line on counting excludes it no longer."""
    entries: dict[str, Any] = {}
    kinds = list(dict.fromkeys(row["lies"] for row in rows))
    for number, lies in enumerate(kinds):
        shift = APART * (number - (len(kinds) - 1) / 2)
        own = [row | {"place": row["liars"] + shift} for row in rows if row["lies"] == lies]
        style: dict[str, Any] = {"color": OTHER_COLOURS[number], "marker": MARKERS[number]}
        _points(axes, own, "place", "broken", style, "none")
        entries[f"{lies} liars, 95 % interval"] = Line2D([], [], ls="none", ms=4, mfc="white", **style)
    line: dict[str, Any] = {"color": "#444444", "ls": "-.", "lw": 1.0}
    axes.axvline(rows[0]["breaking"] - 0.5, **line)
    entries["two quorums may meet in liars alone, to the right"] = Line2D([], [], **line)
    axes.set(title=f"{nodes} nodes that vote", xlabel="liars", ylim=(-0.03, 1.05))
    axes.set_ylabel("runs that lost safety (share)")
    axes.set_xticks(sorted({row["liars"] for row in rows}))
    return entries


def _level(row: Row) -> float:
    return float(row["level"])


def _levels(axes: Axes, rows: Sequence[Row]) -> None:
    """An axis from 0 to a little beyond the highest level."""
    highest = max(max(map(_level, rows)), 0.1)
    axes.set_xlim(-0.04 * highest, 1.06 * highest)


def _points(axes: Axes, rows: Sequence[Row], across: str, name: str, style: Mapping[str, Any], line: str = "-") -> None:
    """Points with their intervals, as far as there are any."""
    ends = [[row[name], *(row[f"{name}_{end}"] for end in ("low", "high"))] for row in rows]
    values = np.array([[m, m if low is None else low, m if high is None else high] for m, low, high in ends])
    values = values.reshape(-1, 3)
    bars = np.maximum(arms(values), 0.0)
    axes.errorbar([row[across] for row in rows], values[:, 0], yerr=bars, ls=line, lw=0.8, **POINTS, **style)
