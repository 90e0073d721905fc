import os
from typing import ClassVar, Literal

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import quad
from scipy.special import gammainc

from entsched.errors import ConfigError
from entsched.testing.baselines import baseline_checks
from entsched.workload import BaselineReward, Workload
from entsched.workload.baseline import Affine, Linear, Power, Saturating
from entsched.workload.service import Deterministic, Discrete, Exponential, Hyperexponential, Lognormal
from entsched.workload.trace import Trace

LAWS = [
    Discrete(law="discrete", values_s=(0.2, 1.0, 3.0), probabilities=(0.5, 0.3, 0.2)),
    Deterministic(law="deterministic", mean_s=1.3),
    Exponential(law="exponential", mean_s=0.7),
    Hyperexponential(law="hyperexponential", mean_s=1.2, scv=3.0),
    Lognormal(law="lognormal", mean_s=0.9, scv=1.5),
]
REWARDS = [
    Power(law="power", exponent=2.0),
    Power(law="power", exponent=1.5),
    Saturating(law="saturating", time_constant_s=3.0, maximum=2.0, exponent=2.5),
    Affine(law="affine", setup_s=1.0),
    Linear(law="linear", slope=0.4),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)
def test_moments_against_samples(law):
    s = law.sample(np.random.default_rng(1), 1_000_000)
    other = law.sample(np.random.default_rng(2), 1_000_000)
    for exact, values in (
        (law.mean_service_s, s),
        (law.second_moment_s2, s**2),
        (law.mean_minimum_s, np.minimum(s, other)),
    ):
        assert abs(values.mean() - exact) <= 5 * values.std() / 1000 + 1e-12


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)
def test_lorenz_curve_against_sorted_samples(law):
    s = np.sort(law.sample(np.random.default_rng(3), 1_000_000))
    u = np.array([0.0, 0.1, 0.5, 0.9, 0.99, 1.0])
    areas = np.concatenate([[0.0], np.cumsum(s)])[np.rint(u * len(s)).astype(int)] / len(s)
    assert np.allclose(law.lorenz(u), areas, atol=0.01)


@pytest.mark.parametrize("law", LAWS[2:], ids=lambda law: law.law)
def test_bins_keep_the_mean_and_converge_to_the_law(law):
    seconds = []
    for bins in (4, 64, 1000):
        binned = law.model_copy(update={"bins": bins}).resolved()
        assert binned.mean_service_s == pytest.approx(law.mean_service_s, rel=1e-9)
        assert np.all(np.diff(binned.values_s) > 0)
        seconds.append(binned.second_moment_s2)
    assert seconds[0] < seconds[1] < seconds[2] < law.second_moment_s2
    assert seconds[2] == pytest.approx(law.second_moment_s2, rel=0.05)


@pytest.mark.parametrize("reward", REWARDS, ids=lambda r: f"{r.law}")
@pytest.mark.parametrize("rate", [0.05, 0.7, 4.0])
def test_expected_output_in_closed_form_against_quadrature(reward, rate):
    exact = reward.expected_output(rate)
    numeric = BaselineReward.expected_output(reward, rate)
    assert exact.error == 0
    assert abs(exact.value - numeric.value) <= numeric.error + 1e-9 * exact.value


@pytest.mark.parametrize("reward", REWARDS, ids=lambda r: f"{r.law}")
def test_endless_rate_is_the_limit_of_output_per_second(reward):
    long = np.array([1e7, 1e8])
    slope = reward.output(long) / long
    if np.isinf(reward.endless_rate):
        assert slope[1] > slope[0] > 100
    else:
        assert slope[1] == pytest.approx(reward.endless_rate, abs=1e-6)


def test_convexity_and_bounds_are_told_apart():
    t = np.linspace(0.01, 30, 400)
    for reward in REWARDS:
        second = np.diff(reward.output(t), 2)
        assert reward.convex == bool(np.all(second > -1e-12))
        assert np.all(reward.output(t) <= reward.most)
        assert np.isinf(reward.most) or reward.output(np.array(1e6)) == pytest.approx(reward.most)


def test_quadrature_matches_a_direct_integral():
    reward = Affine(law="affine", setup_s=2.0)
    direct = quad(lambda t: 0.5 * np.exp(-0.5 * t) * max(0.0, t - 2.0), 2, 200)[0]
    assert reward.expected_output(0.5).value == pytest.approx(direct, rel=1e-9)


class Made(BaselineReward):
    """T as a function that is given, with what it declares."""

    law: Literal["made"] = "made"
    convex: ClassVar[bool] = False
    most: ClassVar[float] = np.inf
    endless_rate: ClassVar[float] = 1.0
    formula: ClassVar[str] = "made"

    def output(self, stretch_s):
        return type(self).outputs(np.asarray(stretch_s))


def made(outputs, **declared):
    return type("Made", (Made,), {"__module__": __name__, "outputs": staticmethod(outputs)} | declared)()


def test_quadrature_knows_how_far_a_jump_leads_it_astray():
    """T = t / 1000 up to 2 s, then 1; for some rates the jump is near an end of a piece, where few points are."""
    jump = made(lambda t: np.where(t > 2.0, 1.0, 1e-3 * t), most=1.0, endless_rate=0.0)
    for rate_hz in [*np.geomspace(1e-3, 1e3, 101).tolist(), 0.1, 0.25, 0.4999, 0.501, 2.0, 5.001]:
        exact = np.exp(-2 * rate_hz) + 1e-3 * gammainc(2, 2 * rate_hz) / rate_hz
        found = jump.expected_output(rate_hz)
        assert abs(found.value - exact) <= found.error <= 1e-9 * found.value


