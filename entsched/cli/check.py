"""The verb for authors of plugins: check."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from entsched.cli.app import AsJson, app, parsed, print_json

if TYPE_CHECKING:
    from entsched.workload import Workload


@app.command()
def check(
    plugin: Annotated[
        str, typer.Argument(help="MODULE:CLASS, also from this folder, or a registered name", show_default=False)
    ],
    parameter: Annotated[list[str], typer.Option(help="parameter of the plugin, as name=value")] = [],  # noqa: B006
    config: Annotated[
        Path | None, typer.Option(help="experiment whose workload strategies meet, in place of two types")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check whether PLUGIN keeps the contract it declares: a strategy, service law, baseline reward or pair source.

    Each check may take a minute (ENTSCHED_PATIENCE_S in the environment: another number of seconds). A fault is
    told in full once, with its place in the code of PLUGIN. The exit code is 0 if none fails, and 1 if one does.
    """
    from entsched.render import check as render
    from entsched.testing import checks_of, verdicts
    from entsched.testing.finding import find_plugin, kind_of

    found = find_plugin(plugin, parsed(parameter))
    made = list(verdicts(checks_of(found, *_workload(config))))
    rows = [
        {"check": each.check.name, "verifies": each.check.verifies, "status": each.status, "reason": each.reason}
        for each in made
    ]
    counts = Counter(each.status for each in made)
    document = {
        "plugin": plugin,
        "kind": kind_of(found),
        **{status: counts[status] for status in ("ok", "failed", "skipped")},
        "checks": rows,
    }
    print_json(document) if as_json else render.print_checks(document)
    if counts["failed"]:
        raise typer.Exit(1)


def _workload(config: Path | None) -> tuple[Workload, ...]:
    from entsched.config import load_experiment

    return () if config is None else (load_experiment(config).workload,)
