"""Links against enumeration, quadrature, vectors, a bound and reported experiments."""

import math
from itertools import product

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy.integrate import quad

from entsched.entanglement.hardware import node
from entsched.entanglement.link import Fibre, Link, Satellite, delivered, hashing_bound, repeaterless_bound
from entsched.errors import ConfigError
from entsched.validation import first_problem


def changed(base, **values):
    """The node with other values, and ranges that allow them."""
    updates = {}
    for name, value in values.items():
        figure = getattr(base, name)
        updates[name] = figure.model_copy(update={"value": value, "range": (value, value)})
    return base.model_copy(update=updates)


ION = node("trapped-ion")
PHOTONIC = node("photonic")
BELL = np.array([1, 0, 0, 1]) / math.sqrt(2)


def test_links_are_told_apart_by_their_medium():
    adapter = TypeAdapter(Link)
    assert adapter.validate_python({"medium": "fibre", "length_km": 10.0}) == Fibre(length_km=10.0)
    made = adapter.validate_python({"medium": "satellite", "altitude_km": 500.0, "distance_km": 100.0})
    assert isinstance(made, Satellite)
    with pytest.raises(ValidationError) as caught:
        Fibre(length=10.0)
    assert "unknown key 'length'" in first_problem(caught.value)


def test_fibre_halves_multiply_to_the_whole():
    link = Fibre(length_km=35.0, attenuation_db_per_km=0.3)
    assert link.transmission() == pytest.approx(10**-1.05, rel=1e-12)
    assert link.arm_transmission() ** 2 == pytest.approx(link.transmission(), rel=1e-12)
    assert link.delay_s() == pytest.approx(35e3 * 1.468 / 299_792_458, rel=1e-12)


def test_the_reported_length_of_two_downlinks():
    """J. Yin et al., Science 356, 1140 (2017): 1203 km apart, summed length from 1600 km."""
    assert 2 * Satellite(altitude_km=500.0, distance_km=1203.0).slant_range_km() == pytest.approx(1600, abs=10)


@pytest.mark.parametrize(
    ("altitude", "distance"), [(500.0, 0.0), (500.0, 1500.0), (1200.0, 3000.0), (36_000.0, 8000.0)]
)
def test_slant_range_and_elevation_against_vectors(altitude, distance):
    link = Satellite(altitude_km=altitude, distance_km=distance)
    station = 6371.0 * np.array([math.sin(distance / 12742), math.cos(distance / 12742)])
    sight = np.array([0.0, 6371.0 + altitude]) - station
    assert link.slant_range_km() == pytest.approx(np.linalg.norm(sight), rel=1e-9)
    up = sight @ station / (np.linalg.norm(sight) * 6371.0)
    assert math.sin(math.radians(link.elevation_degrees())) == pytest.approx(up, rel=1e-9)


def test_collected_light_against_the_integral_of_a_gaussian_beam():
    link = Satellite(altitude_km=700.0, distance_km=900.0, zenith_loss_db=0.0, pointing_loss_db=2.0)
    spread = 810e-9 / (math.pi * 0.15) * 1e3 * link.slant_range_km()
    beam = math.sqrt(0.15**2 + spread**2)
    collected, _ = quad(lambda r: 4 * r / beam**2 * math.exp(-2 * r**2 / beam**2), 0, 0.6)
    assert link.transmission_each() == pytest.approx(collected * 10**-0.2, rel=1e-9)
    air = Satellite(altitude_km=700.0, distance_km=900.0, zenith_loss_db=3.0, pointing_loss_db=2.0)
    mass = 1 / math.cos(math.radians(90 - air.elevation_degrees()))
    assert air.transmission_each() == pytest.approx(link.transmission_each() * 10 ** (-0.3 * mass), rel=1e-9)


def test_a_satellite_near_or_below_the_horizon_is_refused():
    assert Satellite(altitude_km=500.0, distance_km=3100.0).elevation_degrees() > 10
    for distance in (3500.0, 9000.0):
        with pytest.raises(ValidationError) as caught:
            Satellite(altitude_km=500.0, distance_km=distance)
        assert "allowed: where it stands 10 degrees above the horizon" in first_problem(caught.value)


def enumerated_heralds(arrives, dark):
    """Right and all heralds of a linear-optics Bell measurement with four threshold detectors, photon by photon."""
    accepted = [{0, 1}, {2, 3}, {0, 3}, {1, 2}]
    cases = [((1 - arrives) ** 2, set(), False)]
    cases += [(2 * arrives * (1 - arrives) / 4, {one}, False) for one in range(4)]
    cases += [(arrives**2 / 8, pair, True) for pair in accepted]
    cases += [(arrives**2 / 8, {one}, False) for one in range(4)]
    right = heralded = 0.0
    for (weight, lit, resolved), clicks in product(cases, product((False, True), repeat=4)):
        chance = weight * math.prod(dark if click else 1 - dark for click in clicks)
        seen = lit | {detector for detector, click in enumerate(clicks) if click}
        if seen in accepted:
            heralded += chance
            right += chance if resolved else 0.0
    return right, heralded


