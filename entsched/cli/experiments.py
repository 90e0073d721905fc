"""Verbs of experiments: run, bound, simulate, strategies, plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entsched.cli.app import AsJson, app, interruptible, parsed, print_json, probability
from entsched.errors import ConfigError

if TYPE_CHECKING:
    from entsched.axes import Study
    from entsched.completing import Workers
    from entsched.config import Experiment
    from entsched.forecast import Forecast
    from entsched.strategies.choice import StrategyChoice
    from entsched.workload import Workload

Config = Annotated[Path, typer.Argument(help="experiment, a YAML file", show_default=False)]


#: The kinds of configurations.
KINDS = ("scheduling", "coherence")


Executor = Annotated[
    str,
    typer.Option(help="serial, threads, processes, dask (a cluster on this machine) or dask:tcp://host:port"),
]
WorkerCount = Annotated[int | None, typer.Option(min=1, help="workers; default: all processors")]


@app.command()
def run(
    config: Config,
    out: Annotated[Path, typer.Option(help="folder for rows, certificates and figures", show_default=False)],
    executor: Executor = "processes",
    workers: WorkerCount = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only say how much is missing and how long it takes")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Simulate and bound everything CONFIG names; run again, it does only what is missing.

    Any key of CONFIG that takes one value may be given several, as a list or as {start, stop, num}: every
    combination is an experiment of its own. A CONFIG of kind coherence (docs/coherence.md) puts predictions to the
    test and ends in verdicts. A task that fails is recorded, the others go on, and the exit code is 1.
    """
    from entsched import finished

    known = None if dry_run else finished.recall(out, config)
    if known is not None:
        print_json(known[0]) if as_json else typer.echo(known[1], nl=False)
        return
    kind = _kind(config)
    if kind not in KINDS:
        raise ConfigError(f"{config}: kind: given {kind!r}, allowed: {', '.join(KINDS)}")
    if kind == "coherence":
        _run_coherence(config, out, executor, workers, dry_run, as_json)
        return
    from entsched.axes import load_study
    from entsched.completing import Workers

    study, where = load_study(config), Workers(executor, workers)
    if dry_run:
        from entsched.experiment import claim
        from entsched.forecast import forecast

        claim(out, study.name)
        _show_forecast(forecast(study, out, where), as_json)
        return
    _run_scheduling(study, config, out, where, as_json)


def _run_coherence(config: Path, out: Path, executor: str, workers: int | None, dry_run: bool, as_json: bool) -> None:
    from entsched import finished
    from entsched.coherence import play
    from entsched.coherence.study import load_coherence
    from entsched.completing import Workers
    from entsched.experiment import claim
    from entsched.render import coherence as render
    from entsched.render.experiments import failures

    study, where = load_coherence(config), Workers(executor, workers)
    if dry_run:
        claim(out, study.name)
        _show_forecast(play.forecast(study, out, where), as_json)
        return
    with interruptible() as progress:
        results = play.run(study, out, where, progress)
    summary, text = render.summary(results), render.results_text(results, out)
    print_json(summary) if as_json else typer.echo(text, nl=False)
    if results.failed:
        typer.echo(failures(results.failed), err=True)
        raise typer.Exit(1)
    finished.remember(out, config, (), summary, text)


def _show_forecast(expected: Forecast, as_json: bool) -> None:
    from entsched.render import forecast as rendered

    print_json(rendered.as_json(expected)) if as_json else rendered.print_forecast(expected)


def _run_scheduling(study: Study, config: Path, out: Path, where: Workers, as_json: bool) -> None:
    from entsched import experiment, finished
    from entsched.render import experiments as render

    with interruptible() as progress:
        results = experiment.run(study, out, where, progress)
    summary = render.summary(results)
    text = render.results_text(results, summary, out)
    print_json(summary) if as_json else typer.echo(text, nl=False)
    if results.failed:
        typer.echo(render.failures(results.failed), err=True)
        raise typer.Exit(1)
    finished.remember(out, config, study.traces() | study.nodes(), summary, text)


