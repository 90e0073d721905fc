"""A strategy under test: its plans on one workload, and what its routers may see."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.entanglement import Entanglement
from entsched.errors import StrategyError
from entsched.sim.routers import Route, table_route
from entsched.strategies.base import BaseStrategy, CommunicatingStrategy, LocalView, RoutingPlan, Scenario
from entsched.strategies.compiling import Plan, blaming, compile_strategy
from entsched.testing.check import NotApplicableError
from entsched.workload import Workload
from entsched.workload.baseline import Affine

Floats = NDArray[np.float64]

#: A workload small enough that every deterministic pair of strategies can be listed.
TWO_TYPES = Workload(
    arrival_rate_hz=0.5,
    service={"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]},  # type: ignore[arg-type]
)

#: A workload with more types, for what a strategy does only with those.
THREE_TYPES = Workload(
    arrival_rate_hz=0.5,
    service={"law": "discrete", "values_s": [0.1, 0.9, 2.6], "probabilities": [0.5, 0.25, 0.25]},  # type: ignore[arg-type]
)

#: The baseline reward of all scenarios.
REWARD = Affine(law="affine", setup_s=1.0)

#: The splitting probabilities that are asked for, of strategies that use one.
SPLITTINGS = (0.0, 0.3, 0.5, 0.8, 1.0)

#: Clocks (s) and indices at which routers are asked, beside random ones.
MOMENTS = ((0.0, 0), (1.0, 1), (2.5, 2), (10.0, 3), (1234.5, 676), (1e6, 500_001))

#: Pairs along which routers with a memory are followed.
STEPS = 200


@dataclass(eq=False)
class Subject:
    """A strategy on a workload; plans are compiled once, and a failure to compile is remembered."""

    strategy: BaseStrategy
    workload: Workload
    splittings: tuple[float, ...] = SPLITTINGS

    def __post_init__(self) -> None:
        self._fails = ""
        self._supplied: dict[Entanglement, Plan | StrategyError] = {}

    @property
    def name(self) -> str:
        """What messages call the strategy: its name, or its class if it has none."""
        return str(getattr(self.strategy, "name", type(self.strategy).__name__))

    @property
    def title(self) -> str:
        """The subject of messages."""
        return f"strategy {self.name!r}"

    @property
    def scenarios(self) -> list[Scenario]:
        """What it is compiled for."""
        splittings = self.splittings if self.strategy.uses_splitting else (None,)
        return [Scenario(self.workload, splitting, baseline=REWARD) for splitting in splittings]

    def compiled(self, scenario: Scenario, strategy: BaseStrategy | None = None) -> Plan:
        """A fresh plan of the strategy, or of another instance of it, of a type that its base class allows."""
        chosen = strategy or self.strategy
        with blaming(self.name, "failed to compile"):
            plan: Plan = chosen.compile(scenario)  # type: ignore[attr-defined]
        if isinstance(plan, RoutingPlan) == isinstance(self.strategy, CommunicatingStrategy):
            raise StrategyError(
                f"{self.title} compiled to a {type(plan).__name__}, allowed: the plan of its base class"
            )
        return plan

    @cached_property
    def _plans(self) -> list[tuple[Scenario, Plan]]:
        self._fails = "it does not compile"
        found = [(scenario, self.compiled(scenario)) for scenario in self.scenarios]
        self._fails = ""
        return found

    def all_plans(self) -> list[tuple[Scenario, Plan]]:
        """Its plan for each scenario.

        Raises
        ------
        NotApplicableError
            If there is none.
        """
        if self._fails:
            raise NotApplicableError(self._fails)
        try:
            return self._plans
        except StrategyError as error:
            raise NotApplicableError(self._fails) from error

    def supplied(self, entanglement: Entanglement) -> tuple[Scenario, Plan]:
        """A scenario with other pairs, and the checked plan for it.

        Raises
        ------
        StrategyError
            If the strategy refuses them, or its plan is refused.
        """
        scenario = replace(self.scenarios[len(self.scenarios) // 2], entanglement=entanglement)
        if entanglement not in self._supplied:
            try:
                self._supplied[entanglement] = compile_strategy(self.strategy, scenario)
            except StrategyError as error:
                self._supplied[entanglement] = error
        found = self._supplied[entanglement]
        if isinstance(found, StrategyError):
            raise found
        return scenario, found

    def plans(self) -> list[RoutingPlan]:
        """Its plans, if its routers do not communicate.

        Raises
        ------
        NotApplicableError
            If they do, or there is none.
        """
        found = [plan for _, plan in self.all_plans() if isinstance(plan, RoutingPlan)]
        if not found:
            raise NotApplicableError("its routers communicate")
        return found

    def contexts(self, plan: RoutingPlan) -> list[Context]:
        """What may be around a decision: several moments, with the memories that a run leads to."""
        if plan.memory is None:
            rng = np.random.default_rng(0)
            soon = zip(rng.exponential(100.0, 10).tolist(), rng.integers(1000, size=10).tolist(), strict=True)
            late = zip(*(10 ** rng.uniform(0, 6, (2, 10))).tolist(), strict=True)
            moments = (*MOMENTS, *soon, *((time_s, int(index)) for time_s, index in late))
            return [Context(*moment, None, None) for moment in moments]
        rng = np.random.default_rng(1)
        types = rng.integers(len(self.workload.types), size=(2, STEPS))
        seen = play(plan, self.workload, types, rng.random((2, STEPS)))
        views = list(zip(seen.views_a, seen.views_b, strict=True))[:: STEPS // 20]
        return [Context(a.time_s, a.pair_index, a.memory, b.memory) for a, b in views]

    def views(self, plan: RoutingPlan) -> tuple[list[LocalView], list[LocalView]]:
        """Views of routers A and B: of all types in all contexts."""
        contexts = self.contexts(plan)
        of_a, of_b = ([view for each in contexts for view in each.views(self.workload)[router]] for router in (0, 1))
        return of_a, of_b


class Context(NamedTuple):
    """What is around a decision beside the requests: the clock in seconds, the pair's index, the memories."""

    time_s: float
    pair_index: int
    memory_a: Any
    memory_b: Any

    def views(self, workload: Workload) -> tuple[list[LocalView], list[LocalView]]:
        """The views of routers A and B, one for each type."""
        sizes = list(enumerate(workload.type_means_s.tolist()))
        of_a = [LocalView(s, x, self.time_s, self.pair_index, self.memory_a) for x, s in sizes]
        of_b = [LocalView(s, x, self.time_s, self.pair_index, self.memory_b) for x, s in sizes]
        return of_a, of_b


