"""The section ``envelope`` of a configuration: which resources are compared, and with what target."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from entsched.entanglement.hardware import GivenNode
from entsched.entanglement.waiting import MOST_SEGMENTS
from entsched.reading.ranges import MAX_POINTS, spread
from entsched.validation import NonNegative, Positive, Probability, Section

#: The most points of all grids together.
MOST_POINTS = 10_000
#: The most splitting probabilities at which visibilities are compared.
MOST_SPLITTINGS = 9

PairRate = Annotated[float, Field(ge=1e-9, le=1e12, allow_inf_nan=False)]
Distance = Annotated[float, Field(ge=0, le=20_000, allow_inf_nan=False)]
Level = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
_LISTED = (BeforeValidator(spread), Field(min_length=1, max_length=MAX_POINTS))

Visibilities = Annotated[tuple[Probability, ...], *_LISTED]
PairRates = Annotated[tuple[PairRate, ...], *_LISTED]
Times = Annotated[tuple[Positive, ...], *_LISTED]
Distances = Annotated[tuple[Distance, ...], *_LISTED]
Latencies = Annotated[tuple[NonNegative, ...], *_LISTED]


Nodes = Annotated[tuple[GivenNode, ...], Field(strict=False, min_length=1, max_length=20)]
Segments = Annotated[
    tuple[Annotated[int, Field(ge=1, le=MOST_SEGMENTS)], ...], Field(strict=False, min_length=1, max_length=20)
]


class Envelope(Section):
    """The grids on which the advantage of entanglement is computed; what is absent is not computed.

    All that a grid does not vary is as the section ``entanglement`` says.

    Parameters
    ----------
    target : relative advantage in the mean wait that is asked for; 0 asks for any strict one
    splitting : p; absent: where perfect pairs gain most
    visibility : of Werner pairs
    pair_rate_hz : pairs per second of a Poisson source
    memory_s, memory : the time of each half in memory, and which it is: ``t2``, or ``depolarising``
    distance_km, nodes, segments : fibre between the ends, presets or files of nodes (absent: the node of the hardware),
        links in a row
    latency_s : of messages between the routers, for those that communicate instead
    significance, power : of the statistical test that shows the advantage

    Examples
    --------
    >>> Envelope(visibility={"start": 0.8, "stop": 1.0, "num": 3}).visibility
    (0.8, 0.9, 1.0)
    """

    target: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.0
    splitting: Probability | None = None
    visibility: Visibilities | None = None
    pair_rate_hz: PairRates | None = None
    memory_s: Times | None = None
    memory: Literal["t2", "depolarising"] = "t2"
    distance_km: Distances | None = None
    nodes: Nodes | None = None
    segments: Segments = (1,)
    latency_s: Latencies | None = None
    significance: Level = 0.05
    power: Level = 0.95

    @model_validator(mode="after")
    def _is_consistent(self) -> Envelope:
        for name in ("visibility", "pair_rate_hz", "memory_s", "distance_km", "segments", "latency_s"):
            values = getattr(self, name) or ()
            if len(set(values)) < len(values):
                raise ValueError(f"{name}: a value stands twice, allowed: once")
        names = [each.name for each in self.nodes or ()]
        if len(set(names)) < len(names):
            raise ValueError("nodes: a name stands twice, allowed: once")
        if self.nodes is not None and self.distance_km is None:
            raise ValueError("nodes: given without distance_km, allowed: both, or distance_km alone")
        if not self.significance < self.power:
            raise ValueError(f"given significance {self.significance}, power {self.power}, allowed: the first is less")
        if self.points > MOST_POINTS:
            raise ValueError(f"given {self.points} points in all grids, allowed: {MOST_POINTS}")
        return self

    @property
    def points(self) -> int:
        """The points of all grids together."""
        grids = (self.visibility, self.pair_rate_hz, self.memory_s, self.distance_km, self.nodes, self.latency_s)
        visibility, rate, memory, distance, nodes, latency = (len(values or ()) for values in grids)
        cells = max(rate, 1) * max(memory, 1) if rate + memory else 0
        return MOST_SPLITTINGS * visibility + cells + distance * max(nodes, 1) * len(self.segments) + latency