@app.command()
def bound(
    config: Config,
    p: Annotated[
        list[float], typer.Option(help="splitting probability; may be given several times", show_default=False)
    ],
    cross_check: Annotated[bool, typer.Option(help="also solve the LP and SDP in cvxpy (up to 8 types)")] = False,
    continuous: Annotated[
        bool, typer.Option("--continuous", help="for the law itself, not its bins: routers see the requirement")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The excess wait J of every set of strategies at each p: both ends, in seconds."""
    from entsched.config import load_experiment
    from entsched.render import experiments as render
    from entsched.render.progress import progress as progress_bars
    from entsched.tasks import BoundTask

    workload = load_experiment(config).workload
    if continuous:
        from entsched.routing import unbinned

        document = {"points": _continuous_points(workload, p), "base_wait_s": unbinned(workload).base_wait_s}
        print_json(document) if as_json else render.print_continuous(document)
        return
    tasks = [BoundTask(workload=workload, splitting=probability(value), cross_check=cross_check) for value in p]
    rows = []
    with progress_bars() as progress:
        tick = progress({"bound": len(tasks)})
        for task in tasks:
            rows.append(task.evaluate())
            tick(task)
    document = {"points": [render.bound_point(row) for row in rows], "base_wait_s": workload.base_wait_s}
    print_json(document) if as_json else render.print_bounds(document)


def _continuous_points(workload: Workload, splittings: list[float]) -> list[dict[str, Any]]:
    """Both ends of both sets for the continuous law of a workload, at each p."""
    from entsched.routing import continuous_optima

    points = []
    for p in splittings:
        optima = continuous_optima(workload, probability(p))
        ends = {name: {"lower_s": one.lower, "upper_s": one.upper, "gap_s": one.gap} for name, one in optima.items()}
        points.append({"p": p, **ends})
    return points


@app.command()
def simulate(
    config: Config,
    strategy: Annotated[
        str, typer.Option(help="name of a strategy; entsched strategies lists them", show_default=False)
    ],
    p: Annotated[float | None, typer.Option(help="splitting probability, for strategies that use one")] = None,
    parameter: Annotated[list[str], typer.Option(help="parameter of the strategy, as name=value")] = [],  # noqa: B006
    change: Annotated[
        list[str], typer.Option("--set", help="another value for a key of CONFIG, as key.key=value")
    ] = [],  # noqa: B006
    pairs: Annotated[int, typer.Option(help="pairs of requests in each replication")] = 50_000,
    replications: Annotated[int, typer.Option(help="independent replications")] = 10,
    seed: Annotated[int, typer.Option(help="root of all seeds")] = 1,
    precision: Annotated[
        float | None, typer.Option(help="replicate until the 95 % intervals are within this fraction of their means")
    ] = None,
    engine: Annotated[str, typer.Option(help="fast, or simpy (the reference)")] = "fast",
    executor: Executor = "processes",
    workers: WorkerCount = None,
    as_json: AsJson = False,
) -> None:
    """Simulate one strategy of CONFIG's workload and compare with the exact formulas."""
    from entsched import single
    from entsched.completing import Workers
    from entsched.config import changed, load_experiment
    from entsched.render import experiments as render
    from entsched.render.progress import progress as progress_bars

    loaded = changed(load_experiment(config), change)
    choice = _choice(loaded, strategy, parameter)
    settings = {"engine": engine, "pairs": pairs, "replications": replications, "seed": seed, "precision": precision}
    one = single.single(loaded, choice, None if p is None else probability(p), settings)
    with progress_bars() as progress:
        document = single.simulate(one, Workers(executor, workers), progress)
    print_json(document) if as_json else render.print_simulation(choice.label, document)


@app.command()
def strategies(
    name: Annotated[str | None, typer.Argument(help="show this one in full")] = None,
    as_json: AsJson = False,
) -> None:
    """List all strategies, built in and plugged in, or show one with its parameters."""
    from entsched.render import strategies as render
    from entsched.strategies import registry

    rows = [render.portrait(each) for each in ([name] if name else registry.names())]
    if as_json:
        print_json(rows[0] if name else rows)
    elif name:
        render.print_portrait(rows[0])
    else:
        render.print_strategies(rows)


@app.command()
def plot(
    folders: Annotated[list[Path], typer.Argument(help="folders written by entsched run", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="folder for the figures; default: figures in the run's folder")
    ] = None,
) -> None:
    """Draw the figures of a run again, or the Pareto fronts of several runs side by side."""
    if "coherence" in [_kind(folder / "config.yaml") for folder in folders]:
        if len(folders) > 1:
            raise ConfigError(f"given {len(folders)} folders, allowed: one, if it holds a study of kind coherence")
        from entsched.coherence import play

        paths = play.plot(folders[0], out)
    else:
        from entsched import experiment

        paths = experiment.plot(folders, out)
    for path in paths:
        typer.echo(str(path))


def _kind(config: Path) -> Any:
    """The kind that a configuration names; the first of all if it names none or is not there."""
    from entsched.documents import read_document

    return read_document(config).get("kind", KINDS[0]) if config.exists() else KINDS[0]


def _choice(loaded: Experiment, name: str, parameters: list[str]) -> StrategyChoice:
    """The strategy as the configuration lists it, unless parameters are given here."""
    from entsched.strategies import registry
    from entsched.strategies.choice import StrategyChoice

    listed = [choice for choice in loaded.strategies if choice.name == name]
    if listed and not parameters:
        return listed[0]
    given = parsed(parameters)
    registry.build(name, given)
    return StrategyChoice(name=name, parameters=given)
