"""Verbs of games: value, games, robustness."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entsched.cli.app import AsJson, app, print_json

if TYPE_CHECKING:
    from entsched.games.nonlocal_game import NonlocalGame, XorGame
    from entsched.games.value import GameValue

Game = Annotated[
    str, typer.Argument(help="a JSON file, or a name that `entsched games` lists, like chsh", show_default=False)
]


@app.command()
def value(
    game: Game,
    set_: Annotated[str, typer.Option("--set", help="local, single-pair, quantum or no-signalling")] = "quantum",
    level: Annotated[str, typer.Option(help="of the NPA hierarchy: 1, 1+ab, 2, 3")] = "1+ab",
    dimension: Annotated[
        int | None, typer.Option(min=2, max=8, help="of each half of the strategies searched; default: 2, 3, 4")
    ] = None,
    visibility: Annotated[float, typer.Option(help="of the pair, for --set single-pair")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="of the random starts")] = 0,
    time_limit: Annotated[float | None, typer.Option(min=0, help="seconds; both ends hold when it is hit")] = None,
    out: Annotated[Path | None, typer.Option(help="write the certificate here", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """The largest value of GAME over a set of strategies: both ends, proved, with a certificate."""
    from entsched.cli.certificates import write_certificate
    from entsched.games.documents import load_game
    from entsched.games.solve import Effort, simplest, solve
    from entsched.render import games as render
    from entsched.render.progress import value_progress

    loaded = simplest(load_game(game))
    effort = Effort(level, dimension, visibility, seed, time_limit)
    with value_progress(f"{set_} value") as progress:
        solved = solve(loaded, set_, effort, progress)
    certificate, reason = _certificate(loaded, solved)
    if out is not None and certificate is not None:
        typer.echo(f"{out}: {write_certificate(out, certificate)}", err=True)
    document = render.value_document(loaded.name, solved, certificate, reason)
    print_json(document) if as_json else render.print_value(document)


def _certificate(game: NonlocalGame | XorGame, solved: GameValue) -> tuple[dict[str, Any] | None, str | None]:
    """The certificate, or None and why there is none."""
    from entsched.errors import CertificateError
    from entsched.games import checker
    from entsched.games.certificate import game_certificate

    try:
        return game_certificate(game, [solved]), None
    except (CertificateError, checker.RefusedError) as error:
        return None, str(error)


@app.command()
def games(
    name: Annotated[str | None, typer.Argument(help="print this one as a JSON file for `entsched value`")] = None,
    as_json: AsJson = False,
) -> None:
    """List the named games, with their parameters and sources; or print one as JSON."""
    from entsched.games.documents import game_document, load_game
    from entsched.games.library import catalogue
    from entsched.render import games as render

    if name is not None:
        print_json(game_document(load_game(name)))
        return
    rows = catalogue()
    print_json(rows) if as_json else render.print_games(rows)


@app.command()
def robustness(
    game: Game,
    significance: Annotated[float, typer.Option(help="of the test, 0 to 1")] = 0.05,
    power: Annotated[float, typer.Option(help="chance that the test succeeds, 0 to 1")] = 0.95,
    as_json: AsJson = False,
) -> None:
    """What the advantage in GAME takes: visibility, detector efficiency, rounds to certify it."""
    from dataclasses import asdict

    from entsched.games.advantage import advantage
    from entsched.games.documents import load_game
    from entsched.render import games as render
    from entsched.render.progress import value_progress

    with value_progress("robustness") as progress:
        found = asdict(advantage(load_game(game), significance, power, progress=progress))
    print_json(render.finite(found)) if as_json else render.print_advantage(found)
