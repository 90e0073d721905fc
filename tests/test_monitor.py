"""Bell tests inside runs: exact error rates, impostors, faults, both engines, and what test rounds cost."""

from dataclasses import astuple
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from entsched.behavior import Behavior
from entsched.config import load_experiment
from entsched.entanglement import Entanglement
from entsched.entanglement.monitor import Monitor
from entsched.errors import GameError
from entsched.games.bell_test import chsh, chsh_p_value, score_p_value
from entsched.quantum.bell import bell_diagonal, phi_plus, werner
from entsched.quantum.chsh_round import chsh_settings, chsh_wins
from entsched.quantum.correlation import chsh_maximum
from entsched.quantum.measurement import born_behavior, spin
from entsched.routing import routing_game
from entsched.sim.bell_rounds import Examiner
from entsched.sim.monitoring import ENTANGLED, NOT_SHOWN, judged, monitor_notes, monitor_rows
from entsched.sim.pairs import Shared
from entsched.sim.task import Replication
from entsched.strategies.base import Scenario
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.scoring import routing_score
from entsched.tasks import ExactTask, SimulationTask

SQUARE = {"law": "power", "exponent": 2}
SHARED_BITS = {"law": "shared_bits"}
STORED = {"supply": {"law": "poisson", "rate_hz": 1.0}, "memory": {"t2_s": 4.0, "slots": 2, "age_classes": 4}}
#: Impostors by what they win of CHSH rounds: two equal bits, the last separable Werner pair, the best local strategy.
IMPOSTORS = {
    "shared bits": float(
        chsh_wins(chsh_settings(phi_plus()), bell_diagonal((0.5, 0.5, 0, 0)), Entanglement().readout).mean()
    ),
    "separable": float(chsh_wins(chsh_settings(phi_plus()), werner(1 / 3), Entanglement().readout).mean()),
    "deterministic": 0.75,
}


def run(workload, entanglement, **settings):
    defaults = {"pairs": 12_000, "replication": 0, "strategy": {"name": "quantum-optimal"}, "splitting": 0.3}
    return Replication(workload=workload, baseline=SQUARE, entanglement=entanglement, **(defaults | settings))


def verdict_rows(replication):
    task = SimulationTask(**{name: getattr(replication, name) for name in Replication.model_fields})
    row = task.evaluate()
    return judged(row["monitor"], replication.entanglement.monitor, row["score"])


def window(tests, wins, scored=0, score_sum=0.0):
    return {"end_s": 1.0, "tests": tests, "wins": wins, "scored": scored, "score_sum": score_sum}


@pytest.mark.parametrize(("wins", "rounds"), [(0, 30), (17, 30), (30, 30), (850, 1000)])
def test_the_ends_are_those_of_an_exact_binomial_test(wins, rounds):
    found = chsh(wins, rounds, 0.01)
    for end, alternative, index in ((found.low, "greater", 0), (found.high, "less", 1)):
        exact = binomtest(wins, rounds, alternative=alternative).proportion_ci(0.99, "exact")
        assert end == pytest.approx(8 * exact[index] - 4, abs=1e-6)


def test_nothing_is_known_without_rounds():
    assert chsh(0, 0, 0.01) == (None, -4.0, 4.0)
    assert (chsh_p_value(0, 0), score_p_value(0.0, 0, 1.0, (0.0, 2.0))) == (1.0, 1.0)
    rows = judged([window(0, 0)] * 2, Monitor())
    assert not any(row["alarm"] for row in rows)
    assert rows[-1]["verdict"] == NOT_SHOWN


@pytest.mark.parametrize(("name", "needed"), [("shared bits", 2**0.5), ("separable", 2 * 2**0.5 / 3)])
def test_impostors_have_the_chsh_value_of_their_correlations(name, needed):
    assert 8 * IMPOSTORS[name] - 4 == pytest.approx(needed, abs=1e-12)


