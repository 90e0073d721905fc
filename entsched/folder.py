"""The files of a results folder that follow from its rows: tables, certificates, figures, versions."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from entsched import MODEL_VERSION, report, sweep
from entsched.advantages import largest_relative, of_own_pairs
from entsched.axes import Study
from entsched.envelope.advantage import STRICT
from entsched.store import Store, tables, write_text

#: Tables, figures and certificates.
SUFFIXES = (".csv", ".pdf", ".png", ".json")

LIBRARIES = (
    *("entsched", "numpy", "numba", "scipy", "simpy", "qutip", "cvxpy", "matplotlib", "pydantic"),
    *("networkx", "stim", "pymatching", "reedsolo"),
)


def is_written(out: Path, text: str) -> bool:
    """Whether the files of a folder follow from this very study: all are there, the configuration as the last."""
    path = out / "config.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        return False
    return all((out / name).exists() for name in written(out))


def written(out: Path) -> list[str]:
    """The files that were written last time, by their paths in the folder; of an older folder, one that is missing."""
    path = out / "versions.json"
    return json.loads(path.read_text(encoding="utf-8")).get("files", ["files"]) if path.exists() else ["versions.json"]


def write(study: Study, made: report.Report | None, store: Store, out: Path, text: str) -> None:
    """Everything that follows from the rows: tables, certificates, figures, versions, configuration."""
    for left_by_killed_run in out.rglob(".part-*"):
        left_by_killed_run.unlink(missing_ok=True)
    if made is None:
        _write_sweep(study, store, out)
    else:
        _write_one(made, store, out)
    seal(out, text)


def seal(out: Path, text: str) -> None:
    """Write down the files of a folder and the versions behind them, and its configuration as the last."""
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.suffix in SUFFIXES)
    write_text(out / "versions.json", json.dumps(versions() | {"files": files}, indent=1) + "\n")
    write_text(out / "config.yaml", text)


def _write_one(made: report.Report, store: Store, out: Path) -> None:
    from entsched import figures

    with tables(out) as add:
        for name, row in _rows(made):
            add(name, row)
    tasks = sweep.plan(made.experiment).certificates
    documents = store.rows(task.key for task in tasks)
    paths = {
        out / "certificates" / f"routing-p{task.splitting!r}.json": documents[task.key]
        for task in tasks
        if task.key in documents
    }
    for path, document in paths.items():
        write_text(path, json.dumps(document, indent=1) + "\n")
    for stale in set(out.glob("certificates/routing-p*.json")) - set(paths):
        stale.unlink()
    figures.draw_all(made, out / "figures")


def _rows(made: report.Report) -> Iterator[tuple[str, report.Row]]:
    """The rows of all tables of a report, each with the name of its file."""
    for name in report.TABLES:
        for row in getattr(made, name):
            yield name, row
    yield from envelope_rows(made.envelope)


def envelope_rows(envelope: dict[str, list[report.Row]]) -> Iterator[tuple[str, report.Row]]:
    """The rows of the tables of an envelope, each with the name of its file."""
    for name, rows in envelope.items():
        for row in rows:
            yield ("envelope" if name == "envelope" else f"envelope_{name}"), row


def write_envelope(envelope: dict[str, list[report.Row]], out: Path) -> None:
    """The tables of an envelope alone."""
    with tables(out) as add:
        for name, row in envelope_rows(envelope):
            add(name, row)


def _write_sweep(study: Study, store: Store, out: Path) -> None:
    """The tables of all experiments, one under the other, with their coordinates; where entanglement helps most."""
    from entsched import figures

    advantages, realised, plotted, static = [], [], [], []
    with tables(out) as add:
        for coordinates, experiment in study.cells():
            made = report.build(experiment, store)
            for name, row in _rows(made):
                add(name, coordinates | row)
            found = largest_relative(made)
            advantages.append(coordinates | found)
            realised.append(coordinates | of_own_pairs(found))
            add("advantages", advantages[-1])
            plotted += [coordinates | report.plotted(row) for row in made.strategies]
            static += [coordinates | row for row in made.static]
    figures.draw_sweep(study.axes, advantages, plotted, out / "figures")
    figures.verdict_map(study.axes, static, out / "figures" / "static_map")
    largest = max(advantages, key=lambda row: float(row["relative_advantage"]))
    summary = {
        "name": study.name,
        "axes": {axis.key: list(axis.shown) for axis in study.axes},
        "experiments": len(advantages),
        "with_certified_advantage": sum(row["relative_advantage"] > 0 for row in advantages),
        **({} if all(row["perfect_pairs"] for row in advantages) else _realised(realised)),
        "largest_advantage": largest if largest["relative_advantage"] > 0 else None,
        **({"static": Counter(row["verdict"] for row in static)} if static else {}),
    }
    write_text(out / "summary.json", json.dumps(summary, indent=1) + "\n")


def _realised(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The same with the pairs of the experiments, where that is known."""
    known = [row for row in rows if "realised_relative_advantage" in row]
    if not known:
        return {}
    largest = max(known, key=lambda row: float(row["realised_relative_advantage"]))
    helps = sum(row["realised_relative_advantage"] > STRICT for row in known)
    return {
        "with_realised_advantage": helps,
        "with_unknown_advantage": len(rows) - len(known),
        "largest_realised_advantage": largest if helps else None,
    }


def versions() -> dict[str, Any]:
    """The versions of everything that results depend on."""
    found: dict[str, Any] = {"python": platform.python_version(), "model": MODEL_VERSION}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found
