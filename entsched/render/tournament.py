"""What the command line shows of a tournament: the strategies by rank, and what entanglement was worth."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from entsched.tournament.markdown import described
from entsched.tournament.play import TABLES, Tournament
from entsched.tournament.standings import CLASSES, RANKS

Row = dict[str, Any]


def as_json(made: Tournament) -> Row:
    """The tables of a tournament, who did not take part and what failed; figures without bound are null."""
    return {
        "name": made.entries.experiment.name,
        **{name: [_finite(row) for row in made.tables[name]] for name in TABLES},
        "said": list(made.words),
        "left_out": [one._asdict() for one in made.entries.left_out],
        "failed": [{"task": failure.label, "error": failure.error} for failure in made.failed]
        + [{"task": one.strategy, "error": one.reason} for one in made.entries.broken],
    }


def _finite(row: Row) -> Row:
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()}


def print_tournament(made: Tournament, out: Path) -> None:
    """A line for each strategy, by class and best rank, and what is to be said."""
    console = Console()
    console.print(_table(made))
    for sentence in made.words:
        console.print(sentence, highlight=False)
    for row in made.tables["standings"]:
        if row["state"] in ("unstable", "failed"):
            console.print(f"Not ranked: {described(row)}", highlight=False)
    for absent in made.entries.left_out:
        console.print(f"Left out: {absent.strategy} {absent.reason}", highlight=False)
    console.print(f"Standings of all points, duels, fronts and the figure: {out}", soft_wrap=True)


def _table(made: Tournament) -> Table:
    table = Table(
        title=f"{made.entries.experiment.name}: ranges and best ranks over p",
        caption="ranks: among those allowed no more/in the class/of all; 1: nobody dominates for sure",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("strategy", overflow="fold")
    for column, width, side in (
        ("resource", 13, "left"),
        ("W (s)", 11, "right"),
        ("R", 14, "right"),
        ("ranks", 5, "left"),
    ):
        table.add_column(column, min_width=width, no_wrap=True, justify="left" if side == "left" else "right")
    by_strategy: dict[str, list[Row]] = {}
    for row in made.tables["standings"]:
        if "rank" in row:
            by_strategy.setdefault(row["strategy"], []).append(row)
    for each in CLASSES:
        own = [rows for rows in by_strategy.values() if rows[0]["class"] == each.value]
        if own:
            table.add_row(f"[bold]{each.value} class[/bold]")
        for rows in sorted(own, key=_best_ranks):
            table.add_row(*_line(rows))
    return table


def _best_ranks(rows: list[Row]) -> list[int]:
    return [min(row[name] for row in rows) for name in RANKS]


def _line(rows: list[Row]) -> tuple[str, ...]:
    """The ranges of a strategy's figures, and the best of its ranks."""
    ranges = [_range([row[name] for row in rows]) for name in ("mean_wait_s", "baseline_rate")]
    return rows[0]["strategy"], rows[0]["resource"], *ranges, "/".join(map(str, _best_ranks(rows)))


def _range(values: list[float]) -> str:
    low, high = (f"{value:.3g}" if math.isfinite(value) else "unbounded" for value in (min(values), max(values)))
    return low if low == high else f"{low}..{high}"
