"""The tournament at a glance: baseline output against mean wait, memoryless routers beside all others."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
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

from entsched.figures.labels import Labels
from entsched.figures.style import COLOURS, STYLE, Row, arms, plain, save
from entsched.pareto import mixed_front, stepped_front

Floats = NDArray[np.float64]

#: The marker of each class; those of memoryless routers have a panel of their own.
MARKERS = {"symmetric": "o", "static": "s", "scheduled": "^", "adaptive": "D", "communicating": "P"}
MEMORYLESS = ("symmetric", "static")

#: The shade of what routers of a class reach, and the ink of its edge, the wider the class the lighter.
SHADES = {"static": "#bdbdbd", "scheduled": "#d2d2d2", "adaptive": "#e3e3e3", "communicating": "#f1f1f1"}
EDGES = {"static": "#333333", "scheduled": "#555555", "adaptive": "#6b6b6b", "communicating": "#808080"}

#: The colour of each resource: that of its bound.
INK = {
    "local": COLOURS["classical"],
    "entangled": COLOURS["quantum"],
    "no-signalling": COLOURS["full information"],
}

#: The optima of the symmetric class, with what they are called and their dashes.
BOUNDS = {
    "classical": ("classical optimum", "-"),
    "quantum": ("quantum optimum", "-"),
    "full information": ("full information", (0, (1, 1.2))),
}

#: What the bounds on local static routing are called.
CEILING = "no local static routing is above (proved)"

#: The strategies whose points lie on the curves.
ON_CURVES = ("classical-optimal", "quantum-optimal", "no-signalling")

#: Fronts are those of routers that share no more than pairs.
FRONT_RESOURCE = "entangled"

#: Beyond this many times the longest wait on a front, points stand at the edge; axes of a larger ratio are logarithmic.
FAR, WIDE = 1.06, 4.0

#: The digits at which a logarithmic axis has ticks.
TICKS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)

#: Of what a legend shows without a resource, its rows, and the size of markers with and without a label.
GREY, LEGEND_ROWS, SIZE, SMALL = "#444444", 3, 4.5, 3.0

ENDS = tuple(f"{name}{end}" for name in ("baseline_rate", "mean_wait_s") for end in ("", "_low", "_high"))


def tournament(tables: Mapping[str, Sequence[Row]], title: str, unit: str, path: Path) -> Path:
    """Draw the standings; filled markers are exact, open ones simulated with 95 % intervals.

    On the left are memoryless routers, with the optima of the symmetric class and the proved bounds on local static
    routing; on the right all routers, before what those of each class, and of narrower ones, reach. Strategies
    without a label are at no corner of a front. Points far beyond all fronts stand at the edge they lie behind, with
    an arrow.

    Parameters
    ----------
    tables : ``standings``, ``fronts``, ``bounds``, ``static`` and ``entanglement`` of a tournament
    title : the workload and its reward, as text for figures
    unit : of the baseline output

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    points = [row for row in tables["standings"] if "rank" in row]
    bounds, static, fronts = list(tables["bounds"]), list(tables.get("static", ())), _fronts(tables["fronts"])
    inner = [row for row in points if row["class"] in MEMORYLESS]
    ahead = {row["strategy"] for row in tables["entanglement"] if row["ahead"] == "yes"}
    with plt.rc_context(STYLE):
        many = 1 + (len(inner) < len(points))
        figure, grid = plt.subplots(1, many, figsize=(1.2 + 4.3 * many, 4.9), layout="constrained", squeeze=False)
        figure.suptitle(title, fontsize=9)
        panels = [_memoryless(grid[0, 0], inner, bounds, static)]
        panels += [_everyone(grid[0, 1], points, fronts, ahead)] if many > 1 else []
        grid[0, 0].set_ylabel(f"baseline output $R$ ({unit})")
        _legend(figure, points)
        figure.draw_without_rendering()
        for axes, labels in zip(grid[0], panels, strict=True):
            labels.put(axes)
        shown = [*_plotted(points), *_front_rows(fronts), *_bound_rows(bounds), *_ceiling_rows(static)]
        return save(figure, path, shown)


