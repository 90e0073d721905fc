"""Figures of the best static routing: boundaries against a closed form, cells against their rows, runs end to end."""

import csv
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from entsched import experiment, figures, report
from entsched.axes import Axis, load_study
from entsched.completing import Workers
from entsched.config import Experiment
from entsched.figures.static import VERDICTS, boundary
from entsched.figures.static_map import MOST_COLUMNS, MOST_ROWS, SHADE
from entsched.render import experiments as render
from entsched.static.optimum import Verdict
from entsched.store import Store

WEIGHTS = (0.1, 0.2, 0.4, 0.8)


@pytest.fixture
def seen(monkeypatch):
    """Keep figures instead of writing pictures."""
    kept = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: path.suffix == ".pdf" and kept.append(figure))
    return kept


def row(weight, verdict=Verdict.GAINS_NOTHING, least=0.0, most=0.01, gain=0.0):
    """A row of the table ``static`` for R = sqrt(W) without entanglement and sqrt(W) + gain with it."""
    wait, best = 1 / (4 * weight**2), 1 / (4 * weight)
    found = {"weight": weight, "verdict": verdict.value, "least_gain": least, "most_gain": most}
    for name, more in (("local", 0.0), ("quantum", gain)):
        found |= {f"{name}_lower": best + more, f"{name}_upper": best + more}
        found |= {f"{name}_mean_wait_s": wait, f"{name}_baseline_rate": np.sqrt(wait) + more}
    return found


