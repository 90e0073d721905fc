"""What a run would do, as a table with one sentence for people, and as JSON data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from entsched.forecast import Forecast, GroupForecast
from entsched.render.progress import NAMES, quantity

#: Units of durations, from the largest that fits twice.
UNITS = {"days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}


def as_json(forecast: Forecast) -> dict[str, Any]:
    """The forecast as JSON data; seconds are None where nothing could be timed.

    Examples
    --------
    >>> done = Forecast("one", 1, (), exact=True, sequential=False, workers=2, seconds=0.0)
    >>> as_json(done)["tasks"], as_json(done)["seconds"]
    ({'total': 0, 'missing': 0}, 0.0)
    """
    return {
        "name": forecast.name,
        "experiments": forecast.experiments,
        "tasks": {"total": forecast.total, "missing": forecast.missing},
        "pairs": forecast.pairs,
        "exact": forecast.exact,
        "sequential": forecast.sequential,
        "workers": forecast.workers,
        "seconds": forecast.seconds,
        "groups": [asdict(group) for group in forecast.groups],
    }


def print_forecast(forecast: Forecast, console: Console | None = None) -> None:
    """The forecast for people: by group, and in one sentence.

    Examples
    --------
    >>> print_forecast(Forecast("one", 1, (), exact=True, sequential=False, workers=2, seconds=0.0))
    one: 1 experiment, 0 tasks, none missing: nothing to compute.
    """
    console = console or Console()
    if forecast.missing:
        console.print(_table(forecast))
    console.print(Text(sentence(forecast)), soft_wrap=True)


def sentence(forecast: Forecast) -> str:
    """How much is missing, and how long it takes.

    Examples
    --------
    >>> bounds = GroupForecast("bound", "bound", total=50, missing=40, pairs=0, seconds=90.0)
    >>> sentence(Forecast("one", 5, (bounds,), exact=True, sequential=False, workers=2, seconds=46.0))
    'one: 5 experiments, 50 tasks, 40 missing: about 46 seconds with 2 workers, figures and tables not included.'
    """
    about = "" if forecast.exact else "about "
    parts = [_plural(forecast.experiments, "experiment"), about + _plural(forecast.total, "task")]
    start = f"{forecast.name}: {', '.join(parts)}, "
    if not forecast.missing:
        return f"{start}none missing: nothing to compute."
    least = "at least " if forecast.sequential else ""
    simulated = f" with {quantity(forecast.pairs, 'pairs')} to simulate" if forecast.pairs else ""
    text = f"{start}{least or about}{forecast.missing:,} missing{simulated}: {least}{_time(forecast)}"
    text += ", figures and tables not included."
    return text + " Replications are added until they reach simulation.precision." if forecast.sequential else text


def duration(seconds: float) -> str:
    """A duration to two digits, in the unit that fits.

    Examples
    --------
    >>> [duration(seconds) for seconds in (0.2, 1.5, 46.3, 200.0, 5000.0, 1e5, 1e9)]
    ['a second', '1.5 seconds', '46 seconds', '3.3 minutes', '83 minutes', '28 hours', '12000 days']
    """
    if seconds < 1.0:
        return "a second"
    unit, size = next(((unit, size) for unit, size in UNITS.items() if seconds >= 2 * size), ("seconds", 1.0))
    return f"{float(f'{seconds / size:.2g}'):g} {unit}"


def _time(forecast: Forecast) -> str:
    if forecast.seconds is None:
        return "the time is unknown, as no task could be evaluated"
    if forecast.workers is None:
        return f"about {duration(forecast.seconds)} divided by the workers of the cluster"
    return f"about {duration(forecast.seconds)} with {_plural(forecast.workers, 'worker')}"


def _plural(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _table(forecast: Forecast) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("tasks", "in all", "missing", "pairs", "time of one worker"):
        table.add_column(column, justify="left" if column == "tasks" else "right")
    for group in forecast.groups:
        table.add_row(*_cells(group))
    return table


def _cells(group: GroupForecast) -> tuple[Text | str, ...]:
    seconds = "unknown" if group.seconds is None else duration(group.seconds) if group.missing else "-"
    pairs = quantity(group.pairs, "").strip() if group.pairs else "-"
    return Text(NAMES.get(group.name, group.name)), f"{group.total:,}", f"{group.missing:,}", pairs, seconds
