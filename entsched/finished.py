"""A note in a results folder that nothing is missing, read in milliseconds: no library is loaded to find out.

The note holds only while all that the rows depend on is as it was: the configuration, its traces,
the package, its plugins, and the store itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from entsched import MODEL_VERSION, __version__

NOTE = "finished.json"

#: Where plugins are found.
GROUPS = ("entsched.strategies", "entsched.service_laws", "entsched.baseline_rewards", "entsched.pair_sources")


def remember(out: Path, config: Path, traces: Iterable[str], summary: dict[str, Any], text: str) -> None:
    """Leave the note, with the summary of the run as data and as text, once the store is closed.

    Parameters
    ----------
    traces : the files that requirements and hardware nodes were read from
    """
    from entsched.store import write_text

    paths = sorted(traces)
    note = {"state": _state(out, config, paths), "traces": paths, "summary": summary, "text": text}
    write_text(out / NOTE, json.dumps(note) + "\n")


def recall(out: Path, config: Path) -> tuple[dict[str, Any], str] | None:
    """The summary of a finished run, as data and as text; None if anything is missing or has changed."""
    try:
        note = json.loads((out / NOTE).read_text(encoding="utf-8"))
        if note["state"] == _state(out, config, note["traces"]):
            return note["summary"], note["text"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def _state(out: Path, config: Path, traces: Iterable[str]) -> dict[str, Any]:
    store = (out / "results.sqlite").stat()
    points = [point for group in GROUPS for point in entry_points(group=group)]
    plugins = [[p.group, p.name, p.value, p.dist.version if p.dist else ""] for p in points]
    files = json.loads((out / "versions.json").read_text(encoding="utf-8"))["files"]
    return {
        "folder": str(out.resolve()),
        "there": all((out / name).exists() for name in files),
        "version": [__version__, MODEL_VERSION],
        "plugins": sorted(plugins),
        "config": _digest(config),
        "written": _digest(out / "config.yaml"),
        "traces": [_digest(Path(path)) for path in traces],
        "store": [store.st_size, store.st_mtime_ns],
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
