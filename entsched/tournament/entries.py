"""Who takes part: all strategies that need no parameters, and those that a configuration lists with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from entsched.config import Experiment, validated
from entsched.errors import ConfigError, EntschedError, StrategyError
from entsched.reading.keys import MAX_STRATEGIES
from entsched.strategies import registry
from entsched.strategies.choice import StrategyChoice


class Absent(NamedTuple):
    """A strategy that does not take part, and why."""

    strategy: str
    reason: str


@dataclass(frozen=True)
class Entries:
    """Who takes part in a tournament, and who does not.

    Attributes
    ----------
    experiment : the configuration with all strategies that take part
    left_out : strategies that need parameters which the configuration does not give
    broken : plugins that cannot be loaded
    """

    experiment: Experiment
    left_out: tuple[Absent, ...]
    broken: tuple[Absent, ...]


def enter(experiment: Experiment, only: Sequence[str] = (), without: Sequence[str] = ()) -> Entries:
    """The entries of a tournament on the workload of an experiment, in the order of the registry.

    Parameters
    ----------
    only : names of strategies; if any, no others take part
    without : names of strategies that do not take part

    Raises
    ------
    ConfigError
        If the experiment simulates nothing, a name is unknown, or nobody is left.

    Examples
    --------
    >>> from entsched.config import load_experiment
    >>> entries = enter(load_experiment("configs/two-types.yaml"), only=["random", "custom-angles"])
    >>> [choice.label for choice in entries.experiment.strategies], [absent.strategy for absent in entries.left_out]
    (['random'], ['custom-angles'])
    """
    if experiment.simulation is None:
        raise ConfigError(f"{experiment.name}: given no simulation, allowed: a configuration with the key 'simulation'")
    names = _asked(only, without)
    listed = [choice for choice in experiment.strategies if choice.name in names]
    labels = {choice.label for choice in listed}
    bare: list[StrategyChoice] = []
    left_out: list[Absent] = []
    broken: list[Absent] = []
    for name in names:
        try:
            loaded = registry.load(name)
        except StrategyError as error:
            broken.append(Absent(name, str(error)))
            continue
        required = [key for key, field in loaded.model_fields.items() if field.is_required()]
        if required:
            if all(choice.name != name for choice in listed):
                left_out.append(
                    Absent(name, f"needs {', '.join(required)}: list it under strategies of the configuration")
                )
        elif name not in labels:
            _try_to_enter(name, bare, broken)
    choices = sorted((*bare, *listed), key=lambda choice: names.index(choice.name))
    _require_some(choices, names, [*left_out, *broken])
    data = experiment.model_dump() | {
        "strategies": tuple(choices),
        "certificates": False,
        "map": None,
        "envelope": None,
    }
    return Entries(validated(data, experiment.name), tuple(left_out), tuple(broken))


def _try_to_enter(name: str, bare: list[StrategyChoice], broken: list[Absent]) -> None:
    try:
        bare.append(StrategyChoice(name=name))
    except (EntschedError, ValueError) as error:
        broken.append(Absent(name, str(error).splitlines()[0]))


def _asked(only: Sequence[str], without: Sequence[str]) -> list[str]:
    """The names that are asked for, in the order of the registry."""
    names = registry.names()
    for option, given in (("--only", only), ("--without", without)):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise ConfigError(f"{option}: given {unknown[0]!r}, allowed: {', '.join(names)}")
    return [name for name in names if name not in without and (not only or name in only)]


def _require_some(choices: Sequence[StrategyChoice], names: Sequence[str], absent: Sequence[Absent]) -> None:
    if not names:
        raise ConfigError("tournament: --only and --without leave nothing, allowed: options that leave a strategy")
    if not choices:
        reasons = "; ".join(f"{one.strategy} {one.reason}" for one in absent)
        raise ConfigError(f"tournament: given no strategy that can take part ({reasons}), allowed: at least one")
    if len(choices) > MAX_STRATEGIES:
        raise ConfigError(f"tournament: given {len(choices)} strategies, allowed: 1 to {MAX_STRATEGIES}")
