"""The figures of an envelope: each is drawn if its table has rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from entsched.figures.distance import distance, error_budget
from entsched.figures.envelope import envelope
from entsched.figures.latency import latency_of_envelope
from entsched.figures.resource_map import rate_memory
from entsched.figures.style import Row
from entsched.figures.visibility import break_even, visibility


def draw_envelope(
    tables: Mapping[str, Sequence[Row]], request_rate_hz: float, target: float, folder: Path
) -> list[Path]:
    """Draw the figures of an envelope; returns the paths of the PNG files.

    Parameters
    ----------
    tables : of an envelope, by name; those without rows may be absent
    request_rate_hz : pairs of requests per second
    target : relative advantage that is asked for

    Raises
    ------
    StoreError
        If the files cannot be written.

    Examples
    --------
    >>> draw_envelope({}, 0.5, 0.0, Path("nowhere"))
    []
    """
    of = {
        name: tables.get(name, []) for name in ("visibility", "critical", "rate_memory", "presets_placed", "distance")
    }
    of |= {name: tables.get(name, []) for name in ("error_budget", "latency", "break_even", "envelope")}
    drawn = []
    if of["visibility"]:
        drawn.append(visibility(of["visibility"], of["critical"], folder / "visibility"))
    if of["rate_memory"]:
        chosen = (of["rate_memory"], of["presets_placed"], request_rate_hz, target)
        drawn.append(rate_memory(*chosen, folder / "rate_memory"))
    if of["latency"]:
        drawn.append(latency_of_envelope(of["latency"], folder / "latency"))
    if any("fidelity" in row for row in of["distance"]):
        drawn.append(distance(of["distance"], _least(of, "distance"), folder / "distance"))
    if of["error_budget"]:
        drawn.append(error_budget(of["error_budget"], _least(of, "distance"), folder / "error_budget"))
    known = [row for row in of["envelope"] if "problem" not in row]
    if known:
        drawn.append(envelope({**tables, "envelope": known}, folder / "envelope"))
    if of["break_even"]:
        drawn.append(break_even(of["break_even"], folder / "break_even"))
    return drawn


def _least(of: Mapping[str, Sequence[Row]], name: str) -> float | None:
    """The critical visibility at the splitting probability of a table; None if it is not known."""
    at = {row["splitting"] for row in of[name]}
    return next((row["critical_visibility"] for row in of["critical"] if row["splitting"] in at), None)
