import copy
import json
import math
import random
import subprocess
import sys
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from conftest import exponential, random_workload

from entsched.errors import CertificateError
from entsched.games import checker
from entsched.games.certificate import game_certificate
from entsched.games.library import named
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame
from entsched.games.rationals import as_written, unit_vector
from entsched.games.routing_certificate import routing_certificate
from entsched.games.solve import simplest, solve
from entsched.routing import classical_optimum, quantum_optimum

ALL = ("local", "quantum", "no-signalling")


def routing(workload, p, entangled=True):
    quantum = quantum_optimum(workload, p) if entangled else None
    return routing_certificate(workload, classical_optimum(workload, p), quantum)


def of_game(game, sets=ALL):
    return game_certificate(game, [solve(game, each) for each in sets])


def resealed(document):
    document["sha256"] = checker.digest(document)
    return document


# What is proved


def test_the_bound_of_two_types_is_an_exact_rational(two_types):
    verdict = checker.check(routing(two_types, 0.25))
    assert verdict.end("local", "upper") == verdict.end("local", "lower") == Fraction(-93, 160)
    assert verdict.game.routing.base_wait_s == Fraction(181, 200)


def test_one_file_proves_the_advantage_of_an_entangled_strategy(two_types):
    verdict = checker.check(routing(two_types, 0.3))
    assert float(verdict.advantage) == pytest.approx(0.0979753, abs=1e-7)
    assert 0 <= verdict.end("quantum", "upper") - verdict.end("quantum", "lower") < Fraction(1, 10**9)
    assert "entanglement gains at least 0.09797" in str(verdict)


def test_one_file_says_so_when_there_is_no_advantage(two_types):
    verdict = checker.check(routing(two_types, 0.5))
    assert verdict.advantage <= 0
    assert "gains" not in str(verdict)


@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("correlated", [False, True])
def test_every_kind_of_workload_is_certified_exactly(order, correlated):
    rng = np.random.default_rng(12)
    for types in (2, 3, 5):
        workload = random_workload(rng, types, correlated, order)
        for p in (0.0, 0.2, 0.61, 1.0):
            verdict = checker.check(routing(workload, p))
            upper, lower = (verdict.end("local", end) for end in ("upper", "lower"))
            assert float(-upper) == pytest.approx(classical_optimum(workload, p).lower, abs=1e-9)
            assert 0 <= upper - lower <= Fraction(1, 10**12)
            assert float(verdict.game.routing.base_wait_s) == pytest.approx(workload.base_wait_s)
            assert lower <= verdict.end("quantum", "upper")


@pytest.mark.parametrize("name", ["chsh", "odd-cycle:5", "elegant", "chained:3", "random-xor:6:1"])
def test_all_sets_of_xor_games_are_certified_at_both_ends(name):
    verdict = checker.check(of_game(simplest(named(name))))
    for each in ALL:
        assert 0 <= verdict.end(each, "upper") - verdict.end(each, "lower") <= Fraction(1, 10**7)
    assert verdict.advantage >= -Fraction(1, 10**7)


@pytest.mark.parametrize("name", ["i3322", "ffl", "cglmp:3"])
def test_payoff_tables_are_certified(name):
    game = simplest(named(name))
    verdict = checker.check(of_game(game))
    assert verdict.end("local", "upper") == verdict.end("local", "lower")
    assert verdict.end("local", "upper") <= verdict.end("quantum", "upper") + Fraction(1, 10**9)
    assert verdict.end("no-signalling", "lower") <= verdict.end("no-signalling", "upper")


def test_the_moment_bound_of_i3322_is_the_published_one():
    verdict = checker.check(of_game(simplest(named("i3322")), ["quantum"]))
    assert float(verdict.end("quantum", "upper")) == pytest.approx(0.25147091, abs=1e-7)


def test_side_constraints_are_met_exactly():
    rng = np.random.default_rng(3)
    balanced = LinearConstraint.equality(np.full((3, 3), 1 / 9), 0.2)
    game = XorGame(rng.normal(size=(3, 3)).round(2), constraints=(balanced,))
    verdict = checker.check(of_game(game))
    for each in ALL:
        assert 0 <= verdict.end(each, "upper") - verdict.end(each, "lower") <= Fraction(1, 10**6)


