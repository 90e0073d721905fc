"""Run a study of coherence into a folder: compute what is missing, then write tables, figures and verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from entsched import folder
from entsched.coherence.part import CoherenceTask, Finding, Tables
from entsched.coherence.study import CoherenceStudy, load_coherence
from entsched.coherence.verdicts import verdict_rows, verdicts_page
from entsched.completing import StartProgress, Workers, quiet
from entsched.errors import EntschedError, StoreError
from entsched.experiment import claim
from entsched.forecast import Forecast, GroupForecast, worker_count
from entsched.store import Failure, Store, write_csv, write_text


@dataclass(frozen=True)
class Results:
    """What a study comes down to.

    Attributes
    ----------
    tables, findings : of each part whose tasks all have rows
    certificates : documents in JSON by the name of their file
    failed : the tasks that could not be evaluated
    """

    study: CoherenceStudy
    tables: Mapping[str, Tables]
    findings: Mapping[str, Sequence[Finding]]
    certificates: Mapping[str, str]
    failed: tuple[Failure, ...]


def run(study: CoherenceStudy, out: Path, workers: Workers = Workers(), progress: StartProgress = quiet) -> Results:  # noqa: B008
    """Compute what a folder misses of a study, and write everything that follows from the rows.

    A part with a task that fails has no tables; the others have theirs.

    Raises
    ------
    StoreError
        If the folder cannot be written, or holds another study.
    """
    text = study.to_yaml()
    with Store(out) as store:
        claim(out, study.name)
        missing = _missing(study, store)
        outcome = workers.run(missing, store, progress(dict(Counter(task.group for task in missing))))
        made = _read(study, store, outcome.failed)
    if missing or not folder.is_written(out, text):
        _write(made, out)
        if made.failed:
            write_text(out / "config.yaml", text)  # unsealed: the next run writes everything again
        else:
            folder.seal(out, text)
    return made


def plot(out: Path, figures: Path | None = None) -> list[Path]:
    """Draw the figures of a finished study again.

    Raises
    ------
    StoreError
        If the folder holds no finished study.
    """
    study = load_coherence(out / "config.yaml")
    with Store(out, read_only=True) as store:
        left = len(_missing(study, store))
        if left:
            raise StoreError(f"{out}: {left} results are missing, allowed: finish entsched run first")
        return _draw(_read(study, store, ()), figures or out / "figures")


def forecast(study: CoherenceStudy, out: Path, workers: Workers = Workers()) -> Forecast:  # noqa: B008
    """Count the tasks that have no row yet, and add up what they should take; nothing is written."""
    tasks = _tasks(study)
    missing = {task.key for task in tasks}
    if (out / "results.sqlite").is_file():
        with Store(out, read_only=True) as store:
            missing = set(store.missing(missing))
    groups = []
    for name, total in Counter(task.group for task in tasks).items():
        left = [task for task in tasks if task.group == name and task.key in missing]
        groups.append(GroupForecast(name, left[0].kind if left else name, total, len(left), 0, _cost_s(left)))
    count = worker_count(workers)
    seconds = sum(group.seconds or 0.0 for group in groups) / (count or 1)
    return Forecast(study.name, 1, tuple(groups), exact=True, sequential=False, workers=count, seconds=seconds)


def _tasks(study: CoherenceStudy) -> list[CoherenceTask]:
    """Each task once, parts that share one included."""
    return list({task.key: task for part in study.parts().values() for task in part.tasks(study.seed)}.values())


def _missing(study: CoherenceStudy, store: Store) -> list[CoherenceTask]:
    tasks = _tasks(study)
    missing = set(store.missing(task.key for task in tasks))
    return [task for task in tasks if task.key in missing]


def _cost_s(tasks: Sequence[CoherenceTask]) -> float:
    return sum(task.cost_s for task in tasks)


def _read(study: CoherenceStudy, store: Store, failed: tuple[Failure, ...]) -> Results:
    """The tables and findings of all parts that are complete; one whose figures allow none has failed."""
    tables: dict[str, Tables] = {}
    findings: dict[str, Sequence[Finding]] = {}
    certificates: dict[str, str] = {}
    for name, part in study.parts().items():
        keys = [task.key for task in part.tasks(study.seed)]
        rows = store.rows(keys)
        if not all(key in rows for key in keys):
            continue
        ordered = [rows[key] for key in keys]
        try:
            made = part.tables(ordered)
            findings[name] = part.findings(made)
        except EntschedError as error:
            failed += (Failure("", "tables", f"tables of {name}", str(error)),)
            continue
        tables[name] = made
        certificates |= part.certificates(ordered)
    return Results(study, tables, findings, certificates, failed)


def _draw(made: Results, figures: Path) -> list[Path]:
    from entsched.figures import coherence

    return [coherence.draw(name, tables, figures / name) for name, tables in made.tables.items()]


def _write(made: Results, out: Path) -> None:
    """Tables, certificates, verdicts and figures; those of parts that are no longer there are removed."""
    files = {out / "certificates" / file: document for file, document in made.certificates.items()}
    rows = {
        out / "tables" / f"{name}_{table}.csv": rows
        for name, tables in made.tables.items()
        for table, rows in tables.items()
        if rows
    }
    for stale in {*out.glob("certificates/*"), *out.glob("tables/*"), *out.glob("figures/*")} - {*files, *rows}:
        stale.unlink()
    for path, document in files.items():
        write_text(path, document + "\n")
    for path, content in rows.items():
        write_csv(path, content)
    write_csv(out / "verdicts.csv", verdict_rows(made.findings))
    write_text(out / "verdicts.md", verdicts_page(made.study.name, made.findings))
    _draw(made, out / "figures")
