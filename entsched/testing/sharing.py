"""Routers that share state behind their views: what one decides, followed while the other's requests change."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.errors import StrategyError
from entsched.strategies.base import LocalView, Memory, RoutingPlan
from entsched.strategies.compiling import blaming
from entsched.testing.maps import ROUTERS, random_views
from entsched.testing.subject import STEPS, Subject, play

Integers = NDArray[np.integer]


class Given(NamedTuple):
    """What two routers meet along a run: types and outputs, shape (2, pairs)."""

    types: Integers
    outputs: Integers


def require_nothing_shared(subject: Subject) -> None:
    """A router's questions, servers and memory are the same whatever the other router meets and draws."""
    for plan in subject.plans():
        for router in (0, 1):
            _require_alone(subject, plan, router)
            if plan.takes_arrays and plan.memory is None:
                _require_alone_in_arrays(subject, plan, router)


def _require_alone(subject: Subject, plan: RoutingPlan, router: int) -> None:
    rng = np.random.default_rng(6)
    given = _drawn(subject, plan, rng)
    seen = _followed(subject, plan, given)[router]
    for _ in range(2):
        if _followed(subject, plan, _varied(given, _drawn(subject, plan, rng), router))[router] != seen:
            raise _shares(subject, router)


def _require_alone_in_arrays(subject: Subject, plan: RoutingPlan, router: int) -> None:
    rng = np.random.default_rng(7)
    _, types, times_s, indices = random_views(subject)
    given = Given(np.array([types, types]), _outputs(plan, rng, types.size))
    drawn = Given(rng.permuted(given.types, axis=1), _outputs(plan, rng, types.size))
    found = []
    for each in (given, _varied(given, drawn, router)):
        views = [LocalView(subject.workload.type_means_s[z], z, times_s, indices) for z in each.types]  # type: ignore[arg-type]
        with blaming(subject.name, "failed to take arrays"):
            found.append([np.array(part[router]) for part in _decided(plan, views, each.outputs)])
    if not all(np.array_equal(a, b) for a, b in zip(*found, strict=True)):
        raise _shares(subject, router)


def _drawn(subject: Subject, plan: RoutingPlan, rng: np.random.Generator) -> Given:
    return Given(rng.integers(len(subject.workload.types), size=(2, STEPS)), _outputs(plan, rng, STEPS))


def _outputs(plan: RoutingPlan, rng: np.random.Generator, pairs: int) -> Integers:
    return np.array([rng.integers(plan.behavior.p.shape[router], size=pairs) for router in (0, 1)])


def _varied(given: Given, drawn: Given, router: int) -> Given:
    """The same for one router, what was drawn for the other."""
    own = np.array([[True], [False]] if router == 0 else [[False], [True]])
    return Given(np.where(own, given.types, drawn.types), np.where(own, given.outputs, drawn.outputs))


def _followed(subject: Subject, plan: RoutingPlan, given: Given) -> tuple[list[Any], list[Any]]:
    """The question and the server of each router at each pair, called in the order of the engines."""
    sizes = subject.workload.type_means_s.tolist()
    moments = [(each.time_s, each.pair_index) for each in subject.contexts(plan)] if plan.memory is None else []
    kept = [copy.deepcopy(memory.start) for memory in plan.memory] if plan.memory else [None, None]
    of_a, of_b = [], []
    for pair, (types, outputs) in enumerate(zip(given.types.T.tolist(), given.outputs.T.tolist(), strict=True)):
        time_s, index = moments[pair % len(moments)] if moments else (2.0 * pair, pair)
        views = [LocalView(sizes[z], z, time_s, index, memory) for z, memory in zip(types, kept, strict=True)]
        with blaming(subject.name, "failed to route"):
            questions, servers = _decided(plan, views, outputs)
            if plan.memory:
                kept = [each.after(*seen) for each, *seen in zip(plan.memory, views, servers, strict=True)]
        of_a.append((questions[0], servers[0]))
        of_b.append((questions[1], servers[1]))
    return of_a, of_b


def _decided(plan: RoutingPlan, views: list[LocalView], outputs: Any) -> tuple[list[Any], list[Any]]:
    questions = [ask(view) for ask, view in zip(plan.ask, views, strict=True)]
    return questions, [answer(*seen) for answer, *seen in zip(plan.answer, outputs, views, strict=True)]


def _shares(subject: Subject, router: int) -> StrategyError:
    return StrategyError(
        f"{subject.title}: router {ROUTERS[router]} decides otherwise when router {ROUTERS[1 - router]} meets another "
        "request: their code shares a state, allowed: functions of the own view"
    )


def require_memory_unchanged(subject: Subject, plan: RoutingPlan, types: Integers, coins: NDArray[np.float64]) -> None:
    """Along a run no memory changes in place as the next one is made.

    Parameters
    ----------
    types, coins : of A and B, shape (2, pairs); coins in [0, 1)
    """
    if plan.memory is not None:
        first, second = (replace(each, after=partial(_after, subject, each)) for each in plan.memory)
        play(replace(plan, memory=(first, second)), subject.workload, types, coins)


def _after(subject: Subject, memory: Memory, view: LocalView, server: int) -> Any:
    before = pickle.dumps(view.memory)
    made = memory.after(view, server)
    if pickle.dumps(view.memory) != before:
        raise StrategyError(f"{subject.title}: a memory changes in place, allowed: a new one for each pair")
    return made
