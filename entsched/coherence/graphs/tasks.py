"""What is computed for graphs: the order of oscillators at one coupling, and what theory says of one graph."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from entsched.coherence.graphs.links import GraphKind
from entsched.coherence.oscillators.frequencies import Gaussian
from entsched.coherence.part import CoherenceTask
from entsched.coherence.streams import generator
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import NonNegative, Positive, Probability, Section

Coupling = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
Couplings = Annotated[tuple[Coupling, ...], BeforeValidator(spread), Field(min_length=1, max_length=100)]
Degree = Annotated[int, Field(ge=2, le=100, multiple_of=2)]

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
    from entsched.coherence.graphs.links import links

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

        from entsched.coherence.graphs.dynamics import coherence

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

        from entsched.coherence.graphs.annealed import annealed_curve, onset_by_degrees, onset_by_eigenvalue
        from entsched.coherence.graphs.links import degree_of, degrees

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
