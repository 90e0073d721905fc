"""What routers wait that tell each other everything first, and from which latency on those that do not beat them."""

from __future__ import annotations

from entsched.communication import Communication
from entsched.entanglement.choice import EntanglementChoice
from entsched.entanglement.link import Fibre
from entsched.envelope.advantage import STRICT
from entsched.tasks import Row


def route(choice: EntanglementChoice, communication: Communication) -> Row:
    """How long a message between the routers takes, ``one_way_s``, and over how much fibre, ``talking_km``.

    As the communication says; else that of light in the fibre of the hardware, all segments; else None.

    Examples
    --------
    >>> found = route(EntanglementChoice(), Communication(distance_km=10.0))
    >>> round(1e6 * found["one_way_s"], 2), found["talking_km"]
    (48.97, 10.0)
    >>> route(EntanglementChoice(), Communication())
    {'one_way_s': None, 'talking_km': None}
    """
    if communication.latency_s is not None or communication.distance_km is not None:
        return {"one_way_s": communication.one_way_s, "talking_km": communication.distance_km}
    hardware = choice.hardware
    if hardware is None or not isinstance(hardware.link, Fibre):
        return {"one_way_s": None, "talking_km": None}
    segments = hardware.segments
    return {"one_way_s": segments * hardware.link.delay_s(), "talking_km": segments * hardware.link.length_km}


def break_even_s(wait_s: float, informed_s: float) -> float:
    """The latency at which telling each other everything takes as long as it saves, seconds; 0 if it saves nothing.

    Parameters
    ----------
    wait_s, informed_s : mean waits of routers that decide at once, and of full information

    Examples
    --------
    >>> break_even_s(1.5, 1.25), break_even_s(1.5, 1.5 - 1e-15)
    (0.25, 0.0)
    """
    saved_s = wait_s - informed_s
    return saved_s if saved_s > STRICT * wait_s else 0.0


def beside_talking(row: Row, one_way_s: float | None, communication: Communication) -> Row:
    """The wait of routers that tell each other everything, and from which latency on two others beat them.

    Parameters
    ----------
    row : of an :class:`entsched.envelope.tasks.AdvantageTask`
    one_way_s : seconds; None if it is not known

    Examples
    --------
    >>> waits = {"entangled_wait_s": 1.5, "classical_wait_s": 1.625, "full_information_wait_s": 1.25}
    >>> found = beside_talking(waits, 0.5, Communication())
    >>> found["talking_wait_s"], found["entangled_break_even_s"], found["classical_break_even_s"]
    (1.75, 0.25, 0.375)
    """
    informed_s = row["full_information_wait_s"]
    found: Row = {"talking_wait_s": None if one_way_s is None else informed_s + one_way_s}
    for name in ("entangled", "classical"):
        latency_s = break_even_s(row[f"{name}_wait_s"], informed_s)
        found[f"{name}_break_even_s"] = latency_s
        found[f"{name}_break_even_km"] = communication.length_km(latency_s)
    return found
