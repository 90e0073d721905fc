"""What the command line shows of the checks of a plugin."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = dict[str, Any]

#: How each status looks.
STYLES = {"ok": "green", "failed": "bold red", "skipped": "dim"}


def print_checks(document: Row) -> None:
    """The checks of one plugin, a line each, and how many failed."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("check", "", "what it verifies, or why not"):
        table.add_column(column, no_wrap=column != "what it verifies, or why not")
    for row in document["checks"]:
        status = row["status"]
        table.add_row(row["check"], Text(status, STYLES[status]), Text(row["reason"] or row["verifies"]))
    console = Console()
    console.print(table)
    counts = ", ".join(f"{document[status]} {status}" for status in STYLES)
    console.print(f"{document['kind']} {document['plugin']}: {counts}", markup=False, highlight=False)
