"""What a routing strategy is: it compiles, once per scenario, to a plan the event loop follows.

A strategy never sees the run. Its plan holds two local question maps, one behavior and two local
answer maps, and the engines hand each router its own view and nothing of the other's. Code that shares
state behind their back is not prevented; :mod:`entsched.testing` looks for it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import Behavior, ConditionalTable
from entsched.communication import Communication
from entsched.entanglement import Entanglement
from entsched.validation import Section
from entsched.workload import BaselineReward, Workload


class StrategyClass(StrEnum):
    """What a strategy may depend on; a comparison is made inside one class."""

    SYMMETRIC = "symmetric"  # memoryless, and the same for both servers
    STATIC = "static"  # memoryless
    SCHEDULED = "scheduled"  # may use the shared pair index or clock
    ADAPTIVE = "adaptive"  # may use a router's own history
    COMMUNICATING = "communicating"  # may use the other router's request, or reports of the queues


class Resource(StrEnum):
    """What the routers share."""

    LOCAL = "local"
    ENTANGLED = "entangled"
    NO_SIGNALLING = "no-signalling"


class LocalView(NamedTuple):
    """All that one router knows when it decides.

    ``type_index`` and ``requirement_s`` (the type's mean, seconds) are of its own request;
    ``time_s`` is its clock and ``pair_index`` counts the pairs from 0. ``memory`` is what the router made of
    its own history; None if its plan keeps none.
    """

    requirement_s: float
    type_index: int
    time_s: float
    pair_index: int
    memory: Any = None


@dataclass(frozen=True)
class Scenario:
    """What a strategy is compiled for: the workload, the splitting probability asked for, the resources, the reward.

    ``splitting`` is None for strategies that declare ``uses_splitting = False``; ``baseline`` is None where only
    the routing of requests is asked for.
    """

    workload: Workload
    splitting: float | None
    entanglement: Entanglement = field(default_factory=Entanglement)
    communication: Communication = field(default_factory=Communication)
    baseline: BaselineReward | None = None

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


#: How full a server is: by the work in its queue, or by the customers in it.
Counted = Literal["work", "customers"]

#: The default question: the type of the router's own request.
own_type: Ask = attrgetter("type_index")


def as_server(output: int, view: LocalView) -> int:
    """The default answer: the output is the server."""
    return output


@dataclass(frozen=True, eq=False)
class Memory:
    """What one router keeps of its own history, for plans of the class ``adaptive``.

    Attributes
    ----------
    start : before the first pair; every run begins with a copy of its own
    after : from the view of a pair, with the memory before it, and the server that the router named, to the
        memory for the next pair
    """

    start: Any
    after: Callable[[LocalView, int], Any]


@dataclass(frozen=True, eq=False)
class ByPair:
    """What two routers do by the pair at hand: none, one of some age, or one of a faulty source.

    Both know from the herald that a pair is there and how old it is; what became of it they cannot know.

    Attributes
    ----------
    without : no pair is ready
    by_age : one behavior for each age class
    ends_s : the age at which each class ends, increasing, seconds
    faulty : one for each age class, of pairs that were made after ``fault_s``; empty without a fault
    sources : for runs that measure every pair, the physical source of each of ``conditions``
    tests : probability that a CHSH round is won, shape (conditions, 2, 2), by condition and settings; the row
        without a pair is not used; None without a monitor
    """

    without: Behavior
    by_age: tuple[Behavior, ...]
    ends_s: tuple[float, ...]
    faulty: tuple[Behavior, ...] = ()
    fault_s: float = math.inf
    sources: tuple[PairSource, ...] = ()
    tests: NDArray[np.float64] | None = None

    @property
    def conditions(self) -> tuple[Behavior, ...]:
        """All behaviors: without a pair, by age, and by age after the fault."""
        return (self.without, *self.by_age, *self.faulty)


@dataclass(frozen=True, eq=False)
class RoutingScore:
    """A Bell inequality in seconds that routing itself tests: the mean score of local routers is bounded from below.

    A request pair of types (x, y) scores ``cost[x, y]`` if it is coalesced, and ``multiplier`` if it is split.

    Attributes
    ----------
    cost : shape (types, types), the excess wait of coalescing, seconds
    multiplier : the price of splitting, seconds
    local_bound : the least mean score of routers with shared randomness only
    expected : the mean score of the strategy with the youngest pairs of a sound source
    """

    cost: NDArray[np.float64]
    multiplier: float
    local_bound: float
    expected: float

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the largest score of a request pair."""
        return min(float(self.cost.min()), self.multiplier), max(float(self.cost.max()), self.multiplier)


@dataclass(frozen=True, eq=False)
class RoutingPlan:
    """How two routers decide without communicating.

    Attributes
    ----------
    behavior : p[a, b, x, y], one question x for A and y for B; with a supply of pairs, that of a fresh one
    by_pair : for a supply that can run out, age or fail, what the routers do in each case
    ask : for each router, from its view to its question
    answer : for each router, from its output and view to a server, 0 or 1
    pairs : the physical source of the behavior, for runs that measure every pair
    takes_arrays : whether the maps also take views whose first four fields are arrays, and give arrays; a
        plan that looks at time or pair index, and keeps no memory, then runs hundreds of times faster
    details : what to show of the plan (angles, thresholds), as JSON data
    score : what a monitor finds in the routing itself, if anything
    memory : for each router, what it keeps of its own history; None if nothing
    """

    behavior: Behavior
    ask: tuple[Ask, Ask] = (own_type, own_type)
    answer: tuple[Answer, Answer] = (as_server, as_server)
    by_pair: ByPair | None = None
    pairs: PairSource | None = None
    takes_arrays: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    score: RoutingScore | None = None
    memory: tuple[Memory, Memory] | None = None

    @property
    def conditions(self) -> tuple[Behavior, ...]:
        """The behaviors among which the pair at hand chooses; one if it plays no part."""
        return (self.behavior,) if self.by_pair is None else self.by_pair.conditions

    @property
    def sources(self) -> tuple[PairSource, ...]:
        """What answers under each condition in runs that measure every pair; empty if nothing can."""
        if self.by_pair is not None:
            return self.by_pair.sources
        return () if self.pairs is None else (self.pairs,)


@dataclass(frozen=True, eq=False)
class JointPlan:
    """How two routers decide that tell each other their types, one latency later.

    ``table`` is p[server of A, server of B, type x, type y] and may signal; requests are held in
    the routers for ``latency_s`` seconds.
    """

    table: ConditionalTable
    latency_s: float
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class StalePlan:
    """How two routers decide that know how full each server was some time ago, and their own request.

    ``behavior`` is p[a, b, type x, type y] by shared randomness; output 0 is the server that was less full
    ``latency_s`` seconds ago, 1 the other. Where both were as full, a shared fair coin says which is which.

    Attributes
    ----------
    counts : how full a server is: the work in its queue, seconds, or the customers in it, the one in service included
    in_turn : whether the routers decide one after the other, the one whose request would go first in a shared
        server first, so that news without latency tell the second what the first did; else both have the same news
    held_s : how long requests are held in their routers before, seconds; the news are as old as ``latency_s`` then
    """

    behavior: Behavior
    latency_s: float
    details: dict[str, Any] = field(default_factory=dict)
    counts: Counted = "work"
    in_turn: bool = False
    held_s: float = 0.0


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
    """A strategy of routers that exchange their types first, or hear of the queues, with an explicit latency."""

    strategy_class: ClassVar[StrategyClass] = StrategyClass.COMMUNICATING
    resource: ClassVar[Resource] = Resource.LOCAL

    @abstractmethod
    def compile(self, scenario: Scenario) -> JointPlan | StalePlan:
        """The plan for one scenario; called once, must be deterministic."""
