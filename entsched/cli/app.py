"""The command line application, and what its verbs share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from entsched.completing import StartProgress

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help loads in a third of the time
    help="When do routers that share Bell pairs schedule better than any routers that do not, and by how "
    "much? Start with: entsched run configs/two-types.yaml --out results/two-types",
)

AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead of a table")]


def print_json(document: Any) -> None:
    """Print a document for programs."""
    typer.echo(json.dumps(document, indent=2))


@contextmanager
def interruptible() -> Iterator[StartProgress]:
    """Progress bars for work that keeps what is done; Ctrl-C leaves with one line and exit code 130."""
    from entsched.render.progress import progress

    try:
        with progress() as bars:
            yield bars
    except KeyboardInterrupt:
        typer.echo("entsched: interrupted; what is done is kept in --out, run again to go on", err=True)
        raise typer.Exit(130) from None


def probability(value: float) -> float:
    """The value of --p, refused outside 0 to 1."""
    from entsched.errors import ConfigError

    if not 0 <= value <= 1:
        raise ConfigError(f"--p: given {value}, allowed: 0 to 1")
    return value


def parsed(parameters: list[str]) -> dict[str, Any]:
    """Values of YAML by name, from ``name=value``."""
    import yaml

    from entsched.errors import StrategyError

    given: dict[str, Any] = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not equals:
            raise StrategyError(f"--parameter: given {text!r}, allowed: name=value")
        try:
            given[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise StrategyError(f"--parameter: given {text!r}, allowed: a value of YAML") from None
    return given
