"""Ways to decide against the latency between the routers: what each makes customers wait, and where they cross."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from entsched.communication import Communication
from entsched.figures.style import STYLE, Row, arms, legend_below, look, plain, save

#: The swept key whose sweep has this figure.
KEY = "communication.latency_s"

#: The columns of the table of an envelope, with the strategy of each.
COLUMNS = {
    "classical_wait_s": "classical-optimal",
    "entangled_wait_s": "quantum-optimal",
    "communicating_wait_s": "full-information",
}

#: The one whose crossings with all others are marked, and the one whose wait grows without end.
ENTANGLED, HOLDING = "quantum-optimal", "full-information"

#: Strategies whose baseline throughput is another one, as the figure ``sweep_rate`` shows.
OTHER_THROUGHPUT = {"stale-information": "stale-information (other throughput, see sweep_rate)"}

#: Where the text of a crossing stands beside its star.
BESIDE: dict[str, Any] = {"xytext": (7, -6), "textcoords": "offset points", "va": "top"}

#: Half of the circumference of the Earth, km: no two places are farther apart on the ground.
FARTHEST_KM = 20_000.0
FARTHEST = "half way round the Earth"


def latency_of_envelope(points: Sequence[Row], path: Path) -> Path:
    """Draw the table ``latency`` of an envelope, which is exact; as :func:`latency`."""
    rows = [
        {"series": series, "kind": "exact", "latency_s": row["latency_s"], "p": row["splitting"]}
        | {"mean_wait_s": row[column]}
        for column, series in COLUMNS.items()
        for row in points
    ]
    longest = max(points, key=lambda row: float(row["latency_s"]))
    per_second = longest["fibre_km"] / longest["latency_s"] if longest["latency_s"] else Communication().length_km(1.0)
    return latency(rows, per_second, path)


def latency_of_sweep(points: Sequence[Row], path: Path) -> Path:
    """Draw the rows of a sweep over the latency at one splitting probability; as :func:`latency`."""
    rows: list[Row] = []
    for row in points:
        place = {"latency_s": row[KEY], "p": row["splitting"]}
        if "mean_wait_s" in row:
            rows.append({"series": row["strategy"], "kind": "exact"} | place | {"mean_wait_s": row["mean_wait_s"]})
        if "sim_mean_wait_s" in row:
            ends = {name: row[f"sim_mean_wait_s{end}"] for name, end in (("low", "_low"), ("high", "_high"))}
            wait = {"mean_wait_s": row["sim_mean_wait_s"]} | ends
            rows.append({"series": row["strategy"], "kind": "simulated"} | place | wait)
    return latency(rows, Communication().length_km(1.0), path)


def latency(rows: Sequence[Row], km_per_s: float, path: Path) -> Path:
    """Draw mean waits against latency: lines are exact, points simulated with 95 % intervals.

    Thin lines lead the eye where nothing is exact. Stars mark where others begin to wait longer than with pairs. Those
    that hold requests wait for the latency, so they leave the figure at the top.

    Parameters
    ----------
    rows : with ``series``, ``kind``, ``latency_s``, ``mean_wait_s``, and ``low``, ``high`` where simulated
    km_per_s : fibre that a message passes in a second

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    lines = {name: _line(rows, name) for name in dict.fromkeys(row["series"] for row in rows)}
    crossings = _crossings(lines, km_per_s)
    entries: dict[str, Any] = {}
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.6, 4.6), layout="constrained")
        latencies = sorted({row["latency_s"] for row in rows})
        axes.set(xlabel="latency between the routers, one way (s)", ylabel="mean wait $W$ (s)")
        if latencies[0] > 0:
            axes.set_xscale("log")
        for name, line in lines.items():
            entries[OTHER_THROUGHPUT.get(name, plain(name))] = _strategy(
                axes, rows, name, line, look(name, list(lines))
            )
        if any(row["kind"] == "simulated" for row in rows):
            entries["simulation, 95 % interval"] = Line2D([], [], ls="none", marker="o", ms=4, mfc="w", color="#444444")
        for row in crossings:
            axes.plot(row["latency_s"], row["mean_wait_s"], "*", ms=11, mec="white", color="#000000", zorder=6)
            axes.annotate(_place(row), (row["latency_s"], row["mean_wait_s"]), **BESIDE)
            entries["pairs wait less from here on"] = Line2D([], [], ls="none", marker="*", ms=9, color="#000000")
        if latencies[0] * km_per_s < FARTHEST_KM < latencies[-1] * km_per_s:
            style: dict[str, Any] = {"color": "#444444", "lw": 0.8, "ls": ":"}
            axes.axvline(FARTHEST_KM / km_per_s, zorder=0, **style)
            entries[FARTHEST] = Line2D([], [], **style)
        _limits(axes, lines, latencies)
        above = axes.secondary_xaxis("top", functions=(lambda s: s * km_per_s, lambda km: km / km_per_s))
        above.set_xlabel("the same in fibre (km)")
        legend_below(figure, entries)
        return save(figure, path, [*rows, *crossings])


