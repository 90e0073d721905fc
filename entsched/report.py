"""From the rows of a run to its tables: curves, simulated points, advantages, readings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from entsched import pareto, sweep
from entsched.config import Experiment
from entsched.entanglement import Entanglement
from entsched.entanglement.use import use_law
from entsched.envelope.advantage import STRICT
from entsched.envelope.tables import tables as envelope_tables
from entsched.estimates import COMPARED, differences, estimates
from entsched.queueing import symmetric_baseline_rate
from entsched.routing import classical_optimum, full_information_optimum, quantum_optimum, random_value
from entsched.sim.monitoring import monitor_notes, monitor_rows
from entsched.sim.statistics import student_interval
from entsched.static.table import comparison_rows
from entsched.store import Store
from entsched.strategies.base import Resource, StrategyClass
from entsched.tasks import SimulationTask

Row = dict[str, Any]

#: A strategy's label and its splitting probability.
Point = tuple[str, float | None]

#: Points are compared after rounding to this many decimals: equal points do not dominate each other.
ROUNDING_DIGITS = 9

#: The sets that bounds know, in the order of what they may use, with the ends that bound J.
SETS = {
    "random": ("random_s", "random_s"),
    "classical": ("classical_lower_s", "classical_upper_s"),
    "quantum": ("quantum_lower_s", "quantum_upper_s"),
    "full information": ("full_information_s", "full_information_s"),
}

#: What the name of the set "quantum" ends with where the pairs of an experiment are not perfect.
OF_PERFECT = ", perfect pairs"

#: The tables of a report that are written as CSV files.
TABLES = ("bounds", "strategies", "fronts", "differences", "qos", "gains", "static", "monitor")


@dataclass(frozen=True)
class Report:
    """All tables of one run; each is a list of rows ready for a CSV file.

    Attributes
    ----------
    bounds : for each p the excess wait J of every set, mean waits and the baseline rate
    strategies : for each strategy and p the exact figures, and the simulated ones with intervals
    fronts : for each strategy its points that no point of its class dominates, and its hypervolume
    differences : for every two strategies at one p, their paired differences on the same customers
    qos : for each set the best baseline rate that keeps the promise, if one was asked for
    gains : for each cell of the map the largest certified relative gain
    envelope : the tables of the envelope by name, those that its grids ask for
    static : for each weight both ends of the best static routing, with and without entanglement
    monitor : for each run with a Bell test, what each window and the whole run show
    notes : what a reader of the tables should know
    """

    experiment: Experiment
    bounds: list[Row]
    strategies: list[Row]
    fronts: list[Row]
    differences: list[Row]
    qos: list[Row]
    gains: list[Row]
    static: list[Row]
    monitor: list[Row]
    envelope: dict[str, list[Row]]
    notes: list[str]

    @property
    def perfect_pairs(self) -> bool:
        """Whether the pairs of the experiment are perfect and on demand, as those of the set "quantum" are."""
        return has_perfect_pairs(self.experiment)


def has_perfect_pairs(experiment: Experiment) -> bool:
    """Whether the pairs of an experiment are perfect and on demand."""
    return experiment.entanglement.resolved == Entanglement()


def set_name(name: str, perfect_pairs: bool) -> str:
    """What tables call a set of ``SETS`` beside pairs that are perfect or not.

    Examples
    --------
    >>> set_name("quantum", True), set_name("quantum", False), set_name("classical", False)
    ('quantum', 'quantum, perfect pairs', 'classical')
    """
    return name if perfect_pairs or name != "quantum" else f"{name}{OF_PERFECT}"


def build(experiment: Experiment, store: Store) -> Report:
    """The report of an experiment from the rows that are in the store; those that failed are left out."""
    tasks = sweep.plan(experiment)
    simulation = experiment.simulation
    points = [sweep.replications(point, simulation, store) for point in tasks.simulations] if simulation else []
    wanted = [task for point in points for task in point]
    rows = store.rows(task.key for task in (*tasks.bounds, *tasks.exact, *tasks.gains, *tasks.static, *wanted))
    simulated = [task for task in wanted if task.key in rows]
    groups = {
        (point[0].strategy.label, point[0].splitting): [rows[task.key] for task in point if task.key in rows]
        for point in points
    }
    strategies = _strategy_rows(experiment, [rows[task.key] for task in tasks.exact if task.key in rows], groups)
    monitored, monitor_said = _monitored(experiment, groups)
    return Report(
        experiment=experiment,
        bounds=[_bound_row(experiment, rows[task.key]) for task in tasks.bounds if task.key in rows],
        strategies=strategies,
        fronts=_front_rows(experiment, strategies),
        differences=differences(groups),
        qos=_qos_rows(experiment),
        gains=[rows[task.key] for task in tasks.gains if task.key in rows],
        static=comparison_rows(rows[task.key] for task in tasks.static if task.key in rows),
        monitor=monitored,
        envelope=envelope(experiment, store),
        notes=_notes(simulated, groups, simulation.precision if simulation else None)
        + _unknown_law(experiment, strategies)
        + monitor_said,
    )


def _monitored(experiment: Experiment, groups: dict[Point, list[Row]]) -> tuple[list[Row], list[str]]:
    """What a monitor found, as a table and in words."""
    resource = experiment.entanglement.resolved
    if resource.monitor is None:
        return [], []
    rows = monitor_rows(groups, resource.monitor)
    return rows, monitor_notes(rows, resource.monitor, resource.fault.at_s if resource.fault else math.inf)


def envelope(experiment: Experiment, store: Store) -> dict[str, list[Row]]:
    """The tables of the envelope of an experiment; none if it has no such section."""
    if experiment.envelope is None:
        return {}
    points = sweep.envelope_places(experiment)
    rows = store.rows(place.task.key for place in points if place.task is not None)
    return envelope_tables(experiment.setting(experiment.envelope), points, rows)


def _notes(simulated: list[SimulationTask], groups: dict[Point, list[Row]], precision: float | None) -> list[str]:
    """What is slow, and what was not reached."""
    notes = []
    for task in {task.strategy: task for task in simulated}.values():
        name = task.strategy.label
        if task.engine == "fast" and task.could_take_arrays:
            notes.append(
                f"{name} is asked pair by pair in Python; maps that take arrays run far faster (docs/plugins.md)"
            )
    unsettled = sum(not row["settled"] for rows in groups.values() for row in rows)
    if unsettled:
        notes.append(f"{unsettled} replications found no steady state in their first half: simulate more pairs")
    for (name, p), rows in groups.items() if precision else ():
        widest = max((_relative_half_width([row[figure] for row in rows]) for figure in COMPARED if rows), default=0.0)
        if precision and widest > precision:
            notes.append(
                f"{name} at p = {p}: precision {widest:.2g} after {len(rows)} replications, asked for {precision:g}"
            )
    return notes


def _unknown_law(experiment: Experiment, strategies: list[Row]) -> list[str]:
    """Which entangled strategies have no exact figures because no law of their supply is known, in one note."""
    if use_law(experiment.entanglement.resolved, experiment.workload.arrival_rate_hz) is not None:
        return []
    covered = {row["strategy"]: "mean_wait_s" in row for row in strategies}
    names = [
        choice.label
        for choice in experiment.strategies
        if choice.strategy.resource is Resource.ENTANGLED
        and choice.strategy.strategy_class is StrategyClass.SYMMETRIC
        and covered.get(choice.label) is False
    ]
    reason = "no exact law for this supply (several slots with attempts or a cut-off): only simulated"
    return [f"{', '.join(names)}: {reason}"] if names else []


def _relative_half_width(values: Sequence[float]) -> float:
    e = student_interval(values)
    return e.half_width / abs(e.mean) if e.mean else 0.0


def _bound_row(experiment: Experiment, row: Row) -> Row:
    base = experiment.workload.base_wait_s
    advantage = row["classical_lower_s"] - row["quantum_upper_s"]
    return row | {
        "base_wait_s": base,
        "baseline_rate": symmetric_baseline_rate(experiment.workload, row["splitting"], experiment.baseline),
        "advantage_s": advantage,
        "strict": advantage > STRICT * base,
    }


def _strategy_rows(experiment: Experiment, exact: list[Row], groups: dict[Point, list[Row]]) -> list[Row]:
    tables = {(row["strategy"], row["splitting"]): _without_details(row) for row in exact}
    base = experiment.workload.base_wait_s
    for place in groups.keys() - tables.keys():
        tables[place] = {"strategy": place[0], "splitting": place[1]}
    for place, row in tables.items():
        if "mean_wait_s" in row:
            row["excess_wait_s"] = row["mean_wait_s"] - base
        row |= estimates(groups.get(place, []))
    return list(tables.values())


def _without_details(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "details"}


def _front_rows(experiment: Experiment, strategies: list[Row]) -> list[Row]:
    """For each strategy, how many of its points no point of its class dominates, and its hypervolume.

    The hypervolume is measured from the worst corner of all points: the lowest rate, the longest wait.
    """
    known = [row for row in strategies if "mean_wait_s" in row and "baseline_rate" in row]
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
                "set": set_name(name, has_perfect_pairs(experiment)),
                "max_wait_s": limit,
                "splitting": reading.splitting if reading else None,
                "baseline_rate": reading.baseline_rate if reading else None,
                "mean_wait_s": reading.mean_wait_s + workload.base_wait_s if reading else None,
            }
        )
    return rows


def plotted(row: Row) -> Row:
    """What figures of a sweep show of a strategy's row."""
    return {name: row[name] for name in PLOTTED if name in row}


#: The columns of ``plotted``: exact figures, and simulated ones with their intervals.
PLOTTED = (
    "strategy",
    "splitting",
    *(
        f"{start}{name}{end}"
        for name in COMPARED
        for start, end in (("", ""), ("sim_", ""), ("sim_", "_low"), ("sim_", "_high"))
    ),
)
