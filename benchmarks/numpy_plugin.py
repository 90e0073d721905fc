"""A strategy as a plugin author writes it, whose questions take numbers and arrays alike."""

from __future__ import annotations

import numpy as np

from entsched.behavior import Behavior
from entsched.strategies import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.base import LocalView

#: P(a = b | x, y): requests of equal types tend to meet.
COALESCING = np.array([[0.7, 0.5], [0.5, 0.7]])


def own_type_and_turn(view: LocalView) -> int:
    """The own type on even pairs, two more on odd ones."""
    return view.type_index + 2 * (view.pair_index & 1)


class TakingTurns(Strategy):
    """Asks other questions on even and odd pairs and answers them alike, so the figures are those of ``COALESCING``."""

    name = "taking-turns"
    summary = "Questions that depend on the pair's index."
    strategy_class = StrategyClass.SCHEDULED
    resource = Resource.LOCAL
    uses_splitting = False

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """Four questions for two types."""
        behavior = Behavior.from_coalescing(np.tile(COALESCING, (2, 2)))
        return RoutingPlan(behavior, ask=(own_type_and_turn, own_type_and_turn), takes_arrays=True)
