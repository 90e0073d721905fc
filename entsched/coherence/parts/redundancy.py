"""The part on redundancy (the draft's section 4): erasure codes and quorums beside quantum codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.redundancy.pauli_codes import CODES, LEAST_ERROR
from entsched.coherence.redundancy.surface import MOST_DISTANCE
from entsched.coherence.redundancy.tasks import (
    LossesTask,
    PauliTask,
    PauliWordsTask,
    ReadsTask,
    SurfaceTask,
    WordsTask,
)
from entsched.coherence.work import require_feasible
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import Section

Errors = Annotated[
    tuple[Annotated[float, Field(ge=LEAST_ERROR, le=0.5)], ...],
    BeforeValidator(spread),
    Field(min_length=1, max_length=50),
]
Distances = Annotated[tuple[Annotated[int, Field(ge=3, le=MOST_DISTANCE)], ...], Field(strict=False, max_length=7)]
Replicas = Annotated[tuple[Annotated[int, Field(ge=3, le=101)], ...], Field(strict=False, min_length=1, max_length=10)]

#: Quantum codes whose failures are sampled: one that mends flips only, and one that mends all errors.
SAMPLED = ("repetition 3", "five-qubit")

#: The keys that decide how long the part takes.
WORK = "words, reads, patterns, shots, circuit_shots"


class Word(Section):
    """A Reed-Solomon code: ``n`` stored symbols for ``k`` symbols of content."""

    n: Annotated[int, Field(ge=2, le=255)]
    k: Annotated[int, Field(ge=1, le=254)]

    @model_validator(mode="after")
    def _is_redundant(self) -> Word:
        if self.k >= self.n:
            raise ValueError(f"given n = {self.n}, k = {self.k}, allowed: k below n")
        return self


class Redundancy(Part):
    """Which codes are compared, at which physical errors, with how many tries.

    ``errors`` are probabilities of a wrong symbol, copy, node, or qubit of a small code; ``surface_errors`` of a Pauli
    error on each qubit, once; ``circuit_errors`` of a fault in each gate, step, reset and measurement.
    """

    reed_solomon: Annotated[tuple[Word, ...], Field(strict=False, min_length=1, max_length=10)] = (
        Word(n=5, k=1),
        Word(n=5, k=3),
        Word(n=15, k=9),
    )
    replicas: Replicas = (5,)
    errors: Errors = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
    words: Annotated[int, Field(ge=10, le=100_000)] = 2_000
    reads: Annotated[int, Field(ge=10, le=10_000_000)] = 200_000
    patterns: Annotated[int, Field(ge=1, le=100_000)] = 500
    distances: Distances = (3, 5, 7)
    surface_errors: Errors = (0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.13, 0.14, 0.15, 0.16, 0.18, 0.2)
    shots: Annotated[int, Field(ge=100, le=10_000_000)] = 100_000
    circuit_errors: Errors = (0.001, 0.002, 0.003, 0.005, 0.006, 0.007, 0.008, 0.01)
    circuit_shots: Annotated[int, Field(ge=100, le=10_000_000)] = 100_000

    @model_validator(mode="after")
    def _is_odd_and_ascending(self) -> Redundancy:
        for name in ("distances", "replicas"):
            even = next((value for value in getattr(self, name) if value % 2 == 0), None)
            if even is not None:
                raise ValueError(f"{name}: given {even}, allowed: odd numbers")
        for name in ("errors", "surface_errors", "circuit_errors", "distances", "replicas"):
            values = getattr(self, name)
            if list(values) != sorted(set(values)):
                raise ValueError(f"{name}: given {list(values)}, allowed: ascending values, each once")
        words = [(word.n, word.k) for word in self.reed_solomon]
        if len(set(words)) < len(words):
            raise ValueError(f"reed_solomon: given {words}, allowed: each code once")
        return self

    @model_validator(mode="after")
    def _is_feasible(self) -> Redundancy:
        require_feasible(self.tasks(seed=0), WORK)
        return self

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """Everything to compute, in a fixed order."""
        made: list[CoherenceTask] = [PauliTask(seed=seed, code=code) for code in CODES]
        for word in self.reed_solomon:
            made.append(LossesTask(seed=seed, n=word.n, k=word.k, patterns=self.patterns))
            made += [WordsTask(seed=seed, n=word.n, k=word.k, error=p, words=self.words) for p in self.errors]
        made += [
            ReadsTask(seed=seed, replicas=replicas, error=p, reads=self.reads)
            for replicas in self.replicas
            for p in self.errors
        ]
        made += [
            PauliWordsTask(seed=seed, code=code, error=p, words=self.reads) for code in SAMPLED for p in self.errors
        ]
        for distance in self.distances:
            made += [
                SurfaceTask(seed=seed, distance=distance, error=p, shots=self.shots, noise="one round")
                for p in self.surface_errors
            ]
            made += [
                SurfaceTask(seed=seed, distance=distance, error=p, shots=self.circuit_shots, noise="circuit")
                for p in self.circuit_errors
            ]
        return tuple(made)

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``simulated``, ``exact``, ``codes``, ``losses`` and ``crossings``."""
        from entsched.coherence.redundancy import tables

        return {
            "simulated": tables.simulated(rows),
            "exact": tables.exact(rows),
            "codes": tables.codes(rows),
            "losses": tables.losses(rows),
            "crossings": tables.crossings(rows),
        }

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """On suppression of errors, on transplanted classical codes, on losses and on quorums."""
        from entsched.coherence.redundancy import findings

        return (
            findings.suppression(tables),
            findings.transplanted(tables),
            findings.erasures(tables),
            findings.quorums(tables),
        )
