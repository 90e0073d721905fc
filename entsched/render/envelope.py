"""What the command line shows of an envelope: its critical values, and whether entanglement helps at all."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from entsched.experiment import EnvelopeResults
from entsched.render.progress import clock_time

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
    "latency_s": ("latency of those that communicate", "s"),
}


def as_json(results: EnvelopeResults) -> Row:
    """All tables, a sentence, and what failed."""
    failed = [{"task": failure.label, "error": failure.error} for failure in results.failed]
    return {"name": results.experiment.name, "summary": sentence(results.tables), **results.tables, "failed": failed}


def print_envelope(name: str, tables: Tables, console: Console | None = None) -> None:
    """The critical values as a table, and one sentence."""
    console = console or Console()
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
            ends = [row["strict_from"], *([row["target_from"]] if target else [])]
            table.add_row(_name(row), _sense(row), *(_value(end, row, tables) for end in ends))
        console.print(table)
    console.print(sentence(tables), highlight=False, soft_wrap=True)


def sentence(tables: Tables) -> str:
    """One sentence: where the advantage is largest on the grids, and what it takes to show it there.

    It says so if nothing helps anywhere.
    """
    points = [(name, row) for name in POINTS for row in tables.get(name, []) if "strict" in row]
    helping = [(name, row) for name, row in points if row["strict"]]
    if not points:
        return "No point of a grid was computed: the section envelope has no grid of resources."
    if not helping:
        return f"No strict advantage at any of {len(points)} points: entanglement does not help here."
    name, best = max(helping, key=lambda each: float(each[1]["relative_advantage"]))
    shown = ("node", "segments", "distance_km", "visibility", "pair_rate_hz", "memory_s")
    place = ", ".join(f"{key} = {_short(best[key])}" for key in shown if best.get(key) is not None)
    proof = ""
    if best["rounds_routing"] is not None:
        proof = f"; {best['rounds_routing']} requests with a pair show it, in {_duration(best['certify_s'])}"
    return (
        f"Strict advantage at {len(helping)} of {len(points)} points; largest in {name} at {place}, "
        f"p = {best['splitting']:g}: {100 * best['relative_advantage']:.3g} % of the classical mean wait{proof}."
    )


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


def _duration(seconds: float) -> str:
    """Seconds, from a minute on with minutes and hours."""
    return f"{seconds:.3g} s" if seconds < 60 else f"{clock_time(seconds)} h"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
