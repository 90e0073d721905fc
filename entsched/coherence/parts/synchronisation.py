"""Synchronisation of all-to-all oscillators: its onset, its critical exponents, and its fluctuations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from entsched.coherence.oscillators.coverage import CoverageTask
from entsched.coherence.oscillators.ensembles import OscillatorTask
from entsched.coherence.oscillators.frequencies import FrequencyLaw, Gaussian, Lorentzian, Uniform
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import Positive, Section

#: Batches of replications take about so long, seconds.
BATCH_S = 5.0

#: The most steps of one oscillator, and of all of a task's.
MOST_STEPS, MOST_WORK = 1_000_000, 1e11

#: Replications with quantiles differ in their starts only, hardly at all: so many are enough.
QUANTILE_REPLICATIONS = 3

Disorder = Literal["random", "quantiles"]
Disorders = Annotated[tuple[Disorder, ...], Field(strict=False, min_length=1, max_length=2)]
Size = Annotated[int, Field(ge=10, le=1_000_000)]
Couplings = Annotated[
    tuple[Annotated[float, Field(ge=0, le=100)], ...], BeforeValidator(spread), Field(min_length=1, max_length=200)
]
Distances = Annotated[
    tuple[Annotated[float, Field(ge=0.001, le=0.9)], ...], BeforeValidator(spread), Field(min_length=6, max_length=50)
]
Replications = Annotated[int, Field(ge=3, le=1000)]


class Timing(Section):
    """How long ensembles are simulated: a transient that is discarded, what is measured, and the step, seconds."""

    transient_s: Positive = 80.0
    duration_s: Positive = 40.0
    step_s: Positive = 0.05

    @model_validator(mode="after")
    def _is_feasible(self) -> Timing:
        steps = (self.transient_s + self.duration_s) / self.step_s
        if not self.step_s <= self.duration_s / 4 or steps > MOST_STEPS:
            raise ValueError(
                f"step_s: given {self.step_s:g}, allowed: at most a quarter of duration_s, "
                f"and at most {MOST_STEPS} steps in all"
            )
        return self

    def times(self) -> dict[str, float]:
        """The three durations by name."""
        return {name: getattr(self, name) for name in Timing.model_fields}


class Curve(Timing):
    """Order against coupling, ``couplings`` in units of K_c; replications start incoherent and coherent in turns."""

    oscillators: Size = 10_000
    couplings: Couplings = (0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0)
    replications: Replications = 6
    step_s: Positive = 0.1


class Window(Timing):
    """Couplings for the exponent beta, as ``distances`` (K - K_c) / K; replications start coherent."""

    oscillators: Size = 50_000
    distances: Distances = (0.05, 0.07, 0.09, 0.12, 0.16, 0.22, 0.3, 0.4)
    disorder: Disorders = ("random", "quantiles")
    replications: Replications = 8
    duration_s: Positive = 20.0
    coverage_sets: Annotated[int, Field(ge=0, le=10_000)] = 200


class Scaling(Timing):
    """Sizes at couplings from K_c on: below, order is noise, N E|Z|^2 = 1 / (1 - K / K_c), which scales otherwise.

    Quantiles need long times: their order at K_c relaxes in about N^(4/5) seconds, not N^(2/5).
    """

    frequencies: FrequencyLaw = Gaussian()
    sizes: Annotated[tuple[Size, ...], BeforeValidator(spread), Field(min_length=3, max_length=12)] = (
        200,
        800,
        3200,
        12_800,
    )
    couplings: Annotated[
        tuple[Annotated[float, Field(ge=1, le=10)], ...], BeforeValidator(spread), Field(min_length=3, max_length=50)
    ] = (1.0, 1.01, 1.03, 1.06, 1.1)
    disorder: Disorder = "random"
    replications: Replications = 150
    step_s: Positive = 0.1

    @model_validator(mode="after")
    def _has_the_critical_point(self) -> Scaling:
        if 1.0 not in self.couplings or len(set(self.couplings)) < 3:
            raise ValueError("couplings: allowed: three or more, with 1.0, where sizes are compared")
        return self


class Synchronisation(Part):
    """Order, onset, exponents and fluctuations of all-to-all oscillators, by simulation.

    ``alternatives`` are the exponents beta that a measured one is compared with, by name, besides 1/2.
    """

    frequencies: Annotated[tuple[FrequencyLaw, ...], Field(strict=False, min_length=1, max_length=6)] = (
        Lorentzian(),
        Gaussian(),
        Uniform(),
    )
    curve: Curve = Curve()
    exponent: Window = Window()
    scaling: Annotated[tuple[Scaling, ...], Field(strict=False, max_length=4)] = (
        Scaling(),
        Scaling(
            disorder="quantiles",
            sizes=(50, 200, 800, 3200),
            transient_s=1500.0,
            duration_s=1500.0,
            replications=6,
        ),
    )
    alternatives: Annotated[dict[str, Annotated[float, Field(gt=0, le=10)]], Field(min_length=1, max_length=10)] = {
        "transverse-field Ising chain": 0.125
    }

    @model_validator(mode="after")
    def _is_consistent(self) -> Synchronisation:
        laws = [law.law for law in self.frequencies]
        if len(set(laws)) < len(laws):
            raise ValueError("frequencies: a law stands twice, allowed: once")
        kinds = [(part.frequencies.law, part.disorder) for part in self.scaling]
        if len(set(kinds)) < len(kinds) or any(law == "uniform" for law, _ in kinds):
            raise ValueError("scaling: allowed: each lorentzian or gaussian law and disorder once")
        dearest = max(self.tasks(0), key=lambda task: task.cost_s)
        if dearest.cost_s > MOST_WORK * 6e-9:
            raise ValueError(f"{dearest.label}: {dearest.cost_s:.0f} s, allowed: {MOST_WORK * 6e-9:.0f} s in one task")
        return self

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """Curves of all laws, windows of those with a continuous transition, sizes, and tests of the intervals."""
        return (*self._curves(seed), *self._windows(seed), *self._sizes(seed), *self._coverages(seed))

    def _curves(self, seed: int) -> list[OscillatorTask]:
        part = self.curve
        return [
            task
            for law in self.frequencies
            for coupling in part.couplings
            for task in _batches(
                part.replications,
                seed=seed,
                purpose="curve",
                frequencies=law,
                oscillators=part.oscillators,
                relative_coupling=coupling,
                start="both",
                **part.times(),
            )
        ]

    def _windows(self, seed: int) -> list[OscillatorTask]:
        part = self.exponent
        return [
            task
            for law in self.frequencies
            if not isinstance(law, Uniform)
            for disorder in part.disorder
            for distance in part.distances
            for task in _batches(
                part.replications if disorder == "random" else QUANTILE_REPLICATIONS,
                seed=seed,
                purpose="exponent",
                frequencies=law,
                oscillators=part.oscillators,
                relative_coupling=1 / (1 - distance),
                disorder=disorder,
                start="together",
                **part.times(),
            )
        ]

    def _sizes(self, seed: int) -> list[OscillatorTask]:
        return [
            task
            for part in self.scaling
            for size in part.sizes
            for coupling in part.couplings
            for task in _batches(
                part.replications,
                seed=seed,
                purpose="scaling",
                frequencies=part.frequencies,
                oscillators=size,
                relative_coupling=coupling,
                disorder=part.disorder,
                start="both",
                **part.times(),
            )
        ]

    def _coverages(self, seed: int) -> list[CoverageTask]:
        part = self.exponent
        return [
            CoverageTask(
                seed=seed,
                frequencies=law,
                oscillators=part.oscillators,
                distances=part.distances,
                replications=part.replications,
                fitted=fitted,
                sets=part.coverage_sets,
            )
            for law in self.frequencies
            for fitted in (False, True)
            if part.coverage_sets and not isinstance(law, Uniform)
        ]

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``curve``, ``theory``, ``window``, ``exponents``, ``sizes``, ``collapse``, ``alternatives``."""
        from entsched.coherence.oscillators import summaries

        return summaries.tables(self, rows)

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """One for the exponent of each law with a continuous transition, one for fluctuations, one for sizes."""
        from entsched.coherence.oscillators import verdicts

        return verdicts.findings(self, tables)


def _batches(replications: int, **content: Any) -> list[OscillatorTask]:
    """The replications in tasks of about five seconds."""
    whole = OscillatorTask(replications=replications, **content)
    size = max(1, min(replications, int(BATCH_S * replications / whole.cost_s)))
    return [
        OscillatorTask(first=first, replications=min(size, replications - first), **content)
        for first in range(0, replications, size)
    ]
