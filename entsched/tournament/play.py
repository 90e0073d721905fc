"""Play a tournament into a folder: compute what is missing, then write its tables and its figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entsched.completing import StartProgress, Workers, quiet
from entsched.config import Experiment, to_yaml
from entsched.experiment import claim
from entsched.queueing import symmetric_baseline_rate
from entsched.static.table import comparison_rows
from entsched.store import Failure, Store, write_csv, write_text
from entsched.strategies.base import Resource
from entsched.sweep import plan, replications
from entsched.tasks import BoundTask, Task
from entsched.tournament.areas import worth
from entsched.tournament.coins import coins
from entsched.tournament.comparison import compare
from entsched.tournament.entanglement import entangled_points
from entsched.tournament.entries import Entries
from entsched.tournament.markdown import standings_page
from entsched.tournament.points import Point, State, build, places
from entsched.tournament.standings import duels, fronts, standings
from entsched.tournament.words import said

Row = dict[str, Any]
Failed = dict[str, Failure]

#: The tables that are written as CSV files.
TABLES = ("standings", "duels", "fronts", "entanglement", "worth", "static")

#: The sets whose bounds are shown, with the ends of J that are.
BOUNDS = {
    "classical": "classical_upper_s",
    "quantum": "quantum_upper_s",
    "full information": "full_information_s",
}

#: The files of a folder beside its rows and tables.
FILES = (*(f"figures/tournament{suffix}" for suffix in (".csv", ".pdf", ".png")), "standings.md")


@dataclass(frozen=True)
class Tournament:
    """What came out.

    Attributes
    ----------
    tables : rows by the name of their table: standings, duels, fronts, entanglement, worth, static, bounds
    words : what entanglement was worth, a sentence for each class
    failed : tasks that failed for another reason than an unstable server or an unbounded reward
    """

    entries: Entries
    points: tuple[Point, ...]
    tables: dict[str, list[Row]]
    words: tuple[str, ...]
    failed: tuple[Failure, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing failed."""
        return not self.failed and not self.entries.broken


def play(entries: Entries, out: Path, workers: Workers = Workers(), progress: StartProgress = quiet) -> Tournament:  # noqa: B008
    """Compute what a folder misses of a tournament, and write everything that follows from the rows.

    A strategy that fails loses its own place only.

    Raises
    ------
    StoreError
        If the folder cannot be written, or holds another experiment.
    """
    experiment = entries.experiment
    with Store(out) as store:
        claim(out, experiment.name)
        done, failed = _complete(experiment, store, workers, progress)
        points = build(experiment, store, failed)
        bounds = _bounds(experiment, store)
        static = _static(experiment, store)
    spared = zip(places(experiment, {}), points, strict=True)
    harmless = {exact.key for (exact, _), point in spared if point.state in (State.UNSTABLE, State.UNBOUNDED)}
    real = [failure for key, failure in failed.items() if key not in harmless]
    made = _made(entries, points, bounds, static, real)
    text = to_yaml(experiment)
    if done or real or not _is_written(made, out, text):
        _write(made, out)
        write_text(out / "config.yaml", text)
    return made


def _complete(experiment: Experiment, store: Store, workers: Workers, progress: StartProgress) -> tuple[int, Failed]:
    """First bounds and exact figures, then simulations of what can be ranked, in rounds if a precision is asked for."""
    found = places(experiment, {})
    first: list[Task] = [*_bound_tasks(experiment), *plan(experiment).static, *(exact for exact, _ in found)]
    done, failed = _work(first, {}, store, workers, progress)
    while True:
        tasks = list(_simulations(experiment, store, failed))
        more, failed = _work(tasks, failed, store, workers, progress)
        done += more
        if more == 0 or experiment.simulation is None or experiment.simulation.precision is None:
            return done, failed


def _simulations(experiment: Experiment, store: Store, failed: Failed) -> Iterator[Task]:
    for _, point in places(experiment, failed):
        if point and experiment.simulation is not None:
            yield from replications(point, experiment.simulation, store)


def _work(
    tasks: Sequence[Task], failed: Failed, store: Store, workers: Workers, progress: StartProgress
) -> tuple[int, Failed]:
    """Evaluate those of the tasks that are missing and have not failed; how many were done, and all that failed."""
    missing = set(store.missing(task.key for task in tasks)) - failed.keys()
    todo = [task for task in {task.key: task for task in tasks}.values() if task.key in missing]
    if not todo:
        return 0, failed
    outcome = workers.run(todo, store, progress(dict(Counter(task.group for task in todo))))
    return outcome.done, failed | {failure.key: failure for failure in outcome.failed}


def _bound_tasks(experiment: Experiment) -> list[BoundTask]:
    return [BoundTask(workload=experiment.workload, splitting=p) for p in experiment.splitting]


def _bounds(experiment: Experiment, store: Store) -> list[Row]:
    """The bounds of the symmetric class as mean waits and baseline rates, for each p."""
    workload, baseline = experiment.workload, experiment.baseline
    tasks = _bound_tasks(experiment)
    rows = store.rows(task.key for task in tasks)
    found = []
    for task in (task for task in tasks if task.key in rows):
        waits = {name: workload.base_wait_s + rows[task.key][column] for name, column in BOUNDS.items()}
        rate = symmetric_baseline_rate(workload, task.splitting, baseline)
        found.append({"splitting": task.splitting, "baseline_rate": rate} | waits)
    return found


def _static(experiment: Experiment, store: Store) -> list[Row]:
    """Both ends of the best static routing at the weights that the configuration names, if any."""
    tasks = plan(experiment).static
    rows = store.rows(task.key for task in tasks)
    return comparison_rows(rows[task.key] for task in tasks if task.key in rows)


def _made(
    entries: Entries, points: Sequence[Point], bounds: list[Row], static: list[Row], failures: Sequence[Failure]
) -> Tournament:
    comparison = compare([point for point in points if point.is_ranked])
    tossed = coins(entries.experiment, points) if any(p.resource is Resource.ENTANGLED for p in points) else []
    found = {
        "standings": standings(points, comparison),
        "duels": duels(comparison),
        "fronts": fronts(comparison),
        "entanglement": entangled_points(comparison, static, tossed),
        "static": static,
        "worth": worth(comparison, tossed),
    }
    words = said(found["entanglement"], found["worth"])
    return Tournament(entries, tuple(points), found | {"bounds": bounds}, tuple(words), tuple(failures))


def _is_written(made: Tournament, out: Path, text: str) -> bool:
    """Whether all files are there, and the configuration is the last one."""
    path = out / "config.yaml"
    same = path.exists() and path.read_text(encoding="utf-8") == text
    names = (*FILES, *(f"{name}.csv" for name in TABLES if made.tables[name]))
    return same and all((out / name).exists() for name in names)


def _write(made: Tournament, out: Path) -> None:
    from entsched.figures.tournament import tournament

    for name in TABLES:
        (out / f"{name}.csv").unlink(missing_ok=True)
        write_csv(out / f"{name}.csv", made.tables[name])
    experiment = made.entries.experiment
    absent = (*made.entries.left_out, *made.entries.broken)
    unit = experiment.baseline.unit
    write_text(
        out / "standings.md",
        standings_page(experiment.name, made.tables["standings"], made.words, absent, unit),
    )
    title = f"{experiment.name}: {experiment.baseline.formula}"
    tournament(made.tables, title, unit, out / "figures" / "tournament")
