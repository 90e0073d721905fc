"""The tables of a plan: shapes, probabilities, no signalling, symmetry, the splitting probability."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import TOLERANCE, Behavior, ConditionalTable
from entsched.errors import StrategyError
from entsched.strategies.base import JointPlan, RoutingPlan, StalePlan, StrategyClass
from entsched.strategies.compiling import Plan
from entsched.testing.check import NotApplicableError
from entsched.testing.maps import server_table
from entsched.testing.subject import Context, Subject

Floats = NDArray[np.float64]

#: Consecutive pairs over which scheduled strategies must split as often as asked, and how nearly.
PAIRS, NEAR = 120, 0.03


def require_tables(subject: Subject) -> None:
    """Every table is a conditional distribution of the right kind and shape."""
    n = len(subject.workload.types)
    for _, plan in subject.all_plans():
        if isinstance(plan, JointPlan):
            _require_kind(subject, plan.table, ConditionalTable)
            _require_shape(subject, plan.table, (2, 2, n, n))
            continue
        _require_kind(subject, plan.behavior, Behavior)
        if isinstance(plan, StalePlan):
            _require_shape(subject, plan.behavior, (2, 2, n, n))
            continue
        for behavior in plan.conditions:
            _require_kind(subject, behavior, Behavior)
            _require_shape(subject, behavior, plan.behavior.p.shape)
        _require_ages(subject, plan)


def _require_kind(subject: Subject, table: object, kind: type[ConditionalTable]) -> None:
    if not isinstance(table, kind):
        raise StrategyError(f"{subject.title}: given a {type(table).__name__} in its plan, allowed: a {kind.__name__}")
    worst = max(float(-table.p.min()), float(np.abs(table.p.sum(axis=(0, 1)) - 1).max()))
    if not worst <= TOLERANCE:
        raise StrategyError(f"{subject.title}: probabilities are off by {worst:.1e}, allowed: at most {TOLERANCE:g}")


def _require_shape(subject: Subject, table: ConditionalTable, shape: tuple[int, ...]) -> None:
    if table.p.shape != shape:
        raise StrategyError(f"{subject.title}: given a table of shape {table.p.shape}, allowed: {shape}")


def _require_ages(subject: Subject, plan: RoutingPlan) -> None:
    pair = plan.by_pair
    if pair is None:
        return
    many = len(pair.ends_s)
    rising = all(np.diff(pair.ends_s) > 0)
    if not (len(pair.by_age) == many > 0 and len(pair.faulty) in (0, many) and rising and pair.ends_s[-1] == np.inf):
        raise StrategyError(
            f"{subject.title}: given {len(pair.by_age)} behaviors by age, {len(pair.faulty)} of faulty pairs and ends "
            f"{pair.ends_s}, allowed: one for each age class, whose ends increase to inf"
        )


def require_no_signalling(subject: Subject) -> None:
    """Neither router's servers say anything about the other's request, under any condition of the pair."""
    for plan in subject.plans():
        for context in subject.contexts(plan):
            for behavior in plan.conditions:
                p = server_table(subject, plan, behavior.p, context)
                of_a, of_b = np.ptp(p.sum(axis=1), axis=2).max(), np.ptp(p.sum(axis=0), axis=1).max()
                if max(of_a, of_b) > 10 * TOLERANCE:
                    one, other = ("A", "B") if of_a >= of_b else ("B", "A")
                    raise StrategyError(
                        f"{subject.title} signals: where router {one} sends its request says something about "
                        f"the request of router {other} (by {max(of_a, of_b):.3g})"
                    )


def require_symmetry(subject: Subject) -> None:
    """What declares the class symmetric sends as many pairs of types to (a, b) as to (1 - a, 1 - b)."""
    kind = subject.strategy.strategy_class
    if kind is not StrategyClass.SYMMETRIC:
        raise NotApplicableError(f"it declares the class {kind}")
    for plan in subject.plans():
        context = subject.contexts(plan)[0]
        for behavior in plan.conditions:
            p = server_table(subject, plan, behavior.p, context)
            if np.abs(p - p[::-1, ::-1]).max() > TOLERANCE:
                raise StrategyError(
                    f"{subject.title} declares the class symmetric, but treats the servers differently, allowed: static"
                )


def require_splitting(subject: Subject) -> None:
    """Pairs are split as often as asked: exactly, or on average over consecutive pairs where the clock matters."""
    kind = subject.strategy.strategy_class
    if not subject.strategy.uses_splitting:
        raise NotApplicableError("it has its own splitting probability")
    if kind is StrategyClass.ADAPTIVE:
        raise NotApplicableError("that of an adaptive strategy follows from its run")
    near = NEAR if kind is StrategyClass.SCHEDULED else 1e-6
    for scenario, plan in subject.all_plans():
        pi = subject.workload.pi
        given = [float(np.sum((p[0, 1] + p[1, 0]) * pi)) for p in _consecutive(subject, plan)]
        if abs(np.mean(given) - scenario.target) > near:
            raise StrategyError(
                f"{subject.title} splits with probability {np.mean(given):.6g}, asked for {scenario.target:g}"
            )


def _consecutive(subject: Subject, plan: Plan) -> Iterator[Floats]:
    """The tables of servers of consecutive pairs; one where the clock plays no part."""
    if isinstance(plan, JointPlan):
        yield plan.table.p
    elif isinstance(plan, StalePlan):
        yield plan.behavior.p
    else:
        pairs = PAIRS if subject.strategy.strategy_class is StrategyClass.SCHEDULED else 1
        gap_s = 1 / subject.workload.arrival_rate_hz
        for pair in range(pairs):
            yield server_table(subject, plan, plan.behavior.p, Context(pair * gap_s, pair, None, None))
