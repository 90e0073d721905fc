"""Redundancy: codes against state vectors, enumeration and binomial laws; tables, verdicts and the figure."""

import json
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import binom, binomtest

from entsched.coherence.parts.redundancy import Redundancy
from entsched.coherence.redundancy import erasure, findings, quorum, surface
from entsched.coherence.redundancy.crossing import crossing, rate
from entsched.coherence.redundancy.pauli_codes import (
    CODES,
    Failures,
    distance,
    failures,
    lost_share,
    pseudo_threshold,
    sampled_failures,
)
from entsched.coherence.redundancy.tasks import LossesTask, WordsTask
from entsched.errors import EntschedError
from entsched.figures.coherence import redundancy as figure

PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
QUICK = {
    "reed_solomon": [{"n": 5, "k": 1}, {"n": 5, "k": 3}],
    "errors": [0.1, 0.3],
    "words": 100,
    "reads": 5000,
    "patterns": 20,
    "distances": [3, 5],
    "surface_errors": [0.05, 0.1, 0.14, 0.18],
    "shots": 4000,
    "circuit_errors": [0.004, 0.01],
    "circuit_shots": 500,
}


def operator(word):
    matrix = np.eye(1)
    for letter in word:
        matrix = np.kron(matrix, PAULIS[letter])
    return matrix


def projector(code):
    return np.linalg.multi_dot([np.eye(2**code.n), *((np.eye(2**code.n) + operator(s)) / 2 for s in code.stabilisers)])


def words(n, letters="IXYZ"):
    return ["".join(word) for word in product(letters, repeat=n)]


def weight(word):
    return sum(letter != "I" for letter in word)


@pytest.fixture(scope="module")
def rows():
    return [json.loads(json.dumps(task.evaluate(), allow_nan=False)) for task in Redundancy(**QUICK).tasks(1)]


@pytest.fixture(scope="module")
def tables(rows):
    return Redundancy(**QUICK).tables(rows)


def test_failures_of_the_five_qubit_code_follow_from_its_state_vectors():
    code = CODES["five-qubit"]
    space = projector(code)
    zero = space @ np.eye(32)[0]
    zero /= np.linalg.norm(zero)
    one = operator("XXXXX") @ zero
    stabilisers = [operator(word) for word in code.stabilisers]
    states = [zero, (zero + one) / np.sqrt(2)]

    def syndrome(state):
        return tuple(round(float(np.vdot(state, s @ state).real)) for s in stabilisers)

    mends = {syndrome(operator(word) @ zero): operator(word) for word in words(5) if weight(word) <= 1}
    assert len(mends) == 16
    counts = np.zeros(6, dtype=int)
    for word in words(5):
        error = operator(word)
        mended = mends[syndrome(error @ zero)] @ error
        counts[weight(word)] += any(abs(np.vdot(state, mended @ state)) < 0.99 for state in states)
    assert failures("five-qubit", "depolarising").counts == tuple(counts)


def test_flips_of_the_steane_code_are_those_of_the_hamming_code():
    counts = [0] * 8
    for bits in product((0, 1), repeat=7):
        left = list(bits)
        place = np.bitwise_xor.reduce([index + 1 for index in range(7) if bits[index]] or [0])
        if place:
            left[place - 1] ^= 1
        counts[sum(bits)] += sum(left) % 2
    assert failures("Steane", "flips") == Failures(tuple(counts), 1)


def test_every_pauli_code_is_one():
    for code in CODES.values():
        own = len(code.stabilisers)
        assert own == code.n - code.k
        commutes = [
            [sum("I" not in pair and len(set(pair)) > 1 for pair in zip(a, b, strict=True)) % 2 == 0 for b in all_words]
            for all_words in [(*code.stabilisers, *code.logicals)]
            for a in all_words
        ]
        assert np.array(commutes)[:own].all()
        assert not np.array(commutes)[own:, own:].all(axis=1).any()


