"""The command line: run experiments, ask for bounds and values of games, certify, verify."""

from __future__ import annotations

import signal
import sys

import typer

from entsched.cli import certificates, envelope, experiments, export, games, nodes
from entsched.cli.app import app
from entsched.errors import EntschedError

__all__ = ["certificates", "envelope", "experiments", "export", "games", "main", "nodes"]


def main() -> None:
    """Entry point of the command ``entsched``: errors a user can cause are one line and exit code 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except EntschedError as error:
        typer.echo(f"entsched: {error}", err=True)
        sys.exit(2)
