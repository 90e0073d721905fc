"""A YAML file as plain data, read strictly and refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from entsched.errors import ConfigError

MAX_CONFIG_BYTES = 4_000_000
MAX_WHOLE_NUMBER = 10**100
MAX_LEVELS = 100


class _StrictLoader(yaml.SafeLoader):
    """YAML without duplicate keys, and without the aliases and depths that grow a file beyond all bounds."""

    levels = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        self.levels += 1
        if self.levels > MAX_LEVELS:
            raise yaml.YAMLError(f"more than {MAX_LEVELS} levels")
        node = super().compose_node(parent, index)
        self.levels -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key in (self.construct_object(key, deep=True) for key, _ in node.value):
            if not isinstance(key, str):
                raise yaml.YAMLError(f"key {key!r} is not text")
            if key in seen:
                raise yaml.YAMLError(f"key {key!r} stands twice")
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: Any) -> Any:
        value = super().construct_yaml_int(node)
        if abs(value) > MAX_WHOLE_NUMBER:
            raise yaml.YAMLError("a whole number has more than 100 digits")
        return value


_StrictLoader.add_constructor("tag:yaml.org,2002:int", _StrictLoader.construct_yaml_int)


def read_document(path: str | Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises
    ------
    ConfigError
        In one line with the file: if it cannot be read, is too large or is no mapping in strict YAML.

    Examples
    --------
    >>> read_document("absent.yaml")
    Traceback (most recent call last):
        ...
    entsched.errors.ConfigError: absent.yaml: cannot be read: No such file or directory
    """
    data = read_value(_text(Path(path)), str(path))
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: given {type(data).__name__}, allowed: a mapping of keys")
    return data


def read_value(text: str, place: str) -> Any:
    """What a text in strict YAML says.

    Raises
    ------
    ConfigError
        In one line that begins with ``place``.

    Examples
    --------
    >>> read_value("{law: linear}", "here")
    {'law': 'linear'}
    """
    try:
        return yaml.load(text, _StrictLoader)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{place}: not valid YAML: {_one_line(error)}") from None


class _PlainDumper(yaml.SafeDumper):
    """YAML without aliases for lists that stand in several places."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def document(data: dict[str, Any], compact: bool = False) -> str:
    """Plain data in YAML that :func:`read_document` takes; compact puts innermost lists and mappings in one line.

    Examples
    --------
    >>> print(document({"name": "made", "splitting": [0.0, 1.0]}, compact=True), end="")
    name: made
    splitting: [0.0, 1.0]
    """
    flow = None if compact else False
    width = 120 if compact else None
    return yaml.dump(
        data, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, default_flow_style=flow, width=width
    )


def anchored(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The configuration with the paths of its traces and nodes counted from a folder, wherever lists stand.

    Examples
    --------
    >>> law = {"law": "trace", "path": ["a.csv", "b.csv"]}
    >>> anchored({"workload": {"service": law}}, Path("/data"))["workload"]["service"]["path"]
    ['/data/a.csv', '/data/b.csv']
    >>> anchored({"entanglement": {"hardware": {"node": ["trapped-ion", "mine.yaml"]}}}, Path("/data"))
    {'entanglement': {'hardware': {'node': ['trapped-ion', '/data/mine.yaml']}}}
    """
    traced = _changed(data, ("workload", "service"), lambda law: _traced(law, folder))
    with_nodes = _changed(traced, ("entanglement", "hardware", "node"), lambda node: _filed(node, folder))
    return dict(_changed(with_nodes, ("envelope", "nodes"), lambda node: _filed(node, folder)))


def _changed(value: Any, keys: tuple[str, ...], change: Callable[[Any], Any]) -> Any:
    """The data with what stands at a path of keys changed."""
    if isinstance(value, list):
        return [_changed(each, keys, change) for each in value]
    if not keys:
        return change(value)
    if not isinstance(value, dict):
        return value
    return value | {key: _changed(value[key], keys[1:], change) for key in keys[:1] if key in value}


def _filed(node: Any, folder: Path) -> Any:
    """A node's file; names of presets are no files."""
    return str(folder / node) if isinstance(node, str) and node.endswith((".yaml", ".yml")) else node


def _traced(value: Any, folder: Path) -> Any:
    if not isinstance(value, dict):
        return value
    law, path = value.get("law"), value.get("path")
    if law != "trace" and not (isinstance(law, list) and "trace" in law):
        return value
    if isinstance(path, list):
        return value | {"path": [str(folder / each) if isinstance(each, str) else each for each in path]}
    return value | {"path": str(folder / path)} if isinstance(path, str) else value


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path}: cannot be read: not a file")
        with path.open("rb") as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
        if len(content) > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_CONFIG_BYTES} bytes")
        return content.decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: cannot be read: not UTF-8 text") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
