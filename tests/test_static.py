"""The best static routing: its bounds against every other path."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entsched import queueing
from entsched.behavior import Behavior, CorrelationSet
from entsched.errors import GameError
from entsched.routing import classical_optimum, quantum_optimum
from entsched.static.documents import static_certificate
from entsched.static.game import StaticGame
from entsched.static.optimum import Verdict, compare, static_optimum
from entsched.static.oracles import LocalOracle, oracle
from entsched.static.proof import check
from entsched.static.reached import reached
from entsched.static.relaxation import BOUNDED, Box, everything, least_seconds, line_above, line_above_value, looseness
from entsched.static.search import _mixed, _together, best_local
from entsched.strategies import registry
from entsched.strategies.base import Resource, Scenario, StrategyClass
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.workload import Workload
from entsched.workload.baseline import Affine, Expectation, Linear, Power, Saturating

AFFINE = Affine(law="affine", setup_s=1.0)
RATES_HZ = st.one_of(st.just(0.0), st.floats(1e-12, 3))
REWARDS = [
    AFFINE,
    Linear(law="linear", slope=2.0),
    Saturating(law="saturating", time_constant_s=3.0),
    Saturating(law="saturating", time_constant_s=10.0, maximum=2.0, exponent=1.0),
    Power(law="power", exponent=1.0),
]


def small_workload(rng):
    """A random workload of two types in one of the orders."""
    values = np.sort(rng.uniform(0.05, 2.0, 2))
    share = rng.uniform(0.2, 0.8)
    mean = share * values[0] + (1 - share) * values[1]
    return Workload(
        arrival_rate_hz=float(rng.uniform(0.2, 0.8) / mean),
        service={"law": "discrete", "values_s": values.tolist(), "probabilities": [share, 1 - share]},
        order=str(rng.choice(["random", "a_first", "shortest_first"])),
    )


def random_behavior(game, rng):
    """A random mixture of few deterministic pairs, without overload."""
    behaviors = LocalOracle.of(game).behaviors
    while True:
        weights = rng.dirichlet(np.full(3, 0.5))
        p = np.tensordot(weights, behaviors[rng.integers(len(behaviors), size=3)], 1)
        if game.point(p)[1:3].max() < 0.99:
            return p


@pytest.mark.parametrize("seed", range(20))
def test_figures_are_those_of_queueing(seed):
    rng = np.random.default_rng(seed)
    game = StaticGame(small_workload(rng), REWARDS[seed % len(REWARDS)], weight=0.3)
    p = random_behavior(game, rng)
    exact = queueing.evaluate(game.workload, Behavior(p), game.baseline)
    found = game.figures(game.point(p))
    assert found.mean_wait_s == pytest.approx(exact.mean_wait_s, rel=1e-12)
    assert found.baseline_rate == pytest.approx(exact.baseline_rate, rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_gradients_are_differences(seed):
    rng = np.random.default_rng(seed)
    game = StaticGame(small_workload(rng), REWARDS[seed % len(REWARDS)], weight=0.3)
    point, step = game.point(random_behavior(game, rng)), 1e-6
    differences = [(game.value(point + step * e) - game.value(point - step * e)) / (2 * step) for e in np.eye(8)]
    assert game.gradient(point) == pytest.approx(differences, rel=1e-4, abs=1e-5)


@given(reward=st.sampled_from(REWARDS), ends=st.tuples(RATES_HZ, RATES_HZ))
def test_lines_lie_above_rates(reward, ends):
    low, high = sorted(ends)
    line = line_above(reward, low, high)
    for rate in np.linspace(low, high, 9).tolist():
        assert line.at(rate) >= reward.expected_rate(rate) - 1e-12


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60)
def test_values_in_a_box_lie_below_its_plane(seed):
    rng = np.random.default_rng(seed)
    game = StaticGame(small_workload(rng), REWARDS[seed % len(REWARDS)], weight=float(rng.uniform(0.01, 1)))
    p = random_behavior(game, rng)
    if game.point(p)[1] > game.workload.load:
        p = p[::-1, ::-1]
    point, whole = game.point(p), everything(game)
    inside = point[list(BOUNDED)]
    assert np.all(whole.low <= inside + 1e-12)
    assert np.all(inside <= whole.high + 1e-12)
    shrink = rng.uniform(0, 1, (2, 4)) ** 2
    box = Box(whole.low + shrink[0] * (inside - whole.low), whole.high - shrink[1] * (whole.high - inside))
    assert np.all(point[5:7] >= np.array(least_seconds(game, box)) - 1e-12)
    for seconds in ((0.0, 0.0), tuple(point[5:7] * rng.uniform(0, 1, 2))):
        constant, coefficients = line_above_value(game, box, seconds)
        assert constant + coefficients @ point >= game.value(point) - 1e-9
        assert np.all(looseness(game, box, seconds, point) >= 0)


def test_the_oracles_agree_with_enumeration(two_types):
    game = StaticGame(two_types, AFFINE, weight=0.1)
    rng = np.random.default_rng(0)
    points = LocalOracle.of(game).points
    for _ in range(5):
        coefficients = rng.normal(size=8)
        local, quantum = (oracle(game, each).bound(coefficients, everything(game)) for each in ("local", "quantum"))
        folded = points[points[:, 1] <= game.workload.load + 1e-9]
        assert folded.size
        assert local.value >= (folded @ coefficients).max() - 1e-9
        assert quantum.value >= local.value - 1e-7


def test_a_box_without_behaviors_is_proved_empty(two_types):
    game = StaticGame(two_types, AFFINE, weight=0.1)
    nowhere = Box(np.array([0.0, 0.4, 0.0, 0.0]), np.array([0.1, 0.5, 0.5, 0.5]))  # much work from few customers
    for each in ("local", "quantum"):
        found = oracle(game, each).bound(np.ones(8), nowhere)
        assert found.value == -np.inf
        assert found.proof is not None
        assert found.proof.empty


def test_one_type_is_settled_by_a_grid():
    """With one type a behavior is three numbers: the best of a fine grid lies between both ends."""
    one = Workload(arrival_rate_hz=0.4, service={"law": "exponential", "mean_s": 1.0})
    game = StaticGame(one, AFFINE, weight=0.1)
    found = static_optimum(game, CorrelationSet.LOCAL, gap=1e-3)
    steps = np.linspace(0, 1, 41)
    grid = np.array([(x, y, z, 1 - x - y - z) for x in steps for y in steps for z in steps if x + y + z <= 1 + 1e-12])
    best = max(game.value(point) for point in game.point(grid.reshape(-1, 2, 2, 1, 1)) if max(point[1:3]) < 0.99)
    assert best <= found.ends.upper + 1e-9
    assert found.ends.lower >= best - 1e-9
    assert found.ends.closed
    assert found.ends.upper - found.ends.lower <= 1e-3 * found.ends.scale


def test_the_best_static_is_at_least_the_best_symmetric(two_types):
    game = StaticGame(two_types, AFFINE, weight=0.1)
    for p in np.linspace(0, 1, 11).tolist():
        behavior = Behavior.from_coalescing(classical_optimum(two_types, p).coalescing)
        assert game.value(game.point(behavior.p)) <= best_local(game).value + 1e-6


@pytest.mark.slow
def test_the_case_of_two_types_is_settled(two_types):
    """Types (0.1, 1.9) s, T = max(0, t - 1 s): entanglement helps at weight 0.1, and not at 0.3."""
    verdicts = {}
    for weight in (0.1, 0.3):
        found = compare(StaticGame(two_types, AFFINE, weight), gap=2e-3)
        verdicts[weight] = found.verdict
        assert [each.correlations for each in check(static_certificate(found))] == ["local", "quantum"]
        if weight == 0.1:
            assert found.quantum.ends.lower >= 0.59223
            assert found.local.ends.upper <= 0.5903
            assert found.local.figures == pytest.approx((1.905, 0.778801), abs=1e-5)
            symmetric = [quantum_optimum(two_types, p).coalescing for p in (0.26, 0.27)]
            values = [found.game.value(found.game.point(Behavior.from_coalescing(each).p)) for each in symmetric]
            assert found.quantum.ends.lower >= max(values) - 1e-6
    assert verdicts == {0.1: Verdict.HELPS, 0.3: Verdict.GAINS_NOTHING}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_no_strategy_beats_the_bound_of_its_class(seed):
    """Every static strategy, at every p, on random workloads: below the certified bound of its resource."""
    rng = np.random.default_rng(seed)
    game = StaticGame(small_workload(rng), REWARDS[seed % 3], weight=float(rng.uniform(0.03, 0.5)))
    found = compare(game, gap=0.02, most_boxes=400)
    bounds = {Resource.LOCAL: found.local.ends.upper, Resource.ENTANGLED: found.quantum.ends.upper}
    tested = 0
    for name in registry.BUILT_IN:
        kind = registry.load(name)
        if kind.strategy_class not in (StrategyClass.SYMMETRIC, StrategyClass.STATIC) or kind.resource not in bounds:
            continue
        needed = {key for key, field in kind.model_fields.items() if field.is_required()}
        if needed - {"weight"}:
            continue
        strategy = registry.build(name, {"weight": game.weight} if needed else {})
        for p in (0.0, 0.2, 0.45, 0.7, 1.0) if kind.uses_splitting else (None,):
            plan = compile_strategy(strategy, Scenario(game.workload, p, baseline=game.baseline))
            point = game.point(memoryless_table(plan, game.workload).p)
            if max(point[1:3]) < 1 - 1e-3:
                assert game.value(point) <= bounds[kind.resource] + 1e-9, name
                tested += 1
    assert tested >= 18
    assert found.local.ends.upper >= found.local.ends.lower
    assert found.quantum.ends.upper >= found.local.ends.lower


def test_what_has_no_bound_is_refused(two_types):
    many = Workload(arrival_rate_hz=0.5, service={"law": "exponential", "mean_s": 1.0, "bins": 5})
    with pytest.raises(GameError, match="never ends"):
        StaticGame(two_types, Power(law="power", exponent=2.0), weight=0.1)
    with pytest.raises(GameError, match="at most 4"):
        StaticGame(many, AFFINE, weight=0.1)
    for weight in (0.0, -1.0, 1e-10, 1e30, np.inf, np.nan):
        with pytest.raises(GameError, match="allowed: 1e-09 to 1e"):
            StaticGame(two_types, AFFINE, weight)
    with pytest.raises(GameError, match=r"load 0\.9995, allowed"):
        StaticGame(two_types.model_copy(update={"arrival_rate_hz": 0.9995}), AFFINE, weight=0.1)


@pytest.mark.parametrize(
    ("load", "setup_s", "weight", "values_s"),
    [(0.5, 20.0, 1e-4, [1.0]), (0.97, 1.0, 1e-6, [0.1, 1.9]), (0.9985, 1.0, 1e-3, [0.1, 1.9])],
)
def test_lower_ends_near_full_load_are_exact_and_upper_ends_come_near(load, setup_s, weight, values_s):
    service = {"law": "discrete", "values_s": values_s, "probabilities": [1 / len(values_s)] * len(values_s)}
    workload = Workload(arrival_rate_hz=load, service=service)
    game = StaticGame(workload, Affine(law="affine", setup_s=setup_s), weight)
    found = static_optimum(game, CorrelationSet.LOCAL, gap=1e-3, most_boxes=300)
    exact = queueing.evaluate(workload, Behavior(found.mixture.behavior), game.baseline)
    assert found.ends.lower == pytest.approx(exact.baseline_rate - weight * exact.mean_wait_s, rel=1e-12)
    assert found.figures == pytest.approx((exact.mean_wait_s, exact.baseline_rate), rel=1e-12)
    assert max(exact.load) > 0.99
    assert found.ends.closed
    assert found.ends.lower <= found.ends.upper <= found.ends.lower + 1e-3 * found.ends.scale


def test_mixtures_over_the_load_of_a_search_are_worth_nothing(two_types):
    """Everybody to one server is too much for it, whatever that saves."""
    busy = StaticGame(two_types.model_copy(update={"arrival_rate_hz": 0.9}), AFFINE, weight=1e-9)
    crowd = _together(busy)[0]
    assert _mixed(busy, [crowd], None).value == -np.inf
    assert np.isfinite(_mixed(busy, _together(busy), None).value)
    assert reached(busy, Behavior(best_local(busy).behavior)).value == pytest.approx(best_local(busy).value, rel=1e-9)


def test_rewards_that_are_not_as_bounded_as_they_say_are_a_contradiction(two_types, monkeypatch):
    game = StaticGame(two_types, Saturating(law="saturating", time_constant_s=3.0), weight=0.01)
    monkeypatch.setattr(Saturating, "most", 0.01)
    with pytest.raises(GameError, match="as convex and bounded as it declares") as caught:
        static_optimum(game, CorrelationSet.LOCAL, gap=0.05)
    assert "\n" not in str(caught.value)


def test_lines_pay_for_the_error_of_expectations(monkeypatch):
    for reward in REWARDS[:4]:
        exact = reward.expected_output(0.5).value
        with monkeypatch.context() as patched:
            patched.setattr(type(reward), "expected_output", lambda *_, exact=exact: Expectation(exact, 0.125))
            line = line_above(reward, 0.1, 0.5)
        assert line.at(0.5) >= 0.5 * (exact + 0.125) - 1e-12


def test_unbounded_rewards_are_fine_where_no_server_can_rest():
    busy = Workload(arrival_rate_hz=0.8, service={"law": "deterministic", "mean_s": 1.0})
    game = StaticGame(busy, Power(law="power", exponent=2.0), weight=0.5)
    found = static_optimum(game, CorrelationSet.LOCAL, gap=0.05)
    assert found.ends.closed
    assert found.ends.lower <= found.ends.upper


def test_the_command_settles_and_certifies(call, tmp_path):
    config = tmp_path / "one.yaml"
    config.write_text(
        "name: one\nworkload:\n  arrival_rate_hz: 0.5\n  service: {law: deterministic, mean_s: 1.0}\n"
        "baseline: {law: linear}\nsplitting: [0.5]\n"
    )
    code, printed, error = call("static", config, "--weight", 1, "--gap", 0.02, "--out", tmp_path / "proofs", "--json")
    assert code == 0, error
    (found,) = json.loads(printed)
    assert found["verdict"] == "gains nothing"
    code, printed, error = call("verify", tmp_path / "proofs" / "static-weight-1.json")
    assert code == 0, error
    assert printed.startswith("proved: local static")
    for weight in (-1, "1e30", "nan"):
        code, _, error = call("static", config, "--weight", weight)
        assert code == 2
        assert error.count("\n") == 1
    code, printed, error = call("static", config, "--weight", 1, "--gap", 0.02, "--boxes", 1)
    assert code == 0, error
    assert printed.count("stopped after 1 boxes") == 2
