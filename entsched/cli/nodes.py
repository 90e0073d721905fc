"""The command that shows what hardware nodes can do: the presets, or a file of your own."""

from __future__ import annotations

from typing import Annotated

import typer

from entsched.cli.app import AsJson, app, print_json


@app.command()
def nodes(
    name: Annotated[str | None, typer.Argument(help="a preset, or a YAML file with the same keys")] = None,
    as_json: AsJson = False,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="print NAME as a file to change and use as a node")] = False,
) -> None:
    """List the hardware presets, or show one with the range and source of every figure."""
    from entsched.entanglement import hardware
    from entsched.entanglement.hardware import find_node, presets
    from entsched.render import nodes as render

    if name is not None:
        found = find_node(name)
        if as_yaml:
            typer.echo(hardware.as_yaml(found), nl=False)
            return
        print_json(found.model_dump(mode="json")) if as_json else render.print_node(found)
        return
    every = [find_node(each) for each in presets()]
    print_json([each.model_dump(mode="json") for each in every]) if as_json else render.print_nodes(every)
