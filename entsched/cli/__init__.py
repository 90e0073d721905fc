"""The command line: run experiments, ask for bounds and values of games, certify, verify."""

from __future__ import annotations

import signal
import sys

import typer

from entsched.cli import certificates, check, envelope, experiments, export, games, kit, nodes, static, tournament
from entsched.cli.app import app
from entsched.errors import EntschedError

__all__ = [
    "certificates",
    "check",
    "envelope",
    "experiments",
    "export",
    "games",
    "kit",
    "main",
    "nodes",
    "static",
    "tournament",
]


def main() -> None:
    """Entry point of the command ``entsched``: errors a user can cause are one line and exit code 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except EntschedError as error:
        typer.echo(f"entsched: {error}", err=True)
        sys.exit(2)
