"""Turns by the shared index of the pair: what two routers can do in place of a shared coin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from entsched.behavior import Behavior
from entsched.strategies.base import LocalView, RoutingPlan
from entsched.workload import Workload


def turned(output: int, view: LocalView) -> int:
    """The server of an output 0 or 1: the output itself at even pair indices, the other one at odd ones.

    Examples
    --------
    >>> [turned(1, LocalView(0.1, 0, 2.5, index)) for index in range(4)]
    [1, 0, 1, 0]
    """
    return (output + view.pair_index) % 2


def taking_turns(plan: RoutingPlan) -> RoutingPlan:
    """The plan whose outputs both routers turn by the index, so that each server is used alike in the long run.

    The behaviors of the plan then need no coin of their own. Whether a pair is split stays as it was.

    Examples
    --------
    >>> plan = taking_turns(RoutingPlan(Behavior.from_coalescing([[0.5]])))
    >>> plan.answer == (turned, turned), plan.takes_arrays
    (True, True)
    """
    return replace(plan, answer=(turned, turned), takes_arrays=True)


def one_output(workload: Workload) -> Behavior:
    """The behavior of routers that draw nothing, for plans whose answers say it all: output 0 for all types.

    Examples
    --------
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> one_output(one).p.tolist()
    [[[[1.0]]]]
    """
    return Behavior(np.ones((1, 1, *workload.pi.shape)))
