"""Synchronisation on graphs: against dense sums, scipy at tight tolerance, the mean field, and data made to a law."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import quad, solve_ivp
from scipy.sparse import csr_array
from scipy.stats import norm

from entsched.coherence.oscillators.annealed import (
    annealed_order,
    locked,
    onset_by_degrees,
    onset_by_eigenvalue,
)
from entsched.coherence.oscillators.frequencies import Gaussian
from entsched.coherence.oscillators.graph_tables import exponent_rows, onset_rows, size_rows
from entsched.coherence.oscillators.graphs import Degrees, GraphKind, degree_of, degrees, links
from entsched.coherence.oscillators.network import coherence
from entsched.coherence.oscillators.onsets import growth
from entsched.coherence.oscillators.pull import pull
from entsched.coherence.part import Verdict
from entsched.coherence.parts.graphs import Graphs, GraphTask, Network
from entsched.errors import EntschedError
from entsched.figures.coherence.graphs import draw

UNIT = Gaussian().critical_coupling


def matrix(kind, nodes=60, degree=6, seed=1):
    return links(kind, nodes, degree, 0.3, np.random.default_rng(seed))


def complete(nodes):
    return csr_array(np.ones((nodes, nodes)) - np.eye(nodes))


@pytest.mark.parametrize("kind", list(GraphKind))
def test_links_are_symmetric_without_loops_and_of_the_degree(kind):
    found = matrix(kind, 400)
    dense = found.toarray()
    assert np.array_equal(dense, dense.T)
    assert set(np.unique(dense)) == {0.0, 1.0}
    assert not dense.diagonal().any()
    assert degree_of(found).mean() == pytest.approx(6, rel=0.1)


@pytest.mark.parametrize("kind", list(GraphKind))
def test_the_pull_is_the_dense_sum(kind):
    found, phases = matrix(kind), np.random.default_rng(2).uniform(-9, 9, 60)
    dense = (found.toarray() * np.sin(phases[None, :] - phases[:, None])).sum(axis=1)
    assert pull(phases, found.indptr, found.indices) == pytest.approx(dense, abs=1e-12)


@pytest.mark.parametrize("kind", list(GraphKind))
def test_the_largest_eigenvalue_is_that_of_a_dense_solver(kind):
    found = matrix(kind, 80)
    own = found.toarray().sum(axis=1)
    assert degrees(found) == pytest.approx(
        (own.mean(), (own**2).mean(), np.linalg.eigvalsh(found.toarray())[-1]), rel=1e-9
    )


def test_on_complete_graphs_both_theories_are_the_mean_field():
    found = degrees(complete(50))
    assert onset_by_eigenvalue(found) == pytest.approx(1)
    assert onset_by_degrees(found) == pytest.approx(1)


def test_theories_differ_by_graph():
    star = Degrees(mean=1.98, mean_square=99.0, largest_eigenvalue=np.sqrt(99))
    dense = np.zeros((100, 100))
    dense[0, 1:] = dense[1:, 0] = 1
    assert list(degrees(csr_array(dense))) == pytest.approx(list(star))
    assert onset_by_degrees(star) < onset_by_eigenvalue(star) < 1


@pytest.mark.parametrize("pull_rad_s", [0.01, 0.7, 3.0, 40.0])
def test_the_closed_form_of_locked_oscillators_is_their_integral(pull_rad_s):
    width = 1.7
    expected, _ = quad(
        lambda t: pull_rad_s * np.cos(t) ** 2 * norm.pdf(pull_rad_s * np.sin(t), scale=width), -np.pi / 2, np.pi / 2
    )
    assert float(locked(pull_rad_s, width)) == pytest.approx(expected, rel=1e-7)


def test_annealed_networks_set_in_where_degrees_say():
    own = degree_of(matrix(GraphKind.SCALE_FREE, 300))
    onset = onset_by_degrees(Degrees(own.mean(), (own**2).mean(), 1.0)) * UNIT
    assert annealed_order(own, 0.999 * onset, 1.0) == 0
    assert annealed_order(own, 1.01 * onset, 1.0) > 0


def test_the_tolerance_is_good_enough_against_a_tight_integration():
    found, source = matrix(GraphKind.RANDOM, 60, 10), np.random.default_rng(3)
    frequencies, start = source.normal(size=60), source.uniform(0, 6, 60)
    strength = 2.5 / degree_of(found).mean()
    times = np.linspace(20, 40, 2001)
    tight = solve_ivp(
        lambda _, theta: (
            frequencies + strength * (found.toarray() * np.sin(theta[None, :] - theta[:, None])).sum(axis=1)
        ),
        (0, 40),
        start,
        method="DOP853",
        t_eval=times,
        rtol=1e-8,
        atol=1e-8,
    )
    expected = np.sqrt(np.mean(np.abs(np.exp(1j * tight.y).mean(axis=0)) ** 2))
    assert coherence(found, frequencies, 2.5, start, 20, 20, 0.01) == pytest.approx(expected, abs=0.01)
    assert coherence(found, frequencies, 2.5, start, 20, 20, 1e-4) == pytest.approx(expected, abs=0.002)


def test_complete_graphs_follow_the_mean_field_curve():
    nodes = 400
    frequencies = Gaussian().quantiles(nodes)
    for coupling in (1.2, 1.6):
        expected = annealed_order([1], coupling * UNIT, 1.0)
        r = coherence(complete(nodes), frequencies, coupling * UNIT, np.zeros(nodes), 30, 10)
        assert r == pytest.approx(expected, abs=0.02)


@pytest.mark.slow
def test_random_graphs_of_many_links_follow_annealed_networks_whatever_the_start():
    source = np.random.default_rng(4)
    found = links(GraphKind.RANDOM, 1500, 80, 0.0, source)
    frequencies = Gaussian().quantiles(1500)
    source.shuffle(frequencies)
    expected = annealed_order(degree_of(found), 1.4 * UNIT, 1.0)
    for start in (np.zeros(1500), source.uniform(0, 2 * np.pi, 1500)):
        assert coherence(found, frequencies, 1.4 * UNIT, start, 60, 20) == pytest.approx(expected, abs=0.03)


def test_growth_finds_its_own_law_under_noise():
    source = np.random.default_rng(5)
    couplings = np.linspace(1.02, 1.5, 25)
    found = []
    for _ in range(40):
        orders = 1.3 * (1 - 1 / couplings) ** 0.4 * np.exp(0.003 * source.standard_normal(25))
        found.append(growth(couplings, orders, 0.0, 2.0))
    exponents, onsets = np.array(found).T
    assert exponents.mean() == pytest.approx(0.4, abs=4 * exponents.std() / np.sqrt(40))
    assert onsets.mean() == pytest.approx(1.0, abs=0.003)
    assert exponents.std() < 0.03


def made(exponent, onset, sizes=(250, 1000, 4000), kinds=("ring", "random", "scale-free"), replications=5):
    """Rows of graphs whose order parameter grows by a law, with small noise; fading rings."""
    source = np.random.default_rng(6)
    couplings = [0.4, *np.linspace(0.95, 1.8, 18).tolist()]
    exact = [annealed_order([1], k * UNIT, 1.0) for k in couplings]
    for kind in kinds:
        for nodes in sizes:
            for replication in range(replications):
                place = {"graph": kind, "nodes": nodes, "replication": replication}
                yield (
                    place
                    | {"couplings": couplings, "annealed": exact, "by_eigenvalue": 1.0, "by_degrees": 1.0}
                    | {"mean": 10.0, "mean_square": 100.0, "largest_eigenvalue": 10.0}
                )
                for k in couplings:
                    start = onset if kind == "random" else 0.5 * onset
                    r = 0.6 * max(0.0, 1 - start / k) ** exponent if kind != "ring" else 2 * nodes**-0.5
                    r = max(r, nodes**-0.5) * np.exp(0.01 * source.standard_normal())
                    yield place | {"coupling": k, "order": float(r)}


@pytest.mark.parametrize(
    ("exponent", "verdict"), [(0.5, Verdict.NOT_SUPPORTED), (0.125, Verdict.SUPPORTED), (0.25, Verdict.NOT_TESTABLE)]
)
def test_the_verdict_on_exponents_follows_the_data(exponent, verdict):
    part = Graphs(quantum_exponent=0.125)
    tables = part.tables(list(made(exponent, 0.999)))
    findings = part.findings(tables)
    assert [row["graph"] for row in tables["exponents"]] == ["random"]
    assert findings[0].verdict is verdict
    assert findings[1].verdict is Verdict.NOT_SUPPORTED
    assert findings[2].verdict is Verdict.NOT_SUPPORTED


def test_measured_onsets_and_powers_of_the_size_are_those_of_the_data():
    rows = list(made(0.5, 1.1))
    theory, simulated = ([row for row in rows if name in row] for name in ("annealed", "order"))
    onsets = {(row["graph"], row["nodes"]): row for row in onset_rows(simulated, theory)}
    level = 4000**-0.2
    assert onsets["random", 4000]["onset"] == pytest.approx(1.1 / (1 - (level / 0.6) ** 2), rel=0.01)
    assert onsets["ring", 4000]["onset"] is None
    sizes = {row["graph"]: row for row in size_rows(simulated)}
    assert sizes["ring"]["exponent_low"] < -0.5 < sizes["ring"]["exponent_high"]
    assert sizes["random"]["exponent"] == pytest.approx(0, abs=0.02)
    assert not exponent_rows([row for row in simulated if row["coupling"] < 1], theory[:0])


def test_one_replication_is_one_graph_at_all_couplings_and_another_at_the_next():
    network = Network()
    first, again, other = (network.drawn(1, GraphKind.RANDOM, 50, k) for k in (0, 0, 1))
    assert np.array_equal(first[0].indices, again[0].indices)
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_a_quick_study_has_all_tables_findings_and_a_figure(tmp_path):
    part = Graphs(nodes=[30, 60, 120], couplings=[0.2, 1.0, 2.5], settle_s=3.0, measure_s=3.0, replications=2)
    rows = [task.evaluate() for task in part.tasks(1)]
    tables = part.tables(rows)
    assert len(tables["order"]) == 4 * 3 * 3
    assert len(tables["onsets"]) == 4 * 3
    assert len(tables["sizes"]) == 4
    assert tables["exponents"] == []
    assert part.findings(tables)[0].verdict is Verdict.NOT_TESTABLE
    assert draw(tables, tmp_path / "graphs").is_file()
    assert all(task.cost_s > 0 for task in part.tasks(1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"couplings": [1.0, 0.5]}, "rising"),
        ({"nodes": [1000, 50]}, "rising"),
        ({"nodes": [30], "network": {"mean_degree": 30}}, "more than mean_degree"),
        ({"network": {"mean_degree": 7}}, "multiple of 2"),
        ({"graphs": ["ring", "ring"]}, "once"),
        ({"graphs": ["torus"]}, "ring"),
        ({"nodes": [1_000_000]}, "100000"),
    ],
)
def test_bad_sections_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        Graphs(**changes)


def test_bad_graphs_are_refused():
    with pytest.raises(EntschedError, match="even degree"):
        matrix(GraphKind.RING, 60, 3)


@pytest.mark.slow
def test_graphs_of_a_hundred_thousand_nodes_fit():
    task = GraphTask(
        seed=1,
        network=Network(),
        graph="random",
        nodes=100_000,
        coupling=2.0,
        replication=0,
        settle_s=1.0,
        measure_s=1.0,
        tolerance_rad=0.05,
    )
    assert 0.5 < task.evaluate()["order"] < 1
