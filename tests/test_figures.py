"""Figures: the numbers beside them are those of the tables, each is drawn where it belongs, odd studies do no harm."""

import csv
import itertools
import math
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from entsched import figures, report
from entsched.axes import Axis
from entsched.config import Experiment
from entsched.figures import along, heat, keys, scales, style, tail
from entsched.figures import experiment as of_one
from entsched.figures import sweep as of_sweeps
from entsched.sim.record import QUANTILES
from entsched.sim.task import QUANTILE_COLUMNS
from entsched.store import Store

ENDS = {"": 1.0, "_low": 0.9, "_high": 1.1}
RATES = np.linspace(0.1, 0.9, 5).tolist()


@pytest.fixture
def unseen(monkeypatch):
    """Write the numbers of figures only."""
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: None)


@pytest.fixture
def quick(monkeypatch):
    """Lay figures out once, with all their texts, but write no picture."""

    def lay_out(figure, path, **_):
        if path.suffix == ".pdf":
            figure.draw_without_rendering()

    monkeypatch.setattr(Figure, "savefig", lay_out)


def axis(key, *values):
    return Axis(key, values, values)


def read(path):
    with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def experiment(pairs=20_000, **more):
    return Experiment(
        name="made",
        workload={"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}},
        baseline={"law": "power", "exponent": 2},
        splitting=[0.1, 0.3, 0.5],
        simulation={"pairs": pairs},
        **more,
    )


def waiting(strategy, p, mean_s, spread=ENDS):
    """The row of a strategy whose waits are exponential."""
    at = {"strategy": strategy, "splitting": p}
    waits = {name: -mean_s * math.log(1 - q) for name, q in zip(QUANTILE_COLUMNS, QUANTILES, strict=True)}
    shares = {f"wait_above_{t}_s": math.exp(-t / mean_s) for t in (1, 2.5)}
    values = {"mean_wait_s": mean_s, "baseline_rate": 1.0, **waits, **shares}
    return at | {f"sim_{name}{end}": value * factor for name, value in values.items() for end, factor in spread.items()}


def bounds(best):
    sets = {"random_s": 3.0, "classical_lower_s": 2.0, "classical_upper_s": 2.0, "full_information_s": 1.0}
    return [
        sets
        | {"quantum_lower_s": 2.0 - gain, "quantum_upper_s": 2.0 - gain, "baseline_rate": 1 - p}
        | {"splitting": p, "advantage_s": gain, "strict": gain > 0, "base_wait_s": 1.0}
        for p in (0.0, 0.5, 0.8, 1.0)
        for gain in [0.5 if p == best else 0.0]
    ]


def made(folder, rows, best=None, pairs=20_000, **more):
    with Store(folder / "store") as store:
        empty = report.build(experiment(pairs, **more), store)
    return replace(empty, bounds=bounds(best), strategies=rows)


@pytest.mark.slow
def test_the_tail_of_exponential_waits_is_drawn_at_the_p_nearest_to_the_largest_advantage(tmp_path, monkeypatch):
    monkeypatch.setitem(style.STYLE, "savefig.dpi", 40)
    rows = [waiting("random", p, 2 + p) for p in (0.3, 0.6, 0.9)] + [waiting("mine", None, 4.0)]
    path = figures.wait_tail(made(tmp_path, rows, best=0.5), tmp_path / "tail")
    assert all(path.with_suffix(f".{kind}").stat().st_size > 1000 for kind in ("png", "pdf"))
    drawn = read(path)
    assert {(row["series"], row["p"]) for row in drawn} == {("random", "0.6"), ("mine", "")}
    for row in drawn:
        mean_s = 2.6 if row["series"] == "random" else 4.0
        assert float(row["share_above"]) == pytest.approx(math.exp(-float(row["wait_s"]) / mean_s))
        quantile = row["kind"] == "quantile"
        assert float(row["wait_low_s"]) == pytest.approx((0.9 if quantile else 1.0) * float(row["wait_s"]))
        assert float(row["share_high"]) == pytest.approx((1.0 if quantile else 1.1) * float(row["share_above"]))
    assert len(drawn) == 2 * (4 + 2)


@pytest.mark.parametrize(("pairs", "rarest"), [(50_000, 1e-4), (49_999, 1e-3)])
def test_quantiles_are_drawn_as_far_as_ten_customers_wait_longer(tmp_path, unseen, pairs, rarest):
    path = figures.wait_tail(made(tmp_path, [waiting("random", 0.5, 1.0)], pairs=pairs), tmp_path / "tail")
    assert min(float(row["share_above"]) for row in read(path) if row["kind"] == "quantile") == rarest


NOISY = {"strategies": ["random", "quantum-optimal"], "entanglement": {"pair": {"law": "werner", "visibility": 0.9}}}


def exact(p, gained_s, strategy="quantum-optimal"):
    """A strategy that waits less than 3 s, which is the classical bound of the made reports."""
    wait = {"mean_wait_s": 3.0 - gained_s, "excess_wait_s": 2.0 - gained_s, "baseline_rate": 1 - p}
    return {"strategy": strategy, "splitting": p, "split_fraction": p} | wait


@pytest.fixture
def drawn(monkeypatch):
    """The figures of one experiment that would be saved, and their rows."""
    saved = []
    monkeypatch.setattr(of_one, "save", lambda figure, path, rows: saved.append((figure, rows)) or path)
    yield saved
    plt.close("all")


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def shades(figure):
    """The ranges of p that are shaded."""
    patches = [each for each in figure.axes[0].patches if each.get_width()]
    return [(each.get_x(), round(each.get_x() + each.get_width(), 9)) for each in patches]


def test_the_shade_and_the_thin_line_are_those_of_the_pairs_of_the_experiment(tmp_path, drawn):
    strategies = [exact(0.8, 0.1), exact(0.0, 1e-12), exact(0.5, 0.3), exact(1.0, -0.2), exact(0.0, 0.5, "random")]
    noisy = made(tmp_path, strategies, best=0.5, **NOISY)
    of_one.excess_wait(noisy, tmp_path)
    of_one.pareto_front([noisy], tmp_path)
    (first, rows), (second, front) = drawn
    assert shades(first) == [(0.5, 0.8)]
    assert {"quantum optimum, perfect pairs", "certified advantage of these pairs"} <= set(legend(first))
    assert "quantum-optimal, pairs of this experiment" in legend(first)
    assert "quantum optimum, perfect pairs" in legend(second)
    own = [row for row in rows if row["kind"] == "exact"]
    assert [(row["p"], row["excess_wait_s"]) for row in own] == [(0.0, 2 - 1e-12), (0.5, 1.7), (0.8, 1.9), (1.0, 2.2)]
    assert {row["series"] for row in rows if row["kind"] == "bound"} == {*report.SETS} - {"quantum"} | {
        "quantum, perfect pairs"
    }
    own = [row for row in front if row["series"] == "quantum-optimal"]
    assert [(row["mean_wait_s"], row["baseline_rate"]) for row in own][1:3] == [(2.7, 0.5), (2.9, 1 - 0.8)]


def test_perfect_pairs_are_drawn_as_the_quantum_optimum(tmp_path, drawn):
    perfect = made(tmp_path, [exact(0.5, 0.5), exact(0.8, 0.1)], best=0.5, strategies=["quantum-optimal"])
    of_one.excess_wait(perfect, tmp_path)
    figure, rows = drawn[0]
    assert {row["series"] for row in rows} == {*report.SETS}
    assert legend(figure) == [*of_one.LABELS.values(), "certified quantum advantage"]


def test_readings_and_tails_say_whose_pairs_they_are_about(tmp_path, unseen):
    rows = [exact(0.5, 0.1), exact(0.8, 0.2)] + [waiting("random", p, 2.0) for p in (0.3, 0.7)]
    noisy = made(tmp_path, rows, best=0.5, qos={"max_wait_s": 2.5}, **NOISY)
    sets = ["random", "classical", "quantum, perfect pairs", "full information"]
    assert [row["set"] for row in noisy.qos] == sets
    assert tail.chosen_splitting(noisy) == (0.7, "nearest to the largest advantage of these pairs, at 0.8")
    read_off = [row for row in read(figures.pareto_front([noisy], tmp_path / "front")) if row["kind"][:3] == "QoS"]
    assert [row["series"] for row in read_off] == sets
    perfect = made(tmp_path, rows, best=0.5, qos={"max_wait_s": 2.5})
    assert [row["set"] for row in perfect.qos] == [*report.SETS]


def test_a_supply_without_a_law_is_noted_once(tmp_path):
    stored = {
        "supply": {"law": "poisson", "rate_hz": 1.0},
        "memory": {"slots": 2, "cutoff_s": 1.0, "when_full": "stop"},
    }
    names = ["quantum-optimal", {"name": "quantum-optimal", "measurements": "ideal"}, "random"]
    row = {"kind": "exact", "splitting": 0.5}
    for memory, count in ((stored["memory"], 1), ({"slots": 2}, 0)):
        given = experiment(strategies=names, entanglement=stored | {"memory": memory})
        labels = [choice.label for choice in given.strategies]
        notes = report._unknown_law(given, [row | {"strategy": name} for name in labels])
        assert len(notes) == count
        assert all(note.startswith(f"{labels[0]}, {labels[1]}: no exact law for this supply") for note in notes)
        assert report._unknown_law(given, [row | {"strategy": name, "mean_wait_s": 1.0} for name in labels]) == []


def test_the_tail_without_advantage_is_drawn_at_the_median_and_without_splitting_at_none(tmp_path):
    rows = [waiting("random", p, 2.0) for p in (0.1, 0.2, 0.9)]
    assert tail.chosen_splitting(made(tmp_path, rows))[0] == 0.2
    assert tail.chosen_splitting(made(tmp_path, [waiting("mine", None, 2.0)]))[0] is None


def test_a_single_replication_and_waits_worlds_apart_do_no_harm(tmp_path, quick):
    endless = {"": 1.0, "_low": -math.inf, "_high": math.inf}
    rows = [waiting("random", 0.5, 1.0, endless), waiting("mine", 0.5, 100.0)]
    assert read(figures.wait_tail(made(tmp_path, rows), tmp_path / "tail"))


def test_a_report_is_drawn_as_far_as_it_has_numbers(tmp_path, unseen):
    def names(*given, **changes):
        return [path.stem for path in figures.draw_all(replace(made(tmp_path, *given), **changes), tmp_path)]

    assert names([]) == ["excess_wait", "pareto_front"]
    assert names([waiting("random", 0.5, 1.0)]) == ["excess_wait", "pareto_front", "wait_tail"]
    assert names([], bounds=[]) == []
    cells = [{"load": 0.1, "scv": 1.0, "relative_gain": 0.1}, {"load": 0.2, "scv": 2.0, "relative_gain": 0.2}]
    assert names([], bounds=[], gains=cells) == ["gain_map"]


def advantages(axes, gain):
    """Rows for all combinations, with a relative advantage that a function of their values gives."""
    rows = []
    for values in itertools.product(*(each.shown for each in axes)):
        found = gain(*values)
        rows.append({each.key: value for each, value in zip(axes, values, strict=True)})
        rows[-1] |= {"load": 0.5, "perfect_pairs": True, "relative_advantage": found} | (
            {"splitting": 0.3} if found else {}
        )
    return rows


def plotted(rates, strategies=("classical-optimal", "quantum-optimal"), columns=("", "sim_")):
    """Waits of strategies whose advantage is largest in sum at p = 0.7, though not at the first rate."""
    gains = {0.1: 0.3, 0.4: 0.2, 0.7: 0.25}
    rows = []
    for (place, rate), (p, gain), name in itertools.product(enumerate(rates), gains.items(), strategies):
        more = 0.2 * place * (p == 0.7)
        wait = 5.0 + place - (gain + more) * (name == "quantum-optimal")
        row = {"workload.arrival_rate_hz": rate, "strategy": name, "splitting": p}
        for start in columns:
            row |= {f"{start}mean_wait_s": wait, f"{start}baseline_rate": 2.0 - rate}
        if "sim_" in columns:
            row |= {f"sim_mean_wait_s{end}": wait * f for end, f in ENDS.items()}
            row |= {f"sim_baseline_rate{end}": (2.0 - rate) * f for end, f in ENDS.items()}
        rows.append(row)
    return rows


def test_a_sweep_of_one_number_has_the_numbers_of_its_tables(tmp_path, unseen):
    rates = RATES[::-1]
    axes = (axis("workload.arrival_rate_hz", *rates), axis("simulation.seed", 1))
    given = advantages(axes, lambda rate, _: rate / 10), plotted(rates)
    paths = figures.draw_sweep(axes, *given, tmp_path)
    assert [path.stem for path in paths] == ["sweep_advantage", "sweep_wait", "sweep_rate"]
    first = read(paths[0])
    assert [float(row["advantage_percent"]) for row in first] == pytest.approx([10 * rate for rate in rates])
    assert {(row["at_splitting"], row["simulation.seed"]) for row in first} == {("0.3", "1")}
    for path, column in zip(paths[1:], ("mean_wait_s", "baseline_rate"), strict=True):
        expected = {
            (row["strategy"], kind, row["workload.arrival_rate_hz"]): row[start + column]
            for row in given[1]
            for kind, start in (("exact", ""), ("simulated", "sim_"))
            if row["splitting"] == 0.7
        }
        rows = read(path)
        drawn = {
            (row["series"], row["kind"], float(row["workload.arrival_rate_hz"])): float(row[column]) for row in rows
        }
        assert drawn == expected
        assert all(float(row["low"]) == pytest.approx(0.9 * float(row[column])) for row in rows if row["low"])


@pytest.mark.slow
def test_figures_are_the_same_twice(tmp_path):
    axes = (axis("workload.arrival_rate_hz", *RATES),)
    given = advantages(axes, lambda rate: rate / 10), plotted(RATES)
    once, again = (figures.draw_sweep(axes, *given, tmp_path / folder) for folder in "ab")
    for suffix in (".png", ".pdf", ".csv"):
        assert [p.with_suffix(suffix).read_bytes() for p in once] == [p.with_suffix(suffix).read_bytes() for p in again]


def test_simulated_p_come_first_and_the_median_without_an_advantage():
    rows = plotted(RATES, ("classical-optimal", "quantum-optimal"), ("",))
    assert along.common_splitting(rows)[0] == 0.7
    rows += [row | {"sim_mean_wait_s": 1.0} for row in rows if row["splitting"] != 0.7]
    assert along.common_splitting(rows)[0] == 0.1
    assert along.common_splitting(plotted(RATES, ("random",)))[0] == 0.4
    assert along.common_splitting([]) == (None, "")


@pytest.fixture
def kept(monkeypatch):
    """The figures that maps would save."""
    drawn = []
    monkeypatch.setattr(heat, "save", lambda figure, path, rows: drawn.append(figure) or path)
    yield drawn
    plt.close("all")


def coloured(panel, x, y):
    """The colour value of a map at a point, from the corners of its cells."""
    (mesh,) = panel.collections
    corners = mesh.get_coordinates()
    column = np.searchsorted(corners[0, :, 0], x) - 1
    row = np.searchsorted(corners[:, 0, 1], y) - 1
    return mesh.get_array()[row, column]


def test_every_cell_of_a_map_stands_at_its_values_whatever_their_order(tmp_path, kept):
    axes = (axis("workload.arrival_rate_hz", 0.9, 0.1, 0.5), axis("workload.service.scv", 1.0, 16.0, 0.25, 4.0))
    figures.draw_sweep(axes, advantages(axes, lambda rate, scv: rate * scv / 100), [], tmp_path)
    panel = kept[0].axes[0]
    assert (panel.get_xscale(), panel.get_yscale()) == ("linear", "log")
    for rate, scv in itertools.product(*(each.shown for each in axes)):
        assert coloured(panel, rate, scv) == pytest.approx(rate * scv)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 1, 0)])
