"""Rows of static bounds, set by set, as one row for each weight with what both sets together say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from entsched.static.optimum import Ends, least_gain, most_gain, verdict

Row = dict[str, Any]


def comparison_rows(rows: Iterable[Row]) -> list[Row]:
    """For each weight of which both sets are known: their ends, figures, the gain and the verdict.

    Examples
    --------
    >>> row = {"weight": 0.1, "upper": 1.1, "scale": 2.0, "closed": True, "mean_wait_s": 1.0, "baseline_rate": 1.0}
    >>> sets = [row | {"set": name, "lower": low, "boxes": 3} for name, low in (("local", 1.0), ("quantum", 1.0))]
    >>> (one,) = comparison_rows(sets)
    >>> one["verdict"], one["local_lower"], round(one["most_gain"], 9)
    ('gains nothing', 1.0, 0.1)
    """
    by_set: dict[str, dict[float, Row]] = {"local": {}, "quantum": {}}
    for row in rows:
        by_set[row["set"]][row["weight"]] = row
    return [_compared(local, by_set["quantum"][w]) for w, local in by_set["local"].items() if w in by_set["quantum"]]


def _compared(local: Row, quantum: Row) -> Row:
    ends = [Ends(*(row[key] for key in Ends._fields)) for row in (local, quantum)]
    compared: Row = {"weight": local["weight"], "verdict": verdict(*ends).value}
    compared |= {"least_gain": least_gain(*ends), "most_gain": most_gain(*ends)}
    for name, row in (("local", local), ("quantum", quantum)):
        compared |= {f"{name}_{key}": value for key, value in row.items() if key not in ("weight", "set", "scale")}
    return compared
