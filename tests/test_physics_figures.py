"""Figures of pairs: the numbers beside them are those of the tables, each is drawn if its table has rows."""

import csv
import math

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from entsched import figures
from entsched.axes import Axis
from entsched.communication import Communication
from entsched.figures import distance, envelope, latency, resource_map, style, visibility
from entsched.figures.pairs import draw_envelope

KM_PER_S = Communication().length_km(1.0)
CRITICAL = [{"splitting": p, "critical_visibility": value} for p, value in ((0.2, 0.78), (0.3, 0.77), (0.5, None))]


@pytest.fixture
def quick(monkeypatch):
    """Lay figures out once, with all their texts, but write no picture."""

    def lay_out(figure, path, **_):
        if path.suffix == ".pdf":
            figure.draw_without_rendering()

    monkeypatch.setattr(Figure, "savefig", lay_out)


@pytest.fixture
def unseen(monkeypatch):
    """Write the numbers of figures only."""
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: None)


def read(path):
    with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers(rows, *names):
    return [tuple(float(row[name]) for name in names) for row in rows]


def worth(relative, **place):
    return place | {"relative_advantage": relative, "strict": relative > 1e-9}


def visibilities():
    return [
        worth(max(0.0, v - 0.8) / 4 - 1e-14, splitting=p, visibility=v) for p in (0.2, 0.3) for v in (1.0, 0.7, 0.9)
    ]


def cells(rates=(0.1, 1.0, 10.0), times=(0.1, 1.0, 10.0)):
    return [
        worth(max(0.0, 0.01 * math.log10(10 * rate * time)), pair_rate_hz=rate, memory_s=time, splitting=0.3)
        for time in times
        for rate in rates
    ]


def presets():
    fast = worth(0.015, node="fast", pair_rate_hz=1e6, memory_s=1.0, visibility=0.9)
    forgetful = worth(0.0, node="forgetful", pair_rate_hz=3.0, memory_s=None, visibility=0.8)
    return [fast, forgetful, {"node": "dark", "problem": "no light"}]


def hardware():
    return [
        {
            "node": node,
            "segments": segments,
            "distance_km": km,
            "splitting": 0.3,
            "pair_rate_hz": 100 * 10 ** (-km / 20),
        }
        | {"fidelity": 0.95 - km / 200 * segments, "bits_per_s": 9.0 / km if segments == 1 else 0.0}
        | {"repeaterless_bits_per_s": 1e4 / km}
        for node in ("atom", "ion")
        for segments in (1, 2)
        for km in (1.0, 50.0)
    ]


def budgets(distances=(1.0, 50.0)):
    shares = {"generation": 0.1, "storage": 0.2, "swapping": 0.05, "measurement": 0.01}
    return [{"node": "ion", "segments": n, "distance_km": km} | shares for n in (1, 2) for km in distances]


def latencies(values=(0.01, 0.1, 1.0)):
    waits = {"splitting": 0.3, "classical_wait_s": 1.4, "entangled_wait_s": 1.3, "break_even_s": 0.2}
    return [waits | {"latency_s": t, "fibre_km": t * KM_PER_S, "communicating_wait_s": 1.1 + t} for t in values]


def break_evens():
    place = {"splitting": 0.3, "break_even_km": 0.2 * KM_PER_S, "break_even_s": 0.2}
    return [place | {"visibility": v, "strict": v > 0.8} for v in (0.9, 0.7, 1.0)]


def critical(quantity, strict, target, sense="least", **place):
    asked = {"splitting": 0.3, "target": 0.02, "strict_from": strict, "target_from": target}
    return {"quantity": quantity, "sense": sense} | asked | place


def envelopes():
    return [
        critical("visibility", 0.8, 0.9),
        critical("pair_rate_hz", 1e-8, None),
        critical("distance_km", 170.0, 20.0, "largest", node="ion", segments=1),
        critical("distance_km", None, None, "largest", node="atom", segments=2),
        critical("latency_s", 0.2, 0.25),
    ]


def tables():
    return {
        "visibility": visibilities(),
        "critical": CRITICAL,
        "rate_memory": cells(),
        "presets_placed": presets(),
        "latency": latencies(),
        "distance": hardware(),
        "error_budget": budgets(),
        "envelope": envelopes(),
        "break_even": break_evens(),
    }


def test_each_table_with_rows_has_its_figure(tmp_path, unseen):
    drawn = [name for name in tables() if name not in ("critical", "presets_placed")]
    assert [path.stem for path in draw_envelope(tables(), 0.5, 0.02, tmp_path)] == drawn
    for name in drawn:
        only = {name: tables()[name]}
        assert [path.stem for path in draw_envelope(only, 0.5, 0.0, tmp_path)] == [name]
    dark = {"distance": [{"node": "dark", "segments": 1, "distance_km": 1.0, "splitting": 0.3, "problem": "no light"}]}
    assert draw_envelope(dark, 0.5, 0.0, tmp_path) == []


@pytest.mark.slow
def test_figures_are_laid_out_without_a_warning(tmp_path, quick):
    assert len(draw_envelope(tables(), 0.5, 0.02, tmp_path)) == 7


