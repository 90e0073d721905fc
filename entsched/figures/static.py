"""The best static routing: output against wait with its proved outer boundary, and what entanglement gains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import NDArray

from entsched.figures.style import COLOURS, STYLE, Row, labelled, legend_below, save
from entsched.report import OF_PERFECT, SETS, Report
from entsched.static.optimum import Verdict

Floats = NDArray[np.float64]

#: What routers share in each set of behaviors; the colour and marker of its best points, the line of its boundary.
SHARED = {"local": "shared randomness", "quantum": "entanglement"}
POINT_LOOK: dict[str, dict[str, Any]] = {
    "local": {"color": COLOURS["classical"], "marker": "o", "ms": 7, "mfc": "none", "mew": 1.3},
    "quantum": {"color": COLOURS["quantum"], "marker": "D", "ms": 3.5},
}
LINES = {"local": "-", "quantum": "--"}

#: The colour and the symbol of each verdict.
VERDICTS = {
    Verdict.HELPS: (COLOURS["quantum"], "^"),
    Verdict.GAINS_NOTHING: (COLOURS["classical"], "o"),
    Verdict.UNDECIDED: ("#7f7f7f", "X"),
}

#: What lies between both boundaries, and beyond them.
BETWEEN, BEYOND = "#ffd9b8", "#f0f0f0"

#: The points along a boundary, and the room around what was found, as a fraction of its range.
POINTS, ROOM = 400, 0.12

#: The digits at which the axis of weights has ticks.
TICKS = (1.0, 2.0, 3.0, 5.0)


def static_routing(report: Report, path: Path) -> Path:
    """Draw the best static points with the proved boundary of each set, and the proved gain at every weight.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    rows = sorted(report.static, key=lambda row: float(row["weight"]))
    pairs = "" if report.perfect_pairs else OF_PERFECT
    unit = report.experiment.baseline.unit
    found = _found(rows)
    with plt.rc_context(STYLE):
        figure, (plane, above, gains) = _panels()
        plane.set_xlim(_room(row["mean_wait_s"] for row in found))
        drawn = [*found, *_boundaries(rows, np.linspace(*plane.get_xlim(), POINTS)), *_symmetric(report, rows)]
        _outputs(plane, drawn, "baseline_rate", pairs)
        _outputs(above, drawn, "above_boundary", pairs)
        plane.set(ylabel=f"baseline output $R$ ({unit})", title="best routing found, boundaries proved")
        above.set(xlabel="mean wait $W$ (s)", ylabel="$R$ above the boundary\nwithout entanglement")
        _gains(gains, rows)
        gains.set(xlabel=f"weight $w$: {unit} for a second of mean wait", ylabel=f"gain in $R - wW$ ({unit})")
        gains.set_title(f"proved gain from entanglement{pairs}: least to most")
        legend_below(figure, labelled(figure))
        return save(figure, path, [*drawn, *_gain_rows(rows)])


def _panels() -> tuple[Figure, list[Axes]]:
    """The plane of output and wait, what is above the boundary along the same waits, and the gains."""
    figure = plt.figure(figsize=(9.2, 5.2), layout="constrained")
    panels = figure.subplot_mosaic([["plane", "gains"], ["above", "gains"]], width_ratios=(5, 4), height_ratios=(5, 3))
    panels["above"].sharex(panels["plane"])
    panels["plane"].tick_params(labelbottom=False)
    return figure, [panels[name] for name in ("plane", "above", "gains")]


def boundary(rows: Sequence[Row], name: str, waits_s: Floats) -> Floats:
    """The largest output that the bounds of a set allow at each mean wait: the least upper_w + w W over weights w.

    Examples
    --------
    >>> rows = [{"weight": w, "local_upper": 1.0 - w} for w in (0.0, 1.0)]
    >>> boundary(rows, "local", np.array([0.5, 2.0])).tolist()
    [0.5, 1.0]
    """
    weights, uppers = (np.array([row[key] for row in rows]) for key in ("weight", f"{name}_upper"))
    lowest: Floats = (uppers[:, None] + weights[:, None] * waits_s).min(axis=0)
    return lowest


def _line(kind: str, series: str, waits_s: Sequence[float], rates: Sequence[float], rows: Sequence[Row]) -> list[Row]:
    """Rows of points, each with how far it lies above the boundary without entanglement."""
    edge = boundary(rows, "local", np.array(waits_s))
    return [
        {"kind": kind, "series": series, "mean_wait_s": wait, "baseline_rate": rate, "above_boundary": rate - most}
        for wait, rate, most in zip(waits_s, rates, edge.tolist(), strict=True)
    ]


