"""Order and spread of clocks that exchange messages, against the message rate, with Kuramoto's model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from entsched.figures.style import LINE_COLOURS, LINE_MARKERS, STYLE, Row, legend_below, save

MILLISECONDS = 1000.0
INK = "#444444"


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw the tables ``rates`` and ``onsets``: r above, spread below; bars are 95 % intervals.

    Solid lines are the model of as many oscillators, dashed ones of infinitely many; dotted ones mark
    the critical rates of those.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    rates, onsets = tables["rates"], tables["onsets"]
    entries: dict[str, Any] = {}
    with plt.rc_context(STYLE):
        figure, (above, below) = plt.subplots(2, 1, figsize=(5.6, 6.0), sharex=True, layout="constrained")
        for place, onset in enumerate(onsets):
            own = [row for row in rates if row["channel"] == onset["channel"]]
            ink: dict[str, Any] = {"color": LINE_COLOURS[place % 6], "marker": LINE_MARKERS[place % 6]}
            _curve(above, own, "order", 1.0, ink)
            _curve(below, own, "spread_s", MILLISECONDS, ink)
            at = [row["message_rate_hz"] for row in own]
            above.plot(at, [row["infinite_order"] for row in own], color=ink["color"], ls="--", lw=0.9)
            if onset["critical_rate_hz"] is not None:
                for axes in (above, below):
                    axes.axvline(onset["critical_rate_hz"], color=ink["color"], ls=":", lw=0.9, zorder=0)
            entries[onset["channel"]] = Line2D([], [], ls="none", ms=4, mfc="white", **ink)
        entries["model of as many oscillators"] = Line2D([], [], color=INK, lw=1.2)
        entries["model of infinitely many"] = Line2D([], [], color=INK, ls="--", lw=0.9)
        entries["critical rate of infinitely many"] = Line2D([], [], color=INK, ls=":", lw=0.9)
        above.set(ylabel="order parameter $r$", ylim=(0, 1.02), xscale="log")
        below.set(ylabel="spread of the clocks (ms)", xlabel="messages of each server (1/s)")
        below.set_ylim(bottom=0)
        legend_below(figure, entries)
        return save(figure, path, [*rates, *onsets])


def _curve(axes: Axes, rows: Sequence[Row], name: str, unit: float, ink: dict[str, Any]) -> None:
    """Simulated clocks as points with bars, and the model of as many oscillators as a line."""
    at = [row["message_rate_hz"] for row in rows]
    middle = [unit * row[name] for row in rows]
    ends = [[unit * abs(row[name] - row[f"{name}_{end}"]) for row in rows] for end in ("low", "high")]
    look: dict[str, Any] = {"ls": "none", "ms": 3.5, "mfc": "white", "capsize": 1.5, "elinewidth": 0.8, "zorder": 4}
    axes.errorbar(at, middle, yerr=ends, **look, **ink)
    axes.plot(at, [unit * row[f"model_{name}"] for row in rows], color=ink["color"], lw=1.2)
