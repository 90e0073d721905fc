"""Redundancy: how often small codes and surface codes fail, and which losses they survive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from entsched.figures.style import LINE_COLOURS, LINE_MARKERS, OTHER_COLOURS, STYLE, Row, arms, save

#: What is drawn where the physical error itself is.
BARE: dict[str, Any] = {"color": "#7f7f7f", "lw": 1.0, "ls": ":"}
#: Lines that may cover each other: Reed-Solomon codes broad and pale, majorities dotted, quantum codes dashed.
LINES: dict[str, dict[str, Any]] = {
    "Reed-Solomon": {"ls": "-", "lw": 3.5, "alpha": 0.45, "zorder": 2.0},
    "majority": {"ls": ":", "lw": 1.6, "zorder": 2.2},
    "quantum": {"ls": "--", "lw": 1.4, "zorder": 2.1},
    "flips": {"ls": "-.", "lw": 1.4, "zorder": 2.1},
}
#: It finds an error and mends none, so it is shown among losses only.
DETECTING = "four-qubit"
POINTS: dict[str, Any] = {"ls": "none", "ms": 4, "mfc": "white", "capsize": 2, "elinewidth": 1, "zorder": 4}
NONE: dict[str, Any] = POINTS | {"marker": 11, "ms": 6, "capsize": 0}
#: Of a panel, inches.
WIDTH, HEIGHT = 3.9, 5.8
#: The axes of the first panel reach at least so far down.
LEAST_FAILURE = 1e-6
#: Codes of more cells are drawn without lines between them.
MOST_CELLS = 32
#: Series of the second panel begin so.
SURFACE = "surface d"


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw failures of small codes, failures of surface codes with their crossings, and losses.

    Parameters
    ----------
    tables : ``simulated``, ``exact``, ``codes``, ``losses`` and ``crossings`` of the part ``redundancy``

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    ink = _inks(tables)
    surface = [row for row in tables["simulated"] if row["series"].startswith(SURFACE)]
    with plt.rc_context(STYLE):
        count = 3 if surface else 2
        figure, panels = plt.subplots(1, count, figsize=(WIDTH * count, HEIGHT), layout="constrained", squeeze=False)
        _small(panels[0, 0], tables, ink)
        if surface:
            _surface(panels[0, 1], surface, tables["crossings"])
        shades = _losses(panels[0, -1], tables["losses"], ink)
        below = panels[0, -1].inset_axes((0.1, -0.34, 0.8, 0.05))
        bar = figure.colorbar(shades, cax=below, orientation="horizontal")
        bar.set_label("sets of losses that are restored (share)")
        for axes, rows in zip(panels[0, :-1], (_small_points(tables), surface), strict=False):
            if not all(row["failures"] for row in rows):
                axes.plot(
                    [],
                    [],
                    color="#444444",
                    marker=11,
                    ls="none",
                    ms=6,
                    mfc="white",
                    label="none failed: upper end, 95 %",
                )
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=1, fontsize=8)
        kinds = ("simulated", "exact", "codes", "losses", "crossings")
        return save(figure, path, [{"table": kind, **row} for kind in kinds for row in tables[kind]])


def _inks(tables: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """One colour for each small code, in all panels; kinds of noise share that of their code."""
    names = dict.fromkeys(row["series"] for row in tables["losses"] if row["series"] != "bare qubit")
    colours = (*LINE_COLOURS, *OTHER_COLOURS[3:], "#7a5195", "#8c564b", "#999933")
    return {name: colours[index % len(colours)] for index, name in enumerate(names)}


def _small(axes: Axes, tables: Mapping[str, Sequence[Row]], ink: Mapping[str, str]) -> None:
    exact = [row for row in tables["exact"] if row["series"] not in ("bare qubit", DETECTING)]
    points = _small_points(tables)
    errors = np.array([min(row["error"] for row in exact), 0.5])
    axes.plot(errors, errors, **BARE, label="one bare node or qubit")
    simulated = list(dict.fromkeys(row["series"] for row in points))
    for name in dict.fromkeys(row["series"] for row in exact):
        line = [row for row in exact if row["series"] == name]
        across, up = [row["error"] for row in line], [row["logical"] for row in line]
        colour = ink.get(name.removesuffix(", flips only"), "#000000")
        axes.plot(across, up, color=colour, **_line(name))
        marker = LINE_MARKERS[simulated.index(name) % 6] if name in simulated else ""
        axes.plot([], [], color=colour, marker=marker, ms=4, mfc="white", **_line(name), label=name)
        if name in simulated:
            _bars(axes, [row for row in points if row["series"] == name], colour, marker)
    own = [row for row in tables["codes"] if row["pseudo_threshold"] is not None]
    stars = [min(row["pseudo_threshold"], errors[-1]) for row in own]
    axes.plot(stars, stars, "*", color="#000000", ms=8, mec="white", mew=0.6, zorder=5, label="pseudo-thresholds")
    lowest = min([LEAST_FAILURE, *(row["low"] / 2 for row in points if row["low"] > 0)])
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(errors[0], 0.6),
        ylim=(lowest, 1.2),
        title="small codes: exact lines, simulated points",
    )
    axes.set(xlabel="error of one node or qubit (probability)", ylabel="content lost or wrong (probability)")


def _small_points(tables: Mapping[str, Sequence[Row]]) -> list[Row]:
    return [row for row in tables["simulated"] if row["exact"] is not None]


def _surface(axes: Axes, points: Sequence[Row], crossings: Sequence[Row]) -> None:
    names = dict.fromkeys(row["series"].removesuffix(", circuit noise") for row in points)
    for number, name in enumerate(names):
        for suffix, marker, line in (("", "o", "-"), (", circuit noise", "s", "--")):
            own = [row for row in points if row["series"] == name + suffix]
            colour = LINE_COLOURS[number % len(LINE_COLOURS)]
            seen = [row for row in own if row["failures"]]
            axes.plot([row["error"] for row in seen], [row["logical"] for row in seen], color=colour, lw=0.8, ls=line)
            _bars(axes, own, colour, marker, f"{name}{suffix or ', one perfect round'}")
    for number, row in enumerate(crossings):
        label = "crossings, 95 % interval" if number == 0 else "_another"
        axes.axvspan(row["low"], row["high"], color="#000000", alpha=0.15, lw=0, label=label)
    errors = sorted(row["error"] for row in points)
    axes.plot(errors, errors, **BARE, label="one bare qubit")
    axes.set(xscale="log", yscale="log", title="surface codes, matching")
    axes.set(xlabel="physical error (probability)", ylabel="content wrong (probability)")


def _losses(axes: Axes, rows: Sequence[Row], ink: Mapping[str, str]) -> ScalarMappable:
    """One line of cells for each code: a cell for each number of lost nodes, the darker the more sets are restored."""
    shades = ScalarMappable(Normalize(0, 1), "Blues")
    for place, name in enumerate(ink):
        own = [row for row in rows if row["series"] == name]
        middles = np.array([row["lost_share"] for row in own])
        ends = np.clip([middles - middles[1] / 2, middles + middles[1] / 2], 0, 1)
        edge = {"edgecolor": "#bbbbbb", "lw": 0.4} if len(own) <= MOST_CELLS else {"lw": 0}
        colours = shades.to_rgba(np.array([row["restored"] for row in own]))
        axes.barh(place, ends[1] - ends[0], left=ends[0], height=0.7, color=colours, **edge)
    axes.axvline(0.5, color="#D55E00", lw=1.2, ls="--", zorder=3)
    axes.set(
        xlabel="lost nodes, known to be lost (share of n)",
        xlim=(0, 1),
        title="losses (dashed: no quantum code\nrestores all sets of half)",
    )
    axes.set_yticks(range(len(ink)), list(ink))
    for label, colour in zip(axes.get_yticklabels(), ink.values(), strict=True):
        label.set_color(colour)
    axes.invert_yaxis()
    axes.grid(visible=False)
    return shades


def _line(name: str) -> dict[str, Any]:
    """The style of a series."""
    if name.endswith("flips only"):
        return LINES["flips"]
    return next((style for start, style in LINES.items() if name.startswith(start)), LINES["quantum"])


def _bars(axes: Axes, rows: Sequence[Row], colour: str, marker: str, label: str | None = None) -> None:
    """Shares with their intervals; where nothing failed, a triangle at the upper end."""
    seen, none = ([row for row in rows if bool(row["failures"]) == some] for some in (True, False))
    values = np.array([[row["logical"], row["low"], row["high"]] for row in seen]).reshape(-1, 3)
    across = [row["error"] for row in seen]
    axes.errorbar(across, values[:, 0], yerr=arms(values), color=colour, marker=marker, label=label, **POINTS)
    if none:
        axes.errorbar([row["error"] for row in none], [row["high"] for row in none], color=colour, **NONE)
