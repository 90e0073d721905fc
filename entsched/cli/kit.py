"""Verbs that begin a plugin: new-strategy, new-service-law, new-baseline-reward, new-pair-source."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from entsched.cli.app import app

Name = Annotated[
    str,
    typer.Argument(help="lower-case letters, digits and hyphens, as configurations will name it", show_default=False),
]
Out = Annotated[Path, typer.Option(help="the folder in which the folder NAME is made")]


@app.command()
def new_strategy(name: Name, out: Out = Path()) -> None:
    """Begin a routing strategy: write a package NAME that works, with checks, to change and run.

    It holds one short class, which compiles to what both routers do with each type of request.
    """
    _begin("strategy", name, out)


@app.command()
def new_service_law(name: Name, out: Out = Path()) -> None:
    """Begin a law of how long requests take: write a package NAME that works, with checks, to change and run.

    It holds one short class with the law's moments and how it is sampled.
    """
    _begin("service-law", name, out)


@app.command()
def new_baseline_reward(name: Name, out: Out = Path()) -> None:
    """Begin a reward of the background task: write a package NAME that works, with checks, to change and run.

    It holds one short class with the output of an uninterrupted stretch of t seconds.
    """
    _begin("baseline-reward", name, out)


@app.command()
def new_pair_source(name: Name, out: Out = Path()) -> None:
    """Begin a source of pairs: write a package NAME that works, with checks, to change and run.

    It holds one short class with the probabilities of the four Bell states that the source delivers.
    """
    _begin("pair-source", name, out)


def _begin(kind: str, name: str, out: Path) -> None:
    from entsched.kit.blueprints import BLUEPRINTS
    from entsched.kit.writing import commands, contents, write

    blueprint = BLUEPRINTS[kind]
    folder = write(blueprint, name, out)
    typer.echo(f"{folder}: {', '.join(contents(blueprint, name))}")
    typer.echo("Go on with:")
    for command in (f"cd {shlex.quote(str(folder))}", *commands(name)):
        typer.echo(f"  {command}")