def test_a_larger_xor_game_is_proved_by_its_suffixes():
    document = of_game(XorGame(np.random.default_rng(4).integers(-9, 10, (18, 18))), ["local"])
    verdict = checker.check(document)
    assert verdict.end("local", "upper") == verdict.end("local", "lower")
    [upper] = [claim for claim in document["claims"] if claim["end"] == "upper"]
    assert len(upper["proof"]["suffixes"]) == 17


def test_both_methods_prove_the_same_of_routing():
    document = routing(exponential(0.9, 6), 0.55, entangled=False)
    claims = document["claims"]
    assert claims[1]["proof"] == {"method": "threshold"}
    claims[1]["proof"] = {"method": "tree", "party": "a", "order": list(range(6)), "suffixes": []}
    assert checker.check(resealed(document)).claims[1].value == Fraction(claims[1]["value"])


# The proofs themselves, against independent paths


def test_tree_search_agrees_with_all_deterministic_strategies():
    rng = np.random.default_rng(5)
    for _ in range(30):
        na, nb, n, m = rng.integers(1, 4, 4)
        game = NonlocalGame(rng.integers(-5, 6, (na, nb, n, m)), np.ones((n, m)))
        best = max(
            sum(game.payoff[a[x], b[y], x, y] for x in range(n) for y in range(m))
            for a in product(range(na), repeat=n)
            for b in product(range(nb), repeat=m)
        )
        document = of_game(game, ["local"])
        assert checker.check(document).end("local", "upper") == best
        upper = document["claims"][1]
        for party, questions in (("a", n), ("b", m)):
            upper["proof"] = {"method": "tree", "party": party, "order": list(range(questions)), "suffixes": []}
            assert checker.check(resealed(document)).end("local", "upper") == best
        upper["value"] = str(int(best) - Fraction(1, 1000))
        with pytest.raises(checker.RefusedError, match="exceeds"):
            checker.check(resealed(document))


def test_positive_matrices_are_told_from_others():
    rng = np.random.default_rng(6)

    def lower_triangle(matrix):
        return [[round(Fraction(float(x)) * 2**60) for x in row[: i + 1]] for i, row in enumerate(matrix)]

    for n in (1, 2, 5, 20, 60):
        root = rng.normal(size=(n, n + 2)) * 10.0 ** rng.uniform(-2, 2)
        matrix = root @ root.T
        least = np.linalg.eigvalsh(matrix)[0]
        checker.refuse_unless_positive(lower_triangle(matrix))
        with pytest.raises(checker.RefusedError, match="positive"):
            checker.refuse_unless_positive(lower_triangle(matrix - 1.0001 * least * np.eye(n)))


def test_moments_follow_the_algebra_of_projectors():
    a, b = (0, 0), (1, 0)
    assert checker.product_of_words(((a,), ()), ((a,), ())) == ((a,), ())
    assert checker.product_of_words(((a,), ()), (((0, 1),), ())) is None
    assert checker.product_of_words(((b, a), ()), ((), ())) == checker.product_of_words(((a, b), ()), ((), ()))
    assert checker.product_of_words(((a,), (b,)), ((b,), (a,))) == ((a, b), (b, a))


def test_unit_vectors_are_exact_and_close():
    rng = np.random.default_rng(7)
    for d in (1, 2, 3, 8):
        direction = rng.normal(size=d)
        exact = unit_vector(direction)
        assert sum(x * x for x in exact) == 1
        assert np.allclose([float(x) for x in exact], direction / np.linalg.norm(direction), atol=1e-6)


# What is refused


