"""What the command line shows of an envelope: the pairs as configured, critical values, where entanglement helps."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from entsched.experiment import EnvelopeResults
from entsched.render.configured import number
from entsched.render.configured import sentences as configured_sentences

Row = dict[str, Any]
Tables = dict[str, list[Row]]

#: The tables with points of the grids, each of which has an advantage.
POINTS = ("visibility", "rate_memory", "presets_placed", "distance")

#: What the quantities of the table of critical values are called, with their units.
NAMES = {
    "visibility": ("visibility", ""),
    "pair_rate_hz": ("pair rate", "pairs/s"),
    "memory_s": ("memory time", "s"),
    "distance_km": ("distance", "km"),
    "latency_s": ("latency, against talking", "s"),
}


def as_json(results: EnvelopeResults) -> Row:
    """All tables, what they say in sentences, and what failed."""
    failed = [{"task": failure.label, "error": failure.error} for failure in results.failed]
    return {
        "name": results.experiment.name,
        "summary": " ".join(_all(results.tables)),
        **results.tables,
        "failed": failed,
    }


def print_envelope(name: str, tables: Tables, console: Console | None = None) -> None:
    """What the pairs are worth as configured, the critical values as a table, and a sentence about the grids."""
    console = console or Console()
    for text in _as_configured(tables):
        console.print(text, highlight=False, soft_wrap=True)
    rows = tables.get("envelope", [])
    if rows:
        target = rows[0]["target"]
        table = Table(
            title=f"{name}: critical values at p = {rows[0]['splitting']:g}",
            box=SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
        )
        columns = ["resource", "", "any strict advantage", *([f"{100 * target:g} % or more"] if target else [])]
        for index, column in enumerate(columns):
            table.add_column(column, justify="left" if index < 2 else "right")
        for row in rows:
            if "problem" in row:
                table.add_row(_name(row), "", *(["see below"] * (1 + bool(target))))
                continue
            ends = [row["strict_from"], *([row["target_from"]] if target else [])]
            table.add_row(_name(row), _sense(row), *(_value(end, row, tables) for end in ends))
        console.print(table)
        for problem in dict.fromkeys(row["problem"] for row in rows if "problem" in row):
            console.print(f"note: {problem}", highlight=False, soft_wrap=True)
    for text in _of_grids(tables):
        console.print(text, highlight=False, soft_wrap=True)


def _all(tables: Tables) -> list[str]:
    return [*_as_configured(tables), *_of_grids(tables)]


def _as_configured(tables: Tables) -> list[str]:
    return [text for row in tables.get("configured", []) for text in configured_sentences(row)]


def _of_grids(tables: Tables) -> list[str]:
    """Where the advantage is largest on the grids, or that nothing helps anywhere; nothing without grids."""
    points = [(name, row) for name in POINTS for row in tables.get(name, []) if "strict" in row]
    helping = [(name, row) for name, row in points if row["strict"]]
    if not points:
        return []
    if not helping:
        return [f"No strict advantage at any of {len(points)} points: entanglement does not help here."]
    name, best = max(helping, key=lambda each: float(each[1]["relative_advantage"]))
    shown = ("node", "segments", "distance_km", "visibility", "pair_rate_hz", "memory_s")
    place = ", ".join(f"{key} = {_short(best[key])}" for key in shown if best.get(key) is not None)
    share = number(100 * best["relative_advantage"], 2)
    return [
        f"Strict advantage at {len(helping)} of {len(points)} points; largest in {name} at {place}, "
        f"p = {best['splitting']:g}: {share} % of the classical mean wait."
    ]


def _name(row: Row) -> str:
    name = NAMES[row["quantity"]][0]
    if "node" not in row:
        return name
    return f"{name}, {row['node']}, {row['segments']} segment{'s' if row['segments'] > 1 else ''}"


def _sense(row: Row) -> str:
    return "at most" if row["sense"] == "largest" else "from"


def _value(end: float | None, row: Row, tables: Tables) -> str:
    """A critical value with its unit; one below its grid only says what rounding can tell from zero."""
    if end is None:
        return "never"
    name = row["quantity"]
    grid = [each[name] for each in tables.get("rate_memory", []) if each.get(name) is not None]
    if grid and end < min(grid):
        return "all of the grid"
    return f"{end:.4g} {NAMES[name][1]}".strip()


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
