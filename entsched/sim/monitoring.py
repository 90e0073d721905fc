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
    """The verdict on each window of one run and, in the last row, on all of it.

    The null hypothesis of the alarm: every tested pair wins, whatever happened before, as often as at the required
    CHSH value. An alarm is raised at the end of the first window whose upper end is below that; ends of windows have
    the level significance / windows, so that a whole run raises a false alarm with probability significance at most.

    The null hypothesis of the verdict: routers and source share randomness but no entanglement. It is rejected if
    the p-value of all test rounds is at most the significance; where routing has scores, it is rejected by either at
    half the significance.

    Parameters
    ----------
    windows : the fields of :class:`entsched.sim.windows.Window`; without any there is no verdict
    score : ``least`` and ``largest`` score, ``local_bound`` and ``expected``, if routing is scored

    Examples
    --------
    >>> good, bad = ({"end_s": 1.0, "tests": 1000, "wins": w, "scored": 0, "score_sum": 0.0} for w in (850, 700))
    >>> rows = judged([good, bad], Monitor(windows=2))
    >>> [row["alarm"] for row in rows], rows[-1]["verdict"]
    ([False, True, True], 'entangled')
    """
    if not windows:
        return []
    rows, raised = [], False
    for number, window in enumerate(windows, start=1):
        row = _measured(window, monitor.significance / len(windows), score)
        alarm = not raised and row["chsh_high"] < monitor.required_chsh
        raised = raised or alarm
        rows.append({"window": number} | row | {"alarm": alarm})
    whole = {name: sum(window[name] for window in windows) for name in ("tests", "wins", "scored", "score_sum")}
    level = monitor.significance / (1 if score is None else 2)
    row = _measured(whole | {"end_s": windows[-1]["end_s"]}, level, score)
    shown = min(row["p_value"], row.get("score_p_value", 1.0)) <= level
    return [*rows, {"window": WHOLE} | row | {"alarm": raised, "verdict": ENTANGLED if shown else NOT_SHOWN}]


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
        notes.append(f"{place}: {_verdicts(runs, monitor)}")
        alarms = [row for row in own if row["alarm"] and row["window"] != WHOLE]
        if alarms:
            notes.append(f"{place}: {_alarms(alarms, len(runs), monitor, fault_s)}")
    return notes


def _verdicts(runs: Sequence[Row], monitor: Monitor) -> str:
    values = [row["chsh"] for row in runs if row["chsh"] is not None]
    value = f"mean CHSH value {sum(values) / len(values):.3f}" if values else "no test rounds"
    shown = sum(row["verdict"] == ENTANGLED for row in runs)
    level = f"at significance {monitor.significance:g}"
    if shown == 0:
        return f"impostors would do: no entanglement shown in {len(runs)} runs {level} ({value})"
    return f"entangled in {shown} of {len(runs)} runs {level} ({value})"


def _alarms(alarms: Sequence[Row], runs: int, monitor: Monitor, fault_s: float) -> str:
    first = min(alarms, key=lambda row: float(row["end_s"]))
    text = (
        f"source degraded: alarm in {len(alarms)} of {runs} runs, first at {first['end_s']:.4g} s "
        f"(CHSH value at most {first['chsh_high']:.2f}, required {monitor.required_chsh:.4g})"
    )
    if not math.isfinite(fault_s):
        return text
    late = [row["end_s"] - fault_s for row in alarms if row["end_s"] >= fault_s]
    early = len(alarms) - len(late)
    text += f"; {median(late):.4g} s after the fault (median)" if late else ""
    return text + (f"; {early} before the fault" if early else "")
