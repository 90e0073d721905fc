"""The name of a new plugin, and those of its module and class that follow from it."""

from __future__ import annotations

import re
from importlib.util import find_spec
from keyword import iskeyword

from entsched.errors import ConfigError
from entsched.plugins import Kinds

#: What a plugin may be called.
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

MAX_LENGTH = 60


def module_name(name: str) -> str:
    """The module of a plugin.

    Examples
    --------
    >>> module_name("equal-together")
    'equal_together'
    """
    return name.replace("-", "_")


def class_name(name: str) -> str:
    """The class of a plugin.

    Examples
    --------
    >>> class_name("equal-together")
    'EqualTogether'
    """
    return "".join(part.capitalize() for part in name.split("-"))


def require_free(name: str, kinds: Kinds) -> None:
    """Refuse what is no name, and names that something has already.

    Raises
    ------
    EntschedError
        With the name, and what is allowed.

    Examples
    --------
    >>> from entsched.workload import ServiceLaw
    >>> require_free("exponential", ServiceLaw.kinds)
    Traceback (most recent call last):
        ...
    entsched.errors.ConfigError: given 'exponential', which is a service law already, allowed: another name
    """
    if not NAME.fullmatch(name) or len(name) > MAX_LENGTH:
        raise ConfigError(f"given {name!r}, allowed: lower-case letters, digits and single hyphens, a letter first")
    if name in kinds.names():
        raise ConfigError(f"given {name!r}, which is a {kinds.noun} already, allowed: another name")
    module = module_name(name)
    if iskeyword(module) or class_name(name) in ("None", "True", "False"):
        raise ConfigError(f"given {name!r}, which is a word of Python, allowed: another name")
    if find_spec(module) is not None:
        raise ConfigError(f"given {name!r}, while Python has a module {module} already, allowed: another name")
