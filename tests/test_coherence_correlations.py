"""Entropies against closed forms, Bell tests against models that are known, loopholes before and after the checks."""

import copy
import csv
import json

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import binom

from entsched.coherence.consensus.rounds import SILENT
from entsched.coherence.correlations.bell import LEAST_DETECTED, Outcome, bell_test, evidence_of
from entsched.coherence.correlations.chsh_forms import FORMS, best_form, chsh_values, post_selected
from entsched.coherence.correlations.counts import counted, ends, with_silence_as_zero
from entsched.coherence.correlations.entropies import entropies
from entsched.coherence.correlations.local_models import Inequality, nearest
from entsched.coherence.correlations.locality import in_time, signalling_p_value
from entsched.coherence.correlations.loopholes import LOOPHOLES, memory, silent_model
from entsched.coherence.correlations.questions import freshness_p_value
from entsched.coherence.correlations.records import model_certificate, violation_certificate
from entsched.coherence.correlations.sources import LATENCY_S, LocalModel, pair_behavior, play, sampled, timed
from entsched.coherence.part import Verdict
from entsched.coherence.parts.correlations import Correlations
from entsched.errors import EntschedError
from entsched.games import checker
from entsched.games.detection import detection_threshold
from entsched.games.evidence import rounds_binomial
from entsched.games.library import named

UNIFORM = np.full((2, 2), 0.25)
ALWAYS_EQUAL = LocalModel(np.ones(1), np.zeros((1, 2), dtype=int), np.zeros((1, 2), dtype=int))
COINS = LocalModel(
    np.full(4, 0.25), np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
)
#: All four strategies that win three quarters of CHSH and answer 0 or 1 evenly: random, and yet at the bound.
AT_THE_BOUND = LocalModel(
    np.full(8, 1 / 8),
    np.array([[a ^ (s & x) for x in (0, 1)] for a in (0, 1) for s in (0, 1) for _ in (0, 1)]),
    np.array([[a ^ (t & y) ^ (s & t) for y in (0, 1)] for a in (0, 1) for s in (0, 1) for t in (0, 1)]),
)
MODELS = {"deterministic": ALWAYS_EQUAL, "mixed": COINS, "at the bound": AT_THE_BOUND, "silent": silent_model()}


def entropy(*probabilities):
    p = np.array(probabilities, dtype=float)
    return float(-np.sum(p[p > 0] * np.log2(p[p > 0])))


def tables_of(behavior, rounds, random):
    """Counts of independent rounds with fair questions, silence last."""
    full = np.zeros((3, 3, 2, 2))
    full[: behavior.shape[0], : behavior.shape[1]] = behavior
    return random.multinomial(rounds, full.ravel() / 4).reshape(full.shape)


