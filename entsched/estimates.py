"""From the rows of replications to estimates: means with intervals, controlled means, paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from entsched.sim.statistics import Estimate, student_interval
from entsched.sim.task import QUANTILE_COLUMNS
from entsched.sim.variance import paired

Row = dict[str, Any]

#: The figures of a run that are estimated, beside thresholds of the tail.
ESTIMATED = (
    "mean_wait_s",
    "mean_wait_controlled_s",
    "baseline_rate",
    "split_fraction",
    "wait_0_s",
    "wait_1_s",
    "baseline_rate_0",
    "baseline_rate_1",
    "share_0",
    *QUANTILE_COLUMNS,
    "bell_pair_share",
    "mean_bell_age_s",
)

#: What a single run knows of its own precision: the half widths by batch means.
HALF_WIDTHS = {"mean_wait_s": "mean_wait_half_width_s", "baseline_rate": "baseline_rate_half_width"}

#: The figures whose differences between strategies are reported.
COMPARED = ("mean_wait_s", "baseline_rate")


def estimates(replications: Sequence[Row]) -> Row:
    """Means and 95 % intervals of what the replications of one point measured.

    Over replications by Student's t, one value a run; of a single run by batch means, where it has
    them. ``sim_control_variance_reduction`` says how many times more runs the mean wait without control
    variates would need.
    """
    if not replications:
        return {}
    tails = tuple(name for name in replications[0] if name.startswith("wait_above_"))
    row: Row = {"sim_replications": len(replications)}
    for name in (*ESTIMATED, *tails):
        if any(one.get(name) is None for one in replications):
            continue
        e = _estimate(name, replications)
        row |= {f"sim_{name}": e.mean, f"sim_{name}_low": e.low, f"sim_{name}_high": e.high}
    row["sim_intervals"] = "replications" if len(replications) > 1 else "batch means"
    row["sim_settled"] = all(one["settled"] for one in replications)
    plain, reduced = (np.var([one[name] for one in replications]) for name in ("mean_wait_s", "mean_wait_controlled_s"))
    row["sim_control_variance_reduction"] = float(plain / reduced) if reduced > 0 else None
    return row


def _estimate(name: str, replications: Sequence[Row]) -> Estimate:
    if len(replications) == 1 and name in HALF_WIDTHS:
        mean, half = replications[0][name], replications[0][HALF_WIDTHS[name]]
        return Estimate(mean, mean - half, mean + half)
    return student_interval([row[name] for row in replications])


def differences(points: dict[tuple[str, float | None], list[Row]]) -> list[Row]:
    """For every two strategies at one splitting probability: their difference on the same customers.

    The interval is Student's t over the differences of equal replications. The variance reduction
    says how many times more runs on customers of their own would have been needed.
    """
    rows = []
    for (first, p), (second, q) in combinations(points, 2):
        if p != q:
            continue
        others = {row["replication"]: row for row in points[second, q]}
        runs = [(row, others[row["replication"]]) for row in points[first, p] if row["replication"] in others]
        if not runs:
            continue
        row: Row = {"strategy": first, "other": second, "splitting": p, "replications": len(runs)}
        for name in COMPARED:
            found = paired([one[name] for one, _ in runs], [other[name] for _, other in runs])
            e = found.difference
            row |= {f"{name}_difference": e.mean, f"{name}_low": e.low, f"{name}_high": e.high}
            row[f"{name}_variance_reduction"] = _finite(found.variance_reduction)
        rows.append(row)
    return rows


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
