"""The verb of the operating envelope: where entanglement helps, and from which quality of the resource on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from entsched.cli.app import AsJson, app, interruptible, print_json
from entsched.cli.experiments import Config, Executor, WorkerCount


@app.command()
def envelope(
    config: Config,
    out: Annotated[
        Path | None, typer.Option(help="folder for rows and tables; entsched run goes on with it", show_default=False)
    ] = None,
    executor: Executor = "processes",
    workers: WorkerCount = None,
    as_json: AsJson = False,
) -> None:
    """Where entanglement beats the certified classical bound: CONFIG's pairs as they are, and critical values.

    Nothing is simulated. The grids are those of the section envelope, if any. Without --out nothing is kept.
    """
    from entsched import experiment
    from entsched.completing import Workers
    from entsched.config import load_experiment
    from entsched.render import envelope as render
    from entsched.render.experiments import failures

    loaded = load_experiment(config)
    with interruptible() as progress:
        results = experiment.envelope(loaded, out, Workers(executor, workers), progress)
    if as_json:
        print_json(render.as_json(results))
    else:
        render.print_envelope(loaded.name, results.tables)
    if results.failed:
        typer.echo(failures(results.failed), err=True)
        raise typer.Exit(1)
