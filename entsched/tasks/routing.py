"""Tasks of one strategy: its exact figures, one replication of its simulation."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from entsched import queueing
from entsched.communication import Communication
from entsched.entanglement import Entanglement
from entsched.entanglement.use import use_law
from entsched.sim.task import Replication, figures_as_row
from entsched.strategies.base import ByPair, RoutingPlan, Scenario, StrategyClass
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import (
    Plan,
    blaming,
    by_pair_of,
    condition_tables,
    held_s,
    is_memoryless,
    memoryless_table,
)
from entsched.tasks.base import Row, Task
from entsched.validation import Probability
from entsched.workload import Baseline, Workload


class ExactTask(Task):
    """The exact wait and baseline rate of one strategy, from the formulas of queueing theory."""

    kind: Literal["exact"] = "exact"
    workload: Workload
    baseline: Baseline
    strategy: StrategyChoice
    splitting: Probability | None
    entanglement: Entanglement = Field(default_factory=Entanglement)
    communication: Communication = Field(default_factory=Communication)

    @property
    def label(self) -> str:
        """Strategy and splitting probability."""
        return f"{super().label} of {self.strategy.label}"

    def evaluate(self) -> Row:
        """Exact figures; they are absent where no formula covers the strategy's class or the supply of its pairs."""
        scenario = Scenario(self.workload, self.splitting, self.entanglement, self.communication, self.baseline)
        plan = self.strategy.compiled(scenario)
        row: Row = {"strategy": self.strategy.label, "splitting": self.splitting, "details": plan.details}
        if not is_memoryless(self.strategy.strategy, plan):
            return row
        by_pair = by_pair_of(plan)
        supplied = self._supplied(plan, by_pair) if by_pair else None
        if by_pair and supplied is None:
            return row
        table = supplied.table if supplied else memoryless_table(plan, self.workload, self.strategy.name)
        with blaming(self.strategy.label, "cannot be evaluated"):
            metrics = queueing.evaluate(self.workload, table, self.baseline)
        row |= {
            "mean_wait_s": metrics.mean_wait_s + held_s(plan),
            "split_fraction": metrics.split_fraction,
            "load_0": metrics.load[0],
            "load_1": metrics.load[1],
        }
        if supplied is None or supplied.splits_evenly:
            row["baseline_rate"] = metrics.baseline_rate
        return row | ({"bell_pair_share": supplied.share} if supplied else {})

    def _supplied(self, plan: Plan, by_pair: ByPair) -> queueing.Supplied | None:
        """The routing on average over the conditions of the pairs, if their law is known.

        The formulas of waits then hold for symmetric routing (docs/design.md).
        """
        law = use_law(self.entanglement, self.workload.arrival_rate_hz)
        symmetric = self.strategy.strategy.strategy_class is StrategyClass.SYMMETRIC
        if law is None or by_pair.faulty or not symmetric:
            return None
        tested = self.entanglement.monitor.test_fraction if self.entanglement.monitor else 0.0
        shares = (1 - tested) * law.shares(by_pair.ends_s)
        tables = condition_tables(plan, self.workload, self.strategy.name)
        return queueing.supplied(self.workload, tables, np.array([1 - shares.sum(), *shares]))


class SimulationTask(Task, Replication):
    """One replication of the model."""

    kind: Literal["simulation"] = "simulation"

    @property
    def group(self) -> str:
        """The strategy."""
        return self.strategy.label

    @property
    def label(self) -> str:
        """Strategy, splitting probability and replication."""
        return f"{super().label}, replication {self.replication}"

    def evaluate(self) -> Row:
        """The figures measured after the warm-up."""
        figures = self.simulate()
        used = {"bell_pair_share": figures.bell_pair_share, "mean_bell_age_s": figures.mean_bell_age_s}
        return {
            "strategy": self.strategy.label,
            "splitting": self.splitting,
            "replication": self.replication,
            "engine": self.engine,
            "settled": self.warm_up.settled,
            **figures_as_row(figures, self.tail_s),
            **(used if self.is_supplied else {}),
            **self._scoring(),
        }

    def _scoring(self) -> Row:
        """What a monitor compares the scores of the routing with, if it has any."""
        plan = self.strategy.compiled(self.scenario)
        if not isinstance(plan, RoutingPlan) or plan.score is None:
            return {}
        low, high = plan.score.ends
        bounds = {"least": low, "largest": high, "local_bound": plan.score.local_bound, "expected": plan.score.expected}
        return {"score": bounds}
