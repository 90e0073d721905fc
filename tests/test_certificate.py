import copy
import json
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import exponential, random_workload

from entsched.errors import CertificateError
from entsched.games import checker
from entsched.games.certificate import classical_certificate, exact
from entsched.routing import classical_optimum


def certificate(workload, p):
    return classical_certificate(workload, classical_optimum(workload, p))


def resealed(document):
    document["sha256"] = checker.digest(document)
    return document


def test_the_bound_of_two_types_is_an_exact_rational(two_types):
    verdict = checker.check(certificate(two_types, 0.25))
    assert verdict.bound_s == verdict.attained_s == Fraction(93, 160)
    assert verdict.base_wait_s == Fraction(181, 200)


@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("correlated", [False, True])
def test_every_kind_of_workload_is_certified_exactly(order, correlated):
    import numpy as np

    rng = np.random.default_rng(12)
    for types in (2, 3, 5):
        workload = random_workload(rng, types, correlated, order)
        for p in (0.0, 0.2, 0.61, 1.0):
            verdict = checker.check(certificate(workload, p))
            assert float(verdict.bound_s) == pytest.approx(classical_optimum(workload, p).lower, abs=1e-9)
            assert 0 <= verdict.attained_s - verdict.bound_s <= Fraction(1, 10**12)
            assert float(verdict.base_wait_s) == pytest.approx(workload.base_wait_s)


def test_both_methods_prove_the_same(two_types):
    document = certificate(exponential(0.9, 8), 0.55)
    assert document["method"] == "threshold"
    document["method"] = "enumeration"
    assert checker.check(resealed(document)).bound_s == checker.check(certificate(exponential(0.9, 8), 0.55)).bound_s


def _corruptions(document):
    """Certificates that each claim something else, with a word of the reason they are refused for."""
    claim, workload = document["claim"], document["workload"]
    raised = str(Fraction(claim["bound_s"]) + Fraction(1, 10**9))
    yield "not proved", {"claim": claim | {"bound_s": raised}}
    yield "attains", {"claim": claim | {"attained_s": raised}}
    yield "not 1/5", {"claim": claim | {"splitting": "1/5"}}
    yield "class", {"claim": claim | {"class": "static"}}
    yield "not proved", {"multiplier": "7"}
    yield "format", {"format": "something/1"}
    yield "method", {"method": "trust me"}
    yield "not proved", {"workload": workload | {"arrival_rate_hz": "49/100"}}
    yield "load", {"workload": workload | {"arrival_rate_hz": "2"}}
    yield "sum exactly 1", {"workload": workload | {"probabilities": ["1/2", "1/3"]}}
    yield "order", {"workload": workload | {"order": ["random"]}}
    yield "either probabilities or joint", {"workload": workload | {"joint": [["1"]]}}
    yield "rational", {"multiplier": 0.5}
    yield "rational", {"multiplier": "1/0"}
    yield "rational", {"multiplier": "٣"}
    yield "rational", {"multiplier": "1e5"}
    yield "rational", {"multiplier": "9" * 5000}
    yield "keys", {"claim": []}
    yield "keys", {"extra": 1}
    yield "list", {"strategy": []}
    yield "answers", {"strategy": [part | {"answers_a": [1, 0]} for part in document["strategy"]]}
    yield "answers", {"strategy": [part | {"answers_a": [True, 1]} for part in document["strategy"]]}
    yield "sha256", {"sha256": "0" * 64}
    yield "sha256", {"claim": claim | {"bound_s": "1/2"}, "sha256": document["sha256"]}


def test_corrupted_certificates_are_refused_with_the_reason(two_types):
    document = certificate(two_types, 0.25)
    for reason, change in _corruptions(document):
        corrupted = copy.deepcopy(document) | change
        if "sha256" not in change:
            corrupted["sha256"] = checker.digest(corrupted)
        with pytest.raises(checker.RefusedError, match=reason):
            checker.check(corrupted)


def test_the_threshold_method_is_refused_where_the_theorem_does_not_hold():
    document = certificate(exponential(0.5, 4, order="shortest_first"), 0.4)
    assert document["method"] == "enumeration"
    document["method"] = "threshold"
    with pytest.raises(checker.RefusedError, match="proves nothing"):
        checker.check(resealed(document))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"format": NaN}',
        '{"a": 1, "a": 2}',
        "9" * 10_000,
        '"text"',
        '{"format": 1e999}',
    ],
)
def test_text_that_is_no_certificate_is_refused(text):
    with pytest.raises(checker.RefusedError):
        checker.check_text(text)


def test_mutated_certificates_never_crash_and_never_pass(two_types):
    """Any change of the text that survives as JSON is caught by a check or by the digest."""
    text = json.dumps(certificate(two_types, 0.25))
    rng = random.Random(0)
    for _ in range(2000):
        at = rng.randrange(len(text))
        mutated = text[:at] + rng.choice('0123456789-/"[]{},ax') + text[at + rng.randrange(2) :]
        try:
            same = json.loads(mutated) == json.loads(text)
        except ValueError:
            same = False
        if not same:
            with pytest.raises(checker.RefusedError):
                checker.check_text(mutated)


def test_the_checker_stands_alone(tmp_path, two_types):
    """It runs without site packages, on a copy outside the package."""
    alone = tmp_path / "checker.py"
    alone.write_text(Path(checker.__file__).read_text())
    file = tmp_path / "c.json"
    file.write_text(json.dumps(certificate(two_types, 0.25)))
    command = [sys.executable, "-I", "-S", str(alone), str(file)]
    good = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert good.returncode == 0
    assert "proved" in good.stdout
    file.write_text(file.read_text().replace("93/160", "94/160"))
    bad = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert bad.returncode == 1
    assert bad.stderr.startswith("refused: ")


def test_numbers_are_read_as_they_were_written():
    assert exact(0.1) == Fraction(1, 10)
    assert exact(1e-3) == Fraction(1, 1000)


def test_a_workload_whose_types_nobody_sees_has_no_certificate():
    with pytest.raises(CertificateError, match=r"service\.bins"):
        certificate(exponential(0.5, None), 0.5)
