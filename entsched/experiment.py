"""Run one experiment into a folder: rows, certificates, tables, figures, configuration, versions."""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from entsched import MODEL_VERSION, report, sweep
from entsched.config import Experiment, load_experiment, to_yaml
from entsched.errors import ConfigError, StoreError
from entsched.games.split.classical import deterministic_oracle
from entsched.routing import routing_game
from entsched.store import Store, write_csv, write_text
from entsched.strategies.choice import StrategyChoice
from entsched.validation import first_problem

#: Called with the number of tasks of each kind; returns what is called with the kind of each done.
StartProgress = Callable[[dict[str, int]], sweep.Progress]

LIBRARIES = ("entsched", "numpy", "scipy", "simpy", "qutip", "cvxpy", "matplotlib", "pydantic")


def quiet(counts: dict[str, int]) -> sweep.Progress:
    """No progress at all."""
    return lambda kind: None


def run(
    experiment: Experiment,
    out: Path,
    workers: int | None = None,
    progress: StartProgress = quiet,
) -> report.Report:
    """Compute what is missing in a folder, and write everything that follows from the rows.

    Raises
    ------
    StoreError
        If the folder cannot be written, or holds another experiment.
    """
    if not (out / "results.sqlite").exists():
        _try_out(experiment)
    with Store(out) as store:
        _claim(out, experiment)
        todo = sweep.missing(sweep.plan(experiment), store)
        tick = progress(_count([task.kind for _, task in todo]))
        sweep.run(todo, store, workers or sweep.default_workers(), tick)
        if todo or not _is_written(out, experiment):
            _write(experiment, store, out)
        return report.build(experiment, store)


def plot(folders: list[Path], out: Path | None) -> list[Path]:
    """Draw the figures of one run, or the fronts of several runs as panels of one figure.

    Raises
    ------
    StoreError
        If a folder holds no finished run.
    """
    from entsched import figures

    reports = [_read(folder) for folder in folders]
    if len(reports) == 1:
        return figures.draw_all(reports[0], out or folders[0] / "figures")
    if out is None:
        raise StoreError("several folders: given no --out, allowed: a folder for the common figure")
    return [figures.pareto_front(reports, out / "pareto_front")]


def single(
    experiment: Experiment, choice: StrategyChoice, splitting: float | None, settings: dict[str, Any]
) -> Experiment:
    """The experiment cut down to one strategy at one splitting probability, with other settings.

    Raises
    ------
    ConfigError
        If a setting is out of range, or the strategy needs a splitting probability.
    """
    if splitting is None and choice.strategy.uses_splitting:
        raise ConfigError(f"--p: missing, allowed: a splitting probability for strategy {choice.name!r}")
    given = experiment.model_dump(exclude={"strategies", "splitting", "simulation", "map", "qos"})
    old = experiment.simulation.model_dump(exclude={"splitting"}) if experiment.simulation else {}
    try:
        return Experiment(
            **given,
            strategies=(choice,),
            splitting=(splitting or 0.0,),
            simulation=old | settings,  # type: ignore[arg-type]
        )
    except ValidationError as error:
        raise ConfigError(first_problem(error).replace("simulation.", "--")) from None


def simulate_single(one: Experiment, workers: int | None, progress: StartProgress = quiet) -> dict[str, Any]:
    """Simulated estimates with 95 % intervals, and the exact figures, of a single-strategy experiment."""
    tasks = sweep.plan(one)
    with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        todo = sweep.missing([*tasks.exact, *tasks.simulations], store)
        sweep.run(todo, store, workers or sweep.default_workers(), progress(_count([t.kind for _, t in todo])))
        rows = store.rows([key for key, _ in todo])
    exact = rows[tasks.exact[0].key]
    estimates = report.simulated_estimates([rows[task.key] for task in tasks.simulations])
    names = ("mean_wait_s", "baseline_rate", "split_fraction")
    return {
        **{
            name: {
                "mean": estimates[f"sim_{name}"],
                "low": _finite(estimates[f"sim_{name}_low"]),
                "high": _finite(estimates[f"sim_{name}_high"]),
            }
            for name in names
        },
        "exact": {name: exact.get(name) for name in names},
        "details": exact["details"],
    }


def _try_out(experiment: Experiment) -> None:
    """Refuse what cannot work before anything is written: the game's size, every strategy once."""
    deterministic_oracle(routing_game(experiment.workload))
    tasks = sweep.plan(experiment)
    for task in {task.strategy: task for task in reversed(tasks.exact)}.values():
        task.evaluate()
    for replication in {task.strategy: task for task in tasks.simulations}.values():
        replication.model_copy(update={"pairs": 10}).simulate()


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _claim(out: Path, experiment: Experiment) -> None:
    """A folder belongs to the experiment of its first run, by name."""
    previous = out / "config.yaml"
    if previous.exists():
        name = _config_of(out).name
        if name != experiment.name:
            raise StoreError(f"{out} holds the experiment {name!r}, not {experiment.name!r}, allowed: another --out")


def _config_of(folder: Path) -> Experiment:
    if not (folder / "config.yaml").exists():
        raise StoreError(f"{folder} holds no finished run, allowed: a folder written by entsched run")
    return load_experiment(folder / "config.yaml")


def _read(folder: Path) -> report.Report:
    experiment = _config_of(folder)
    with Store(folder) as store:
        left = sweep.missing(sweep.plan(experiment), store)
        if left:
            raise StoreError(f"{folder}: {len(left)} results are missing, allowed: finish entsched run first")
        return report.build(experiment, store)


def _count(kinds: list[str]) -> dict[str, int]:
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def _is_written(out: Path, experiment: Experiment) -> bool:
    """Whether the files of a folder follow from this very experiment: its configuration is written last."""
    path = out / "config.yaml"
    return path.exists() and path.read_text(encoding="utf-8") == to_yaml(experiment)


def _write(experiment: Experiment, store: Store, out: Path) -> None:
    """Everything that follows from the rows: tables, certificates, figures, versions, configuration."""
    from entsched import figures

    made = report.build(experiment, store)
    _write_tables(made, out)
    tasks = sweep.plan(experiment).certificates
    documents = store.rows([task.key for task in tasks])
    paths = {out / "certificates" / f"routing-p{task.splitting!r}.json": documents[task.key] for task in tasks}
    for path, document in paths.items():
        write_text(path, json.dumps(document, indent=1) + "\n")
    for stale in set(out.glob("certificates/routing-p*.json")) - set(paths):
        stale.unlink()
    figures.draw_all(made, out / "figures")
    write_text(out / "versions.json", json.dumps(_versions(), indent=1) + "\n")
    write_text(out / "config.yaml", to_yaml(experiment))


def _write_tables(made: report.Report, out: Path) -> None:
    for name in ("bounds", "strategies", "fronts", "qos", "gains"):
        rows = getattr(made, name)
        if rows:
            write_csv(out / f"{name}.csv", rows)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version(), "model": MODEL_VERSION}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not installed"
    return versions