def rounds_with_memory(runs, rounds, random):
    """Counts of nodes that, after each lost round, lose only where they did not lose last; for many runs at once."""
    x, y = random.integers(2, size=(2, rounds, runs))
    lost = np.ones((2, runs), dtype=int)
    counts = np.zeros((2, runs, 2, 2, 2, 2), dtype=int)
    for k in range(rounds):
        a, b = (1 - lost[1]) & x[k], ((1 - lost[0]) & y[k]) ^ ((1 - lost[0]) & (1 - lost[1]))
        counts[int(k >= rounds // 5), np.arange(runs), a, b, x[k], y[k]] += 1
        missed = (a ^ b) != (x[k] & y[k])
        lost = np.where(missed, 1 - np.array([x[k], y[k]]), lost)
    return counts


def recorded_runs(name, runs, rounds=1000):
    """Tables of the first fifth and of the rest of each run."""
    random = np.random.default_rng(11)
    if name == "memory":
        first, rest = np.zeros((2, runs, 3, 3, 2, 2), dtype=int)
        first[:, :2, :2], rest[:, :2, :2] = rounds_with_memory(runs, rounds, random)
        return list(zip(first, rest, strict=True))
    sizes = rounds // 5, rounds - rounds // 5
    return [tuple(tables_of(MODELS[name].behavior(), size, random) for size in sizes) for _ in range(runs)]


def false_alarms(name, runs):
    return sum(evidence_of(*tables, 0.05, UNIFORM).p_value <= 0.05 for tables in recorded_runs(name, runs))


@pytest.mark.parametrize("name", [*MODELS, "memory"])
def test_local_models_are_hardly_flagged(name):
    assert false_alarms(name, 20) <= binom.isf(1e-4, 20, 0.05)


@pytest.mark.parametrize("name", [*MODELS, "memory"])
def test_the_form_of_chsh_is_chosen_without_bias(name):
    """Five hundred runs of the CHSH test alone, without the program."""
    alarms = 0
    for first, rest in recorded_runs(name, 500):
        form = best_form(with_silence_as_zero(first))
        wins = int(np.sum(FORMS[form] * with_silence_as_zero(rest)))
        alarms += binom.sf(wins - 1, 800, 0.75) <= 0.05
    assert alarms <= binom.isf(1e-4, 500, 0.05)


@pytest.mark.slow
def test_local_models_are_never_flagged_above_the_stated_rate(capsys):
    """Two thousand runs of each of five models; the rates are printed."""
    alarms = {name: false_alarms(name, 2000) for name in [*MODELS, "memory"]}
    with capsys.disabled():
        rates = ", ".join(f"{name} {count / 2000:.2%}" for name, count in alarms.items())
        print(f"\nflagged at 5 %: {sum(alarms.values()) / 10_000:.2%} of 10,000 runs ({rates})")
    assert max(alarms.values()) <= binom.isf(1e-3, 2000, 0.05)


@pytest.mark.slow
def test_power_at_the_limit_of_chsh(capsys):
    """Two hundred runs of 17,000 rounds at 1 %, above and below the limit; the rates are printed."""
    random, flagged = np.random.default_rng(17), {}
    for visibility in (0.70, 0.75):
        behavior = pair_behavior(visibility)
        runs = (tuple(tables_of(behavior, size, random) for size in (3400, 13_600)) for _ in range(200))
        flagged[visibility] = sum(evidence_of(*tables, 0.01, UNIFORM).p_value <= 0.01 for tables in runs)
    with capsys.disabled():
        print(f"\nflagged at 1 % in 17,000 rounds, of 200 runs: {flagged}")
    assert flagged[0.70] <= binom.isf(1e-3, 200, 0.01)
    assert flagged[0.75] >= binom.ppf(1e-3, 200, 0.9)


def test_the_model_at_the_bound_is_at_the_bound():
    value = 2 * np.einsum("fabxy,abxy->f", FORMS, AT_THE_BOUND.behavior()[:2, :2]) - 4
    assert value.max() == 2


@pytest.mark.parametrize(("visibility", "outcome"), [(0.70, Outcome.LOCAL), (0.75, Outcome.VIOLATION)])
def test_pairs_are_told_apart_at_the_limit_of_chsh(visibility, outcome):
    rounds = rounds_binomial(0.5 + 0.75 / 8**0.5, 0.75, 0.005, 0.95)  # on the four fifths that test
    assert 10_000 < rounds < 20_000
    recorded = sampled(pair_behavior(visibility), 5 * rounds // 4, np.random.default_rng(2))
    found = bell_test(recorded, 0.01, LATENCY_S)
    assert found.outcome == outcome
    assert found.chsh.low < 8**0.5 * visibility < found.chsh.high


def test_pair_behavior_has_the_visibility_in_its_chsh_value():
    for visibility in (0.0, 0.6, 1.0):
        assert chsh_values(pair_behavior(visibility)).max() == pytest.approx(8**0.5 * visibility, abs=1e-12)


def test_the_eight_forms_are_those_with_an_odd_number_of_minus_signs():
    signs = {tuple((FORMS[k][0, 0] - FORMS[k][0, 1]).ravel()) for k in range(8)}
    assert len(signs) == 8
    assert all(np.prod(form) == -1 for form in signs)


def test_the_inequality_of_a_pair_is_chsh_and_its_bound_is_proved():
    counts = np.rint(1e6 * pair_behavior(1.0)).astype(int)
    inequality = nearest(counts, 0.05).inequality
    coefficients = inequality.coefficients / inequality.coefficients.max()
    assert any(np.allclose(coefficients, form, atol=1e-3) for form in FORMS)
    document = violation_certificate("pair", 0.01, counts // 1000, inequality, UNIFORM)
    verdict = checker.check(json.loads(json.dumps(document)))
    most = 4 * int(inequality.coefficients.max())
    assert [(claim.end, 4 * claim.value * most / 4) for claim in verdict.claims] == [("upper", inequality.bound)]


@pytest.mark.parametrize("name", MODELS)
def test_local_models_are_certified_inside_the_region(name):
    counts = counted(play(MODELS[name], 1000, np.random.default_rng(4)))
    if name != "silent":
        counts = with_silence_as_zero(counts)
    document = model_certificate("it", 0.05, counts, nearest(counts, 0.05))
    said = f"a local model agrees with all {counts.size} counts of 'it' (1,000 rounds) at joint level 0.05"
    assert str(checker.check(document)) == f"proved: {said}"
    assert checker.check(document).claims == ()
    document["model"][0]["weight"] = "0"
    with pytest.raises(checker.RefusedError, match="sum"):
        checker.check(document)


def test_no_local_model_is_certified_for_a_violation():
    counts = np.rint(1e5 * pair_behavior(1.0)).astype(int)
    found = nearest(counts, 0.05)
    assert found.distance > 1
    with pytest.raises((EntschedError, checker.RefusedError)):
        model_certificate("pair", 0.05, counts, found)


def test_bounds_of_inequalities_agree_with_a_search_over_both_parties():
    random = np.random.default_rng(5)
    inequality = nearest(random.integers(0, 50, size=(3, 2, 2, 3)), 0.05).inequality
    best = max(
        sum(
            inequality.coefficients[a >> x & 1 if not third & 1 << x else 2, b >> y & 1, x, y]
            for x in (0, 1)
            for y in range(3)
        )
        for a in range(4)
        for third in range(4)
        for b in range(8)
    )
    assert inequality.bound == best > 0


def test_silent_model_reaches_four_and_is_explained():
    random = np.random.default_rng(6)
    recorded = LOOPHOLES["silence"].rounds(5000, random)
    found = bell_test(recorded, 0.01, LATENCY_S)
    assert post_selected(silent_model().behavior()) == found.post_selected == 4
    assert found.outcome == Outcome.LOCAL
    assert found.detected < LEAST_DETECTED
    assert pytest.approx(0.5, abs=0.05) == found.detected


def test_messages_are_exposed_by_time_stamps_alone():
    recorded = LOOPHOLES["communication"].rounds(5000, np.random.default_rng(7))
    slow, fast = (bell_test(recorded, 0.01, latency) for latency in (LATENCY_S, 2 * LATENCY_S))
    assert (slow.outcome, slow.refusals, slow.late) == (Outcome.NOT_ADMISSIBLE, ("timing",), 1.0)
    assert (fast.outcome, fast.refusals, fast.late) == (Outcome.VIOLATION, (), 0.0)
    assert fast.signalling_p == 1.0  # the table of a perfect box does not signal


def test_foreseen_questions_are_exposed_by_nothing():
    found = bell_test(LOOPHOLES["predictable questions"].rounds(5000, np.random.default_rng(8)), 0.01, LATENCY_S)
    assert (found.outcome, found.refusals, found.chsh.value) == (Outcome.VIOLATION, (), 4.0)


def test_memory_stays_at_the_bound():
    recorded = memory(20_000, np.random.default_rng(9))
    won = ((recorded.a ^ recorded.b) == (recorded.x & recorded.y)).mean()
    assert abs(won - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 20_000)
    assert bell_test(recorded, 0.01, LATENCY_S).outcome == Outcome.LOCAL


def test_copied_questions_are_signalling():
    x, y = np.random.default_rng(10).integers(2, size=(2, 2000))
    found = bell_test(timed(x, y, y, 0 * y), 0.01, LATENCY_S)
    assert (found.outcome, found.refusals) == (Outcome.NOT_ADMISSIBLE, ("signalling",))


def test_marginals_without_signalling_are_hardly_refused():
    random = np.random.default_rng(12)
    behavior = pair_behavior(1.0)
    low = sum(signalling_p_value(tables_of(behavior, 400, random), UNIFORM) <= 0.05 for _ in range(60))
    assert low <= binom.isf(1e-4, 60, 0.05)


def test_questions_that_are_not_as_declared_are_refused():
    random = np.random.default_rng(13)
    x = random.integers(2, size=2000)
    found = bell_test(timed(x, x, x, x), 0.01, LATENCY_S)
    assert "questions" in found.refusals
    fair = [freshness_p_value(*random.integers(2, size=(2, 500)), UNIFORM) for _ in range(60)]
    assert sum(each <= 0.05 for each in fair) <= binom.isf(1e-4, 60, 0.05)


def test_declared_chances_that_are_not_uniform_enter_the_payoffs():
    random, chances = np.random.default_rng(14), np.array([[0.4, 0.2], [0.2, 0.2]])
    cells = random.choice(4, size=20_000, p=chances.ravel())
    x, y = cells // 2, cells % 2
    box = random.integers(2, size=20_000)
    assert bell_test(timed(x, y, box, box ^ (x & y)), 0.01, LATENCY_S, chances=chances).outcome == Outcome.VIOLATION
    local = bell_test(timed(x, y, box, box), 0.01, LATENCY_S, chances=chances)
    assert local.outcome == Outcome.LOCAL
    assert local.evidence.chsh is None


def test_late_answers_are_silence():
    one, zero = np.ones(3, dtype=int), np.zeros(3)
    recorded = timed(one, one, one, one)._replace(
        asked_a_s=zero,
        asked_b_s=zero + 0.5,
        answered_a_s=np.array([0.5, 0.6, 0.7]),
        answered_b_s=np.array([0.05, 0.2, 0.05]),
    )
    found, late = in_time(recorded, 0.15)
    assert found.a.tolist() == [1, 1, SILENT]
    assert found.b.tolist() == [1, SILENT, 1]
    assert late == pytest.approx(2 / 3)


def test_detection_threshold_is_that_of_the_game():
    a, b, x, y = np.indices((2, 2, 2, 2))
    game = named("chsh")
    behavior = pair_behavior(1.0)
    game = game.as_nonlocal() if hasattr(game, "as_nonlocal") else game
    local = max(
        game.evaluate(np.where((a == (s >> x & 1)) & (b == (t >> y & 1)), 1.0, 0.0)) for s in range(4) for t in range(4)
    )
    assert detection_threshold(game, behavior, local) == pytest.approx(LEAST_DETECTED, abs=1e-9)


@pytest.mark.parametrize(
    "p",
    [
        [[0.25, 0.25], [0.25, 0.25]],
        [[0.5, 0], [0, 0.5]],
        [[0.7, 0.1], [0.05, 0.15]],
        [[0.9, 0], [0.1, 0]],
        [[0.3, 0.1, 0.1], [0.1, 0.1, 0.3]],
    ],
)
def test_intervals_of_entropies_cover(p):
    p = np.array(p)
    joint, alone_a, alone_b = entropy(*p.ravel()), entropy(*p.sum(axis=1)), entropy(*p.sum(axis=0))
    random = np.random.default_rng(15)
    hits = np.zeros(2)
    for _ in range(300):
        found = entropies(random.multinomial(400, p.ravel()).reshape(p.shape))
        truths = (alone_a + alone_b - joint, joint - alone_b)
        hits += [low - 1e-12 <= truth <= high + 1e-12 for (_, low, high), truth in zip(found, truths, strict=True)]
    assert min(hits) >= binom.ppf(1e-3, 300, 0.95)


def test_bias_of_entropies_is_corrected():
    random = np.random.default_rng(16)
    p = np.array([[0.4, 0.1], [0.1, 0.4]])
    tables = [random.multinomial(60, p.ravel()).reshape(2, 2) for _ in range(600)]
    corrected = np.mean([entropies(table).conditional_entropy.value for table in tables])
    plain = np.mean([entropy(*table.ravel() / 60) - entropy(*table.sum(axis=0) / 60) for table in tables])
    truth = entropy(0.4, 0.4, 0.1, 0.1) - 1
    assert plain < truth - 0.01
    assert abs(corrected - truth) < 0.01


def test_entropies_refuse_nothing_recorded():
    with pytest.raises(EntschedError, match="allowed: counts of 1 or more"):
        entropies(np.zeros((2, 2)))


def test_werner_entropies_against_eigenvalues():
    from entsched.quantum.bell import werner
    from entsched.quantum.entropy import conditional_entropy_bits, mutual_information_bits, negative_above

    for v in (0.0, 0.3, 0.7476, 0.9, 1.0):
        joint = entropy((1 + 3 * v) / 4, *[(1 - v) / 4] * 3)
        assert conditional_entropy_bits(werner(v)) == pytest.approx(joint - 1, abs=1e-9)
        assert mutual_information_bits(werner(v)) == pytest.approx(2 - joint, abs=1e-9)
    root = negative_above()
    assert entropy((1 + 3 * root) / 4, *[(1 - root) / 4] * 3) == pytest.approx(1, abs=1e-9)
    assert root > 1 / 2**0.5  # where CHSH is already violated


def test_measured_pairs_tell_one_bit_at_most():
    from entsched.quantum.bell import werner
    from entsched.quantum.entropy import measured_information_bits

    assert measured_information_bits(werner(1.0)) == pytest.approx(1, abs=1e-9)
    assert measured_information_bits(werner(0.6)) == pytest.approx(2 - entropy(0.4, 0.4, 0.1, 0.1), abs=1e-9)


def test_ends_are_those_of_one_binomial():
    low, high = ends([3, 0, 7], [10, 5, 7])
    assert binom.sf(2, 10, low[0]) == pytest.approx(0.025)
    assert binom.cdf(3, 10, high[0]) == pytest.approx(0.025)
    assert low[1] == 0
    assert high[2] == 1
    assert (1 - high[1]) ** 5 == pytest.approx(0.025)


def test_bad_input_is_refused_in_one_line():
    one = np.ones(20, dtype=int)
    cases = (
        (lambda: bell_test(timed(one[:5], one[:5], one[:5], one[:5]), 0.01, 1.0), "at least 10"),
        (lambda: bell_test(timed(one, one, one, one), 0.01, 0.0), "above 0"),
        (lambda: counted(timed(2 * one, one, one, one)), "x given from 2 to 2"),
        (lambda: nearest(np.ones((4, 4, 8, 8), dtype=int), 0.05), "deterministic strategies"),
        (lambda: nearest(np.zeros((2, 2, 2, 2), dtype=int), 0.05), "no rounds"),
    )
    for call, text in cases:
        with pytest.raises(EntschedError, match=text):
            call()


def test_an_inequality_that_pays_nothing_says_nothing():
    silent = np.zeros((3, 3, 2, 2), dtype=int)
    silent[2, 2] = 50
    assert evidence_of(silent, silent, 0.05, UNIFORM).p_value == 1.0
    assert nearest(silent, 0.05).inequality == Inequality(pytest.approx(np.zeros_like(silent)), 0)


SMALL = {
    "scenarios": [
        {"name": "bit", "nodes": 3, "apart_s": 0.05},
        {"name": "silence", "play": "post-selecting", "nodes": 3},
        {"name": "messages", "play": "communicating", "nodes": 3},
    ],
    "rounds": 400,
    "pair_rounds": 2000,
    "visibilities": [0.5, 1.0],
    "curve": {"start": 0.0, "stop": 1.0, "num": 5},
}


@pytest.fixture(scope="module")
def part_and_tables():
    part = Correlations.model_validate(SMALL)
    rows = [json.loads(json.dumps(task.evaluate(), allow_nan=False)) for task in part.tasks(1)]
    return part, part.tables(rows), part.certificates(rows)


def test_part_judges_consensus_nodes_beside_pairs(part_and_tables):
    part, tables, _ = part_and_tables
    found = {row["source"]: row["outcome"] for row in tables["bell_tests"]}
    assert found["bit"] == found["silence"] == found["Bell pair 0.5, 2000 rounds"] == "compatible with a local model"
    assert found["messages"] == "not admissible"
    assert found["Bell pair 1.0, 2000 rounds"] == found["Bell pair 1.0, 400 rounds"] == "violation"
    verdicts = [finding.verdict for finding in part.findings(tables)]
    assert verdicts == [Verdict.NOT_TESTABLE, Verdict.NOT_SUPPORTED, Verdict.NOT_SUPPORTED]
    assert min(row["conditional_entropy_bits"] for row in tables["entropies"]) >= 0
    assert [row["conditional_entropy_bits"] for row in tables["werner"]][-1] == pytest.approx(-1)


def test_verdicts_can_come_out_the_other_way(part_and_tables):
    part, tables, _ = part_and_tables
    turned = [row | ({"outcome": "violation"} if row["source"] == "bit" else {}) for row in tables["bell_tests"]]
    assert part.findings(tables | {"bell_tests": turned})[1].verdict == Verdict.SUPPORTED
    blind = [row | ({"outcome": "undecided"} if row["group"] == "pair" else {}) for row in tables["bell_tests"]]
    assert part.findings(tables | {"bell_tests": blind})[1].verdict == Verdict.NOT_TESTABLE
    missed = [row | ({"outcome": "violation"} if row["late"] == 1 else {}) for row in tables["loopholes"]]
    failed = part.findings(tables | {"loopholes": missed})[2]
    assert failed.verdict == Verdict.NOT_TESTABLE
    assert "failed to expose messages, loophole: communication" in failed.result


def test_joint_distributions_sum_to_one(part_and_tables):
    sums = {}
    for row in part_and_tables[1]["joint"]:
        key = (row["source"], row["x"], row["y"])
        sums[key] = sums.get(key, 0) + row["probability"]
        assert row["low"] <= row["probability"] <= row["high"]
    assert np.allclose(list(sums.values()), 1)


def test_certificates_of_the_part_are_proved(part_and_tables):
    rows = part_and_tables[1]["certificates"]
    documents = part_and_tables[2]
    assert {row["file"] for row in rows} == documents.keys()
    assert len(documents) == len(rows)
    for row in rows:
        assert str(checker.check_text(documents[row["file"]])) == f"proved: {row['proves']}"
        assert f"'{row['source']}'" in row["proves"]
    sources = {row["source"] for row in part_and_tables[1]["bell_tests"] if row["outcome"] != "not admissible"}
    assert {row["source"] for row in rows} == sources


def test_part_draws_its_figure(part_and_tables, tmp_path):
    from entsched.figures.coherence.correlations import draw

    _, tables, _ = part_and_tables
    png = draw(tables, tmp_path / "correlations.png")
    assert png.exists()
    assert png.with_suffix(".pdf").exists()
    with png.with_suffix(".csv").open() as file:
        assert {row["panel"] for row in csv.DictReader(file)} == {"entropies", "werner", "chsh"}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"scenarios": [{"name": "same"}, {"name": "same"}]}, "each name once"),
        ({"scenarios": [{"name": "a b"}, {"name": "a-b"}]}, "each name once"),
        ({"scenarios": [{"name": "Nodes"}, {"name": "nodes"}]}, "each name once"),
        ({"scenarios": [{"name": "日本"}]}, "at least one of a to z"),
        ({"scenarios": [{"name": "loophole: mine"}]}, "at its start"),
        ({"scenarios": [{"name": "BELL PAIR mine"}]}, "at its start"),
        ({"visibilities": [0.7, 0.7]}, "each once"),
        ({"curve": [0.0, 1.0, 0.5]}, "ascend"),
        ({"significance": 1e-320}, "greater than or equal to"),
        ({"scenarios": [{"questions_a": [{}] * 9, "questions_b": [{}] * 3}]}, "deterministic strategies"),
        ({"significance": 0.0}, "greater than or equal to"),
    ],
)
def test_part_refuses_what_it_cannot_test(changes, text):
    with pytest.raises(ValidationError, match=text):
        Correlations.model_validate(changes)