def _memoryless(axes: Axes, points: Sequence[Row], bounds: Sequence[Row], static: Sequence[Row]) -> Labels:
    """The points of symmetric and static routers, the optima of the first and the bounds on the second."""
    axes.set(xlabel="mean wait $W$ (s)", title="memoryless routers")
    inner = [row[name] for row in bounds for name in BOUNDS]
    _limits(axes, [*points, *bounds], inner or [row["mean_wait_s"] for row in points])
    labels, rates = Labels(), [row["baseline_rate"] for row in bounds]
    for name, (text, dashes) in BOUNDS.items():
        curve = np.array([[row[name] for row in bounds], rates]).T
        axes.plot(*curve.T, color=COLOURS[name], ls=dashes, lw=1.3, zorder=2)
        labels.name_line(text, curve, COLOURS[name])
    ceiling = _ceiling(axes, static)
    if len(ceiling):
        axes.plot(*ceiling.T, color=GREY, ls="--", lw=0.9, zorder=1.5)
        labels.name_line(CEILING, ceiling, GREY)
    for name, rows in _by_strategy(points).items():
        is_static = rows[0]["class"] == "static"
        places = _draw_points(axes, rows, SIZE if is_static else SMALL)
        labels.drawn_points.append(places)
        if is_static or (len(rows) > 1 and name not in ON_CURVES):
            labels.name_points(plain(name) + _beyond(axes, rows), places, INK[rows[0]["resource"]])
    return labels


def _ceiling(axes: Axes, static: Sequence[Row]) -> Floats:
    """The least of the bounds R <= upper + weight W, where it is inside the panel."""
    waits = np.linspace(*axes.get_xlim(), 400)
    rates = np.min([np.full(400, np.inf), *(row["local_upper"] + row["weight"] * waits for row in static)], axis=0)
    inside = rates < axes.get_ylim()[1]
    return np.column_stack([waits, rates])[inside]


def _everyone(axes: Axes, points: Sequence[Row], fronts: Mapping[str, Sequence[Row]], named: Collection[str]) -> Labels:
    """All points before what the routers of each class reach; labels at corners and for those named."""
    axes.set(xlabel="mean wait $W$ (s)", title="all routers")
    waits = [row["mean_wait_s"] for rows in fronts.values() for row in rows]
    _limits(axes, points, waits or [row["mean_wait_s"] for row in points])
    labels = Labels()
    edges = {name: _reached(axes, fronts[name], name not in MEMORYLESS) for name in SHADES if name in fronts}
    for name, edge in reversed(edges.items()):
        axes.fill_between(edge[:, 0], edge[:, 1], axes.get_ylim()[0], color=SHADES[name], lw=0, zorder=0.5)
        axes.plot(*edge.T, color=EDGES[name], lw=0.9, zorder=1)
        labels.drawn_lines.append(edge)
    for (name, edge), (_, narrower) in zip(edges.items(), [("", np.empty((0, 2))), *edges.items()], strict=False):
        labels.name_line(f"{name} class", _apart(axes, edge, narrower), EDGES[name])
    best = {*named, *(row["strategy"] for rows in fronts.values() for row in _corners(rows))}
    for name, rows in _by_strategy(points).items():
        is_named = rows[0]["class"] not in MEMORYLESS and name in best
        places = _draw_points(axes, rows, SIZE if is_named else SMALL)
        labels.drawn_points.append(places)
        if is_named:
            axes.plot(*places.T, color=INK[rows[0]["resource"]], lw=0.6, alpha=0.6, zorder=2)
            labels.name_points(plain(name) + _beyond(axes, rows), places, INK[rows[0]["resource"]])
    return labels


def _apart(axes: Axes, edge: Floats, narrower: Floats) -> Floats:
    """The part of an edge that is well above that of a narrower class; all of it if none is."""
    if not len(narrower):
        return edge
    low, high = axes.get_ylim()
    below = np.interp(edge[:, 0], narrower[:, 0], narrower[:, 1], left=low)
    part = edge[edge[:, 1] - below > 0.05 * (high - low)]
    return part if len(part) > 1 else edge


def _corners(rows: Sequence[Row]) -> list[Row]:
    """The points at which the edge of all mixtures turns."""
    corners = mixed_front(*([row[name] for row in rows] for name in ("baseline_rate", "mean_wait_s")))
    return [row for row in rows if (row["mean_wait_s"], row["baseline_rate"]) in corners]


def _reached(axes: Axes, rows: Sequence[Row], shares_time: bool) -> Floats:
    """The edge of what points dominate, from the bottom to the right: with all mixtures for routers with a clock."""
    rates, waits = ([row[name] for row in rows] for name in ("baseline_rate", "mean_wait_s"))
    right, bottom = axes.get_xlim()[1], axes.get_ylim()[0]
    corners = mixed_front(rates, waits) if shares_time else stepped_front(rates, waits)
    corners = [(corners[0][0], bottom), *corners, (right, corners[-1][1])]
    dense = [np.linspace(start, stop, 40) for start, stop in pairwise(np.array(corners))]
    return np.vstack(dense)


