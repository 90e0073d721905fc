"""The points of a tournament: where each strategy ends up at each splitting probability, exact where formulas know."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from entsched import queueing
from entsched.config import Experiment
from entsched.errors import EntschedError, is_overload
from entsched.sim.statistics import Estimate, student_interval
from entsched.store import Failure, Store
from entsched.strategies.base import Resource, Scenario, StrategyClass
from entsched.strategies.compiling import held_s, is_memoryless, memoryless_table
from entsched.sweep import plan, replications
from entsched.tasks import ExactTask, Row, SimulationTask
from entsched.workload.baseline import Linear


class State(StrEnum):
    """What came of a point."""

    RANKED = "ranked"
    UNBOUNDED = "unbounded"  # a server is never used, and the reward outgrows every line
    UNSTABLE = "unstable"  # a server has load 1 or more
    FAILED = "failed"


@dataclass(frozen=True)
class Point:
    """One strategy at one splitting probability.

    Attributes
    ----------
    splitting : p as it was asked for; None for strategies that have their own
    split_fraction : how many pairs were split; nan if nothing was simulated
    exact : R and W from the formulas, R infinite if unbounded; None where none gives both
    runs : R (output per second) and W (seconds) of each replication, by its number
    reason : why the point is not ranked; empty if it is
    """

    strategy: str
    splitting: float | None
    strategy_class: StrategyClass
    resource: Resource
    state: State
    split_fraction: float
    exact: tuple[float, float] | None
    runs: dict[int, tuple[float, float]]
    reason: str = ""

    @property
    def label(self) -> str:
        """The strategy and p, for people."""
        return self.strategy if self.splitting is None else f"{self.strategy} at p = {self.splitting:g}"

    @property
    def is_ranked(self) -> bool:
        """Whether the point can be compared with others."""
        return self.state in (State.RANKED, State.UNBOUNDED)

    @property
    def place(self) -> tuple[float, float]:
        """R and W: exact if known, else simulated means."""
        return self.exact or (self.simulated[0].mean, self.simulated[1].mean)

    @cached_property
    def simulated(self) -> tuple[Estimate, Estimate]:
        """R and W with 95 % intervals over replications; those of R are infinite if unbounded."""
        rates, waits = zip(*self.runs.values(), strict=True)
        if self.state is State.UNBOUNDED:
            return Estimate(math.inf, math.inf, math.inf), student_interval(waits)
        return student_interval(rates), student_interval(waits)


def places(experiment: Experiment, failed: Mapping[str, Failure]) -> list[tuple[ExactTask, tuple[SimulationTask, ...]]]:
    """The exact task and the first replications of every point that is simulated.

    Parameters
    ----------
    failed : exact tasks that failed, by key; points that cannot be ranked are not simulated
    """
    tasks = plan(experiment)
    exact = {(task.strategy.label, task.splitting): task for task in tasks.exact}
    found = [(exact[point[0].strategy.label, point[0].splitting], point) for point in tasks.simulations]
    return [(task, point if _is_playable(task, failed) else ()) for task, point in found]


def _is_playable(task: ExactTask, failed: Mapping[str, Failure]) -> bool:
    return task.key not in failed or diagnosed(task, failed[task.key].error)[0] is State.UNBOUNDED


def diagnosed(task: ExactTask, error: str) -> tuple[State, float]:
    """Why exact figures failed, and the exact W (seconds) if only the reward is unbounded, else nan.

    Parameters
    ----------
    error : what the task failed with; one whose worker died is not tried again
    """
    if not error.startswith("StrategyError"):
        return State.FAILED, math.nan
    strategy = task.strategy.strategy
    try:
        plan = task.strategy.compiled(
            Scenario(task.workload, task.splitting, task.entanglement, task.communication, task.baseline)
        )
        if not is_memoryless(strategy, plan):
            return State.FAILED, math.nan
        table = memoryless_table(plan, task.workload, strategy.name)
        metrics = queueing.evaluate(task.workload, table, Linear(law="linear"))
    except EntschedError as error_of_figures:
        return State.UNSTABLE if is_overload(error_of_figures) else State.FAILED, math.nan
    unbounded = math.isinf(task.baseline.endless_rate) and 0.0 in metrics.batch_rate_hz
    return (State.UNBOUNDED, metrics.mean_wait_s + held_s(plan)) if unbounded else (State.FAILED, math.nan)


def build(experiment: Experiment, store: Store, failed: Mapping[str, Failure]) -> list[Point]:
    """Every point that was to be simulated, from the rows in the store.

    Parameters
    ----------
    failed : the tasks that failed, by key
    """
    simulation = experiment.simulation
    found = []
    for exact, first in places(experiment, failed):
        tasks = replications(first, simulation, store) if first and simulation else []
        rows = store.rows([exact.key, *(task.key for task in tasks)])
        runs = [rows[task.key] for task in tasks if task.key in rows]
        errors = [failed[key].error for key in (exact.key, *(task.key for task in tasks)) if key in failed]
        found.append(_point(exact, rows.get(exact.key), runs, errors))
    return found


def _point(task: ExactTask, exact: Row | None, runs: list[Row], errors: list[str]) -> Point:
    strategy = task.strategy.strategy
    state, known = _state(task, exact, runs, errors)
    if state in (State.UNSTABLE, State.FAILED):
        runs, known = [], None
    return Point(
        strategy=task.strategy.label,
        splitting=task.splitting,
        strategy_class=strategy.strategy_class,
        resource=strategy.resource,
        state=state,
        split_fraction=sum(row["split_fraction"] for row in runs) / len(runs) if runs else math.nan,
        exact=known,
        runs={row["replication"]: (row["baseline_rate"], row["mean_wait_s"]) for row in runs},
        reason=errors[0] if errors and state in (State.UNSTABLE, State.FAILED) else "",
    )


def _state(
    task: ExactTask, exact: Row | None, runs: list[Row], errors: list[str]
) -> tuple[State, tuple[float, float] | None]:
    """What came of a point, and its exact R and W where both are known."""
    if exact is None:
        state, wait_s = diagnosed(task, errors[0]) if errors else (State.FAILED, math.nan)
        if state is not State.UNBOUNDED or not runs:
            return (State.FAILED if state is State.UNBOUNDED else state), None
        return state, (math.inf, wait_s)
    if not runs:
        return State.FAILED, None
    if math.isinf(task.baseline.endless_rate) and all(row["share_0"] in (0.0, 1.0) for row in runs):
        return State.UNBOUNDED, None
    if "mean_wait_s" in exact and "baseline_rate" in exact:
        return State.RANKED, (exact["baseline_rate"], exact["mean_wait_s"])
    return State.RANKED, None
