"""Redundancy: how often small codes and surface codes fail, and which losses they survive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

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
#: A figure of three panels, inches.
SIZE = (11.0, 5.4)
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
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, 3, figsize=SIZE, layout="constrained")
        _small(panels[0], tables, ink)
        _surface(panels[1], tables)
        _losses(panels[2], tables["losses"], ink)
        for axes in panels:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=1, fontsize=8)
        kinds = ("simulated", "exact", "codes", "losses", "crossings")
        return save(figure, path, [{"table": kind, **row} for kind in kinds for row in tables[kind]])


def _inks(tables: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """One colour for each small code, in all panels; kinds of noise share that of their code."""
    names = dict.fromkeys(row["series"] for row in tables["losses"] if row["series"] != "bare qubit")
    colours = (*LINE_COLOURS, *OTHER_COLOURS[3:], "#7a5195", "#8c564b", "#999933")
    return {name: colours[index % len(colours)] for index, name in enumerate(names)}


def _small(axes: Axes, tables: Mapping[str, Sequence[Row]], ink: Mapping[str, str]) -> None:
    errors = np.geomspace(1e-3, 0.5, 2)
    axes.plot(errors, errors, **BARE, label="one bare node or qubit")
    exact = [row for row in tables["exact"] if row["series"] not in ("bare qubit", DETECTING)]
    for name in dict.fromkeys(row["series"] for row in exact):
        line = [row for row in exact if row["series"] == name]
        across, up = [row["error"] for row in line], [row["logical"] for row in line]
        axes.plot(across, up, color=ink.get(name.removesuffix(", flips only"), "#000000"), **_line(name), label=name)
    points = [row for row in tables["simulated"] if row["exact"] is not None and row["failures"]]
    for number, name in enumerate(dict.fromkeys(row["series"] for row in points)):
        _bars(
            axes, [row for row in points if row["series"] == name], ink.get(name, "#000000"), LINE_MARKERS[number % 6]
        )
    own = [row for row in tables["codes"] if row["pseudo_threshold"] is not None]
    stars = [min(row["pseudo_threshold"], errors[-1]) for row in own]
    axes.plot(stars, stars, "*", color="#000000", ms=8, mec="white", mew=0.6, zorder=5, label="pseudo-thresholds")
    axes.set(xscale="log", yscale="log", xlim=(1e-3, 0.6), ylim=(1e-6, 1.0), title="small codes, perfect reading")
    axes.set(xlabel="error of one node or qubit (probability)", ylabel="content lost or wrong (probability)")


def _surface(axes: Axes, tables: Mapping[str, Sequence[Row]]) -> None:
    points = [row for row in tables["simulated"] if row["series"].startswith(SURFACE)]
    names = dict.fromkeys(row["series"].removesuffix(", circuit noise") for row in points)
    for number, name in enumerate(names):
        for suffix, marker, line in (("", "o", "-"), (", circuit noise", "s", "--")):
            own = [row for row in points if row["series"] == name + suffix and row["failures"]]
            colour = LINE_COLOURS[number % len(LINE_COLOURS)]
            label = f"{name}{suffix or ', one perfect round'}"
            axes.plot([row["error"] for row in own], [row["logical"] for row in own], color=colour, lw=0.8, ls=line)
            _bars(axes, own, colour, marker, label)
    for number, row in enumerate(tables["crossings"]):
        label = "crossings, 95 % interval" if number == 0 else "_another"
        axes.axvspan(row["low"], row["high"], color="#000000", alpha=0.15, lw=0, label=label)
    errors = sorted(row["error"] for row in points)
    axes.plot(errors, errors, **BARE)
    axes.set(xscale="log", yscale="log", title="surface codes, matching")
    axes.set(xlabel="physical error (probability)", ylabel="content wrong (probability)")


def _losses(axes: Axes, rows: Sequence[Row], ink: Mapping[str, str]) -> None:
    axes.axvline(
        0.5, label="from half on no quantum code\nrestores all sets (no cloning)", **(BARE | {"color": "#000000"})
    )
    for number, (name, colour) in enumerate(ink.items()):
        own = [row for row in rows if row["series"] == name]
        across, up = [row["lost_share"] for row in own], [row["restored"] for row in own]
        label = name if name == DETECTING else None
        axes.plot(
            across, up, color=colour, marker=LINE_MARKERS[number % 6], mfc="white", ms=4, label=label, **_line(name)
        )
    axes.set(xlabel="lost nodes, known to be lost (share of n)", ylabel="sets of losses that are restored (share)")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.05), title="losses, colours as on the left")


def _line(name: str) -> dict[str, Any]:
    """The style of a series."""
    if name.endswith("flips only"):
        return LINES["flips"]
    return next((style for start, style in LINES.items() if name.startswith(start)), LINES["quantum"])


def _bars(axes: Axes, rows: Sequence[Row], colour: str, marker: str, label: str | None = None) -> None:
    values = np.array([[row["logical"], row["low"], row["high"]] for row in rows]).reshape(-1, 3)
    across = [row["error"] for row in rows]
    axes.errorbar(across, values[:, 0], yerr=arms(values), color=colour, marker=marker, label=label, **POINTS)