def _corruptions(document):
    """Certificates that each claim something else, with a word of the reason they are refused for."""
    game, claims = document["game"], document["claims"]
    workload = game["workload"]

    def claim(k, **change):
        return {"claims": [c | change if i == k else c for i, c in enumerate(claims)]}

    less = str(Fraction(claims[1]["value"]) - Fraction(1, 10**9))
    more = str(Fraction(claims[0]["value"]) + Fraction(1, 10**9))
    part = claims[2]["strategy"][0]
    yield "not proved", claim(1, value=less)
    yield "not proved", claim(0, value=more)
    yield "not proved", claim(2, value=str(Fraction(claims[2]["value"]) + Fraction(1, 10**9)))
    yield "not proved", claim(3, value=str(Fraction(claims[3]["value"]) - Fraction(1, 10**9)))
    yield "positive semidefinite", claim(3, proof=claims[3]["proof"] | {"d": ["1/1000", "1/1000"]})
    yield "positive numbers", claim(3, proof=claims[3]["proof"] | {"d": ["0", "1"]})
    yield "proves nothing", claim(3, proof={"method": "threshold"})
    yield "proves nothing", claim(1, set="quantum")
    yield "not proved", claim(1, multipliers=["7"])
    yield "multipliers", claim(1, multipliers=[])
    yield "none of the local set", claim(0, strategy=claims[2]["strategy"])
    yield "does not meet a constraint", {"game": game | {"splitting": "1/5"}}
    yield "class", {"game": game | {"class": "static"}}
    yield "format", {"format": "something/1"}
    yield "method", claim(1, proof={"method": ["trust me"]})
    yield "not proved|constraint", {"game": game | {"workload": workload | {"arrival_rate_hz": "49/100"}}}
    yield "load", {"game": game | {"workload": workload | {"arrival_rate_hz": "2"}}}
    yield "sum exactly 1", {"game": game | {"workload": workload | {"probabilities": ["1/2", "1/3"]}}}
    yield "order", {"game": game | {"workload": workload | {"order": ["random"]}}}
    yield "either probabilities or joint", {"game": game | {"workload": workload | {"joint": [["1"]]}}}
    for number in (0.5, "1/0", "٣", "1e5", "9" * 5000):
        yield "rational", claim(1, multipliers=[number])
    yield "keys", {"claims": [[]]}
    yield "object", {"game": []}
    yield "keys", {"extra": 1}
    yield "list", claim(0, strategy=[])
    yield "sum", claim(0, strategy=[claims[0]["strategy"][0] | {"weight": "1/3"}])
    yield "integers", claim(0, strategy=[claims[0]["strategy"][0] | {"answers_a": [1, 2]}])
    yield "integers", claim(0, strategy=[claims[0]["strategy"][0] | {"answers_a": [True, 1]}])
    yield "length exactly 1", claim(2, strategy=[part | {"vectors_a": [["1", "1/1000"], ["1", "0"]]}])
    yield "sha256", {"sha256": "0" * 64}
    yield "sha256", claim(1, value="0") | {"sha256": document["sha256"]}


def test_corrupted_certificates_are_refused_with_the_reason(two_types):
    document = routing(two_types, 0.25)
    checker.check(document)
    for reason, change in _corruptions(document):
        corrupted = copy.deepcopy(document) | change
        if "sha256" not in change:
            corrupted["sha256"] = checker.digest(corrupted)
        with pytest.raises(checker.RefusedError, match=reason):
            checker.check(corrupted)


def test_the_threshold_method_is_refused_where_the_theorem_does_not_hold():
    document = routing(exponential(0.5, 4, order="shortest_first"), 0.4)
    assert document["claims"][1]["proof"]["method"] == "tree"
    document["claims"][1]["proof"] = {"method": "threshold"}
    with pytest.raises(checker.RefusedError, match="proves nothing"):
        checker.check(resealed(document))


def test_a_search_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(checker, "MAX_WORK", 800_000)
    rng = np.random.default_rng(8)
    game = XorGame(rng.choice([-1, 1], (40, 40)))
    claim = {
        "set": "local",
        "end": "upper",
        "value": "400",
        "multipliers": [],
        "proof": {"method": "tree", "party": "a", "order": list(range(40)), "suffixes": []},
    }
    document = of_game(XorGame([[1.0]]), ["local"])
    weights = [[str(int(w)) for w in row] for row in game.weights]
    document |= {"game": {"xor": {"weights": weights, "offset": "0"}, "constraints": []}, "claims": [claim]}
    with pytest.raises(checker.RefusedError, match="too large"):
        checker.check(resealed(document))


