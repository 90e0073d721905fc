"""Progress bars on standard error, silent when it is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from entsched.experiment import StartProgress

NAMES = {
    "bound": "bounds",
    "exact": "exact figures",
    "simulation": "simulations",
    "gain": "map cells",
    "certificate": "certificates",
}


@contextmanager
def progress() -> Iterator[StartProgress]:
    """A progress bar for each kind of task, on standard error; nothing if that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:

        def start(counts: dict[str, int]):  # type: ignore[no-untyped-def]
            handles = {
                kind: bars.add_task(NAMES.get(kind, kind), total=count) for kind, count in counts.items() if count
            }
            return lambda kind: bars.advance(handles[kind])

        yield start


@contextmanager
def value_progress(title: str) -> Iterator[Callable[[float, float], None]]:
    """The two ends of a value while they close, and the time; nothing if standard error is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(pulse_style="cyan"), TextColumn("{task.fields[ends]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=None, ends="")
        yield lambda lower, upper: bar.update(task, ends=f"between {lower:.9g} and {upper:.9g}")