@dataclass(frozen=True)
class Played:
    """What two routers saw and did, pair by pair; the memories are copies."""

    views_a: list[LocalView]
    views_b: list[LocalView]
    servers: list[tuple[int, int]]


def play(plan: RoutingPlan, workload: Workload, types: NDArray[np.integer], coins: Floats) -> Played:
    """Follow two routers along a run, with an always fresh pair.

    Parameters
    ----------
    types, coins : of A and B, shape (2, pairs); coins in [0, 1)
    """
    route: Route = table_route(plan)
    sizes = workload.type_means_s.tolist()
    memories = [copy.deepcopy(memory.start) for memory in plan.memory] if plan.memory else [None, None]
    found = Played([], [], [])
    condition = 1 if plan.by_pair else 0
    for pair, (x, y, coin_a, coin_b) in enumerate(zip(*types.tolist(), *coins.tolist(), strict=True)):
        now_s = 2.0 * pair
        views = [LocalView(sizes[z], z, now_s, pair, memory) for z, memory in zip((x, y), memories, strict=True)]
        found.views_a.append(copy.deepcopy(views[0]))
        found.views_b.append(copy.deepcopy(views[1]))
        servers = route(views[0], views[1], condition, 0.0, coin_a, coin_b)
        found.servers.append(servers)
        if plan.memory:
            kept = zip(plan.memory, views, servers, strict=True)
            memories = [memory.after(view, server) for memory, view, server in kept]
    return found
