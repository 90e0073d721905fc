"""Labels that stand beside what they name: each where it hides least, with a thin line if that is not close by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: How far from its point a label may stand, in pixels of 100 to the inch, and in how many directions.
DISTANCES, DIRECTIONS = (7.0, 14.0, 24.0, 38.0, 56.0, 80.0, 110.0), 24

#: From this distance on a line leads from the point to its label.
LINE_FROM = 14.0

#: What it costs to cover a pixel of a label, a dot and a pixel outside, and to stand at a point that another name
#: shares, each beside a pixel of distance; and what is one point.
ON_LABEL, ON_DOT, OUTSIDE, IN_CROWD, SAME_PLACE = 40.0, 25.0, 200.0, 30.0, 5.0


#: How far apart dots along a line are that labels should not cover, and places on it where labels may stand; in pixels.
CLOSE, APART = 7.0, 50.0


@dataclass(frozen=True)
class Labels:
    """What is to be labelled in a panel, and what labels should not cover, until the panel is laid out.

    Attributes
    ----------
    points, lines : for each text the places, shape (n, 2), it may stand at, or the line it may stand along
    colours : of the texts
    drawn_points, drawn_lines : what else is in the panel
    """

    points: dict[str, Floats] = field(default_factory=dict)
    lines: dict[str, Floats] = field(default_factory=dict)
    colours: dict[str, str] = field(default_factory=dict)
    drawn_points: list[Floats] = field(default_factory=list)
    drawn_lines: list[Floats] = field(default_factory=list)

    def name_points(self, text: str, places: Floats, colour: str) -> None:
        """Ask for a label beside one of the places."""
        self.points[text], self.colours[text] = places, colour

    def name_line(self, text: str, line: Floats, colour: str) -> None:
        """Ask for a label somewhere along a line that is drawn."""
        self.lines[text], self.colours[text] = line, colour
        self.drawn_lines.append(line)

    def put(self, axes: Axes) -> None:
        """Write the labels; the figure must have been laid out."""
        anchors = self.points | {text: _along(axes, line, APART) for text, line in self.lines.items()}
        drawn = [*self.drawn_points, *(_along(axes, line, CLOSE) for line in self.drawn_lines)]
        if anchors:
            put_labels(axes, anchors, {text: text for text in anchors}, self.colours, np.vstack(drawn))


def _along(axes: Axes, line: Floats, step: float) -> Floats:
    """Places along a line that are so many pixels apart."""
    seen = axes.transData.transform(line)
    lengths = np.concatenate([[0.0], np.hypot(*np.diff(seen, axis=0).T).cumsum()])
    stops = np.linspace(0.0, lengths[-1], int(lengths[-1] / step) + 2)
    places = np.column_stack([np.interp(stops, lengths, seen[:, 0]), np.interp(stops, lengths, seen[:, 1])])
    return axes.transData.inverted().transform(places)


def put_labels(
    axes: Axes, anchors: Mapping[str, Floats], texts: Mapping[str, str], colours: Mapping[str, str], drawn: Floats
) -> None:
    """Write a label beside one of the points of each name, those with the fewest choices first.

    The figure must have been laid out; limits and scales of the axes must be final.

    Parameters
    ----------
    anchors : for each name its points, shape (n, 2), in data coordinates
    texts, colours : what to write for each name, and in which colour
    drawn : shape (m, 2), what labels should not cover, in data coordinates
    """
    dots = axes.transData.transform(drawn)
    frame = np.array([axes.bbox.x0, axes.bbox.y0, axes.bbox.x1, axes.bbox.y1])
    taken: list[Floats] = []
    for name in sorted(anchors, key=lambda name: len(anchors[name])):
        style: dict[str, Any] = {"fontsize": 7, "color": colours[name], "annotation_clip": False, "zorder": 6}
        places = axes.transData.transform(anchors[name])
        label = axes.annotate(texts[name], (0, 0), xycoords="figure pixels", ha="center", va="center", **style)
        extent = label.get_window_extent()
        size = np.array([extent.width, extent.height])
        label.remove()
        others = [axes.transData.transform(anchors[other]) for other in anchors if other != name]
        anchor, centre, distance = _best(places, _crowds(places, others), size, dots, taken, frame)
        line = {"arrowstyle": "-", "lw": 0.5, "color": colours[name], "shrinkA": 0, "shrinkB": 2, "alpha": 0.7}
        put = axes.annotate(
            texts[name],
            axes.transData.inverted().transform(anchor).tolist(),
            xytext=((centre - anchor) * 72 / axes.figure.dpi).tolist(),
            textcoords="offset points",
            ha="center",
            va="center",
            arrowprops=line if distance >= LINE_FROM else None,
            **style,
        )
        put.set_in_layout(False)
        taken.append(np.concatenate([centre - size / 2, centre + size / 2]))


def _crowds(places: Floats, others: Sequence[Floats]) -> list[float]:
    """How many other names have a point at each place: a label there could be any of theirs."""
    return [
        float(sum(np.hypot(*(points - place).T).min() < SAME_PLACE for points in others if len(points)))
        for place in places
    ]


def _best(
    places: Floats, crowds: Sequence[float], size: Floats, dots: Floats, taken: Sequence[Floats], frame: Floats
) -> tuple[Floats, Floats, float]:
    """The point, the centre of the label and their distance that cost least."""
    angles = np.linspace(0, 2 * math.pi, DIRECTIONS, endpoint=False)
    ways = np.column_stack([np.cos(angles), np.sin(angles)])
    away = np.array([way * (distance + size / 2 * np.abs(way)) for distance in DISTANCES for way in ways])
    distances = np.repeat(DISTANCES, DIRECTIONS)
    centres = (places[:, None] + away).reshape(-1, 2)
    cost = _cost(np.hstack([centres - size / 2, centres + size / 2]), dots, taken, frame)
    cost += np.tile(distances, len(places)) + IN_CROWD * np.repeat(crowds, len(away))
    best = int(np.argmin(cost))
    return places[best // len(away)], centres[best], float(distances[best % len(away)])


def _cost(boxes: Floats, dots: Floats, taken: Sequence[Floats], frame: Floats) -> Floats:
    """What labels at each of the boxes would hide, and how far they would stick out."""
    near = (dots > boxes[:, None, :2] - 2).all(axis=2) & (dots < boxes[:, None, 2:] + 2).all(axis=2)
    cost = ON_DOT * np.sqrt(near.sum(axis=1))
    for other in taken:
        shared = np.minimum(boxes[:, 2:], other[2:]) - np.maximum(boxes[:, :2], other[:2]) + (2, 1)
        cost += ON_LABEL * np.maximum(shared, 0.0).prod(axis=1)
    beyond = np.maximum(frame[:2] - boxes[:, :2], 0) + np.maximum(boxes[:, 2:] - frame[2:], 0)
    total: Floats = cost + OUTSIDE * beyond.sum(axis=1)
    return total
