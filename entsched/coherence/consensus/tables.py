"""Tables of consensus: means over runs for each fault and level, what majorities explain, and safety against liars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

from entsched.coherence.consensus.majorities import majority_up, majority_within
from entsched.coherence.consensus.measures import PATIENCE_S
from entsched.sim.statistics import student_interval
from entsched.tasks import Row

LEVEL = 0.95

#: Runs from which there is an interval.
LEAST_RUNS = 3

#: Shares, whose intervals end at 0 and 1.
SHARES = ("served", "led", "reachable", "quorum", "disagreement")

#: Points of each line of a law.
POINTS = 61


def fault_rows(rows: Sequence[Row]) -> list[Row]:
    """Means with 95 % intervals over the runs of each cluster size, kind of fault and level.

    ``latency_s``, which a few long waits dominate, is the geometric mean of the runs' means. For crashes,
    ``majority_up`` and ``majority_within`` are the laws of independent nodes at an instant and within a second,
    ``surplus`` is what was served beyond the second one, and ``law_error`` how far a run-mean may stray from it by
    chance: one standard error, not less than the number of crashes allows.
    """
    found = []
    for place in dict.fromkeys((row["fault"], row["nodes"], row["level"]) for row in rows):
        own = [row for row in rows if (row["fault"], row["nodes"], row["level"]) == place]
        fault, nodes, level = place
        row = {"fault": fault, "nodes": nodes, "level": level, "runs": len(own)}
        row |= {name: sum(one[name] for one in own) for name in ("violations", "entries")}
        for name in SHARES:
            row |= _interval(name, own, True)
        found.append(row | _interval("messages", own, False) | _latency(own) | _law(row, own))
    return found


def law_rows(rows: Sequence[Row]) -> list[Row]:
    """The laws of majorities on a fine grid, for each cluster size that had crashes, up to its highest level."""
    crashed = [row for row in rows if row["fault"] == "down"]
    found = []
    for nodes, mean_down_s in dict.fromkeys((row["nodes"], row["mean_down_s"]) for row in crashed):
        highest = max(row["level"] for row in crashed if row["nodes"] == nodes)
        for level in np.linspace(0.0, highest, POINTS).tolist() if highest > 0 else []:
            found.append({"nodes": nodes, "level": level} | _majorities(nodes, level, mean_down_s))
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


def loss_rows(rows: Sequence[Row]) -> list[Row]:
    """Shares of the sets of so many lost nodes that are restored: by quantum codes, and by as many replicas."""
    return [
        {"code": row["code"], "n": row["n"], "lost": lost, "restored": 1 - share}
        | {"majority": float(2 * (row["n"] - lost) > row["n"])}
        for row in rows
        for lost, share in enumerate(row["lost_share"])
    ]


def _majorities(nodes: int, level: float, mean_down_s: float) -> Row:
    within = majority_within(nodes, level, mean_down_s, PATIENCE_S)
    return {"majority_up": majority_up(nodes, level), "majority_within": within}


def _law(row: Row, own: Sequence[Row]) -> Row:
    """What independent nodes explain, for crashes; None for other faults."""
    served = [one["served"] for one in own if one["served"] is not None]
    if row["fault"] != "down":
        names = ("majority_up", "majority_within", "surplus", "law_error")
        return dict.fromkeys(names)
    mean_s, duration_s = own[0]["mean_down_s"], own[0]["duration_s"]
    laws = _majorities(row["nodes"], row["level"], mean_s)
    law = laws["majority_within"]
    surplus = float(np.mean(served)) - law if served else None
    if len(served) < LEAST_RUNS:
        return laws | {"surplus": surplus, "law_error": None}
    chance = 2 * law * (1 - law) * mean_s * (1 - row["level"]) / (duration_s * len(served))
    error = max(float(np.std(served, ddof=1)) / len(served) ** 0.5, max(chance, 0.0) ** 0.5)
    return laws | {"surplus": surplus, "law_error": error}


def _latency(rows: Sequence[Row]) -> Row:
    """The geometric mean of the runs' latencies and its interval."""
    logarithms = [{"latency_s": float(np.log(row["latency_s"]))} for row in rows if row["latency_s"] is not None]
    found = _interval("latency_s", logarithms, False)
    return {name: None if value is None else float(np.exp(min(value, 700.0))) for name, value in found.items()}


def _interval(name: str, rows: Sequence[Row], is_share: bool) -> Row:
    """The mean over runs and its interval; no interval from fewer than three runs that measured it."""
    values = [row[name] for row in rows if row[name] is not None]
    if len(values) < LEAST_RUNS:
        return {name: float(np.mean(values)) if values else None, f"{name}_low": None, f"{name}_high": None}
    found = student_interval(values, LEVEL)
    ends = (max(0.0, found.low), min(1.0, found.high)) if is_share else (found.low, found.high)
    return {name: float(found.mean), f"{name}_low": float(ends[0]), f"{name}_high": float(ends[1])}