def test_panels_are_for_the_names_and_numbers_stand_along_their_axes(tmp_path, kept, order):
    worth = {"random": 1, "a_first": 2, "shortest_first": 3}
    keys = ("workload.arrival_rate_hz", "workload.service.scv", "workload.order")
    given = [axis(keys[0], 0.1, 0.5), axis(keys[1], *range(1, 9)), axis(keys[2], *worth)]
    axes = [given[place] for place in order]

    def gain(*values):
        at = dict(zip((each.key for each in axes), values, strict=True))
        return (at[keys[0]] + 10 * at[keys[1]]) * worth[at[keys[2]]] / 1e4

    figures.draw_sweep(axes, advantages(axes, gain), [], tmp_path)
    panels = {panel.get_title(): panel for panel in kept[0].axes if panel.get_title()}
    assert list(panels) == list(worth)
    for rate, scv, name in itertools.product((0.1, 0.5), range(1, 9), worth):
        across, up = (rate, scv) if order.index(0) < order.index(1) else (scv, rate)
        assert coloured(panels[name], across, up) == pytest.approx((rate + 10 * scv) * worth[name] / 100)


def of_own(axes, gain):
    """Rows of pairs that are not perfect, with what those are worth; None where nothing is known."""
    rows = advantages(axes, lambda *_: 0.07)
    for row in rows:
        found = gain(*(row[each.key] for each in axes))
        row |= {"perfect_pairs": found == 0.07}
        row |= {} if found in (None, 0.07) else {"realised_relative_advantage": found, "realised_splitting": 0.4}
    return rows


