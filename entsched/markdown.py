"""Tables in Markdown, a line at a time."""

from __future__ import annotations

from collections.abc import Sequence


def table_line(cells: Sequence[str]) -> str:
    """One line of a table; bars inside cells are escaped.

    Examples
    --------
    >>> print(table_line(["a", "b|c"]))
    | a | b\\|c |
    """
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