def _line(rows: Sequence[Row], name: str) -> list[Row]:
    """The points of a strategy by latency: exact ones, else simulated ones."""
    own = [row for row in rows if row["series"] == name]
    exact = [row for row in own if row["kind"] == "exact"]
    return sorted(exact or own, key=lambda row: float(row["latency_s"]))


def _strategy(axes: Axes, rows: Sequence[Row], name: str, line: list[Row], style: dict[str, Any]) -> Line2D:
    """One strategy; returns its handle. Exact waits are affine in the latency, so drawn between their points."""
    at = [row["latency_s"] for row in line]
    waits = [row["mean_wait_s"] for row in line]
    exact = line[0]["kind"] == "exact"
    fine = np.geomspace(at[0], at[-1], 200) if exact and at[0] > 0 else np.array(at)
    axes.plot(fine, np.interp(fine, at, waits), color=style["color"], lw=1.5 if exact else 0.8, ls=style["ls"])
    known = [row for row in rows if row["series"] == name and row["kind"] == "simulated"]
    if known:
        values = np.array([[row["mean_wait_s"], row["low"], row["high"]] for row in known])
        bars: dict[str, Any] = {"ls": "none", "ms": 4, "mfc": "white", "capsize": 2, "elinewidth": 1, "zorder": 4}
        ink = {"color": style["color"], "marker": style["marker"]}
        axes.errorbar([row["latency_s"] for row in known], values[:, 0], yerr=arms(values), **bars, **ink)
    return Line2D([], [], ms=4, mfc="white", **style | ({} if known else {"marker": ""}))


def _crossings(lines: dict[str, list[Row]], km_per_s: float) -> list[Row]:
    """Where each other strategy begins to wait longer than with pairs, between the two points next to it."""
    found: list[Row] = []
    pairs = lines.get(ENTANGLED, [])
    for name, line in lines.items():
        if name == ENTANGLED or len(pairs) != len(line):
            continue
        more = [a["mean_wait_s"] - b["mean_wait_s"] for a, b in zip(line, pairs, strict=True)]
        for index in range(len(more) - 1):
            if more[index] < 0 <= more[index + 1]:
                share = more[index] / (more[index] - more[index + 1])
                ends = {key: [row[key] for row in pairs[index : index + 2]] for key in ("latency_s", "mean_wait_s")}
                latency_s, wait_s = (low + share * (high - low) for low, high in ends.values())
                row = {"series": ENTANGLED, "with": name, "kind": "crossing", "exact": line[0]["kind"] == "exact"}
                place = {"latency_s": latency_s, "mean_wait_s": wait_s, "fibre_km": latency_s * km_per_s}
                found.append(row | place)
    return found


def _place(row: Row) -> str:
    """The latency of a crossing and its fibre, to the digits that are known."""
    digits = 3 if row["exact"] else 2
    latency_s, fibre_km = (float(f"{row[name]:.{digits}g}") for name in ("latency_s", "fibre_km"))
    return f"{'' if row['exact'] else 'about '}{latency_s:g} s,\n{fibre_km:,.0f} km"


def _limits(axes: Axes, lines: dict[str, list[Row]], latencies: Sequence[float]) -> None:
    """Waits of those that do not hold requests fill the panel; latencies from the first to the last."""
    least = min(row["mean_wait_s"] for line in lines.values() for row in line)
    bounded = [row["mean_wait_s"] for name, line in lines.items() if name != HOLDING for row in line]
    most = max(bounded or [row["mean_wait_s"] for row in lines[HOLDING]])
    room = 0.12 * (most - least or most or 1.0)
    axes.set_ylim(least - room, most + 2 * room)
    if len(latencies) > 1:
        spare = (latencies[-1] / latencies[0]) ** 0.03 if latencies[0] > 0 else 1.0
        axes.set_xlim(latencies[0] / spare, latencies[-1] * spare)
