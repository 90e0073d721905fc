"""Pairs over fibre: rate, fidelity and entangled bits against distance, and the budget of errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from entsched.figures.style import LINE_COLOURS, STYLE, Row, labelled, legend_below, plain, save

#: Lines of different numbers of segments take turns.
SEGMENT_LINES = ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)))

#: The line of the fidelity above which pairs help: dense dots.
THRESHOLD: dict[str, Any] = {"color": "#444444", "lw": 1.8, "ls": (0, (1, 1.2))}

#: The columns of the panels, with their labels.
PANELS = (
    ("pair_rate_hz", "pairs per second"),
    ("fidelity", "fidelity of a new pair"),
    ("bits_per_s", "entangled bits per second"),
)
BOUND = "repeaterless_bits_per_s"

#: The decades below the largest value that a logarithmic panel shows at most.
MOST_DECADES = 14

#: What causes infidelity, with its colour, in the order of the stack.
CAUSES = {"generation": "#0072B2", "storage": "#E69F00", "swapping": "#009E73", "measurement": "#CC79A7"}

#: The most distances with bars of their own, and the infidelity of white noise.
MOST_DISTANCES, WHITE = 5, 0.75


def distance(points: Sequence[Row], critical_visibility: float | None, path: Path) -> Path:
    """Draw pairs per second, fidelity and entangled bits per second against km of fibre between the ends.

    Bits are those that one-way distillation gets at least; where it gets none, lines end. Thin lines bound what the
    same fibre carries without repeaters, -log2(1 - transmission) for each use.

    Parameters
    ----------
    points : the rows of the table ``distance`` of an envelope
    critical_visibility : of fresh Werner pairs, marked by its fidelity; None if not known

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    known = sorted((row for row in points if "fidelity" in row), key=lambda row: float(row["distance_km"]))
    names = ("node", "segments", "distance_km", *(column for column, _ in PANELS), BOUND)
    rows: list[Row] = [{name: row.get(name) for name in names} for row in known]
    colours = dict(zip(dict.fromkeys(row["node"] for row in points), LINE_COLOURS * 4, strict=False))
    styles = dict(zip(sorted({row["segments"] for row in known}), SEGMENT_LINES * 5, strict=False))
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, 3, figsize=(9.6, 3.6), layout="constrained")
        for panel, (column, label) in zip(panels, PANELS, strict=True):
            for (node, colour), (segments, line) in product(colours.items(), styles.items()):
                own = [row for row in rows if row["node"] == node and row["segments"] == segments]
                panel.plot(*_columns(own, column), color=colour, ls=line)
            panel.set(xlabel="fibre between the ends (km)", ylabel=label, xlim=(0, 1.02 * rows[-1]["distance_km"] or 1))
        for node, colour in colours.items():
            panels[2].plot(*_bound(rows, node), color=colour, lw=0.8, ls=":")
        _scale(panels[0], [row["pair_rate_hz"] for row in rows])
        _scale(panels[2], [row[name] for row in rows for name in ("bits_per_s", BOUND)])
        entries: dict[str, Any] = {plain(node): Line2D([], [], lw=3, color=each) for node, each in colours.items()}
        for segments, line in styles.items():
            entries[f"{segments} segment{'s' if segments > 1 else ''}"] = Line2D([], [], ls=line, color="#444444")
        entries |= _limits(panels[1], critical_visibility)
        if any(row[BOUND] for row in rows):
            entries["repeaterless bound"] = Line2D([], [], ls=":", lw=0.8, color="#444444")
        legend_below(figure, entries)
        return save(figure, path, rows)