@pytest.mark.parametrize(
    ("outputs", "declared", "reason"),
    [
        (lambda t: np.minimum(t, 500.0), {"convex": True, "most": 500.0, "endless_rate": 0.0}, "has none"),
        (lambda t: np.minimum(t, 500.0), {"convex": True, "endless_rate": 0.0}, "bends down near 398"),
        (lambda t: np.minimum(t, 1e7), {"convex": True}, "bends down near 1e"),
        (lambda t: 2 * t, {"convex": True}, "endless_rate 1, allowed: at least"),
        (lambda t: np.minimum(t, 1e5), {"convex": False, "most": 1e4, "endless_rate": 0.0}, "most 10000"),
        (lambda t: np.minimum(t, 1e5), {"convex": False, "most": 1e5}, "endless_rate 0"),
        (lambda t: np.where(t > 1e6, 1.0, t), {"convex": False}, "increasing"),
        (np.sqrt, {"convex": False, "endless_rate": -1.0}, "0 or more"),
    ],
)
def test_rewards_that_contradict_themselves_are_refused(outputs, declared, reason):
    with pytest.raises(ValueError, match=reason):
        made(outputs, **declared).require_sound()


def late(law, **parameters):
    return {"affine": Affine, "saturating": Saturating, "power": Power}[law](law=law, **parameters)


@pytest.mark.parametrize(
    "reward",
    [
        *REWARDS,
        *(late("affine", setup_s=s) for s in (1e-9, 2.9, 5.0, 50.0, 145.0, 1e5, 1e9)),
        *(late("saturating", time_constant_s=s, exponent=k) for s in (1e-9, 1e4) for k in (1.0, 20.0)),
        late("power", exponent=20.0),
        made(lambda t: t + 1e9 * np.expm1(-t / 1e9), convex=True),
    ],
    ids=lambda reward: f"{reward.law}",
)
def test_honest_rewards_are_sound_and_keep_their_contract(reward):
    reward.require_sound()
    kept = {check.name: check.run for check in baseline_checks(reward)}
    names = ["increasing", "convexity", "quadrature", "endless rate"] + ["draws"] * (reward.law == "affine")
    for name in names:
        kept[name]()


def test_trace_is_read_scaled_and_binned(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\ufeffid,tokens\n# a comment\n1,30\n2,10\n3,20\n4,40\n")
    law = Trace(law="trace", path=str(path), column="tokens", seconds_per_unit=0.1, bins=2)
    assert law.mean_service_s == pytest.approx(2.5)
    assert law.resolved().values_s == pytest.approx((1.5, 3.5))
    assert law.mean_minimum_s == pytest.approx(np.minimum.outer(law.values, law.values).mean())


@pytest.mark.skipif("ENTSCHED_TRACE" not in os.environ, reason="ENTSCHED_TRACE does not name the full trace")
def test_the_shipped_table_of_bins_comes_from_the_trace():
    full = Trace(law="trace", path=os.environ["ENTSCHED_TRACE"], column="GeneratedTokens", bins=32)
    table = Trace(
        law="trace", path="configs/data/azure-llm-conv-2023-bins.csv", column="mean_generated_tokens", bins=32
    )
    assert table.resolved().values_s == pytest.approx(full.resolved().values_s, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n1,2\n", "no column"),
        ("tokens\n", "no row"),
        ("tokens\n1\n-2\n", "data row 2"),
        ("tokens\nnan\n", "positive number"),
        ("tokens\nx\n", "positive number"),
        ("", "empty"),
        ("tokens,tokens\n1,2\n", "2 columns"),
        ('tokens\n"1\n', "cannot be read"),
        ("a,tokens\n1\n", "positive number"),
    ],
)
def test_malformed_traces_are_refused_in_one_line(tmp_path, text, reason):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=reason) as caught:
        _ = Trace(law="trace", path=str(path), column="tokens").mean_service_s
    assert "\n" not in str(caught.value)


def test_a_missing_trace_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        _ = Trace(law="trace", path=str(tmp_path / "none.csv"), column="x").mean_service_s


def test_unstable_and_inconsistent_workloads_are_refused():
    two = {"law": "discrete", "values_s": [1.0, 3.0], "probabilities": [0.5, 0.5]}
    with pytest.raises(ValidationError, match="load"):
        Workload(arrival_rate_hz=0.5, service=two)
    for joint, reason in (
        ([[0.5, 0.5]], "rows"),
        ([[0.5, 0.1], [0.1, 0.2]], "sum"),
        ([[0.7, 0.1], [0.1, 0.1]], "marginals"),
    ):
        with pytest.raises(ValidationError, match=reason):
            Workload(arrival_rate_hz=0.1, service=two, joint=joint)
    Workload(arrival_rate_hz=0.1, service=two, joint=[[0.4, 0.1], [0.1, 0.4]])


def test_equal_workloads_are_equal_whatever_was_computed():
    def make():
        return Workload(arrival_rate_hz=0.5, service={"law": "exponential", "mean_s": 1.0, "bins": 8})

    first, second = make(), make()
    assert first.pi.shape == (8, 8)
    assert first == second
    assert hash(first) == hash(second)
