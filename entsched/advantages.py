"""Where entanglement helps, and by how much: with perfect pairs, and with those of the experiment."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from entsched.envelope.advantage import STRICT
from entsched.report import Report
from entsched.strategies.base import Resource

Row = dict[str, Any]

#: What is known of perfect pairs in a row of ``largest_relative``, and how the names of the same begin for its own.
OF_PERFECT_PAIRS = ("relative_advantage", "advantage_s", "splitting")
REALISED = "realised_"


def largest_advantage(bounds: list[Row]) -> Row | None:
    """The row in which the certified advantage is largest, or None if there is no strict one."""
    strict = [row for row in bounds if row["strict"]]
    return max(strict, key=lambda row: float(row["advantage_s"])) if strict else None


def advantage_ranges(rows: Iterable[Row]) -> list[tuple[float, float]]:
    """The runs of neighbouring p, of those in the rows, whose advantage is strict.

    Examples
    --------
    >>> advantage_ranges({"splitting": p, "strict": 0.1 < p < 0.6} for p in (0.1, 0.2, 0.5, 0.8))
    [(0.2, 0.5)]
    """
    ranges: list[tuple[float, float]] = []
    open_at: float | None = None
    last = 0.0
    for row in sorted(rows, key=lambda row: float(row["splitting"])):
        if row["strict"] and open_at is None:
            open_at = row["splitting"]
        if not row["strict"] and open_at is not None:
            ranges.append((open_at, last))
            open_at = None
        last = row["splitting"]
    return ranges if open_at is None else [*ranges, (open_at, last)]


def largest_relative(report: Report) -> Row:
    """Where the certified advantage of perfect pairs is largest, relative to the classical mean wait.

    With it, what entangled strategies make of the pairs of the experiment, if those are not perfect.
    """
    base = report.experiment.workload.base_wait_s
    row: Row = {
        "load": report.experiment.workload.load,
        "perfect_pairs": report.perfect_pairs,
        "relative_advantage": 0.0,
    }
    for bound in report.bounds:
        relative = bound["advantage_s"] / (base + bound["classical_lower_s"])
        if bound["strict"] and relative > row["relative_advantage"]:
            row |= {
                "relative_advantage": relative,
                "advantage_s": bound["advantage_s"],
                "splitting": bound["splitting"],
            }
    made = realised(report)
    return row if made is None else row | {f"{REALISED}{name}": value for name, value in made.items()}


def of_own_pairs(row: Row) -> Row:
    """A row of ``largest_relative`` with ``realised_...`` for perfect pairs too, and without what else those would do.

    Examples
    --------
    >>> of_own_pairs({"load": 0.5, "perfect_pairs": True, "relative_advantage": 0.07, "splitting": 0.3})
    {'load': 0.5, 'realised_relative_advantage': 0.07, 'realised_splitting': 0.3}
    >>> of_own_pairs({"perfect_pairs": False, "relative_advantage": 0.07, "realised_relative_advantage": 0.01})
    {'realised_relative_advantage': 0.01}
    """
    own = {name: value for name, value in row.items() if name not in (*OF_PERFECT_PAIRS, "perfect_pairs")}
    if not row["perfect_pairs"]:
        return own
    return own | {f"{REALISED}{name}": row[name] for name in OF_PERFECT_PAIRS if name in row}


def realised(report: Report) -> Row | None:
    """The largest advantage, over the certified classical bound, that an entangled strategy has with the pairs at hand.

    None if the pairs are perfect and on demand, or if no exact wait is known; negative if none has an advantage.
    """
    best = max(realised_rows(report), key=lambda row: float(row["relative_advantage"]), default=None)
    if best is None or report.perfect_pairs:
        return None
    return {name: best[name] for name in ("strategy", "splitting", "relative_advantage")}


def realised_rows(report: Report) -> list[Row]:
    """For each entangled strategy and p with an exact wait and a bound: its advantage over that bound.

    ``strict`` says whether it is more than rounding. Without such a strategy, that of the envelope's configured pairs.
    """
    rows: list[Row] = []
    for row in entangled_rows(report):
        bound = next((b for b in report.bounds if abs(b["splitting"] - row.get("split_fraction", 2)) < 1e-9), None)
        if bound is None:
            continue
        classical_s = bound["base_wait_s"] + bound["classical_lower_s"]
        gained_s = classical_s - row["mean_wait_s"]
        place = {"strategy": row["strategy"], "splitting": bound["splitting"]}
        gain = {"relative_advantage": gained_s / classical_s, "strict": gained_s > STRICT * bound["base_wait_s"]}
        rows.append(place | gain)
    if not rows:
        names = ("splitting", "relative_advantage", "strict")
        configured = report.envelope.get("configured", [])
        rows = [{"strategy": "quantum-optimal"} | {name: row[name] for name in names} for row in configured]
    return rows


def realised_ranges(report: Report) -> list[tuple[float, float]]:
    """The runs of neighbouring p, of those with exact waits, at which an entangled strategy beats the bound."""
    strict: dict[float, bool] = {}
    for row in realised_rows(report):
        strict[row["splitting"]] = strict.get(row["splitting"], False) or row["strict"]
    return advantage_ranges({"splitting": p, "strict": found} for p, found in strict.items())


def entangled_rows(report: Report) -> list[Row]:
    """The rows of entangled strategies whose exact wait is known."""
    entangled = {c.label for c in report.experiment.strategies if c.strategy.resource is Resource.ENTANGLED}
    return [row for row in report.strategies if row["strategy"] in entangled and "mean_wait_s" in row]


def percent(fraction: float) -> str:
    """A fraction in per cent, to two significant digits.

    Examples
    --------
    >>> percent(0.0712), percent(0.0000341), percent(0.5)
    ('7.1 %', '0.0034 %', '50 %')
    """
    return f"{two_digits(100 * fraction)} %"


def two_digits(value: float) -> str:
    """A number to two significant digits, without an exponent.

    Examples
    --------
    >>> two_digits(7.0), two_digits(99.6), two_digits(9.96), two_digits(0.0001), two_digits(0.0)
    ('7.0', '100', '10', '0.00010', '0')
    """
    if value == 0:
        return "0"
    rounded = float(f"{value:.1e}")
    return f"{rounded:.{max(0, 1 - math.floor(math.log10(abs(rounded))))}f}"
