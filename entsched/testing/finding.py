"""Plugins by the place of their class, or by the name under which they are registered."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from entsched.deadline import is_termination, loading_s, within
from entsched.entanglement.pair import PairLaw
from entsched.errors import ConfigError, EntschedError
from entsched.strategies import registry
from entsched.strategies.base import BaseStrategy
from entsched.testing.faults import fault_of, statement_of
from entsched.validation import Section, first_problem
from entsched.workload import BaselineReward, ServiceLaw

#: The base classes of plugins, and what a plugin of each is called.
KINDS: dict[type[Section], str] = {
    BaseStrategy: "strategy",
    ServiceLaw: "service law",
    BaselineReward: "baseline reward",
    PairLaw: "pair source",
}


def kind_of(plugin: Section) -> str:
    """What a plugin is.

    Examples
    --------
    >>> from entsched.entanglement.pair import Werner
    >>> kind_of(Werner())
    'pair source'
    """
    return next(noun for base, noun in KINDS.items() if isinstance(plugin, base))


def find_plugin(where: str, parameters: dict[str, Any]) -> Section:
    """A plugin with its parameters; modules are also found in the current folder.

    Parameters
    ----------
    where : ``module:Class``, or a registered name
    parameters : fields of the class; its key ``law`` may be left out

    Raises
    ------
    EntschedError
        If there is no such plugin, or its parameters are wrong.

    Examples
    --------
    >>> find_plugin("entsched.workload.baseline:Affine", {"setup_s": 0.5})
    Affine(law='affine', setup_s=0.5)
    >>> find_plugin("random", {}).name
    'random'
    """
    if ":" not in where:
        return _registered(where, parameters)
    found = within(loading_s(), f"{where}: the import", lambda: _imported(where))
    return _built(where, found, parameters)


def _registered(name: str, parameters: dict[str, Any]) -> Section:
    if name not in registry.names():
        for base in (ServiceLaw, BaselineReward, PairLaw):
            if name in base.kinds.names():
                return _built(name, base.kinds.load(name), parameters)
    return registry.build(name, parameters)


def _imported(where: str) -> type[Section]:
    module, _, attribute = where.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        if is_termination(error):
            raise
        raise ConfigError(
            f"given {where!r}, allowed: MODULE:CLASS of a module that can be imported ({_why(error)})"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Section) and issubclass(found, tuple(KINDS))):
        bases = ", ".join(base.__name__ for base in KINDS)
        raise ConfigError(f"given {where!r}, allowed: a subclass of Strategy or of one of {bases}")
    return found


def _built(where: str, kind: type[Section], parameters: dict[str, Any]) -> Section:
    law = kind.model_fields.get("law")
    given = ({"law": get_args(law.annotation)[0]} if law and get_args(law.annotation) else {}) | parameters
    try:
        return kind(**given)
    except ValidationError as error:
        raise ConfigError(f"{where}: {first_problem(error)}") from None
    except TypeError as error:
        raise ConfigError(
            f"{where}: given an incomplete class, allowed: one without abstract methods ({error})"
        ) from None
    except EntschedError:
        raise
    except (Exception, SystemExit) as error:
        if is_termination(error):
            raise
        raise ConfigError(f"{where}: given {parameters}, while its class raises {_why(error)}") from error


def _why(error: BaseException) -> str:
    """An error in one line, with the place in the plugin's code and the class statement that did not succeed."""
    text = str(error).splitlines()[0] if str(error) else "no message"
    place, _ = fault_of(error)
    statement = statement_of(place)
    at_fault = f"{place}: " if place else ""
    if statement.startswith("class "):
        name = statement.removeprefix("class ").partition("(")[0].rstrip(":")
        at_fault = f"{place}: the class {name} cannot be made, and so none of this module: "
    return f"{at_fault}{type(error).__name__}: {text}"
