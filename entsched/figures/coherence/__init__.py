"""The figures of a study of coherence, one file for each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from entsched.figures.style import Row


def draw(part: str, tables: Mapping[str, Sequence[Row]], path: Path) -> Path:
    """Draw the figure of a part from its tables, as PDF and PNG with its numbers as CSV; returns the PNG.

    Parameters
    ----------
    part : the name of a file of this folder

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    return import_module(f"entsched.figures.coherence.{part}").draw(tables, path)
