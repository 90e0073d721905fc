"""How halves of pairs are measured: errors, silent detectors, clocks that disagree."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from entsched.validation import NonNegative, Probability, Section

FlipProbability = Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)]
NoClick = Literal["coin", "same"]


class Readout(Section):
    """The measurement of each half, the same at both nodes.

    Parameters
    ----------
    error : probability that an outcome is flipped
    efficiency : probability that a detector clicks at all
    no_click : what a router does whose detector stays silent: toss a ``coin`` of its own, or answer
        the ``same`` as every silent router (a shared coin says which server)
    """

    error: FlipProbability = 0.0
    efficiency: Probability = 1.0
    no_click: NoClick = "coin"

    @property
    def gain(self) -> float:
        """What is left of a correlator: efficiency^2 (1 - 2 error)^2."""
        return (self.efficiency * (1 - 2 * self.error)) ** 2

    @property
    def constant(self) -> float:
        """The correlator of two silent routers, times the probability that both are."""
        return (1 - self.efficiency) ** 2 if self.no_click == "same" else 0.0


class Clocks(Section):
    """Clocks of two nodes whose qubits precess at ``frequency_hz`` relative to each other.

    An error of t seconds between the clocks turns the phase of a pair by 2 pi frequency t.

    Parameters
    ----------
    jitter_s : rms error of each clock, seconds
    wander_s2_per_s : how fast the variance of the difference grows while a pair is stored
    """

    frequency_hz: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)] = 0.0
    jitter_s: NonNegative = 0.0
    wander_s2_per_s: NonNegative = 0.0

    @model_validator(mode="after")
    def _turns(self) -> Clocks:
        if (self.jitter_s or self.wander_s2_per_s) and not self.frequency_hz:
            raise ValueError("frequency_hz: given 0, at which errors of clocks turn no phase, allowed: above 0")
        return self

    @property
    def coherence(self) -> float:
        """What jitter leaves of the phase: exp(-(2 pi f)^2 jitter^2), both clocks together.

        Examples
        --------
        >>> round(Clocks(frequency_hz=1e6, jitter_s=1e-7).coherence, 6)
        0.673825
        """
        return math.exp(-((2 * math.pi * self.frequency_hz * self.jitter_s) ** 2))

    @property
    def dephasing_hz(self) -> float:
        """The rate at which wander destroys the phase: (2 pi f)^2 wander / 2."""
        return (2 * math.pi * self.frequency_hz) ** 2 * self.wander_s2_per_s / 2
