"""A strategy as data: its name and parameters, as they stand in a configuration or a task."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from pydantic import model_validator

from entsched.deadline import is_termination, loading_s, patience_s, within
from entsched.errors import StrategyError
from entsched.strategies import registry
from entsched.strategies.base import BaseStrategy, Scenario
from entsched.strategies.compiling import Plan, compile_strategy
from entsched.validation import Section

Value = TypeVar("Value")


class StrategyChoice(Section):
    """A strategy's name with its parameters; known and in range once it is built.

    Examples
    --------
    >>> choice = StrategyChoice(name="size-interval", parameters={"cut_s": 0.9})
    >>> choice.label
    'size-interval(cut_s=0.9)'
    """

    name: str
    parameters: dict[str, Any] = {}

    @model_validator(mode="after")
    def _can_be_built(self) -> StrategyChoice:
        _limited(self.name, "load", loading_s(), lambda: registry.build(self.name, self.parameters))
        try:
            json.dumps(self.parameters, allow_nan=False)
        except ValueError:
            raise ValueError(f"{self.name}: given {self.parameters}, allowed: finite numbers") from None
        return self

    @cached_property
    def label(self) -> str:
        """The name with the parameters that were given, as figures and tables show it."""
        given = ", ".join(f"{key}={value}" for key, value in self.parameters.items())
        return f"{self.name}({given})" if given else self.name

    @cached_property
    def strategy(self) -> BaseStrategy:
        """The strategy itself."""
        return registry.build(self.name, self.parameters)

    def compiled(self, scenario: Scenario) -> Plan:
        """The checked plan for a scenario, compiled once in a process.

        Raises
        ------
        StrategyError
            If the strategy fails to compile or breaks its contract.
        """
        return _compiled(self, scenario)


@lru_cache(maxsize=64)
def _compiled(choice: StrategyChoice, scenario: Scenario) -> Plan:
    return _limited(choice.name, "compile", patience_s(), lambda: compile_strategy(choice.strategy, scenario))


def _limited(name: str, what: str, seconds: float, call: Callable[[], Value]) -> Value:
    """A call into the code of a strategy, which may not end if it is a plugin's."""
    if name in registry.BUILT_IN:
        return call()
    try:
        return within(seconds, f"strategy {name!r} failed to {what}: it", call)
    except SystemExit as error:
        if is_termination(error):
            raise
        raise StrategyError(f"strategy {name!r} failed to {what}: SystemExit: {error}") from error
