"""What people see of the best static routing: both ends of both sets, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from entsched.static.optimum import StaticComparison, StaticOptimum, Verdict

Json = dict[str, Any]


def as_json(found: StaticComparison) -> Json:
    """The comparison as plain data; certificates hold the proof."""
    return {
        "weight": found.game.weight,
        "sets": {each.correlations.value: _row(each) for each in (found.local, found.quantum)},
        "verdict": found.verdict.value,
        "least_gain": found.least_gain,
        "most_gain": found.most_gain,
    }


def _row(found: StaticOptimum) -> Json:
    return {
        "lower": found.ends.lower,
        "upper": found.ends.upper,
        "mean_wait_s": found.figures.mean_wait_s,
        "baseline_rate": found.figures.baseline_rate,
        "boxes": found.boxes,
        "closed": found.ends.closed,
    }


def said(weight: float, verdict: Verdict, least_gain: float, most_gain: float) -> str:
    """The verdict at one weight in one sentence.

    Examples
    --------
    >>> said(1.0, Verdict.GAINS_NOTHING, 0.0, 0.015)
    'at weight 1 entanglement gains nothing that could be found, and at most 0.015 (proved)'
    """
    start = f"at weight {weight:g} entanglement "
    if verdict is Verdict.HELPS:
        return start + f"helps: by {least_gain:.3g} to {most_gain:.3g} in R - weight W (proved)"
    if verdict is Verdict.GAINS_NOTHING:
        return start + f"gains nothing that could be found, and at most {most_gain:.2g} (proved)"
    return start + f"is undecided: it gains at most {most_gain:.3g} (proved); try a smaller gap or more boxes"


def said_of_rows(rows: Sequence[Json]) -> list[str]:
    """The verdicts of a table of weights, a sentence each.

    Examples
    --------
    >>> said_of_rows([{"weight": 0.1, "verdict": "helps", "least_gain": 0.003, "most_gain": 0.004}])
    ['at weight 0.1 entanglement helps: by 0.003 to 0.004 in R - weight W (proved)']
    """
    return [said(row["weight"], Verdict(row["verdict"]), row["least_gain"], row["most_gain"]) for row in rows]


def print_static(comparisons: list[StaticComparison]) -> None:
    """One table for all weights, and the verdicts."""
    table = Table(title="Best static routing: R - weight W, both ends proved", title_justify="left")
    columns = ("weight", "routers share", "R - weight W, from", "to", "W (s)", "R", "boxes")
    for name in columns:
        table.add_column(name, justify="left" if name == "routers share" else "right")
    for found in comparisons:
        for one, name in ((found.local, "randomness"), (found.quantum, "entanglement")):
            ends = (f"{one.ends.lower:.6f}", f"{one.ends.upper:.6f}")
            figures = (f"{one.figures.mean_wait_s:.4f}", f"{one.figures.baseline_rate:.4f}")
            table.add_row(f"{found.game.weight:g}", name, *ends, *figures, str(one.boxes))
    console = Console()
    console.print(table)
    lines = [said(each.game.weight, each.verdict, each.least_gain, each.most_gain) for each in comparisons]
    for line in [*lines, *(each for found in comparisons for each in _stopped(found))]:
        console.print(line, highlight=False, soft_wrap=True)


def _stopped(found: StaticComparison) -> list[str]:
    """What is said of sets whose gap stayed open."""
    return [
        f"at weight {found.game.weight:g} with {one.correlations.value} correlations: stopped after {one.boxes} boxes, "
        f"a gap of {one.ends.upper - one.ends.lower:.2g} stayed open"
        for one in (found.local, found.quantum)
        if not one.ends.closed
    ]
