"""Where strategies are found: the built-in ones by name here, outsiders by their entry points."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from entsched import plugins
from entsched.errors import StrategyError
from entsched.strategies.base import BaseStrategy
from entsched.validation import first_problem

#: The origin of strategies of this package.
ORIGIN = plugins.ORIGIN

BUILT_IN = {
    "random": "entsched.strategies.uniform_random:UniformRandom",
    "local-threshold": "entsched.strategies.local_threshold:LocalThreshold",
    "always-split": "entsched.strategies.always_split:AlwaysSplit",
    "always-coalesce": "entsched.strategies.always_coalesce:AlwaysCoalesce",
    "size-interval": "entsched.strategies.size_interval:SizeInterval",
    "classical-optimal": "entsched.strategies.classical_optimal:ClassicalOptimal",
    "quantum-optimal": "entsched.strategies.quantum_optimal:QuantumOptimal",
    "entangled-size-interval": "entsched.strategies.entangled_size_interval:EntangledSizeInterval",
    "static-classical": "entsched.strategies.static_classical:StaticClassical",
    "static-quantum": "entsched.strategies.static_quantum:StaticQuantum",
    "custom-angles": "entsched.strategies.custom_angles:CustomAngles",
    "alternating": "entsched.strategies.alternating:Alternating",
    "time-sliced": "entsched.strategies.time_sliced:TimeSliced",
    "round-robin": "entsched.strategies.round_robin:RoundRobin",
    "alternating-threshold": "entsched.strategies.alternating_threshold:AlternatingThreshold",
    "alternating-classical": "entsched.strategies.alternating_classical:AlternatingClassical",
    "alternating-quantum": "entsched.strategies.alternating_quantum:AlternatingQuantum",
    "no-signalling": "entsched.strategies.no_signalling:NoSignalling",
    "full-information": "entsched.strategies.full_information:FullInformation",
    "stale-information": "entsched.strategies.stale_information:StaleInformation",
    "own-work": "entsched.strategies.own_work:OwnWork",
    "join-shortest-queue": "entsched.strategies.join_shortest_queue:JoinShortestQueue",
    "least-work-left": "entsched.strategies.least_work_left:LeastWorkLeft",
}

STRATEGIES = plugins.Kinds(
    group="entsched.strategies",
    noun="strategy",
    plural="strategies",
    base="entsched.strategies.base:BaseStrategy",
    built_in=BUILT_IN,
    tag="name",
    error=StrategyError,
)


def names() -> list[str]:
    """The names of all strategies, built-in ones first.

    Examples
    --------
    >>> "quantum-optimal" in names()
    True
    """
    return STRATEGIES.names()


def origin(name: str) -> str:
    """Where a strategy comes from: ``built in``, or its distribution and version.

    Examples
    --------
    >>> origin("random")
    'built in'
    """
    return STRATEGIES.origin(name)


def load(name: str) -> type[BaseStrategy]:
    """The class of a strategy.

    Raises
    ------
    StrategyError
        If there is no such strategy, or its plugin cannot be loaded.
    """
    loaded: type[BaseStrategy] = STRATEGIES.load(name)
    missing = [key for key in ("summary", "strategy_class", "resource") if not hasattr(loaded, key)]
    if missing:
        raise StrategyError(f"plugin strategy {name!r} does not declare {', '.join(missing)}")
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
