"""All that is known of the pairs of an experiment: how they are made, kept and read."""

from __future__ import annotations

import math

from pydantic import Field

from entsched.entanglement.memory import Memory
from entsched.entanglement.monitor import Monitor
from entsched.entanglement.pair import PairState, Werner
from entsched.entanglement.readout import Clocks, Readout
from entsched.entanglement.supply import OnDemand, Supply
from entsched.validation import NonNegative, Section


class Fault(Section):
    """The source delivers another state from a time on, and nobody tells the routers."""

    at_s: NonNegative
    pair: PairState


class Entanglement(Section):
    """The pairs that two routers share; by default perfect ones on demand.

    Parameters
    ----------
    pair : the state that the source delivers
    supply : when it delivers
    memory : how pairs wait for their decision
    readout, clocks : how they are measured
    fault : what the source turns into, and when
    monitor : a Bell test on some of the pairs, if any

    Examples
    --------
    >>> Entanglement().is_on_demand
    True
    >>> stored = Entanglement(supply={"law": "poisson", "rate_hz": 10.0}, memory={"t2_s": 1.0})
    >>> len(stored.age_classes)
    24
    """

    pair: PairState = Field(default_factory=Werner)
    supply: Supply = Field(default_factory=OnDemand)
    memory: Memory = Field(default_factory=Memory)
    readout: Readout = Field(default_factory=Readout)
    clocks: Clocks = Field(default_factory=Clocks)
    fault: Fault | None = None
    monitor: Monitor | None = None

    @property
    def is_on_demand(self) -> bool:
        """Whether every decision finds a fresh pair."""
        return isinstance(self.supply, OnDemand)

    @property
    def is_always_the_same(self) -> bool:
        """Whether every decision finds the same kind of pair, with nothing to choose by and nothing to test."""
        return self.is_on_demand and self.fault is None and self.monitor is None

    @property
    def age_classes(self) -> tuple[tuple[float, float], ...]:
        """The age at which each class of pairs ends, and the age that stands for it, seconds."""
        if self.is_on_demand:
            return ((math.inf, 0.0),)
        drift = self.clocks.dephasing_hz
        return self.memory.classes(min(self.memory.shortest_s, 1 / drift if drift else math.inf))
