"""The sections of the part on synchronisation: what is simulated for how long, and what may be asked for."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from entsched.coherence.oscillators.checks import require_resolution
from entsched.coherence.oscillators.doubts import ROUNDING
from entsched.coherence.oscillators.frequencies import FrequencyLaw, Gaussian
from entsched.coherence.oscillators.theory import SCALING_THEORY
from entsched.reading.keys import MAX_TEXT, short
from entsched.reading.ranges import spread
from entsched.validation import Positive, Section

#: The most steps of one oscillator.
MOST_STEPS = 1_000_000

#: Largest over smallest of sizes, and of distances: less is no lever for a power.
SIZE_LEVER, DISTANCE_LEVER = 4, 2

#: Sizes times couplings of a comparison of sizes: the common curve and both exponents take seven of them.
LEAST_POINTS = 9


def _ascends(values: tuple[float, ...]) -> tuple[float, ...]:
    if any(after <= before for before, after in pairwise(values)):
        raise ValueError(f"given {short(str(list(values)))}, allowed: ascending values, each once")
    return values


def _is_one_line(name: str) -> str:
    if not name.isprintable() or not 1 <= len(name.strip()) <= len(name) <= MAX_TEXT:
        raise ValueError(f"given {short(ascii(name))}, allowed: 1 to {MAX_TEXT} printable characters on one line")
    return name


Spread, Ascending = BeforeValidator(spread), AfterValidator(_ascends)
Disorder = Literal["random", "quantiles"]
Disorders = Annotated[tuple[Disorder, ...], Field(strict=False, min_length=1, max_length=2)]
Size = Annotated[int, Field(ge=10, le=1_000_000)]
Sizes = Annotated[tuple[Size, ...], Spread, Field(min_length=3, max_length=12), Ascending]
Couplings = Annotated[
    tuple[Annotated[float, Field(ge=0, le=100)], ...], Spread, Field(min_length=1, max_length=200), Ascending
]
CriticalCouplings = Annotated[
    tuple[Annotated[float, Field(ge=1, le=10)], ...], Spread, Field(min_length=3, max_length=50), Ascending
]
Distances = Annotated[
    tuple[Annotated[float, Field(ge=0.001, le=0.9)], ...], Spread, Field(min_length=6, max_length=50), Ascending
]
Replications = Annotated[int, Field(ge=3, le=1000)]
Name = Annotated[str, AfterValidator(_is_one_line)]


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

    def times(self) -> dict[str, Any]:
        """The three durations by name."""
        return {name: getattr(self, name) for name in Timing.model_fields}


class Curve(Timing):
    """Order against coupling, ``couplings`` in units of K_c; replications start incoherent and coherent in turns."""

    oscillators: Size = 6_000
    couplings: Couplings = (0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0)
    replications: Replications = 12
    step_s: Positive = 0.1


class Window(Timing):
    """Couplings for the exponent beta, as ``distances`` (K - K_c) / K; replications start coherent."""

    oscillators: Size = 50_000
    distances: Distances = (0.05, 0.07, 0.09, 0.12, 0.16, 0.22, 0.3, 0.4)
    disorder: Disorders = ("random", "quantiles")
    replications: Replications = 8
    duration_s: Positive = 20.0
    coverage_sets: Annotated[int, Field(ge=0, le=10_000)] = 180

    @model_validator(mode="after")
    def _can_show_a_power(self) -> Window:
        if len(set(self.disorder)) < len(self.disorder):
            raise ValueError(f"disorder: given {list(self.disorder)}, allowed: each once")
        rounding = self.oscillators**-ROUNDING
        if self.distances[0] < rounding or self.distances[-1] < DISTANCE_LEVER * self.distances[0]:
            raise ValueError(
                f"distances: given {self.distances[0]:g} to {self.distances[-1]:g}, allowed with {self.oscillators} "
                f"oscillators: from N^(-2/5) = {rounding:.3g}, where size rounds, to at least twice the least"
            )
        return self


class Scaling(Timing):
    """Sizes at couplings from K_c on: below, order is noise, N E|Z|^2 = 1 / (1 - K / K_c), which scales otherwise.

    Quantiles need long times: their order at K_c relaxes in about N^(4/5) seconds, not N^(2/5).
    """

    frequencies: FrequencyLaw = Gaussian()
    sizes: Sizes = (200, 800, 3200, 12_800)
    couplings: CriticalCouplings = (1.0, 1.01, 1.03, 1.06, 1.1)
    disorder: Disorder = "random"
    replications: Replications = 150
    step_s: Positive = 0.1

    @model_validator(mode="after")
    def _has_the_critical_point(self) -> Scaling:
        if self.couplings[0] != 1:
            raise ValueError(f"couplings: given {self.couplings[0]:g} first, allowed: 1.0, where sizes are compared")
        if self.sizes[-1] < SIZE_LEVER * self.sizes[0]:
            raise ValueError(
                f"sizes: given {self.sizes[0]} to {self.sizes[-1]}, allowed: to {SIZE_LEVER} times the least"
            )
        if len(self.sizes) * len(self.couplings) < LEAST_POINTS:
            raise ValueError(f"couplings: given {len(self.couplings)}, allowed: with sizes {LEAST_POINTS} points")
        rounding = self.sizes[-1] ** (-1 / SCALING_THEORY[self.disorder][1][0])
        require_resolution(self.frequencies, self.couplings[-1], self.transient_s, self.step_s, rounding)
        return self