def test_numbers_too_long_to_calculate_with_are_refused_at_once():
    document = of_game(XorGame([[1.0]]), ["local"])
    long = [f"1/{10**3000 + k}" for k in range(100)]
    document["game"] = {"xor": {"weights": [long], "offset": "0"}, "constraints": []}
    with pytest.raises(checker.RefusedError, match="too many digits"):
        checker.check(resealed(document))


def test_verdicts_are_rounded_to_the_side_that_was_proved():
    above = Fraction(10**20 + 4, 10**20)
    assert checker.decimal(above, checker.ROUND_CEILING) == "1.00000000001"
    assert checker.decimal(-above, checker.ROUND_FLOOR) == "-1.00000000001"
    assert checker.decimal(Fraction(3, 4), checker.ROUND_CEILING) == "0.75"


def test_huge_numbers_neither_crash_a_message_nor_a_verdict():
    def document(offset, claim):
        game = {"xor": {"weights": [["1"]], "offset": offset}, "constraints": []}
        return resealed({"format": checker.FORMAT, "game": game, "claims": [claim]})

    proof = {"method": "potentials", "f": [], "g": []}
    upper = {"set": "no-signalling", "end": "upper", "multipliers": [], "proof": proof}
    assert "0" * 390 in str(checker.check(document("0", upper | {"value": "1" + "0" * 399})))
    with pytest.raises(checker.RefusedError, match="many digits"):
        checker.check(document("1/" + "7" * 3998, upper | {"value": "-1/" + "9" * 3999}))
    with pytest.raises(checker.RefusedError, match="name"):
        checker.check({"format": checker.FORMAT, "game": {"name": [[]]}, "claims": [], "sha256": ""})


def test_an_order_with_something_else_in_it_is_refused():
    document = of_game(XorGame([[1.0, 2.0], [3.0, -1.0]]), ["local"])
    for order in ([0, 1, None], [False, 0, 1], [0, 1] + [True] * 98, [0, 1, "x"], [0, True], [1], [0, 0], [0, 1, 1]):
        document["claims"][1]["proof"]["order"] = order
        with pytest.raises(checker.RefusedError, match="order"):
            checker.check(resealed(document))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", "[" * 100_000, '{"format": NaN}', '{"a": 1, "a": 2}', "9" * 10_000, '"x"', '{"f": 1e999}'],
)
def test_text_that_is_no_certificate_is_refused(text):
    with pytest.raises(checker.RefusedError):
        checker.check_text(text)


