"""What people see of the best static routing: both ends of both sets, and what they say."""

from __future__ import annotations

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


def said(found: StaticComparison) -> str:
    """The verdict in one sentence.

    Examples
    --------
    >>> from entsched.static.game import StaticGame
    >>> from entsched.static.optimum import compare
    >>> from entsched.workload import Workload
    >>> from entsched.workload.baseline import Linear
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> said(compare(StaticGame(one, Linear(law="linear"), weight=1.0), gap=0.01))
    'at weight 1 entanglement gains nothing that could be found, and at most 0.015 (proved)'
    """
    start = f"at weight {found.game.weight:g} entanglement "
    if found.verdict is Verdict.HELPS:
        return start + f"helps: by {found.least_gain:.3g} to {found.most_gain:.3g} in R - weight W (proved)"
    if found.verdict is Verdict.GAINS_NOTHING:
        return start + f"gains nothing that could be found, and at most {found.most_gain:.2g} (proved)"
    return start + f"is undecided: it gains at most {found.most_gain:.3g} (proved); try a smaller --gap or more --boxes"


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
    for found in comparisons:
        console.print(said(found), highlight=False, soft_wrap=True)
