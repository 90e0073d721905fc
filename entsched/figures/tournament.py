"""The tournament at a glance: baseline output against mean wait, every strategy a point or a line over p."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from entsched.figures.labels import put_labels
from entsched.figures.style import COLOURS, STYLE, Row, arms, plain, save

Floats = NDArray[np.float64]

#: The marker of each class, the dashes and the grey of its front.
MARKERS = {"symmetric": "o", "static": "s", "scheduled": "^", "adaptive": "D", "communicating": "P"}
DASHES = {"symmetric": ":", "static": "-.", "scheduled": (0, (4, 2)), "adaptive": (0, (8, 2)), "communicating": "-"}

#: The colour of each resource: that of its bound.
INK = {
    "local": COLOURS["classical"],
    "entangled": COLOURS["quantum"],
    "no-signalling": COLOURS["full information"],
}

#: The bounds of the symmetric class that are drawn behind, with what they are called.
BOUNDS = {
    "classical": "classical optimum",
    "quantum": "quantum optimum",
    "full information": "full information",
}

#: Fronts are those of routers that share no more than pairs.
FRONT_RESOURCE = "entangled"

#: Beyond this many times the longest wait on a front, points stand at the edge; axes of a larger ratio are logarithmic.
FAR, WIDE = 1.15, 4.0

#: The digits at which a logarithmic axis has ticks.
TICKS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)

#: Of what a legend shows without a resource; and how many rows a legend has.
GREY, LEGEND_ROWS = "#444444", 3

ENDS = tuple(f"{name}{end}" for name in ("baseline_rate", "mean_wait_s") for end in ("", "_low", "_high"))


def tournament(tables: Mapping[str, Sequence[Row]], title: str, unit: str, path: Path) -> Path:
    """Draw the standings; filled markers are exact, open ones simulated with 95 % intervals.

    Points far beyond all fronts stand at the edge they lie behind, with an arrow.

    Parameters
    ----------
    tables : ``standings``, ``fronts`` and ``bounds`` of a tournament
    title : the workload and its reward, as text for figures
    unit : of the baseline output

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    points = [row for row in tables["standings"] if "rank" in row]
    bounds, fronts = list(tables["bounds"]), _fronts(tables["fronts"])
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7.4, 5.6), layout="constrained")
        axes.set(xlabel="mean wait $W$ (s)", ylabel=f"baseline output $R$ ({unit})", title=title)
        _limits(axes, points, bounds, fronts)
        _draw_bounds(axes, bounds)
        steps = [_draw_front(axes, name, rows) for name, rows in fronts.items()]
        shown = {name: _draw_strategy(axes, rows) for name, rows in _by_strategy(points).items()}
        _legend(figure, points, fronts, bounds)
        figure.draw_without_rendering()
        _label(axes, points, shown, steps)
        return save(figure, path, [*_plotted(points), *_front_rows(fronts), *_bound_rows(bounds)])