def test_visibilities_that_are_close_have_names_of_their_own():
    tasks = Correlations(visibilities=[0.7000001, 0.7000002], loopholes=False).tasks(1)
    names = [task.described["source"] for task in tasks if task.kind == "coherence-pair"]
    assert len(set(names)) == len(names) == 7


def test_no_verdict_without_power_at_the_size_of_the_scenarios(part_and_tables):
    """A Bell pair that is flagged in many rounds says nothing of a test with few."""
    part, tables, _ = part_and_tables
    missed = [
        row | ({"outcome": "undecided"} if row["group"] == "pair" and row["rounds"] == 400 else {})
        for row in tables["bell_tests"]
    ]
    finding = part.findings(tables | {"bell_tests": missed})[1]
    assert finding.verdict == Verdict.NOT_TESTABLE
    assert "Too small a test" in finding.result
    assert "400 rounds, 2 x 2 questions, 2 answers: none violates" in finding.entangled
    assert "1 is the least visibility that violates" in part.findings(tables)[1].entangled


def test_every_size_of_scenario_is_tested_with_a_bell_pair():
    tasks = Correlations().tasks(1)
    sizes = {(task.rounds, task.questions, task.answers) for task in tasks if task.kind == "coherence-pair"}
    assert {(5000, (2, 2), 2), (5000, (3, 3), 2), (5000, (2, 2), 4), (50_000, (2, 2), 2)} == sizes
    found = next(task for task in tasks if getattr(task, "questions", None) == (3, 3)).evaluate()
    assert (found["outcome"], found["questions_a"]) == ("violation", 3)