@pytest.mark.parametrize("cells", [4, 9])
def test_maps_of_pairs_show_zeros_and_what_is_not_known_beside_a_logarithmic_scale(tmp_path, kept, cells):
    rates, times = np.geomspace(0.01, 100, cells).tolist(), np.geomspace(0.1, 10, cells).tolist()
    axes = (axis("entanglement.supply.rate_hz", *rates), axis("entanglement.memory.t2_s", *times))
    worth = {rates[0]: None, rates[1]: 1e-12, rates[2]: 1e-6, rates[3]: 0.07}
    figures.draw_sweep(axes, of_own(axes, lambda rate, _: worth.get(rate, 0.03)), [], tmp_path)
    figure = kept[0]
    panel = figure.axes[0]
    assert figure.axes[1].get_ylabel().replace("\n", " ") == of_sweeps.OWN_ADVANTAGE
    assert panel.get_xlabel() == "Bell pairs per second"
    values = [coloured(panel, rate, times[0]) for rate in rates[:4]]
    (mesh,) = panel.collections
    assert np.ma.is_masked(values[0])
    assert (mesh.norm.vmin, mesh.norm.vmax) == pytest.approx((1e-4, 7.0))
    assert values[1] < mesh.norm.vmin
    assert values[2:] == pytest.approx([1e-4, 7.0])
    written = sorted(text.get_text() for text in panel.texts)
    assert legend(figure)[:2] == ["no certified advantage", "not known"]
    if cells == 4:
        assert written == sorted(["0", "0.00010", "7.0"] * 4)
        assert len(legend(figure)) == 2
    else:
        assert written == []
        assert legend(figure)[2:] == ["the largest, 7.0 %"]


