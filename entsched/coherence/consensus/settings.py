"""A replicated log as data: its protocol, its network, its load and its faults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from entsched.validation import NonNegative, Positive, Probability, Section

#: Nodes of a cluster: messages of the Byzantine protocol grow with their square.
MOST_NODES = 31

#: Explicit faults of one kind.
MOST_FAULTS = 1000

#: A share of the time that leaves some for the contrary.
Share = Annotated[float, Field(ge=0, le=0.95, allow_inf_nan=False)]
NodeIndex = Annotated[int, Field(ge=0, lt=MOST_NODES)]


class Interval(Section):
    """From ``start_s`` to ``stop_s``."""

    start_s: NonNegative
    stop_s: NonNegative

    @model_validator(mode="after")
    def _ascends(self) -> Interval:
        if not self.start_s < self.stop_s:
            raise ValueError(f"given start_s {self.start_s:g}, stop_s {self.stop_s:g}, allowed: start before stop")
        return self


class Crash(Interval):
    """A node is down, and keeps only what its protocol writes down."""

    node: NodeIndex


class Partition(Interval):
    """The nodes of ``side`` and the others do not hear each other."""

    side: Annotated[tuple[NodeIndex, ...], Field(strict=False, min_length=1, max_length=MOST_NODES)]


class Faults(Section):
    """Explicit crashes and partitions, and random ones in alternating exponential periods.

    Attributes
    ----------
    down_share : of the time that each node is down, nodes independently of each other
    mean_down_s : mean duration of a crash
    divided_share : of the time that the nodes are in two groups at random
    mean_divided_s : mean duration of a division
    """

    crashes: Annotated[tuple[Crash, ...], Field(strict=False, max_length=MOST_FAULTS)] = ()
    partitions: Annotated[tuple[Partition, ...], Field(strict=False, max_length=MOST_FAULTS)] = ()
    down_share: Share = 0.0
    mean_down_s: Positive = 5.0
    divided_share: Share = 0.0
    mean_divided_s: Positive = 5.0


class Replication(Section):
    """Nodes that agree on the order of commands.

    Attributes
    ----------
    protocol : ``crash``, a majority behind a leader; ``byzantine``, two thirds against liars
    liars : Byzantine nodes, the last ones; they know of each other
    lies : what liars do
    minimum_latency_s, mean_extra_latency_s : a message takes the minimum and an exponential time beyond it
    loss, duplication : probabilities that a message is lost, or arrives twice
    commands_per_s : rate of the Poisson process of commands, each a random bit
    heartbeat_s : how often a leader that has nothing to say shows that it leads
    timeout_s : followers wait once to twice this long for a leader; voters this long, and half of it more each round

    Examples
    --------
    >>> Replication(nodes=7, protocol="byzantine").tolerated, Replication(nodes=7).quorum
    (2, 4)
    """

    protocol: Literal["crash", "byzantine"] = "crash"
    nodes: Annotated[int, Field(ge=2, le=MOST_NODES)] = 5
    liars: Annotated[int, Field(ge=0, le=MOST_NODES)] = 0
    lies: Literal["silent", "equivocating", "every-vote", "random"] = "equivocating"
    minimum_latency_s: Positive = 0.001
    mean_extra_latency_s: NonNegative = 0.001
    loss: Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)] = 0.0
    duplication: Probability = 0.0
    commands_per_s: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 50.0
    heartbeat_s: Positive = 0.05
    timeout_s: Positive = 0.15
    faults: Faults = Faults()

    @property
    def tolerated(self) -> int:
        """Faulty nodes with which the protocol still makes progress: f of 2f + 1, or of 3f + 1."""
        return (self.nodes - 1) // (2 if self.protocol == "crash" else 3)

    @property
    def quorum(self) -> int:
        """Votes that decide: more than half, or more than two thirds of the nodes."""
        return self.nodes // 2 + 1 if self.protocol == "crash" else 2 * self.nodes // 3 + 1

    @model_validator(mode="after")
    def _nodes_exist(self) -> Replication:
        if self.protocol == "crash" and self.liars:
            raise ValueError(f"liars: given {self.liars}, allowed: 0 with protocol crash")
        if self.liars >= self.nodes:
            raise ValueError(f"liars: given {self.liars}, allowed: below nodes {self.nodes}")
        named = [crash.node for crash in self.faults.crashes]
        named += [node for partition in self.faults.partitions for node in partition.side]
        if max(named, default=0) >= self.nodes:
            raise ValueError(f"faults: given node {max(named)}, allowed: 0 to {self.nodes - 1}")
        return self