def test_entropies_that_cannot_be_tested_by_records_say_so(part_and_tables):
    part, tables, _ = part_and_tables
    negative = [row | {"conditional_entropy_high": -0.1} for row in tables["entropies"]]
    finding = part.findings(tables | {"entropies": negative})[0]
    assert finding.verdict == Verdict.NOT_TESTABLE
    assert "by theorem no record can" in finding.test


RARE = [
    *([[0.5 - e, e], [e, 0.5 - e]] for e in (0.0005, 0.002, 0.005, 0.01)),
    *([[1 - e, 0], [0, e]] for e in (0.002, 0.005, 0.02)),
    *([[0.5, 0], [e, 0.5 - e]] for e in (0.0005, 0.005)),
    np.diag([0.97, 0.01, 0.01, 0.01]).tolist(),
]


@pytest.mark.parametrize("p", RARE)
def test_intervals_of_entropies_cover_where_cells_are_rare(p):
    p, random, hits = np.array(p), np.random.default_rng(18), np.zeros((2, 2))
    joint, alone_a, alone_b = entropy(*p.ravel()), entropy(*p.sum(axis=1)), entropy(*p.sum(axis=0))
    truths = np.array([alone_a + alone_b - joint, joint - alone_b])
    for k, rounds in enumerate((125, 1250)):
        for table in random.multinomial(rounds, p.ravel(), size=250):
            ends_found = np.array(entropies(table.reshape(p.shape)))[:, 1:]
            hits[k] += (ends_found[:, 0] - 1e-9 <= truths) & (truths <= ends_found[:, 1] + 1e-9)
    assert hits.min() >= binom.ppf(1e-3, 250, 0.945)