def test_a_sweep_shows_perfect_pairs_where_of_others_nothing_is_known(tmp_path, kept):
    axes = (axis("simulation.seed", *range(7)), axis("workload.arrival_rate_hz", *RATES))
    figures.draw_sweep(axes, of_own(axes, lambda *_: None), [], tmp_path)
    assert kept[0].axes[1].get_ylabel().replace("\n", " ") == of_sweeps.PERFECT_ADVANTAGE


def test_the_same_advantage_everywhere_is_drawn_only_if_nothing_else_is(tmp_path, unseen):
    axes = (axis("workload.arrival_rate_hz", *RATES),)
    worth = advantages(axes, lambda _: 0.05)
    names = [path.stem for path in figures.draw_sweep(axes, worth, plotted(RATES), tmp_path)]
    assert names == ["sweep_wait", "sweep_rate"]
    assert [path.stem for path in figures.draw_sweep(axes, worth, [], tmp_path)] == ["sweep_advantage"]


LAW = axis("workload.service", "exponential(mean_s=1)", "a $b$ $\\frac$", "hyperexponential(mean_s=1, scv=4, bins=40)")
ORDER = axis("workload.order", "random", "a_first")
SEEDS = axis("simulation.seed", *range(7))
RATE = axis("workload.arrival_rate_hz", *RATES)
ODD = {
    "no axis": ([], 0.1, 0),
    "one value": ([axis("simulation.seed", 1)], 0.1, 0),
    "two values": ([axis("simulation.seed", 1, 2)], 0.0, 1),
    "truth values": ([axis("made", True, False)], 0.0, 1),
    "thousands": ([axis("simulation.pairs", *range(10, 1510))], 0.1, 1),
    "names": ([LAW], 0.1, 1),
    "lines by name": ([LAW, RATE], 0.1, 1),
    "names on both sides": ([LAW, ORDER], 0.0, 1),
    "a large map": ([axis("baseline.setup_s", *np.geomspace(1, 9, 100).tolist()), SEEDS], 0.1, 1),
    "panels without advantage": ([SEEDS, RATE, ORDER], 0.0, 1),
    "three long axes": ([SEEDS, SEEDS, SEEDS], 0.1, 0),
    "four axes": ([RATE, LAW, ORDER, axis("simulation.seed", 1, 2)], 0.1, 0),
    "too many names": ([axis("workload.service", *map(str, range(41)))], 0.1, 0),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_sweeps_are_drawn_or_left_out(tmp_path, quick, name):
    axes, size, count = ODD[name]
    paths = figures.draw_sweep(axes, advantages(axes, lambda *_: size), [], tmp_path)
    assert len(paths) == count
    for path in paths:
        assert len(read(path)) == math.prod(len(each.shown) for each in axes)


@pytest.mark.parametrize(("columns", "count"), [(("",), 2), (("sim_",), 100)])
def test_strategies_are_drawn_from_what_there_is(tmp_path, unseen, columns, count):
    rates = np.linspace(0.1, 0.9, count).tolist()
    axes = (axis("workload.arrival_rate_hz", *rates),)
    rows = plotted(rates, ("random", "no-signalling", *(f"mine-{k}" for k in range(9))), columns)
    paths = figures.draw_sweep(axes, advantages(axes, lambda _: 0.0), rows, tmp_path)
    assert [path.stem for path in paths] == ["sweep_wait", "sweep_rate"]
    assert [len(read(path)) for path in paths] == [11 * count, 11 * count]


def test_lines_that_coincide_take_turns():
    rows = plotted(RATES, ("random", "mine", "other"), ("",))
    rows = [row for row in rows if row["splitting"] == 0.1]
    by_strategy = {name: [row for row in rows if row["strategy"] == name] for name in ("random", "mine", "other")}
    for row in by_strategy["other"]:
        row["baseline_rate"] += 1
    looks = {name: style.look(name, list(by_strategy)) for name in by_strategy}
    dashes = along._dashes(by_strategy, "workload.arrival_rate_hz", "baseline_rate", looks)
    assert dashes["other"] == looks["other"]["ls"]
    covered = [offset for name in ("random", "mine") for offset in [dashes[name][0] % sum(dashes[name][1])]]
    assert sorted(covered) == [0, dashes["random"][1][0]]


def test_every_other_strategy_looks_different():
    labels = [f"mine-{k}" for k in range(16)]
    assert len({tuple(style.look(name, labels).values()) for name in labels}) == 16


@pytest.mark.parametrize("count", [3, 4, 9, 50])
def test_geometric_values_are_told_from_even_ones(count):
    geometric, even = np.geomspace(0.1, 0.1 * 4.01, count), np.linspace(0.1, 90, count)
    assert scales.is_geometric(geometric)
    assert not scales.is_geometric(even)
    assert not scales.is_geometric(even - 0.1)
    for centres in (geometric, even):
        found = scales.edges(centres)
        assert len(found) == count + 1
        assert all(found[:-1] < centres)
        assert all(centres < found[1:])


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("workload.arrival_rate_hz", "arrival rate (pairs per s)"),
        ("workload.service.scv", "squared coefficient of variation of service"),
        ("simulation.made_up_s", "simulation.made_up (s)"),
        ("made.clock_hz", "made.clock (per s)"),
        ("entanglement.hardware.link.length_km", "length of each link (km)"),
        ("entanglement.clocks.wander_s2_per_s", "wander of the clocks (s² per s)"),
        ("made.thing", "made.thing"),
    ],
)
def test_labels_have_units(key, label):
    assert keys.key_label(key) == label
