"""Where strategies are found: the built-in ones by name here, outsiders by their entry points."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import ValidationError

from entsched.errors import StrategyError
from entsched.strategies.base import BaseStrategy
from entsched.validation import first_problem

GROUP = "entsched.strategies"

#: The origin of strategies of this package.
ORIGIN = "built in"

BUILT_IN = {
    "random": "entsched.strategies.uniform_random:UniformRandom",
    "local-threshold": "entsched.strategies.local_threshold:LocalThreshold",
    "size-interval": "entsched.strategies.size_interval:SizeInterval",
    "classical-optimal": "entsched.strategies.classical_optimal:ClassicalOptimal",
    "quantum-optimal": "entsched.strategies.quantum_optimal:QuantumOptimal",
    "custom-angles": "entsched.strategies.custom_angles:CustomAngles",
    "no-signalling": "entsched.strategies.no_signalling:NoSignalling",
    "full-information": "entsched.strategies.full_information:FullInformation",
    "stale-information": "entsched.strategies.stale_information:StaleInformation",
}


@lru_cache(maxsize=1)
def _plugins() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name in BUILT_IN or point.name in found:
            other = "a built-in strategy" if point.name in BUILT_IN else found[point.name].value
            raise StrategyError(f"two strategies are named {point.name!r}: {other} and {point.value}")
        found[point.name] = point
    return found


def names() -> list[str]:
    """The names of all strategies, built-in ones first.

    Examples
    --------
    >>> "quantum-optimal" in names()
    True
    """
    return [*BUILT_IN, *sorted(_plugins())]


def origin(name: str) -> str:
    """Where a strategy comes from: ``built in``, or its distribution and version.

    Examples
    --------
    >>> origin("random")
    'built in'
    """
    if name in BUILT_IN:
        return ORIGIN
    distribution = _plugins()[name].dist
    return f"{distribution.name} {distribution.version}" if distribution else "unknown distribution"


@cache
def _built_in(name: str) -> type[BaseStrategy]:
    module, _, attribute = BUILT_IN[name].partition(":")
    return getattr(import_module(module), attribute)


def load(name: str) -> type[BaseStrategy]:
    """The class of a strategy.

    Raises
    ------
    StrategyError
        If there is no such strategy, or its plugin cannot be loaded.
    """
    if name in BUILT_IN:
        return _built_in(name)
    if name not in _plugins():
        raise StrategyError(f"unknown strategy {name!r}, allowed: {', '.join(names())}")
    try:
        loaded = _plugins()[name].load()
    except Exception as error:
        raise StrategyError(
            f"plugin strategy {name!r} ({_plugins()[name].value}) cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not (isinstance(loaded, type) and issubclass(loaded, BaseStrategy)):
        raise StrategyError(f"plugin strategy {name!r} is not a subclass of entsched.strategies.Strategy")
    missing = [key for key in ("name", "summary", "strategy_class", "resource") if not hasattr(loaded, key)]
    if missing:
        raise StrategyError(f"plugin strategy {name!r} does not declare {', '.join(missing)}")
    if loaded.name != name:
        raise StrategyError(f"plugin strategy {name!r} calls itself {loaded.name!r}, allowed: its entry point's name")
    return loaded


def build(name: str, parameters: dict[str, Any]) -> BaseStrategy:
    """A strategy with its parameters.

    Raises
    ------
    StrategyError
        As :func:`load`, and if a parameter is unknown or out of range.

    Examples
    --------
    >>> build("random", {"x": 1})
    Traceback (most recent call last):
        ...
    entsched.errors.StrategyError: strategy 'random': unknown key 'x', given 1, allowed: none
    """
    strategy = load(name)
    try:
        return strategy(**parameters)
    except ValidationError as error:
        raise StrategyError(f"strategy {name!r}: {first_problem(error)}") from None