def _by_strategy(points: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in sorted(points, key=lambda row: -1.0 if row["splitting"] is None else row["splitting"]):
        groups.setdefault(row["strategy"], []).append(row)
    return groups


def _fronts(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The front of each class in the order of W, if it is another one than that of the class before."""
    found: dict[str, list[Row]] = {}
    before: list[tuple[Any, ...]] = []
    for name in MARKERS:
        own = [row for row in rows if row["class"] == name and row["resource"] == FRONT_RESOURCE]
        own = sorted(
            (row for row in own if math.isfinite(row["baseline_rate"])), key=lambda row: float(row["mean_wait_s"])
        )
        places = [(row["strategy"], row["splitting"]) for row in own]
        if own and places != before:
            found[name] = own
        before = places
    return found


def _limits(axes: Axes, points: Sequence[Row], bounds: Sequence[Row], fronts: Mapping[str, Sequence[Row]]) -> None:
    """The waits of fronts and bounds, and a little more; all outputs that have a bound."""
    inner = [row["mean_wait_s"] for rows in fronts.values() for row in rows]
    inner += [row[name] for row in bounds for name in BOUNDS] or [row["mean_wait_s"] for row in points]
    waits = [*inner, max(inner) * FAR, *(row["mean_wait_s"] for row in points if row["mean_wait_s"] < max(inner))]
    rates = [row["baseline_rate"] for row in (*points, *bounds) if math.isfinite(row["baseline_rate"])]
    for axis, values in (("x", waits), ("y", rates or [0.0, 1.0])):
        low, high = min(values), max(values)
        if high > WIDE * low > 0:
            axes.set(**{f"{axis}scale": "log", f"{axis}lim": (low / (high / low) ** 0.08, high * (high / low) ** 0.08)})
            ticks = axes.xaxis if axis == "x" else axes.yaxis
            ticks.set_major_locator(LogLocator(subs=TICKS))
            ticks.set_major_formatter("{x:g}")
            ticks.set_minor_formatter(NullFormatter())
        else:
            room = 0.08 * (high - low or high or 1.0)
            axes.set(**{f"{axis}lim": (low - room, high + room)})


def _draw_bounds(axes: Axes, bounds: Sequence[Row]) -> None:
    rates = [row["baseline_rate"] for row in bounds]
    for name in BOUNDS:
        axes.plot([row[name] for row in bounds], rates, color=COLOURS[name], lw=0.8, alpha=0.55, zorder=1)


def _draw_front(axes: Axes, name: str, rows: Sequence[Row]) -> Floats:
    """The steps that bound what is dominated, out to the edge; returns their corners."""
    waits = [*(row["mean_wait_s"] for row in rows), axes.get_xlim()[1]]
    best = np.maximum.accumulate([row["baseline_rate"] for row in rows])
    rates = [*best.tolist(), float(best[-1])]
    corners = np.array([[waits[0], axes.get_ylim()[0]], [waits[0], rates[0]]])
    for wait, rate in zip(waits[1:], rates[1:], strict=True):
        corners = np.vstack([corners, [wait, corners[-1, 1]], [wait, rate]])
    axes.plot(*corners.T, **_front_style(name))
    return corners


def _front_style(name: str) -> dict[str, Any]:
    return {"color": "#8c8c8c", "lw": 0.9, "ls": DASHES[name], "zorder": 1.5}


def _draw_strategy(axes: Axes, rows: Sequence[Row]) -> Floats:
    """The points of one strategy with their intervals, joined in the order of p; returns where they are shown."""
    low, high = axes.get_xlim(), axes.get_ylim()
    places = np.array([[min(row["mean_wait_s"], low[1]), min(row["baseline_rate"], high[1])] for row in rows])
    colour, marker = INK[rows[0]["resource"]], MARKERS[rows[0]["class"]]
    axes.plot(*places.T, color=colour, lw=0.6, alpha=0.5, zorder=2)
    for row, place in zip(rows, places, strict=True):
        inside = place[0] == row["mean_wait_s"] and place[1] == row["baseline_rate"]
        face = colour if row["source"] == "exact" else "white"
        ink: dict[str, Any] = {"color": colour, "mfc": face, "ms": 4.5, "mew": 0.9, "zorder": 4}
        if not inside:
            axes.plot(*place, marker=">" if place[0] < row["mean_wait_s"] else "^", clip_on=False, **ink)
            continue
        across, up = (arms(np.array([_interval(row, name)])) for name in ("mean_wait_s", "baseline_rate"))
        bars: dict[str, Any] = {"capsize": 1.5, "elinewidth": 0.8, "marker": marker}
        axes.errorbar(place[0], place[1], xerr=across, yerr=up, **bars, **ink)
    return places


def _interval(row: Row, name: str) -> list[float]:
    return [row[f"{name}{end}"] for end in ("", "_low", "_high")]


def _label(axes: Axes, points: Sequence[Row], shown: Mapping[str, Floats], steps: Sequence[Floats]) -> None:
    """A label for each strategy, beside points, lines and fronts."""
    groups = _by_strategy(points)
    texts = {name: plain(name) + _beyond(axes, rows) for name, rows in groups.items()}
    colours = {name: INK[rows[0]["resource"]] for name, rows in groups.items()}
    dots = [_along(axes, line) for line in (*shown.values(), *steps)]
    put_labels(axes, shown, texts, colours, np.vstack(dots))


def _along(axes: Axes, line: Floats) -> Floats:
    """Dots along a line, about as far apart as a letter is high."""
    seen = axes.transData.transform(line)
    dots = [seen[:1]]
    for start, stop in pairwise(seen):
        many = int(np.hypot(*(stop - start)) / 7) + 1
        dots.append(start + (stop - start) * np.linspace(0, 1, many + 1)[1:, None])
    return axes.transData.inverted().transform(np.vstack(dots))


def _beyond(axes: Axes, rows: Sequence[Row]) -> str:
    """The figures of a strategy of one point that stands at the edge."""
    if len(rows) > 1:
        return ""
    if not math.isfinite(rows[0]["baseline_rate"]):
        return " ($R$ unbounded)"
    return f" ($W$ = {rows[0]['mean_wait_s']:.3g} s)" if rows[0]["mean_wait_s"] > axes.get_xlim()[1] else ""


def _legend(figure: Figure, points: Sequence[Row], fronts: Mapping[str, Any], bounds: Sequence[Row]) -> None:
    """Columns of classes with their fronts, of resources, and of what is open, filled and thin."""
    there = {name: {row[name] for row in points} for name in ("class", "resource", "source")}
    classes = [
        (f"{name}, its front" if name in fronts else name, _class_handle(name, name in fronts))
        for name in MARKERS
        if name in there["class"]
    ]
    resources = [(name, Line2D([], [], color=ink, lw=4)) for name, ink in INK.items() if name in there["resource"]]
    kinds = [
        (text, Line2D([], [], ls="none", marker="o", ms=4.5, mec=GREY, mfc=face))
        for source, text, face in (
            ("simulated", "open: simulated, 95 % interval", "white"),
            ("exact", "filled: exact", GREY),
        )
        if source in there["source"]
    ]
    if bounds:
        kinds.append(("thin: bounds of the symmetric class", Line2D([], [], color=GREY, lw=0.8, alpha=0.55)))
    blank = ("", Line2D([], [], ls="none"))
    entries = [
        each for group in (classes, resources, kinds) for each in (*group, *[blank] * (-len(group) % LEGEND_ROWS))
    ]
    texts, handles = zip(*entries, strict=True) if entries else ((), ())
    place: dict[str, Any] = {"loc": "outside lower center", "fontsize": 7, "handlelength": 2.6}
    figure.legend(handles, texts, ncols=max(1, len(entries) // LEGEND_ROWS), **place)


def _class_handle(name: str, has_front: bool) -> Line2D:
    line = _front_style(name) if has_front else {"ls": "none"}
    return Line2D([], [], marker=MARKERS[name], mec=GREY, mfc=GREY, ms=4.5, **line)


def _plotted(points: Sequence[Row]) -> list[Row]:
    """The points as the table of standings has them."""
    names = ("strategy", "splitting", "class", "resource", "source", *ENDS, "rank")
    return [{"kind": "point"} | {name: row[name] for name in names} for row in points]


def _front_rows(fronts: Mapping[str, Sequence[Row]]) -> list[Row]:
    names = ("strategy", "splitting", "class", "resource", "mean_wait_s", "baseline_rate")
    return [{"kind": "front"} | {name: row[name] for name in names} for rows in fronts.values() for row in rows]


def _bound_rows(bounds: Sequence[Row]) -> list[Row]:
    return [
        {"kind": f"bound, {label}", "splitting": row["splitting"], "class": "symmetric"}
        | {"mean_wait_s": row[name], "baseline_rate": row["baseline_rate"]}
        for name, label in BOUNDS.items()
        for row in bounds
    ]