def test_a_figure_is_written_as_pdf_png_and_numbers(tmp_path, monkeypatch):
    monkeypatch.setitem(style.STYLE, "savefig.dpi", 40)
    path = visibility.visibility(visibilities(), CRITICAL, tmp_path / "visibility")
    assert all(path.with_suffix(f".{kind}").stat().st_size > 1000 for kind in ("png", "pdf"))
    curves = [row for row in read(path) if row["advantage_percent"]]
    assert numbers(curves, "p", "visibility", "advantage_percent") == [
        (p, v, pytest.approx(percent)) for p in (0.2, 0.3) for v, percent in ((0.7, 0.0), (0.9, 2.5), (1.0, 5.0))
    ]
    marks = [row for row in read(path) if not row["advantage_percent"]]
    assert numbers(marks, "p", "visibility") == [(0.2, 0.78), (0.3, 0.77)]


def test_nothing_gained_is_drawn_as_zero(tmp_path, quick):
    nothing = [row | worth(-1e-14) for row in visibilities()]
    rows = read(visibility.visibility(nothing, [], tmp_path / "visibility"))
    assert {float(row["advantage_percent"]) for row in rows} == {0.0}
    flat = [row | worth(0.0) for row in cells()]
    rows = read(resource_map.rate_memory(flat, presets()[1:], 0.5, 0.0, tmp_path / "rate_memory"))
    assert {float(row["advantage_percent"]) for row in rows} == {0.0}


def test_the_map_has_its_cells_and_the_presets_that_deliver(tmp_path, unseen):
    rows = read(resource_map.rate_memory(cells(), presets(), 0.5, 0.015, tmp_path / "map"))
    given = [(row["pair_rate_hz"], row["memory_s"], pytest.approx(100 * row["relative_advantage"])) for row in cells()]
    assert numbers(rows[:9], "pair_rate_hz", "memory_s", "advantage_percent") == given
    assert [(row["series"], float(row["pair_rate_hz"]), row["visibility"]) for row in rows[9:]] == [
        ("fast", 1e6, "0.9"),
        ("forgetful", 3.0, "0.8"),
    ]


@pytest.mark.parametrize("grid", [{"rates": (None,)}, {"times": (2.0,)}, {"rates": (1.0,), "times": (2.0,)}])
def test_one_grid_is_a_curve(tmp_path, unseen, grid):
    one = {"rates": (0.1, 1.0, 10.0), "times": (0.1, 1.0, 10.0)} | grid
    points = [
        worth(0.01, pair_rate_hz=rate, memory_s=time, splitting=0.3) for rate in one["rates"] for time in one["times"]
    ]
    rows = read(resource_map.rate_memory(points, presets(), 0.5, 0.02, tmp_path / "curve"))
    assert {row["series"] for row in rows} == {"grid"}
    assert len(rows) == len(points)


def test_lines_of_an_envelope_cross_at_the_break_even_latency(tmp_path, unseen):
    rows = read(latency.latency_of_envelope(latencies(), tmp_path / "latency"))
    crossing = rows.pop()
    assert (crossing["series"], crossing["with"]) == ("quantum-optimal", "full-information")
    assert numbers([crossing], "latency_s", "fibre_km", "mean_wait_s") == [pytest.approx((0.2, 0.2 * KM_PER_S, 1.3))]
    for column, name in latency.COLUMNS.items():
        own = [row for row in rows if row["series"] == name]
        assert numbers(own, "latency_s", "mean_wait_s") == [(row["latency_s"], row[column]) for row in latencies()]


@pytest.mark.parametrize("values", [(0.0, 0.1, 1.0), (0.1,), (0.0,)])
def test_latencies_of_zero_and_alone_do_no_harm(tmp_path, unseen, values):
    assert len(read(latency.latency_of_envelope(latencies(values), tmp_path / "latency"))) >= 3 * len(values)


def simulated(strategy, latency_s, wait_s, exact=True):
    ends = {"sim_mean_wait_s": wait_s, "sim_mean_wait_s_low": wait_s - 0.01, "sim_mean_wait_s_high": wait_s + 0.01}
    place = {latency.KEY: latency_s, "strategy": strategy, "splitting": 0.3}
    return place | ends | ({"mean_wait_s": wait_s} if exact else {})


def test_a_sweep_over_the_latency_shows_simulated_points_and_where_they_cross(tmp_path, unseen):
    values = (0.1, 1.0, 10.0)
    plotted = [simulated("quantum-optimal", t, 1.3) for t in values]
    plotted += [simulated("full-information", t, 1.1 + t) for t in values]
    plotted += [simulated("stale-information", t, 1.0 + 0.1 * t, exact=False) for t in values]
    axis = Axis(latency.KEY, values, values)
    advantages = [{latency.KEY: t, "perfect_pairs": True, "relative_advantage": 0.1} for t in values]
    paths = figures.draw_sweep([axis], advantages, plotted, tmp_path)
    assert "sweep_advantage" not in [path.stem for path in paths]
    rows = read({path.stem: path for path in paths}["latency"])
    crossings = {row["with"]: float(row["latency_s"]) for row in rows if row["kind"] == "crossing"}
    assert crossings == pytest.approx({"full-information": 0.2, "stale-information": 3.0})
    known = [row for row in rows if row["kind"] == "simulated" and row["series"] == "stale-information"]
    assert numbers(known, "latency_s", "mean_wait_s", "low", "high") == [
        pytest.approx((t, 1 + 0.1 * t, 0.99 + 0.1 * t, 1.01 + 0.1 * t)) for t in values
    ]
    assert {row["series"] for row in rows if row["kind"] == "exact"} == {"quantum-optimal", "full-information"}


