"""What the part on consensus makes of its runs: tables, verdicts by their rules, refusals, the figure."""

import pytest
from pydantic import ValidationError

from entsched.coherence.part import Verdict
from entsched.coherence.parts.consensus import Consensus
from entsched.figures.coherence.consensus import draw


@pytest.fixture(scope="module")
def part():
    small = Consensus(
        nodes=[3],
        down_shares=[0.0, 0.4],
        losses=[],
        divided_shares=[],
        mean_fault_s=0.5,
        tolerated=[1],
        lies=["equivocating"],
        duration_s=4.0,
        liars_duration_s=1.0,
        replications=3,
        liar_replications=2,
    )
    return small, small.tables([task.evaluate() for task in small.tasks(1)])


def test_the_part_says_what_was_counted(part):
    consensus, tables = part
    assert [row["violations"] for row in tables["faults"]] == [0, 0]
    assert [(row["liars"], row["broken"]) for row in tables["liars"]] == [(0, 0.0), (1, 0.0), (2, 1.0)]
    assert tables["faults"][1]["majority_up"] == pytest.approx(0.6**3 + 3 * 0.6**2 * 0.4)
    assert [row["restored"] for row in tables["losses"]] == [1, 1, 1, 0, 0, 0]
    safety, _ = consensus.findings(tables)
    assert safety.verdict is Verdict.NOT_SUPPORTED
    assert "2 of 2 runs with 2 liars among 4 nodes" in safety.result
    assert "any 2 of 5 losses" in safety.entangled


def verdicts(part, faults=None, liars=None):
    consensus, tables = part
    changed = {
        "faults": [row | (faults or {}) for row in tables["faults"]],
        "liars": [row | (liars or {}) for row in tables["liars"]],
    }
    return [finding.verdict for finding in consensus.findings({**tables, **changed})]


def test_the_verdict_on_safety_follows_its_rule(part):
    safe = {"violations": 0, "broken": 0.0}
    assert verdicts(part, liars=safe | {"runs": 6})[0] is Verdict.SUPPORTED
    assert verdicts(part, liars=safe)[0] is Verdict.NOT_TESTABLE
    assert verdicts(part, liars={"lies": "silent"})[0] is Verdict.NOT_TESTABLE
    assert verdicts(part, faults={"violations": 1})[0] is Verdict.NOT_TESTABLE
    broken = part[0].findings({**part[1], "faults": [row | {"violations": 1} for row in part[1]["faults"]]})[0]
    assert "Safety broke 2 times where counting says that it holds" in broken.result


@pytest.mark.parametrize(
    ("surplus", "error", "verdict"),
    [
        (0.2, 0.01, Verdict.SUPPORTED),
        (-0.2, 0.01, Verdict.NOT_SUPPORTED),
        (-0.2, 0.2, Verdict.NOT_TESTABLE),
        (0.04, 0.01, Verdict.NOT_TESTABLE),
    ],
)
def test_the_verdict_on_availability_follows_its_rule(part, surplus, error, verdict):
    assert verdicts(part, faults={"surplus": surplus, "law_error": error})[1] is verdict


def test_without_runs_nothing_is_testable():
    nothing = Consensus(nodes=[], tolerated=[])
    tables = nothing.tables([task.evaluate() for task in nothing.tasks(1)])
    assert {finding.verdict for finding in nothing.findings(tables)} == {Verdict.NOT_TESTABLE}


@pytest.mark.parametrize(
    "keys",
    [
        {"mean_fault_s": 1e-9},
        {"nodes": [31], "commands_per_s": 1000.0, "duration_s": 10_000.0},
        {"nodes": list(range(2, 22)), "replications": 1000},
    ],
)
def test_runs_without_end_are_refused(keys):
    with pytest.raises(ValidationError, match=r"given (a run of about .* events|\d+ runs), allowed: "):
        Consensus(**keys)


def test_a_level_that_stands_twice_is_refused():
    with pytest.raises(ValidationError, match=r"losses: given .*allowed: each value once"):
        Consensus(losses=[0.1, 0.1])


@pytest.mark.slow
def test_the_figure_is_drawn(part, tmp_path):
    assert draw(part[1], tmp_path / "consensus").stat().st_size > 10_000
    header = (tmp_path / "consensus.csv").read_text().splitlines()[0]
    assert "served" in header
    assert "broken" in header


@pytest.mark.slow
def test_the_figure_of_nothing_says_so(tmp_path):
    assert draw({"faults": [], "laws": [], "liars": []}, tmp_path / "nothing").stat().st_size > 1000
