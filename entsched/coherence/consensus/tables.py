"""Tables of consensus: means over runs for each fault and level, and safety against the number of liars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom, binomtest

from entsched.sim.statistics import student_interval
from entsched.tasks import Row

LEVEL = 0.95

#: Shares, whose intervals end at 0 and 1.
SHARES = ("served", "led", "reachable", "quorum", "disagreement")


def fault_rows(rows: Sequence[Row]) -> list[Row]:
    """Means with 95 % intervals over the runs of each cluster size, kind of fault and level.

    ``latency_s``, which a few long waits dominate, is the geometric mean of the runs' means; ``majority_up`` the
    binomial probability that a majority is up, for crashes; ``surplus`` what was served beyond what had a quorum within
    the patience of a command.
    """
    found = []
    for place in dict.fromkeys((row["fault"], row["nodes"], row["level"]) for row in rows):
        own = [row for row in rows if (row["fault"], row["nodes"], row["level"]) == place]
        fault, nodes, level = place
        row = {"fault": fault, "nodes": nodes, "level": level, "runs": len(own)}
        row |= {name: sum(one[name] for one in own) for name in ("violations", "entries")}
        for name in SHARES:
            row |= _interval(name, own, True)
        row |= _interval("messages", own, False) | _latency(own)
        paired = [{"surplus": one["served"] - one["reachable"]} for one in own if one["served"] is not None]
        row |= _interval("surplus", paired, False)
        up = float(binom.sf(nodes // 2, nodes, 1 - level))
        found.append(row | {"majority_up": up if fault == "down" else None})
    return found


def liar_rows(rows: Sequence[Row]) -> list[Row]:
    """Runs in which two honest nodes committed different blocks, for each behavior and number of liars.

    ``breaking`` is the number of liars in which two quorums may meet, so that counting does not exclude violations.
    """
    found = []
    for place in dict.fromkeys((row["nodes"], row["lies"], row["liars"]) for row in rows):
        own = [row for row in rows if (row["nodes"], row["lies"], row["liars"]) == place]
        broken = sum(row["violations"] > 0 for row in own)
        ends = binomtest(broken, len(own)).proportion_ci(LEVEL, method="exact")
        row = dict(zip(("nodes", "lies", "liars"), place, strict=True))
        row |= {"tolerated": own[0]["tolerated"], "breaking": own[0]["breaking"], "runs": len(own)}
        row |= {name: sum(one[name] for one in own) for name in ("violations", "entries")}
        row |= {"broken": broken / len(own), "broken_low": float(ends.low), "broken_high": float(ends.high)}
        found.append(row | _interval("served", own, True) | _latency(own))
    return found


def _latency(rows: Sequence[Row]) -> Row:
    """The geometric mean of the runs' latencies and its interval."""
    logarithms = [{"latency_s": float(np.log(row["latency_s"]))} for row in rows if row["latency_s"] is not None]
    found = _interval("latency_s", logarithms, False)
    return {name: None if value is None else float(np.exp(value)) for name, value in found.items()}


def _interval(name: str, rows: Sequence[Row], is_share: bool) -> Row:
    """The mean over runs and its interval; None where too few runs measured it."""
    values = [row[name] for row in rows if row[name] is not None]
    if len(values) < 2:
        return {name: values[0] if values else None, f"{name}_low": None, f"{name}_high": None}
    found = student_interval(values, LEVEL)
    ends = (max(0.0, found.low), min(1.0, found.high)) if is_share else (found.low, found.high)
    return {name: float(found.mean), f"{name}_low": float(ends[0]), f"{name}_high": float(ends[1])}
