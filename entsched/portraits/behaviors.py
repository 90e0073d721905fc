"""The tables P(a, b | x, y) of a strategy on the reference workload, or what was measured in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.portraits.standing import PAIRS, REMEMBERED_PAIRS, REPLICATIONS, SEED
from entsched.sim.decisions import decisions
from entsched.sim.draws import Customers, seed_sequence, stream
from entsched.sim.stale import ReportStream
from entsched.strategies.base import RoutingPlan, Scenario, StalePlan, StrategyClass
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import is_memoryless, memoryless_table

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Routing:
    """How requests are routed under one circumstance.

    Attributes
    ----------
    when : the circumstance, for people; empty if there is one only
    p : p[server of A, server of B, type x, type y]
    pairs : of the simulation in which this was measured; 0 if it is exact
    """

    when: str
    p: Floats
    pairs: int = 0


def routings(choice: StrategyChoice, scenario: Scenario) -> list[Routing]:
    """The exact tables where there are any, by turn if the routers take turns; else measured frequencies.

    Raises
    ------
    StrategyError
        If the strategy cannot be compiled.

    Examples
    --------
    >>> from entsched.portraits import reference
    >>> chosen = reference.choice("alternating")
    >>> [(each.when, each.p[:, :, 0, 1].tolist()) for each in routings(chosen, reference.scenario(chosen))]
    [('even pairs', [[1.0, 0.0], [0.0, 0.0]]), ('odd pairs', [[0.0, 0.0], [0.0, 1.0]])]
    """
    plan, workload = choice.compiled(scenario), scenario.workload
    if is_memoryless(choice.strategy, plan):
        return [Routing("", memoryless_table(plan, workload, choice.name).p)]
    if isinstance(plan, StalePlan) or plan.memory is not None:  # type: ignore[union-attr]
        remembers = choice.strategy.strategy_class is StrategyClass.ADAPTIVE
        return [_measured(choice, scenario, REPLICATIONS * (REMEMBERED_PAIRS if remembers else PAIRS))]
    slice_s = plan.details.get("slice_s")
    if slice_s is not None:
        moments = [("even slices of time", 0.0, 0), ("odd slices of time", slice_s, 0)]
    else:
        moments = [("even pairs", 0.0, 0), ("odd pairs", 0.0, 1)]
    return [
        Routing(when, memoryless_table(_at(plan, time_s, index), workload, choice.name).p)  # type: ignore[arg-type]
        for when, time_s, index in moments
    ]


def _at(plan: RoutingPlan, time_s: float, pair_index: int) -> RoutingPlan:
    """The plan of routers for whom it is always the same time and pair."""

    def stopped(given: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *known: given(*known[:-1], known[-1]._replace(time_s=time_s, pair_index=pair_index))

    (ask_a, ask_b), (answer_a, answer_b) = plan.ask, plan.answer
    return replace(plan, ask=(stopped(ask_a), stopped(ask_b)), answer=(stopped(answer_a), stopped(answer_b)))


def _measured(choice: StrategyChoice, scenario: Scenario, pairs: int) -> Routing:
    """How often which servers were named in a simulation."""
    plan, workload = choice.compiled(scenario), scenario.workload
    decided = decisions(plan, workload, memoryless=False)
    decide, reports = decided.begin(), None if decided.reports is None else ReportStream(decided.reports)
    customers, seeds = Customers(workload), seed_sequence(workload, SEED, 0)
    counts = np.zeros((2, 2, *workload.pi.shape))
    now_s, first = 0.0, 0
    for block in stream(workload, pairs, seeds, shared=isinstance(plan, StalePlan)):
        draws, times_s = customers.draws(block), now_s + np.cumsum(block.gaps_s)
        servers = decide(draws, times_s, first, None)
        if reports is not None:
            servers = reports.servers(draws, times_s, servers)
        np.add.at(counts, (*servers.astype(np.intp), *draws.types.astype(np.intp)), 1)
        now_s, first = float(times_s[-1]), first + len(times_s)
    return Routing("", counts / counts.sum(axis=(0, 1)), pairs)
