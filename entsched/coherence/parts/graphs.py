"""Synchronisation on graphs: order parameter against coupling and size, onsets against theory, exponents, verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from entsched.coherence.entangled.tasks import IsingOrderTask
from entsched.coherence.graphs.links import MOST_LINKS, MOST_NODES, GraphKind
from entsched.coherence.graphs.tables import (
    entangled_rows,
    exponent_rows,
    onset_rows,
    order_rows,
    size_rows,
    theory_rows,
)
from entsched.coherence.graphs.tasks import Couplings, DegreesTask, GraphTask, Network
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.work import require_feasible
from entsched.tasks import Row
from entsched.validation import NonNegative, Positive

Nodes = Annotated[
    tuple[Annotated[int, Field(ge=20, le=MOST_NODES)], ...], Field(strict=False, min_length=1, max_length=10)
]
Kinds = Annotated[
    tuple[Annotated[GraphKind, Field(strict=False)], ...], Field(strict=False, min_length=1, max_length=4)
]

#: Transverse fields at which the order of the Ising chain is computed.
FIELDS = (0.9, 0.95, 0.98, 0.99)
#: All start in phase: so many times 1 / width_rad_s pass at least before r is measured.
LEAST_SETTLED = 10.0


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
        from entsched.coherence.graphs.findings import dependence, exponents, growing

        return (exponents(tables, self.quantum_exponent), dependence(tables), growing(tables))