@pytest.mark.parametrize("weights", [(0.85, 0.05, 0.05, 0.05), (0.7, 0.3, 0, 0), (0.1, 0.05, 0.25, 0.6)])
def test_the_settings_are_the_best_and_their_outcomes_those_of_born(weights):
    state = bell_diagonal(weights)
    settings, readout = chsh_settings(state), Entanglement().readout
    wins = chsh_wins(settings, state, readout)
    assert 8 * wins.mean() - 4 == pytest.approx(chsh_maximum(state), abs=1e-12)
    behavior = born_behavior(state, *([spin(each) for each in side] for side in (settings.a, settings.b)))
    for x, y in product(range(2), repeat=2):
        won = sum(behavior.p[a, b, x, y] for a, b in product(range(2), repeat=2) if (a ^ b) == x * y)
        assert wins[x, y] == pytest.approx(won, abs=1e-12)


@pytest.mark.parametrize("significance", [0.01, 0.1])
def test_impostors_pass_for_entangled_at_most_as_often_as_stated(significance):
    """All numbers of wins in two windows, with their probabilities."""
    sizes, monitor = (10, 20), Monitor(significance=significance)
    passing = [
        [judged([window(10, first), window(20, second)], monitor)[-1]["verdict"] == ENTANGLED for second in range(21)]
        for first in range(11)
    ]
    for impostor, winning in IMPOSTORS.items():
        first, second = (binom.pmf(np.arange(size + 1), size, winning) for size in sizes)
        rate = float(first @ np.array(passing, dtype=float) @ second)
        assert rate <= significance
        assert impostor != "deterministic" or rate > significance / 10


