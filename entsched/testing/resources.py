"""What a behavior needs: shared randomness, entanglement, or more than nature has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain, product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from entsched.behavior import Behavior, ConditionalTable
from entsched.entanglement import Entanglement
from entsched.errors import StrategyError
from entsched.games.npa.visibility import visibility_bound
from entsched.strategies.base import JointPlan, Resource, RoutingPlan, StalePlan
from entsched.testing.check import NotApplicableError
from entsched.testing.maps import server_table
from entsched.testing.running import SCARCE
from entsched.testing.subject import Subject

Floats = NDArray[np.float64]

#: A plan, and some of its behaviors.
Part = tuple[RoutingPlan | StalePlan, tuple[Behavior, ...]]

#: The most deterministic pairs that are listed: those of five types with two answers.
MOST_LISTED = 1024

#: The most questions, times answers but one, whose moments are bounded.
MOST_BOUNDED = 4

#: How far below 1 the visibility may be at which a behavior becomes quantum: rounding of the behavior itself.
TOLERANCE = 1e-6


def is_local(table: ConditionalTable) -> bool:
    """Whether a table is a mixture of deterministic pairs: a linear program.

    Examples
    --------
    >>> is_local(Behavior.from_coalescing([[1, 1], [1, 0]]))
    False
    """
    (n, m), (outputs_a, outputs_b) = table.questions, table.p.shape[:2]
    columns = [
        np.einsum("ax,by->abxy", np.eye(outputs_a)[:, list(a)], np.eye(outputs_b)[:, list(b)]).ravel()
        for a in product(range(outputs_a), repeat=n)
        for b in product(range(outputs_b), repeat=m)
    ]
    slack = np.ones((table.p.size, 1))
    matrix = np.array(columns).T
    result = linprog(
        np.append(np.zeros(len(columns)), 1.0),
        A_ub=np.block([[matrix, -slack], [-matrix, -slack]]),
        b_ub=np.concatenate([table.p.ravel(), -table.p.ravel()]),
        A_eq=np.append(np.ones(len(columns)), 0.0)[None, :],
        b_eq=[1.0],
    )
    return bool(result.status == 0 and result.fun < 1e-8)


def is_listed(p: Floats) -> bool:
    """Whether the deterministic pairs of a table are few enough to be listed."""
    outputs_a, outputs_b, n, m = p.shape
    return outputs_a**n * outputs_b**m <= MOST_LISTED


def _is_bounded(p: Floats) -> bool:
    outputs_a, outputs_b, n, m = p.shape
    return is_listed(p) and max((outputs_a - 1) * n, (outputs_b - 1) * m) <= MOST_BOUNDED


def require_local(subject: Subject) -> None:
    """What declares the resource local has a local model."""
    _require_resource(subject, Resource.LOCAL)
    for table in tables_of(subject, _behaviors(subject), is_listed):
        if not is_local(table):
            raise StrategyError(f"{subject.title} declares the resource local, but no local model fits its behavior")


def require_quantum(subject: Subject) -> None:
    """What declares the resource entangled has a moment matrix of level 1 + AB of the hierarchy."""
    _require_resource(subject, Resource.ENTANGLED)
    scarce = ((plan, plan.conditions) for plan in compiled_with(subject, SCARCE))
    for table in tables_of(subject, chain(_behaviors(subject), scarce), _is_bounded):
        visibility = 1.0 if is_local(table) else visibility_bound(table.p)
        if visibility < 1 - TOLERANCE:
            raise StrategyError(
                f"{subject.title} declares the resource entangled, but no quantum state has its behavior: only a "
                f"share of at most {visibility:.6f} of it in white noise could be quantum"
            )


def _require_resource(subject: Subject, resource: Resource) -> None:
    if subject.strategy.resource is not resource:
        raise NotApplicableError(f"it declares the resource {subject.strategy.resource}")


def _behaviors(subject: Subject) -> Iterator[Part]:
    """All behaviors of all plans."""
    for _, plan in subject.all_plans():
        if isinstance(plan, JointPlan):
            raise NotApplicableError("its routers tell each other their types")
        yield plan, (plan.behavior,) if isinstance(plan, StalePlan) else (plan.behavior, *plan.conditions)


def compiled_with(subject: Subject, entanglement: Entanglement) -> Iterator[RoutingPlan]:
    """The plan for one splitting probability and other pairs; none if the strategy refuses them."""
    with suppress(StrategyError):
        _, plan = subject.supplied(entanglement)
        if isinstance(plan, RoutingPlan):
            yield plan


def tables_of(subject: Subject, parts: Iterable[Part], fits: Callable[[Floats], bool]) -> Iterator[Behavior]:
    """The different behaviors of plans: over all their questions if those are few, else as they are asked.

    What maps make of a local or quantum behavior is one too; of a larger one only what is seen at some moments is.

    Raises
    ------
    NotApplicableError
        If there are too many types even for that.
    """
    seen: set[bytes] = set()
    for plan, behaviors in parts:
        for p in (p for behavior in behaviors for p in _fitting(subject, plan, behavior, fits)):
            rounded = repr(p.shape).encode() + p.round(12).tobytes()
            if rounded not in seen:
                seen.add(rounded)
                yield Behavior(p)


def _fitting(
    subject: Subject, plan: RoutingPlan | StalePlan, behavior: Behavior, fits: Callable[[Floats], bool]
) -> Iterator[Floats]:
    if fits(behavior.p):
        yield behavior.p
        return
    types = len(subject.workload.types)
    most = max(n for n in range(types + 1) if fits(np.zeros((2, 2, n, n))))
    if isinstance(plan, StalePlan) or types > most:
        raise NotApplicableError(f"given {types} types, allowed: at most {most} in this check")
    for context in subject.contexts(plan):
        yield server_table(subject, plan, behavior.p, context)
