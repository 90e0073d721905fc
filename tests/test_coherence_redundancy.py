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
from entsched.coherence.redundancy.pauli_codes import CODES, Failures, distance, failures, lost_share, pseudo_threshold
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
def tables():
    part = Redundancy(**QUICK)
    rows = [json.loads(json.dumps(task.evaluate(), allow_nan=False)) for task in part.tasks(1)]
    return part.tables(rows)


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
        "supported",
        "not supported",
        "not supported",
        "supported",
    ]
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
    by["majority of 5"]["most_losses"] = 3
    points = [row | {"failures": 0} for row in tables["simulated"]]
    other = tables | {"codes": codes, "simulated": points}
    assert findings.transplanted(other).verdict == "supported"
    assert findings.erasures(other).verdict == "supported"
    assert findings.quorums(other).verdict == "not supported"
    assert findings.suppression(other).verdict == "not supported"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"distances": [3, 4]}, "odd"),
        ({"replicas": [4]}, "odd"),
        ({"errors": [0.2, 0.1]}, "ascending"),
        ({"errors": [0.6]}, "0.5"),
        ({"reed_solomon": [{"n": 3, "k": 3}]}, "k below n"),
    ],
)
def test_the_part_refuses_what_it_cannot_compare(change, words):
    with pytest.raises(ValidationError, match=words):
        Redundancy(**(QUICK | change))


@pytest.mark.slow
def test_the_figure_is_drawn(tables, tmp_path):
    assert figure.draw(tables, tmp_path / "redundancy").stat().st_size > 10_000
    assert (tmp_path / "redundancy.csv").read_text().count("crossings") == len(tables["crossings"])