@pytest.mark.parametrize("name", ["repetition 3", "four-qubit", "five-qubit"])
def test_losses_follow_from_the_conditions_of_knill_and_laflamme(name):
    code = CODES[name]
    space = projector(code)
    bad = []
    for word in words(code.n):
        inside = space @ operator(word) @ space
        if not np.allclose(inside, np.trace(inside) / 2**code.k * space):
            bad.append({place for place, letter in enumerate(word) if letter != "I"})
    for size, share in enumerate(lost_share(name)):
        gone = [any(places <= set(lost) for places in bad) for lost in combinations(range(code.n), size)]
        assert share == pytest.approx(np.mean(gone))


def test_no_quantum_code_survives_half_or_beats_its_singleton_bound():
    for name, code in CODES.items():
        kept = distance(name) - 1
        assert 2 * kept < code.n
        assert code.n - code.k >= 2 * kept
        shares = lost_share(name)
        if code.k == 1:  # a set and its complement are never both dispensable
            assert all(share + other >= 1 - 1e-12 for share, other in zip(shares, shares[::-1], strict=True))


def test_pseudo_thresholds_are_where_failures_equal_errors():
    for name in ("five-qubit", "Steane", "surface 3"):
        found = failures(name, "depolarising")
        at = pseudo_threshold(found)
        assert found.probability(at) == pytest.approx(at)
        assert found.probability(at / 2) < at / 2
    assert failures("repetition 3", "depolarising").probability(0.01) > 0.01
    with pytest.raises(EntschedError, match="allowed: bare qubit"):
        failures("none", "flips")


def test_depolarising_failures_add_up():
    for name, code in CODES.items():
        counts = failures(name, "depolarising").counts
        assert sum(counts) == 4**code.n * (1 - 0.25**code.k)
        assert all(count <= comb(code.n, w) * 3**w for w, count in enumerate(counts))


