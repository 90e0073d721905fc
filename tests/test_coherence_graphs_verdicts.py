"""Tables and verdicts of synchronisation on graphs, from rows that are made to a law."""

import numpy as np
import pytest

from entsched.coherence.graphs.annealed import annealed_curve
from entsched.coherence.graphs.tables import exponent_rows, onset_rows, size_rows
from entsched.coherence.oscillators.frequencies import Gaussian
from entsched.coherence.oscillators.onsets import interval_row
from entsched.coherence.part import Verdict
from entsched.coherence.parts.graphs import Graphs

UNIT = Gaussian().critical_coupling

CHAIN = {"fields": [0.9, 0.95], "order": [0.8, 0.75], "exponent": 0.125, "exponent_low": 0.12, "exponent_high": 0.13}
DEGREES = {"by_eigenvalue": 1.0, "by_degrees": 1.0, "mean": 10.0, "mean_square": 100.0, "largest_eigenvalue": 10.0}


NODES = (250, 1000, 4000)
COUPLINGS = [0.4, *np.linspace(0.95, 1.8, 18).tolist()]


def grown(start, exponent):
    return [0.6 * max(0.0, 1 - start / coupling) ** exponent for coupling in COUPLINGS]


def made(exponent, onset, kinds=("ring", "random", "scale-free"), earlier=0.5, noise=0.001, scatter=0.01, **ring):
    """Rows of graphs whose order parameter grows by a law, with noise of onsets and of each run; fading rings."""
    power, drift = ring.get("power", -0.5), ring.get("drift", 0.0)
    source = np.random.default_rng(6)
    exact = annealed_curve([1], np.array(COUPLINGS) * UNIT, 1.0).tolist()
    yield CHAIN
    for kind in kinds:
        start = earlier * onset if kind == "scale-free" else onset
        theory = grown(0.5 * onset, 0.5) if kind == "scale-free" else exact
        for nodes in NODES:
            for replication in range(5):
                place = {"graph": kind, "nodes": nodes, "replication": replication}
                fine = {"fine_couplings": COUPLINGS, "fine_annealed": theory}
                yield place | {"couplings": COUPLINGS, "annealed": theory} | fine | DEGREES
                luck = noise * source.standard_normal()
                for coupling, order in zip(COUPLINGS, grown(start * (1 + luck), exponent), strict=True):
                    r = (
                        2 * (nodes / NODES[0]) ** power * NODES[0] ** -0.5
                        if kind == "ring"
                        else max(order, nodes**-0.5)
                    )
                    r = float(r * np.exp(scatter * source.standard_normal()))
                    yield place | {"coupling": coupling, "order": r, "early": r * (1 + drift), "late": r}


@pytest.mark.parametrize(
    ("exponent", "verdict"), [(0.5, Verdict.NOT_SUPPORTED), (0.125, Verdict.SUPPORTED), (0.25, Verdict.NOT_TESTABLE)]
)
def test_the_verdict_on_exponents_follows_the_data(exponent, verdict):
    part = Graphs(quantum_exponent=0.125)
    tables = part.tables(list(made(exponent, 0.999)))
    findings = part.findings(tables)
    assert [row["graph"] for row in tables["exponents"]] == ["random"]
    assert findings[0].verdict is verdict
    assert "exponent 0.1250" in findings[0].entangled
    assert findings[1].verdict is Verdict.NOT_SUPPORTED
    assert findings[2].verdict is Verdict.NOT_SUPPORTED


@pytest.mark.parametrize("exponent", [0.4, 0.55])
def test_intervals_of_exponents_are_widened_towards_the_truth_by_the_bias_of_the_fit(exponent):
    rows = list(made(exponent, 0.97, scatter=0.001))
    for row in rows:
        if "annealed" in row:
            row["annealed"] = grown(0.97, exponent)
    (row,) = Graphs().tables(rows)["exponents"]
    assert row["bias"] == pytest.approx(exponent - 0.5, abs=0.02)
    assert row["low"] == pytest.approx(row["fitted_low"] - max(0, row["bias"]))
    assert row["high"] == pytest.approx(row["fitted_high"] - min(0, row["bias"]))
    assert row["low"] < row["fitted_low"] or row["high"] > row["fitted_high"]


def test_a_curve_that_is_too_coarse_says_what_a_fit_needs():
    part = Graphs()
    rows = [row for row in made(0.5, 0.999) if "coupling" not in row or row["coupling"] in COUPLINGS[:10]]
    for row in rows:
        row |= {name: row[name][:10] for name in ("couplings", "annealed") if name in row}
    found = part.findings(part.tables(rows))[0]
    assert found.verdict is Verdict.NOT_TESTABLE
    assert "needs 5 couplings with r from 0.29 to 0.75" in found.result