def test_mutual_information_is_clipped_at_the_answers_that_occur():
    from entsched.coherence.correlations.tables import source_tables

    counts = np.zeros((5, 5, 1, 1), dtype=int)
    counts[range(4), range(4)] = 10
    row = {"source": "it", "group": "pair", "loophole": "", "certificate": ""}
    row |= {"shape": list(counts.shape), "counts": counts.ravel().tolist()}
    assert source_tables([row])["entropies"][0]["mutual_information_high"] == 2.0


@pytest.mark.parametrize(
    "order",
    [
        lambda k: (k % 2, k // 2 % 2),
        lambda k: (k // 100 % 2, k // 200 % 2),
        lambda k: (k // 1000, k % 2),
        lambda k: (
            np.sort(np.random.default_rng(1).integers(2, size=2000)),
            np.random.default_rng(2).integers(2, size=2000),
        ),
    ],
)
def test_questions_in_an_order_are_refused(order):
    k = np.arange(2000)
    x, y = order(k)
    bit = np.random.default_rng(19).integers(2, size=2000)
    assert bell_test(timed(x, y, bit, bit ^ (x & y)), 0.01, LATENCY_S).refusals == ("questions",)


def test_the_model_is_of_the_rounds_that_count():
    """Late answers are silence for the model as for the inequalities."""
    found = bell_test(LOOPHOLES["communication"].rounds(500, np.random.default_rng(20)), 0.01, LATENCY_S)
    assert found.counts.shape == (3, 3, 2, 2)
    assert found.counts[2, 2].sum() == 500
    assert found.certificate("messages") is None


def test_violations_are_certified_in_units_of_chsh_with_a_p_value():
    recorded = sampled(pair_behavior(0.9), 4000, np.random.default_rng(21))
    found = bell_test(recorded, 0.01, LATENCY_S)
    document = found.certificate("a pair")
    said = str(checker.check(document))
    value = float(said.split("(S = ")[1].split(" ")[0])
    bound = float(said.split("at most ")[1].split(" ")[0])
    assert value == pytest.approx(found.chsh.value, abs=1e-9)
    assert found.evidence.chsh.p_value * (1 - 1e-9) <= bound <= found.evidence.chsh.p_value * 1.01
    for change in (
        {"significance": "1/10000000000000000000000000000000000000000000000000000000000000"},
        {"source": "two\nlines"},
    ):
        other = copy.deepcopy(document)
        other["record"] |= change
        other["sha256"] = checker.digest(other)
        with pytest.raises(checker.RefusedError):
            checker.check(other)


def test_the_exact_curve_of_the_figure_is_that_of_the_tables(part_and_tables):
    from entsched.figures.coherence.correlations import _werner

    rows = part_and_tables[1]["werner"]
    curve = _werner(np.array([row["visibility"] for row in rows]))
    assert np.allclose(curve[:, 1], [row["mutual_information_bits"] for row in rows], atol=1e-9)
    assert np.allclose(curve[:, 2], [row["conditional_entropy_bits"] for row in rows], atol=1e-9)
