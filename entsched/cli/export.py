"""The verb export: rows as a table for other programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from entsched.cli.app import app

#: Shorter exports show no progress bar, in seconds.
SHORT_S = 2.0


@app.command()
def export(
    folder: Annotated[
        Path, typer.Argument(help="written by entsched run, which may still be at it", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="the table: a file .csv or .parquet", show_default=False)],
    kind: Annotated[
        str | None,
        typer.Option(
            help="simulation, exact, bound, gain or certificate; needed if there are several", show_default=False
        ),
    ] = None,
) -> None:
    """Write all rows of one kind in FOLDER as a table, one line for each task, for pandas, R or SQL.

    For example: entsched export results/two-types --kind simulation --out rows.parquet
    """
    from entsched.export import export as write_table

    with _late_bar() as progress:
        table = write_table(folder, out, kind, progress)
    typer.echo(f"{table.rows} rows, {len(table.columns)} columns: {out}")


@contextmanager
def _late_bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error for what takes long; nothing if that is no terminal."""
    began = time.monotonic()
    with ExitStack() as stack:
        bars: list[Any] = []

        def show(done: int, total: int) -> None:
            if not sys.stderr.isatty() or time.monotonic() - began < SHORT_S:
                return
            if not bars:
                bars.append(stack.enter_context(typer.progressbar(length=total, label="export", file=sys.stderr)))
            bars[0].update(done - bars[0].pos)

        yield show
