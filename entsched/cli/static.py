"""The verb of the static class: the best memoryless routing with and without entanglement, both ends proved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entsched.cli.app import AsJson, app, print_json
from entsched.cli.experiments import Config

if TYPE_CHECKING:
    from entsched.static.optimum import StaticComparison


@app.command()
def static(
    config: Config,
    weight: Annotated[
        list[float],
        typer.Option(
            help="baseline output per second that a second of mean wait is worth; may be given several times",
            show_default=False,
        ),
    ],
    gap: Annotated[float, typer.Option(min=1e-7, max=0.5, help="what may stay open, as a part of R + weight W")] = 1e-4,
    boxes: Annotated[int, typer.Option(min=1, max=1_000_000, help="after which a proof ends as it is")] = 6000,
    out: Annotated[
        Path | None, typer.Option(help="folder for certificates that entsched verify checks", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The largest R - weight W of static routing, which is memoryless and may treat the servers differently.

    Both ends are proved, for routers that share randomness and for routers that share entanglement of any kind, by
    branch and bound over loads and batch rates. For up to 4 types; a weight takes about half a minute for two.
    """
    from entsched.config import load_experiment
    from entsched.render import static as render
    from entsched.render.progress import value_progress
    from entsched.static.game import StaticGame
    from entsched.static.optimum import compare

    loaded = load_experiment(config)
    games = [StaticGame(loaded.workload, loaded.baseline, each) for each in weight]
    found = []
    for game in games:
        with value_progress(f"static routing at weight {game.weight:g}") as show:
            found.append(compare(game, gap, boxes, show))
    if out is not None:
        _write(out, found)
    print_json([render.as_json(each) for each in found]) if as_json else render.print_static(found)


def _write(out: Path, found: list[StaticComparison]) -> None:
    """Each comparison as a certificate, checked before it is written."""
    import json

    from entsched.static.documents import static_certificate
    from entsched.static.proof import check
    from entsched.store import write_text

    for each in found:
        document = static_certificate(each)
        check(document)
        write_text(out / f"static-weight-{each.game.weight:g}.json", json.dumps(document) + "\n")