@pytest.mark.parametrize("dark", [0.0, 1e-6, 1e-3, 0.2])
def test_heralds_of_the_midpoint_against_enumeration(dark):
    base = changed(ION, emission_efficiency=0.3, detector_efficiency=0.8, dark_count=dark)
    link = Fibre(length_km=20.0, coupling_efficiency=0.7)
    right, heralded = enumerated_heralds(0.3 * 0.8 * 0.7 * 10**-0.2, dark)
    pairs = delivered(link, base)
    assert pairs.success_probability == pytest.approx(heralded, rel=1e-12)
    assert pairs.true_heralds == pytest.approx(right / heralded, rel=1e-12)
    assert pairs.fresh_visibility == pytest.approx(base.pair_fidelity.visibility * right / heralded, rel=1e-12)


def test_attempts_wait_for_the_herald_and_modes_multiply():
    short, far = Fibre(length_km=0.001), Fibre(length_km=100.0)
    assert delivered(short, ION).attempt_rate_hz == pytest.approx(ION.repetition_rate_hz.value)
    assert delivered(far, ION).attempt_rate_hz == pytest.approx(1 / far.delay_s())
    sided = far.model_copy(update={"herald": "one_sided"})
    assert delivered(sided, ION).attempt_rate_hz == pytest.approx(1 / (2 * far.delay_s()))
    assert delivered(sided, ION).herald_delay_s == pytest.approx(2 * far.delay_s())
    assert delivered(far, PHOTONIC).attempt_rate_hz == pytest.approx(PHOTONIC.repetition_rate_hz.value)
    many = far.model_copy(update={"modes": 7})
    assert delivered(many, ION).rate_hz == pytest.approx(7 * delivered(far, ION).rate_hz)


def test_microwaves_do_not_go_into_optical_fibre():
    with pytest.raises(ConfigError, match="given node 'superconducting', which is microwave, allowed"):
        delivered(Fibre(length_km=1.0), node("superconducting"))
    guide = Fibre(length_km=0.03, attenuation_db_per_km=1.0, herald="one_sided", carrier="microwave")
    assert delivered(guide, node("superconducting")).rate_hz > 4e4


def test_direct_links_stay_below_the_repeaterless_bound():
    rng = np.random.default_rng(5)
    for _ in range(300):
        values = {
            "emission_efficiency": 1 - rng.random() ** 4,
            "detector_efficiency": 1 - rng.random() ** 4,
            "dark_count": 10 ** rng.uniform(-12, -2),
            "pair_fidelity": rng.uniform(0.9, 1.0),
        }
        fibre = Fibre(length_km=10 ** rng.uniform(-2, 3), herald=rng.choice(["midpoint", "one_sided"]))
        satellite = Satellite(altitude_km=500.0, distance_km=rng.uniform(0, 2000))
        for link in (fibre, satellite):
            pairs = delivered(link, changed(PHOTONIC, **values))
            bound = repeaterless_bound(pairs.transmission)
            assert pairs.success_probability * pairs.true_heralds <= bound
            assert pairs.bits_per_attempt <= bound


def test_the_bound_keeps_its_digits_where_little_gets_through():
    assert repeaterless_bound(1e-18) == pytest.approx(1e-18 / math.log(2), rel=1e-12)
    assert repeaterless_bound(1.0) == math.inf
    with pytest.raises(ConfigError, match=r"given transmission 1.5, allowed: 0 to 1"):
        repeaterless_bound(1.5)
    spectrum = np.linalg.eigvalsh(0.95 * np.outer(BELL, BELL) + 0.05 * np.eye(4) / 4)
    assert hashing_bound(0.95) == pytest.approx(1 + float(spectrum @ np.log2(spectrum)), rel=1e-12)


@pytest.mark.parametrize(
    ("base", "length_km", "reported_hz"),
    [
        (changed(ION, emission_efficiency=0.03, detector_efficiency=0.7), 0.002, 182.0),
        (node("neutral-atom"), 33.0, 0.01),
    ],
    ids=["Stephenson 2020, without conversion", "van Leent 2022"],
)
def test_reported_rates_within_a_factor_of_three(base, length_km, reported_hz):
    assert 1 / 3 < delivered(Fibre(length_km=length_km), base).rate_hz / reported_hz < 3
