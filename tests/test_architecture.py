"""The rooms of docs/design.md: an import may only point to a room above; few load the heavy libraries."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path("entsched")
#: Rooms from the ground up; a room may import itself and those before it.
ROOMS = [
    "errors",
    "documents",
    "markdown",
    "validation",
    "plugins",
    "deadline",
    "behavior",
    "workload",
    "communication",
    "entanglement",
    "queueing",
    "games",
    "quantum",
    "routing",
    "static",
    "strategies",
    "sim",
    "pareto",
    "tasks",
    "reading",
    "envelope",
    "config",
    "axes",
    "store",
    "executors",
    "runner",
    "sweep",
    "completing",
    "durations",
    "forecast",
    "estimates",
    "report",
    "advantages",
    "export",
    "figures",
    "folder",
    "experiment",
    "finished",
    "single",
    "portraits",
    "tournament",
    "coherence",
    "render",
    "testing",
    "kit",
    "cli",
]
#: The only rooms that may import a library.
OWNERS = {
    "qutip": {"quantum"},
    "cvxpy": {"games"},
    "clarabel": {"games"},
    "scs": {"games"},
    "numba": {"games", "sim", "coherence"},
    "highspy": {"static"},
    "llvmlite": {"sim"},
    "dask": {"executors"},
    "distributed": {"executors"},
    "pyarrow": {"export"},
    "simpy": {"sim", "coherence"},
    "networkx": {"coherence"},
    "stim": {"coherence"},
    "pymatching": {"coherence"},
    "reedsolo": {"coherence"},
    "matplotlib": {"figures"},
    "typer": {"cli"},
    "rich": {"render"},
    "sqlite3": {"store"},
}
#: Rooms that others may not look into, with the few modules that are open to them.
OPEN = {("sim", "strategies"): {"base", "registry", "choice", "compiling"}}
FILES = sorted(PACKAGE.rglob("*.py"))


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "entsched")


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_point_to_rooms_above(path):
    here = room(path)
    if here == "__init__":
        return
    for name in imports(path):
        library, *rest = name.split(".")
        assert here in OWNERS.get(library, {here}), f"{path} imports {library}"
        if library != "entsched" or not rest or rest[0] not in ROOMS:
            continue
        assert ROOMS.index(rest[0]) <= ROOMS.index(here), f"{path} imports {name}"
        if (here, rest[0]) in OPEN and len(rest) > 1:
            assert rest[1] in OPEN[here, rest[0]], f"{path} imports {name}"


def test_every_file_is_in_a_room():
    assert {room(path) for path in FILES} <= {*ROOMS, "__init__"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_are_short_and_documented(path):
    text = path.read_text()
    assert len(text.splitlines()) <= (1000 if path.name == "checker.py" else 300)  # the checker is one file
    assert ast.get_docstring(ast.parse(text))


def test_the_checker_imports_the_standard_library_only():
    import sys

    for name in imports(PACKAGE / "games" / "checker.py"):
        assert name.split(".")[0] in sys.stdlib_module_names
