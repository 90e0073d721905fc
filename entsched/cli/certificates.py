"""Verbs of certificates: certify, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from entsched.cli.app import app, probability


@app.command()
def certify(
    subject: Annotated[
        str, typer.Argument(help="experiment (YAML), or game: a JSON file or a name", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="certificate to write, a JSON file", show_default=False)],
    p: Annotated[
        float | None, typer.Option(help="splitting probability, for an experiment", show_default=False)
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="for a game: local, quantum or no-signalling; may be given several times"),
    ] = None,
) -> None:
    """Write a certificate that anyone can check without a solver.

    For an experiment: the classical bound at p and the quantum optimum beside it, an advantage certificate where
    there is one. For a game: both ends over the given sets (default: local and quantum), as far as they are exact.
    """
    from entsched.errors import ConfigError

    if subject.endswith((".yaml", ".yml")):
        if p is None or sets:
            raise ConfigError("certify: an experiment needs --p and takes no --set")
        document = _of_routing(Path(subject), probability(p))
    else:
        if p is not None:
            raise ConfigError(f"--p: given {p}, allowed: only with an experiment (YAML)")
        document = _of_game(subject, sets or ["local", "quantum"])
    typer.echo(f"{out}: {write_certificate(out, document)}")


def write_certificate(out: Path, document: dict[str, Any]) -> str:
    """Check a certificate, write it, and return the verdict."""
    import json

    from entsched.games import checker
    from entsched.store import write_text

    verdict = checker.check(document)
    write_text(out, json.dumps(document, indent=1) + "\n")
    return str(verdict)


def _of_routing(config: Path, splitting: float) -> dict[str, Any]:
    from entsched.config import load_experiment
    from entsched.games.routing_certificate import routing_certificate
    from entsched.routing import classical_optimum, quantum_optimum

    workload = load_experiment(config).workload
    return routing_certificate(workload, classical_optimum(workload, splitting), quantum_optimum(workload, splitting))


def _of_game(subject: str, sets: list[str]) -> dict[str, Any]:
    from entsched.games.certificate import game_certificate
    from entsched.games.documents import load_game
    from entsched.games.solve import simplest, solve
    from entsched.render.progress import value_progress

    game = simplest(load_game(subject))
    with value_progress("certificate") as progress:
        return game_certificate(game, [solve(game, each, progress=progress) for each in sets])


@app.command()
def verify(
    files: Annotated[list[Path], typer.Argument(help="certificates, JSON files", show_default=False)],
) -> None:
    """Check certificates without a solver: exit code 0 if all are proved, 1 if one is refused.

    Those of games and of symmetric routing in exact arithmetic; those of static routing (entsched static) in floating
    point, rounding paid for. Names are printed if there are several.
    """
    raise typer.Exit(max(_verified(file, f"{file}: " if len(files) > 1 else "") for file in files))


def _verified(file: Path, shown: str) -> int:
    from entsched.errors import EntschedError
    from entsched.games import checker
    from entsched.static import proof

    if not proof.is_static(file):
        return checker.main(str(file), shown)
    try:
        typer.echo(f"{shown}proved: {'; '.join(map(str, proof.check_file(file)))}")
    except EntschedError as error:
        typer.echo(f"{shown}refused: {error}", err=True)
        return 1
    return 0
