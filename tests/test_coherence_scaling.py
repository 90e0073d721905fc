"""Scaling and entangled systems: the Ising chain against exact diagonalisation, Fisher information, verdicts."""

import json
from math import pi, sqrt

import numpy as np
import pytest
import scipy.sparse as sparse
from pydantic import ValidationError
from scipy.sparse.linalg import eigsh

from entsched.coherence.entangled import ising_chain
from entsched.coherence.entangled.tasks import IsingOrderTask
from entsched.coherence.parts.scaling import Scaling
from entsched.coherence.scaling import findings
from entsched.coherence.scaling import tables as measured
from entsched.errors import EntschedError
from entsched.figures.coherence import scaling as figure
from entsched.quantum import fisher

QUICK = {
    "oscillators": [100, 200, 400],
    "incoherent_coupling": 0.0,
    "replications": 12,
    "transient_s": 20.0,
    "duration_s": 50.0,
    "nodes": [3, 4, 5],
    "rounds": 200,
    "qubits": [1, 2, 3],
    "blocks": [8, 16, 32],
}


def on_site(operator, site, sites):
    left, right = (sparse.identity(2**count) for count in (site, sites - site - 1))
    return sparse.kron(sparse.kron(left, operator), right, format="csr")


def ground_state(field, sites):
    x, z = sparse.csr_matrix([[0.0, 1.0], [1.0, 0.0]]), sparse.csr_matrix([[1.0, 0.0], [0.0, -1.0]])
    flips = [on_site(x, site, sites) for site in range(sites)]
    energy = -sum(flips[site] @ flips[(site + 1) % sites] + field * on_site(z, site, sites) for site in range(sites))
    _, states = eigsh(energy, k=1, which="SA", v0=np.ones(2**sites))
    return states[:, 0], flips


