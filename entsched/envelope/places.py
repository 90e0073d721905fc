"""Where an envelope is computed: the points of its grids, each with its coordinates, its table and its task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from entsched.communication import Communication
from entsched.entanglement import Entanglement
from entsched.entanglement.choice import EntanglementChoice, Hardware
from entsched.entanglement.hardware import Node, node, presets
from entsched.entanglement.link import MODES_PER_QUBIT, Fibre, hashing_bound, repeaterless_bound
from entsched.entanglement.pair import Werner
from entsched.envelope.resource import fidelity, known_use
from entsched.envelope.section import MOST_SPLITTINGS, Envelope
from entsched.envelope.talking import route
from entsched.envelope.tasks import AdvantageTask, BudgetTask, CriticalTask, CriticalVisibilityTask, ReachTask
from entsched.envelope.variation import delivered_by, placed, with_memory, with_rate, with_visibility
from entsched.errors import ConfigError
from entsched.routing import classical_optimum, quantum_optimum
from entsched.tasks import Row, Task
from entsched.workload import Workload


@dataclass(frozen=True)
class Place:
    """One row of a table of the envelope, before its task is evaluated.

    Attributes
    ----------
    table : its name
    coordinates : what the row begins with
    task : what the row goes on with; None where there is nothing to compute, and ``problem`` says why
    """

    table: str
    coordinates: Row
    task: Task | None
    problem: str | None = None


@dataclass(frozen=True)
class Setting:
    """What an envelope is computed for: the resources of an experiment, and the grids."""

    workload: Workload
    splittings: tuple[float, ...]
    choice: EntanglementChoice
    communication: Communication
    envelope: Envelope

    @property
    def entanglement(self) -> Entanglement:
        """The pairs of the experiment, from a sound source that nobody tests."""
        return self.choice.resolved.model_copy(update={"fault": None, "monitor": None})

    @property
    def splitting(self) -> float:
        """The splitting probability of all but visibilities: as given, or where perfect pairs gain most."""
        chosen = self.envelope.splitting
        return best_splitting(self.workload, self.splittings) if chosen is None else chosen

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes at all distances: as given, or that of the hardware; none without distances."""
        hardware = self.choice.hardware
        if self.envelope.nodes is None and self.envelope.distance_km is not None and hardware is not None:
            return (hardware.node,)
        return self.envelope.nodes or ()

    @property
    def compared(self) -> tuple[float, ...]:
        """The splitting probabilities at which visibilities are compared, at most nine, spread evenly."""
        some = sorted({*self.splittings})
        if len(some) > MOST_SPLITTINGS:
            chosen = np.linspace(0, len(some) - 1, MOST_SPLITTINGS).round().astype(int)
            some = [some[index] for index in chosen]
        return tuple(sorted({*some, self.splitting}))

    def worth(self, entanglement: Entanglement, splitting: float | None = None) -> AdvantageTask:
        """The task that finds what pairs are worth."""
        return AdvantageTask(
            workload=self.workload,
            splitting=self.splitting if splitting is None else splitting,
            entanglement=entanglement,
            significance=self.envelope.significance,
            power=self.envelope.power,
        )


@lru_cache(maxsize=256)
def best_splitting(workload: Workload, splittings: tuple[float, ...]) -> float:
    """The splitting probability, of those given, at which perfect pairs on demand gain most.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> best_splitting(two, (0.0, 0.25, 0.5))
    0.25
    """
    gains = [classical_optimum(workload, p).lower - quantum_optimum(workload, p).upper for p in splittings]
    return splittings[int(np.argmax(gains))]


def places(setting: Setting) -> Iterator[Place]:
    """The resource as it is configured, and every point of every grid."""
    yield Place("configured", _configured(setting), setting.worth(setting.entanglement))
    yield from _visibilities(setting)
    yield from _map(setting)
    yield from _distances(setting)
    if setting.envelope.latency_s is not None:
        yield Place("latency", {}, setting.worth(setting.entanglement))
    yield from _critical(setting)


def _configured(setting: Setting) -> Row:
    """What the configuration states of its pairs, and of talking instead."""
    pairs, hardware = setting.entanglement, setting.choice.hardware
    row: Row = {"splitting": setting.splitting, "node": None, "medium": None, "segments": None, "distance_km": None}
    if hardware is not None:
        link, segments = hardware.link, hardware.segments
        length_km = link.length_km if isinstance(link, Fibre) else link.distance_km
        row |= {"node": hardware.node.name, "medium": link.medium, "segments": segments}
        row["distance_km"] = segments * length_km
    return row | {
        "pair_rate_hz": _rate(pairs),
        "visibility": pairs.pair.visibility if isinstance(pairs.pair, Werner) else None,
        "slots": None if pairs.is_on_demand else pairs.memory.slots,
        "significance": setting.envelope.significance,
        "power": setting.envelope.power,
        **route(setting.choice, setting.communication),
    }


def _visibilities(setting: Setting) -> Iterator[Place]:
    if setting.envelope.visibility is None:
        return
    for p in setting.compared:
        task = CriticalVisibilityTask(workload=setting.workload, splitting=p)
        yield Place("critical", {"splitting": p}, task)
        for visibility in setting.envelope.visibility:
            pairs = with_visibility(setting.entanglement, visibility)
            yield Place("visibility", {"splitting": p, "visibility": visibility}, setting.worth(pairs, p))