def test_surface_checks_are_those_of_the_small_code():
    code = surface.checks(3)
    words_x = {"".join("X" if bit else "I" for bit in row) for row in code.x_checks}
    words_z = {"".join("Z" if bit else "I" for bit in row) for row in code.z_checks}
    assert words_x | words_z == set(CODES["surface 3"].stabilisers)
    for size in (5, 7):
        code = surface.checks(size)
        assert code.x_checks.shape == code.z_checks.shape == ((size**2 - 1) // 2, size**2)
        assert not (code.x_checks @ code.z_checks.T % 2).any()
        assert not (code.x_logical @ code.z_checks.T % 2).any()
        assert not (code.z_logical @ code.x_checks.T % 2).any()
        assert code.x_logical @ code.z_logical % 2 == 1


@pytest.mark.parametrize("size", [3, 5])
def test_one_round_of_the_surface_code_agrees_with_stim(size):
    import pymatching
    import stim

    shots, error = 20_000, 0.1
    circuit = stim.Circuit.generated(
        "surface_code:rotated_memory_z", distance=size, rounds=1, before_round_data_depolarization=error
    )
    matching = pymatching.Matching.from_detector_error_model(circuit.detector_error_model(decompose_errors=True))
    detected, flipped = circuit.compile_detector_sampler(seed=5).sample(shots, separate_observables=True)
    theirs = np.mean(matching.decode_batch(detected)[:, 0] != flipped[:, 0])
    found = surface.memory_failures(size, error, shots, np.random.default_rng(4))
    for ours in (found.flipped, found.phase_flipped):
        assert abs(ours / shots - theirs) < 5 * np.sqrt(2 * theirs / shots)
    assert max(found[:2]) <= found.any <= sum(found[:2])


def test_circuit_noise_is_suppressed_by_distance_below_the_crossing_only():
    low = [surface.circuit_failures(size, 0.003, 30_000, 3) for size in (3, 5)]
    high = [surface.circuit_failures(size, 0.02, 2_000, 3) for size in (3, 5)]
    assert binomtest(low[1], sum(low)).pvalue < 1e-3
    assert low[0] > low[1]
    assert high[0] < high[1]


@pytest.mark.parametrize(("size", "error"), [(4, 0.1), (1, 0.1), (17, 0.1), (3, 0.8), (3, -0.1)])
def test_surface_codes_refuse_what_is_out_of_range(size, error):
    with pytest.raises(EntschedError, match="allowed"):
        surface.memory_failures(size, error, 10, np.random.default_rng(1))
    with pytest.raises(EntschedError, match="allowed"):
        surface.circuit_failures(size, error, 10, 1)


@pytest.mark.parametrize(("n", "k", "error"), [(5, 1, 0.3), (5, 3, 0.2), (15, 9, 0.25)])
def test_reed_solomon_words_fail_when_more_than_half_the_checks_are_wrong(n, k, error):
    failed = erasure.word_failures(n, k, error, 400, np.random.default_rng(2))
    exact = 1 - sum(comb(n, w) * error**w * (1 - error) ** (n - w) for w in range((n - k) // 2 + 1))
    assert erasure.failure_probability(n, k, error) == pytest.approx(exact)
    assert binomtest(failed, 400, exact).pvalue > 1e-3


def test_reed_solomon_words_are_restored_from_any_k_symbols():
    for n, k in ((5, 1), (5, 3), (6, 4)):
        found = [erasure.restored(n, k, lost, 100, np.random.default_rng(3)) for lost in range(n + 1)]
        assert found == [(comb(n, lost) * (lost <= n - k), comb(n, lost)) for lost in range(n + 1)]
    assert erasure.restored(15, 9, 6, 7, np.random.default_rng(3)) == (7, 7)
    with pytest.raises(EntschedError, match="allowed: 1 <= k < n"):
        erasure.restored(5, 5, 1, 1, np.random.default_rng(1))


def test_quorums_agree_with_enumeration():
    for n in (3, 5):
        outcomes = [sum(outcome) for outcome in product((0, 1), repeat=n)]
        exact = sum(0.2**wrong * 0.8 ** (n - wrong) for wrong in outcomes if 2 * wrong > n)
        assert quorum.failure_probability(n, 0.2) == pytest.approx(exact)
        for failed in quorum.failed_reads(n, 0.2, 20_000, np.random.default_rng(6)):
            assert binomtest(failed, 20_000, exact).pvalue > 1e-3
    for n, size in ((4, 2), (5, 2), (5, 3), (7, 3)):
        pairs = list(product(combinations(range(n), size), repeat=2))
        assert quorum.disjoint_share(n, size) == pytest.approx(np.mean([not set(a) & set(b) for a, b in pairs]))
    assert [quorum.most_losses(n) for n in range(1, 10)] == [(n - 1) // 2 for n in range(1, 10)]
    with pytest.raises(EntschedError, match="allowed: odd"):
        quorum.failed_reads(4, 0.1, 10, np.random.default_rng(1))


def test_the_usual_long_code_is_allowed_and_mends_sixteen_symbols():
    assert Redundancy(reed_solomon=[{"n": 255, "k": 223}], patterns=1, words=10).reed_solomon[0].n == 255
    assert erasure.word_failures(255, 223, 0.02, 3, np.random.default_rng(1)) == 0
    assert erasure.word_failures(255, 223, 0.2, 3, np.random.default_rng(1)) == 3


def test_crossings_cover_the_true_one():
    errors, shots, generator = np.array([0.06, 0.08, 0.11, 0.14]), 20_000, np.random.default_rng(8)
    covered = 0
    for _ in range(300):
        small, large = (generator.binomial(shots, 0.05 * (errors / 0.1) ** power) for power in (2, 3))
        found = crossing(errors, small, large, shots)
        covered += found.low <= 0.1 <= found.high
    assert binom.cdf(covered, 300, 0.95) > 1e-3
    assert binom.sf(covered - 1, 300, 0.95) > 1e-3
    assert crossing(errors, [100] * 4, [50] * 4, shots) is None
    assert crossing(errors, [100] * 4, [5] * 4, shots) is None
    assert rate(0, 10) == pytest.approx((0, 0, 1 - 0.025**0.1))


def test_the_part_finds_what_the_rules_say(tables):
    part = Redundancy(**QUICK)
    found = part.findings(tables)
    assert [finding.verdict.value for finding in found] == [
        "not testable as stated",  # no simulated code is worse than a node at 0.3
        "not supported",
        "not supported",
        "supported",
    ]
    assert all("Supported if" in finding.test for finding in found)
    assert ["theorem" in finding.test + finding.null_hypothesis for finding in found[1:3]] == [True, True]
    kept = {row["series"]: row.get("most_losses") for row in tables["codes"]}
    assert (kept["Reed-Solomon (5, 1)"], kept["five-qubit"], kept["majority of 5"]) == (4, 2, 2)
    assert all(row["low"] <= row["logical"] <= row["high"] for row in tables["simulated"])
    assert {row["noise"] for row in tables["crossings"]} == {"one round"}  # two errors make no crossing


def test_verdicts_turn_with_the_numbers(tables):
    codes = [dict(row) for row in tables["codes"]]
    by = {row["series"]: row for row in codes}
    by["repetition 3"]["pseudo_threshold"] = 0.1
    by["Reed-Solomon (5, 1)"].update(most_losses=1, quantum_slack=2)
    by["Reed-Solomon (5, 3)"].update(most_losses=1, quantum_slack=0)
    points = [row | {"failures": 0} for row in tables["simulated"]]
    other = tables | {"codes": codes, "simulated": points}
    assert findings.transplanted(other).verdict == "supported"
    assert findings.erasures(other).verdict == "supported"
    assert findings.suppression(other).verdict == "not testable as stated"  # better everywhere: no threshold


def simulated(series, error, share, shots=2000):
    place = {"series": series, "class": "classical", "error": error, "exact": None}
    return place | {"shots": shots, "failures": round(share * shots)}


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ({0.05: 0.02, 0.2: 0.3}, "supported"),
        ({0.05: 0.1, 0.2: 0.3}, "not supported"),
        ({0.05: 0.02, 0.2: 0.2}, "not testable as stated"),
        ({0.05: 0.05, 0.2: 0.3}, "not testable as stated"),
        ({0.2: 0.3, 0.4: 0.5}, "not testable as stated"),  # quantum codes do not help there either
    ],
)
def test_a_threshold_is_seen_only_where_words_fail_less_and_then_more_often(tables, shares, verdict):
    points = [simulated("Reed-Solomon (5, 3)", error, share) for error, share in shares.items()]
    assert findings.suppression(tables | {"simulated": points}).verdict == verdict


@pytest.mark.parametrize(
    ("lost", "verdict"),
    [(2, "supported"), (1, "not supported"), (3, "not supported"), (None, "not testable as stated")],
)
def test_quorums_are_judged_by_the_reads_that_fail(tables, lost, verdict):
    reads = [row for row in tables["simulated"] if "unavailable" in row]
    shares = {row["error"]: 0.0 if lost is None else binom.sf(lost, 5, row["error"]) for row in reads}
    points = [row | {"unavailable": round(shares[row["error"]] * row["shots"])} for row in reads]
    if lost is None:
        points = [row | {"error": 1e-6} for row in points]
    assert findings.quorums(tables | {"simulated": points}).verdict == verdict


def test_sampled_sets_of_losses_are_said_to_be_sampled(rows):
    own = [WordsTask(seed=1, n=15, k=9, error=0.1, words=10), LossesTask(seed=1, n=15, k=9, patterns=1)]
    small = [row for row in rows if row["kind"] in ("coherence-pauli", "coherence-reads")]
    found = Redundancy(**QUICK).tables([*small, *(task.evaluate() for task in own)])
    long = next(row for row in found["codes"] if row["series"] == "Reed-Solomon (15, 9)")
    assert (long["most_losses"], long["every_set"], long["sets_tried"]) == (6, False, 1)
    assert "survives all of the 1 sampled sets of 6 of 15, and any by theorem" in findings.erasures(found).result
    assert found["crossings"] == []


@pytest.mark.parametrize("name", ["repetition 3", "five-qubit", "Steane"])
def test_sampled_failures_agree_with_the_polynomials(name):
    exact = failures(name, "depolarising").probability(0.2)
    failed = sampled_failures(name, 0.2, 20_000, np.random.default_rng(7))
    assert binomtest(failed, 20_000, exact).pvalue > 1e-3


def test_samples_of_many_batches_have_the_shares_of_one(monkeypatch):
    whole = [quorum.failed_reads(5, 0.3, 20_000, np.random.default_rng(6))[0]]
    whole += [
        surface.memory_failures(3, 0.1, 20_000, np.random.default_rng(6)).any,
        surface.circuit_failures(3, 0.02, 20_000, 6),
    ]
    monkeypatch.setattr(quorum, "BATCH", 7_000)
    monkeypatch.setattr(surface, "BATCH", 70_000)
    monkeypatch.setattr(surface, "DETECTORS", 70_000)
    parts = [quorum.failed_reads(5, 0.3, 20_000, np.random.default_rng(9))[0]]
    parts += [
        surface.memory_failures(3, 0.1, 20_000, np.random.default_rng(9)).any,
        surface.circuit_failures(3, 0.02, 20_000, 9),
    ]
    for one, many in zip(whole, parts, strict=True):
        assert abs(one - many) < 5 * np.sqrt(one + many)


def test_saturated_surface_codes_do_not_cross():
    errors, generator = np.array([1e-6, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5]), np.random.default_rng(5)
    shares = np.array([1e-3, 0.48, 0.5, 0.5, 0.5, 0.5, 0.5])
    found = [crossing(errors, *generator.binomial(2000, shares, (2, 7)), 2000) for _ in range(200)]
    assert sum(each is not None for each in found) <= 2
    assert crossing([0.1, 0.2, 0.3, 0.4], [100, 110, 120, 130], [90, 111, 119, 131], 1000) is None
    assert crossing([1e-300, 0.3, 0.4, 0.5], [500, 500, 501, 502], [490, 501, 500, 505], 1000) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"distances": [3, 4]}, "odd"),
        ({"replicas": [4]}, "odd"),
        ({"errors": [0.2, 0.1]}, "ascending"),
        ({"errors": [0.6]}, "0.5"),
        ({"reed_solomon": [{"n": 3, "k": 3}]}, "k below n"),
        ({"reed_solomon": [{"n": 3, "k": 1}, {"n": 3, "k": 1}]}, "each code once"),
        ({"reed_solomon": [{"n": 255, "k": 1}], "words": 100_000}, "a task of about .* h on one core, allowed: 1 h"),
        ({"distances": [3, 15], "circuit_errors": [0.5], "circuit_shots": 10_000_000}, "allowed: 1 h"),
        ({"errors": [1e-7]}, "0.000001"),
    ],
)
def test_the_part_refuses_what_it_cannot_compare(change, words):
    with pytest.raises(ValidationError, match=words):
        Redundancy(**(QUICK | change))


@pytest.mark.slow
def test_the_figure_is_drawn_without_surface_codes(tables, tmp_path):
    points = [row for row in tables["simulated"] if not row["series"].startswith("surface")]
    bare = tables | {"simulated": points, "crossings": []}
    assert figure.draw(bare, tmp_path / "redundancy").stat().st_size > 10_000


@pytest.mark.slow
def test_the_figure_is_drawn(tables, tmp_path):
    assert figure.draw(tables, tmp_path / "redundancy").stat().st_size > 10_000
    assert (tmp_path / "redundancy.csv").read_text().count("crossings") == len(tables["crossings"])
