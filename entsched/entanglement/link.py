"""What carries photons between two nodes, fibre or satellite, and the pairs it delivers: rate, delay and visibility."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from entsched.communication import LIGHT_M_PER_S
from entsched.entanglement.hardware import Node
from entsched.errors import ConfigError
from entsched.validation import NonNegative, Positive, Section

#: Kilometres per second in vacuum.
LIGHT_KM_PER_S = LIGHT_M_PER_S / 1e3
#: Mean radius of the Earth in kilometres.
EARTH_KM = 6371.0
#: Modes of a channel that a photonic qubit takes: two polarisations, or two time bins.
MODES_PER_QUBIT = 2
#: Below this elevation the air mass 1 / cos(zenith angle) is no longer right.
LEAST_ELEVATION_DEGREES = 10.0

Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Modes = Annotated[int, Field(ge=1, le=1_000_000)]


class Fibre(Section):
    """A fibre, or a microwave guide, between two nodes.

    Parameters
    ----------
    length_km, attenuation_db_per_km, refractive_index : of the fibre
    coupling_efficiency : of what each photon passes once besides the fibre: plugs, switches, filters
    herald : ``midpoint``, two photons meet in a station in the middle, which tells both nodes; or ``one_sided``, one
        node sends a photon that the other stores and heralds
    modes : attempts in parallel, each with an emitter of its own
    carrier : what it guides, ``optical`` photons or ``microwave`` ones

    Examples
    --------
    >>> link = Fibre(length_km=50.0)
    >>> round(link.transmission(), 6), round(1e6 * link.delay_s(), 2)
    (0.1, 244.84)
    """

    medium: Literal["fibre"] = "fibre"
    length_km: NonNegative
    attenuation_db_per_km: NonNegative = 0.2
    refractive_index: Annotated[float, Field(ge=1, le=3, allow_inf_nan=False)] = 1.468
    coupling_efficiency: Share = 1.0
    herald: Literal["midpoint", "one_sided"] = "midpoint"
    modes: Modes = 1
    carrier: Literal["optical", "microwave"] = "optical"

    def transmission(self) -> float:
        """Probability that a photon gets from one node to the other: 10^(-attenuation length / 10) and coupling."""
        return self.coupling_efficiency * 10 ** (-self.attenuation_db_per_km * self.length_km / 10)

    def arm_transmission(self) -> float:
        """Probability that a photon gets to where it is heralded: halfway, or to the other node."""
        if self.herald == "one_sided":
            return self.transmission()
        return self.coupling_efficiency * 10 ** (-self.attenuation_db_per_km * self.length_km / 20)

    def delay_s(self) -> float:
        """Time that a photon takes from node to node, seconds."""
        return self.length_km * self.refractive_index / LIGHT_KM_PER_S

    def message_s(self) -> float:
        """Time that a message takes from node to node, seconds."""
        return self.delay_s()


class Satellite(Section):
    """A satellite above the middle between two ground stations that sends each of them a half of its pairs.

    The beam leaves with its waist on the sender's aperture, w0 = ``sender_radius_m``, and has the radius
    w = w0 sqrt(1 + (L / zR)^2), zR = pi w0^2 / wavelength, after the slant range L; the receiver of radius a
    collects 1 - exp(-2 a^2 / w^2) of it.

    Parameters
    ----------
    altitude_km : above ground
    distance_km : between the stations along the ground
    sender_radius_m, receiver_radius_m : of the telescopes
    wavelength_nm : of the photons
    zenith_loss_db : of the atmosphere straight up; it grows with the air mass 1 / cos(zenith angle)
    pointing_loss_db : of each downlink, for pointing and optics
    modes : pairs in parallel

    Raises
    ------
    pydantic.ValidationError
        If the stations do not see the satellite at least 10 degrees above the horizon.

    Examples
    --------
    >>> link = Satellite(altitude_km=500.0, distance_km=1203.0)
    >>> round(2 * link.slant_range_km()), round(link.elevation_degrees(), 1)
    (1600, 35.9)
    """

    medium: Literal["satellite"] = "satellite"
    altitude_km: Annotated[float, Field(ge=100, le=100_000, allow_inf_nan=False)]
    distance_km: Annotated[float, Field(ge=0, le=math.pi * EARTH_KM, allow_inf_nan=False)]
    sender_radius_m: Positive = 0.15
    receiver_radius_m: Positive = 0.6
    wavelength_nm: Annotated[float, Field(ge=100, le=100_000, allow_inf_nan=False)] = 810.0
    zenith_loss_db: NonNegative = 3.0
    pointing_loss_db: NonNegative = 0.0
    modes: Modes = 1

    @model_validator(mode="after")
    def _is_seen(self) -> Satellite:
        elevation = self.elevation_degrees()
        if elevation < LEAST_ELEVATION_DEGREES:
            raise ValueError(
                f"distance_km: given {self.distance_km:g}, where the satellite stands at {elevation:.1f} degrees, "
                f"allowed: where it stands {LEAST_ELEVATION_DEGREES:g} degrees above the horizon or more"
            )
        return self

    @property
    def _sides_km(self) -> tuple[float, float]:
        """From a station to the satellite: along the ground and up, seen from the station."""
        angle = self.distance_km / (2 * EARTH_KM)
        orbit = EARTH_KM + self.altitude_km
        return orbit * math.sin(angle), orbit * math.cos(angle) - EARTH_KM

    def slant_range_km(self) -> float:
        """Distance from each station to the satellite, kilometres."""
        return math.hypot(*self._sides_km)

    def elevation_degrees(self) -> float:
        """Angle of the satellite above the horizon of each station, degrees."""
        along, up = self._sides_km
        return math.degrees(math.atan2(up, along))

    def transmission_each(self) -> float:
        """Probability that a photon gets from the satellite to its station."""
        slant_m = 1e3 * self.slant_range_km()
        rayleigh_m = math.pi * self.sender_radius_m**2 / (1e-9 * self.wavelength_nm)
        beam_m = self.sender_radius_m * math.hypot(1, slant_m / rayleigh_m)
        collected = -math.expm1(-2 * (self.receiver_radius_m / beam_m) ** 2)
        air_mass = 1 / math.sin(math.radians(self.elevation_degrees()))
        return float(collected * 10 ** (-(self.zenith_loss_db * air_mass + self.pointing_loss_db) / 10))

    def transmission(self) -> float:
        """Probability that both photons of a pair get to their stations."""
        return self.transmission_each() ** 2

    def delay_s(self) -> float:
        """Time that a photon takes from the satellite to a station, seconds."""
        return self.slant_range_km() / LIGHT_KM_PER_S

    def message_s(self) -> float:
        """Time that a message takes from station to station, over the satellite, seconds."""
        return 2 * self.delay_s()


Link = Annotated[Fibre | Satellite, Field(discriminator="medium")]


@dataclass(frozen=True)
class Delivery:
    """The pairs that a link delivers between two nodes.

    Attributes
    ----------
    attempt_rate_hz : attempts per second, of all modes together
    success_probability : that an attempt is heralded, rightly or not
    herald_delay_s : from an attempt until both nodes know
    waited_s : how long the halves of a pair are stored until then, in sum
    transmission : of the link, as its method gives it
    true_heralds : fraction of heralds that announce a pair
    fresh_visibility : of what is announced, with white noise for false heralds
    visibility : the same after both halves have waited for the herald
    """

    attempt_rate_hz: float
    success_probability: float
    herald_delay_s: float
    waited_s: float
    transmission: float
    true_heralds: float
    fresh_visibility: float
    visibility: float

    @property
    def rate_hz(self) -> float:
        """Heralded pairs per second."""
        return self.attempt_rate_hz * self.success_probability

    @property
    def bits_per_attempt(self) -> float:
        """Entangled bits that one-way distillation gets out of an attempt, at least."""
        return self.success_probability * hashing_bound(self.visibility)


def delivered(link: Fibre | Satellite, node: Node) -> Delivery:
    """The pairs that a link delivers between two nodes of a kind.

    A node with memory waits for the herald before it tries again; one without memory tries at its repetition rate.
    While a half waits, its pair loses visibility as exp(-time / t2_s).

    Raises
    ------
    ConfigError
        If the link does not guide what the node emits.

    Examples
    --------
    >>> from entsched.entanglement.hardware import node
    >>> pairs = delivered(Fibre(length_km=10.0), node("trapped-ion"))
    >>> round(pairs.rate_hz, 3), round(pairs.visibility, 4)
    (1.617, 0.9428)
    """
    carrier = link.carrier if isinstance(link, Fibre) else "optical"
    if node.carrier != carrier:
        raise ConfigError(f"given node {node.name!r}, which is {node.carrier}, allowed: one that is {carrier}")
    right, heralded = _heralds(link, node)
    herald_delay_s, waited_s, busy_s = _times(link)
    period_s = 1 / node.repetition_rate_hz.value
    attempt_s = max(period_s, busy_s) if node.slots.value else period_s
    true_heralds = right / heralded if heralded else 1.0
    fresh = node.pair_fidelity.visibility * true_heralds
    return Delivery(
        attempt_rate_hz=link.modes / attempt_s,
        success_probability=heralded,
        herald_delay_s=herald_delay_s,
        waited_s=waited_s,
        transmission=link.transmission(),
        true_heralds=true_heralds,
        fresh_visibility=fresh,
        visibility=fresh * math.exp(-waited_s * node.loss_rate_hz),
    )


def _heralds(link: Fibre | Satellite, node: Node) -> tuple[float, float]:
    """Probabilities of a herald with a pair behind it, and of any herald."""
    emitted, seen, dark = (f.value for f in (node.emission_efficiency, node.detector_efficiency, node.dark_count))
    if isinstance(link, Satellite):
        arrives = link.transmission_each() * seen
        clicks = arrives + (1 - arrives) * dark
        return emitted * arrives**2, emitted * clicks**2 + (1 - emitted) * dark**2
    arrives = emitted * link.arm_transmission() * seen
    if link.herald == "one_sided":
        return arrives, arrives + (1 - arrives) * dark
    quiet = (1 - dark) ** 2
    right = quiet * arrives**2 / 2
    one_click = arrives**2 / 2 + 2 * arrives * (1 - arrives)
    return right, right + quiet * (2 * dark * one_click + 4 * dark**2 * (1 - arrives) ** 2)


def _times(link: Fibre | Satellite) -> tuple[float, float, float]:
    """Until both nodes know; what both halves wait in sum; how long an attempt keeps a memory busy; seconds."""
    delay_s = link.delay_s()
    if isinstance(link, Satellite):
        between_s = link.message_s()
        return delay_s + between_s, 2 * between_s, between_s
    if link.herald == "one_sided":
        return 2 * delay_s, 3 * delay_s, 2 * delay_s
    return delay_s, 2 * delay_s, delay_s


def repeaterless_bound(transmission: float) -> float:
    """The most entangled bits that a use of a lossy channel can make without repeaters: -log2(1 - transmission).

    S. Pirandola et al., Nature Communications 8, 15043 (2017).

    Raises
    ------
    ConfigError
        If the transmission is no probability.

    Examples
    --------
    >>> repeaterless_bound(0.5), round(repeaterless_bound(0.01), 6)
    (1.0, 0.0145)
    """
    if not 0 <= transmission <= 1:
        raise ConfigError(f"given transmission {transmission:g}, allowed: 0 to 1")
    return math.inf if transmission == 1 else -math.log1p(-transmission) / math.log(2)


def hashing_bound(visibility: float) -> float:
    """Entangled bits that one-way distillation gets out of a Werner pair, at least: max(0, 1 - its entropy).

    Examples
    --------
    >>> hashing_bound(1.0), hashing_bound(0.7)
    (1.0, 0.0)
    """
    weights = [(1 + 3 * visibility) / 4, *[(1 - visibility) / 4] * 3]
    return max(0.0, 1 + sum(weight * math.log2(weight) for weight in weights if weight > 0))
