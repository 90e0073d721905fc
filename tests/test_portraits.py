"""Portraits: the committed page says what the code gives now, and its tables and panels agree with closed forms."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from entsched.figures.portrait import Line, Panel, portrait
from entsched.portraits import reference
from entsched.portraits.behaviors import routings
from entsched.portraits.page import IMAGES, Entry, entry, page
from entsched.portraits.panels import against_load, against_setup, against_splitting, against_visibility
from entsched.portraits.standing import standing
from entsched.render.strategies import portrait as declared
from entsched.routing import critical_visibility, quantum_optimum
from entsched.sim.statistics import Estimate
from entsched.sim.task import Replication
from entsched.strategies.registry import BUILT_IN

DOCS = Path("docs")
PAGE = (DOCS / "portraits.md").read_text()
HOWTO = "How to read the figures"


def found(name):
    chosen = reference.choice(name)
    return routings(chosen, reference.scenario(chosen))


def test_the_page_has_a_section_and_a_row_for_each_built_in_strategy_in_the_order_of_the_registry():
    headings = [line.removeprefix("## ") for line in PAGE.splitlines() if line.startswith("## ")]
    assert headings == [HOWTO, *BUILT_IN]
    rows = [line.split("](#")[0].removeprefix("| [") for line in PAGE.splitlines() if line.startswith("| [")]
    assert rows == list(BUILT_IN)


def test_each_strategy_has_a_small_figure_and_there_are_no_others():
    images = sorted((DOCS / IMAGES).glob("*"))
    assert [path.name for path in images] == sorted(f"{name}.png" for name in BUILT_IN)
    for path in images:
        assert path.stat().st_size < 45_000
        assert f"({IMAGES}/{path.name})" in PAGE


@pytest.mark.parametrize(
    "name",
    ["random", "size-interval", "classical-optimal", "no-signalling", "alternating-classical", "least-work-left"],
)
def test_the_page_says_what_the_code_gives_now(name):
    made = entry(declared(name))
    assert made.row in PAGE.splitlines()
    assert made.section in PAGE


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_whole_page_says_what_the_code_gives_now(name):
    made = entry(declared(name))
    assert made.row in PAGE.splitlines()
    assert made.section in PAGE


def test_the_page_begins_with_the_index_and_ends_with_the_sections():
    text = page([Entry("| one |", "## one\n"), Entry("| two |", "## two\n")])
    assert text.index("| one |\n| two |") < text.index(f"## {HOWTO}") < text.index("## one") < text.index("## two")
    assert PAGE.startswith(text[: text.index("| one |")])


@pytest.mark.parametrize(
    ("taking_turns", "with_a_coin"),
    [
        ("alternating", "always-coalesce"),
        ("time-sliced", "always-coalesce"),
        ("round-robin", "always-split"),
        ("alternating-threshold", "local-threshold"),
        ("alternating-classical", "classical-optimal"),
    ],
)
def test_turns_are_on_average_the_coin_that_they_replace(taking_turns, with_a_coin):
    even, odd = found(taking_turns)
    (fair,) = found(with_a_coin)
    assert not np.allclose(even.p, odd.p)
    np.testing.assert_allclose((even.p + odd.p) / 2, fair.p, atol=1e-12)


@pytest.mark.parametrize("name", ["stale-information", "join-shortest-queue"])
def test_measured_frequencies_are_those_of_the_event_model(name):
    chosen = reference.choice(name)
    scenario = reference.scenario(chosen)
    (measured,) = found(name)
    events = Replication(
        workload=scenario.workload,
        baseline=reference.INDEX_REWARD,
        strategy=chosen,
        splitting=scenario.splitting,
        engine="simpy",
        pairs=2000,
        seed=7,
        replication=0,
    ).simulate()
    split = float(np.sum((measured.p[0, 1] + measured.p[1, 0]) * scenario.workload.pi))
    np.testing.assert_allclose(measured.p.sum(axis=(0, 1)), 1)
    assert abs(split - events.split_fraction) < 4 * math.sqrt(split * (1 - split) / 1800)


def test_the_custom_angles_are_those_of_the_quantum_optimum_rounded():
    given = reference.GIVEN["custom-angles"]
    apart = np.subtract.outer(*(np.radians(given[f"angles_{side}_deg"]) for side in "ab"))
    best = quantum_optimum(reference.workload(), reference.SPLITTING).coalescing
    np.testing.assert_allclose(np.cos(apart / 2) ** 2, best, atol=1e-3)


def test_intervals_of_simulated_strategies_hold_what_is_known():
    chosen = reference.choice("round-robin")
    one = standing(chosen, reference.scenario(chosen), reference.INDEX_REWARD)
    workload = reference.workload()
    rate_hz = workload.arrival_rate_hz
    output = 2 * (1 - 0.5) * rate_hz * 2 / ((10 * rate_hz + 1) * (10 * rate_hz + 2))
    assert one.wait_s.low < workload.base_wait_s < one.wait_s.high < 1.03 * workload.base_wait_s
    assert one.baseline_rate.low < output < one.baseline_rate.high < 1.03 * output


def test_lines_end_where_a_server_is_overloaded(monkeypatch):
    loads = np.array([0.1, 0.5, 0.526, 0.527, 0.9])
    monkeypatch.setattr("entsched.portraits.panels.LOADS", (loads, loads))
    panel = against_load(reference.choice("size-interval"))
    assert list(panel.own.x) == [0.1, 0.5, 0.526]  # server 1 gets 1.9 s a pair
    assert panel.logarithmic == "y"
    assert len(panel.compared["random"].x) == len(panel.own.x) == len(panel.own.y)


def test_an_error_that_is_no_overload_is_not_hidden():
    chosen = reference.choice("classical-optimal")
    with pytest.raises(ValueError, match="needs a splitting probability"):
        standing(chosen, replace(reference.scenario(chosen), splitting=None), reference.INDEX_REWARD)


def test_the_output_of_symmetric_routing_falls_exponentially_with_the_setup():
    panel = against_setup(reference.choice("random"))
    expected = [math.exp(-0.5 * 1.3 / 2 * x) for x in panel.own.x]
    np.testing.assert_allclose(panel.own.y, expected, rtol=1e-12)
    np.testing.assert_allclose(panel.compared["random"].y, expected, rtol=1e-12)
    _, band = panel.band
    np.testing.assert_allclose(band.low, np.exp(-0.5 * np.array(band.x)), rtol=1e-12)


def test_waits_over_p_lie_on_the_bounds(monkeypatch):
    splittings = np.array([0.0, 0.2, 0.6, 1.0])
    monkeypatch.setattr("entsched.portraits.panels.SPLITTINGS", (splittings, splittings))
    panel = against_splitting(reference.choice("classical-optimal"))
    np.testing.assert_allclose(panel.own.y, panel.compared["classical"].y, rtol=1e-9)
    own = against_splitting(reference.choice("always-split")).own
    assert (own.x, own.y) == ([1.0], [pytest.approx(reference.workload().base_wait_s)])


@pytest.mark.slow
def test_pairs_save_from_the_critical_visibility_on():
    own = against_visibility(reference.choice("quantum-optimal")).own
    critical = critical_visibility(reference.workload(), reference.SPLITTING)
    saved = np.array(own.y)
    assert (saved[np.array(own.x) > critical] > 1e-4).all()
    np.testing.assert_allclose(saved[np.array(own.x) < critical], 0, atol=1e-9)


def test_a_portrait_is_drawn_in_few_colours(tmp_path):
    plain = Panel("x", "y", (0, 1), Line([0, 1], [1, 2], [0.5, 1.5], [1.5, 2.5]), {"random": Line([0, 1], [2, 1])})
    point = Panel("x", "y", (1, 10), Line([2], [3]), {"quantum": Line([1, 10], [1, 2])}, logarithmic="xy", zero=True)
    path = portrait("one", [plain, point], tmp_path / "one.png")
    with Image.open(path) as image:
        assert image.mode == "P"
        assert {(0, 0, 0), (255, 255, 255), (127, 127, 127)} <= {c for _, c in image.convert("RGB").getcolors()}
    assert [each.name for each in tmp_path.iterdir()] == ["one.png"]


def test_intervals_are_shown_with_two_digits():
    from entsched.portraits.page import shown

    assert shown(Estimate(3.99949, 3.96027, 4.03871)) == "3.999 ± 0.039"
    assert shown(Estimate(120.0, 100.0, 140.0)) == "120 ± 20"
