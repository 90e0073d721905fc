"""What all figures share: palette, markers, error bars, the legend, and how they are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from entsched.reading.keys import short
from entsched.store import atomic_path, write_csv

Row = dict[str, Any]

#: Okabe and Ito's palette, told apart by colour-blind readers.
COLOURS = {
    "random": "#7f7f7f",
    "classical": "#0072B2",
    "quantum": "#D55E00",
    "full information": "#009E73",
}
#: The set whose curve the points of a built-in strategy are tests of.
SET_OF_STRATEGY = {
    "random": "random",
    "classical-optimal": "classical",
    "quantum-optimal": "quantum",
    "no-signalling": "full information",
    "full-information": "full information",
}
OTHER_COLOURS = ("#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("D", "v", "P", "X")
DASHES = ("--", ":", "-.")

#: Colours and markers of lines that are no strategies.
LINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LINE_MARKERS = ("o", "s", "^", "D", "v", "P")

STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "pdf.fonttype": 42,
}

#: Rows of the legend that fit under a figure of ordinary height, and the inches of each further one.
LEGEND_ROWS, LEGEND_ROW_INCHES = 3, 0.19

#: Labels up to this many characters for each inch of a figure's width stand in two columns.
CHARACTERS_PER_INCH = 6.2


def plain(text: str) -> str:
    """Text from outside for a figure: one short line in which a dollar sign is a dollar sign.

    Examples
    --------
    >>> print(plain("$a$"))
    \\$a\\$
    """
    return short(text).replace("$", "\\$")


def arms(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The arms of error bars, shape (2, n), from columns mean, low, high; 0 where there is no interval.

    Examples
    --------
    >>> arms(np.array([[2.0, 1.0, 4.0], [2.0, -np.inf, np.inf]])).tolist()
    [[1.0, 0.0], [2.0, 0.0]]
    """
    ends = np.stack([values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]])
    return np.where(np.isfinite(ends), ends, 0.0)


def look(label: str, labels: Sequence[str]) -> dict[str, Any]:
    """Colour, marker and line style of a strategy among those of a figure.

    Built-in strategies wear the colour of their set and circles; others get their own.

    Examples
    --------
    >>> look("classical-optimal", ["classical-optimal", "mine"])
    {'color': '#0072B2', 'marker': 'o', 'ls': '-'}
    >>> look("mine", ["classical-optimal", "mine"])
    {'color': '#CC79A7', 'marker': 'D', 'ls': '--'}
    """
    if label in SET_OF_STRATEGY:
        line = ":" if label == "no-signalling" and "full-information" in labels else "-"
        return {"color": COLOURS[SET_OF_STRATEGY[label]], "marker": "o", "ls": line}
    place = [name for name in labels if name not in SET_OF_STRATEGY].index(label)
    turn = place // len(OTHER_COLOURS)
    return {
        "color": OTHER_COLOURS[place % len(OTHER_COLOURS)],
        "marker": MARKERS[(place + turn) % len(MARKERS)],
        "ls": DASHES[turn % len(DASHES)],
    }


def legend_below(figure: Figure, entries: Mapping[str, Any], title: str | None = None) -> None:
    """One legend below all panels, from labels to handles; the figure grows with a long one."""
    if not entries:
        return
    columns = 2 if len(entries) > 1 and max(map(len, entries)) <= CHARACTERS_PER_INCH * figure.get_figwidth() else 1
    lines = sum(1 + label.count("\n") for label in entries)
    rows = -(-lines // columns) + (title is not None)
    figure.set_figheight(figure.get_figheight() + LEGEND_ROW_INCHES * max(0, rows - LEGEND_ROWS))
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=columns, title=title)


def labelled(figure: Figure) -> dict[str, Any]:
    """The handles of all panels by label, each label once."""
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    return entries


def save(figure: Figure, path: Path, rows: Sequence[Row]) -> Path:
    """Write a figure as PDF and PNG, and the numbers it shows as CSV beside them; returns the path of the PNG.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    for suffix in (".pdf", ".png"):
        with atomic_path(path.with_suffix(suffix)) as part:
            metadata = {"CreationDate": None} if suffix == ".pdf" else None
            figure.savefig(part, metadata=metadata)
    plt.close(figure)
    write_csv(path.with_suffix(".csv"), rows)
    return path.with_suffix(".png")
