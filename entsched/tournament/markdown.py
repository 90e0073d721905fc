"""The standings of a tournament as a table in Markdown, for an appendix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from entsched.markdown import table_line
from entsched.tournament.entries import Absent

Row = dict[str, Any]

HEADS = ("rank", "strategy", "p", "class", "resource", "R", "W (s)", "in class", "among equals", "dominated by")

#: What holds of the intervals and of the words.
INTERVALS = (
    "intervals are of 95 %, each by itself, figures without are exact. Ranks rest on these; what is said of "
    "entanglement is wrong for any point of a class in at most 5 % of tournaments."
)

#: Those that dominate a point are named up to this many.
MOST_NAMED = 2


def standings_page(name: str, rows: Sequence[Row], words: Sequence[str], absent: Sequence[Absent], unit: str) -> str:
    """A page with the standings, what entanglement was worth, and who is not in the table and why.

    Parameters
    ----------
    rows : the table ``standings``
    words : sentences on entanglement
    unit : of R
    """
    ranked = [row for row in rows if "rank" in row]
    lines = [f"# Tournament: {name}", "", f"R in {unit}; {INTERVALS}", ""]
    lines += [table_line(HEADS), table_line(["---"] * len(HEADS))]
    lines += [table_line(_cells(row)) for row in ranked]
    lines += [
        "",
        "## Entanglement",
        "",
        *(f"- {sentence}" for sentence in words or ["No strategy with pairs took part."]),
    ]
    missing = [f"- {described(row)}" for row in rows if "rank" not in row]
    missing += [f"- {one.strategy}: {one.reason}" for one in absent]
    return "\n".join([*lines, *(["", "## Not ranked", "", *missing] if missing else [])]) + "\n"


def described(row: Row) -> str:
    """A row of the standings that has no rank, in words."""
    place = "" if row["splitting"] is None else f" at p = {row['splitting']:g}"
    return f"{row['strategy']}{place}: {row['state']}, {row['reason'] or 'not simulated'}"


def _cells(row: Row) -> list[str]:
    split = row["splitting"] if row["splitting"] is not None else row["split_fraction"]
    winners = row["dominated_by"].split("; ") if row["dominated_by"] else []
    more = f" and {len(winners) - MOST_NAMED} more" if len(winners) > MOST_NAMED else ""
    named = ", ".join(winners[:MOST_NAMED]) + more
    figures = [with_half_width(row, name) for name in ("baseline_rate", "mean_wait_s")]
    places = [str(row[name]) for name in ("rank_in_class", "rank_among_equals")]
    return [str(row["rank"]), row["strategy"], f"{split:.3g}", row["class"], row["resource"], *figures, *places, named]


def with_half_width(row: Row, name: str) -> str:
    """A figure of the standings and half its interval, to two digits of it; exact ones to six.

    Examples
    --------
    >>> with_half_width({"w": 1.23456, "w_low": 1.2, "w_high": 1.26912}, "w")
    '1.235 ± 0.035'
    >>> with_half_width({"w": 1.0, "w_low": 1.0, "w_high": 1.0}, "w")
    '1.00000'
    """
    mean, half = row[name], (row[f"{name}_high"] - row[f"{name}_low"]) / 2
    if math.isinf(mean):
        return "unbounded"
    if half == 0:
        return f"{mean:#.6g}"
    if not math.isfinite(half):
        return f"{mean:.4g}"
    digits = max(0, 1 - math.floor(math.log10(half)))
    return f"{mean:.{digits}f} ± {half:.{digits}f}"
