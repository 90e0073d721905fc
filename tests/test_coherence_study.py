"""Studies of coherence: what their configurations refuse, and what a run of one leaves in its folder."""

import csv
import json
import re
from pathlib import Path

import pytest

from entsched.coherence import play
from entsched.coherence.fits import power_law
from entsched.coherence.part import Finding, Verdict
from entsched.coherence.study import PARTS, CoherenceStudy, load_coherence
from entsched.coherence.verdicts import verdicts_page
from entsched.completing import Workers
from entsched.documents import read_document
from entsched.errors import ConfigError, EntschedError
from entsched.store import Store

SMALL = """
kind: coherence
name: small
seed: 3
redundancy:
  errors: [0.05, 0.2]
  words: 50
  reads: 1000
  patterns: 20
  distances: [3, 5]
  surface_errors: [0.05, 0.15, 0.2]
  shots: 1000
  circuit_errors: [0.005]
  circuit_shots: 1000
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x", "kind: given 'scheduling', allowed: 'coherence'"),
        ("kind: coherences\nname: x", "kind: given 'coherences', allowed: 'coherence'"),
        ("kind: coherence\nname: x\nseed: 1\nscaling: 3", "scaling: given 3, allowed: a mapping of keys"),
        ("kind: coherence\nname: x", "no part, allowed: at least one of"),
        ("kind: coherence\nname: x\nredundancies: {}", "unknown key 'redundancies'"),
        ("kind: coherence\nredundancy: {}", "name: missing"),
        ("kind: coherence\nname: x\nseed: -1\nredundancy: {}", "seed: given -1"),
        (
            "kind: coherence\nname: x\nsynchronisation: {curve: {oscillators: 100000000}}",
            "oscillators: given 100000000",
        ),
    ],
)
def test_configurations_are_refused_in_one_line(text, words, tmp_path, call):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words.replace("{", "\\{")) as refused:
        load_coherence(path)
    assert "\n" not in str(refused.value)
    if "coherence\n" in text:
        code, out, err = call("run", path, "--out", tmp_path / "out")
        assert (code, out) == (2, "")
        assert err.count("\n") == 1


def test_documented_examples_are_valid_and_every_key_is_documented(tmp_path):
    text = Path("docs/coherence-keys.md").read_text()
    examples = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(examples) == len(PARTS)
    for example in examples:
        (tmp_path / "e.yaml").write_text(example)
        load_coherence(tmp_path / "e.yaml")
    sections = dict(zip(PARTS, text.split("\n## ")[1:], strict=True))
    for part, section in sections.items():
        for key in CoherenceStudy.model_fields[part].annotation.__args__[0].model_fields:
            assert f"`{key}" in section or f".{key}`" in section, f"{part}.{key}"


def test_a_part_without_keys_has_its_defaults(tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("kind: coherence\nname: x\nscaling:\n")
    study = load_coherence(path)
    assert list(study.parts()) == ["scaling"]
    assert study.scaling == type(study.scaling)()


def test_unknown_kinds_and_foreign_folders_are_refused_before_anything(small, tmp_path, call):
    odd = tmp_path / "odd.yaml"
    odd.write_text("kind: coherance\nname: x\n")
    code, _, err = call("run", odd, "--out", tmp_path / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "kind: given 'coherance', allowed: scheduling, coherence" in err
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "config.yaml").write_text(small.read_text().replace("small", "other"))
    code, _, err = call("run", small, "--out", tmp_path / "out", "--dry-run")
    assert code == 2
    assert "holds the experiment 'other', not 'small'" in err
    code, _, err = call("plot", tmp_path / "out", tmp_path / "out", "--out", tmp_path / "figures")
    assert code == 2
    assert "given 2 folders, allowed: one" in err


def test_verbs_of_scheduling_say_what_kind_they_take(small, call):
    code, _, err = call("bound", small, "--p", "0.5")
    assert code == 2
    assert "kind: given 'coherence', allowed: 'scheduling'" in err


@pytest.mark.parametrize("path", ["configs/coherence.yaml", "configs/coherence-quick.yaml"])
def test_shipped_studies_read_back_as_they_were_understood(path, tmp_path):
    study = load_coherence(path)
    (tmp_path / "again.yaml").write_text(study.to_yaml())
    assert load_coherence(tmp_path / "again.yaml") == study
    assert set(study.parts()) == set(PARTS)
    for part in study.parts().values():
        keys = [task.key for task in part.tasks(study.seed)]
        assert len(set(keys)) == len(keys)
    assert all(task.cost_s > 0 for part in study.parts().values() for task in part.tasks(study.seed))


def test_a_run_leaves_rows_tables_figures_and_verdicts(small, tmp_path, call):
    out = tmp_path / "out"
    code, text, err = call("run", small, "--out", out, "--executor", "serial", "--json")
    assert code == 0, err
    verdicts = json.loads(text)["verdicts"]
    assert verdicts
    assert {row["verdict"] for row in verdicts} <= {verdict.value for verdict in Verdict}
    with (out / "verdicts.csv").open(newline="") as file:
        assert [row["result"] for row in csv.DictReader(file)] == [row["result"] for row in verdicts]
    page = (out / "verdicts.md").read_text()
    assert all(row["prediction"] in page and row["null_hypothesis"] in page for row in verdicts)
    assert {"redundancy.png", "redundancy.pdf", "redundancy.csv"} <= {p.name for p in (out / "figures").iterdir()}
    assert read_document(out / "config.yaml")["redundancy"]["errors"] == [0.05, 0.2]
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = call("run", small, "--out", out, "--json")
    assert again == (0, text, "")
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before
    (out / "figures" / "redundancy.png").unlink()
    code, drawn, _ = call("plot", out)
    assert code == 0
    assert "redundancy.png" in drawn
    assert (out / "figures" / "redundancy.png").exists()


def test_a_forecast_counts_what_is_missing_and_writes_nothing(small, tmp_path, call):
    code, text, _ = call("run", small, "--out", tmp_path / "none", "--dry-run", "--json")
    document = json.loads(text)
    assert code == 0
    assert document["tasks"]["missing"] == document["tasks"]["total"] > 0
    assert document["seconds"] > 0
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_a_task_that_fails_costs_its_part_and_no_other(small, tmp_path, call, monkeypatch):
    study = load_coherence(small)
    doomed = study.parts()["redundancy"].tasks(study.seed)[0]

    def fail(self):
        raise EntschedError("no more memory")

    with monkeypatch.context() as patched:
        patched.setattr(type(doomed), "evaluate", fail)
        code, text, err = call("run", small, "--out", tmp_path / "out", "--executor", "serial", "--json")
    assert code == 1
    assert "no more memory" in err
    assert json.loads(text)["verdicts"] == []
    code, text, _ = call("run", small, "--out", tmp_path / "out", "--executor", "serial", "--json")
    assert code == 0
    assert json.loads(text)["verdicts"]


@pytest.mark.slow
def test_a_part_without_tables_costs_no_other(small, tmp_path, call, monkeypatch):
    path = tmp_path / "two.yaml"
    path.write_text(SMALL + "scaling: {oscillators: [10, 20, 40], replications: 4, rounds: 100, nodes: [2, 3, 4]}\n")
    path.write_text(path.read_text().replace("rounds: 100,", "rounds: 100, transient_s: 20.0, duration_s: 20.0,"))

    def refuse(self, rows):
        raise EntschedError("given 2 points, allowed: 3")

    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr("entsched.coherence.parts.scaling.Scaling.tables", refuse)
        code, text, err = call("run", path, "--out", out, "--json")
    assert code == 1
    assert "tables of scaling: given 2 points" in err
    assert {row["part"] for row in json.loads(text)["verdicts"]} == {"redundancy"}
    assert (out / "figures" / "redundancy.png").exists()
    assert call("run", path, "--out", out, "--json")[0] == 0
    assert (out / "tables" / "scaling_fits.csv").exists()
    path.write_text(SMALL)
    assert call("run", path, "--out", out)[0] == 0
    assert not list(out.rglob("*scaling*"))


def test_pages_of_verdicts_are_tables_whatever_the_names():
    found = Finding("5", "a\n## b", "<i>c", "d|e", "f", "g", Verdict.SUPPORTED)
    page = verdicts_page("one", {"scaling": [found]})
    assert page.splitlines()[-1] == "| scaling | a ## b (5) | &lt;i&gt;c | d\\|e | f | g | **supported** |"


@pytest.mark.slow
def test_rows_do_not_depend_on_where_and_in_which_order_they_are_computed(small, tmp_path):
    study = load_coherence(small)
    for executor in ("serial", "processes"):
        play.run(study, tmp_path / executor, Workers(executor, 2))
    keys = [task.key for part in study.parts().values() for task in part.tasks(study.seed)]
    with Store(tmp_path / "serial") as one, Store(tmp_path / "processes") as other:
        assert one.rows(keys) == other.rows(keys)
        assert len(one.rows(keys)) == len(keys)


def test_a_folder_keeps_to_its_study(small, tmp_path, call):
    out = tmp_path / "out"
    out.mkdir()
    (out / "config.yaml").write_text(Path("configs/two-types.yaml").read_text())
    code, _, err = call("run", small, "--out", out)
    assert code == 2
    assert "holds the experiment 'two-types', not 'small'" in err


def test_power_laws_are_found_inside_their_intervals():
    import numpy as np

    random, x, inside = np.random.default_rng(4), np.geomspace(1, 100, 6), 0
    for _ in range(400):
        fit = power_law(x, 3 * x**-0.5 * np.exp(0.1 * random.normal(size=6)))
        inside += fit.low <= -0.5 <= fit.high
    assert 0.92 <= inside / 400 <= 0.98
    for bad in (([1, 2], [1, 2]), ([1, 2, 3], [1, -2, 3])):
        with pytest.raises(EntschedError, match="allowed: at least 3, all positive"):
            power_law(*bad)
