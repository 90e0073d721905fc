"""How often pairs are made: on demand, or heralded at random times."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from entsched.validation import Positive, Probability, Section

#: Below this probability of success, attempts count as a Poisson process, up to that fraction of its figures.
RARE = 0.01


class OnDemand(Section):
    """A fresh pair for every decision: the ideal source."""

    law: Literal["on_demand"] = "on_demand"

    @property
    def mean_rate_hz(self) -> float:
        """Pairs per second that the source could deliver."""
        return math.inf


class Poisson(Section):
    """Heralded pairs at the times of a Poisson process.

    Examples
    --------
    >>> Poisson(rate_hz=100.0).mean_rate_hz
    100.0
    """

    law: Literal["poisson"] = "poisson"
    rate_hz: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]

    @property
    def mean_rate_hz(self) -> float:
        """Pairs per second while there is room for them."""
        return self.rate_hz


class Geometric(Section):
    """Attempts one after the other, each of which delivers a heralded pair at its end or nothing.

    Examples
    --------
    >>> Geometric(attempt_rate_hz=1000.0, success_probability=0.25).mean_rate_hz
    250.0
    """

    law: Literal["geometric"] = "geometric"
    attempt_rate_hz: Positive
    success_probability: Probability

    @property
    def mean_rate_hz(self) -> float:
        """Pairs per second while there is room for them."""
        return self.attempt_rate_hz * self.success_probability


Supply = Annotated[OnDemand | Poisson | Geometric, Field(discriminator="law")]
