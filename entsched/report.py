"""From the rows of a run to its tables: curves, simulated points, advantages, readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from entsched import pareto, sweep
from entsched.config import Experiment
from entsched.queueing import symmetric_baseline_rate
from entsched.routing import classical_optimum, full_information_optimum, quantum_optimum, random_value
from entsched.sim.statistics import student_interval
from entsched.store import Store

Row = dict[str, Any]

#: Advantages below this fraction of the base wait are rounding, not advantages.
STRICT = 1e-9

#: Points are compared after rounding to this many decimals: equal points do not dominate each other.
ROUNDING_DIGITS = 9

#: The sets that bounds know, in the order of what they may use, with the ends that bound J.
SETS = {
    "random": ("random_s", "random_s"),
    "classical": ("classical_lower_s", "classical_upper_s"),
    "quantum": ("quantum_lower_s", "quantum_upper_s"),
    "full information": ("full_information_s", "full_information_s"),
}


@dataclass(frozen=True)
class Report:
    """All tables of one run; each is a list of rows ready for a CSV file.

    Attributes
    ----------
    bounds : for each p the excess wait J of every set, mean waits and the baseline rate
    strategies : for each strategy and p the exact figures, and the simulated ones with intervals
    fronts : for each strategy its points that no point of its class dominates, and its hypervolume
    qos : for each set the best baseline rate that keeps the promise, if one was asked for
    gains : for each cell of the map the largest certified relative gain
    """

    experiment: Experiment
    bounds: list[Row]
    strategies: list[Row]
    fronts: list[Row]
    qos: list[Row]
    gains: list[Row]


def build(experiment: Experiment, store: Store) -> Report:
    """The report of a run whose tasks are all in the store."""
    tasks = sweep.plan(experiment)
    rows = store.rows([task.key for task in tasks])
    bounds = [_bound_row(experiment, rows[task.key]) for task in tasks.bounds]
    exact = [rows[task.key] for task in tasks.exact]
    simulated = [rows[task.key] for task in tasks.simulations]
    strategies = _strategy_rows(experiment, exact, simulated)
    return Report(
        experiment=experiment,
        bounds=bounds,
        strategies=strategies,
        fronts=_front_rows(experiment, strategies),
        qos=_qos_rows(experiment),
        gains=[rows[task.key] for task in tasks.gains],
    )


def _bound_row(experiment: Experiment, row: Row) -> Row:
    base = experiment.workload.base_wait_s
    advantage = row["classical_lower_s"] - row["quantum_upper_s"]
    return row | {
        "base_wait_s": base,
        "baseline_rate": symmetric_baseline_rate(experiment.workload, row["splitting"], experiment.baseline),
        "advantage_s": advantage,
        "strict": advantage > STRICT * base,
    }


def _strategy_rows(experiment: Experiment, exact: list[Row], simulated: list[Row]) -> list[Row]:
    groups: dict[tuple[str, float | None], list[Row]] = {}
    for row in simulated:
        groups.setdefault((row["strategy"], row["splitting"]), []).append(row)
    tables = {(row["strategy"], row["splitting"]): _without_details(row) for row in exact}
    base = experiment.workload.base_wait_s
    for place in groups.keys() - tables.keys():
        tables[place] = {"strategy": place[0], "splitting": place[1]}
    for place, row in tables.items():
        if "mean_wait_s" in row:
            row["excess_wait_s"] = row["mean_wait_s"] - base
        row |= simulated_estimates(groups.get(place, []))
    return list(tables.values())


def _without_details(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "details"}


def simulated_estimates(replications: Sequence[Row]) -> Row:
    """Mean and 95 % interval (Student's t over replications) of what the replications measured."""
    estimates: Row = {}
    for name in ("mean_wait_s", "baseline_rate", "split_fraction") if replications else ():
        e = student_interval([row[name] for row in replications])
        estimates |= {f"sim_{name}": e.mean, f"sim_{name}_low": e.low, f"sim_{name}_high": e.high}
    return estimates


def _front_rows(experiment: Experiment, strategies: list[Row]) -> list[Row]:
    """For each strategy, how many of its points no point of its class dominates, and its hypervolume.

    The hypervolume is measured from the worst corner of all points: the lowest rate, the longest wait.
    """
    known = [row for row in strategies if "mean_wait_s" in row]
    if not known:
        return []
    classes = {choice.label: choice.strategy.strategy_class.value for choice in experiment.strategies}
    points = np.array([(row["baseline_rate"], row["mean_wait_s"]) for row in known]).round(ROUNDING_DIGITS)
    labels = np.array([row["strategy"] for row in known])
    class_of = np.array([classes[label] for label in labels])
    corner = (float(points[:, 0].min()), float(points[:, 1].max()))
    fronts = []
    for label in dict.fromkeys(labels.tolist()):
        rivals = class_of == classes[label]
        best = pareto.on_front(points[rivals, 0], points[rivals, 1])[labels[rivals] == label]
        own = points[labels == label]
        fronts.append(
            {
                "strategy": label,
                "class": classes[label],
                "points": len(best),
                "undominated_in_class": int(best.sum()),
                "hypervolume": pareto.hypervolume(own[:, 0], own[:, 1], corner),
            }
        )
    return fronts


def _qos_rows(experiment: Experiment) -> list[Row]:
    if experiment.qos is None:
        return []
    workload, limit = experiment.workload, experiment.qos.max_wait_s
    curves = {
        "random": lambda p: random_value(workload, p),
        "classical": lambda p: classical_optimum(workload, p).upper,
        "quantum": lambda p: quantum_optimum(workload, p).upper,
        "full information": lambda p: full_information_optimum(workload, p).upper,
    }
    rows = []
    for name, excess in curves.items():
        reading = pareto.qos(
            excess,
            lambda p: symmetric_baseline_rate(workload, p, experiment.baseline),
            limit - workload.base_wait_s,
        )
        rows.append(
            {
                "set": name,
                "max_wait_s": limit,
                "splitting": reading.splitting if reading else None,
                "baseline_rate": reading.baseline_rate if reading else None,
                "mean_wait_s": reading.mean_wait_s + workload.base_wait_s if reading else None,
            }
        )
    return rows


def largest_advantage(bounds: list[Row]) -> Row | None:
    """The row in which the certified advantage is largest, or None if there is no strict one."""
    strict = [row for row in bounds if row["strict"]]
    return max(strict, key=lambda row: float(row["advantage_s"])) if strict else None


def advantage_ranges(bounds: list[Row]) -> list[tuple[float, float]]:
    """The runs of neighbouring p, of those that were bounded, with a strict certified advantage."""
    ranges: list[tuple[float, float]] = []
    open_at: float | None = None
    last = 0.0
    for row in sorted(bounds, key=lambda row: float(row["splitting"])):
        if row["strict"] and open_at is None:
            open_at = row["splitting"]
        if not row["strict"] and open_at is not None:
            ranges.append((open_at, last))
            open_at = None
        last = row["splitting"]
    return ranges if open_at is None else [*ranges, (open_at, last)]
