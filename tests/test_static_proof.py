"""Certificates of the best static routing: against every kind of change, and what a forger would write."""

import copy
import json

import numpy as np
import pytest

from entsched import queueing
from entsched.behavior import Behavior, CorrelationSet
from entsched.errors import CertificateError
from entsched.games.checker import digest
from entsched.static.branching import branch
from entsched.static.documents import static_certificate
from entsched.static.game import StaticGame
from entsched.static.optimum import StaticComparison, compare, static_optimum
from entsched.static.oracles import LocalOracle, oracle
from entsched.static.proof import check
from entsched.static.relaxation import everything
from entsched.workload import Workload
from entsched.workload.baseline import Affine, Linear, Saturating


@pytest.fixture(scope="module")
def document():
    one = Workload(
        arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.5, 1.0], "probabilities": [0.5, 0.5]}
    )
    return static_certificate(compare(StaticGame(one, Linear(law="linear"), weight=1.0), gap=0.1))


def sealed(document):
    return document | {"sha256": digest(document)}


def test_certificates_survive_text(document):
    proved = check(json.loads(json.dumps(document)))
    assert [each.correlations for each in proved] == ["local", "quantum"]
    assert all(each.lower <= each.upper for each in proved)


def changes():
    def claim(bounds, key, value):
        bounds[key] = value

    def first_leaf(node):
        return first_leaf(node["parts"][0]) if "parts" in node else node

    return {
        "a lower upper end": lambda b: claim(b, "upper", b["lower"] + 1e-3 * abs(b["lower"])),
        "a higher lower end": lambda b: claim(b, "lower", b["upper"]),
        "a set that is none": lambda b: claim(b, "set", "no-signalling"),
        "weights that are none": lambda b: b["strategy"][0].update(weight=0.5 * b["strategy"][0]["weight"]),
        "other multipliers": lambda b: first_leaf(b["boxes"])["proof"].update(multipliers=[1e3, 1e3, -1e3, 1e3]),
        "too few multipliers": lambda b: first_leaf(b["boxes"])["proof"].update(multipliers=[0.0]),
        "a leaf without proof": lambda b: first_leaf(b["boxes"]).update(proof=None),
        "a leaf said to be empty": lambda b: first_leaf(b["boxes"])["proof"].update(empty=True),
        "a cut elsewhere": lambda b: claim(b["boxes"], "cut", 7),
        "a cut that is a truth value": lambda b: b["boxes"].update(cut=bool(b["boxes"].get("cut"))),
        "an upper end a hair lower": lambda b: claim(b, "upper", b["upper"] - 1e-8),
        "a lower end far below": lambda b: claim(b, "lower", -1e13),
        "an infinite lower end": lambda b: claim(b, "lower", -np.inf),
        "an infinite upper end": lambda b: claim(b, "upper", np.inf),
        "an upper end that is no number": lambda b: claim(b, "upper", np.nan),
        "an upper end as text": lambda b: claim(b, "upper", str(b["upper"])),
        "a weight that is a truth value": lambda b: claim(b, "strategy", [b["strategy"][0] | {"weight": True}]),
        "no strategy": lambda b: claim(b, "strategy", []),
        "answers that are no numbers": lambda b: b["strategy"][0].update(answers_a=[False, True], answers_b=[0, 0]),
        "an unknown key": lambda b: claim(b, "proves", "more"),
        "an unknown key of a leaf": lambda b: first_leaf(b["boxes"]).update(more=1),
        "an unknown key of a proof": lambda b: first_leaf(b["boxes"])["proof"].update(more=1),
        "multipliers that overflow": lambda b: first_leaf(b["boxes"])["proof"].update(multipliers=[0, 0, -1.7e308, 0]),
        "multipliers as text": lambda b: first_leaf(b["boxes"])["proof"].update(multipliers=["0"] * 4),
        "a second bound that overflows": lambda b: b["boxes"].update(
            second=[first_leaf(b["boxes"])["proof"] | {"multipliers": [1.7e308] * 4}, None]
        ),
    }


@pytest.mark.parametrize("index", [0, 1], ids=["local", "quantum"])
@pytest.mark.parametrize("change", changes())
def test_changed_certificates_are_refused(document, change, index):
    changed = copy.deepcopy(document)
    changes()[change](changed["bounds"][index])
    with pytest.raises(CertificateError):
        check(sealed(changed))


def test_certificates_with_another_digest_or_model_are_refused(document):
    with pytest.raises(CertificateError, match="sha256"):
        check(document | {"weight": 2.0})
    with pytest.raises(CertificateError):
        check(sealed(document | {"baseline": {"law": "affine", "setup_s": 0.01}}))
    with pytest.raises(CertificateError, match="format"):
        check({"format": "something"})
    with pytest.raises(CertificateError, match="malformed"):
        check([])
    for changed, reason in (
        ({"bounds": []}, "at least one"),
        ({"more": 1}, "unknown key 'more'"),
        ({"weight": "1.0"}, "text or a truth value"),
        ({"weight": True}, "text or a truth value"),
        ({"weight": 10**400}, "not finite"),
        ({"weight": 1e30}, "allowed: 1e-09"),
    ):
        with pytest.raises(CertificateError, match=reason):
            check(sealed(document | changed))


