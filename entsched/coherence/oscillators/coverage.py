"""How often intervals of the exponent contain 1/2 on made-up data from exact curves: a test of the estimator."""

from __future__ import annotations

from itertools import product
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from entsched.coherence.oscillators.frequencies import Floats, Gaussian, Lorentzian
from entsched.coherence.part import CoherenceTask
from entsched.coherence.streams import generator
from entsched.tasks import Row

#: Relative scatter of r between replications with random frequencies, times sqrt(N) (K - K_c) / K: as measured.
SCATTERS = (0.2, 0.8, 1.4)

#: Weights of the Gaussian curve beside the Lorentzian one in log r, in turns: corrections differ, beta is 1/2.
MIXTURES = (0.0, 0.5, 1.0)

#: Measured on one core, seconds for one set of made-up data with K_c given, and with K_c fitted.
GIVEN_S, FITTED_S = 0.01, 0.045


class CoverageTask(CoherenceTask):
    """Sets of made-up orders about exact curves and mixtures of them, each with the interval of beta.

    Examples
    --------
    >>> task = CoverageTask(seed=1, oscillators=100_000, replications=5,
    ...     fitted=False, distances=(0.05, 0.07, 0.1, 0.14, 0.2, 0.3), sets=10)
    >>> task.evaluate()["covered"] > 0.6
    True
    """

    kind: Literal["coherence-coverage"] = "coherence-coverage"
    oscillators: int
    distances: Annotated[tuple[float, ...], Field(strict=False)]
    replications: int
    fitted: bool
    sets: int

    @property
    def label(self) -> str:
        """Whether K_c is fitted."""
        return f"coverage of beta, K_c {'fitted' if self.fitted else 'given'}"

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        return self.sets * (FITTED_S if self.fitted else GIVEN_S)

    def evaluate(self) -> Row:
        """The fraction of intervals that contain 1/2, and the mean of the estimates."""
        from entsched.coherence.oscillators.exponent import MEAN_FIELD, exponent

        at = np.array(self.distances)
        stream = generator(self.seed, "coverage", self.oscillators, self.replications, str(self.fitted))
        kinds = list(product(self._curves(), SCATTERS))
        fits = []
        for index in range(self.sets):
            curve, scatter = kinds[index % len(kinds)]
            spread = scatter / (np.sqrt(self.oscillators) * at[:, None])
            noise = 1 + spread * stream.standard_normal((len(at), self.replications))
            fits.append(exponent(at, list(curve[:, None] * np.maximum(noise, 0.01)), self.fitted, stream))
        return {
            "purpose": "coverage",
            "critical_coupling": "fitted" if self.fitted else "given",
            "sets": self.sets,
            "covered": sum(fit.low <= MEAN_FIELD <= fit.high for fit in fits) / self.sets,
            "mean_exponent": float(np.mean([fit.exponent for fit in fits])),
        }

    def _curves(self) -> list[Floats]:
        """r at the distances on each of the curves."""
        from entsched.coherence.oscillators.theory import stationary_order

        logs = [
            np.log([stationary_order(law, law.critical_coupling / (1 - e)) for e in self.distances])
            for law in (Lorentzian(), Gaussian())
        ]
        return [np.exp((1 - weight) * logs[0] + weight * logs[1]) for weight in MIXTURES]