def _map(setting: Setting) -> Iterator[Place]:
    rates, times = setting.envelope.pair_rate_hz, setting.envelope.memory_s
    if rates is None and times is None:
        return
    kept = setting.entanglement
    for time_s in times or (None,):
        lasting = kept if time_s is None else with_memory(kept, setting.envelope.memory, time_s)
        for rate_hz in rates or (None,):
            pairs = lasting if rate_hz is None else with_rate(lasting, rate_hz)
            place = {
                "pair_rate_hz": _rate(pairs),
                "memory_s": _lifetime(pairs, setting),
                "splitting": setting.splitting,
            }
            yield Place("rate_memory", place, setting.worth(pairs))
    for name in presets():
        yield _hardware_place("presets_placed", setting, node(name), None, 1)


def _distances(setting: Setting) -> Iterator[Place]:
    for each in setting.nodes:
        for segments in setting.envelope.segments:
            for distance_km in setting.envelope.distance_km or ():
                found = _hardware_place("distance", setting, each, distance_km, segments)
                yield found
                if found.task is not None:
                    place = {"node": each.name, "segments": segments, "distance_km": distance_km}
                    hardware = placed(setting.choice, each, distance_km, segments)
                    yield Place("error_budget", place, BudgetTask(hardware=hardware))


def _hardware_place(table: str, setting: Setting, each: Node, distance_km: float | None, segments: int) -> Place:
    row: Row = {"node": each.name, "carrier": each.carrier, "splitting": setting.splitting}
    if distance_km is not None:
        row |= {"segments": segments, "distance_km": distance_km}
    try:
        hardware = placed(setting.choice, each, distance_km, segments)
        pairs = delivered_by(hardware, setting.choice)
        known_use(pairs, setting.workload.arrival_rate_hz)
    except ConfigError as error:
        return Place(table, row, None, str(error))
    row |= {"pair_rate_hz": _rate(pairs), "memory_s": pairs.memory.t2_s, "visibility": _visibility(pairs)}
    if distance_km is not None:
        row |= _bits(hardware, pairs, distance_km)
    return Place(table, row, setting.worth(pairs))


def _bits(hardware: Hardware, pairs: Entanglement, distance_km: float) -> Row:
    """Entangled bits per second that the pairs are good for at least, and those that no fibre alone exceeds."""
    row: Row = {"bits_per_s": pairs.supply.mean_rate_hz * hashing_bound(max(0.0, _visibility(pairs)))}
    if isinstance(hardware.link, Fibre):
        whole = hardware.link.model_copy(update={"length_km": distance_km})
        uses_hz = hardware.node.repetition_rate_hz.value * whole.modes
        bound = MODES_PER_QUBIT * repeaterless_bound(whole.transmission())
        row["repeaterless_bits_per_s"] = uses_hz * bound if np.isfinite(bound) else None
    return row


def _visibility(pairs: Entanglement) -> float:
    """That of the Werner pair with the fidelity of a fresh one, before it is read out."""
    return (4 * fidelity(pairs, 0.0) - 1) / 3


#: Why there is no critical rate or distance for some memories.
OLDER = "with the oldest pair first, a faster source can make older pairs: look at the grid"


def _critical(setting: Setting) -> Iterator[Place]:
    envelope, workload = setting.envelope, setting.workload
    common: dict[str, Any] = {"workload": workload, "splitting": setting.splitting, "target": envelope.target}
    for along in ("visibility", "pair_rate_hz", "memory_s"):
        if getattr(envelope, along) is None:
            continue
        memory = setting.entanglement.memory
        if along == "pair_rate_hz" and memory.use == "oldest" and memory.slots > 1:
            yield Place("envelope", _quantity(setting, along, "least"), task=None, problem=OLDER)
        else:
            task = CriticalTask(along=along, entanglement=setting.entanglement, memory=envelope.memory, **common)
            yield Place("envelope", _quantity(setting, along, "least"), task)
    for each in setting.nodes:
        for segments in envelope.segments:
            place = _quantity(setting, "distance_km", "largest") | {"node": each.name, "segments": segments}
            given = setting.choice.memory
            if given is not None and given.use == "oldest" and (given.slots or each.slots.value) > 1:
                yield Place("envelope", place, task=None, problem=OLDER)
                continue
            reach = ReachTask(choice=setting.choice, node=each, segments=segments, **common)
            yield Place("envelope", place, reach)
    if envelope.latency_s is not None:
        yield Place("envelope", _quantity(setting, "latency_s", "least"), setting.worth(setting.entanglement))


def _quantity(setting: Setting, name: str, sense: str) -> Row:
    return {"quantity": name, "sense": sense, "splitting": setting.splitting, "target": setting.envelope.target}


def _rate(pairs: Entanglement) -> float | None:
    """Pairs per second; None on demand."""
    return None if pairs.is_on_demand else pairs.supply.mean_rate_hz


def _lifetime(pairs: Entanglement, setting: Setting) -> float | None:
    """The time of the memory that is varied; None if it is for ever."""
    return pairs.memory.t2_s if setting.envelope.memory == "t2" else pairs.memory.depolarising_s


def check(setting: Setting) -> None:
    """Refuse what no point of the grids could be computed for.

    Raises
    ------
    ConfigError
        If no exact law is known for the supply and its memory, a time of it is unphysical, or distances have no nodes.
    """
    if setting.envelope.distance_km is not None and not setting.nodes:
        raise ConfigError(
            "envelope.distance_km: given without nodes, allowed: with envelope.nodes or entanglement.hardware"
        )
    for time_s in (None, *(setting.envelope.memory_s or ())):
        kept = setting.entanglement
        lasting = kept if time_s is None else with_memory(kept, setting.envelope.memory, time_s)
        for pairs in (lasting, with_rate(lasting, 1.0)):
            known_use(pairs, setting.workload.arrival_rate_hz)