@pytest.mark.parametrize(("sites", "field"), [(6, 0.5), (8, 1.0), (8, 1.7)])
def test_rings_agree_with_exact_diagonalisation(sites, field):
    state, flips = ground_state(field, sites)
    for distance in range(1, sites // 2 + 1):
        exact = state @ (flips[0] @ (flips[distance] @ state))
        assert ising_chain.pair_correlation(field, distance, sites) == pytest.approx(exact, abs=1e-10)
        weights = np.linalg.svd(state.reshape(2**distance, -1), compute_uv=False) ** 2
        entropy = -np.sum(weights * np.log2(np.maximum(weights, 1e-300)))
        assert ising_chain.block_entropy(field, distance, sites) == pytest.approx(entropy, abs=1e-10)


def test_the_infinite_chain_agrees_with_closed_forms():
    assert ising_chain.pair_correlation(1.0, 1) == pytest.approx(2 / pi, abs=1e-9)
    assert ising_chain.pair_correlation(1.0, 2) == pytest.approx(16 / (3 * pi**2), abs=1e-9)
    assert ising_chain.pair_correlation(0.0, 7) == pytest.approx(1)
    for field in (0.0, 0.3, 0.98):
        assert ising_chain.order_parameter(field) == pytest.approx((1 - field**2) ** 0.125, rel=1e-7)
    found = ising_chain.critical_exponent([0.8, 0.9, 0.95])
    assert found.low - 1e-6 <= 0.125 <= found.high + 1e-6
    assert found.exponent == pytest.approx(0.125, abs=1e-6)
    blocks = [32, 64, 128]
    entropies = [ising_chain.block_entropy(1.0, block) for block in blocks]
    assert ising_chain.central_charge(blocks, entropies).exponent == pytest.approx(0.5, abs=1e-4)
    # one bit for the two orders of the even ground state, and what is left of both ends
    assert ising_chain.block_entropy(1e-3, 50) == pytest.approx(1, abs=1e-4)
    assert ising_chain.block_entropy(100.0, 50) < 1e-3


@pytest.mark.parametrize(
    "call",
    [
        lambda: ising_chain.pair_correlation(-1.0, 3),
        lambda: ising_chain.pair_correlation(0.5, 0),
        lambda: ising_chain.pair_correlation(0.5, 3, 7),
        lambda: ising_chain.block_entropy(0.5, 5, 8),
        lambda: ising_chain.order_parameter(1.0),
        lambda: ising_chain.order_parameter(0.999),
        lambda: fisher.dephased(fisher.ghz(2), 1.5),
        lambda: fisher.fisher_information(fisher.ghz(11)),
    ],
)
def test_what_is_out_of_range_is_refused(call):
    with pytest.raises(EntschedError, match="allowed"):
        call()


@pytest.mark.parametrize("qubits", [1, 2, 5])
def test_fisher_information_follows_from_overlaps_of_turned_states(qubits):
    import qutip

    spin = np.diag([qubits / 2 - bin(index).count("1") for index in range(2**qubits)])
    turn, step = np.exp(-1e-3j * np.diag(spin)), 1e-3
    for state, expected in ((fisher.ghz(qubits), qubits**2), (fisher.independent(qubits), qubits)):
        vector = state.full().ravel()
        overlap = abs(np.vdot(vector, turn * vector))
        assert 8 * (1 - overlap) / step**2 == pytest.approx(expected, rel=1e-4)  # the Bures metric
        assert fisher.fisher_information(state) == pytest.approx(expected)
        assert fisher.fisher_information(qutip.ket2dm(state)) == pytest.approx(expected)


def test_phase_flips_take_the_gain_of_ghz_states():
    for qubits in (1, 3, 4):
        noisy, alone = (
            fisher.fisher_information(fisher.dephased(make(qubits), 0.1)) for make in (fisher.ghz, fisher.independent)
        )
        assert noisy == pytest.approx(qubits**2 * 0.8 ** (2 * qubits))
        assert alone == pytest.approx(qubits * 0.8**2)


@pytest.fixture(scope="module")
def tables():
    part = Scaling(**QUICK)
    rows = [json.loads(json.dumps(task.evaluate(), allow_nan=False)) for task in part.tasks(1)]
    return part.tables(rows)


def test_uncoupled_oscillators_obey_rayleigh(tables):
    own = [row for row in tables["points"] if row["measure"] == "order, incoherent"]
    assert [row["n"] for row in own] == QUICK["oscillators"]
    for row in own:
        middle = sqrt(pi / (4 * row["n"]))
        assert abs(row["value"] - middle) < 2 * (row["high"] - row["low"])


def test_fits_and_findings_follow_from_the_points(tables):
    fits = {row["measure"]: row for row in tables["fits"]}
    assert fits["Fisher information, GHZ"]["parameter"] == pytest.approx(2)
    assert fits["Fisher information, independent qubits"]["parameter"] == pytest.approx(1)
    assert fits["block entropy, critical chain"]["parameter"] == pytest.approx(0.5, abs=1e-3)
    assert abs(fits["order, coherent"]["parameter"]) < 0.05
    assert all(row["low"] <= row["value"] <= row["high"] for row in tables["points"])
    found = Scaling(**QUICK).findings(tables)
    wide = "not testable as stated"  # variances of 12 systems at three sizes say nothing of their exponent
    assert [finding.verdict.value for finding in found] == ["supported", wide, wide, "not supported"]
    assert all("Supported if" in finding.test for finding in found)
    assert "2.828" in found[3].entangled


def synthetic(exponents, chsh):
    points = []
    for measure, (kind, *_) in measured.EXPECTED.items():
        for n in (100, 200, 400, 800):
            value = chsh if measure.startswith("CHSH") else 0.5 * n ** exponents.get(measure, 0.0)
            ends = {"low": 0.99 * value, "high": 1.01 * value, "p_value": 1e-9 if chsh > 2 else 1.0}
            points.append({"measure": measure, "class": kind, "n": n, "value": value} | ends)
    return {"points": points, "fits": measured.fits(points)}


def test_verdicts_turn_with_the_numbers():
    independent = dict.fromkeys(findings.ORDERS, -0.5)
    theory = {name: measured.EXPECTED[name][2] for name in findings.SIZE_LAWS}
    every = (findings.other_than_independent, findings.beyond_classical, findings.sharper, findings.correlated)

    def verdicts(exponents, chsh):
        return [rule(synthetic(exponents, chsh)).verdict == "supported" for rule in every]

    assert verdicts(theory, 1.9) == [True, False, False, False]
    assert verdicts(independent | {"variance of order, coherent": -1.0}, 1.9) == [False, True, False, False]
    assert verdicts(theory | {"variance of order, coherent": -2.0}, 2.5) == [True, True, True, True]


def verdict_after(rule, name, **ends):
    """The verdict where one fit, of those that theory expects, has other ends."""
    made = synthetic({name: law[2] for name, law in measured.EXPECTED.items()}, 1.9)
    fits = [row | (ends if row["measure"] == name else {}) for row in made["fits"]]
    return rule(made | {"fits": fits}).verdict.value


def test_wide_intervals_and_small_sizes_test_nothing():
    wide = "not testable as stated"
    assert verdict_after(findings.beyond_classical, "order, critical", low=-0.2, high=0.1) == wide
    off = {"parameter": -0.4, "low": -0.42, "high": -0.38}
    assert verdict_after(findings.beyond_classical, "order, critical", **off, of_large=-0.4) == "supported"
    assert verdict_after(findings.beyond_classical, "order, critical", **off, of_large=-0.34) == wide
    name = "variance of order, coherent"
    assert verdict_after(findings.sharper, name, low=-1.1, high=-0.9) == "not supported"
    assert verdict_after(findings.sharper, name, low=-2.1, high=-0.9) == wide
    fast = {"parameter": -1.5, "low": -1.6, "high": -1.4}
    assert verdict_after(findings.sharper, name, **fast, of_large=-1.5) == "supported"
    assert verdict_after(findings.sharper, name, **fast, of_large=-1.1) == wide


@pytest.mark.parametrize(("high", "verdict"), [(2.61, "not supported"), (3.31, "not testable as stated")])
def test_bell_tests_that_a_pair_could_pass_refute_nothing(high, verdict):
    made = synthetic({}, 1.9)
    for row in made["points"]:
        if row["measure"] == "CHSH value of two replicas":
            row.update(value=2.2, low=1.5, high=high, p_value=0.2)
        if row["measure"] == "CHSH value of a Bell pair":
            row.update(value=2 * sqrt(2))
    assert findings.correlated(made).verdict.value == verdict


def test_measures_that_are_not_positive_have_no_fit():
    made = synthetic({}, -0.1)
    assert not [row for row in made["fits"] if row["measure"].startswith("CHSH")]
    silent = [row | ({"value": 0.0} if row["measure"].startswith("mutual") else {}) for row in made["points"]]
    assert (
        "exponent of the information none"
        in findings.correlated({"points": silent, "fits": measured.fits(silent)}).result
    )


def test_the_order_of_the_chain_has_its_exponent():
    row = IsingOrderTask(seed=1, fields=[0.5, 0.8, 0.9]).evaluate()
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert row["order"] == pytest.approx([(1 - field**2) ** 0.125 for field in row["fields"]], rel=1e-7)
    assert row["exponent_low"] <= 0.125 <= row["exponent_high"]
    for fields in ([0.5, 0.9], [0.5, 0.5, 0.9], [0.5, 0.9, 1.0]):
        with pytest.raises(ValidationError):
            IsingOrderTask(seed=1, fields=fields)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frequencies": {"law": "uniform"}}, "allowed: gaussian, lorentzian"),
        ({"oscillators": [10, 20, 100_000], "replications": 10_000}, "allowed: 1 h"),
        ({"duration_s": 1e9}, "allowed: up to 1e"),
        ({"duration_s": 0.5}, "at least 10 steps"),
        ({"step_s": 1.0, "duration_s": 50.0}, "allowed: up to 2"),
        ({"duration_s": 1e4, "replications": 10_000}, "replications: given"),
        ({"oscillators": [100, 200]}, "at least 3"),
        ({"nodes": [5, 3, 7]}, "ascending"),
        ({"coherent_coupling": 1.0}, "greater than or equal"),
        ({"qubits": [1, 2, 11]}, "less than or equal"),
    ],
)
def test_the_part_refuses_what_it_cannot_fit(change, words):
    with pytest.raises(ValidationError, match=words):
        Scaling(**(QUICK | change))


@pytest.mark.slow
def test_the_figure_is_drawn(tables, tmp_path):
    assert figure.draw(tables, tmp_path / "scaling").stat().st_size > 10_000
    assert len((tmp_path / "scaling.csv").read_text().splitlines()) == 1 + len(tables["points"]) + len(tables["fits"])
