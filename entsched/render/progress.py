"""Progress on standard error, a bar for each group of tasks; hidden in the first second, silent without a terminal."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from entsched.completing import StartProgress
    from entsched.tasks import Task

Clock = Callable[[], float]

NAMES = {
    "bound": "bounds",
    "exact": "exact figures",
    "gain": "map cells",
    "certificate": "certificates",
}

#: The most bars beside the overall one, how long nothing is shown, in seconds, and pictures per second.
MOST_BARS, HIDDEN_S, REFRESH_HZ = 12, 1.0, 5.0

PREFIXES = ("", "k ", "M ", "G ", "T ")


@dataclass
class Bar:
    """What is known of one group: ``seconds`` is its share of the time so far."""

    name: str
    total: int
    simulates: bool = True
    tasks: int = 0
    pairs: int = 0
    seen: int = 0
    seconds: float = 0.0
    began_s: float = 0.0
    last_s: float = 0.0

    def rate(self) -> str:
        """Pairs per second for simulations, else tasks per second, from the first task to the latest."""
        elapsed = self.last_s - self.began_s
        if elapsed <= 0.0:
            return ""
        return quantity(self.pairs / elapsed, "pairs/s") if self.pairs else quantity(self.tasks / elapsed, "tasks/s")

    def left_s(self, now_s: float) -> float | None:
        """Seconds left at the rate so far; None before the first task."""
        if not self.seen:
            return None
        left = max(0, self.total - self.tasks) * (self.last_s - self.began_s) / self.seen
        return max(0.0, left - (now_s - self.last_s))


class Round:
    """Tasks by group, how many are done, and how long that took; tasks of unknown groups count as others.

    Parameters
    ----------
    counts : the tasks of each group
    now_s : the time, in seconds of any clock

    Examples
    --------
    >>> from entsched.tasks import BoundTask
    >>> workload = {"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}}
    >>> one = Round({"bound": 10}, now_s=0.0)
    >>> one.done(BoundTask(workload=workload, splitting=0.5))
    >>> one.observe(now_s=2.0)
    >>> one.bars[0].rate(), one.bars[0].left_s(now_s=3.0)
    ('0.5 tasks/s', 17.0)
    """

    def __init__(self, counts: dict[str, int], now_s: float) -> None:
        named = [(group, count) for group, count in counts.items() if count]
        apart = named if len(named) <= MOST_BARS else named[: MOST_BARS - 1]
        self._of = {group: Bar(NAMES.get(group, group), count, group not in NAMES) for group, count in apart}
        self._others = Bar("others", sum(count for _, count in named[len(apart) :]))
        self._last_s = now_s
        self.total = sum(counts.values())
        self.bars = [*self._of.values(), self._others]

    def done(self, task: Task) -> None:
        """Count one task; cheap, as there may be a million."""
        bar = self._of.get(task.group, self._others)
        bar.tasks += 1
        if task.kind == "simulation":
            bar.pairs += task.pairs  # type: ignore[attr-defined]

    def observe(self, now_s: float) -> None:
        """Share the time since the latest tasks among the groups of those that were done in it."""
        new = [(bar, bar.tasks - bar.seen) for bar in self.bars if bar.tasks > bar.seen]
        many = sum(count for _, count in new)
        for bar, count in new:
            bar.began_s = bar.began_s if bar.seen else self._last_s
            bar.last_s = now_s
            bar.seconds += (now_s - self._last_s) * count / many
            bar.seen += count
        if new:
            self._last_s = now_s

    def left_s(self, now_s: float) -> float | None:
        """Seconds left in all; a group not begun is taken to cost as much a task as those like it that have."""
        if not any(bar.seen for bar in self.bars):
            return None
        left = sum(max(0, bar.total - bar.tasks) * self._task_s(bar) for bar in self.bars)
        return max(0.0, left - (now_s - self._last_s))

    def _task_s(self, bar: Bar) -> float:
        begun = [each for each in self.bars if each.seen]
        like = [each for each in begun if each.simulates == bar.simulates] or begun
        known = [bar] if bar.seen else like
        return sum(each.seconds for each in known) / sum(each.seen for each in known)


@contextmanager
def progress(console: Console | None = None, clock: Clock = time.monotonic) -> Iterator[StartProgress]:
    """A bar for each group of tasks, with its rate and the time left; an overall one if there are several.

    Yields a function that takes the number of tasks in each group and returns what is to be called with
    each task that is done. Called again, it begins a new round, whose bars replace those before.

    Parameters
    ----------
    console : by default standard error; silent if it is no terminal
    clock : seconds

    Examples
    --------
    >>> with progress() as start:
    ...     tick = start({"bound": 2})
    """
    from entsched.completing import quiet

    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield quiet
        return
    rounds: deque[Round] = deque(maxlen=1)

    def start(counts: dict[str, int]) -> Callable[[Task], None]:
        rounds.append(Round(counts, clock()))
        return rounds[0].done

    with _live(console, clock, lambda now_s: _table(rounds[0], now_s, console.width) if rounds else Group()):
        yield start


@contextmanager
def value_progress(
    title: str, console: Console | None = None, clock: Clock = time.monotonic
) -> Iterator[Callable[[float, float], None]]:
    """The two ends of a value while they close, and the time; nothing if standard error is no terminal.

    Examples
    --------
    >>> with value_progress("quantum value") as show:
    ...     show(0.75, 0.86)
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield lambda lower, upper: None
        return
    began_s, ends = clock(), deque([""], maxlen=1)

    def line(now_s: float) -> RenderableType:
        table = _grid()
        pulse = ProgressBar(pulse=True, width=_width(console.width), animation_time=now_s)
        table.add_row(Text(title), pulse, ends[0], clock_time(now_s - began_s))
        return table

    with _live(console, clock, line):
        yield lambda lower, upper: ends.append(f"between {lower:.9g} and {upper:.9g}")


@contextmanager
def _live(console: Console, clock: Clock, content: Callable[[float], RenderableType]) -> Iterator[None]:
    """Show what depends on the time, after a while, and leave nothing behind."""
    began_s = clock()

    def current() -> RenderableType:
        now_s = clock()
        return content(now_s) if now_s - began_s >= HIDDEN_S else Group()

    settings = {"refresh_per_second": REFRESH_HZ, "transient": True, "redirect_stdout": False}
    with Live(get_renderable=current, console=console, **settings):  # type: ignore[arg-type]
        yield


def _table(shown: Round, now_s: float, width: int) -> Table:
    """One row for each group, the overall one last."""
    shown.observe(now_s)
    table = _grid()
    bars = [bar for bar in shown.bars if bar.total or bar.tasks]
    for bar in bars:
        table.add_row(*_row(bar.name, bar.tasks, bar.total, width), bar.rate(), clock_time(bar.left_s(now_s)))
    if len(bars) > 1:
        done = sum(bar.tasks for bar in bars)
        table.add_row(*_row("all", done, shown.total, width), "", clock_time(shown.left_s(now_s)))
    return table


def _row(name: str, done: int, total: int, width: int) -> tuple[RenderableType, ...]:
    most = max(total, done)
    return (
        Text(name),
        ProgressBar(total=most, completed=done, width=_width(width), finished_style="green"),
        f"{done}/{most}",
    )


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=30, no_wrap=True, overflow="ellipsis")
    table.add_column()
    for style in ("green", "cyan", "yellow"):
        table.add_column(justify="right", no_wrap=True, style=style)
    return table


def _width(width: int) -> int:
    """The width of a bar on a terminal of some width."""
    return max(5, min(40, width - 75))


def quantity(value: float, unit: str) -> str:
    """A number to three digits with the prefix of its unit.

    Examples
    --------
    >>> quantity(24_149_000.0, "pairs/s"), quantity(999.7, "tasks/s"), quantity(0.0213, "tasks/s")
    ('24.1 M pairs/s', '1 k tasks/s', '0.0213 tasks/s')
    """
    digits, exponent = f"{value:.2e}".split("e")
    thousands = min(max(int(exponent) // 3, 0), len(PREFIXES) - 1)
    return f"{float(digits) * 10.0 ** (int(exponent) - 3 * thousands):.3g} {PREFIXES[thousands]}{unit}"


def clock_time(seconds: float | None) -> str:
    """A duration in hours, minutes and seconds; dashes if it is not known.

    Examples
    --------
    >>> clock_time(3723.4), clock_time(None)
    ('1:02:03', '-:--:--')
    """
    if seconds is None:
        return "-:--:--"
    minutes, whole = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{whole:02}"
