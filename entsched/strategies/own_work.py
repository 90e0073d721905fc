"""Routers that balance what they sent themselves: each to the server with less work left of its own."""

from __future__ import annotations

from functools import partial

import numpy as np

from entsched.behavior import Behavior
from entsched.strategies.base import LocalView, Memory, Resource, RoutingPlan, Scenario, Strategy, StrategyClass

#: Until when each server is busy with the work of one router, seconds.
Until = tuple[float, float]


class OwnWork(Strategy):
    """Each router names the server with less work left of what it sent there itself.

    A router counts the mean requirement of each type that it sent, less the time that passed: what would be left
    if there were no other router. Where both servers have as much left, router A names the server that is the parity of
    the pair's index, and router B the other one; so if all types are as long, requests go to the servers in turn.
    """

    name = "own-work"
    summary = "Each router names the server with less work left of its own."
    source = "docs/design.md, section 1"
    strategy_class = StrategyClass.ADAPTIVE
    resource = Resource.LOCAL
    uses_splitting = False

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; its one output means nothing: all is in the memory."""
        n = len(scenario.workload.types)
        memory = Memory(start=None, after=work_after)
        return RoutingPlan(
            Behavior(np.ones((1, 1, n, n))),
            answer=(partial(less_work, turned=0), partial(less_work, turned=1)),
            memory=(memory, memory),
        )


def less_work(output: int, view: LocalView, turned: int) -> int:
    """The server with less work left; in a tie the parity of the pair's index, or the other one if ``turned`` is 1.

    Examples
    --------
    >>> less_work(0, LocalView(1.0, 0, time_s=5.0, pair_index=1, memory=(9.0, 6.0)), turned=0)
    1
    >>> less_work(0, LocalView(1.0, 0, time_s=9.5, pair_index=2, memory=(9.0, 6.0)), turned=0)
    0
    """
    free_0_s, free_1_s = _free_s(view)
    if free_0_s == free_1_s:
        return (view.pair_index + turned) % 2
    return 0 if free_0_s < free_1_s else 1


def work_after(view: LocalView, server: int) -> Until:
    """Until when the servers are busy once a request is sent to one.

    Examples
    --------
    >>> work_after(LocalView(1.0, 0, time_s=5.0, pair_index=1, memory=(9.0, 4.0)), server=1)
    (9.0, 6.0)
    """
    free_0_s, free_1_s = _free_s(view)
    if server == 0:
        return free_0_s + view.requirement_s, free_1_s
    return free_0_s, free_1_s + view.requirement_s


def _free_s(view: LocalView) -> Until:
    """When each server will be free of the router's own work, not before now; no memory: nothing was sent."""
    free_0_s, free_1_s = view.memory or (0.0, 0.0)
    return max(view.time_s, free_0_s), max(view.time_s, free_1_s)
