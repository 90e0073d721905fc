"""What strategies share that weigh baseline output against waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from entsched.errors import StrategyError
from entsched.strategies.base import Scenario, Strategy, StrategyClass
from entsched.validation import Positive

if TYPE_CHECKING:
    from entsched.static.game import StaticGame


class Weighed(Strategy):
    """A static strategy for the largest R - weight W; it has its own splitting probability."""

    strategy_class: ClassVar[StrategyClass] = StrategyClass.STATIC
    uses_splitting: ClassVar[bool] = False

    weight: Positive = Field(description="baseline output per second that a second of mean wait is worth")

    def game(self, scenario: Scenario) -> StaticGame:
        """What is to be maximised.

        Raises
        ------
        StrategyError
            If the scenario has no baseline reward.
        GameError
            As :class:`entsched.static.game.StaticGame`.
        """
        from entsched.static.game import StaticGame

        if scenario.baseline is None:
            raise StrategyError("given no baseline reward, allowed: one, to weigh against waiting")
        return StaticGame(scenario.workload, scenario.baseline, self.weight)
