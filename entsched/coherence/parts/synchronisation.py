"""Synchronisation of all-to-all oscillators: its onset, its critical exponents, and its fluctuations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from entsched.coherence.entangled.tasks import IsingOrderTask
from entsched.coherence.oscillators.checks import require_resolution
from entsched.coherence.oscillators.coverage import CoverageTask
from entsched.coherence.oscillators.ensembles import OscillatorTask
from entsched.coherence.oscillators.frequencies import FrequencyLaw, Gaussian, Lorentzian, Uniform
from entsched.coherence.oscillators.settings import Curve, Name, Scaling, Window
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.work import LONGEST_PART_S, require_feasible
from entsched.tasks import Row

#: Batches of replications take about so long, seconds.
BATCH_S = 5.0

#: Replications with quantiles differ in their starts only, hardly at all: so many are enough.
QUANTILE_REPLICATIONS = 3

#: The keys that decide how long the part takes.
WORK = "oscillators, sizes, replications, duration_s, transient_s, step_s"

#: Fields at which the order of the transverse-field Ising chain is computed: 1 - h^2 lies in the window of exponents.
ISING_FIELDS = (0.8, 0.85, 0.9, 0.93, 0.95, 0.97)


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
            sizes=(50, 160, 500, 1600),
            transient_s=1500.0,
            duration_s=1500.0,
            step_s=0.05,
            replications=6,
        ),
    )
    alternatives: Annotated[dict[Name, Annotated[float, Field(gt=0, le=10)]], Field(min_length=1, max_length=10)] = {
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
        for law in self.frequencies:
            require_resolution(law, self.curve.couplings[-1], self.curve.transient_s, self.curve.step_s)
            if not isinstance(law, Uniform):
                part = self.exponent
                largest, nearest = 1 / (1 - part.distances[-1]), part.distances[0]
                require_resolution(law, largest, part.transient_s, part.step_s, nearest / 10)
        ensembles = [*self._curves(0), *self._windows(0), *self._sizes(0)]
        total_s = sum(task.cost_s for task in ensembles)
        if total_s > LONGEST_PART_S:
            raise ValueError(f"{WORK}: given tasks of about {total_s / 3600:.3g} h on one core, allowed: 24 h")
        require_feasible(self.tasks(0), WORK)
        return self

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """Curves, windows of laws with a continuous transition, sizes, tests of intervals, and the Ising chain."""
        ensembles = [*self._curves(seed), *self._windows(seed), *self._sizes(seed)]
        batches = [batch for task in ensembles for batch in _batches(task)]
        return (*batches, *self._coverages(seed), IsingOrderTask(seed=seed, fields=ISING_FIELDS))

    def _curves(self, seed: int) -> list[OscillatorTask]:
        part = self.curve
        return [
            OscillatorTask(
                seed=seed,
                purpose="curve",
                frequencies=law,
                oscillators=part.oscillators,
                relative_coupling=coupling,
                start="both",
                replications=part.replications,
                **part.times(),
            )
            for law in self.frequencies
            for coupling in part.couplings
        ]

    def _windows(self, seed: int) -> list[OscillatorTask]:
        part = self.exponent
        return [
            OscillatorTask(
                seed=seed,
                purpose="exponent",
                frequencies=law,
                oscillators=part.oscillators,
                relative_coupling=1 / (1 - distance),
                disorder=disorder,
                start="together",
                replications=part.replications if disorder == "random" else QUANTILE_REPLICATIONS,
                **part.times(),
            )
            for law in self.frequencies
            if not isinstance(law, Uniform)
            for disorder in part.disorder
            for distance in part.distances
        ]

    def _sizes(self, seed: int) -> list[OscillatorTask]:
        return [
            OscillatorTask(
                seed=seed,
                purpose="scaling",
                frequencies=part.frequencies,
                oscillators=size,
                relative_coupling=coupling,
                disorder=part.disorder,
                start="both",
                replications=part.replications,
                **part.times(),
            )
            for part in self.scaling
            for size in part.sizes
            for coupling in part.couplings
        ]

    def _coverages(self, seed: int) -> list[CoverageTask]:
        part = self.exponent
        if not part.coverage_sets or all(isinstance(law, Uniform) for law in self.frequencies):
            return []
        return [
            CoverageTask(
                seed=seed,
                oscillators=part.oscillators,
                distances=part.distances,
                replications=part.replications,
                fitted=fitted,
                sets=part.coverage_sets,
            )
            for fitted in (False, True)
        ]

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """Points with theory, exponents, sizes with their collapse, the Ising chain, and what is compared."""
        from entsched.coherence.oscillators import summaries

        return summaries.tables(self, rows)

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """One for the transition of each law, one for fluctuations, one for sizes."""
        from entsched.coherence.oscillators import verdicts

        return verdicts.findings(self, tables)


def _batches(whole: OscillatorTask) -> list[OscillatorTask]:
    """Its replications in tasks of about five seconds."""
    count = whole.replications
    size = max(1, min(count, int(BATCH_S * count / whole.cost_s)))
    return [
        whole.model_copy(update={"first": first, "replications": min(size, count - first)})
        for first in range(0, count, size)
    ]
