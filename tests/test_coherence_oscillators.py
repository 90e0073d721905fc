"""All-to-all oscillators: the integrator, the theory and the ensembles, each against an independent path."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import i0e, i1e
from scipy.stats import cauchy, kstest, norm, uniform

from entsched.coherence.oscillators.ensembles import OscillatorTask
from entsched.coherence.oscillators.frequencies import Gaussian, Lorentzian, Uniform
from entsched.coherence.oscillators.mean_field import LANES, order_parameter
from entsched.coherence.oscillators.theory import incoherent_enhancement, stationary_order
from entsched.errors import EntschedError


@pytest.mark.parametrize(
    ("law", "peer"),
    [
        (Lorentzian(width_rad_s=2.0), cauchy),
        (Gaussian(width_rad_s=2.0), norm),
        (Uniform(width_rad_s=2.0), uniform(-1, 2)),
    ],
)
def test_laws_agree_with_scipy(law, peer):
    at = np.array([-3.0, -1.0, 0.0, 0.5, 1.9])
    assert law.density(at) == pytest.approx(peer.pdf(at / 2) / 2)
    assert law.quantiles(7) == pytest.approx(2 * peer.ppf((np.arange(7) + 0.5) / 7), abs=1e-12)
    assert law.critical_coupling == pytest.approx(2 / (math.pi * peer.pdf(0) / 2))
    assert kstest(law.draw(np.random.default_rng(3), 2000) / 2, peer.cdf).pvalue > 1e-3


def test_laws_refuse_no_oscillators():
    with pytest.raises(EntschedError, match="given 0, allowed: 1 or more"):
        Gaussian().quantiles(0)


def reference(frequencies, coupling, at, phases):
    def speed(_, theta):
        field = np.exp(1j * theta).mean()
        return frequencies + coupling * (field * np.exp(-1j * theta)).imag

    found = solve_ivp(speed, (0, at[-1]), phases, method="DOP853", rtol=1e-10, atol=1e-10, t_eval=at)
    return np.exp(1j * found.y).mean(axis=0)


@pytest.mark.parametrize("n", [1, 50, LANES, LANES + 1])
def test_integrator_is_of_second_order(n):
    stream = np.random.default_rng(n)
    frequencies, phases = Gaussian().draw(stream, n), stream.uniform(0, 2 * math.pi, n)
    exact = reference(frequencies, 3.0, [1.0, 2.0, 3.0, 4.0], phases)
    errors = []
    for step in (0.04, 0.02):
        field = order_parameter(frequencies, 3.0, 4.0, step, phases)
        assert len(field) == round(4 / step) + 1
        errors.append(np.abs(field[:: round(1 / step)][1:] - exact).max())
    assert errors[1] < 2e-4
    assert errors[0] < 1e-12 or 3.5 < errors[0] / errors[1] < 4.5


def test_integrator_is_exact_without_coupling_and_for_fast_oscillators():
    frequencies, phases = np.array([0.3, -5.0, 1e4]), np.array([0.1, 2.0, -1.0])
    field = order_parameter(frequencies, 0.0, 3.0, 0.1, phases)
    times = 0.1 * np.arange(31)
    assert field == pytest.approx(np.exp(1j * (phases + np.outer(times, frequencies))).mean(axis=1), abs=1e-9)


def test_integrator_has_the_onset_of_its_linear_theory():
    """Kicks q every dt: 1 = q E[sum over k >= 1 of exp(i k w dt)] at the onset, here q / (exp(dt) - 1)."""
    step = 0.2
    kick = math.expm1(step)
    strength = np.roots([1 / 6, 1 / 2, 1, -kick])
    onset = 2 * float(strength[np.abs(strength.imag) < 1e-12].real[0]) / step
    frequencies = np.repeat(Lorentzian().quantiles(2500), 8)
    phases = np.tile(np.arange(8) * (math.pi / 4), 2500)
    phases += 0.02 * np.cos(phases)
    growths = []
    for coupling in (onset - 0.1, onset + 0.1):
        size = np.abs(order_parameter(frequencies, coupling, 20.0, step, phases))
        growths.append(np.polyfit(np.arange(50, 101) * step, np.log(size[50:]), 1)[0])
    assert abs(onset - 2) < 2e-3
    assert growths == pytest.approx([-0.05, 0.05], abs=0.02)


def test_lengths_stay_one():
    frequencies = np.zeros(5)
    field = order_parameter(frequencies, 50.0, 2000.0, 0.5, np.linspace(0, 1, 5))
    assert abs(abs(field[-1]) - 1) < 1e-12


@pytest.mark.parametrize(
    "given",
    [
        ([], 1.0, 1.0, 0.1, []),
        ([1.0], 1.0, 1.0, 0.1, [0.0, 1.0]),
        ([math.nan], 1.0, 1.0, 0.1, [0.0]),
        ([1.0], math.inf, 1.0, 0.1, [0.0]),
        ([1.0], 1.0, 1.0, 0.0, [0.0]),
        ([1.0], 1.0, 0.01, 0.1, [0.0]),
    ],
)
def test_integrator_refuses(given):
    with pytest.raises(EntschedError, match="allowed"):
        order_parameter(*given)


@pytest.mark.parametrize("relative", [1.0001, 1.01, 1.3, 5.0])
def test_theory_has_its_closed_forms(relative):
    assert stationary_order(Lorentzian(), 2 * relative) == pytest.approx(math.sqrt(1 - 1 / relative), abs=1e-9)
    normal = Gaussian(width_rad_s=0.5)
    coupling = relative * normal.critical_coupling
    half = (coupling * stationary_order(normal, coupling) / 0.5) ** 2 / 4
    assert coupling / 0.5 * math.sqrt(math.pi / 8) * (i0e(half) + i1e(half)) == pytest.approx(1, abs=1e-9)
    flat = Uniform()
    coupling = relative * flat.critical_coupling
    angle = math.asin(1 / (coupling * stationary_order(flat, coupling)))
    assert coupling / 2 * (angle + math.sin(angle) * math.cos(angle)) == pytest.approx(1, abs=1e-9)


def test_uniform_frequencies_jump_to_a_quarter_of_pi():
    """D. Pazo, Phys. Rev. E 72, 046211 (2005): r - pi/4 ~ (K - K_c)^(2/3)."""
    law = Uniform(width_rad_s=3.0)
    assert stationary_order(law, law.critical_coupling) == 0
    over = [stationary_order(law, law.critical_coupling * (1 + e)) - math.pi / 4 for e in (1e-4, 8e-4)]
    assert over[0] == pytest.approx(0, abs=2e-3)
    assert over[1] / over[0] == pytest.approx(4, rel=0.05)


def test_theory_refuses():
    with pytest.raises(EntschedError, match="given -1"):
        stationary_order(Gaussian(), -1.0)
    with pytest.raises(EntschedError, match="allowed: 0 to below 1"):
        incoherent_enhancement(1.0)


def task(**changed):
    content = {
        "seed": 4,
        "purpose": "curve",
        "frequencies": {"law": "lorentzian"},
        "oscillators": 2000,
        "relative_coupling": 2.0,
        "transient_s": 20.0,
        "duration_s": 10.0,
        "step_s": 0.1,
        "replications": 8,
    }
    return OscillatorTask(**content | changed)


@pytest.mark.parametrize("law", ["lorentzian", "gaussian", "uniform"])
def test_simulated_order_is_that_of_theory(law):
    ensemble = task(frequencies={"law": law})
    order = ensemble.evaluate()["order"]
    theory = stationary_order(ensemble.frequencies, 2 * ensemble.frequencies.critical_coupling)
    assert np.mean(order) == pytest.approx(theory, abs=4.5 * np.std(order, ddof=1) / math.sqrt(8) + 1e-3)


@pytest.mark.parametrize("relative", [0.0, 0.5, 0.75])
def test_incoherent_fluctuations_are_those_of_linear_theory(relative):
    squares = task(relative_coupling=relative, oscillators=1000, duration_s=60.0, replications=24).evaluate()[
        "mean_square"
    ]
    scaled = 1000 * np.array(squares)
    arm = 4 * scaled.std(ddof=1) / math.sqrt(24)
    assert scaled.mean() == pytest.approx(incoherent_enhancement(relative), abs=arm)
    assert arm < 0.3 * scaled.mean()


def test_batches_change_nothing():
    whole = task(oscillators=100, replications=3).evaluate()["order"]
    parts = [task(oscillators=100, first=first, replications=1).evaluate()["order"][0] for first in range(3)]
    assert whole == parts
