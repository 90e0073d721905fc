"""Whole runs of a strategy: both engines agree, and what routers remember is their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from entsched.entanglement import Entanglement
from entsched.errors import StrategyError
from entsched.sim.record import COLUMNS
from entsched.sim.task import Engine, Replication
from entsched.strategies.base import Resource, Scenario
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import Plan, compile_strategy
from entsched.testing.check import NotApplicableError
from entsched.testing.sharing import require_memory_unchanged
from entsched.testing.subject import Subject, play

#: Pairs of requests of one run in each engine.
PAIRS = 2_000

#: A supply that runs out: fewer pairs than requests, which age.
SCARCE = Entanglement(
    supply={"law": "poisson", "rate_hz": 0.3},  # type: ignore[arg-type]
    memory={"t2_s": 5.0, "age_classes": 4},  # type: ignore[arg-type]
)


class _Given(StrategyChoice):
    """A strategy and its plan in place of a name: it need not be registered."""

    @classmethod
    def of(cls, subject: Subject, plan: Plan) -> _Given:
        """The choice of a subject, whatever its name; the plan is for every scenario that is asked for."""
        given = cls.model_construct(name=subject.name, parameters={})
        given.__dict__.update(strategy=subject.strategy, plan=plan)
        return given

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def compiled(self, scenario: Scenario) -> Plan:
        return self.__dict__["plan"]


def require_engines(subject: Subject) -> None:
    """Both engines have the same splits, waits and baseline outputs on the same customers."""
    subject.all_plans()
    for scenario in subject.scenarios[1:2] or subject.scenarios:
        _compare(subject, scenario, compile_strategy(subject.strategy, scenario))


def require_engines_with_supply(subject: Subject) -> None:
    """So they do where pairs run out and age."""
    if subject.strategy.resource is not Resource.ENTANGLED:
        raise NotApplicableError(f"it declares the resource {subject.strategy.resource}")
    subject.all_plans()
    try:
        scenario, plan = subject.supplied(SCARCE)
    except StrategyError as error:
        raise NotApplicableError(str(error)) from error
    _compare(subject, scenario, plan)


def _compare(subject: Subject, scenario: Scenario, plan: Plan) -> None:
    settings: dict[str, Any] = {
        "workload": scenario.workload,
        "baseline": scenario.baseline,
        "strategy": _Given.of(subject, plan),
        "splitting": scenario.splitting,
        "entanglement": scenario.entanglement,
        "pairs": PAIRS,
        "replication": 0,
    }
    engines: tuple[Engine, Engine] = ("fast", "simpy")
    fast, simpy = (Replication.model_construct(**settings, engine=engine).record(0.0).sums for engine in engines)
    apart = ~np.isclose(fast, simpy, rtol=1e-9, atol=1e-9).all(axis=0)
    if apart.any():
        columns = ", ".join(np.array(COLUMNS)[apart].tolist())
        raise StrategyError(
            f"{subject.title}: the two engines disagree on the same customers ({columns}): it is not a function of "
            "views and memories"
        )


def require_own_memory(subject: Subject) -> None:
    """No memory changes in place, A's servers do not depend on B's requests, and a second run is the same."""
    plans = [plan for plan in subject.plans() if plan.memory is not None]
    if not plans:
        raise NotApplicableError("it keeps no memory")
    rng = np.random.default_rng(5)
    types = rng.integers(len(subject.workload.types), size=(3, 200))
    coins = rng.random((3, 200))
    runs = ((0, 1), (0, 1), (0, 2))
    for plan in plans:
        require_memory_unchanged(subject, plan, types[:2], coins[:2])
        first, again, other = (play(plan, subject.workload, types[[a, b]], coins[[a, b]]).servers for a, b in runs)
        if first != again:
            raise StrategyError(f"{subject.title} decides otherwise in a second run: its memory does not start afresh")
        if [a for a, _ in first] != [a for a, _ in other]:
            raise StrategyError(f"{subject.title}: router A's servers depend on router B's requests along a run")