@pytest.mark.parametrize(
    ("kinds", "changes", "verdict"),
    [
        (("random", "scale-free"), {}, Verdict.NOT_SUPPORTED),
        (("random",), {}, Verdict.NOT_TESTABLE),
        (("ring",), {}, Verdict.NOT_TESTABLE),
        (("random", "scale-free"), {"noise": 0.3}, Verdict.NOT_TESTABLE),
        (("random", "scale-free"), {"earlier": 1.0}, Verdict.SUPPORTED),
    ],
)
def test_the_verdict_on_onsets_follows_the_data(kinds, changes, verdict):
    part = Graphs()
    assert part.findings(part.tables(list(made(0.5, 1.1, kinds=kinds, **changes))))[1].verdict is verdict


def test_onsets_that_agree_where_theory_has_them_together_say_nothing():
    part, rows = Graphs(), list(made(0.5, 1.1, kinds=("random", "scale-free"), earlier=1.0))
    for row in rows:
        if "annealed" in row:
            row["annealed"] = grown(1.1, 0.5)
    assert part.findings(part.tables(rows))[1].verdict is Verdict.NOT_TESTABLE


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.NOT_SUPPORTED),
        ({"power": 0.0}, Verdict.SUPPORTED),
        ({"power": -0.15, "scatter": 0.3, "kinds": ("ring",)}, Verdict.NOT_TESTABLE),
        ({"power": 0.0, "drift": 0.3}, Verdict.NOT_TESTABLE),
        ({"drift": 0.3}, Verdict.NOT_TESTABLE),
    ],
)
def test_the_verdict_on_lasting_order_follows_sizes_and_waits_for_order_to_settle(changes, verdict):
    part = Graphs()
    found = part.findings(part.tables(list(made(0.5, 0.999, **{"kinds": ("ring", "random")} | changes))))[2]
    assert found.verdict is verdict
    assert ("still changes" in found.result) == ("drift" in changes)


def test_order_that_lasts_on_small_graphs_says_nothing_of_large_ones():
    part = Graphs()
    rows = list(made(0.5, 0.999, power=0.0))
    for row in rows:
        if "nodes" in row:
            row["nodes"] //= 10
    assert part.findings(part.tables(rows))[2].verdict is Verdict.NOT_TESTABLE


def test_measured_onsets_and_powers_of_the_size_are_those_of_the_data():
    rows = list(made(0.5, 1.1))
    theory, simulated = ([row for row in rows if name in row] for name in ("annealed", "coupling"))
    onsets = {(row["graph"], row["nodes"]): row for row in onset_rows(simulated, theory)}
    level = 4000**-0.2
    assert onsets["random", 4000]["onset"] == pytest.approx(1.1 / (1 - (level / 0.6) ** 2), rel=0.01)
    assert onsets["ring", 4000]["onset"] is None
    sizes = {row["graph"]: row for row in size_rows(simulated)}
    assert sizes["ring"]["exponent"] == pytest.approx(-0.5, abs=0.01)
    assert 0.002 < sizes["ring"]["exponent_high"] - sizes["ring"]["exponent_low"] < 0.02
    assert sizes["random"]["exponent"] == pytest.approx(0, abs=0.02)
    assert not exponent_rows([row for row in simulated if row["coupling"] < 1], theory[:0])


def test_an_interval_that_leaves_the_couplings_is_not_resolved_and_orders_stay_between_0_and_1():
    rows = [row for row in made(0.5, 1.1) if row.get("replication", 0) < 3]
    for row in rows:
        if row.get("graph") == "random" and "coupling" in row:
            row["order"] = 0.9 if row["coupling"] > (1.0, 1.3, 1.72)[row["replication"]] else 0.01
    part = Graphs()
    tables = part.tables(rows)
    found = next(row for row in tables["onsets"] if row["graph"] == "random")
    assert found["onset"] == pytest.approx(1.34, abs=0.05)
    assert found["onset_low"] is found["onset_high"] is None
    assert "not resolved" in part.findings(tables)[1].result
    assert part.findings(tables)[1].verdict is Verdict.NOT_TESTABLE
    assert all(0 <= row["order_low"] <= row["order_high"] <= 1 for row in tables["order"])


def test_two_replications_give_no_interval():
    assert interval_row("r", [0.25, 0.75]) == {"r": 0.5, "r_low": None, "r_high": None}