def _by_strategy(points: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in sorted(points, key=lambda row: -1.0 if row["splitting"] is None else row["splitting"]):
        groups.setdefault(row["strategy"], []).append(row)
    return groups


def _fronts(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The front of each class, without points that have no bound."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["resource"] == FRONT_RESOURCE and math.isfinite(row["baseline_rate"]):
            found.setdefault(row["class"], []).append(row)
    return found


def _limits(axes: Axes, rows: Sequence[Row], inner: Sequence[float]) -> None:
    """The inner waits, and a little more; all outputs that have a bound."""
    most = max(inner, default=1.0)
    waits = [*inner, most * FAR, *(row["mean_wait_s"] for row in rows if row.get("mean_wait_s", most) < most)]
    rates = [row["baseline_rate"] for row in rows if math.isfinite(row["baseline_rate"])]
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


def _draw_points(axes: Axes, rows: Sequence[Row], size: float) -> Floats:
    """The points of one strategy with their intervals; returns where they are shown."""
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    places = np.array([[min(row["mean_wait_s"], right), min(row["baseline_rate"], top)] for row in rows])
    colour, marker = INK[rows[0]["resource"]], MARKERS[rows[0]["class"]]
    for row, place in zip(rows, places, strict=True):
        inside = place[0] == row["mean_wait_s"] and place[1] == row["baseline_rate"]
        face = colour if row["source"] == "exact" else "white"
        ink: dict[str, Any] = {"color": colour, "mfc": face, "ms": size, "mew": 0.8, "zorder": 4}
        if not inside:
            axes.plot(*place, marker=">" if place[0] < row["mean_wait_s"] else "^", clip_on=False, **ink)
            continue
        intervals = np.array([row[name] for name in ENDS]).reshape(2, 1, 3)
        up, across = arms(intervals[0]), arms(intervals[1])
        axes.errorbar(place[0], place[1], xerr=across, yerr=up, elinewidth=0.7, marker=marker, **ink)
    return places


def _beyond(axes: Axes, rows: Sequence[Row]) -> str:
    """The figures of a strategy of one point that stands at the edge."""
    if len(rows) > 1:
        return ""
    if not math.isfinite(rows[0]["baseline_rate"]):
        return " ($R$ unbounded)"
    return f" ($W$ = {rows[0]['mean_wait_s']:.3g} s)" if rows[0]["mean_wait_s"] > axes.get_xlim()[1] else ""


def _legend(figure: Figure, points: Sequence[Row]) -> None:
    """Columns of classes, of resources, and of what is open, filled and small."""
    there = {name: {row[name] for row in points} for name in ("class", "resource", "source")}
    dot: dict[str, Any] = {"ls": "none", "ms": SIZE, "mec": GREY}
    classes = [
        (name, Line2D([], [], marker=MARKERS[name], mfc=GREY, **dot)) for name in MARKERS if name in there["class"]
    ]
    resources = [(name, Line2D([], [], color=ink, lw=4)) for name, ink in INK.items() if name in there["resource"]]
    kinds = [
        (text, Line2D([], [], marker="o", mfc=face, **dot))
        for source, text, face in (
            ("simulated", "open: simulated, 95 % interval", "white"),
            ("exact", "filled: exact", GREY),
        )
        if source in there["source"]
    ]
    if kinds:
        kinds.append(("small: others, without a label", Line2D([], [], marker="o", mfc=GREY, **dot | {"ms": SMALL})))
    blank = [("", Line2D([], [], ls="none"))]
    entries = [each for group in (classes, resources, kinds) for each in group + blank * (-len(group) % LEGEND_ROWS)]
    texts, handles = zip(*entries, strict=True) if entries else ((), ())
    place: dict[str, Any] = {"loc": "outside lower center", "fontsize": 7, "handlelength": 2.0}
    figure.legend(handles, texts, ncols=max(1, len(entries) // LEGEND_ROWS), **place)


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
        for name, (label, _) in BOUNDS.items()
        for row in bounds
    ]


def _ceiling_rows(static: Sequence[Row]) -> list[Row]:
    """The weights and upper ends of the bounds R <= upper + weight W on local static routing."""
    return [
        {"kind": CEILING, "class": "static", "weight": row["weight"], "upper": row["local_upper"]} for row in static
    ]
