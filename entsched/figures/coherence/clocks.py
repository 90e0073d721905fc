"""Order and spread of clocks that exchange messages, against the message rate, with Kuramoto's model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from entsched.figures.style import LINE_COLOURS, LINE_MARKERS, STYLE, Row, legend_below, save

MILLISECONDS = 1000.0
INK = "#444444"
#: Ranges of rates up to this factor have a linear axis, and up to the second one ticks at 1, 2 and 5.
NARROW, WIDE = 3.0, 300.0


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw the tables ``rates``, ``theory`` and ``onsets``: r above, spread below; bars are 95 % intervals.

    Solid lines are the model of as many oscillators, simulated at the same rates, dashed ones of infinitely many;
    dotted ones mark the critical rates of those.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    rates, onsets, theory = tables["rates"], tables["onsets"], tables["theory"]
    entries: dict[str, Any] = {}
    with plt.rc_context(STYLE | {"axes.axisbelow": True}):
        figure, (above, below) = plt.subplots(2, 1, figsize=(5.9, 6.0), sharex=True, layout="constrained")
        for place, onset in enumerate(onsets):
            own, lines = ([row for row in rows if row["channel"] == onset["channel"]] for rows in (rates, theory))
            ink: dict[str, Any] = {"color": LINE_COLOURS[place % 6], "marker": LINE_MARKERS[place % 6]}
            _curve(above, own, "order", 1.0, ink)
            _curve(below, own, "spread_s", MILLISECONDS, ink)
            at = [row["message_rate_hz"] for row in lines]
            above.plot(at, [row["infinite_order"] for row in lines], color=ink["color"], ls="--", lw=0.9)
            if onset["critical_rate_hz"] is not None:
                for axes in (above, below):
                    axes.axvline(onset["critical_rate_hz"], color=ink["color"], ls=":", lw=0.9, zorder=1.6)
            entries[onset["channel"]] = Line2D([], [], ls="none", ms=4, mfc="white", **ink)
        entries["model of as many oscillators"] = Line2D([], [], color=INK, lw=1.2)
        entries["model of infinitely many"] = Line2D([], [], color=INK, ls="--", lw=0.9)
        entries["critical rate of infinitely many"] = Line2D([], [], color=INK, ls=":", lw=0.9)
        above.set(ylabel="order parameter $r$", ylim=(0, 1.02))
        below.set(ylabel="spread of the clocks (ms)", xlabel="messages of each server (1/s)")
        below.set_ylim(bottom=0)
        _scale(below, [row["message_rate_hz"] for row in rates])
        legend_below(figure, entries)
        return save(figure, path, [*rates, *onsets, *theory])


def _scale(axes: Axes, rates_hz: Sequence[float]) -> None:
    """The axis of the rates, with a few plain numbers at its ticks."""
    low, high = min(rates_hz), max(rates_hz)
    axes.set_xlim(low / 1.05, high * 1.05)
    if high <= NARROW * low:
        return
    axes.set(xscale="log")
    axes.set_xlim(low / 1.05, high * 1.05)
    if high <= WIDE * low:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high > 10 * low else (1.0, 2.0, 3.0, 5.0, 7.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda rate_hz, _: f"{rate_hz:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def _curve(axes: Axes, rows: Sequence[Row], name: str, unit: float, ink: dict[str, Any]) -> None:
    """Simulated clocks as points with bars, and the model of as many oscillators as a line."""
    at = [row["message_rate_hz"] for row in rows]
    middle = [unit * row[name] for row in rows]
    ends = [[unit * abs(row[name] - row[f"{name}_{end}"]) for row in rows] for end in ("low", "high")]
    look: dict[str, Any] = {"ls": "none", "ms": 3.5, "mfc": "white", "capsize": 1.5, "elinewidth": 0.8, "zorder": 4}
    axes.errorbar(at, middle, yerr=ends, **look, **ink)
    axes.plot(at, [unit * row[f"model_{name}"] for row in rows], color=ink["color"], lw=1.2)
