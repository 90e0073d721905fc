"""Nodes and presets: strict reading, cited figures, and the pages that show them."""

import doctest
import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from entsched.entanglement.hardware import load_node, node, presets, table
from entsched.errors import ConfigError

DOCS = Path("docs/hardware.md")
ION = (files("entsched.entanglement") / "presets" / "trapped-ion.yaml").read_text(encoding="utf-8")


def test_the_page_shows_the_table_of_the_presets():
    assert table() in DOCS.read_text(encoding="utf-8")


def test_the_examples_of_the_page_are_right():
    found = doctest.testfile(str(DOCS.resolve()), module_relative=False, encoding="utf-8")
    assert found.attempted > 5
    assert found.failed == 0


@pytest.mark.parametrize("name", presets())
def test_the_ends_of_the_ranges_enclose_a_node(name):
    made = node(name)
    best, worst = made.at("best"), made.at("worst")
    for key, figure in made.figures.items():
        ends = {best.figures[key].value, worst.figures[key].value}
        assert ends == set(figure.range)
    assert best.readout_error.value < made.readout_error.value < worst.readout_error.value
    assert best.pair_fidelity.value > worst.pair_fidelity.value
    for each in (best, worst):
        assert type(made).model_validate_json(each.content) == each


@pytest.mark.parametrize("name", presets())
def test_every_preset_is_cited_and_what_was_not_read_has_a_range(name):
    made = node(name)
    assert made.name == name
    for key, figure in made.figures.items():
        if figure.checked:
            assert re.search(r"arXiv:\d{4}\.\d{4,5}|doi:10\.|\d+ \(\d{4}\)|no memory", figure.source), key
        else:
            low, high = figure.range
            assert low < high, key


def test_a_node_from_a_file_is_the_same(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(ION, encoding="utf-8")
    assert load_node(path) == node("trapped-ion")


def edited(**changes):
    """The ion's YAML with figures changed: key__part=value, or key=None to leave it out."""
    data = yaml.safe_load(ION)
    for key, value in changes.items():
        name, _, part = key.partition("__")
        if part:
            data[name][part] = value
        elif value is None:
            del data[name]
        else:
            data[name] = value
    return yaml.safe_dump(data)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (edited(colour="blue"), "unknown key 'colour', given 'blue', allowed: name, platform"),
        (edited(pair_fidelity=None), "pair_fidelity: missing"),
        (edited(pair_fidelity__value=0.5), r"given 0.5, allowed: inside its range [0.86, 0.97]"),
        (edited(pair_fidelity__value="high"), "pair_fidelity.value: given 'high', allowed: a number"),
        (edited(dark_count__range=[0.0, 2.0]), "dark_count.range.1: given 2.0"),
        (edited(detector_efficiency__source=""), "detector_efficiency.source: given ''"),
        (edited(t1_s__value=2.0), "t2_s: given 10, allowed: at most 2 t1_s = 4"),
        (edited(t1_s=None), "slots: given 10, allowed: 0 without t1_s and t2_s, or more with both"),
        (edited(slots__value=1.5, slots__range=[1, 2]), "slots.value: given 1.5"),
        (ION + "\nname: again\n", "key 'name' stands twice"),
        ("a: &x [1]\nb: *x\n", "aliases are not allowed"),
        ("- 1\n", "given list, allowed: a mapping of keys"),
        ("a: [", "not valid YAML"),
        ("? [1]\n: 2\n", "not valid YAML"),
    ],
)
def test_wrong_files_are_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_node(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_unreadable_files_are_refused_in_one_line(tmp_path):
    large, binary = tmp_path / "large.yaml", tmp_path / "binary.yaml"
    large.write_text("#" * 5_000_000)
    binary.write_bytes(b"\xff\xfe\xff")
    for path, said in ((large, "larger than"), (binary, "not UTF-8"), (tmp_path, "cannot be read")):
        with pytest.raises(ConfigError, match=said):
            load_node(path)
