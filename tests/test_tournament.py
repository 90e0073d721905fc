"""The tournament: layers against enumeration, verdicts against intervals by hand, and a tiny one from end to end."""

import csv
import itertools
import json
import math

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from entsched.config import load_experiment
from entsched.errors import ConfigError
from entsched.figures import tournament as drawing
from entsched.strategies.base import Resource, StrategyClass
from entsched.tasks import ExactTask
from entsched.tournament.areas import worth
from entsched.tournament.coins import coins, least_coin
from entsched.tournament.comparison import compare
from entsched.tournament.entanglement import entangled_points
from entsched.tournament.entries import enter
from entsched.tournament.points import Point, State
from entsched.tournament.ranks import layers
from entsched.tournament.standings import duels, fronts, ranks, standings
from entsched.tournament.words import said

TINY = """
name: tiny
workload:
  arrival_rate_hz: 0.5
  service: {law: discrete, values_s: [0.1, 1.9], probabilities: [0.5, 0.5]}
baseline: {law: saturating, time_constant_s: 10.0}
splitting: [0.0, 0.5, 1.0]
strategies: [{name: size-interval, cut_s: 2.0}]
simulation: {pairs: 400, replications: 4, seed: 1, splitting: [0.3, 0.6]}
"""
NAMES = ("random", "quantum-optimal", "size-interval", "custom-angles")
SHORT = {"pairs": 100, "replications": 3, "splitting": [0.3, 1.0]}
PLUGIN = """
from entsched.strategies import Resource, Strategy, StrategyClass


class Broken(Strategy):
    name, summary = "broken", "Raises."
    strategy_class, resource = StrategyClass.SYMMETRIC, Resource.LOCAL

    def compile(self, scenario):
        raise LookupError("nothing here")
"""


def point(strategy="s", rates=(1.0,), waits=(1.0,), exact=None, splitting=None, kind="symmetric", resource="local"):
    runs = {k: (r, w) for k, (r, w) in enumerate(zip(rates, waits, strict=True))}
    place = StrategyClass(kind), Resource(resource)
    return Point(strategy, splitting, *place, State.RANKED, 0.5, exact, runs)


def field(rng, number, replications=5):
    """Points of all classes and resources, half of them exact, on a coarse grid so that there are ties."""
    kinds, resources = list(StrategyClass), list(Resource)
    found = []
    for index in range(number):
        rate, wait = rng.integers(1, 5, 2).astype(float)
        noise = 0.1 * rng.normal(size=(2, replications))
        exact = (rate, wait) if rng.random() < 0.5 else None
        kind, resource = kinds[rng.integers(5)], resources[rng.integers(3)]
        found.append(point(f"s{index}", rate + noise[0], wait + noise[1], exact, None, kind, resource))
    return found


