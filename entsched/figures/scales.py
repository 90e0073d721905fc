"""The axes of a sweep in figures: linear or logarithmic scales, edges of cells."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from entsched.axes import Axis
from entsched.figures.keys import key_label
from entsched.figures.style import plain

Floats = NDArray[np.float64]

#: An axis is logarithmic if it spans at least this factor.
SMALLEST_SPAN = 4.0

#: Up to this many values of a logarithmic axis all stand at their ticks.
MOST_TICKS = 10
WRAPPED = 34


def is_numeric(axis: Axis) -> bool:
    """Whether all values of an axis are finite numbers.

    Examples
    --------
    >>> is_numeric(Axis("seed", (1, 2), (1, 2))), is_numeric(Axis("order", ("random", 1), ("random", 1)))
    (True, False)
    """
    return all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in axis.shown)


def is_geometric(values: ArrayLike) -> bool:
    """Whether values are spaced more evenly in their logarithms than in themselves, over a factor of 4 or more.

    Examples
    --------
    >>> is_geometric([0.25, 0.5, 1, 2, 4]), is_geometric([1, 2, 3, 4, 5]), is_geometric([0, 1, 10])
    (True, False, False)
    """
    ordered = np.unique(np.asarray(values, dtype=float))
    if len(ordered) < 3 or ordered[0] <= 0 or ordered[-1] < SMALLEST_SPAN * ordered[0]:
        return False
    return _unevenness(np.log(ordered)) < _unevenness(ordered)


def _unevenness(ordered: Floats) -> float:
    steps = np.diff(ordered)
    return float(steps.max() / steps.min())


def edges(centres: Floats) -> Floats:
    """The n + 1 edges of cells around n >= 2 ascending centres: midpoints, of logarithms where they are geometric.

    Examples
    --------
    >>> edges(np.array([1, 2, 3])).tolist()
    [0.5, 1.5, 2.5, 3.5]
    >>> np.round(edges(np.array([1, 4, 16])), 9).tolist()
    [0.5, 2.0, 8.0, 32.0]
    """
    geometric = is_geometric(centres)
    at = np.log(centres) if geometric else centres.astype(float)
    inner = (at[1:] + at[:-1]) / 2
    found = np.concatenate([[2 * at[0] - inner[0]], inner, [2 * at[-1] - inner[-1]]])
    return np.exp(found) if geometric else found


def positions(axis: Axis) -> Floats:
    """Where the values of an axis stand in a figure: numbers where they are, others at 0, 1, 2, ..."""
    return np.array(axis.shown, dtype=float) if is_numeric(axis) else np.arange(len(axis.shown), dtype=float)


def value_text(value: object) -> str:
    """A value of an axis as text in lines of at most 34 characters.

    Examples
    --------
    >>> value_text(0.1 + 0.2), value_text("a_first")
    ('0.3', 'a_first')
    """
    return textwrap.fill(plain(f"{value:.6g}" if isinstance(value, float) else str(value)), WRAPPED)


def set_scale(axes: Axes, which: str, axis: Axis) -> None:
    """Label and scale ``"x"`` or ``"y"`` of a panel for an axis of a sweep."""
    side = axes.xaxis if which == "x" else axes.yaxis
    label = key_label(axis.key)
    side.set_label_text(label if which == "x" else textwrap.fill(label, WRAPPED))
    if not is_numeric(axis):
        turned: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if which == "x" else {}
        side.set_ticks(range(len(axis.shown)), [value_text(value) for value in axis.shown], **turned)
        return
    values = sorted(float(value) for value in axis.shown)
    if is_geometric(values):
        axes.set(**{f"{which}scale": "log"})
        if len(values) <= MOST_TICKS:
            side.set_ticks(values, [f"{value:.4g}" for value in values])
            side.set_ticks([], minor=True)