def _nodes(value, path=()):
    """All places inside a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from _nodes(each, (*path, key))


def _mutated(document, rng):
    """A document with one place changed, and its digest made to fit."""
    document = copy.deepcopy(document)
    path = rng.choice([p for p in _nodes(document) if p and p[0] != "sha256"])
    at = document
    for key in path[:-1]:
        at = at[key]
    old = at[path[-1]]
    junk = [
        None,
        True,
        0,
        -1,
        2,
        10**30,
        "",
        "0",
        "1",
        "-1",
        "1/3",
        "999999999",
        "1/-2",
        [],
        {},
        [[]],
        "x",
        [old],
        {"a": old},
    ]
    if isinstance(old, str) and "/" in old and old != checker.FORMAT:
        junk += [str(Fraction(old) * Fraction(rng.choice([99, 101, 200, -100]), 100))] * 20
    if isinstance(old, list) and old:
        junk += [old[:-1], old[::-1], [*old, old[0]]] * 5
    at[path[-1]] = rng.choice(junk)
    return resealed(document)


def _largest_value(game, deterministic):
    """The local value by brute force over everything, or the no-signalling bound sum max |G|."""
    if not deterministic:
        return math.inf
    n, m = game.shape[-2:]
    na, nb = game.shape[:2] if len(game.shape) == 4 else (2, 2)
    best = -math.inf
    for a in product(range(na), repeat=n):
        for b in product(range(nb), repeat=m):
            entries = checker.deterministic_entries(game, list(a), list(b))
            best = max(best, game.value(entries, 1))
    return best


@pytest.mark.parametrize("mutations", [120, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["chsh", "ffl", "i3322"])
def test_mutated_and_resealed_certificates_never_crash_and_never_prove_a_falsehood(name, mutations):
    """Whatever is still accepted states a true bound: brute force over all strategies agrees."""
    document = of_game(simplest(named(name)))
    rng = random.Random(name)
    accepted = 0
    for _ in range(mutations):
        mutated = _mutated(document, rng)
        try:
            verdict = checker.check_text(json.dumps(mutated))
        except checker.RefusedError:
            continue
        accepted += 1
        best = _largest_value(verdict.game, True)
        assert all(claim.value >= best for claim in verdict.claims if claim.end == "upper")
        assert all(c.value <= best for c in verdict.claims if (c.correlations, c.end) == ("local", "lower"))
    assert accepted < 0.7 * mutations


def test_mutated_text_never_crashes_and_never_passes(two_types):
    """Any change of the text that survives as JSON is caught by a check or by the digest."""
    text = json.dumps(routing(two_types, 0.25))
    rng = random.Random(0)
    for _ in range(800):
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
    file.write_text(json.dumps(routing(two_types, 0.25)))
    command = [sys.executable, "-I", "-S", str(alone), str(file)]
    good = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert good.returncode == 0
    assert "proved" in good.stdout
    file.write_text(file.read_text().replace("-93/160", "-94/160"))
    bad = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert bad.returncode == 1
    assert bad.stderr.startswith("refused: ")


def test_numbers_are_read_as_they_were_written():
    assert as_written(0.1) == Fraction(1, 10)
    assert as_written(1e-3) == Fraction(1, 1000)


def test_a_workload_whose_types_nobody_sees_has_no_certificate():
    with pytest.raises(CertificateError, match=r"service\.bins"):
        routing(exponential(0.5, None), 0.5)


# Recorded counts


def _record(counts, source="it", significance="1/100"):
    return {"source": source, "significance": significance, "counts": np.array(counts).astype(str).tolist()}


def _with_model(counts, weights=("1/2", "1/2"), **changes):
    """Two questions each; both answer one shared bit, whatever the question."""
    parts = [{"weight": w, "answers_a": [k, k], "answers_b": [k, k]} for k, w in enumerate(weights)]
    return resealed({"format": checker.FORMAT, "record": _record(counts, **changes), "model": parts})


def _shared(zeros, ones):
    counts = np.zeros((2, 2, 2, 2), dtype=int)
    counts[0, 0], counts[1, 1] = zeros, ones
    return counts


def test_binomial_tails_enclose_exact_sums():
    rng = random.Random(2)
    for _ in range(400):
        n, p = rng.randint(0, 50), Fraction(rng.randint(0, 30), 30)
        k = rng.randint(0, int(n * p))
        exact = sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k + 1))
        low, high = (checker.binomial_tail(n, k, p, side) for side in (checker.ROUND_FLOOR, checker.ROUND_CEILING))
        assert low <= exact <= high
        assert high - low <= float(exact) * 1e-15


def test_a_model_is_proved_up_to_the_count_at_which_its_tail_is_too_small():
    """Sixteen cells at 1/100: both tails of Bin(200, 1/2) against 1/3200, by an exact sum."""
    tail, edge = Fraction(0), 0
    while (tail := tail + Fraction(math.comb(200, edge), 2**200)) < Fraction(1, 3200):
        edge += 1
    said = "proved: a local model agrees with all 16 counts of 'it' (800 rounds) at joint level 0.01"
    for k in (edge, 100, 200 - edge):
        assert str(checker.check(_with_model(_shared(k, 200 - k)))) == said
    for k in (edge - 1, 200 - edge + 1):
        with pytest.raises(checker.RefusedError, match="too unlikely"):
            checker.check(_with_model(_shared(k, 200 - k)))


def test_records_that_prove_nothing_are_refused():
    good, impossible = _shared(100, 100), _shared(100, 100)
    impossible[0, 1, 0, 0] = 1
    cases = (
        ("too unlikely", _with_model(impossible)),
        ("sum", _with_model(good, weights=("1/2", "1/3"))),
        ("negative", _with_model(good, weights=("3/2", "-1/2"))),
        ("significance", _with_model(good, significance="0")),
        ("significance", _with_model(good, significance="1")),
        ("printable", _with_model(good, source="a\nproved: everything")),
        ("printable", _with_model(good, source="")),
        ("whole", _with_model(-good)),
        ("whole", _with_model(0 * good)),
        ("whole", _with_model(10**6 * good)),
        ("keys", {k: v for k, v in _with_model(good).items() if k != "record"}),
        ("keys", resealed(_with_model(good) | {"claims": []})),
        ("sha256", _with_model(good) | {"record": _record(_shared(101, 99))}),
    )
    for reason, document in cases:
        with pytest.raises(checker.RefusedError, match=reason):
            checker.check_text(json.dumps(document))


def _violation(wins, losses, significance="1/100"):
    a, b, x, y = np.indices((2, 2, 2, 2))
    won = (a ^ b) == (x & y)
    document = of_game(NonlocalGame(1.0 * won, np.full((2, 2), 0.25)), ["local"])
    counts = np.where(won, wins // 8, losses // 8)
    return resealed(document | {"record": _record(counts, significance=significance)})


def test_a_violation_is_proved_with_an_upper_bound_of_its_p_value():
    said = str(checker.check(_violation(800, 200)))
    exact = sum(math.comb(1000, k) * Fraction(3**k, 4**1000) for k in range(800, 1001))
    assert "(1,000 rounds) won 0.8 of the rounds, above 0.75 (S = 2.4 against 2): a chance of at most" in said
    bound = Fraction(said.split("at most ")[1].split(" ")[0])
    assert exact <= bound <= exact * Fraction(101, 100)
    document = _violation(800, 200)
    for reason, other in (
        ("too little", _violation(800, 200, significance=str(exact * Fraction(999, 1000)))),
        ("too little", _violation(752, 248)),
        ("does not exceed", _violation(744, 256)),
        ("payoff table of its shape", resealed(document | {"record": _record(np.ones((2, 2, 2, 3), dtype=int))})),
        ("local upper", resealed(document | {"claims": [c for c in document["claims"] if c["end"] == "lower"]})),
    ):
        with pytest.raises(checker.RefusedError, match=reason):
            checker.check_text(json.dumps(other))


def test_a_game_that_pays_nothing_proves_nothing():
    """Constraints alone once passed for a local model of counts."""
    part = {"weight": "1", "answers_a": [0], "answers_b": [0]}
    claim = {"set": "local", "end": "lower", "value": "0", "strategy": [part]}
    game = {"name": "recorded counts", "pi": [["1"]], "payoff": [[[["0"]]]], "constraints": []}
    with pytest.raises(checker.RefusedError, match="pays nothing"):
        checker.check(resealed({"format": checker.FORMAT, "game": game, "claims": [claim]}))


def test_mutated_records_never_crash_and_prove_only_what_holds():
    rng, accepted = random.Random(3), 0
    document = _with_model(_shared(90, 110))
    for _ in range(300):
        mutated = _mutated(document, rng)
        try:
            said = str(checker.check_text(json.dumps(mutated)))
        except checker.RefusedError:
            continue
        accepted += 1
        counts = np.array(mutated["record"]["counts"]).astype(int)
        assert f"all {counts.size} counts of {mutated['record']['source']!r} ({counts.sum():,} rounds)" in said
    assert accepted < 150


def test_several_files_are_verified_by_name(call, tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(_with_model(_shared(100, 100))))
    bad.write_text(json.dumps(_with_model(_shared(100, 200))))
    code, out, err = call("verify", good, bad)
    assert code == 1
    assert out.startswith(f"{good}: proved: a local model agrees")
    assert err.startswith(f"{bad}: refused: ")
    assert call("verify", good)[1].startswith("proved: ")
