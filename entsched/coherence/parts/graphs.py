"""Synchronisation on graphs: order parameter against coupling and size, onsets against theory, exponents, verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from entsched.coherence.oscillators.frequencies import Gaussian
from entsched.coherence.oscillators.graph_tables import exponent_rows, onset_rows, order_rows, size_rows
from entsched.coherence.oscillators.graphs import MOST_NODES, GraphKind
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.streams import generator
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import NonNegative, Positive, Probability, Section

Coupling = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
Couplings = Annotated[tuple[Coupling, ...], BeforeValidator(spread), Field(min_length=1, max_length=100)]
Nodes = Annotated[
    tuple[Annotated[int, Field(ge=20, le=MOST_NODES)], ...], Field(strict=False, min_length=1, max_length=10)
]
Kinds = Annotated[
    tuple[Annotated[GraphKind, Field(strict=False)], ...], Field(strict=False, min_length=1, max_length=4)
]
Degree = Annotated[int, Field(ge=2, le=100, multiple_of=2)]


class Network(Section):
    """Which graphs, and how fast their oscillators turn.

    Parameters
    ----------
    mean_degree : even; scale-free graphs fall short of it by their first few nodes
    rewiring : the probability with which a link of a small world is moved
    width_rad_s : standard deviation of the Gaussian frequencies
    """

    mean_degree: Degree = 10
    rewiring: Probability = 0.5
    width_rad_s: Positive = 1.0

    @property
    def law(self) -> Gaussian:
        """Of the frequencies."""
        return Gaussian(width_rad_s=self.width_rad_s)

    def drawn(self, seed: int, graph: GraphKind, nodes: int, replication: int) -> tuple[Any, Any]:
        """The matrix of links and the frequencies of a replication, the same for all couplings."""
        from entsched.coherence.oscillators.graphs import links

        source = generator(seed, "graphs", graph, nodes, self.mean_degree, self.rewiring, replication)
        return links(graph, nodes, self.mean_degree, self.rewiring, source), self.law.draw(source, nodes)


class GraphTask(CoherenceTask):
    """The order parameter on one graph at one coupling.

    Examples
    --------
    >>> task = GraphTask(seed=1, network=Network(), graph="ring", nodes=50, coupling=2.0, replication=0,
    ...                  settle_s=10.0, measure_s=10.0, tolerance_rad=0.01)
    >>> 0 < task.evaluate()["order"] < 1
    True
    """

    kind: Literal["coherence-graph"] = "coherence-graph"
    network: Network
    graph: Annotated[GraphKind, Field(strict=False)]
    nodes: int
    coupling: Coupling
    replication: int
    settle_s: NonNegative
    measure_s: Positive
    tolerance_rad: Positive

    @property
    def label(self) -> str:
        """Graph, size and coupling."""
        return f"{self.graph} graph of {self.nodes} nodes at coupling {self.coupling:g}"

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        stiffness = 1 + self.coupling**2 * (self.nodes / 1000) ** 0.5 if self.graph == GraphKind.SCALE_FREE else 1.0
        steps = 4 * self.network.width_rad_s * (self.settle_s + self.measure_s) * stiffness
        return steps * (6e-5 + 1e-8 * self.nodes * (4 + self.network.mean_degree / 2)) + 1e-4 * self.nodes

    def evaluate(self) -> Row:
        """r after starting in phase; graph, size, coupling over that of the mean field, replication."""
        import numpy as np

        from entsched.coherence.oscillators.network import coherence

        matrix, frequencies = self.network.drawn(self.seed, self.graph, self.nodes, self.replication)
        strength = self.coupling * self.network.law.critical_coupling
        start = np.zeros(self.nodes)
        order = coherence(matrix, frequencies, strength, start, self.settle_s, self.measure_s, self.tolerance_rad)
        place = {"graph": str(self.graph), "nodes": self.nodes, "replication": self.replication}
        return place | {"coupling": self.coupling, "order": order}


class DegreesTask(CoherenceTask):
    """What theory says of one graph: critical couplings, and r of the annealed network at all couplings."""

    kind: Literal["coherence-degrees"] = "coherence-degrees"
    network: Network
    graph: Annotated[GraphKind, Field(strict=False)]
    nodes: int
    couplings: Couplings
    replication: int

    @property
    def label(self) -> str:
        """Graph and size."""
        return f"theory of the {self.graph} graph of {self.nodes} nodes"

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        return 0.03 + 2e-3 * len(self.couplings) + 1.2e-4 * self.nodes

    def evaluate(self) -> Row:
        """Degrees, largest eigenvalue, critical couplings over that of the mean field, and ``annealed`` r."""
        from entsched.coherence.oscillators.annealed import annealed_order, onset_by_degrees, onset_by_eigenvalue
        from entsched.coherence.oscillators.graphs import degree_of, degrees

        matrix, _ = self.network.drawn(self.seed, self.graph, self.nodes, self.replication)
        found, own = degrees(matrix), degree_of(matrix)
        unit, width = self.network.law.critical_coupling, self.network.width_rad_s
        place = {"graph": str(self.graph), "nodes": self.nodes, "replication": self.replication}
        onsets = {"by_eigenvalue": onset_by_eigenvalue(found), "by_degrees": onset_by_degrees(found)}
        annealed = [annealed_order(own, coupling * unit, width) for coupling in self.couplings]
        return place | found._asdict() | onsets | {"couplings": list(self.couplings), "annealed": annealed}


class Graphs(Part):
    """Kuramoto oscillators on graphs with Gaussian frequencies.

    Parameters
    ----------
    graphs, nodes : kinds and sizes
    couplings : rising, in units of the mean field's critical coupling 2 / (pi g(0))
    settle_s, measure_s : time that is left out, and over which r is measured; all start in phase
    tolerance_rad : local error of the integration
    replications : graphs and frequencies drawn anew
    quantum_exponent : of the order parameter, to compare with; 1/8 is that of the transverse-field Ising chain

    Examples
    --------
    >>> len(Graphs(graphs=["ring"], nodes=[50, 100], couplings=[0.5, 1.0], replications=2).tasks(1))
    12
    """

    graphs: Kinds = tuple(GraphKind)
    nodes: Nodes = (200, 800, 3200)
    network: Network = Field(default_factory=Network)
    couplings: Couplings = (0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4, 1.45, 1.5, 1.6, 1.8)
    settle_s: NonNegative = 30.0
    measure_s: Positive = 30.0
    tolerance_rad: Annotated[float, Field(ge=1e-6, le=0.05)] = 0.01
    replications: Annotated[int, Field(ge=2, le=1000)] = 6
    quantum_exponent: Annotated[float, Field(gt=0, lt=0.5)] = 0.125

    @model_validator(mode="after")
    def _is_ordered(self) -> Graphs:
        for name, values in (("couplings", self.couplings), ("nodes", self.nodes)):
            if list(values) != sorted(set(values)):
                raise ValueError(f"{name}: given {list(values)}, allowed: rising values")
        if len(set(self.graphs)) < len(self.graphs):
            raise ValueError("graphs: a kind stands twice, allowed: once")
        if self.nodes[0] <= self.network.mean_degree:
            raise ValueError(f"nodes: given {self.nodes[0]}, allowed: more than mean_degree {self.network.mean_degree}")
        return self

    @cached_property
    def places(self) -> list[tuple[GraphKind, int, int]]:
        """Kind, size and replication of every graph."""
        return [(g, n, k) for g in self.graphs for n in self.nodes for k in range(self.replications)]

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """The theory of each graph, and a simulation at each coupling."""
        times: dict[str, Any] = {
            "settle_s": self.settle_s,
            "measure_s": self.measure_s,
            "tolerance_rad": self.tolerance_rad,
        }
        found: list[CoherenceTask] = []
        for graph, nodes, replication in self.places:
            place: dict[str, Any] = {"seed": seed, "network": self.network, "graph": graph, "nodes": nodes}
            place |= {"replication": replication}
            found.append(DegreesTask(**place, couplings=self.couplings))
            found += [GraphTask(**place, **times, coupling=coupling) for coupling in self.couplings]
        return tuple(found)

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``order``: r; ``onsets``: measured and by theory; ``sizes``: r against N; ``exponents``: growth."""
        theory = [row for row in rows if "annealed" in row]
        simulated = [row for row in rows if "order" in row]
        return {
            "order": order_rows(simulated, theory),
            "onsets": onset_rows(simulated, theory),
            "sizes": size_rows(simulated),
            "exponents": exponent_rows(simulated, theory),
        }

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """On exponents, on what onsets depend, and on whether coherence lasts as networks grow."""
        from entsched.coherence.oscillators.graph_findings import dependence, exponents, growing

        return (exponents(tables, self.quantum_exponent), dependence(tables), growing(tables))
