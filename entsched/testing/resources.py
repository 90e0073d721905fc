"""What a behavior needs: shared randomness, entanglement, or more than nature has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from entsched.behavior import Behavior, ConditionalTable
from entsched.errors import StrategyError
from entsched.games.npa.visibility import visibility_bound
from entsched.strategies.base import JointPlan, Resource, StalePlan
from entsched.testing.check import NotApplicableError
from entsched.testing.maps import server_table
from entsched.testing.subject import Subject

#: The most types for which deterministic pairs are listed, and for which moments are bounded.
MOST_LISTED, MOST_BOUNDED = 5, 4

#: How far below 1 the visibility may be at which a behavior becomes quantum: rounding of the behavior itself.
TOLERANCE = 1e-6


def is_local(table: ConditionalTable) -> bool:
    """Whether a table with two answers each is a mixture of deterministic pairs: a linear program.

    Examples
    --------
    >>> is_local(Behavior.from_coalescing([[1, 1], [1, 0]]))
    False
    """
    n, m = table.questions
    columns = [
        np.einsum("ax,by->abxy", np.eye(2)[:, list(a)], np.eye(2)[:, list(b)]).ravel()
        for a in product((0, 1), repeat=n)
        for b in product((0, 1), repeat=m)
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


def require_local(subject: Subject) -> None:
    """What declares the resource local has a local model."""
    for table in _tables(subject, Resource.LOCAL, MOST_LISTED):
        if not is_local(table):
            raise StrategyError(f"{subject.title} declares the resource local, but no local model fits its behavior")


def require_quantum(subject: Subject) -> None:
    """What declares the resource entangled has a moment matrix of level 1 + AB of the hierarchy."""
    for table in _tables(subject, Resource.ENTANGLED, MOST_BOUNDED):
        visibility = visibility_bound(table.p)
        if visibility < 1 - TOLERANCE:
            raise StrategyError(
                f"{subject.title} declares the resource entangled, but no quantum state has its behavior: only a "
                f"share of at most {visibility:.6f} of it in white noise could be quantum"
            )


def _tables(subject: Subject, resource: Resource, most: int) -> Iterator[Behavior]:
    """The different behaviors of all plans in all contexts."""
    if subject.strategy.resource is not resource:
        raise NotApplicableError(f"it declares the resource {subject.strategy.resource}")
    types = len(subject.workload.types)
    if types > most:
        raise NotApplicableError(f"given {types} types, allowed: at most {most} in this check")
    seen: set[bytes] = set()
    for p in _all_tables(subject):
        rounded = p.round(12).tobytes()
        if rounded not in seen:
            seen.add(rounded)
            yield Behavior(p)


def _all_tables(subject: Subject) -> Iterator[NDArray[np.float64]]:
    for _, plan in subject.all_plans():
        if isinstance(plan, JointPlan):
            raise NotApplicableError("its routers tell each other their types")
        if isinstance(plan, StalePlan):
            yield plan.behavior.p
            continue
        for context in subject.contexts(plan):
            yield server_table(subject, plan, plan.behavior.p, context)
