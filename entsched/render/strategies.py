"""What the command line shows of strategies."""

from __future__ import annotations

import inspect
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from entsched.strategies import registry
from entsched.strategies.base import BaseStrategy

Row = dict[str, Any]


def portrait(name: str) -> Row:
    """What a strategy declares, as JSON data."""
    strategy: type[BaseStrategy] = registry.load(name)
    schema = strategy.model_json_schema()
    return {
        "name": name,
        "class": strategy.strategy_class.value,
        "resource": strategy.resource.value,
        "uses_splitting": strategy.uses_splitting,
        "summary": strategy.summary,
        "source": strategy.source,
        "origin": registry.origin(name),
        "parameters": {
            key: {
                "description": value.get("description", ""),
                "default": value.get("default"),
                "required": key in schema.get("required", []),
            }
            for key, value in schema.get("properties", {}).items()
        },
        "description": inspect.cleandoc(strategy.__doc__ or ""),
    }


def print_strategies(rows: list[Row]) -> None:
    """All strategies, a line each."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("name", "class", "resource", "summary"):
        table.add_column(column, no_wrap=column != "summary")
    for row in rows:
        plugin = "" if row["origin"] == "built in" else f" [{row['origin']}]"
        table.add_row(row["name"], row["class"], row["resource"], Text(row["summary"] + plugin))
    Console().print(table)


def print_portrait(row: Row) -> None:
    """One strategy in full."""
    console = Console()
    console.print(f"[bold]{row['name']}[/bold]: {row['summary']}")
    console.print(
        f"class {row['class']}, resource {row['resource']}, {row['origin']}; source: {row['source'] or 'none given'}"
    )
    console.print(row["description"], markup=False)
    for key, value in row["parameters"].items():
        default = "required" if value["required"] else f"default {value['default']}"
        console.print(f"  {key}: {value['description']} ({default})", markup=False)
