"""Resources that differ from those of an experiment in one figure: visibility, rate, memory, or distance."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationError

from entsched.entanglement import Entanglement
from entsched.entanglement.chain import Chain
from entsched.entanglement.choice import EntanglementChoice, Hardware
from entsched.entanglement.hardware import Node
from entsched.entanglement.link import Fibre
from entsched.entanglement.memory import Memory
from entsched.entanglement.pair import Werner
from entsched.entanglement.supply import Poisson
from entsched.errors import ConfigError
from entsched.validation import first_problem

#: Which time of the memory is varied.
MemoryTime = Literal["t2", "depolarising"]

#: What a memory is asked to do, as opposed to how long it lasts.
RULES = ("slots", "use", "when_full", "cutoff_s", "age_classes")


def with_visibility(entanglement: Entanglement, visibility: float) -> Entanglement:
    """The same supply, memory and readout with Werner pairs of this visibility.

    Examples
    --------
    >>> with_visibility(Entanglement(), 0.9).pair.weights[0]
    0.925
    """
    return entanglement.model_copy(update={"pair": Werner(visibility=visibility)})


def with_rate(entanglement: Entanglement, pair_rate_hz: float) -> Entanglement:
    """The same pairs from a Poisson source of this rate.

    Examples
    --------
    >>> with_rate(Entanglement(), 10.0).supply.mean_rate_hz
    10.0
    """
    return entanglement.model_copy(update={"supply": Poisson(rate_hz=pair_rate_hz)})


def with_memory(entanglement: Entanglement, memory: MemoryTime, seconds: float) -> Entanglement:
    """The same pairs in a memory with another time.

    Raises
    ------
    ConfigError
        If t2_s is more than twice the t1_s of the memory.

    Examples
    --------
    >>> with_memory(Entanglement(), "t2", 0.5).memory.t2_s
    0.5
    """
    try:
        changed = Memory(**entanglement.memory.model_dump() | {f"{memory}_s": seconds})
    except ValidationError as error:
        raise ConfigError(f"memory: {first_problem(error)}") from None
    return entanglement.model_copy(update={"memory": changed})


def placed(choice: EntanglementChoice, node: Node, distance_km: float | None = None, segments: int = 1) -> Hardware:
    """Nodes of a kind at the ends of the fibre of an experiment, or of 1 km of fibre, with repeaters in between.

    Parameters
    ----------
    distance_km : between the ends; default: as in the experiment
    segments : equal links in a row

    Examples
    --------
    >>> from entsched.entanglement.hardware import node
    >>> placed(EntanglementChoice(), node("trapped-ion"), distance_km=20.0, segments=4).link.length_km
    5.0
    """
    configured = choice.hardware
    link = configured.link if configured else Fibre(length_km=1.0)
    if distance_km is not None:
        fibre = link if isinstance(link, Fibre) else Fibre(length_km=1.0)
        link = fibre.model_copy(update={"length_km": distance_km / segments})
    chain = configured.chain if configured else None
    if chain is not None or segments > 1:
        chain = (chain or Chain(segments=1)).model_copy(update={"segments": segments})
    return Hardware(node=node, link=link, chain=chain)


def delivered_by(hardware: Hardware, choice: EntanglementChoice) -> Entanglement:
    """The pairs of a hardware, used by the rules of the memory and the clocks of an experiment.

    Raises
    ------
    ConfigError
        If the link does not suit the nodes, or they cannot store what the chain needs.

    Examples
    --------
    >>> from entsched.entanglement.hardware import node
    >>> choice = EntanglementChoice(supply={"law": "poisson", "rate_hz": 1.0}, memory={"slots": 1})
    >>> delivered_by(placed(choice, node("trapped-ion")), choice).memory.slots
    1
    """
    pairs = hardware.entanglement
    given: dict[str, Any] = choice.memory.model_dump(exclude_none=True) if choice.memory else {}
    has_memory = hardware.node.slots.value > 0
    rules = {name: value for name, value in given.items() if name in RULES and has_memory}
    changed: dict[str, Any] = {"memory": Memory(**pairs.memory.model_dump() | rules)}
    if choice.clocks is not None:
        changed["clocks"] = choice.clocks
    return pairs.model_copy(update=changed)
