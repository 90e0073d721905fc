"""Consensus under faults: availability, commit latency, and safety against the number of liars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

#: The axis of each kind of fault.
FAULTS = {
    "down": "time that each node is down (share)",
    "loss": "lost messages (share)",
    "divided": "time in two groups (share)",
}
POINTS: dict[str, Any] = {"ms": 4, "mfc": "white", "capsize": 2, "elinewidth": 1}
#: Of a column of panels, and of the figure with two rows of them, inches.
WIDTH, HEIGHT = 3.3, 6.4
#: How far apart the points of behaviors stand that share a number of liars.
APART = 0.08


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw what was served under each kind of fault, how long commits took, and which runs lost safety.

    Parameters
    ----------
    tables : ``faults`` and ``liars`` of the part ``consensus``

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    entries: dict[str, Any] = {}
    with plt.rc_context(STYLE):
        sizes = _sizes(tables["liars"])
        columns = max(len(FAULTS), 1 + len(sizes))
        figure, panels = plt.subplots(2, columns, figsize=(WIDTH * columns, HEIGHT), layout="constrained")
        for place, (fault, label) in enumerate(FAULTS.items()):
            own = [row for row in tables["faults"] if row["fault"] == fault]
            entries |= _served(panels[0, place], own)
            panels[0, place].set_xlabel(label)
        panels[0, 0].set_ylabel("commands served within 1 s (share)")
        entries |= _latencies(panels[1, 0], tables["faults"])
        for axes, nodes in zip(panels[1, 1 : 1 + len(sizes)], sizes, strict=True):
            entries |= _liars(axes, [row for row in tables["liars"] if row["nodes"] == nodes], nodes)
        for axes in (*panels[0, len(FAULTS) :], *panels[1, 1 + len(sizes) :]):
            axes.set_axis_off()
        panels[1, 1].set_ylabel("runs that lost safety (share)")
        legend_below(figure, entries)
        return save(figure, path, [{"table": kind, **row} for kind in ("faults", "liars") for row in tables[kind]])


def _sizes(rows: Sequence[Row]) -> list[int]:
    """Sizes of clusters, in the order of the rows."""
    return list(dict.fromkeys(row["nodes"] for row in rows))


def _served(axes: Axes, rows: Sequence[Row]) -> dict[str, Any]:
    """What was served with its interval; dashed how often a majority is up, dotted how often one was in time."""
    entries: dict[str, Any] = {}
    for number, nodes in enumerate(_sizes(rows)):
        own = [row for row in rows if row["nodes"] == nodes and row["served"] is not None]
        style: dict[str, Any] = {"color": LINE_COLOURS[number % 6], "marker": LINE_MARKERS[number % 6]}
        _points(axes, own, "level", "served", style)
        across = [row["level"] for row in own]
        axes.plot(across, [row["reachable"] for row in own], color=style["color"], ls=":", lw=1.2)
        counted = [row for row in own if row["majority_up"] is not None]
        up = [row["majority_up"] for row in counted]
        axes.plot([row["level"] for row in counted], up, color=style["color"], ls="--", lw=1.0)
        entries[f"{nodes} nodes with a leader, 95 % interval"] = Line2D(
            [], [], ls="-", lw=0.8, ms=4, mfc="white", **style
        )
    entries["a majority was up and connected within 1 s (counted)"] = Line2D([], [], color="#444444", ls=":", lw=1.2)
    entries["a majority is up (binomial law)"] = Line2D([], [], color="#444444", ls="--", lw=1.0)
    axes.set_ylim(-0.03, 1.05)
    return entries


def _latencies(axes: Axes, rows: Sequence[Row]) -> dict[str, Any]:
    """Commit latencies of the largest cluster against the level of each fault."""
    largest = max(_sizes(rows), default=0)
    for number, (fault, name) in enumerate({"down": "nodes down", "loss": "loss", "divided": "two groups"}.items()):
        own = [row for row in rows if (row["fault"], row["nodes"]) == (fault, largest) and row["latency_s"]]
        style: dict[str, Any] = {"color": "#000000", "marker": LINE_MARKERS[3 + number]}
        _points(axes, own, "level", "latency_s", style)
        axes.plot([], [], ls="-", lw=0.8, ms=4, mfc="white", label=name, **style)
    axes.set(xlabel="level of the fault (share)", ylabel="commit latency, mean of runs (s)", yscale="log")
    axes.legend(title=f"{largest} nodes", fontsize=8)
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
    axes.set_xticks(sorted({row["liars"] for row in rows}))
    return entries


def _points(axes: Axes, rows: Sequence[Row], across: str, name: str, style: Mapping[str, Any], line: str = "-") -> None:
    """Points with their intervals, as far as there are any."""
    ends = [[row[name], *(row[f"{name}_{end}"] for end in ("low", "high"))] for row in rows]
    values = np.array([[m, m if low is None else low, m if high is None else high] for m, low, high in ends])
    values = values.reshape(-1, 3)
    bars = np.maximum(arms(values), 0.0)
    axes.errorbar([row[across] for row in rows], values[:, 0], yerr=bars, ls=line, lw=0.8, **POINTS, **style)
