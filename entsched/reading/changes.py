"""Changes to a configuration as text, such as ``workload.arrival_rate_hz=0.4``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from entsched.documents import read_value
from entsched.errors import ConfigError


def changed(data: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Plain data with other values at dotted keys; sections that are not there are made.

    Parameters
    ----------
    changes : each KEY=VALUE, with a value in strict YAML

    Raises
    ------
    ConfigError
        If a change has no key or no ``=``, its value is not valid YAML, or its key leads through what is no section.

    Examples
    --------
    >>> changed({"workload": {"order": "random"}}, ["workload.order=a_first", "qos.max_wait_s=1.3"])
    {'workload': {'order': 'a_first'}, 'qos': {'max_wait_s': 1.3}}
    """
    for change in changes:
        key, equals, text = change.partition("=")
        keys = key.split(".")
        if not equals or not all(keys):
            raise ConfigError(f"--set: given {change!r}, allowed: KEY=VALUE with a dotted key")
        data = _put(data, keys, read_value(text, f"--set {key}"), key)
    return data


def _put(data: Any, keys: list[str], value: Any, whole: str) -> dict[str, Any]:
    """The data with another value at a path of keys; what is beside the path is shared."""
    if not isinstance(data or {}, dict):
        raise ConfigError(f"--set: given {whole}, allowed: a key whose parts before {keys[0]!r} are sections")
    head, *rest = keys
    section = data or {}
    return section | {head: _put(section.get(head), rest, value, whole) if rest else value}
