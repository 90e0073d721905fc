"""The portrait of one strategy: panels with its own line, black and wide, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter
from PIL import Image

from entsched.figures.style import COLOURS, STYLE, labelled, plain
from entsched.store import atomic_path

#: What a strategy may be compared with: colour, dashes and name of each line.
COMPARED: dict[str, tuple[str, Any, str]] = {
    "random": (COLOURS["random"], (0, (1, 1.2)), "random at $p$"),
    "classical": (COLOURS["classical"], (0, (4, 2)), "classical optimum at $p$"),
    "quantum": (COLOURS["quantum"], (0, (4, 1.5, 1, 1.5)), "quantum optimum at $p$"),
    "full information": (COLOURS["full information"], (0, (8, 2)), "full information at $p$"),
}
BAND = "#ececec"

#: The strategy's own line, its interval and its markers.
OWN, INTERVAL = "#000000", "#bdbdbd"
INCHES, DOTS_PER_INCH = (7.4, 2.75), 150

#: Portraits have no other colours than these and their shades towards white, in so many steps: that keeps them small.
INKS, SHADES = (*COLOURS.values(), "#000000"), 12

#: The digits at which logarithmic axes have ticks, up to the factor that they span.
DIGITS = {4.0: (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0), 40.0: (1.0, 2.0, 5.0)}


@dataclass(frozen=True)
class Line:
    """A line, or one point; ``low`` and ``high`` are the ends of intervals where it is simulated, else empty."""

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True)
class Panel:
    """One panel of a portrait.

    Attributes
    ----------
    x_label, y_label : with units
    own : the strategy itself
    compared : lines by their names in ``COMPARED``
    band : what lies between two other lines
    limits : of the horizontal axis
    logarithmic : the axes that are so: ``x``, ``y``, ``xy`` or none
    zero : whether 0 of the vertical axis has a line of its own
    """

    x_label: str
    y_label: str
    limits: tuple[float, float]
    own: Line
    compared: Mapping[str, Line] = field(default_factory=dict)
    band: tuple[str, Line] | None = None
    logarithmic: str = ""
    zero: bool = False


def portrait(name: str, panels: Sequence[Panel], path: Path) -> Path:
    """Draw the panels of a strategy side by side, as PNG.

    Parameters
    ----------
    name : of the strategy, for the legend
    path : of the PNG file

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    with plt.rc_context(STYLE | {"font.size": 8, "axes.labelsize": 8}):
        figure, grid = plt.subplots(1, len(panels), figsize=INCHES, layout="constrained", squeeze=False)
        for axes, panel in zip(grid[0], panels, strict=True):
            _draw(axes, plain(name), panel)
        _legend(figure, any(panel.own.low for panel in panels))
        _save(figure, path)
    return path


def _save(figure: Figure, path: Path) -> None:
    figure.set_dpi(DOTS_PER_INCH)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, :3]  # type: ignore[attr-defined]
    plt.close(figure)
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette())
    image = Image.fromarray(pixels).quantize(palette=palette, dither=Image.Dither.NONE)
    with atomic_path(path) as part:
        image.save(part, optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))


def _palette() -> list[int]:
    """Red, green and blue of all colours, 0 to 255."""
    inks, towards_white = np.array([to_rgb(ink) for ink in INKS]), np.linspace(0, 1, SHADES)[:, None, None]
    shades: list[int] = np.rint(255 * (inks + (1 - inks) * towards_white)).astype(int).ravel().tolist()
    return shades


def _draw(axes: Axes, name: str, panel: Panel) -> None:
    _scales(axes, panel)
    if panel.zero:
        axes.axhline(0.0, color=COLOURS["random"], lw=1.0, zorder=1)
    if panel.band is not None:
        label, band = panel.band
        axes.fill_between(band.x, band.low, band.high, color=BAND, lw=0, zorder=0.5, label=label)
    own = panel.own
    simulated = len(own.low) > 0
    if len(own.x) == 1:
        bars = [[own.y[0] - own.low[0]], [own.high[0] - own.y[0]]] if simulated else None
        axes.errorbar(own.x, own.y, yerr=bars, color=OWN, marker="o", ms=5, capsize=2, ls="none", zorder=4, label=name)
    else:
        if simulated:
            axes.fill_between(own.x, own.low, own.high, color=INTERVAL, lw=0, zorder=2)
        axes.plot(own.x, own.y, zorder=3, label=name, **_own_style(simulated))
    for key, line in panel.compared.items():
        colour, dashes, label = COMPARED[key]
        axes.plot(line.x, line.y, color=colour, ls=dashes, lw=1.2, zorder=3.5, label=label)


def _scales(axes: Axes, panel: Panel) -> None:
    axes.set(xlabel=panel.x_label, ylabel=panel.y_label)
    for which in panel.logarithmic:
        axes.set(**{f"{which}scale": "log"})
    low, high = panel.limits
    room = (high / low) ** 0.03 if "x" in panel.logarithmic else 0.03 * (high - low)
    axes.set_xlim((low / room, high * room) if "x" in panel.logarithmic else (low - room, high + room))
    if "y" in panel.logarithmic:
        heights = [y for line in (panel.own, *panel.compared.values()) for y in line.y]
        digits = next((each for factor, each in DIGITS.items() if max(heights) < factor * min(heights)), (1.0,))
        axes.yaxis.set_major_locator(LogLocator(subs=digits))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())


def _own_style(simulated: bool) -> dict[str, Any]:
    """Wide, so that lines on top of it are seen; thinner with intervals behind it."""
    return {"color": OWN, "lw": 1.3, "marker": "o", "ms": 3.5} if simulated else {"color": OWN, "lw": 2.4}


def _legend(figure: Figure, simulated: bool) -> None:
    """One legend below all panels, in one or two rows."""
    entries = labelled(figure)
    own = next(name for name, handle in entries.items() if isinstance(handle, Line2D))
    ordered: dict[str, Any] = {own: Line2D([], [], **_own_style(simulated))}
    ordered |= {label: entries[label] for *_, label in COMPARED.values() if label in entries}
    ordered |= {label: handle for label, handle in entries.items() if label not in ordered}
    if simulated:
        ordered["simulated, 95 % interval"] = Patch(color=INTERVAL, lw=0)
    place: dict[str, Any] = {"loc": "outside lower center", "fontsize": 7, "handlelength": 3.2}
    figure.legend(list(ordered.values()), list(ordered), ncols=-(-len(ordered) // 2), **place)
