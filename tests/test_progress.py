"""Progress bars: what they say of tasks, rates and time, on a terminal that is text and a clock that is set."""

import io
import re

import pytest
from conftest import DISCRETE
from rich.console import Console

from entsched import sweep
from entsched.config import Experiment
from entsched.render.progress import MOST_BARS, Round, clock_time, progress, quantity, value_progress


@pytest.fixture(scope="module")
def tasks():
    experiment = Experiment(
        name="one",
        workload={"arrival_rate_hz": 0.5, "service": DISCRETE},
        baseline={"law": "linear"},
        splitting=[0.0, 0.25, 0.5, 0.75],
        strategies=["random", "quantum-optimal"],
        simulation={"pairs": 1000, "replications": 5},
    )
    return list(sweep.plan(experiment))


def of(tasks, group):
    return [task for task in tasks if task.group == group]


def terminal(width=100):
    return Console(force_terminal=True, file=io.StringIO(), width=width, _environ={"TERM": "xterm"})


def pictures(console):
    """Everything that was drawn, without colours, as lines."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", console.file.getvalue()).splitlines()


def last_line(console, name):
    return [line.split() for line in pictures(console) if line.startswith(name)][-1]


def test_bars_show_tasks_done_rate_and_time_left(tasks):
    console, now = terminal(), [0.0]
    with progress(console, lambda: now[0]) as start:
        tick = start({"bound": 4, "random": 20})
        for task in of(tasks, "bound")[:1]:
            tick(task)
        now[0] = 2.0
    assert last_line(console, "bounds")[2:] == ["1/4", "0.5", "tasks/s", "0:00:06"]
    assert last_line(console, "random")[2:] == ["0/20", "-:--:--"]
    assert last_line(console, "all")[2:] == ["1/24", "0:00:46"]


def test_simulations_count_in_pairs_per_second(tasks):
    one = Round({"random": 20}, now_s=10.0)
    for task in of(tasks, "random")[:10]:
        one.done(task)
    one.observe(now_s=14.0)
    assert one.bars[0].rate() == "2.5 k pairs/s"
    assert one.bars[0].left_s(now_s=15.0) == pytest.approx(3.0)


def test_time_left_counts_every_group_at_its_own_rate(tasks):
    one = Round({"bound": 4, "random": 20}, now_s=0.0)
    for task in of(tasks, "bound"):
        one.done(task)
    one.observe(now_s=4.0)
    for task in of(tasks, "random")[:10]:
        one.done(task)
    one.observe(now_s=34.0)
    assert one.bars[0].rate() == "1 tasks/s"
    assert one.bars[1].rate() == "333 pairs/s"
    assert one.left_s(now_s=34.0) == pytest.approx(30.0)
    assert one.left_s(now_s=1000.0) == 0.0


def test_a_group_not_begun_is_expected_to_take_as_long_as_others_like_it(tasks):
    one = Round({"bound": 4, "random": 10, "quantum-optimal": 5, "exact": 2}, now_s=0.0)
    for task in of(tasks, "bound"):
        one.done(task)
    one.observe(now_s=4.0)
    assert one.left_s(now_s=4.0) == pytest.approx(17.0)
    for task in of(tasks, "random")[:10]:
        one.done(task)
    one.observe(now_s=34.0)
    assert one.left_s(now_s=34.0) == pytest.approx(5 * 3.0 + 2 * 1.0)


def test_tasks_that_are_done_together_share_their_time(tasks):
    one = Round({"bound": 8, "random": 40}, now_s=0.0)
    for task in of(tasks, "bound") + of(tasks, "random"):
        one.done(task)
    one.observe(now_s=6.0)
    assert [bar.seconds for bar in one.bars[:2]] == pytest.approx([1.0, 5.0])
    assert one.left_s(now_s=6.0) == pytest.approx(6.0)


def test_nothing_is_shown_in_the_first_second_and_nothing_remains(tasks):
    console, now = terminal(), [0.0]
    with progress(console, lambda: now[0]) as start:
        start({"bound": 4})(tasks[0])
        now[0] = 0.9
    assert "".join(pictures(console)).strip() == ""


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupt_leaves_a_clean_terminal(tasks, error):
    console, now = terminal(), [0.0]

    def interrupted():
        with progress(console, lambda: now[0]) as start:
            start({"bound": 4, "random": 20})(tasks[0])
            now[0] = 5.0
            raise error

    with pytest.raises(error):
        interrupted()
    written = console.file.getvalue()
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
    after = written[written.rindex("all ") :]
    assert after.count("\x1b[2K") == 3
    assert after.endswith("\x1b[1A\x1b[2K")


def test_counts_that_were_wrong_or_of_unknown_groups_never_exceed(tasks):
    console, now = terminal(), [0.0]
    with progress(console, lambda: now[0]) as start:
        tick = start({"bound": 2, "random": 0})
        for task in tasks:
            tick(task)
        now[0] = 2.0
    assert last_line(console, "bounds")[2] == "4/4"
    assert last_line(console, "others")[2] == f"{len(tasks) - 4}/{len(tasks) - 4}"
    assert last_line(console, "all")[2] == f"{len(tasks)}/{len(tasks)}"
    assert last_line(console, "all")[3] == "0:00:00"


def test_many_groups_are_lumped(tasks):
    console, now = terminal(), [0.0]
    with progress(console, lambda: now[0]) as start:
        tick = start({f"strategy-{number}": 1 for number in range(40)})
        tick(tasks[0])
        now[0] = 2.0
    drawn = [line for line in pictures(console) if "/" in line]
    assert len(drawn) == MOST_BARS + 1
    assert last_line(console, "others")[2] == "1/29"
    assert last_line(console, "all")[2] == "1/40"


def test_a_later_round_replaces_the_bars(tasks):
    console, now = terminal(), [0.0]
    with progress(console, lambda: now[0]) as start:
        start({"bound": 4})(tasks[0])
        now[0] = 2.0
        start({"random": 3})
    assert [line.split()[0] for line in pictures(console) if line.strip()] == ["random"]


@pytest.mark.parametrize("width", [30, 80, 200])
def test_lines_fit_the_terminal(tasks, width):
    console, now = terminal(width), [0.0]
    with progress(console, lambda: now[0]) as start:
        tick = start({"random": 123456, "x" * 100: 7, "[bold]markup": 1})
        for task in of(tasks, "random"):
            tick(task)
        now[0] = 2.0
    drawn = [line for line in pictures(console) if line.strip()]
    assert len(drawn) == 4
    assert max(map(len, drawn)) <= width


def test_nothing_is_written_where_there_is_no_terminal(tasks):
    console = Console(file=io.StringIO())
    with progress(console) as start, value_progress("value", console) as show:
        start({"bound": 4})(tasks[0])
        show(0.75, 0.86)
    assert console.file.getvalue() == ""


def test_a_value_shows_its_ends():
    console, now = terminal(), [0.0]
    with value_progress("quantum value", console, lambda: now[0]) as show:
        show(0.7, 0.9)
        show(0.75, 0.86)
        now[0] = 63.0
    assert any(line.startswith("quantum value") and "between 0.75 and 0.86" in line for line in pictures(console))
    assert any("0:01:03" in line for line in pictures(console))


@pytest.mark.parametrize("value", [0.001, 0.5, 1.0, 9.996, 12.34, 999.4, 999.6, 1234.0, 9.999e5, 3e7, 4e9, 5e12, 6e17])
def test_quantities_have_three_digits(value):
    number, _, unit = quantity(value, "x").partition(" ")
    factor = {"x": 1.0, "k x": 1e3, "M x": 1e6, "G x": 1e9, "T x": 1e12}[unit]
    shown = float(number)
    assert shown * factor == pytest.approx(value, rel=0.006)
    assert shown < 1000 or value > 9e14


def test_durations_read_like_a_clock():
    assert [clock_time(s) for s in (0.0, 59.9, 60.0, 36000.0, 360000.0)] == [
        "0:00:00",
        "0:00:59",
        "0:01:00",
        "10:00:00",
        "100:00:00",
    ]
