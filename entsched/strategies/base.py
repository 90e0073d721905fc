"""What a routing strategy is: it compiles, once per scenario, to a plan the event loop follows.

A strategy never sees the run. Its plan holds two local question maps, one behavior and two local
answer maps, so that routers which do not communicate cannot, by construction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple, Protocol

from entsched.behavior import Behavior, ConditionalTable
from entsched.validation import Section
from entsched.workload import Workload


class StrategyClass(StrEnum):
    """What a strategy may depend on; a comparison is made inside one class."""

    SYMMETRIC = "symmetric"  # memoryless, and the same for both servers
    STATIC = "static"  # memoryless
    SCHEDULED = "scheduled"  # may use the shared pair index or clock
    ADAPTIVE = "adaptive"  # may use a router's own history
    COMMUNICATING = "communicating"  # may use the other router's request


class Resource(StrEnum):
    """What the routers share."""

    LOCAL = "local"
    ENTANGLED = "entangled"
    NO_SIGNALLING = "no-signalling"


class LocalView(NamedTuple):
    """All that one router knows when it decides.

    ``type_index`` and ``requirement_s`` (the type's mean, seconds) are of its own request;
    ``time_s`` is its clock and ``pair_index`` counts the pairs from 0.
    """

    requirement_s: float
    type_index: int
    time_s: float
    pair_index: int


@dataclass(frozen=True)
class Scenario:
    """What a strategy is compiled for: the workload, and the splitting probability asked for.

    ``splitting`` is None for strategies that declare ``uses_splitting = False``.
    """

    workload: Workload
    splitting: float | None

    @property
    def target(self) -> float:
        """The splitting probability, for strategies that use it."""
        if self.splitting is None:
            raise ValueError("this strategy needs a splitting probability")
        return self.splitting


class PairSource(Protocol):
    """Something that answers two questions by measuring a fresh pair."""

    def draw(self, x: int, y: int, shared: float, draws: tuple[float, float]) -> tuple[int, int]:
        """Answers (a, b), from a shared random number and one for each party, all in [0, 1)."""


Ask = Callable[[LocalView], int]
Answer = Callable[[int, LocalView], int]


#: The default question: the type of the router's own request.
own_type: Ask = attrgetter("type_index")


def as_server(output: int, view: LocalView) -> int:
    """The default answer: the output is the server."""
    return output


@dataclass(frozen=True, eq=False)
class RoutingPlan:
    """How two routers decide without communicating.

    Attributes
    ----------
    behavior : p[a, b, x, y], one question x for A and y for B
    ask : for each router, from its view to its question
    answer : for each router, from its output and view to a server, 0 or 1
    pairs : the physical source of the behavior, for runs that measure every pair
    takes_arrays : whether the maps also take views whose four fields are arrays, and give arrays; a
        plan that looks at time or pair index then runs hundreds of times faster
    details : what to show of the plan (angles, thresholds), as JSON data
    """

    behavior: Behavior
    ask: tuple[Ask, Ask] = (own_type, own_type)
    answer: tuple[Answer, Answer] = (as_server, as_server)
    pairs: PairSource | None = None
    takes_arrays: bool = False
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class JointPlan:
    """How two routers decide that tell each other their types, one latency later.

    ``table`` is p[server of A, server of B, type x, type y] and may signal; requests are held in
    the routers for ``latency_s`` seconds.
    """

    table: ConditionalTable
    latency_s: float
    details: dict[str, Any] = field(default_factory=dict)


class BaseStrategy(Section, ABC):
    """What all strategies declare. Parameters are pydantic fields and appear in configurations."""

    name: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str] = ""
    strategy_class: ClassVar[StrategyClass]
    resource: ClassVar[Resource]
    uses_splitting: ClassVar[bool] = True


class Strategy(BaseStrategy):
    """A strategy of routers that do not communicate. Subclass it, declare, and compile.

    Examples
    --------
    >>> import numpy as np
    >>> class Fair(Strategy):
    ...     name, summary = "fair", "Two independent fair coins."
    ...     strategy_class, resource = StrategyClass.SYMMETRIC, Resource.LOCAL
    ...     uses_splitting = False
    ...     def compile(self, scenario):
    ...         n = len(scenario.workload.types)
    ...         return RoutingPlan(Behavior.from_coalescing(np.full((n, n), 0.5)))
    >>> Fair().uses_splitting
    False
    """

    @abstractmethod
    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan for one scenario; called once, must be deterministic."""


class CommunicatingStrategy(BaseStrategy):
    """A strategy of routers that exchange their types first, with an explicit latency."""

    strategy_class: ClassVar[StrategyClass] = StrategyClass.COMMUNICATING
    resource: ClassVar[Resource] = Resource.LOCAL

    @abstractmethod
    def compile(self, scenario: Scenario) -> JointPlan:
        """The plan for one scenario; called once, must be deterministic."""
