"""The pairs of an experiment as its configuration states them: directly, or by hardware and distance."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import ValidationError, model_validator

from entsched.entanglement.chain import Chain, end_to_end
from entsched.entanglement.hardware import GivenNode
from entsched.entanglement.link import Link, delivered
from entsched.entanglement.memory import Classes, Memory, Slots, Use, WhenFull
from entsched.entanglement.model import Entanglement, Fault
from entsched.entanglement.monitor import Monitor
from entsched.entanglement.pair import PairState, Werner
from entsched.entanglement.readout import Clocks, FlipProbability, NoClick, Readout
from entsched.entanglement.supply import RARE, Geometric, Poisson, Supply
from entsched.errors import ConfigError
from entsched.validation import NonNegative, Positive, Probability, Section, first_problem

#: How long photons wait in a loop of 200 m of fibre, where nodes have no memory, seconds.
LOOP_S = 1e-6


class Hardware(Section):
    """Two nodes and what connects them, from which supply, state, memory and readout follow.

    Parameters
    ----------
    node : a preset by name, a YAML file, or its figures
    link : a fibre or a satellite; with a chain, each of its segments
    chain : repeaters in between; absent: none

    Examples
    --------
    >>> ions = Hardware(node="trapped-ion", link={"medium": "fibre", "length_km": 10.0})
    >>> round(ions.entanglement.supply.mean_rate_hz, 3), ions.entanglement.memory.t2_s
    (1.617, 10.0)
    """

    node: GivenNode
    link: Link
    chain: Chain | None = None

    @property
    def segments(self) -> int:
        """How many links stand in a row between the ends."""
        return self.chain.segments if self.chain else 1

    @cached_property
    def entanglement(self) -> Entanglement:
        """The pairs that this hardware delivers.

        Raises
        ------
        ConfigError
            If the link does not suit the nodes, or they cannot store what the chain needs.
        """
        if self.chain is not None and (self.chain.segments > 1 or self.chain.purification_rounds):
            made = end_to_end(self.chain, self.link, self.node)
            supply: Supply = Poisson(rate_hz=made.rate_hz)
            visibility, herald_s = made.visibility, 0.0
        else:
            direct = delivered(self.link, self.node)
            supply = _attempts(direct.attempt_rate_hz, direct.success_probability)
            visibility, herald_s = direct.fresh_visibility, direct.waited_s / 2
            if not self.node.slots.value and direct.herald_delay_s > LOOP_S:
                raise ConfigError(
                    f"given node {self.node.name!r}, whose halves cannot wait {direct.herald_delay_s:.3g} s for their "
                    f"herald, allowed: up to {LOOP_S:g} s without memory"
                )
        return Entanglement(
            pair=Werner(visibility=visibility),
            supply=supply,
            memory=self._memory(herald_s),
            readout=self._readout(),
        )

    def _readout(self) -> Readout:
        """What is stored is always there to be read; photons have to be detected once more."""
        stored = self.node.slots.value > 0
        return Readout(
            error=self.node.readout_error.value,
            efficiency=1.0 if stored else self.node.detector_efficiency.value,
        )

    def _memory(self, herald_s: float) -> Memory:
        if not self.node.slots.value or self.node.t1_s is None or self.node.t2_s is None:
            return Memory(cutoff_s=LOOP_S)
        return Memory(
            slots=self.node.slots.value, t1_s=self.node.t1_s.value, t2_s=self.node.t2_s.value, herald_s=herald_s
        )


def _attempts(rate_hz: float, success: float) -> Supply:
    """Attempts that hardly ever succeed are a Poisson process, up to a fraction ``success`` of its figures."""
    if success < RARE:
        return Poisson(rate_hz=rate_hz * success)
    return Geometric(attempt_rate_hz=rate_hz, success_probability=success)


class MemoryChoice(Section):
    """The keys of :class:`Memory`; what is absent is as the hardware says, or by default."""

    slots: Slots | None = None
    use: Use | None = None
    when_full: WhenFull | None = None
    cutoff_s: Positive | None = None
    t1_s: Positive | None = None
    t2_s: Positive | None = None
    depolarising_s: Positive | None = None
    herald_s: NonNegative | None = None
    age_classes: Classes | None = None


class ReadoutChoice(Section):
    """The keys of :class:`Readout`; what is absent is as the hardware says, or by default."""

    error: FlipProbability | None = None
    efficiency: Probability | None = None
    no_click: NoClick | None = None


def _merged(known: Section, given: Section, place: str) -> Section:
    """A section with what is given in place of what was known; refused in one line that begins with its place."""
    try:
        return type(known)(**known.model_dump() | given.model_dump(exclude_none=True))
    except ValidationError as error:
        raise ConfigError(f"{place}.{first_problem(error)}") from None


class EntanglementChoice(Section):
    """The section ``entanglement`` of a configuration; by default perfect pairs on demand.

    Parameters
    ----------
    hardware : where pairs come from; what else is given takes the place of what follows from it
    pair, supply, memory, readout, clocks, fault, monitor : as :class:`entsched.entanglement.Entanglement`

    Examples
    --------
    >>> choice = EntanglementChoice(hardware={"node": "trapped-ion", "link": {"medium": "fibre", "length_km": 1.0}},
    ...                             memory={"slots": 2})
    >>> choice.resolved.memory.slots, choice.resolved.memory.t2_s
    (2, 10.0)
    """

    hardware: Hardware | None = None
    pair: PairState | None = None
    supply: Supply | None = None
    memory: MemoryChoice | None = None
    readout: ReadoutChoice | None = None
    clocks: Clocks | None = None
    fault: Fault | None = None
    monitor: Monitor | None = None

    @model_validator(mode="after")
    def _has_an_effect(self) -> EntanglementChoice:
        stores = self.memory is not None and set(self.memory.model_dump(exclude_none=True)) - {"herald_s"}
        if stores and self.supply is None and self.hardware is None:
            raise ValueError(
                f"memory: given {', '.join(sorted(stores))} for pairs on demand, which nobody stores, "
                "allowed: with supply poisson or geometric, or hardware"
            )
        no_memory = self.hardware is not None and not self.hardware.node.slots.value
        if stores and no_memory and self.supply is None:
            raise ValueError(f"memory: given {', '.join(sorted(stores))}, allowed: nothing for a node without memory")
        return self

    @cached_property
    def resolved(self) -> Entanglement:
        """All that is known of the pairs, whatever it was known from.

        Raises
        ------
        ConfigError
            If the hardware does not fit together.
        """
        known = self.hardware.entanglement if self.hardware else Entanglement()
        given: dict[str, Any] = {}
        for name in Entanglement.model_fields:
            value = getattr(self, name)
            if name in ("memory", "readout") and value is not None:
                given[name] = _merged(getattr(known, name), value, f"entanglement.{name}")
            elif value is not None:
                given[name] = value
        return Entanglement(**{name: getattr(known, name) for name in Entanglement.model_fields} | given)
