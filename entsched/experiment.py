"""Run a study into a folder, and draw figures from folders."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from entsched import folder, report, sweep
from entsched.axes import Study, load_study, study_to_yaml
from entsched.completing import StartProgress, Workers, complete, complete_envelope, quiet, try_out
from entsched.config import Experiment
from entsched.documents import read_document
from entsched.errors import ConfigError, StoreError
from entsched.store import Failure, Store
from entsched.tasks import Row


@dataclass(frozen=True)
class Results:
    """What a run leaves behind.

    Attributes
    ----------
    report : of a study without axes
    summary : of a study with axes: its size, and where its certified advantage is largest
    failed : the tasks that could not be evaluated
    """

    study: Study
    report: report.Report | None
    summary: Row | None
    failed: tuple[Failure, ...]


def run(study: Study, out: Path, workers: Workers = Workers(), progress: StartProgress = quiet) -> Results:  # noqa: B008
    """Compute what is missing in a folder, and write everything that follows from the rows.

    Raises
    ------
    StoreError
        If the folder cannot be written, or holds another study.
    StrategyError
        If the study has no axes and one of its strategies cannot work at all.
    """
    text = study_to_yaml(study)
    digest = sweep.digest(study, text)
    if not study.axes and not (out / "results.sqlite").exists():
        try_out(next(study.experiments()))
    with Store(out) as store:
        claim(out, study.name)
        done = 0
        failed: tuple[Failure, ...] = ()
        if not store.is_complete(digest):
            done, failed = complete(study, store, workers, progress)
            if not failed:
                store.mark_complete(digest)
        made = None if study.axes else report.build(next(study.experiments()), store)
        if done or failed or not folder.is_written(out, text):
            folder.write(study, made, store, out, text)
        if made is None:
            return Results(study, None, json.loads((out / "summary.json").read_text(encoding="utf-8")), failed)
        return Results(study, made, None, failed)


@dataclass(frozen=True)
class EnvelopeResults:
    """The envelope of an experiment: its tables by name, and the tasks that could not be evaluated."""

    experiment: Experiment
    tables: dict[str, list[Row]]
    failed: tuple[Failure, ...]


def envelope(
    experiment: Experiment,
    out: Path | None = None,
    workers: Workers = Workers(),  # noqa: B008
    progress: StartProgress = quiet,
) -> EnvelopeResults:
    """Compute what is missing of an envelope alone, in a folder that a later run goes on with, or in none.

    Raises
    ------
    ConfigError
        If the experiment has no envelope.
    StoreError
        If the folder cannot be written, or holds another experiment.
    """
    if experiment.envelope is None:
        raise ConfigError(f"{experiment.name}: given no envelope, allowed: a configuration with the key 'envelope'")
    with ExitStack() as opened:
        place = Path(opened.enter_context(TemporaryDirectory())) if out is None else out
        store = opened.enter_context(Store(place))
        claim(place, experiment.name)
        failed = complete_envelope(experiment, store, workers, progress)
        found = report.envelope(experiment, store)
        if out is not None:
            folder.write_envelope(found, out)
    return EnvelopeResults(experiment, found, failed)


def plot(folders: list[Path], out: Path | None) -> list[Path]:
    """Draw the figures of one run, or the fronts of several runs as panels of one figure.

    Raises
    ------
    StoreError
        If a folder holds no finished run.
    """
    from entsched import figures

    reports = [_read(each) for each in folders]
    if len(reports) == 1:
        return figures.draw_all(reports[0], out or folders[0] / "figures")
    if out is None:
        raise StoreError("several folders: given no --out, allowed: a folder for the common figure")
    return [figures.pareto_front(reports, out / "pareto_front")]


def claim(out: Path, name: str) -> None:
    """A folder belongs to the study of its first run, by name.

    Raises
    ------
    StoreError
        If it holds another one.
    """
    if (out / "config.yaml").exists():
        held = read_document(out / "config.yaml").get("name")
        if held != name:
            raise StoreError(f"{out} holds the experiment {held!r}, not {name!r}, allowed: another --out")


def _study_of(folder: Path) -> Study:
    if not (folder / "config.yaml").exists():
        raise StoreError(f"{folder} holds no finished run, allowed: a folder written by entsched run")
    return load_study(folder / "config.yaml")


def _read(folder: Path) -> report.Report:
    study = _study_of(folder)
    if study.axes:
        raise StoreError(f"{folder} holds a sweep, allowed: a run of one experiment")
    with Store(folder, read_only=True) as store:
        left = sum(1 for _ in sweep.missing(study.experiments(), store))
        if left:
            raise StoreError(f"{folder}: {left} results are missing, allowed: finish entsched run first")
        return report.build(next(study.experiments()), store)
