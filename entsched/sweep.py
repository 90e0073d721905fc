"""From a study to its tasks: everything its experiments name, and what of it is missing in a store."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from entsched import MODEL_VERSION
from entsched.axes import Study
from entsched.config import Experiment, Simulation
from entsched.entanglement.pair import PairLaw
from entsched.envelope.places import Place, places
from entsched.plugins import Kinds
from entsched.sim.statistics import replications_needed
from entsched.store import Store
from entsched.strategies import registry
from entsched.strategies.base import Resource, StrategyClass
from entsched.strategies.choice import StrategyChoice
from entsched.tasks import BoundTask, CertificateTask, ExactTask, GainTask, Row, SimulationTask, StaticTask, Task
from entsched.workload import BaselineReward
from entsched.workload.service import ServiceLaw
from entsched.workload.trace import Trace

#: The figures whose intervals ``simulation.precision`` is about.
PRECISE = ("mean_wait_s", "baseline_rate")

#: The laws that other packages may add.
LAWS = (ServiceLaw.kinds, BaselineReward.kinds, PairLaw.kinds)

#: Up to this many tasks are looked up one by one before a run, to say exactly how many are missing.
MOST_COUNTED = 20_000


@dataclass(frozen=True)
class Plan:
    """All tasks of an experiment, by kind, in the order of their splitting probabilities.

    ``simulations`` holds the replications that are made in any case, point by point.
    """

    bounds: tuple[BoundTask, ...]
    exact: tuple[ExactTask, ...]
    simulations: tuple[tuple[SimulationTask, ...], ...]
    gains: tuple[GainTask, ...]
    certificates: tuple[CertificateTask, ...]
    static: tuple[StaticTask, ...]
    envelope: tuple[Place, ...]

    def __iter__(self) -> Iterator[Task]:
        replications = (task for point in self.simulations for task in point)
        known = (self.bounds, self.exact, self.gains, self.certificates, self.static, self.envelope_tasks)
        return chain(*known, replications)

    @property
    def envelope_tasks(self) -> tuple[Task, ...]:
        """The tasks of the envelope, without the places where hardware cannot deliver."""
        return tuple(place.task for place in self.envelope if place.task is not None)


def plan(experiment: Experiment) -> Plan:
    """Every task an experiment names.

    Examples
    --------
    >>> experiment = Experiment(name="one", splitting=[0.5], strategies=["random"],
    ...     workload={"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}},
    ...     baseline={"law": "power", "exponent": 2}, simulation={"replications": 3})
    >>> tasks = plan(experiment)
    >>> len(tasks.bounds), len(tasks.exact), [len(point) for point in tasks.simulations]
    (1, 1, [3])
    """
    workload, baseline = experiment.workload, experiment.baseline
    simulated = experiment.simulation.splitting if experiment.simulation else None
    points = sorted({*experiment.splitting, *(simulated or ())})
    gains: tuple[GainTask, ...] = ()
    if experiment.map is not None:
        gains = tuple(
            GainTask(workload=experiment.cell(load, scv), splittings=experiment.splitting, load=load, scv=scv)
            for load in experiment.map.load
            for scv in experiment.map.scv
        )
    return Plan(
        bounds=tuple(BoundTask(workload=workload, splitting=p, cross_check=True) for p in experiment.splitting),
        exact=tuple(
            ExactTask(
                workload=workload, baseline=baseline, strategy=choice, splitting=p, **_resources(experiment, choice)
            )
            for choice in experiment.strategies
            for p in (points if choice.strategy.uses_splitting else (None,))
        ),
        simulations=tuple(_points(experiment, experiment.simulation)) if experiment.simulation else (),
        gains=gains,
        certificates=tuple(
            CertificateTask(workload=workload, splitting=p)
            for p in experiment.splitting
            if experiment.certificates is not False and experiment.strategies and len(workload.types) > 1
        ),
        static=tuple(
            StaticTask(
                workload=workload,
                baseline=baseline,
                weight=weight,
                correlations=correlations,
                gap=experiment.static.gap,
                boxes=experiment.static.boxes,
            )
            for weight in experiment.static.weights
            for correlations in ("local", "quantum")
        )
        if experiment.static
        else (),
        envelope=envelope_places(experiment),
    )


def envelope_places(experiment: Experiment) -> tuple[Place, ...]:
    """The points of the envelope of an experiment; none if it has no such section."""
    return () if experiment.envelope is None else tuple(places(experiment.setting(experiment.envelope)))


def _resources(experiment: Experiment, choice: StrategyChoice) -> dict[str, Any]:
    """What a strategy uses of the resources of an experiment: a task of another one does not change with them."""
    strategy = choice.strategy
    used: dict[str, Any] = {}
    if strategy.resource is Resource.ENTANGLED:
        used["entanglement"] = experiment.entanglement.resolved
    if strategy.strategy_class is StrategyClass.COMMUNICATING:
        used["communication"] = experiment.communication
    return used


def _points(experiment: Experiment, simulation: Simulation) -> Iterator[tuple[SimulationTask, ...]]:
    """The first replications of every strategy at every splitting probability."""
    settings = simulation.run()
    splittings = simulation.splitting or experiment.splitting
    for choice in experiment.strategies:
        for p in splittings if choice.strategy.uses_splitting else (None,):
            first = SimulationTask(
                workload=experiment.workload,
                baseline=experiment.baseline,
                strategy=choice,
                splitting=p,
                replication=0,
                **_resources(experiment, choice),
                **settings,
            )
            yield tuple(_replication(first, number) for number in range(simulation.replications))


def _replication(task: SimulationTask, number: int) -> SimulationTask:
    return task.model_copy(update={"replication": number})


def replications(point: tuple[SimulationTask, ...], simulation: Simulation, store: Store) -> list[SimulationTask]:
    """The replications of one point, as many as the rows in the store call for.

    Without ``precision``, those of the plan. With it, the sequential rule: as many as are expected to
    reach it, at most twice as many as there are, until it is reached; the rule depends on nothing but
    the rows, so that a run that was interrupted makes the same replications.
    """
    tasks = list(point)
    if simulation.precision is None:
        return tasks
    rows: list[Row] = []
    while True:
        found = store.rows(task.key for task in tasks[len(rows) :])
        rows += [found[task.key] for task in tasks[len(rows) :] if task.key in found]
        if len(rows) < len(tasks):
            return tasks
        needed = max(replications_needed([row[name] for row in rows], simulation.precision) for name in PRECISE)
        most = min(max(needed, 2), 2 * len(rows), simulation.most_replications)
        if most <= len(rows):
            return tasks
        tasks += [_replication(tasks[0], number) for number in range(len(tasks), most)]


def is_sequential(study: Study) -> bool:
    """Whether what is to be done depends on what has come out."""
    simulation: dict[str, Any] = study.first.get("simulation") or {}
    return simulation.get("precision") is not None or any(axis.key.startswith("simulation") for axis in study.axes)


def missing(experiments: Iterable[Experiment], store: Store, passed: Iterable[str] = ()) -> Iterator[Task]:
    """The tasks whose rows are not in the store, each once; made as they are asked for.

    Parameters
    ----------
    passed : keys to pass over
    """
    met = store.keys().union(passed)
    for experiment in experiments:
        for task in _tasks(experiment, store):
            if task.key not in met:
                met.add(task.key)
                yield task


def _tasks(experiment: Experiment, store: Store) -> Iterator[Task]:
    tasks = plan(experiment)
    yield from tasks
    if experiment.simulation is not None and experiment.simulation.precision is not None:
        for point in tasks.simulations:
            yield from replications(point, experiment.simulation, store)[len(point) :]


def sizes(study: Study, store: Store, passed: Iterable[str] = ()) -> dict[str, int]:
    """How many tasks are missing in each group; for large studies, how many there are, those done included."""
    first = Counter(task.group for task in plan(next(study.experiments())))
    if first.total() * len(study) > MOST_COUNTED:
        return {group: count * len(study) for group, count in first.items()}
    return dict(Counter(task.group for task in missing(study.experiments(), store, passed)))


def _is_plugin(kinds: Kinds, name: str, text: str) -> bool:
    """Whether a plugin's name stands somewhere in a study: its version then counts."""
    return name not in kinds.built_in and name in text


def digest(study: Study, text: str) -> str:
    """What a study's rows depend on, in one number: its text, its traces and nodes, its plugins and the model.

    Parameters
    ----------
    text : the study as YAML, defaults included
    """
    swept = tuple(axis.key.partition(".")[0] for axis in study.axes)
    several = "strategies" in swept or ("workload" in swept and study.traces())
    cells = list(study.experiments()) if several else [next(study.experiments())]
    traces = sorted({e.workload.digest for e in cells if isinstance(e.workload.service, Trace)})
    origins = sorted({registry.origin(choice.name) for e in cells for choice in e.strategies})
    origins += sorted(kinds.origin(name) for kinds in LAWS for name in kinds.names() if _is_plugin(kinds, name, text))
    nodes = [Path(node).read_text(encoding="utf-8") for node in sorted(study.nodes())]
    return hashlib.sha256("\n".join((MODEL_VERSION, text, *traces, *nodes, *origins)).encode()).hexdigest()