def _found(rows: Sequence[Row]) -> list[Row]:
    """The best points of both sets, one for each weight."""
    found: list[Row] = []
    for name, shared in SHARED.items():
        waits, rates = ([row[f"{name}_{key}"] for row in rows] for key in ("mean_wait_s", "baseline_rate"))
        points = _line("found", shared, waits, rates, rows)
        found += [point | {"weight": row["weight"]} for point, row in zip(points, rows, strict=True)]
    return found


def _boundaries(rows: Sequence[Row], waits_s: Floats) -> list[Row]:
    lines = [(shared, boundary(rows, name, waits_s)) for name, shared in SHARED.items()]
    return [row for s, line in lines for row in _line("boundary", s, waits_s.tolist(), line.tolist(), rows)]


def _symmetric(report: Report, rows: Sequence[Row]) -> list[Row]:
    """The optima of the symmetric class over all p."""
    rates = [row["baseline_rate"] for row in report.bounds]
    drawn: list[Row] = []
    for name, (_, upper) in SETS.items():
        if name != "random":
            waits = [row["base_wait_s"] + row[upper] for row in report.bounds]
            drawn += _line("symmetric", name, waits, rates, rows)
    return drawn


def _room(values: Iterable[float]) -> tuple[float, float]:
    """The range of values, with some room."""
    known = list(values)
    room = ROOM * (max(known) - min(known) or abs(known[0]) or 1.0)
    return min(known) - room, max(known) + room


def _outputs(axes: Axes, drawn: Sequence[Row], key: str, pairs: str) -> None:
    """Output, or how far it lies above the boundary, against wait: what is out of reach, points and lines."""
    lines: dict[str, dict[str, tuple[list[float], list[float]]]] = {"boundary": {}, "found": {}, "symmetric": {}}
    for row in drawn:
        across, up = lines[row["kind"]].setdefault(row["series"], ([], []))
        across.append(row["mean_wait_s"])
        up.append(row[key])
    shown = ("found",) if key == "baseline_rate" else ("found", "boundary")
    axes.set_ylim(_room(value for kind in shown for _, up in lines[kind].values() for value in up))
    (waits, without), (_, entangled) = lines["boundary"].values()
    top = max(axes.get_ylim()[1], *without, *entangled)
    axes.fill_between(
        waits, without, entangled, color=BETWEEN, lw=0, label="out of reach without entanglement (proved)"
    )
    axes.fill_between(waits, entangled, top, color=BEYOND, lw=0, label="out of reach with it, too (proved)")
    for name, shared in SHARED.items():
        axes.plot(*lines["boundary"][shared], color=POINT_LOOK[name]["color"], lw=0.9, ls=LINES[name])
        label = f"best with {shared}{pairs if name == 'quantum' else ''}"
        axes.plot(*lines["found"][shared], ls="none", zorder=4, label=label, **POINT_LOOK[name])
    for name, line in lines["symmetric"].items():
        label = f"{name}{pairs if name == 'quantum' else ''}, servers treated alike"
        axes.plot(*line, color=COLOURS[name], lw=0.9, ls=":", label=label)


def _gains(axes: Axes, rows: Sequence[Row]) -> None:
    """At each weight a bar from the least gain to the most, in the colour of the verdict."""
    axes.axhline(0, color="#444444", lw=0.8, zorder=1)
    for verdict, (colour, symbol) in VERDICTS.items():
        own = [row for row in rows if row["verdict"] == verdict]
        if own:
            weights, least, most = ([row[key] for row in own] for key in ("weight", "least_gain", "most_gain"))
            axes.vlines(weights, least, most, color=colour, lw=4, alpha=0.55, zorder=2)
            axes.plot(weights, least, symbol, ms=5, color=colour, zorder=3, label=verdict_text(verdict))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")


def verdict_text(verdict: Verdict) -> str:
    """A verdict for a legend.

    Examples
    --------
    >>> [verdict_text(each) for each in Verdict]
    ['entanglement helps', 'entanglement gains nothing', 'undecided']
    """
    return verdict.value if verdict is Verdict.UNDECIDED else f"entanglement {verdict.value}"


def _gain_rows(rows: Sequence[Row]) -> list[Row]:
    keys = ("weight", "verdict", "least_gain", "most_gain")
    return [{"kind": "gain"} | {key: row[key] for key in keys} for row in rows]
