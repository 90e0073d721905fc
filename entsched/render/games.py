"""What the command line shows of games, through rich."""

from __future__ import annotations

import math
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from entsched.games.value import GameValue

Row = dict[str, Any]


def value_document(name: str, value: GameValue, certificate: Row | None, reason: str | None) -> Row:
    """Both ends of a value, for programs; an end that was not found is null."""
    return {
        "game": name,
        "set": value.correlations,
        "lower": _finite(value.lower),
        "upper": _finite(value.upper),
        "status": value.status.value,
        "gap": _finite(value.gap),
        "certificate": certificate,
        "no_certificate_because": reason,
        "wall_time_s": value.wall_time_s,
    }


def print_value(document: Row) -> None:
    """Both ends of a value, for people."""
    table = Table(box=SIMPLE_HEAD, show_header=False)
    for key in ("game", "set", "lower", "upper", "gap", "status", "wall_time_s"):
        entry = document[key]
        table.add_row(key, "none" if entry is None else f"{entry:.12g}" if isinstance(entry, float) else str(entry))
    certificate = document["certificate"]
    proved = document["no_certificate_because"]
    if certificate is not None:
        proved = ", ".join(f"{claim['end']} end" for claim in certificate["claims"]) + " in exact arithmetic"
    table.add_row("certificate", proved)
    Console().print(table)


def print_games(rows: list[Row]) -> None:
    """The library of games."""
    table = Table(title="Named games", box=SIMPLE_HEAD)
    table.add_column("name", no_wrap=True)
    table.add_column("what it is")
    for row in rows:
        table.add_row(row["name"], row["summary"])
    Console().print(table)


def print_advantage(found: Row) -> None:
    """What an advantage takes, for people."""
    table = Table(box=SIMPLE_HEAD, show_header=False)
    for name in ("local", "quantum", "critical_visibility"):
        table.add_row(name.replace("_", " "), f"{found[name][0]:.9g} .. {found[name][1]:.9g}")
    table.add_row("detection efficiency", f"{found['detection_efficiency']:.9g}")
    table.add_row("rounds", f"{found['rounds']} (significance {found['significance']}, power {found['power']})")
    Console().print(table)
    if not math.isfinite(found["critical_visibility"][1]):
        Console().print("no advantage was found: the strategy does not beat the local bound")


def finite(document: Row) -> Row:
    """The document with null in place of infinite numbers, which JSON does not have."""
    return {
        key: [_finite(each) for each in value] if isinstance(value, tuple) else _finite(value)
        for key, value in document.items()
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
