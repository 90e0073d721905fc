"""The command line: run experiments, ask for bounds, certify, verify, look at strategies."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entsched.errors import EntschedError

if TYPE_CHECKING:
    from entsched.config import Experiment
    from entsched.strategies.choice import StrategyChoice

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help loads in a third of the time
    help="When do routers that share Bell pairs schedule better than any routers that do not, and by how "
    "much? Start with: entsched run configs/two-types.yaml --out results/two-types",
)

Config = Annotated[Path, typer.Argument(help="experiment, a YAML file", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]


@app.command()
def run(
    config: Config,
    out: Annotated[Path, typer.Option(help="folder for rows, certificates and figures", show_default=False)],
    workers: Annotated[int | None, typer.Option(min=1, help="processes; default: all processors")] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate and bound everything CONFIG names; run again, it does only what is missing."""
    from entsched import experiment, render
    from entsched.config import load_experiment

    loaded = load_experiment(config)
    try:
        with render.progress() as progress:
            report = experiment.run(loaded, out, workers, progress)
    except KeyboardInterrupt:
        typer.echo("entsched: interrupted; what is done is kept, run again to go on", err=True)
        raise typer.Exit(130) from None
    summary = render.summary(report)
    _print(summary) if as_json else render.print_summary(report, summary, out)


@app.command()
def bound(
    config: Config,
    p: Annotated[
        list[float], typer.Option(help="splitting probability; may be given several times", show_default=False)
    ],
    cross_check: Annotated[bool, typer.Option(help="also solve the LP and SDP in cvxpy (up to 8 types)")] = False,
    as_json: AsJson = False,
) -> None:
    """The excess wait J of every set of strategies at each p: both ends, in seconds."""
    from entsched import render
    from entsched.config import load_experiment
    from entsched.tasks import BoundTask

    workload = load_experiment(config).workload
    tasks = [BoundTask(workload=workload, splitting=_probability(value), cross_check=cross_check) for value in p]
    rows = []
    with render.progress() as progress:
        tick = progress({"bound": len(tasks)})
        for task in tasks:
            rows.append(task.evaluate())
            tick("bound")
    document = {"points": [render.bound_point(row) for row in rows], "base_wait_s": workload.base_wait_s}
    _print(document) if as_json else render.print_bounds(document)


@app.command()
def simulate(
    config: Config,
    strategy: Annotated[
        str, typer.Option(help="name of a strategy; entsched strategies lists them", show_default=False)
    ],
    p: Annotated[float | None, typer.Option(help="splitting probability, for strategies that use one")] = None,
    parameter: Annotated[list[str], typer.Option(help="parameter of the strategy, as name=value")] = [],  # noqa: B006
    pairs: Annotated[int, typer.Option(help="pairs of requests in each replication")] = 50_000,
    replications: Annotated[int, typer.Option(help="independent replications")] = 10,
    seed: Annotated[int, typer.Option(help="root of all seeds")] = 1,
    engine: Annotated[str, typer.Option(help="simpy")] = "simpy",
    workers: Annotated[int | None, typer.Option(min=1, help="processes; default: all processors")] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate one strategy of CONFIG's workload and compare with the exact formulas."""
    from entsched import experiment, render
    from entsched.config import load_experiment

    settings = {"engine": engine, "pairs": pairs, "replications": replications, "seed": seed}
    choice = _choice(load_experiment(config), strategy, parameter)
    one = experiment.single(load_experiment(config), choice, None if p is None else _probability(p), settings)
    with render.progress() as progress:
        document = experiment.simulate_single(one, workers, progress)
    _print(document) if as_json else render.print_simulation(choice.label, document)


@app.command()
def certify(
    config: Config,
    p: Annotated[float, typer.Option(help="splitting probability", show_default=False)],
    out: Annotated[Path, typer.Option(help="certificate to write, a JSON file", show_default=False)],
) -> None:
    """Write a certificate of the classical bound at p that anyone can check without a solver."""
    from entsched.config import load_experiment
    from entsched.games import checker
    from entsched.games.certificate import classical_certificate
    from entsched.routing import classical_optimum
    from entsched.store import write_text

    workload = load_experiment(config).workload
    document = classical_certificate(workload, classical_optimum(workload, _probability(p)))
    verdict = checker.check(document)
    write_text(out, json.dumps(document, indent=1) + "\n")
    typer.echo(f"{out}: {verdict}")


@app.command()
def verify(
    files: Annotated[list[Path], typer.Argument(help="certificates, JSON files", show_default=False)],
) -> None:
    """Check certificates in exact arithmetic: exit code 0 if all are proved, 1 if one is refused."""
    from entsched.games import checker

    codes = [checker.main(str(file)) for file in files]
    raise typer.Exit(max(codes))


@app.command()
def strategies(
    name: Annotated[str | None, typer.Argument(help="show this one in full")] = None,
    as_json: AsJson = False,
) -> None:
    """List all strategies, built in and plugged in, or show one with its parameters."""
    from entsched import render
    from entsched.strategies import registry

    rows = [render.portrait(each) for each in ([name] if name else registry.names())]
    if as_json:
        _print(rows[0] if name else rows)
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
    from entsched import experiment

    for path in experiment.plot(folders, out):
        typer.echo(str(path))


def _choice(loaded: Experiment, name: str, parameters: list[str]) -> StrategyChoice:
    """The strategy as the configuration lists it, unless parameters are given here."""
    import yaml

    from entsched.errors import StrategyError
    from entsched.strategies import registry
    from entsched.strategies.choice import StrategyChoice

    listed = [choice for choice in loaded.strategies if choice.name == name]
    if listed and not parameters:
        return listed[0]
    given: dict[str, Any] = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not equals:
            raise StrategyError(f"--parameter: given {text!r}, allowed: name=value")
        given[key] = yaml.safe_load(value)
    registry.build(name, given)
    return StrategyChoice(name=name, parameters=given)


def _probability(value: float) -> float:
    from entsched.errors import ConfigError

    if not 0 <= value <= 1:
        raise ConfigError(f"--p: given {value}, allowed: 0 to 1")
    return value


def _print(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2))


def main() -> None:
    """Entry point of the command ``entsched``: errors a user can cause are one line and exit code 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except EntschedError as error:
        typer.echo(f"entsched: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
