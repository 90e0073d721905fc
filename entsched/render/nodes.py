"""What the command line shows of hardware nodes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from entsched.entanglement.hardware import Node

#: The figures in which platforms differ most.
SHOWN = {
    "attempts/s": "repetition_rate_hz",
    "emission": "emission_efficiency",
    "fidelity": "pair_fidelity",
    "T2 (s)": "t2_s",
    "slots": "slots",
}


def print_nodes(every: Sequence[Node]) -> None:
    """Some nodes, a line each."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("name", *SHOWN):
        table.add_column(column, justify="left" if column == "name" else "right", no_wrap=True)
    for node in every:
        figures = node.figures
        table.add_row(node.name, *(f"{figures[key].value:g}" if key in figures else "-" for key in SHOWN.values()))
    console = Console()
    console.print(table)
    console.print("entsched nodes NAME shows ranges and sources; --yaml > mine.yaml makes a file to change")


def print_node(node: Node) -> None:
    """One node with the range and source of every figure."""
    console = Console()
    console.print(f"[bold]{node.name}[/bold]: {node.platform}, {node.carrier}", highlight=False)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("figure", "value", "range", "read there", "source"):
        table.add_column(column, no_wrap=column in ("figure", "value"))
    for name, figure in node.figures.items():
        span = f"{figure.range[0]:g} to {figure.range[1]:g}"
        table.add_row(name, f"{figure.value:g}", span, "yes" if figure.checked else "no", figure.source)
    console.print(table)
