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
            help="baseline output per second that a second of mean wait is worth; may be given several times; "
            "default: the weights of CONFIG's section static",
            show_default=False,
        ),
    ] = [],  # noqa: B006
    gap: Annotated[
        float | None,
        typer.Option(
            min=1e-7, max=0.5, help="what may stay open, as a part of R + weight W; default: CONFIG's, or 1e-4"
        ),
    ] = None,
    boxes: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="after which a proof ends as it is; default: CONFIG's, or 6000"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder for certificates that entsched verify checks", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The largest R - weight W of static routing, which is memoryless and may treat the servers differently.

    W is the mean wait, R the output of the baseline tasks per second. Both ends are proved, for routers that share
    randomness and for routers that share entanglement of any kind, by branch and bound over loads and batch rates. For
    up to 4 types; a weight takes some ten seconds for two types, minutes for more.
    """
    from entsched.config import load_experiment
    from entsched.errors import ConfigError
    from entsched.render import static as render
    from entsched.render.progress import value_progress
    from entsched.static.game import GAP, MOST_BOXES, StaticGame
    from entsched.static.optimum import compare

    loaded = load_experiment(config)
    asked = loaded.static
    weights = weight or (asked.weights if asked else ())
    if not weights:
        raise ConfigError(f"{config}: given no weight, allowed: --weight, or a section static with weights")
    games = [StaticGame(loaded.workload, loaded.baseline, each) for each in weights]
    gap = gap or (asked.gap if asked else GAP)
    boxes = boxes or (asked.boxes if asked else MOST_BOXES)
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
