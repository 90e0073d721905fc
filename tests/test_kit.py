"""What ``entsched new-...`` writes: packages that install, keep their contract and run; and the tutorial."""

import os
import re
import stat
import subprocess
import sys
import types
import venv
from pathlib import Path

import pytest
import yaml

from entsched.errors import ConfigError, EntschedError
from entsched.kit.blueprints import BLUEPRINTS
from entsched.kit.names import require_free
from entsched.kit.writing import PLACEHOLDER, contents, write
from entsched.testing import checks_of

KINDS = sorted(BLUEPRINTS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_writes_a_package_and_says_how_to_go_on(call, tmp_path, kind):
    code, out, _ = call(f"new-{kind}", "my-own", "--out", tmp_path)
    folder = tmp_path / "my-own"
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert code == 0
    assert written == {"pyproject.toml", "README.md", "my_own.py", "my-own.yaml", "tests/test_my_own.py"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["my-own"]
    for command in ("cd ", "pip install -e .", "entsched check my_own:MyOwn", "entsched run my-own.yaml"):
        assert command in out


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_complete_and_valid(kind):
    made = contents(BLUEPRINTS[kind], "my-own")
    assert not [path for path, text in made.items() if PLACEHOLDER.search(text)]
    compile(made["my_own.py"], "my_own.py", "exec")
    compile(made["tests/test_my_own.py"], "test_my_own.py", "exec")
    assert f'[project.entry-points."{BLUEPRINTS[kind].kinds.group}"]\nmy-own = "my_own:MyOwn"' in made["pyproject.toml"]
    configuration = yaml.safe_load(made["my-own.yaml"])
    assert configuration["name"] == "my-own"
    assert "my-own" in str({key: value for key, value in configuration.items() if key != "name"})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "allowed: lower-case letters"),
        ("Mine", "allowed: lower-case letters"),
        ("my_own", "allowed: lower-case letters"),
        ("-my", "allowed: lower-case letters"),
        ("my--own", "allowed: lower-case letters"),
        ("3d", "a letter first"),
        ("../mine", "allowed: lower-case letters"),
        ("a" * 61, "allowed: lower-case letters"),
        ("mine\n", "allowed: lower-case letters"),
        ("lambda", "word of Python"),
        ("none", "word of Python"),
        ("numpy", "module numpy"),
        ("random", "a strategy already"),
    ],
)
def test_names_that_are_none_or_taken_are_refused(name, words, tmp_path):
    with pytest.raises(EntschedError, match=words):
        write(BLUEPRINTS["strategy"], name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_each_kind_has_names_of_its_own():
    require_free("power", BLUEPRINTS["strategy"].kinds)
    with pytest.raises(ConfigError, match="baseline reward already"):
        require_free("power", BLUEPRINTS["baseline-reward"].kinds)


def test_an_existing_folder_is_left_alone(call, tmp_path):
    (tmp_path / "mine").mkdir()
    code, out, err = call("new-strategy", "mine", "--out", tmp_path)
    assert (code, out) == (2, "")
    assert "exists, allowed: another name" in err
    assert list((tmp_path / "mine").iterdir()) == []


def test_nothing_is_left_of_a_package_that_cannot_be_written(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(EntschedError, match="cannot be written: No space left on device"):
        write(BLUEPRINTS["strategy"], "mine", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def shell(tmp_path):
    """A shell in an environment of its own on top of this one, whose pip asks no index; returns what it does."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    site = next((home / "lib").glob("python*")) / "site-packages"
    below = [path for path in sys.path if path.endswith("site-packages")]
    (site / "below.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in below))
    offline = '[ "$1" = install ] && set -- "$@" --quiet --no-deps --no-build-isolation --disable-pip-version-check\n'
    for name, module, before in (("pip", "pip", offline), ("pytest", "pytest", ""), ("entsched", "entsched.cli", "")):
        command = home / "bin" / name
        command.write_text(f'#!/bin/sh\n{before}exec "{python}" -m {module} "$@"\n')
        command.chmod(0o755)
    environment = os.environ | {"PATH": f"{home / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(Path.cwd())}

    def run(script):
        command = ["/bin/sh", "-e", "-c", script]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["baseline-reward", "pair-source"])  # a strategy is that of the tutorial
def test_a_new_package_installs_passes_its_checks_and_runs(shell, tmp_path, kind):
    done = shell(
        f"entsched new-{kind} my-own\ncd my-own\npip install -e .\n"
        "entsched check my_own:MyOwn\npytest -q -p no:cacheprovider\nentsched run my-own.yaml --out results\n"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout
    figures = tmp_path / "my-own" / "results" / "figures"
    assert {"excess_wait.png", "pareto_front.png"} <= {path.name for path in figures.iterdir()}


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(shell, tmp_path):
    """All shell blocks in order, in one shell; the class shown is the one written, and the figure is there."""
    text = Path("docs/tutorial.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    done = shell("\n".join(f"echo '<step>'\n{block}" for block in blocks))
    assert done.returncode == 0, done.stdout + done.stderr
    _, *steps = done.stdout.split("<step>\n")
    assert "refused, as it should be" in steps[3]
    assert "no local model" in " ".join((steps[3] + done.stderr).split())
    assert "pareto_front.png" in steps[6]
    table = (tmp_path / "kindred" / "results" / "strategies.csv").read_text(encoding="utf-8")
    for together in (0.2, 0.5, 0.8):
        assert f"kindred(together={together})" in table
    module = contents(BLUEPRINTS["strategy"], "kindred")["kindred.py"]
    shown = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    for line in shown.splitlines():
        assert line in module


@pytest.mark.slow
def test_the_documented_classes_keep_their_contracts(monkeypatch):
    """The classes of docs/plugins.md, beside the test that it shows."""
    text = Path("docs/plugins.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown = types.ModuleType("shown")
    monkeypatch.setitem(sys.modules, "shown", shown)
    exec("\n".join(block for block in blocks if "def test_" not in block), shown.__dict__)
    plugins = [shown.EqualTogether(), shown.Fan(), shown.TakeTurns(), shown.OwnTurns(), shown.Flipped()]
    plugins += [shown.Uniform(), shown.Logarithmic(scale_s=2.0)]
    for plugin in plugins:
        for check in checks_of(plugin):
            check.run()