def test_distances_have_the_numbers_of_their_tables(tmp_path, unseen):
    names = ("distance_km", "segments", "pair_rate_hz", "fidelity", "bits_per_s", "repeaterless_bits_per_s")
    rows = read(distance.distance(hardware(), 0.78, tmp_path / "distance"))
    assert sorted(numbers(rows, *names)) == sorted(tuple(row[name] for name in names) for row in hardware())
    silent = [row | {"bits_per_s": 0.0, "repeaterless_bits_per_s": None} for row in hardware()]
    assert len(read(distance.distance(silent, None, tmp_path / "silent"))) == len(silent)


def test_budgets_are_shown_at_five_distances_at_most(tmp_path, unseen):
    rows = read(distance.error_budget(budgets(range(1, 10)), 0.78, tmp_path / "budget"))
    assert sorted({float(row["distance_km"]) for row in rows}) == [1, 3, 5, 7, 9]
    assert {tuple(float(row[cause]) for cause in distance.CAUSES) for row in rows} == {(0.1, 0.2, 0.05, 0.01)}


def test_an_envelope_has_its_critical_values_over_common_axes(tmp_path, unseen):
    rows = read(envelope.envelope(tables(), tmp_path / "envelope"))
    ends = [(row["quantity"], row["strict_from"], row["target_from"]) for row in rows]
    given = [
        (row["quantity"], *("" if row[end] is None else str(row[end]) for end in ("strict_from", "target_from")))
        for row in envelopes()
    ]
    assert ends == given
    ranges = [pytest.approx(end) for end in ((0.7, 1), (0.1, 10), (1, 187), (1, 187), (0.01, 1))]
    assert numbers(rows, "axis_low", "axis_high") == ranges


def test_break_even_latencies_are_in_the_order_of_visibility(tmp_path, unseen):
    rows = read(visibility.break_even(break_evens(), tmp_path / "break_even"))
    assert numbers(rows, "visibility", "break_even_s", "break_even_km") == [
        (v, 0.2, pytest.approx(0.2 * KM_PER_S)) for v in (0.7, 0.9, 1.0)
    ]
    assert [row["strict"] for row in rows] == ["False", "True", "True"]
    never = [row | {"break_even_s": 0.0, "break_even_km": 0.0} for row in break_evens()]
    assert len(read(visibility.break_even(never, tmp_path / "never"))) == 3


@pytest.fixture
def saved(monkeypatch):
    """The figures that would be saved."""
    figures_saved = []
    for module in (latency, distance, resource_map):
        monkeypatch.setattr(module, "save", lambda figure, path, rows: figures_saved.append(figure) or path)
    yield figures_saved
    plt.close("all")


def legend(figure):
    return {
        text.get_text(): handle
        for text, handle in zip(figure.legends[0].get_texts(), figure.legends[0].legend_handles, strict=True)
    }


def test_the_fidelity_that_helps_has_a_line_of_its_own(tmp_path, saved):
    many = [row | {"segments": 2 ** row["segments"] * scale} for scale in (1, 4) for row in hardware()]
    distance.distance(many, 0.78, tmp_path)
    entries = legend(saved[0])
    threshold = entries.pop("helps above 0.835 (perfect readout, fresh pair per request)")
    styles = [handle._unscaled_dash_pattern for name, handle in entries.items() if "segment" in name]
    assert len(styles) == 4
    assert threshold._unscaled_dash_pattern not in styles


def test_a_map_that_is_positive_everywhere_says_so_on_it(tmp_path, saved):
    for shift in (0.0, 0.01):
        rows = [row | worth(row["relative_advantage"] + shift) for row in cells()]
        resource_map.rate_memory(rows, presets(), 0.5, 0.0, tmp_path)
    texts = [[text.get_text() for text in figure.axes[0].texts] for figure in saved]
    assert ["strictly above zero\neverywhere on the map" in each for each in texts] == [False, True]
    assert not [name for figure in saved for name in legend(figure) if "everywhere" in name]


def test_stale_information_is_said_to_have_another_throughput(tmp_path, saved):
    rows = [simulated(name, t, 1.0) for name in ("quantum-optimal", "stale-information") for t in (0.1, 1.0)]
    latency.latency_of_sweep(rows, tmp_path)
    names = [*legend(saved[0])][:2]
    assert names == ["quantum-optimal", "stale-information (other throughput, see sweep_rate)"]
