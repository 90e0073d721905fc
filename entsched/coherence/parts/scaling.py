"""The part on scaling (the draft's section 5.2): measures of coherence against the number of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from entsched.coherence.entangled.tasks import ChainTask
from entsched.coherence.oscillators.ensembles import OscillatorTask
from entsched.coherence.oscillators.frequencies import FrequencyLaw, Gaussian
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.scaling.tasks import AgreementTask, BellPairTask, FisherTask
from entsched.coherence.work import require_feasible
from entsched.tasks import Row
from entsched.validation import Positive

Sizes = Annotated[
    tuple[Annotated[int, Field(ge=10, le=100_000)], ...], Field(strict=False, min_length=3, max_length=20)
]
Nodes = Annotated[tuple[Annotated[int, Field(ge=2, le=31)], ...], Field(strict=False, min_length=3, max_length=15)]
Qubits = Annotated[tuple[Annotated[int, Field(ge=1, le=10)], ...], Field(strict=False, min_length=3, max_length=10)]
Blocks = Annotated[tuple[Annotated[int, Field(ge=2, le=1024)], ...], Field(strict=False, min_length=3, max_length=20)]

#: Steps of one replication, all of whose orders are kept, and of all replications, which take 2 us each at least.
MOST_STEPS, MOST_IN_ALL = 1_000_000, 500_000_000

#: Of the time that is measured; and the most that the coherent coupling may turn an oscillator in one step, radians.
LEAST_STEPS, MOST_TURN_RAD = 10, 2.0

#: The keys that decide how long the part takes.
WORK = "oscillators, replications, transient_s, duration_s, step_s, nodes, rounds"


class Scaling(Part):
    """Sizes of oscillator ensembles, of clusters, of GHZ states and of blocks of the Ising chain.

    Couplings are relative to the critical one; ``gapped_field`` is that of the chain off criticality.
    """

    frequencies: FrequencyLaw = Gaussian()
    oscillators: Sizes = (100, 200, 400, 800, 1600, 3200)
    incoherent_coupling: Annotated[float, Field(ge=0, le=0.8)] = 0.25
    coherent_coupling: Annotated[float, Field(ge=1.5, le=10)] = 3.0
    replications: Annotated[int, Field(ge=4, le=10_000)] = 100
    transient_s: Positive = 100.0
    duration_s: Positive = 100.0
    step_s: Annotated[float, Field(ge=0.001, le=1)] = 0.1
    nodes: Nodes = (3, 5, 9, 15, 31)
    rounds: Annotated[int, Field(ge=100, le=1_000_000)] = 4_000
    qubits: Qubits = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    blocks: Blocks = (4, 8, 16, 32, 64, 128, 256)
    gapped_field: Annotated[float, Field(ge=1.05, le=100)] = 1.5

    @model_validator(mode="after")
    def _ascends(self) -> Scaling:
        for name in ("oscillators", "nodes", "qubits", "blocks"):
            values = getattr(self, name)
            if list(values) != sorted(set(values)):
                raise ValueError(f"{name}: given {list(values)}, allowed: ascending values, each once")
        return self

    @model_validator(mode="after")
    def _is_feasible(self) -> Scaling:
        if self.frequencies.law == "uniform":
            raise ValueError(
                "frequencies.law: given 'uniform', allowed: gaussian, lorentzian (at K_c uniform ones jump)"
            )
        if self.duration_s < LEAST_STEPS * self.step_s:
            raise ValueError(f"duration_s: given {self.duration_s:g}, allowed: at least {LEAST_STEPS} steps of step_s")
        if (turn := self.coherent_coupling * self.frequencies.critical_coupling * self.step_s) > MOST_TURN_RAD:
            raise ValueError(f"coherent coupling K * step_s: given {turn:.3g} rad, allowed: up to {MOST_TURN_RAD:g}")
        steps = (self.transient_s + self.duration_s) / self.step_s
        for words, count, most in (
            ("", steps, MOST_STEPS),
            (" * replications", steps * self.replications, MOST_IN_ALL),
        ):
            if count > most:
                raise ValueError(
                    f"(transient_s + duration_s) / step_s{words}: given {count:.3g}, allowed: up to {most:g}"
                )
        require_feasible(self.tasks(seed=0), WORK)
        return self

    @property
    def _couplings(self) -> tuple[float, float, float]:
        return (self.incoherent_coupling, 1.0, self.coherent_coupling)

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """Everything to compute, in a fixed order."""
        made: list[CoherenceTask] = [
            OscillatorTask(
                seed=seed,
                purpose="size law",
                frequencies=self.frequencies,
                oscillators=n,
                relative_coupling=coupling,
                transient_s=self.transient_s,
                duration_s=self.duration_s,
                step_s=self.step_s,
                replications=self.replications,
            )
            for coupling in self._couplings
            for n in self.oscillators
        ]
        made += [AgreementTask(seed=seed, nodes=nodes, rounds=self.rounds) for nodes in self.nodes]
        made += [FisherTask(seed=seed, qubits=qubits) for qubits in self.qubits]
        made += [ChainTask(seed=seed, field=field, spins=self.blocks) for field in (1.0, self.gapped_field)]
        return (*made, BellPairTask(seed=seed))

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``points`` of each measure against N, and ``fits`` of their laws."""
        from entsched.coherence.scaling import tables

        points = tables.points(rows, self._couplings)
        return {"points": points, "fits": tables.fits(points)}

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """On order parameters, on their theory, on precision and on correlations of two nodes."""
        from entsched.coherence.scaling import findings

        return (
            findings.other_than_independent(tables),
            findings.beyond_classical(tables),
            findings.sharper(tables),
            findings.correlated(tables),
        )
