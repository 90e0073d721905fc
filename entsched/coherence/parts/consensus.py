"""Replicated logs under faults: safety, availability, latency and messages, and what liars can break."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from entsched.coherence.consensus.settings import Faults, Replication, Share
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.redundancy.tasks import PauliTask
from entsched.coherence.streams import generator
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import Positive

Sizes = Annotated[tuple[Annotated[int, Field(ge=2, le=31)], ...], Field(strict=False, max_length=20)]
Shares = Annotated[tuple[Share, ...], BeforeValidator(spread), Field(max_length=50)]
Losses = Annotated[
    tuple[Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)], ...],
    BeforeValidator(spread),
    Field(max_length=50),
]
Tolerated = Annotated[tuple[Annotated[int, Field(ge=1, le=10)], ...], Field(strict=False, max_length=10)]
Lies = Literal["silent", "equivocating", "every-vote", "random"]
Runs = Annotated[int, Field(ge=2, le=1000)]
Duration = Annotated[float, Field(ge=1, le=10_000, allow_inf_nan=False)]
Kind = Literal["down", "loss", "divided", "liars"]

#: Runs of a part.
MOST_RUNS = 20_000

#: The quantum code that stands beside five replicas.
CODE = "five-qubit"


class ReplicationTask(CoherenceTask):
    """One run of a cluster at one level of one kind of fault.

    Examples
    --------
    >>> task = ReplicationTask(seed=1, cluster={"nodes": 3}, fault="loss", level=0.0, duration_s=5.0, replication=0)
    >>> task.evaluate()["violations"]
    0
    """

    kind: Literal["coherence-consensus"] = "coherence-consensus"
    cluster: Replication
    fault: Kind
    level: float
    duration_s: Duration
    replication: int

    @property
    def label(self) -> str:
        """Protocol, size, fault and level."""
        return f"{self.cluster.protocol} log of {self.cluster.nodes} nodes, {self.fault} {self.level:g}"

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        from entsched.coherence.consensus.events import EVENT_S, expected_events
        from entsched.coherence.consensus.measures import PATIENCE_S, WARM_UP_S

        whole_s = WARM_UP_S + self.duration_s + PATIENCE_S
        return EVENT_S[self.cluster.protocol] * expected_events(self.cluster, whole_s)

    def evaluate(self) -> Row:
        """Violations, entries, commands; shares served, led, reachable, with a quorum; latency, messages."""
        from entsched.coherence.consensus.measures import measured

        cluster = self.cluster
        stream = generator(self.seed, "consensus", cluster.content, self.replication)
        place: Row = {"fault": self.fault, "level": self.level, "nodes": cluster.nodes}
        if self.fault == "liars":
            place |= {"liars": cluster.liars, "lies": cluster.lies, "tolerated": cluster.tolerated}
            place |= {"breaking": 2 * cluster.quorum - cluster.nodes}
        if self.fault == "down":
            place |= {"mean_down_s": cluster.faults.mean_down_s, "duration_s": self.duration_s}
        return place | measured(cluster, self.duration_s, stream)


class Consensus(Part):
    """A replicated log with a leader under crashes, loss and partitions; one that votes under liars.

    Attributes
    ----------
    nodes : sizes of clusters with a leader
    down_shares, losses, divided_shares : levels of each kind of fault, one kind at a time
    mean_fault_s : mean duration of a crash or a partition, seconds
    tolerated : f; clusters that vote have 3f + 1 nodes, of which 0 to f + 1 lie
    lies : what liars do
    commands_per_s : rate of commands
    duration_s, liars_duration_s : of a run with a leader, and with votes
    replications, liar_replications : runs of each cell; intervals of means begin at three

    Examples
    --------
    >>> len(Consensus(nodes=[3], down_shares=[0.1], losses=[], divided_shares=[], tolerated=[]).tasks(1))
    7
    """

    nodes: Sizes = (3, 5, 7)
    down_shares: Shares = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    losses: Losses = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    divided_shares: Shares = (0.0, 0.2, 0.4, 0.6, 0.8)
    mean_fault_s: Positive = 2.0
    tolerated: Tolerated = (1, 2)
    lies: Annotated[tuple[Lies, ...], Field(strict=False, max_length=4)] = (
        "silent",
        "equivocating",
        "every-vote",
        "random",
    )
    commands_per_s: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 20.0
    duration_s: Duration = 40.0
    liars_duration_s: Duration = 3.0
    replications: Runs = 6
    liar_replications: Runs = 12

    @model_validator(mode="after")
    def _names_each_once(self) -> Consensus:
        for name in ("nodes", "down_shares", "losses", "divided_shares", "tolerated", "lies"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name}: given {list(values)}, allowed: each value once")
        return self

    @model_validator(mode="after")
    def _ends(self) -> Consensus:
        """No run is too long, and there are not too many."""
        from entsched.coherence.consensus.events import expected_events, refusal

        cells = self._cells()
        runs = sum(self._runs(cell) for cell in cells)
        if runs > MOST_RUNS:
            raise ValueError(f"given {runs} runs, allowed: {MOST_RUNS}")
        longest = max((expected_events(cell["cluster"], cell["duration_s"]) for cell in cells), default=0.0)
        problem = refusal(longest)
        if problem is not None:
            raise ValueError(problem)
        return self

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """Runs under crashes, under loss, under partitions, under liars; and a quantum code to compare with."""
        runs: list[CoherenceTask] = [
            ReplicationTask(seed=seed, replication=replication, **cell)
            for cell in self._cells()
            for replication in range(self._runs(cell))
        ]
        return (*runs, PauliTask(seed=seed, code=CODE))

    def _runs(self, cell: dict[str, Any]) -> int:
        return self.liar_replications if cell["fault"] == "liars" else self.replications

    def _cells(self) -> list[dict[str, Any]]:
        return [
            *(cell for nodes in self.nodes for cell in self._with_leader(nodes)),
            *(cell for tolerated in self.tolerated for cell in self._with_votes(3 * tolerated + 1, tolerated)),
        ]

    def _with_leader(self, nodes: int) -> list[dict[str, Any]]:
        """Cells of a cluster with a leader."""
        mean_s = self.mean_fault_s
        base: dict[str, Any] = {"nodes": nodes, "commands_per_s": self.commands_per_s}
        found: list[tuple[Kind, float, dict[str, Any]]] = []
        for share in self.down_shares:
            found.append(("down", share, {"faults": Faults(down_share=share, mean_down_s=mean_s)}))
        for loss in self.losses:
            found.append(("loss", loss, {"loss": loss}))
        for share in self.divided_shares:
            found.append(("divided", share, {"faults": Faults(divided_share=share, mean_divided_s=mean_s)}))
        return [
            {"fault": fault, "level": level, "cluster": Replication(**base, **keys), "duration_s": self.duration_s}
            for fault, level, keys in found
        ]

    def _with_votes(self, nodes: int, tolerated: int) -> list[dict[str, Any]]:
        """Cells of a cluster that votes."""
        base: dict[str, Any] = {"nodes": nodes, "protocol": "byzantine", "commands_per_s": self.commands_per_s}
        return [
            {
                "fault": "liars",
                "level": float(liars),
                "cluster": Replication(**base, liars=liars, lies=lies),
                "duration_s": self.liars_duration_s,
            }
            for lies in self.lies
            for liars in range(tolerated + 2)
        ]

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``faults``: means over runs with a leader; ``laws``; ``liars``: safety against them; ``losses`` of a code."""
        from entsched.coherence.consensus.tables import fault_rows, law_rows, liar_rows, loss_rows

        runs = [row for row in rows if "fault" in row]
        led = [row for row in runs if row["fault"] != "liars"]
        return {
            "faults": fault_rows(led),
            "laws": law_rows(led),
            "liars": liar_rows([row for row in runs if row["fault"] == "liars"]),
            "losses": loss_rows([row for row in rows if "fault" not in row]),
        }

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """On safety, and on availability."""
        from entsched.coherence.consensus.findings import availability, safety

        return (safety(tables), availability(tables))
