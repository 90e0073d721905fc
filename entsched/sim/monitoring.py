"""From what monitors found in runs to verdicts, alarms and notes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from entsched.entanglement.monitor import Monitor
from entsched.games.bell_test import chsh, chsh_p_value, score_p_value

Row = dict[str, Any]

#: A strategy's label and its splitting probability.
Point = tuple[str, float | None]

ENTANGLED, NOT_SHOWN = "entangled", "no entanglement shown"

#: What shows entanglement.
BY_TESTS, BY_ROUTING = "test rounds", "routing"

#: The window of a row that is about the whole run.
WHOLE = "all"


def monitor_rows(points: Mapping[Point, Sequence[Row]], monitor: Monitor) -> list[Row]:
    """For each monitored replication a row for each window, and one for the whole run with its verdict.

    Parameters
    ----------
    points : the rows of the replications of each strategy and splitting probability
    """
    return [
        {"strategy": name, "splitting": p, "replication": one["replication"]} | row
        for (name, p), replications in points.items()
        for one in replications
        for row in judged(one.get("monitor", []), monitor, one.get("score"))
    ]


def judged(windows: Sequence[Row], monitor: Monitor, score: Row | None = None) -> list[Row]:
    """What each window of one run shows and, in the last row, all of it, with the verdict.

    The null hypothesis of the alarm: every tested pair wins, whatever happened before, as often as at the required
    CHSH value. An alarm is raised at the end of the first window whose upper end is below that; ends of windows have
    the level significance / windows, so that a whole run raises a false alarm with probability significance at most.

    The null hypothesis of the verdict: routers and source share randomness but no entanglement. It is about the
    windows before the alarm, or about all if there was no alarm or none before it. The whole run has half of the
    significance, and the windows before each of the later ones share the other half, so that routers without
    entanglement pass for entangled with probability significance at most, whenever they raise the alarm. Where routing
    has scores, test rounds and scores have half of that each.

    Parameters
    ----------
    windows : the fields of :class:`entsched.sim.windows.Window`; without any there is no verdict
    score : ``least`` and ``largest`` score, ``local_bound`` and ``expected``, if routing is scored

    Examples
    --------
    >>> good, bad = ({"end_s": 1.0, "tests": 1000, "wins": w, "scored": 0, "score_sum": 0.0} for w in (850, 700))
    >>> rows = judged([good, bad], Monitor(windows=2))
    >>> [row["alarm"] for row in rows], rows[-1]["verdict"], rows[-1]["verdict_windows"]
    ([False, True, True], 'entangled', 1)
    """
    if not windows:
        return []
    rows, raised = [], False
    for number, window in enumerate(windows, start=1):
        row = _measured(window, monitor.significance / len(windows), score)
        alarm = not raised and row["chsh_high"] < monitor.required_chsh
        raised = raised or alarm
        rows.append({"window": number} | row | {"alarm": alarm})
    before = next((index for index, row in enumerate(rows) if row["alarm"]), 0) or len(rows)
    level = monitor.significance / (2 if score is None else 4)
    row = {"window": WHOLE} | _measured(_summed(windows), level, score) | {"alarm": raised}
    if before < len(windows):
        level /= len(windows) - 1
    return [*rows, row | _verdict(_measured(_summed(windows[:before]), level, score), before, level)]


def _summed(windows: Sequence[Row]) -> Row:
    """Consecutive windows as one."""
    names = ("tests", "wins", "scored", "score_sum")
    return {name: sum(window[name] for window in windows) for name in names} | {"end_s": windows[-1]["end_s"]}


def _verdict(judged: Row, windows: int, level: float) -> Row:
    """Whether windows from the first on show entanglement, by what, and their CHSH value."""
    by = None
    if judged["p_value"] <= level:
        by = BY_TESTS
    elif judged.get("score_p_value", 1.0) <= level:
        by = BY_ROUTING
    return {
        "verdict": NOT_SHOWN if by is None else ENTANGLED,
        "verdict_by": by,
        "verdict_windows": windows,
        "verdict_tests": judged["tests"],
        "verdict_chsh": judged["chsh"],
        "verdict_p_value": judged["p_value"] if by != BY_ROUTING else judged["score_p_value"],
    }


def _measured(window: Row, level: float, score: Row | None) -> Row:
    """The CHSH value with ends of a level, what speaks against local strategies, and the mean score."""
    found = chsh(window["wins"], window["tests"], level)
    row = {
        "end_s": window["end_s"],
        "tests": window["tests"],
        "wins": window["wins"],
        "chsh": found.value,
        "chsh_low": found.low,
        "chsh_high": found.high,
        "p_value": chsh_p_value(window["wins"], window["tests"]),
    }
    if score is None:
        return row
    total, scored = window["score_sum"], window["scored"]
    return row | {
        "scored": scored,
        "score_mean_s": total / scored if scored else None,
        "score_local_bound_s": score["local_bound"],
        "score_expected_s": score["expected"],
        "score_p_value": score_p_value(total, scored, score["local_bound"], (score["least"], score["largest"])),
    }


def monitor_notes(rows: Sequence[Row], monitor: Monitor, fault_s: float = math.inf) -> list[str]:
    """Verdicts and alarms of each strategy at each splitting probability, a note each, over its replications.

    Parameters
    ----------
    rows : as :func:`monitor_rows` makes them
    fault_s : when the source failed, seconds
    """
    notes = []
    for name, p in dict.fromkeys((row["strategy"], row["splitting"]) for row in rows):
        place = name if p is None else f"{name} at p = {p:g}"
        own = [row for row in rows if (row["strategy"], row["splitting"]) == (name, p)]
        runs = [row for row in own if row["window"] == WHOLE]
        alarms = [row for row in own if row["alarm"] and row["window"] != WHOLE]
        cut = sum(row["window"] > 1 for row in alarms)
        notes.append(f"{place}: {_verdicts(runs, cut, monitor)}")
        if alarms:
            notes.append(f"{place}: {_alarms(alarms, len(runs), monitor, fault_s)}")
    return notes


def _verdicts(runs: Sequence[Row], cut: int, monitor: Monitor) -> str:
    """The verdicts of runs, of which some were cut at their alarm."""
    values = [row["verdict_chsh"] for row in runs if row["verdict_chsh"] is not None]
    by = [row["verdict_by"] for row in runs if row["verdict_by"] is not None]
    before = "" if cut == 0 else "before the alarm: " if cut == len(runs) else f"before the alarm in {cut} runs: "
    level = f"at significance {monitor.significance:g}"
    value = f"mean CHSH value {sum(values) / len(values):.3f}" if values else "no test rounds"
    if by:
        routed = by.count(BY_ROUTING)
        how = "" if routed == 0 else ", by its routing" if routed == len(by) else f", {routed} of them by its routing"
        return f"{before}entangled in {len(by)} of {len(runs)} runs {level}{how} ({value})"
    if not values:
        return f"{before}no test rounds: nothing shown"
    return f"{before}no entanglement shown in {len(runs)} runs {level}, shared randomness would do as well ({value})"


def _alarms(alarms: Sequence[Row], runs: int, monitor: Monitor, fault_s: float) -> str:
    first = min(alarms, key=lambda row: float(row["end_s"]))
    text = (
        f"source degraded: alarm in {len(alarms)} of {runs} runs, first at {_seconds(first['end_s'])} "
        f"(upper end of the interval of S {first['chsh_high']:.2f}, required {monitor.required_chsh:.4g})"
    )
    if not math.isfinite(fault_s):
        return text
    late = [row["end_s"] - fault_s for row in alarms if row["end_s"] >= fault_s]
    early = len(alarms) - len(late)
    text += f"; {_seconds(median(late))} after the fault (median)" if late else ""
    return text + (f"; {early} before the fault" if early else "")


def _seconds(time_s: float) -> str:
    return f"{time_s:,.0f} s" if time_s >= 1000 else f"{time_s:.4g} s"
