"""Synchronisation on graphs: order parameter against coupling and size, onsets against theory, exponents, verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from entsched.coherence.entangled.tasks import IsingOrderTask
from entsched.coherence.oscillators.frequencies import Gaussian
from entsched.coherence.oscillators.graph_tables import (
    entangled_rows,
    exponent_rows,
    onset_rows,
    order_rows,
    size_rows,
    theory_rows,
)
from entsched.coherence.oscillators.graphs import MOST_LINKS, MOST_NODES, GraphKind
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.streams import generator
from entsched.coherence.work import require_feasible
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

#: Transverse fields at which the order of the Ising chain is computed.
FIELDS = (0.9, 0.95, 0.98, 0.99)
#: All start in phase: so many times 1 / width_rad_s pass at least before r is measured.
LEAST_SETTLED = 10.0
#: Couplings of the fine grid of theory.
FINE = 241


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
        return _drawn(self, seed, graph, nodes, replication)


@lru_cache(maxsize=2)
def _drawn(network: Network, seed: int, graph: GraphKind, nodes: int, replication: int) -> tuple[Any, Any]:
    """Kept for the next coupling: drawing a graph takes as long as simulating its oscillators."""
    from entsched.coherence.oscillators.graphs import links

    source = generator(seed, "graphs", graph, nodes, network.mean_degree, network.rewiring, replication)
    return links(graph, nodes, network.mean_degree, network.rewiring, source), network.law.draw(source, nodes)


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
        stiffness = self.coupling * (0.2 * self.nodes**0.5 if self.graph == GraphKind.SCALE_FREE else 1.5)
        pace = self.network.width_rad_s * (1.5 * (0.01 / self.tolerance_rad) ** (1 / 3) + stiffness)
        step_s = 1.5e-4 + 2.5e-8 * self.nodes * (4 + self.network.mean_degree / 2)
        return pace * (self.settle_s + self.measure_s) * step_s + 1e-6 * self.nodes * self.network.mean_degree

    def evaluate(self) -> Row:
        """r after starting in phase, and of both halves; graph, size, coupling in units of the mean field's."""
        import numpy as np

        from entsched.coherence.oscillators.network import coherence

        matrix, frequencies = self.network.drawn(self.seed, self.graph, self.nodes, self.replication)
        strength = self.coupling * self.network.law.critical_coupling
        start = np.zeros(self.nodes)
        found = coherence(matrix, frequencies, strength, start, self.settle_s, self.measure_s, self.tolerance_rad)
        place = {"graph": str(self.graph), "nodes": self.nodes, "replication": self.replication}
        return place | {"coupling": self.coupling} | found._asdict()


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
        return 0.03 + 1e-3 * len(self.couplings) + 1e-5 * self.nodes * (5 + self.network.mean_degree)

    def evaluate(self) -> Row:
        """Degrees, largest eigenvalue, critical couplings over that of the mean field, and ``annealed`` r."""
        import numpy as np

        from entsched.coherence.oscillators.annealed import annealed_curve, onset_by_degrees, onset_by_eigenvalue
        from entsched.coherence.oscillators.graphs import degree_of, degrees

        matrix, _ = self.network.drawn(self.seed, self.graph, self.nodes, self.replication)
        found, own = degrees(matrix), degree_of(matrix)
        unit, width = self.network.law.critical_coupling, self.network.width_rad_s
        place = {"graph": str(self.graph), "nodes": self.nodes, "replication": self.replication}
        onsets = {"by_eigenvalue": onset_by_eigenvalue(found), "by_degrees": onset_by_degrees(found)}
        fine = np.linspace(self.couplings[0], self.couplings[-1], FINE)
        annealed, smooth = (
            annealed_curve(own, np.asarray(couplings) * unit, width).tolist() for couplings in (self.couplings, fine)
        )
        curves = {"annealed": annealed, "fine_couplings": fine.tolist(), "fine_annealed": smooth}
        return place | found._asdict() | onsets | {"couplings": list(self.couplings)} | curves


class Graphs(Part):
    """Kuramoto oscillators on graphs with Gaussian frequencies.

    Parameters
    ----------
    graphs, nodes : kinds and sizes
    couplings : rising, in units of the mean field's critical coupling 2 / (pi g(0))
    settle_s, measure_s : time left out, 10 / width_rad_s or more, and over which r is measured; all start in phase
    tolerance_rad : local error of the integration
    replications : graphs and frequencies drawn anew
    quantum_exponent : of the order parameter, to compare with; 1/8 is that of the transverse-field Ising chain

    Examples
    --------
    >>> len(Graphs(graphs=["ring"], nodes=[50, 100], couplings=[0.5, 1.0], replications=3).tasks(1))
    19
    """

    graphs: Kinds = tuple(GraphKind)
    nodes: Nodes = (200, 800, 3200)
    network: Network = Field(default_factory=Network)
    couplings: Couplings = (0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4, 1.45, 1.5, 1.6, 1.8)
    settle_s: NonNegative = 30.0
    measure_s: Positive = 30.0
    tolerance_rad: Annotated[float, Field(ge=1e-6, le=0.05)] = 0.01
    replications: Annotated[int, Field(ge=3, le=1000)] = 6
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
        if self.nodes[-1] * self.network.mean_degree > 2 * MOST_LINKS:
            links = self.nodes[-1] * self.network.mean_degree // 2
            raise ValueError(f"nodes: given {self.nodes[-1]} with {links} links, allowed: at most {MOST_LINKS} links")
        if self.settle_s * self.network.width_rad_s < LEAST_SETTLED:
            least_s = LEAST_SETTLED / self.network.width_rad_s
            raise ValueError(f"settle_s: given {self.settle_s:g}, allowed: {least_s:g} and more, 10 / width_rad_s")
        require_feasible(self._replication(0, 0), "nodes, times, couplings", self.replications)
        return self

    def _replication(self, seed: int, replication: int) -> Iterator[CoherenceTask]:
        """The theory of each graph, and a simulation at each coupling."""
        times = {name: getattr(self, name) for name in ("settle_s", "measure_s", "tolerance_rad")}
        for graph in self.graphs:
            for nodes in self.nodes:
                place: dict[str, Any] = {"seed": seed, "network": self.network, "graph": graph, "nodes": nodes}
                place |= {"replication": replication}
                yield DegreesTask(**place, couplings=self.couplings)
                for coupling in self.couplings:
                    yield GraphTask(**place, **times, coupling=coupling)

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """What is simulated on graphs, with its theory, and the Ising chain to compare with."""
        graphs = (task for replication in range(self.replications) for task in self._replication(seed, replication))
        return (*graphs, IsingOrderTask(seed=seed, fields=FIELDS))

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``order``: r; ``theory``; ``onsets``; ``sizes``: r against N; ``exponents``: growth; ``entangled``."""
        theory = [row for row in rows if "annealed" in row]
        simulated = [row for row in rows if "coupling" in row]
        return {
            "order": order_rows(simulated, theory),
            "theory": theory_rows(theory),
            "onsets": onset_rows(simulated, theory),
            "sizes": size_rows(simulated),
            "exponents": exponent_rows(simulated, theory),
            "entangled": entangled_rows(rows),
        }

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """On exponents, on whether onsets are universal, and on whether coherence lasts as networks grow."""
        from entsched.coherence.oscillators.graph_findings import dependence, exponents, growing

        return (exponents(tables, self.quantum_exponent), dependence(tables), growing(tables))