def error_budget(points: Sequence[Row], critical_visibility: float | None, path: Path) -> Path:
    """Draw the infidelity that measurements see as stacked bars of its causes, a panel for each node.

    At most 5 distances are shown, spread over those given, with a bar for each number of segments.

    Parameters
    ----------
    points : the rows of the table ``error_budget`` of an envelope
    critical_visibility : as in :func:`distance`

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    shown = _spread(sorted({row["distance_km"] for row in points}))
    rows = [row for row in points if row["distance_km"] in shown]
    nodes = list(dict.fromkeys(row["node"] for row in rows))
    segments = sorted({row["segments"] for row in rows})
    with plt.rc_context(STYLE):
        width = 0.6 + 0.15 * len(shown) * (len(segments) + 1)
        figure, grid = plt.subplots(
            1, len(nodes), figsize=(max(5.2, width * len(nodes)), 3.6), layout="constrained", sharey=True, squeeze=False
        )
        for panel, node in zip(grid[0], nodes, strict=True):
            _stack(panel, [row for row in rows if row["node"] == node], shown, segments)
            panel.axhline(WHITE, color="#444444", lw=0.8, ls=":", label="white noise: nothing is left")
            if critical_visibility is not None:
                limit = WHITE * (1 - critical_visibility)
                panel.axhline(
                    limit, color="#444444", lw=1, ls="--", label="most that helps, fresh pair for every request"
                )
            panel.set_title(plain(node))
        grid[0][0].set(ylabel="infidelity as measured", ylim=(0, 0.8))
        legend_below(figure, labelled(figure))
        return save(figure, path, rows)


def _stack(panel: Axes, own: Sequence[Row], shown: Sequence[float], segments: Sequence[int]) -> None:
    """Bars in groups by distance; below each bar its number of segments, below each group its distance."""
    pitch = len(segments) + 1
    places = {key: pitch * shown.index(key[0]) + segments.index(key[1]) for key in product(shown, segments)}
    at = [places[row["distance_km"], row["segments"]] for row in own]
    bottom = np.zeros(len(own))
    for cause, colour in CAUSES.items():
        share = np.array([row[cause] for row in own], dtype=float)
        panel.bar(at, share, bottom=bottom, width=0.9, color=colour, label=cause)
        bottom += share
    panel.set_xticks(sorted(places.values()), [str(key[1]) for key in sorted(places, key=lambda key: places[key])])
    middles = [pitch * place + (len(segments) - 1) / 2 for place in range(len(shown))]
    groups = panel.secondary_xaxis(-0.1)
    groups.set_xticks(middles, [f"{each:g} km" for each in shown])
    groups.tick_params(length=0)
    groups.spines["bottom"].set_visible(False)
    groups.set_xlabel("segments; fibre between the ends")
    panel.grid(False, axis="x")
    panel.set_axisbelow(True)


def _spread(values: Sequence[float]) -> list[float]:
    if len(values) <= MOST_DISTANCES:
        return list(values)
    return [values[index] for index in np.linspace(0, len(values) - 1, MOST_DISTANCES).round().astype(int)]


def _columns(own: Sequence[Row], column: str) -> tuple[list[float], list[float]]:
    """Distances and values; what is not there or not positive leaves a gap."""
    return [row["distance_km"] for row in own], [row[column] or math.nan for row in own]


def _bound(rows: Sequence[Row], node: str) -> tuple[list[float], list[float]]:
    """The repeaterless bound of a node, which is the same for any number of segments."""
    found = {row["distance_km"]: row[BOUND] for row in rows if row["node"] == node and row[BOUND]}
    return list(found), list(found.values())


def _scale(panel: Axes, values: Sequence[float | None]) -> None:
    """A logarithmic scale over the positive values, down to 14 decades below the largest."""
    positive = [value for value in values if value]
    if not positive:
        panel.set_title("none at any distance")
        return
    panel.set_yscale("log")
    panel.set_ylim(max(min(positive), max(positive) * 10.0**-MOST_DECADES) / 2, 2 * max(positive))


def _limits(panel: Axes, critical_visibility: float | None) -> dict[str, Any]:
    """Lines where a pair stops to be entangled, and where it stops to help; returns their handles."""
    panel.set_ylim(0.2, 1.02)
    entries = {"separable below 1/2": panel.axhline(0.5, color="#444444", lw=0.8)}
    if critical_visibility is not None:
        fidelity = (1 + 3 * critical_visibility) / 4
        label = f"helps above {fidelity:.3f} (perfect readout, fresh pair per request)"
        entries[label] = panel.axhline(fidelity, **THRESHOLD)
    return entries
