"""Portraits of all strategies: docs/portraits.md, and a figure for each in docs/images/portraits."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from entsched.errors import EntschedError
from entsched.figures.portrait import portrait
from entsched.portraits import reference
from entsched.portraits.page import IMAGES, Entry, entry, page
from entsched.portraits.panels import panels
from entsched.render.strategies import portrait as declared
from entsched.store import write_text

DOCS = Path(__file__).parent.parent / "docs"
WORKERS = 2


def portray(name: str) -> Entry:
    """Draw the figure of a strategy, and return its text."""
    portrait(name, panels(reference.choice(name)), DOCS / IMAGES / f"{name}.png")
    print(name, flush=True)
    return entry(declared(name))


if __name__ == "__main__":
    try:
        with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
            entries = list(pool.map(portray, reference.names()))
        write_text(DOCS / "portraits.md", page(entries))
    except EntschedError as error:
        sys.exit(f"entsched: {error}")
