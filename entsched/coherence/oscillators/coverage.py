"""How often intervals of the exponent contain 1/2 on made-up data from the exact curve: a test of the estimator."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from entsched.coherence.oscillators.frequencies import FrequencyLaw
from entsched.coherence.part import CoherenceTask
from entsched.coherence.streams import generator
from entsched.tasks import Row

#: Relative scatter of r between replications with random frequencies, times sqrt(N) (K - K_c) / K; measured 0.2 to 1.4.
SCATTER = 0.8

#: Measured on one core, seconds for one set of made-up data with K_c given, and with K_c fitted.
GIVEN_S, FITTED_S = 0.006, 0.06


class CoverageTask(CoherenceTask):
    """Sets of made-up orders about the exact curve of a law, each with the interval of beta.

    Examples
    --------
    >>> task = CoverageTask(seed=1, frequencies={"law": "lorentzian"}, oscillators=100_000, replications=5,
    ...     fitted=False, distances=(0.05, 0.07, 0.1, 0.14, 0.2, 0.3), sets=10)
    >>> task.evaluate()["covered"] > 0.6
    True
    """

    kind: Literal["coherence-coverage"] = "coherence-coverage"
    frequencies: FrequencyLaw
    oscillators: int
    distances: Annotated[tuple[float, ...], Field(strict=False)]
    replications: int
    fitted: bool
    sets: int

    @property
    def label(self) -> str:
        """The law, and whether K_c is fitted."""
        return f"coverage of beta, {self.frequencies.law}, K_c {'fitted' if self.fitted else 'given'}"

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        return self.sets * (FITTED_S if self.fitted else GIVEN_S)

    def evaluate(self) -> Row:
        """The fraction of intervals that contain 1/2, and the mean of the estimates."""
        from entsched.coherence.oscillators.exponent import MEAN_FIELD, exponent
        from entsched.coherence.oscillators.theory import stationary_order

        law, at = self.frequencies, np.array(self.distances)
        stream = generator(self.seed, "coverage", law.content, self.oscillators, self.replications, str(self.fitted))
        exact = np.array([stationary_order(law, law.critical_coupling / (1 - e)) for e in self.distances])
        scatter = SCATTER / (np.sqrt(self.oscillators) * at)
        fits = []
        for _ in range(self.sets):
            noise = 1 + scatter[:, None] * stream.standard_normal((len(at), self.replications))
            fits.append(exponent(at, list(exact[:, None] * np.maximum(noise, 0.01)), law, self.fitted, stream))
        return {
            "purpose": "coverage",
            "law": law.law,
            "critical_coupling": "fitted" if self.fitted else "given",
            "sets": self.sets,
            "covered": sum(fit.low <= MEAN_FIELD <= fit.high for fit in fits) / self.sets,
            "mean_exponent": float(np.mean([fit.exponent for fit in fits])),
        }
