"""What the command line shows of a tournament: the strategies by class, and what entanglement was worth."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from entsched.tournament.markdown import described
from entsched.tournament.play import TABLES, Tournament
from entsched.tournament.standings import CLASSES, RESOURCES

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
    """A line for each strategy, by class and resource, and what is to be said."""
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
        title=f"{made.entries.experiment.name}: ranges over p",
        caption="class, all: of how many points nobody there dominates for sure",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("strategy", no_wrap=True, overflow="ellipsis")
    for column, width in (("W (s)", 11), ("R", 13), ("class", 6), ("all", 6)):
        table.add_column(column, no_wrap=True, min_width=width, justify="right")
    by_strategy: dict[str, list[Row]] = {}
    for row in made.tables["standings"]:
        if "rank" in row:
            by_strategy.setdefault(row["strategy"], []).append(row)
    for each, resource in product(CLASSES, RESOURCES):
        place = each.value, resource.value
        own = [rows for rows in by_strategy.values() if (rows[0]["class"], rows[0]["resource"]) == place]
        if own:
            table.add_row(f"[bold]{each.value}, {resource.value}[/bold]")
        for rows in sorted(own, key=lambda rows: rows[0]["strategy"]):
            table.add_row(*_line(rows))
    return table


def _line(rows: list[Row]) -> tuple[str, ...]:
    """The ranges of a strategy's figures, and how many of its points have rank 1."""
    ranges = [_range([row[name] for row in rows]) for name in ("mean_wait_s", "baseline_rate")]
    firsts = [f"{sum(row[name] == 1 for row in rows)} of {len(rows)}" for name in ("rank_in_class", "rank")]
    return escape(rows[0]["strategy"]), *ranges, *firsts


def _range(values: list[float]) -> str:
    low, high = (f"{value:.3g}" if math.isfinite(value) else "unbounded" for value in (min(values), max(values)))
    return low if low == high else f"{low}..{high}"
