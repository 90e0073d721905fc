"""From what routers would do with a pair in a given state to their plan for a supply of such pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import Behavior
from entsched.entanglement import Entanglement
from entsched.entanglement.readout import Readout
from entsched.errors import StrategyError
from entsched.strategies.base import ByPair, PairSource, Resource, RoutingPlan, Scenario

if TYPE_CHECKING:
    from entsched.quantum.bell import State
    from entsched.quantum.pairs import PairMixture


class Doing(Protocol):
    """What two routers do with a pair: a :class:`entsched.quantum.directions.Recipe`, or any other mixture."""

    def behavior(self, state: State, readout: Readout) -> Behavior:
        """P(a, b | x, y) on a state."""

    def source(self, state: State, readout: Readout) -> PairSource:
        """The pairs, for runs that measure every one of them."""


#: From the state that routers believe their pair to be in to what they do with it.
Choose = Callable[["State"], Doing]

#: From that state to what to show of it, as JSON data.
Describe = Callable[["State"], dict[str, Any]]


def entangled_plan(
    scenario: Scenario, choose: Choose, fallback: str | Behavior, describe: Describe | None = None
) -> RoutingPlan:
    """The plan of memoryless routers that measure the pairs of a scenario.

    They know the age of their pair, and not that its source has failed.

    Parameters
    ----------
    choose : what to do with a pair, given its state (a density matrix in qutip)
    fallback : the local strategy without a pair, by name, or its behavior
    describe : what to show of the youngest pairs

    Examples
    --------
    >>> import numpy as np
    >>> from entsched.entanglement import Entanglement
    >>> from entsched.quantum.directions import Directions, Recipe
    >>> from entsched.workload import Workload
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> along_x = np.array([[1.0, 0.0, 0.0]] * 2)
    >>> always_x = Recipe((1.0,), (Directions(along_x, along_x),))
    >>> stored = Entanglement(supply={"law": "poisson", "rate_hz": 9.0}, memory={"t2_s": 1.0, "age_classes": 4})
    >>> plan = entangled_plan(Scenario(two, 0.3, stored), lambda state: always_x, "random")
    >>> [round(float(behavior.coalescing[0, 0]), 3) for behavior in plan.by_pair.conditions]
    [0.7, 1.0, 0.978, 0.649, 0.502]
    """
    from entsched.quantum.stored import stored_state

    resource = scenario.entanglement
    ages = resource.age_classes
    states = [stored_state(resource, age_s) for _, age_s in ages]
    recipes = [choose(state) for state in states]
    readout = resource.readout
    details = describe(states[0]) if describe else {}
    behaviors = [recipe.behavior(state, readout) for recipe, state in zip(recipes, states, strict=True)]
    sources = [recipe.source(state, readout) for recipe, state in zip(recipes, states, strict=True)]
    without = local_behavior(scenario, fallback) if isinstance(fallback, str) else fallback
    if resource.is_always_the_same:
        return RoutingPlan(behaviors[0], pairs=sources[0], details=details)
    faulty = [] if resource.fault is None else [stored_state(resource, age_s, resource.fault.pair) for _, age_s in ages]
    failed = list(zip(recipes, faulty, strict=True)) if faulty else []
    by_pair = ByPair(
        without=without,
        by_age=tuple(behaviors),
        ends_s=tuple(end_s for end_s, _ in ages),
        faulty=tuple(recipe.behavior(state, readout) for recipe, state in failed),
        fault_s=resource.fault.at_s if resource.fault else float("inf"),
        tests=_tests(resource, [*states, *faulty]) if resource.monitor else None,
        sources=(
            local_source(without),
            *sources,
            *(recipe.source(state, readout) for recipe, state in failed),
        ),
    )
    return RoutingPlan(behaviors[0], by_pair=by_pair, details=details)


def _tests(resource: Entanglement, states: list[State]) -> NDArray[np.float64]:
    """How often test rounds are won without a pair (a row of zeros) and in each state, shape (1 + states, 2, 2)."""
    from entsched.quantum.chsh_round import chsh_settings, chsh_wins
    from entsched.quantum.stored import stored_state

    settings = chsh_settings(stored_state(resource, 0.0))
    return np.array([np.zeros((2, 2)), *(chsh_wins(settings, state, resource.readout) for state in states)])


def local_source(behavior: Behavior) -> PairMixture:
    """What answers without a pair, by shared randomness, in runs that measure every pair.

    Examples
    --------
    >>> local_source(Behavior.from_coalescing([[1.0]])).draw(0, 0, 0.5, (0.9, 0.1))
    (1, 1)
    """
    from entsched.quantum.pairs import PairMixture, SharedCoin

    return PairMixture((1.0,), (SharedCoin(behavior),))


def local_behavior(scenario: Scenario, name: str) -> Behavior:
    """The behavior of a local strategy that looks at types alone.

    Raises
    ------
    StrategyError
        If there is no such strategy.
    """
    from entsched.strategies import registry
    from entsched.strategies.compiling import MEMORYLESS, compile_strategy, memoryless_table

    strategy = registry.build(name, {})
    if strategy.resource is not Resource.LOCAL or strategy.strategy_class not in MEMORYLESS[:2]:
        raise StrategyError(f"fallback: given {name!r}, allowed: a strategy without entanglement or communication")
    plan = compile_strategy(strategy, Scenario(scenario.workload, scenario.splitting))
    return Behavior(memoryless_table(plan, scenario.workload, name).p)
