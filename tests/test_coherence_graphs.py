"""Synchronisation on graphs: against dense sums, scipy at tight tolerance, the mean field, and data made to a law."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import quad, solve_ivp
from scipy.sparse import csr_array
from scipy.stats import norm

from entsched.coherence.graphs.annealed import (
    annealed_curve,
    annealed_order,
    locked,
    onset_by_degrees,
    onset_by_eigenvalue,
)
from entsched.coherence.graphs.dynamics import coherence
from entsched.coherence.graphs.links import Degrees, GraphKind, degree_of, degrees, links
from entsched.coherence.graphs.pull import pull
from entsched.coherence.graphs.tasks import FINE, GraphTask, Network
from entsched.coherence.oscillators.frequencies import Gaussian
from entsched.coherence.oscillators.onsets import growth
from entsched.coherence.part import Verdict
from entsched.coherence.parts.graphs import Graphs
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


@pytest.mark.parametrize("kind", [GraphKind.RING, GraphKind.SCALE_FREE])
def test_the_fine_curve_of_annealed_networks_is_exact_close_to_its_kink(kind):
    own = degree_of(matrix(kind, 500))
    onset = onset_by_degrees(Degrees(own.mean(), (own**2).mean(), 1.0)) * 1.7 * UNIT
    couplings = onset * np.array([0.5, 0.999, 1.001, 1.01, 1.3, 2.0, 4.0])
    exact = [annealed_order(own, coupling, 1.7) for coupling in couplings]
    assert annealed_curve(own, couplings, 1.7) == pytest.approx(exact, abs=1e-4)
    assert exact[1] == 0 < exact[2]


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
    assert coherence(found, frequencies, 2.5, start, 20, 20, 0.01).order == pytest.approx(expected, abs=0.01)
    assert coherence(found, frequencies, 2.5, start, 20, 20, 1e-4).order == pytest.approx(expected, abs=0.002)


def test_complete_graphs_follow_the_mean_field_curve():
    nodes = 400
    frequencies = Gaussian().quantiles(nodes)
    for coupling in (1.2, 1.6):
        expected = annealed_order([1], coupling * UNIT, 1.0)
        r = coherence(complete(nodes), frequencies, coupling * UNIT, np.zeros(nodes), 30, 10).order
        assert r == pytest.approx(expected, abs=0.02)


@pytest.mark.slow
def test_random_graphs_of_many_links_follow_annealed_networks_whatever_the_start():
    source = np.random.default_rng(4)
    found = links(GraphKind.RANDOM, 1500, 80, 0.0, source)
    frequencies = Gaussian().quantiles(1500)
    source.shuffle(frequencies)
    expected = annealed_order(degree_of(found), 1.4 * UNIT, 1.0)
    for start in (np.zeros(1500), source.uniform(0, 2 * np.pi, 1500)):
        assert coherence(found, frequencies, 1.4 * UNIT, start, 60, 20).order == pytest.approx(expected, abs=0.03)


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


def test_one_replication_is_one_graph_at_all_couplings_and_another_at_the_next():
    network = Network()
    first, again, other = (network.drawn(1, GraphKind.RANDOM, 50, k) for k in (0, 0, 1))
    assert np.array_equal(first[0].indices, again[0].indices)
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_a_quick_study_has_all_tables_findings_and_a_figure(tmp_path):
    part = Graphs(nodes=[30, 60, 120], couplings=[0.2, 1.0, 2.5], settle_s=10.0, measure_s=3.0, replications=3)
    rows = [task.evaluate() for task in part.tasks(1)]
    tables = part.tables(rows)
    assert len(tables["order"]) == 4 * 3 * 3
    assert len(tables["onsets"]) == 4 * 3
    assert len(tables["sizes"]) == 4
    assert [row["fitted"] for row in tables["exponents"]] == [None, None]
    assert tables["entangled"][0]["exponent"] == pytest.approx(1 / 8, abs=1e-4)
    assert len(tables["theory"]) == 4 * 3 * FINE
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
        ({"nodes": [100_000], "network": {"mean_degree": 100}}, "1000000 links"),
        ({"settle_s": 1e9}, "on one core"),
        ({"network": {"width_rad_s": 1e9}}, "on one core"),
        ({"nodes": [100_000], "replications": 1000}, "on one core"),
        ({"nodes": [20, 30, 40], "replications": 1000}, "allowed: 50000"),
        ({"settle_s": 0.0, "measure_s": 0.05}, "10 and more"),
        ({"network": {"width_rad_s": 0.003}}, "10 / width_rad_s"),
        ({"replications": 2}, "greater than or equal to 3"),
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