def made(folder, rows, **more):
    one = Experiment(
        name="made",
        workload={"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}},
        baseline={"law": "linear"},
        splitting=[0.5],
        **more,
    )
    with Store(folder / "store") as store:
        return replace(report.build(one, store), static=rows)


def read(path):
    with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_boundary_touches_the_curve_whose_tangents_it_is_made_of_and_nowhere_lies_below():
    rows = [row(weight) for weight in WEIGHTS]
    touching = np.array([each["local_mean_wait_s"] for each in rows])
    assert boundary(rows, "local", touching) == pytest.approx(np.sqrt(touching))
    waits = np.linspace(0.1, 40, 500)
    assert (boundary(rows, "local", waits) >= np.sqrt(waits) - 1e-12).all()
    by_hand = [min(each["quantum_upper"] + each["weight"] * wait for each in rows) for wait in waits]
    assert boundary(rows, "quantum", waits) == pytest.approx(by_hand)


def test_the_figure_of_a_run_shows_its_points_boundaries_and_gains(tmp_path, seen):
    verdicts = [Verdict.HELPS, Verdict.HELPS, Verdict.UNDECIDED, Verdict.GAINS_NOTHING]
    rows = [row(w, v, least=w / 10, most=w, gain=0.25) for w, v in zip(WEIGHTS, verdicts, strict=True)]
    path = figures.static_routing(made(tmp_path, rows[::-1]), tmp_path / "static")
    drawn = read(path)
    found = [each for each in drawn if each["kind"] == "found" and each["series"] == "entanglement"]
    assert [float(each["weight"]) for each in found] == list(WEIGHTS)
    assert [float(each["above_boundary"]) for each in found] == pytest.approx([0.25] * 4)
    gains = [(each["verdict"], float(each["least_gain"])) for each in drawn if each["kind"] == "gain"]
    assert gains == [(each["verdict"], each["least_gain"]) for each in rows]
    assert {each["series"] for each in drawn if each["kind"] == "boundary"} == {"entanglement", "shared randomness"}
    (figure,) = seen
    assert {"entanglement helps", "entanglement gains nothing", "undecided"} <= set(legend(figure))
    (panel,) = (axes for axes in figure.axes if axes.get_label() == "gains")
    bars = {tuple(c.get_color()[0][:3]): len(c.get_segments()) for c in panel.collections}
    assert bars == {to_rgba(VERDICTS[v][0])[:3]: count for v, count in Counter(verdicts).items()}


def test_a_figure_of_one_weight_and_of_other_pairs_says_whose_pairs_it_is_about(tmp_path, seen):
    noisy = {"pair": {"law": "werner", "visibility": 0.9}}
    figures.draw_all(made(tmp_path, [row(0.1)], entanglement=noisy), tmp_path / "figures")
    assert "best with entanglement, perfect pairs" in legend(seen[-1])
    figures.draw_all(made(tmp_path, [row(0.1)]), tmp_path / "figures")
    assert "best with entanglement" in legend(seen[-1])
    before = len(seen)
    figures.draw_all(made(tmp_path, []), tmp_path / "figures")
    assert len(seen) == before


LOADS, SPREADS = Axis("workload.arrival_rate_hz", (0.25, 0.5), (0.25, 0.5)), Axis("spread", ("a", "b"), ("a", "b"))


def test_a_map_has_a_cell_for_each_workload_and_weight_that_is_known(tmp_path, seen):
    helps = row(0.1, Verdict.HELPS, least=0.02, most=0.03) | {"workload.arrival_rate_hz": 0.5, "spread": "b"}
    nothing = row(0.2, most=0.005) | {"workload.arrival_rate_hz": 0.25, "spread": "a"}
    path = figures.verdict_map([LOADS, SPREADS, Axis("seed", (1,), (1,))], [helps, nothing], tmp_path / "map")
    upper, lower = seen[0].axes
    assert [tick.get_text() for tick in upper.get_yticklabels()] == ["a", "b"]
    for panel, at, verdict in ((upper, (1, 0), Verdict.GAINS_NOTHING), (lower, (0, 1), Verdict.HELPS)):
        (cell,) = (patch for patch in panel.patches if isinstance(patch, Rectangle))
        assert cell.get_facecolor() == to_rgba(VERDICTS[verdict][0], SHADE)
        assert cell.get_xy() == (at[0] - 0.5, at[1] - 0.5)
    # R + w W without entanglement is 5 + 0.1 * 25 at weight 0.1, and 2.5 + 0.2 * 6.25 at weight 0.2
    assert [text.get_text() for text in lower.texts] == ["2.7"]
    assert not upper.texts
    assert [float(each["least_per_mille"]) for each in read(path)] == pytest.approx([20 / 7.5, 0.0])
    assert any("at most 1.3 per mille" in text for text in legend(seen[0]))


def test_a_map_of_one_axis_is_one_panel_and_one_that_nobody_could_read_is_not_drawn(tmp_path, seen):
    rows = [row(0.1) | {"spread": name} for name in SPREADS.shown]
    figures.verdict_map([SPREADS], rows, tmp_path / "map")
    (panel,) = seen[0].axes
    assert len(panel.patches) == 2
    long = Axis("seed", tuple(range(MOST_ROWS + 1)), tuple(range(MOST_ROWS + 1)))
    many = [row(0.01 + n / 1000) | {"spread": "a"} for n in range(MOST_COLUMNS + 1)]
    for axes, given in (([long], [row(0.1) | {"seed": 0}]), ([SPREADS], many), ([SPREADS], []), ([], rows)):
        assert figures.verdict_map(axes, given, tmp_path / "none") is None
    assert not list(tmp_path.glob("none*"))


CONFIG = """
name: small
workload: {{arrival_rate_hz: {rates}, service: {{law: deterministic, mean_s: 1.0}}}}
baseline: {{law: linear}}
splitting: [0.5]
static: {{weights: [1.0, 0.5], gap: 0.05}}
"""


def summed_up(made_report):
    results = experiment.Results(None, made_report, None, ())
    short = render.summary(results)
    return short, render.results_text(results, short, "out")


def run(folder, rates):
    (folder / "small.yaml").write_text(CONFIG.format(rates=rates))
    results = experiment.run(load_study(folder / "small.yaml"), folder / "out", Workers("serial"))
    short = render.summary(results)
    return short, render.results_text(results, short, folder / "out")


def test_a_summary_says_the_verdict_of_every_weight(tmp_path):
    rows = [row(0.1, Verdict.HELPS, 0.002, 0.004), row(0.2, Verdict.UNDECIDED, 0.0, 0.003), row(0.4)]
    short, text = summed_up(made(tmp_path, rows))
    assert [(each["weight"], each["verdict"], each["least_gain"], each["most_gain"]) for each in short["static"]] == [
        (0.1, "helps", 0.002, 0.004),
        (0.2, "undecided", 0.0, 0.003),
        (0.4, "gains nothing", 0.0, 0.01),
    ]
    assert "  at weight 0.1 entanglement helps: by 0.002 to 0.004 in R - weight W (proved)\n" in text
    assert "  at weight 0.2 entanglement is undecided: it gains at most 0.003 (proved)" in text
    assert "  at weight 0.4 entanglement gains nothing that could be found, and at most 0.01 (proved)\n" in text
    assert "static" not in summed_up(made(tmp_path / "none", []))[1]


@pytest.mark.slow
def test_a_run_says_the_verdict_of_every_weight_and_draws_it(tmp_path):
    short, text = run(tmp_path, 0.5)
    assert [(each["weight"], each["verdict"]) for each in short["static"]] == [
        (1.0, "gains nothing"),
        (0.5, "gains nothing"),
    ]
    assert text.count("entanglement gains nothing that could be found, and at most") == 2
    assert len(read(tmp_path / "out" / "static")) == 2
    for kind in ("pdf", "png", "csv"):
        assert (tmp_path / "out" / "figures" / f"static.{kind}").stat().st_size > 1000


@pytest.mark.slow
def test_a_sweep_counts_verdicts_and_draws_a_map(tmp_path, seen):
    short, text = run(tmp_path, [0.25, 0.5])
    assert short["static"] == {"gains nothing": 4}
    assert "entanglement gains nothing in 4" in text
    drawn = read(tmp_path / "out" / "figures" / "static_map")
    assert {(each["workload.arrival_rate_hz"], each["weight"]) for each in drawn} == {
        (rate, weight) for rate in ("0.25", "0.5") for weight in ("0.5", "1.0")
    }