@given(st.integers(0, 5), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_layers_are_the_longest_chains_of_those_that_dominate(number, random):
    """In an order without circles, a layer is one more than the longest chain above, here by enumeration."""
    places = [(random.randint(0, 3), random.randint(0, 3)) for _ in range(number)]
    beats = np.array([[a != b and a[0] >= b[0] and a[1] <= b[1] for b in places] for a in places], dtype=bool).reshape(
        number, number
    )
    chains = [
        chain
        for length in range(1, number + 1)
        for chain in itertools.permutations(range(number), length)
        if all(beats[a, b] for a, b in itertools.pairwise(chain))
    ]
    expected = [max(len(chain) for chain in chains if chain[-1] == last) for last in range(number)]
    assert layers(beats).tolist() == expected


def test_a_circle_and_what_it_dominates_share_a_layer():
    beats = np.zeros((4, 4), dtype=bool)
    beats[[0, 1, 2, 2], [1, 2, 0, 3]] = True
    assert layers(beats).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("seed", range(3))
def test_verdicts_follow_from_exact_figures_and_paired_intervals(seed):
    points = field(np.random.default_rng(seed), 7)
    found = compare(points)
    for (i, one), (j, other) in itertools.permutations(enumerate(points), 2):
        signs = []
        for figure in (0, 1):
            if one.exact and other.exact:
                gap = one.exact[figure] - other.exact[figure]
                low = high = gap
            else:
                apart = [one.runs[k][figure] - other.runs[k][figure] for k in one.runs]
                low, high = stats.ttest_1samp(apart, 0.0).confidence_interval(0.95)
            matrix = (found.rates, found.waits)[figure]
            assert (matrix.low[i, j], matrix.high[i, j]) == pytest.approx((low, high))
            signs.append(1 if low > 0 else -1 if high < 0 else 0 if low == high == 0 else None)
        rate, wait = signs
        dominates = rate in (0, 1) and wait in (0, -1) and (rate, wait) != (0, 0)
        assert found.dominates[i, j] == dominates
        assert (found.verdict(i, j) == "undecided") == (None in signs and not _settled(rate, wait))


def _settled(rate, wait):
    """Whether one sign alone rules out both directions, which takes two that are known."""
    return rate is not None and wait is not None


def test_equal_runs_are_equal_and_unbounded_output_beats_every_other():
    same = [point("a", (1.0, 2.0), (3.0, 4.0)), point("b", (1.0, 2.0), (3.0, 4.0))]
    assert compare(same).verdict(0, 1) == "equal"
    endless = [point(name, (1.0, 2.0), (3.0, 4.5), (math.inf, 3.5)) for name in "cd"]
    found = compare([*same, *endless])
    assert found.rates.more[2, 0]
    assert found.rates.equal[2, 3]
    assert found.verdict(2, 3) == "equal"


def test_one_replication_decides_nothing():
    found = compare([point("a", (1.0,), (3.0,)), point("b", (2.0,), (1.0,))])
    assert found.verdict(0, 1) == "undecided"


def test_ranks_are_layers_among_those_that_are_allowed_no_more():
    points = field(np.random.default_rng(5), 25)
    comparison = compare(points)
    found = ranks(comparison)
    kinds, resources = list(StrategyClass), list(Resource)
    for i, one in enumerate(points):
        for name, allowed in {
            "rank": points,
            "rank_in_class": [p for p in points if kinds.index(p.strategy_class) <= kinds.index(one.strategy_class)],
            "rank_among_equals": [
                p
                for p in points
                if kinds.index(p.strategy_class) <= kinds.index(one.strategy_class)
                and resources.index(p.resource) <= resources.index(one.resource)
            ],
        }.items():
            free = not any(comparison.dominates[points.index(p), i] for p in allowed)
            assert (found[name][i] == 1) == free
    front = [
        row["strategy"]
        for row in fronts(comparison)
        if (row["class"], row["resource"]) == ("communicating", "no-signalling")
    ]
    assert set(front) == {p.strategy for p, rank in zip(points, found["rank"], strict=True) if rank == 1}
    rows = standings(points, comparison)
    assert {row["strategy"] for row in rows if not row["dominated_by"]} == set(front)


def test_duels_meet_at_one_p_or_at_the_front():
    p, q = (point("a", (2.0, 2.1), (1.0, 1.1), (2.0, 1.0), s) for s in (0.3, 0.6))
    rows = duels(compare([p, q, point("b", (1.0, 1.1), (2.0, 2.2), (1.0, 2.0), 0.3)]))
    assert [(row["strategy"], row["other"], row["because"], row["verdict"]) for row in rows] == [
        ("a", "b", "equal p", "dominates"),
        ("b", "a", "front of its class", "dominated"),
    ]
    assert rows[0]["baseline_rate_difference"] == 1.0


def test_worth_is_the_area_and_points_ahead_are_those_no_local_point_matches():
    local = [point("l", (2.0, 2.0), (2.0, 2.0), (2.0, 2.0)), point("m", (1.0, 1.0), (1.0, 1.0), (1.0, 1.0))]
    pairs = [
        point("e", (2.0, 2.0), (1.5, 1.5), (2.0, 1.5), None, "symmetric", "entangled"),
        point("f", (1.0, 1.0), (1.0, 1.0), (1.0, 1.0), None, "static", "entangled"),
    ]
    comparison = compare([*local, *pairs])
    rows = entangled_points(comparison)
    assert [(r["strategy"], r["ahead"], r["saved_s"]) for r in rows[:3]] == [
        ("e", "yes", 0.5),
        ("e", "yes", 0.5),
        ("f", "no", 0.0),
    ]
    symmetric, static = worth(comparison)[:2]
    assert (symmetric["corner_rate"], symmetric["corner_wait_s"]) == pytest.approx((0.95, 2.1))
    assert symmetric["local_area"] == pytest.approx(0.05 * 1.1 + 1.0 * 0.1)
    assert symmetric["area_difference"] == pytest.approx(static["area_difference"]) == pytest.approx(0.5)
    assert said(rows, worth(comparison))[0] == (
        "Symmetric: 1 of 1 points with pairs is ahead of all local points that were played (R 2), "
        "by up to 0.5 s less mean wait (e against l). With them the area that routers dominate is larger by 0.5."
    )


def test_routers_with_a_clock_share_their_time():
    """Two local points of different strategies: a point below their line is ahead of symmetric routers only."""
    local = [
        point("l", (3.0, 3.0), (3.0, 3.0), (3.0, 3.0)),
        point("m", (1.0, 1.0), (1.0, 1.0), (1.0, 1.0)),
    ]
    pairs = [point("e", (2.0, 2.0), (2.2, 2.2), (2.0, 2.2), None, "symmetric", "entangled")]
    comparison = compare([*local, *pairs])
    rows = {row["class"]: row for row in entangled_points(comparison)}
    assert (rows["symmetric"]["ahead"], rows["symmetric"]["saved_s"]) == ("yes", pytest.approx(0.8))
    assert (rows["scheduled"]["ahead"], rows["scheduled"]["saved_s"]) == ("no", pytest.approx(-0.2))
    assert rows["scheduled"]["local"] == "l and m in turn"
    areas = {row["class"]: row for row in worth(comparison)}
    assert areas["symmetric"]["area_difference"] == pytest.approx(0.8)
    assert areas["scheduled"]["area_difference"] == 0.0


def test_bounds_of_the_static_class_prove_what_is_saved():
    comparison = compare(
        [
            point("l", (1.0, 1.0), (1.0, 1.0), (1.0, 1.0)),
            point("e", (2.0, 2.0), (1.5, 1.5), (2.0, 1.5), None, "symmetric", "entangled"),
        ]
    )
    bounds = [{"weight": 0.5, "local_upper": 1.0}, {"weight": 0.2, "local_upper": 1.9}]
    rows = {row["class"]: row for row in entangled_points(comparison, bounds)}
    assert rows["static"]["proved_s"] == pytest.approx(0.5)
    assert "proved_s" not in rows["symmetric"]


def test_what_is_saved_does_not_depend_on_the_grid_of_p():
    """A local strategy on a line in the plane of R and W, a point with pairs 0.5 s before it, between two p."""
    noise = np.array([0.01, -0.01, 0.02, -0.02])
    local = [point("l", 3 - p + noise, 3 - p + noise, None, p) for p in (0.0, 0.25, 1.0)]
    pairs = point("e", 2.4 + noise, 1.9 + noise, None, 0.3, "symmetric", "entangled")
    row = entangled_points(compare([*local, pairs]))[0]
    assert (row["local"], row["ahead"]) == ("l", "yes")
    assert [row[f"saved_s{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.5] * 3)
    assert row["local_splitting"] == pytest.approx(0.6)


def test_lower_ends_hold_for_all_points_of_a_class_together():
    """Against SciPy's t intervals at the levels of Bonferroni: two figures of the one rival, three points."""
    rng = np.random.default_rng(3)
    local = point("l", 1 + 0.01 * rng.normal(size=6), 2 + 0.01 * rng.normal(size=6), kind="scheduled")
    pairs = [
        point(
            f"e{k}",
            0.5 + 0.01 * rng.normal(size=6),
            1 + 0.01 * rng.normal(size=6),
            None,
            None,
            "scheduled",
            "entangled",
        )
        for k in range(3)
    ]
    rows = [row for row in entangled_points(compare([local, *pairs])) if row["class"] == "scheduled"]
    for row, one in zip(rows, pairs, strict=True):
        apart = [local.runs[k][1] - one.runs[k][1] for k in range(6)]
        found = stats.ttest_1samp(apart, 0.0).confidence_interval(1 - 0.05 / 6)
        assert (row["saved_s_low"], row["saved_s_high"]) == pytest.approx((found.low, found.high))
        assert row["ahead"] == "yes"


@pytest.mark.slow
def test_both_words_on_ties_are_wrong_in_at_most_one_tournament_of_twenty():
    """Fifteen points with pairs as good as one without: with single intervals every second tournament would err."""
    rng = np.random.default_rng(8)
    ahead = behind = 0
    trials = 150
    for _ in range(trials):
        noise = 0.01 * rng.normal(size=(16, 2, 10))
        points = [point("l", *(1 + noise[0]), kind="scheduled")]
        points += [point(f"e{k}", *(1 + noise[k]), None, None, "scheduled", "entangled") for k in range(1, 16)]
        words = {row["ahead"] for row in entangled_points(compare(points)) if row["class"] == "scheduled"}
        ahead += "yes" in words
        behind += "no" in words
    assert max(ahead, behind) <= stats.binom(trials, 0.05).ppf(0.999)


def test_a_coin_between_never_and_always_splitting_is_random_routing(config):
    """The strategy random is that coin: its exact figures at any p are what the coin reaches with as much R."""
    changed(config, {"strategies": ["always-coalesce", "always-split", "random"]})
    experiment = load_experiment(config)

    def exact(strategy, splitting):
        task = ExactTask(
            workload=experiment.workload, baseline=experiment.baseline, strategy=strategy, splitting=splitting
        )
        row = task.evaluate()
        return row["baseline_rate"], row["mean_wait_s"]

    coalesce, split, random = experiment.strategies
    ends = [point(one.label, exact=exact(one, None)) for one in (coalesce, split)]
    (tossed,) = coins(experiment, ends)
    assert tossed.label == "always-coalesce or always-split by a coin"
    for p in (0.11, 0.37, 0.93):
        rate, wait_s = exact(random, p)
        assert least_coin([tossed], rate) == (tossed.label, pytest.approx(wait_s, abs=1e-9))
    between = point("e", exact=(rate, wait_s - 0.125), resource="entangled")
    rows = entangled_points(compare([*ends, between]), (), [tossed])
    assert [(row["local"], row["saved_s"]) for row in rows[:2]] == [(tossed.label, pytest.approx(0.125))] * 2


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def changed(config, changes):
    """The tiny configuration with other sections."""
    config.write_text(yaml.safe_dump(yaml.safe_load(TINY) | changes))


@pytest.fixture
def undrawn(monkeypatch):
    """Tournaments whose figures are empty files: drawing takes longer than the rest."""

    def draw(tables, title, unit, path):
        path.parent.mkdir(exist_ok=True)
        for suffix in (".csv", ".pdf", ".png"):
            path.with_suffix(suffix).touch()

    monkeypatch.setattr(drawing, "tournament", draw)


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """A plugin that cannot be compiled and one that cannot be loaded, installed for this process by metadata alone."""
    info = tmp_path / "site" / "two_plugins-1.0.dist-info"
    info.mkdir(parents=True)
    (info.parent / "two_plugins.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: two-plugins\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[entsched.strategies]\nbroken = two_plugins:Broken\nabsent = two_plugins:Absent\n"
    )
    monkeypatch.syspath_prepend(str(info.parent))


@pytest.fixture
def play(call, config, tmp_path):
    """Play the tiny tournament; returns exit code, standard output and standard error."""

    def run(*names, options=("--json",)):
        asked = [part for name in names for part in ("--only", name)]
        return call("tournament", config, "--out", tmp_path / "out", "--executor", "serial", *asked, *options)

    return run


def table(folder, name):
    with (folder / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def by_strategy(printed):
    return {row["strategy"]: row for row in json.loads(printed)["standings"]}


def test_a_broken_plugin_loses_its_own_place(play, plugins, undrawn, tmp_path):
    code, out, err = play(*NAMES, "broken", "absent")
    document = json.loads(out)
    assert code == 1
    assert "nothing here" in err
    assert "plugin strategy 'absent'" in err
    assert {row["strategy"] for row in document["standings"] if row["state"] == "failed"} == {"broken"}
    assert [one["strategy"] for one in document["left_out"]] == ["custom-angles"]
    ranked = [row for row in document["standings"] if row["state"] == "ranked"]
    assert {(row["strategy"], row["splitting"]) for row in ranked} == {
        *((name, p) for name in NAMES[:2] for p in (0.3, 0.6)),
        ("size-interval", None),
    }
    quantum = next(row for row in ranked if row["strategy"] == "quantum-optimal" and row["splitting"] == 0.3)
    assert quantum["mean_wait_s"] == pytest.approx(1.304525, abs=1e-6)
    assert "| quantum-optimal | 0.3 |" in (tmp_path / "out" / "standings.md").read_text()
    assert len(table(tmp_path / "out", "duels")) == len(document["duels"]) > 0


def test_a_second_run_only_prints_and_another_goes_on(play, undrawn, tmp_path):
    first = play("random", "quantum-optimal")
    folder = tmp_path / "out"
    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix in (".csv", ".md", ".yaml")}
    assert play("random", "quantum-optimal") == first
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert (folder / "entanglement.csv").exists()
    assert play("random")[0] == 0
    assert {row["strategy"] for row in table(folder, "standings")} == {"random"}
    assert not (folder / "entanglement.csv").exists()


def test_an_overloaded_server_is_a_result(play, undrawn):
    """One server for all requests has load 1."""
    code, out, _ = play("random", "size-interval")
    rows = by_strategy(out)
    assert (code, rows["size-interval(cut_s=2.0)"]["state"], rows["random"]["state"]) == (0, "unstable", "ranked")


def test_an_unused_server_has_unbounded_output_where_the_reward_is(play, config, undrawn):
    """All to one server: the mean wait by the formula of Pollaczek and Khinchine for batches of two."""
    workload = yaml.safe_load(TINY)["workload"] | {"arrival_rate_hz": 0.4}
    changed(config, {"workload": workload, "baseline": {"law": "power", "exponent": 2}})
    code, out, _ = play("random", "size-interval")
    found = by_strategy(out)["size-interval(cut_s=2.0)"]
    batch_s2 = 2 * (0.1**2 + 1.9**2) / 2 + 2 * 1.0**2
    assert (code, found["state"], found["baseline_rate"], found["rank"]) == (0, "unbounded", None, 1)
    assert found["mean_wait_s"] == pytest.approx(0.4 * batch_s2 / (2 * (1 - 0.8)) + 1.0 / 2)


def test_the_table_fits_a_terminal_and_counts_first_ranks(play, undrawn, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = play("random", "quantum-optimal", "join-shortest-queue", options=())
    assert code == 0
    assert max(len(line) for line in out.partition("class, all")[0].splitlines()) <= 80
    rows = [row for row in table(tmp_path / "out", "standings") if row["strategy"] == "random"]
    first = [sum(row[name] == "1" for row in rows) for name in ("rank_in_class", "rank")]
    (line,) = (line for line in out.splitlines() if line.split()[:1] == ["random"])
    assert line.split()[-6:] == [str(first[0]), "of", "2", str(first[1]), "of", "2"]


@pytest.mark.slow
def test_the_figure_shows_the_standings(play, config, tmp_path):
    """From the command on, with the words for people; a point without bound stands at the edge."""
    workload = yaml.safe_load(TINY)["workload"] | {"arrival_rate_hz": 0.4}
    changed(config, {"baseline": {"law": "power", "exponent": 2}, "simulation": SHORT, "workload": workload})
    code, out, _ = play("random", "quantum-optimal", "size-interval", "stale-information", options=())
    assert code == 0
    assert "points with pairs" in out
    ranked = [row for row in table(tmp_path / "out", "standings") if row["rank"]]
    drawn = [row for row in table(tmp_path / "out" / "figures", "tournament") if row["kind"] == "point"]
    columns = ("strategy", "splitting", "mean_wait_s", "baseline_rate", "baseline_rate_high", "rank")
    assert [[row[name] for name in columns] for row in drawn] == [[row[name] for name in columns] for row in ranked]
    assert {row["state"] for row in ranked} == {"ranked", "unbounded"}
    assert (tmp_path / "out" / "figures" / "tournament.png").stat().st_size > 10_000


def test_wrong_use_is_refused_in_one_line(config):
    experiment = load_experiment(config)
    with pytest.raises(ConfigError, match="--without: given 'nobody', allowed: random"):
        enter(experiment, without=["nobody"])
    with pytest.raises(ConfigError, match="--only and --without leave nothing"):
        enter(experiment, only=["random"], without=["random"])
    with pytest.raises(ConfigError, match="static-quantum needs weight"):
        enter(experiment, only=["static-quantum"])
    with pytest.raises(ConfigError, match="given no simulation"):
        enter(experiment.model_copy(update={"simulation": None}))
