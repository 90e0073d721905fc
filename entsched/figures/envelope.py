"""The operating envelope at a glance: for each resource, where entanglement helps, and where as much as asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from entsched.figures.scales import is_geometric
from entsched.figures.style import STYLE, Row, legend_below, plain, save

#: The table with the grid of each quantity, what it is called, and its unit.
QUANTITIES = {
    "visibility": ("visibility", "visibility", ""),
    "pair_rate_hz": ("rate_memory", "pair rate", "per s"),
    "memory_s": ("rate_memory", "memory time", "s"),
    "distance_km": ("distance", "fibre between the ends", "km"),
    "latency_s": ("latency", "latency of those that communicate", "s"),
}
NOWHERE, STRICTLY, ENOUGH = "#e6e6e6", "#F5B78A", "#B34700"

#: How far below a critical visibility the axis begins at the latest.
BELOW = 0.05

#: Inches of a row, and of what is above and below all.
ROW_INCHES, OTHER_INCHES = 0.52, 1.1


def envelope(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw a bar for each row of the table ``envelope``, over the range of its grid, with the critical values.

    Parameters
    ----------
    tables : of an envelope, by name

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    rows = [row | dict(zip(("axis_low", "axis_high"), _range(row, tables), strict=True)) for row in tables["envelope"]]
    target = max(row["target"] for row in rows)
    with plt.rc_context(STYLE | {"axes.grid": False}):
        figure, grid = plt.subplots(
            len(rows), 1, figsize=(7.6, OTHER_INCHES + ROW_INCHES * len(rows)), layout="constrained", squeeze=False
        )
        for axes, row in zip(grid[:, 0], rows, strict=True):
            _bar(axes, row, _is_logarithmic(row, tables))
        entries: dict[str, Any] = {"no advantage": Patch(color=NOWHERE), "strict advantage": Patch(color=STRICTLY)}
        if target > 0:
            entries[f"{100 * target:g} % or more"] = Patch(color=ENOUGH)
        figure.suptitle(
            f"where entanglement helps at $p$ = {rows[0]['splitting']:.4g}, all else as configured", fontsize=9
        )
        legend_below(figure, entries)
        return save(figure, path, rows)


def _grid(row: Row, tables: Mapping[str, Sequence[Row]]) -> list[float]:
    """The values of the grid of a quantity."""
    quantity = row["quantity"]
    found = {each.get(quantity) for each in tables.get(QUANTITIES[quantity][0], [])} - {None}
    return sorted(float(value) for value in found if value is not None)


def _is_logarithmic(row: Row, tables: Mapping[str, Sequence[Row]]) -> bool:
    return row["quantity"] != "visibility" and row["axis_low"] > 0 and is_geometric(_grid(row, tables))


def _ends(row: Row) -> list[float]:
    """The critical values that there are."""
    return [row[name] for name in ("strict_from", "target_from") if row[name]]


def _range(row: Row, tables: Mapping[str, Sequence[Row]]) -> tuple[float, float]:
    """From the smallest to the largest value of the grid, and on to critical values beyond the largest.

    Visibilities begin below the least critical one and end at 1.
    """
    values = _grid(row, tables) or [0.0, 1.0]
    ends = [end for each in tables["envelope"] if each["quantity"] == row["quantity"] for end in _ends(each)]
    if row["quantity"] == "visibility":
        return max(0.0, min([values[0], *(end - BELOW for end in ends)])), 1.0
    most = max([values[-1], *(1.1 * end for end in ends)])
    return values[0], most if most > values[0] else values[0] + 1


def _bar(axes: Axes, row: Row, logarithmic: bool) -> None:
    """One quantity: the whole range grey, over it where it helps, and over that where it helps enough."""
    low, high = row["axis_low"], row["axis_high"]
    axes.set_xscale("log" if logarithmic else "linear")
    axes.axvspan(low, high, color=NOWHERE, lw=0)
    for name, colour in (("strict_from", STRICTLY), ("target_from", ENOUGH)):
        end = row[name]
        if end is None or (name == "target_from" and not row["target"]):
            continue
        start, stop = (low, min(end, high)) if row["sense"] == "largest" else (max(end, low), high)
        axes.axvspan(start, stop, color=colour, lw=0)
    axes.set(xlim=(low, high), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=7, pad=1)
    axes.tick_params(which="minor", labelbottom=False)
    axes.text(-0.02, 0.5, _name(row), transform=axes.transAxes, ha="right", va="center")
    axes.text(1.02, 0.5, _critical(row), transform=axes.transAxes, ha="left", va="center", fontsize=8)


def _name(row: Row) -> str:
    _, name, unit = QUANTITIES[row["quantity"]]
    label = f"{name} ({unit})" if unit else name
    if row.get("node") is None:
        return label
    many = "s" if row["segments"] > 1 else ""
    return f"{label}\n{plain(row['node'])}, {row['segments']} segment{many}"


def _critical(row: Row) -> str:
    """The critical values in words."""
    if row["strict_from"] is None:
        return "never helps"
    word = "up to" if row["sense"] == "largest" else "from"
    everywhere = row["sense"] == "least" and row["strict_from"] < row["axis_low"]
    lines = ["strict everywhere here" if everywhere else f"strict {word} {row['strict_from']:.3g}"]
    if row["target"]:
        asked = f"{100 * row['target']:g} %"
        lines.append(f"never {asked}" if row["target_from"] is None else f"{asked} {word} {row['target_from']:.3g}")
    return "\n".join(lines)