def forged(game, boxes, value, strategy):
    """A document that claims a value as both ends."""
    found = static_optimum(game, CorrelationSet.LOCAL, gap=0.1, most_boxes=3)
    document = static_certificate(StaticComparison(game, found, found))
    bounds = document["bounds"][0] | {"boxes": boxes, "strategy": strategy, "lower": value, "upper": value}
    return sealed(document | {"bounds": [bounds]})


@pytest.mark.parametrize(
    ("real", "imaginary", "reason"),
    [
        ([], [], "given 0 rows"),
        ([[0.0]] * 289, [[0.0] * 289], "given 289 rows"),
        ([[0.0]] * 16, [[0.0] * 16], "state: given another shape"),
        ([[0.0]] * 5, [[0.0]] * 5, "given 5 rows"),
    ],
)
def test_states_have_the_size_of_a_pair_before_they_are_added_up(document, real, imaginary, reason):
    """A file of a megabyte would be a matrix of a terabyte if columns and rows were added as they are."""
    changed = copy.deepcopy(document)
    part = {"weight": 1.0, "state": {"real": real, "imaginary": imaginary}, "measurements_a": {}, "measurements_b": {}}
    changed["bounds"][1]["strategy"] = [part]
    with pytest.raises(CertificateError, match=reason):
        check(sealed(changed))


COINS = [{"weight": 0.25, "answers_a": [a, a], "answers_b": [b, b]} for a in (0, 1) for b in (0, 1)]


def test_a_leaf_that_overflows_does_not_hide_behind_one_that_is_proved():
    """Python's max(x, nan) is x: a tree of slivers, the first proved empty and the others no numbers."""
    service = {"law": "discrete", "values_s": [1e-4, 1.1e-3], "probabilities": [0.5, 0.5]}
    game = StaticGame(Workload(arrival_rate_hz=1e3, service=service), Affine(law="affine", setup_s=1e-3), 200.0)
    box, cuts = everything(game), 0
    while box.high[2] > 1.05 * box.low[2]:
        (box, _), cuts = box.halves(2), cuts + 1
    empty = LocalOracle.of(game).bound(np.zeros(8), box).proof
    assert empty.empty
    node = {"proof": {"multipliers": empty.multipliers.tolist(), "empty": True}}
    for _ in range(cuts):
        node = {"cut": 2, "parts": [node, {"proof": {"multipliers": [0, 0, -1.7e308, 0]}}]}
    found = queueing.evaluate(game.workload, Behavior.from_coalescing([[0.5, 0.5], [0.5, 0.5]]), game.baseline)
    with pytest.raises(CertificateError, match="finite"):
        check(forged(game, node, found.baseline_rate - 200 * found.mean_wait_s, COINS))


def test_no_strategy_of_a_file_makes_room_for_a_lower_upper_end(two_types):
    """Everybody to one server, but for one in 10^12: the waits are so long that 10^-9 of them is a gap."""
    game = StaticGame(two_types, Affine(law="affine", setup_s=1.0), weight=0.1)
    rare = 1e-12
    crowd = [{"weight": w, "answers_a": [s, s], "answers_b": [s, s]} for s, w in ((0, 1 - rare), (1, rare))]
    with pytest.raises(CertificateError, match="has load 1"):
        check(forged(game, {"proof": {"multipliers": [0] * 4}}, -1e11, crowd))


def test_rewards_that_are_not_as_bounded_as_they_say_are_refused(two_types, monkeypatch):
    game = StaticGame(two_types, Saturating(law="saturating", time_constant_s=3.0), weight=0.01)
    found = static_optimum(game, CorrelationSet.LOCAL, gap=0.05)
    document = static_certificate(StaticComparison(game, found, found))
    assert len(check(document)) == 2
    monkeypatch.setattr(Saturating, "most", 0.01)
    box = branch(game, oracle(game, "local"), goal=found.ends.lower, most_boxes=1)
    assert box.upper < found.ends.lower
    document["bounds"][0]["boxes"] = {"proof": {"multipliers": box.root.proof.multipliers.tolist()}}
    with pytest.raises(CertificateError, match="as convex and bounded as it declares"):
        check(sealed(document))


@pytest.mark.parametrize("correlations", ["local", "quantum"])
def test_searches_that_stop_early_prove_a_finite_end(correlations):
    one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    game = StaticGame(one, Affine(law="affine", setup_s=20.0), weight=1e-4)
    for boxes in (1, 9, 21):
        found = static_optimum(game, CorrelationSet(correlations), gap=1e-5, most_boxes=boxes)
        assert np.isfinite(found.ends.upper)
        assert not found.ends.closed
        (proved, _) = check(static_certificate(StaticComparison(game, found, found)))
        assert proved.upper == found.ends.upper


def test_where_the_solver_proves_nothing_bounds_are_finite_and_hold(two_types, monkeypatch):
    from entsched.games.npa.prepared import MomentBound, PreparedRelaxation

    game = StaticGame(two_types, Affine(law="affine", setup_s=1.0), weight=0.1)
    coefficients = np.random.default_rng(0).normal(size=8)
    honest = oracle(game, "quantum").bound(coefficients, everything(game))
    monkeypatch.setattr(PreparedRelaxation, "bound", lambda *_: MomentBound(np.inf, None, None))
    found = oracle(game, "quantum").bound(coefficients, everything(game))
    assert honest.value <= found.value < np.inf
    assert not branch(game, oracle(game, "quantum"), goal=0.0, most_boxes=5).closed
