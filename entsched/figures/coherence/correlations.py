"""Correlations of consensus nodes beside Bell pairs: entropies, and CHSH values before and after the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from entsched.figures.style import STYLE, Row, arms, labelled, legend_below, plain, save

#: Colours by group, those of classical and quantum sets and one for loopholes.
COLOURS = {"consensus": "#0072B2", "pair": "#D55E00", "loophole": "#CC79A7"}
MARKERS = {"consensus": "o", "pair": "D", "loophole": "s"}
WORDS = {"consensus": "consensus nodes", "pair": "measured Bell pairs", "loophole": "nodes that use loopholes"}

#: CHSH values that mean something, and their names.
MARKS = {2.0: "local\n2", 2 * 2**0.5: "quantum\n2√2", 4.0: "any\n4"}

#: Height of the figure without sources, and of one source, inches.
HEIGHT, LINE = 2.4, 0.2
#: Points of the exact curve.
FINE = 401
WIDTH = 9.2
Floats = NDArray[np.float64]

BARS: dict[str, Any] = {"ls": "none", "capsize": 2, "elinewidth": 1, "ms": 4.5}


def draw(tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw the tables ``entropies``, ``werner`` and ``bell_tests`` of correlations, with 95 % intervals.

    On the left conditional entropy against mutual information: recorded answers, one point for each pair of questions,
    of Bell pairs those with the most rounds; and the states of Werner pairs, which alone go below 0. On the right CHSH
    values of all sources: of the rounds with two answers (hollow), and with all checks (filled; crossed out if not
    admissible). Sources with other numbers of questions or answers have no such value, and their outcome is written.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    tested, points = tables["bell_tests"], _shown(tables["entropies"])
    first, last = (float(tables["werner"][end]["visibility"]) for end in (0, -1))
    curve = _werner(np.linspace(first, last, FINE))
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(WIDTH, HEIGHT + LINE * max(len(tested), 8)), width_ratios=(1, 1.05), layout="constrained"
        )
        _entropies(left, points, curve, float(tables["werner"][0]["negative_above"]))
        _chsh(right, tested)
        legend_below(figure, labelled(figure))
        plotted = [
            {"panel": panel} | dict(row)
            for panel, rows in (("entropies", points), ("werner", _rows(curve)), ("chsh", tested))
            for row in rows
        ]
        return save(figure, path, plotted)


def _shown(points: Sequence[Row]) -> list[Row]:
    """The points of consensus nodes, and of pairs those with the most rounds."""
    most = max((row["rounds"] for row in points if row["group"] == "pair"), default=0)
    few = [row for row in points if row["group"] == "pair" and 2 * row["rounds"] <= most]
    return [row for row in points if row["group"] != "loophole" and row not in few]


def _werner(visibility: Floats) -> Floats:
    """Visibility, mutual information and conditional entropy of Werner pairs, one row each, exact."""
    p = np.stack([(1 + 3 * visibility) / 4, *[(1 - visibility) / 4] * 3])
    joint = -np.sum(p * np.log2(p, where=p > 0, out=np.zeros_like(p)), axis=0)
    return np.stack([visibility, 2 - joint, joint - 1], axis=1)


def _rows(curve: Floats) -> list[Row]:
    names = ("visibility", "mutual_information_bits", "conditional_entropy_bits")
    return [dict(zip(names, row, strict=True)) for row in curve.tolist()]


def _entropies(axes: Axes, points: Sequence[Row], curve: Floats, negative_above: float) -> None:
    """Answers, and the curve of Werner pairs with the visibility at which it goes below 0."""
    axes.axhspan(-1.12, 0, color="#f7e3d6", zorder=0, lw=0)
    axes.axhline(0, color="#444444", lw=0.8)
    axes.plot(curve[:, 1], curve[:, 2], color=COLOURS["pair"], label="Werner pairs as states, exact")
    _visibilities(axes, [each for each in sorted({negative_above, 0.9, 1.0}) if curve[0, 0] <= each <= curve[-1, 0]])
    for group in ("consensus", "pair"):
        rows = [row for row in points if row["group"] == group]
        if rows:
            mutual, given = (
                np.array([[row[f"{name}_{end}"] for end in ("bits", "low", "high")] for row in rows])
                for name in ("mutual_information", "conditional_entropy")
            )
            style = BARS | {"marker": MARKERS[group], "color": COLOURS[group], "mfc": "white"}
            axes.errorbar(mutual[:, 0], given[:, 0], arms(given), arms(mutual), label=_answers(group), **style)
    above = max([1.1, *(float(row["conditional_entropy_high"]) + 0.1 for row in points)])
    right = max([2.15, *(float(row["mutual_information_high"]) + 0.1 for row in points)])
    axes.set(xlabel="mutual information $I(A:B)$ (bits)", ylabel="conditional entropy, $A$ given $B$ (bits)")
    axes.set(xlim=(-0.08, right), ylim=(-1.12, above), title="below 0: states of entangled pairs only")


def _visibilities(axes: Axes, shown: Sequence[float]) -> None:
    """Some visibilities below the curve, where no recorded answers can be."""
    for visibility, mutual, given in _werner(np.array(shown)).tolist():
        axes.plot(mutual, given, "|", color=COLOURS["pair"], ms=9, mew=1.5)
        text: dict[str, Any] = {"xytext": (-7, -7), "textcoords": "offset points", "color": COLOURS["pair"]}
        axes.annotate(f"v = {visibility:.4g}", (mutual, given), ha="right", va="top", **text)


def _answers(group: str) -> str:
    return (
        "Bell pairs of most rounds, answers" if group == "pair" else f"{WORDS[group]}, answers to a pair of questions"
    )


def _chsh(axes: Axes, tested: Sequence[Row]) -> None:
    """One line for each source."""
    for value in MARKS:
        axes.axvline(value, color="#444444", lw=0.9, ls=":", zorder=1)
    for place, row in enumerate(tested):
        if "chsh" in row:
            _source(axes, place, row)
        else:
            words = f"no CHSH; {row['outcome']}"
            ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
            place_in: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "bbox": ground}
            axes.text(0.02, place, words, fontsize=7.5, **place_in)
    axes.set_yticks(range(len(tested)), [plain(row["source"]) for row in tested])
    least = min([1.0, *(row["chsh_low"] - 0.1 for row in tested if "chsh" in row)])
    axes.set(xlim=(least, 4.2), ylim=(len(tested) - 0.4, -0.6))
    axes.set_xlabel("CHSH value $S$")
    above = axes.secondary_xaxis("top")
    above.set_xticks(list(MARKS), list(MARKS.values()))
    above.tick_params(length=0)
    axes.grid(axis="y", visible=False)


def _source(axes: Axes, place: int, row: Row) -> None:
    """The CHSH value of one source, with and without the checks."""
    refused = row["outcome"] == "not admissible"
    label = "not admissible; late answers as silence" if refused else f"{WORDS[row['group']]}, all checks"
    colour, marker = COLOURS[row["group"]], MARKERS[row["group"]]
    ink = {"color": "#7f7f7f", "marker": "x"} if refused else {"color": colour, "marker": marker}
    ends = np.array([[row["chsh"], row["chsh_low"], row["chsh_high"]]])
    axes.errorbar(row["chsh"], place, xerr=arms(ends), label=label, zorder=4, **(BARS | ink))
    if row["loophole"]:
        hollow: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 8, "mfc": "none", "color": "#000000", "mew": 0.9}
        axes.plot(row["post_selected"], place, zorder=3, label="rounds with two answers, no checks", **hollow)