def test_impostors_that_give_up_once_they_look_entangled_do_so_at_most_as_often_as_stated():
    """They win 3/4 of the rounds of a window until the verdict before it is theirs, and then no more."""
    size, windows, monitor = 30, 3, Monitor(windows=3, significance=0.1)
    wins = np.zeros(size * windows + 1)
    wins[0], passed = 1.0, 0.0
    for played in range(1, windows + 1):
        wins = np.convolve(wins, binom.pmf(np.arange(size + 1), size, 0.75))[: size * windows + 1]
        for total in np.flatnonzero(wins):
            parts = [window(size, part) for part in np.diff(np.arange(played + 1) * total // played)]
            whole = judged(parts + [window(size, 0)] * (windows - played), monitor)[-1]
            if whole["verdict"] == ENTANGLED and whole["verdict_windows"] == played:
                passed += wins[total]
                wins[total] = 0.0
    assert 0.03 < passed <= 0.1


@pytest.mark.parametrize("required", [2.0, 2.5])
def test_a_run_that_is_as_required_raises_an_alarm_at_most_as_often_as_stated(required):
    """The probability that any of three windows, of 70 rounds each, raises one."""
    windows, rounds, monitor = 3, 70, Monitor(windows=3, significance=0.05, required_chsh=required)
    quiet = [window(rounds, rounds)] * (windows - 1)
    raising = [judged([window(rounds, wins), *quiet], monitor)[0]["alarm"] for wins in range(rounds + 1)]
    once = float(binom.pmf(np.arange(rounds + 1), rounds, (required + 4) / 8)[raising].sum())
    assert 0.01 < 1 - (1 - once) ** windows <= 0.05


def test_only_the_first_alarm_of_a_run_is_raised():
    rows = judged([window(500, 420), window(500, 300), window(500, 300)], Monitor(windows=3))
    assert [row["alarm"] for row in rows] == [False, True, False, True]


@pytest.mark.parametrize("correlated", [False, True])
def test_no_deterministic_routers_score_less_than_the_bound(correlated):
    from conftest import random_workload

    workload = random_workload(np.random.default_rng(4), 3, correlated=correlated)
    game, mu = routing_game(workload), 1.1
    score = routing_score(workload, mu, Behavior.from_coalescing(np.full((3, 3), 0.5)))
    cost, least = score.cost, np.inf
    for a, b in product(product((0, 1), repeat=3), repeat=2):
        met = np.equal.outer(a, b)
        least = min(least, float(np.sum(workload.pi * np.where(met, cost, mu))))
    assert least - 1e-6 * game.scale < score.local_bound <= least
    assert score.expected == pytest.approx(float(np.sum(workload.pi * (cost + mu))) / 2)


def test_scores_of_local_routers_look_entangled_at_most_as_often_as_stated():
    """Scores 0 and 3 of mean 1, the local bound: all numbers of threes in 200."""
    rounds, level = 200, 0.05
    found = np.array([score_p_value(3.0 * k, rounds, 1.0, (0.0, 3.0)) for k in range(rounds + 1)])
    rate = binom.pmf(np.arange(rounds + 1), rounds, 1 / 3)[found <= level].sum()
    assert 0.001 < rate <= level
    with pytest.raises(GameError, match="total given 601"):
        score_p_value(601.0, rounds, 1.0, (0.0, 3.0))


def test_rounds_are_won_as_often_as_planned_and_are_those_of_a_single_word_each(two_types):
    entanglement = Entanglement(pair={"law": "werner", "visibility": 0.8}, monitor={"test_fraction": 0.25})
    plan = StrategyChoice(name="quantum-optimal").compiled(Scenario(two_types, 0.3, entanglement))
    shared = Shared(entanglement, plan.by_pair, np.random.SeedSequence(3))
    conditions = np.array([0, 1, 1, 1] * 25_000, dtype=np.uint64)
    rounds = Examiner(shared).play(conditions)
    assert not rounds.tested[::4].any()
    assert not rounds.won[~rounds.tested].any()
    assert binomtest(int(rounds.tested.sum()), 75_000, 0.25).pvalue > 1e-3
    assert binomtest(int(rounds.won.sum()), int(rounds.tested.sum()), (2 + 0.8 * 2**0.5) / 4).pvalue > 1e-3
    in_parts = Examiner(shared)
    parts = [in_parts.play(part) for part in np.split(conditions[:900], [1, 7, 500])]
    assert np.array_equal(np.concatenate([part.won for part in parts]), rounds.won[:900])


CASES = {
    "stored, with a fault": STORED | {"fault": {"at_s": 2500.0, "pair": SHARED_BITS}},
    "on demand": {"readout": {"error": 0.02}},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("measurement", ["table", "pairs"])
def test_engines_agree_in_what_they_test_and_score(two_types, case, measurement):
    entanglement = CASES[case] | {"monitor": {"test_fraction": 0.3, "windows": 6}}
    one = run(two_types, entanglement, pairs=2500 if measurement == "table" else 60, measurement=measurement)
    ours, reference = one.simulate(), one.model_copy(update={"engine": "simpy"}).simulate()
    assert len(ours.monitor) == 6
    assert np.allclose(astuple(ours)[-1], astuple(reference)[-1], rtol=1e-9, atol=0)
    assert ours.mean_wait_s == pytest.approx(reference.mean_wait_s, rel=1e-9)
    assert ours.bell_pair_share == reference.bell_pair_share
    assert sum(w.scored for w in ours.monitor) > sum(w.tests for w in ours.monitor) > 0


def test_a_monitor_that_never_tests_changes_nothing(two_types):
    plain = run(two_types, STORED).simulate()
    idle = run(two_types, STORED | {"monitor": {"test_fraction": 0.0, "windows": 4}}).simulate()
    assert astuple(idle)[:-1] == astuple(plain)[:-1]
    assert plain.monitor == ()
    assert sum(w.tests for w in idle.monitor) == 0


@pytest.mark.parametrize("entanglement", [STORED, {}])
def test_test_rounds_cost_what_the_exact_wait_says(two_types, entanglement):
    tested = entanglement | {"monitor": {"test_fraction": 0.4}}
    settings = {"workload": two_types, "baseline": SQUARE, "strategy": {"name": "quantum-optimal"}, "splitting": 0.3}
    untested = entanglement | {"monitor": {"test_fraction": 0.0}}
    exact, free = (ExactTask(entanglement=each, **settings).evaluate() for each in (tested, untested))
    assert exact["bell_pair_share"] == pytest.approx(0.6 * free["bell_pair_share"])
    assert exact["mean_wait_s"] > free["mean_wait_s"] + 0.005
    runs = [run(two_types, tested, pairs=100_000, replication=k).simulate() for k in range(6)]
    for name in ("mean_wait_controlled_s", "bell_pair_share"):
        values = np.array([getattr(figures, name) for figures in runs])
        known = exact[name.replace("_controlled", "")]
        assert abs(values.mean() - known) < 5 * values.std(ddof=1) / np.sqrt(len(values))


@pytest.mark.parametrize(
    ("pair", "delivered", "verdict", "in_routing"),
    [
        ({"law": "werner", "visibility": 0.97}, None, ENTANGLED, True),
        ({"law": "werner", "visibility": 0.85}, None, ENTANGLED, False),  # too noisy for better routing
        ({"law": "werner"}, SHARED_BITS, NOT_SHOWN, False),
        (SHARED_BITS, None, NOT_SHOWN, False),
        ({"law": "werner"}, {"law": "werner", "visibility": 1 / 3}, NOT_SHOWN, False),
    ],
)
def test_a_run_tells_entangled_pairs_from_impostors(two_types, pair, delivered, verdict, in_routing):
    fault = {"fault": {"at_s": 0.0, "pair": delivered}} if delivered else {}
    entanglement = {"pair": pair, "monitor": {"test_fraction": 0.2, "windows": 5}} | fault
    *windows, whole = verdict_rows(run(two_types, entanglement))
    assert whole["verdict"] == verdict
    assert whole["alarm"] == (delivered is not None)
    assert whole["tests"] == sum(row["tests"] for row in windows)
    assert (whole["score_p_value"] < 1e-3) == in_routing


def test_a_fault_raises_the_alarm_after_it_and_not_before(two_types):
    fault = {"at_s": 25_000.0, "pair": SHARED_BITS}
    one = run(two_types, {"fault": fault, "monitor": {"test_fraction": 0.3, "windows": 8}}, pairs=24_000)
    task = SimulationTask(**{name: getattr(one, name) for name in Replication.model_fields})
    rows = monitor_rows({("quantum-optimal", 0.3): [task.evaluate()]}, one.entanglement.monitor)
    raised = [row for row in rows if row["alarm"] and row["window"] != "all"]
    assert len(raised) == 1
    assert 25_000 < raised[0]["end_s"] < 37_000
    verdict, alarm = monitor_notes(rows, one.entanglement.monitor, fault["at_s"])
    assert verdict.startswith("quantum-optimal at p = 0.3: before the alarm: entangled in 1 of 1 runs")
    assert (rows[-1]["verdict_by"], rows[-1]["verdict_windows"]) == ("test rounds", raised[0]["window"] - 1)
    assert alarm.endswith("s after the fault (median)")


def test_nothing_is_shown_without_test_rounds_unless_the_routing_shows_it(two_types):
    notes = []
    for visibility in (1.0, 0.5):
        entanglement = {"pair": {"law": "werner", "visibility": visibility}, "monitor": {"test_fraction": 0.0}}
        rows = verdict_rows(run(two_types, entanglement))
        named = [{"strategy": "s", "splitting": None, "replication": 0} | row for row in rows]
        notes += monitor_notes(named, Monitor())
    assert notes == [
        "s: entangled in 1 of 1 runs at significance 0.01, by its routing (no test rounds)",
        "s: no test rounds: nothing shown",
    ]


def test_the_notes_say_what_looks_like_an_impostor_and_what_came_too_early():
    rows = [
        {"strategy": "s", "splitting": None, "replication": 0} | row
        for row in judged([window(1000, 600), window(1000, 650)], Monitor(windows=2))
    ]
    verdict, alarm = monitor_notes(rows, Monitor(), fault_s=10.0)
    assert (
        verdict == "s: no entanglement shown in 1 runs at significance 0.01, shared randomness would do as well "
        "(mean CHSH value 1.000)"
    )
    assert "(upper end of the interval of S 1.12, required 2)" in alarm
    assert alarm.endswith("; 1 before the fault")


@pytest.mark.slow
def test_the_example_ends_in_an_alarm_in_its_tables_and_its_figure(tmp_path):
    from entsched import report
    from entsched.figures import bell_test
    from entsched.store import Store
    from entsched.sweep import plan

    experiment = load_experiment("configs/monitor.yaml")
    with Store(tmp_path) as store:
        tasks = [*plan(experiment).exact, *(task for point in plan(experiment).simulations for task in point)]
        store.put_many((task.key, task.kind, task.evaluate()) for task in tasks)
        made = report.build(experiment, store)
    assert sum(row["alarm"] for row in made.monitor if row["window"] == "all") == 3
    assert any("alarm in 3 of 3 runs" in note and "before the fault" not in note for note in made.notes)
    drawn = bell_test(made, tmp_path / "monitor")
    assert drawn.stat().st_size > 10_000
    assert drawn.with_suffix(".csv").read_text().count("\n") == 21
