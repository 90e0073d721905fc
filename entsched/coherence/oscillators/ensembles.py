"""One ensemble of all-to-all oscillators at one coupling: the order of several independent replications."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from entsched.coherence.oscillators.frequencies import Floats, FrequencyLaw
from entsched.coherence.part import CoherenceTask
from entsched.coherence.streams import generator
from entsched.tasks import Row

#: Phases that start together lie in an arc of this length, radians: their order is 0.97.
ARC = math.pi / 4

#: Measured on one core, seconds for one step of one oscillator, and for its frequency and phase.
STEP_S, START_S = 6e-9, 1e-7


class OscillatorTask(CoherenceTask):
    """Replications of N oscillators at one coupling, after a transient: the order |Z| and its moments over time.

    ``relative_coupling`` is K / K_c. Frequencies are independent draws, or quantiles in every replication. Starting
    phases are drawn from the whole circle, from an eighth of it (``together``), or in turns from one and the other.

    Examples
    --------
    >>> task = OscillatorTask(seed=1, purpose="curve", frequencies={"law": "uniform"}, oscillators=100,
    ...     relative_coupling=3.0, transient_s=10.0, duration_s=10.0, step_s=0.1, replications=2)
    >>> [order > 0.9 for order in task.evaluate()["order"]]
    [True, True]
    """

    kind: Literal["coherence-oscillators"] = "coherence-oscillators"
    purpose: Literal["curve", "exponent", "scaling", "size law"]
    frequencies: FrequencyLaw
    oscillators: int
    relative_coupling: float
    disorder: Literal["random", "quantiles"] = "random"
    start: Literal["circle", "together", "both"] = "both"
    transient_s: float
    duration_s: float
    step_s: float
    first: int = 0
    replications: int

    @property
    def label(self) -> str:
        """The law, the number of oscillators and the coupling."""
        return f"{self.oscillators} {self.frequencies.law} oscillators at {self.relative_coupling:g} K_c"

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        steps = (self.transient_s + self.duration_s) / self.step_s
        return self.replications * self.oscillators * (START_S + STEP_S * steps)

    def evaluate(self) -> Row:
        """Lists with one entry for each replication; the orders of both halves of the time show whether it moves."""
        rows = [self._measured(index) for index in range(self.first, self.first + self.replications)]
        content = self.model_dump(mode="json", exclude={"seed", "kind", "frequencies"})
        law = {"law": self.frequencies.law, "width_rad_s": self.frequencies.width_rad_s}
        return content | law | {name: [row[name] for row in rows] for name in rows[0]}

    def _measured(self, index: int) -> dict[str, float]:
        from entsched.coherence.oscillators.mean_field import order_parameter

        coupling = self.relative_coupling * self.frequencies.critical_coupling
        length_s = self.transient_s + self.duration_s
        frequencies, phases = self._drawn(index)
        size = np.abs(order_parameter(frequencies, coupling, length_s, self.step_s, phases))
        size = size[min(round(self.transient_s / self.step_s), len(size) - 2) :]
        half = len(size) // 2
        return {
            "order": float(size.mean()),
            "first_half": float(size[:half].mean()),
            "second_half": float(size[half:].mean()),
            "mean_square": float(np.mean(size**2)),
            "variance": float(size.var()),
        }

    def _drawn(self, index: int) -> tuple[Floats, Floats]:
        """Frequencies, rad/s, and starting phases, radians, of one replication."""
        law, n = self.frequencies, self.oscillators
        stream = generator(
            self.seed, "oscillators", self.purpose, law.content, n, self.relative_coupling, self.disorder, index
        )
        frequencies = law.quantiles(n) if self.disorder == "quantiles" else law.draw(stream, n)
        together = self.start == "together" or (self.start == "both" and index % 2 == 1)
        return frequencies, stream.uniform(0.0, ARC if together else 2 * math.pi, n)
