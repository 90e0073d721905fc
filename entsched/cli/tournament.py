"""The verb of the tournament: every strategy on one workload, ranked by what dominates what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from entsched.cli.app import AsJson, app, interruptible, print_json
from entsched.cli.experiments import Config, Executor, WorkerCount


@app.command()
def tournament(
    config: Config,
    out: Annotated[Path, typer.Option(help="folder for rows, standings and the figure", show_default=False)],
    only: Annotated[list[str], typer.Option(help="only this strategy; may be given several times")] = [],  # noqa: B006
    without: Annotated[list[str], typer.Option(help="all but this strategy; may be given several times")] = [],  # noqa: B006
    executor: Executor = "processes",
    workers: WorkerCount = None,
    as_json: AsJson = False,
) -> None:
    """Let all strategies meet on CONFIG's workload, on the same customers, and rank them by dominance.

    Takes part what needs no parameters, built in or plugged in, and what CONFIG lists. Run again, it does only what is
    missing. A strategy that fails loses its own place, and the exit code is 1; one that overloads a server is a result.
    """
    from entsched.completing import Workers
    from entsched.config import load_experiment
    from entsched.render import tournament as render
    from entsched.render.experiments import failures
    from entsched.tournament.entries import enter
    from entsched.tournament.play import play

    entries = enter(load_experiment(config), only, without)
    with interruptible() as progress:
        made = play(entries, out, Workers(executor, workers), progress)
    print_json(render.as_json(made)) if as_json else render.print_tournament(made, out)
    if made.failed:
        typer.echo(failures(made.failed), err=True)
    for one in made.entries.broken:
        typer.echo(f"entsched: {one.reason}", err=True)
    if not made.is_sound:
        raise typer.Exit(1)
