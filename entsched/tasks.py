"""Tasks: everything an experiment computes, as data with an identity and a pure evaluation."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from entsched import MODEL_VERSION, queueing
from entsched.communication import Communication
from entsched.entanglement import Entanglement
from entsched.entanglement.use import use_law
from entsched.games import checker
from entsched.games.routing_certificate import routing_certificate
from entsched.games.split import mixtures, tsirelson
from entsched.routing import (
    classical_optimum,
    full_information_optimum,
    quantum_optimum,
    random_value,
    routing_game,
)
from entsched.sim.task import Replication, figures_as_row
from entsched.strategies import registry
from entsched.strategies.base import ByPair, JointPlan, RoutingPlan, Scenario, StrategyClass
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import Plan, blaming, by_pair_of, condition_tables, is_memoryless, memoryless_table
from entsched.validation import Probability, Section
from entsched.workload import Baseline, Workload

Row = dict[str, Any]

#: The most types for which bounds are also computed by the programs in cvxpy, for comparison.
MAX_CROSS_CHECKED = 8


class Task(Section, ABC):
    """One unit of work. Two tasks with the same content have the same key and the same row."""

    kind: str

    @cached_property
    def key(self) -> str:
        """SHA-256 of the content: model version, workload (traces by content), and all settings."""
        content = self.model_dump_json(exclude={"workload"})
        workload: Workload | None = getattr(self, "workload", None)
        parts = (MODEL_VERSION, workload.digest if workload else "", content, self.origin)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def origin(self) -> str:
        """Where the code behind the task comes from, beyond this package."""
        choice: StrategyChoice | None = getattr(self, "strategy", None)
        return registry.origin(choice.name) if choice else ""

    @property
    def group(self) -> str:
        """Tasks of one group take about as long, and progress together: a strategy's, or a kind's."""
        return self.kind

    @property
    def label(self) -> str:
        """The task in a few words, for people."""
        splitting = getattr(self, "splitting", None)
        return self.group if splitting is None else f"{self.group} at p = {splitting:g}"

    @abstractmethod
    def evaluate(self) -> Row:
        """Compute the row; a pure function of the task."""


class BoundTask(Task):
    """Both ends of the excess wait J of every set of strategies at one splitting probability.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> row = BoundTask(workload=two, splitting=0.25).evaluate()
    >>> round(row["classical_lower_s"], 6), round(row["quantum_upper_s"], 6)
    (0.58125, 0.488849)
    """

    kind: Literal["bound"] = "bound"
    workload: Workload
    splitting: Probability
    cross_check: bool = False

    def evaluate(self) -> Row:
        """J in seconds: ``random``, both ends for ``classical`` and ``quantum``, ``full_information``."""
        classical = classical_optimum(self.workload, self.splitting)
        quantum = quantum_optimum(self.workload, self.splitting)
        row = {
            "splitting": self.splitting,
            "random_s": random_value(self.workload, self.splitting),
            "classical_lower_s": classical.lower,
            "classical_upper_s": classical.upper,
            "classical_status": classical.status,
            "quantum_lower_s": quantum.lower,
            "quantum_upper_s": quantum.upper,
            "quantum_status": quantum.status,
            "full_information_s": full_information_optimum(self.workload, self.splitting).upper,
        }
        if self.cross_check and len(self.workload.types) <= MAX_CROSS_CHECKED:
            game = routing_game(self.workload)
            row["classical_lp_s"] = mixtures.solve(game, self.splitting)
            row["quantum_sdp_s"] = tsirelson.solve(game, self.splitting).objective
        return row


class CertificateTask(Task):
    """The certificate of the classical bound and the quantum optimum at one splitting probability, checked."""

    kind: Literal["certificate"] = "certificate"
    workload: Workload
    splitting: Probability

    def evaluate(self) -> Row:
        """The certificate, as the JSON document that ``entsched verify`` proves."""
        classical, quantum = (solve(self.workload, self.splitting) for solve in (classical_optimum, quantum_optimum))
        document = routing_certificate(self.workload, classical, quantum)
        checker.check(document)
        return document


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
        latency_s = plan.latency_s if isinstance(plan, JointPlan) else 0.0
        row |= {
            "mean_wait_s": metrics.mean_wait_s + latency_s,
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
            "engine": self.used_engine,
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


class GainTask(Task):
    """The largest certified relative gain in mean wait over a set of splitting probabilities."""

    kind: Literal["gain"] = "gain"
    workload: Workload
    splittings: Annotated[tuple[Probability, ...], Field(strict=False)]
    load: float
    scv: float

    def evaluate(self) -> Row:
        """(classical lower end - quantum upper end) / classical lower end of W, where it is largest."""
        base = self.workload.base_wait_s
        best: Row = {"load": self.load, "scv": self.scv, "relative_gain": 0.0, "splitting": None}
        for p in self.splittings:
            classical = base + classical_optimum(self.workload, p).lower
            gain = (classical - base - quantum_optimum(self.workload, p).upper) / classical
            if gain > best["relative_gain"]:
                best |= {"relative_gain": gain, "splitting": p}
        return best
