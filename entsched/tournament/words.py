"""A tournament in plain words: what entanglement was worth in it, class by class, and who stands where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def said(entangled: Sequence[Row], worth: Sequence[Row]) -> list[str]:
    """A sentence or two for each class in which strategies with pairs meet strategies without; once for equal ones.

    Parameters
    ----------
    entangled, worth : the tables of :mod:`entsched.tournament.entanglement`
    """
    found: dict[str, list[str]] = {}
    for areas in worth:
        own = [row for row in entangled if row["class"] == areas["class"]]
        if own and areas["local_points"]:
            found.setdefault(f"{_points(own)}{_areas(areas)}.", []).append(areas["class"])
    return [f"{', '.join(classes).capitalize()}: {text}" for text, classes in found.items()]


def _points(rows: Sequence[Row]) -> str:
    ahead = [row for row in rows if row["ahead"] == "yes"]
    open_ = sum(row["ahead"] == "undecided" for row in rows)
    doubt = f"; {open_} {'is' if open_ == 1 else 'are'} undecided" if open_ else ""
    if not ahead:
        return f"of {len(rows)} points with pairs, none is ahead for sure of all local points that were played{doubt}"
    rates = sorted(row["baseline_rate"] for row in ahead)
    between = f"R {rates[0]:.4g}" if len(rates) == 1 else f"R {rates[0]:.4g} to {rates[-1]:.4g}"
    some = f"{len(ahead)} of {len(rows)} points with pairs {'is' if len(ahead) == 1 else 'are'}"
    return f"{some} ahead of all local points that were played ({between}){_most(ahead)}{doubt}"


def _most(ahead: Sequence[Row]) -> str:
    """Where most wait is saved, of the points that are ahead."""
    known = [row for row in ahead if "saved_s" in row and row["saved_s"] > 0]
    if not known:
        return ""
    best = max(known, key=lambda row: float(row["saved_s"]))
    mine = placed(best["strategy"], best["splitting"])
    theirs = placed(best["local"], best["local_splitting"])
    least = f" and at least {best['saved_s_low']:.3g} s for sure" if best["saved_s_low"] < best["saved_s"] else ""
    return f", by up to {best['saved_s']:.3g} s less mean wait{least} ({mine} against {theirs}){_proved(ahead)}"


def _proved(ahead: Sequence[Row]) -> str:
    """What is saved for sure against all routers of the class, where that is known."""
    known = [row for row in ahead if row.get("proved_s", 0.0) > 0]
    if not known:
        return ""
    best = max(known, key=lambda row: float(row["proved_s"]))
    mine = placed(best["strategy"], best["splitting"])
    return f", and by at least {best['proved_s']:.3g} s less than all local routers of the class, proved ({mine})"


def _areas(row: Row) -> str:
    difference = row.get("area_difference")
    if difference is None or math.isnan(difference) or difference == 0:
        return ""
    low, high = row["area_difference_low"], row["area_difference_high"]
    interval = "" if low == high else f" [{low:.3g}, {high:.3g}]"
    return f". With them the area that routers dominate is larger by {difference:.3g}{interval}"


def placed(strategy: str, splitting: float | None) -> str:
    """A point for people.

    Examples
    --------
    >>> placed("random", 0.5), placed("size-interval", None)
    ('random at p = 0.5', 'size-interval')
    """
    return strategy if splitting is None else f"{strategy} at p = {splitting:.3g}"
