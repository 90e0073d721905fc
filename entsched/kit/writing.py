"""Writes the package of a new plugin, whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

from entsched.errors import ConfigError, StoreError
from entsched.kit.blueprints import Blueprint
from entsched.kit.names import class_name, module_name, require_free
from entsched.store.files import reason

PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def commands(name: str) -> tuple[str, ...]:
    """The commands that install, check, test and run a new plugin in its folder.

    Examples
    --------
    >>> commands("equal-together")[1]
    'entsched check equal_together:EqualTogether'
    """
    return (
        "pip install -e .",
        f"entsched check {module_name(name)}:{class_name(name)}",
        "pytest",
        f"entsched run {name}.yaml --out results",
    )


def contents(blueprint: Blueprint, name: str) -> dict[str, str]:
    """The files of a new plugin: their text by their path in its folder.

    Examples
    --------
    >>> from entsched.kit.blueprints import BLUEPRINTS
    >>> sorted(contents(BLUEPRINTS["strategy"], "mine"))
    ['README.md', 'mine.py', 'mine.yaml', 'pyproject.toml', 'tests/test_mine.py']
    """
    module = module_name(name)
    words = {
        "name": name,
        "module": module,
        "class": class_name(name),
        "noun": blueprint.kinds.noun,
        "group": blueprint.kinds.group,
        "checks": blueprint.checks,
        "commands": "\n".join(commands(name)),
    }
    templates = {
        "pyproject.toml": "every/pyproject.toml",
        "README.md": "every/README.md",
        f"{module}.py": f"{blueprint.folder}/module.py",
        f"{name}.yaml": f"{blueprint.folder}/config.yaml",
        f"tests/test_{module}.py": "every/test.py",
    }
    return {path: _filled(template, words) for path, template in templates.items()}


def write(blueprint: Blueprint, name: str, out: Path) -> Path:
    """Write the package of a new plugin into a folder of its name; returns that folder.

    Raises
    ------
    EntschedError
        If the name is none or is taken, or the folder exists or cannot be written.
    """
    require_free(name, blueprint.kinds)
    folder = out / name
    if folder.exists() or folder.is_symlink():
        raise ConfigError(f"given {name!r}, while {folder} exists, allowed: another name, or another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=out, prefix=".part-"))
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {reason(error)}") from None
    try:
        for path, text in contents(blueprint, name).items():
            (part / path).parent.mkdir(exist_ok=True)
            (part / path).write_text(text, encoding="utf-8")
        part.chmod(0o755)
        os.rename(part, folder)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {reason(error)}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _filled(template: str, words: dict[str, str]) -> str:
    text = files("entsched.kit").joinpath("templates", f"{template}.template").read_text(encoding="utf-8")
    return PLACEHOLDER.sub(lambda found: words[found[1]], text)
