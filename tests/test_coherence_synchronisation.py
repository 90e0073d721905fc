"""The part on synchronisation, in small: its tables, its findings, its figure, and what it refuses."""

import math

import pytest

from entsched.coherence.part import Verdict
from entsched.coherence.parts.synchronisation import Synchronisation
from entsched.figures.coherence.synchronisation import draw

QUICK = {
    "curve": {
        "oscillators": 1000,
        "couplings": (0.0, 0.5, 1.2),
        "replications": 3,
        "transient_s": 10.0,
        "duration_s": 10.0,
    },
    "exponent": {
        "oscillators": 1000,
        "distances": (0.1, 0.14, 0.2, 0.27, 0.35, 0.45),
        "replications": 3,
        "transient_s": 20.0,
        "duration_s": 5.0,
        "step_s": 0.06,
        "coverage_sets": 2,
    },
    "scaling": (
        {
            "sizes": (50, 100, 200, 400),
            "couplings": (1.0, 1.05, 1.1, 1.2),
            "replications": 3,
            "transient_s": 10.0,
            "duration_s": 10.0,
        },
    ),
}


def plain(value):
    return value is None or isinstance(value, str) or (type(value) in (int, float, bool) and math.isfinite(value))


@pytest.fixture(scope="module")
def quick():
    part = Synchronisation(**QUICK)
    tasks = part.tasks(1)
    assert sum(one.cost_s for one in tasks) < 5
    assert len({one.key for one in tasks}) == len(tasks)
    return part, part.tables([one.evaluate() for one in tasks])


def test_tables_are_plain_and_have_findings(quick):
    part, tables = quick
    assert all(plain(value) for rows in tables.values() for row in rows for value in row.values())
    assert {row["law"] for row in tables["exponents"]} == {"lorentzian", "gaussian"}
    assert [found.section for found in part.findings(tables)] == ["2, 5, 6.1, 6.2"] * 3 + ["5.2", "5.2, 6.2"]


def test_findings_say_their_rules_and_compare_with_computed_chains(quick):
    found = quick[0].findings(quick[1])
    assert all("upported if" in one.test for one in found)
    assert sum("beta = 0.1250 [0.1250, 0.1250], computed here" in one.entangled for one in found) == 4


def test_a_jump_has_no_exponent():
    part = Synchronisation(frequencies=[{"law": "uniform"}], scaling=[])
    rows = [
        {"law": "uniform", "relative_coupling": k, "order": r, "order_low": r, "order_high": r, "theory": theory}
        | {"linear_theory": None}
        for k, r, theory in ((0.9, 0.02, 0.0), (1.0, 0.3, 0.0), (1.05, 0.85, 0.848), (2.0, 0.97, 0.97))
    ]
    tables = {"exponents": [], "window": [], "curve": rows, "collapse": [], "ising": []}
    (found,) = part.findings(tables)
    assert found.verdict is Verdict.NOT_TESTABLE
    assert "r = 0.300 [0.300, 0.300] at 1 K_c, classical 0.000; r = 0.850" in found.result


@pytest.mark.slow
def test_the_figure_of_a_jump_alone_is_drawn(tmp_path):
    part = Synchronisation(frequencies=[{"law": "uniform"}], scaling=[], curve=QUICK["curve"])
    tables = part.tables([one.evaluate() for one in part.tasks(1)])
    assert draw(tables, tmp_path / "figure").exists()


@pytest.mark.slow
def test_the_figure_is_drawn(quick, tmp_path):
    assert draw(quick[1], tmp_path / "figure").exists()
    assert (tmp_path / "figure.csv").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"frequencies": ({"law": "uniform"}, {"law": "uniform"})}, "stands twice"),
        ({"curve": {"step_s": 20.0}}, "a quarter of duration_s"),
        ({"curve": {"couplings": (0.5, 0.5)}}, "ascending values, each once"),
        ({"exponent": {"distances": (0.1,) * 8}}, "ascending values, each once"),
        ({"exponent": {"disorder": ("random", "random")}}, "each once"),
        ({"exponent": {"oscillators": 100}}, "from N.* = 0.158, where size rounds"),
        ({"exponent": {"distances": (0.3, 0.31, 0.32, 0.33, 0.34, 0.35)}}, "at least twice the least"),
        ({"scaling": [{"couplings": (1.05, 1.1, 1.2)}]}, "given 1.05 first, allowed: 1.0"),
        ({"scaling": [{"sizes": (200, 200, 800)}]}, "ascending values, each once"),
        ({"scaling": [{"sizes": (200, 300, 400)}]}, "4 times the least"),
        ({"frequencies": [{"law": "gaussian", "width_rad_s": 30.0}]}, "step_s: given 0.1 .* width 30 rad/s"),
        ({"frequencies": [{"law": "gaussian", "width_rad_s": 0.01}]}, "transient_s: given 80 .* from 1e\\+03"),
        ({"scaling": [{"frequencies": {"law": "gaussian", "width_rad_s": 100.0}}]}, "step_s"),
        ({"alternatives": {"a\nb": 0.1}}, "printable"),
        ({"alternatives": {" ": 0.1}}, "printable"),
        ({"exponent": {"oscillators": 1_000_000, "step_s": 1e-3}}, "29.4 h on one core, allowed: 24 h"),
    ],
)
def test_the_part_refuses(changed, message):
    with pytest.raises(ValueError, match=message):
        Synchronisation(**changed)
