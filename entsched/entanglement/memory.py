"""Where pairs wait for their decision: slots, which pair is used, how long it lasts."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from entsched.validation import NonNegative, Positive, Section

#: Where the first class of ages ends and the last begins, in units of the fastest decay time.
YOUNGEST, OLDEST = 1e-3, 2.0

#: The most slots of a node.
MOST_SLOTS = 1000


Slots = Annotated[int, Field(ge=1, le=MOST_SLOTS)]
Use = Literal["newest", "oldest"]
WhenFull = Literal["overwrite", "stop"]
Classes = Annotated[int, Field(ge=1, le=256)]


class Memory(Section):
    """The memory of both nodes, which keep the halves of the same pairs.

    Parameters
    ----------
    slots : pairs that fit
    use : which pair a decision takes, the ``newest`` or the ``oldest``
    when_full : a new pair takes the place of the oldest (``overwrite``), or the source stops until
        there is room (``stop``)
    cutoff_s : pairs older than this are thrown away
    t1_s, t2_s : relaxation and coherence time of each half, seconds; absent: for ever
    depolarising_s : after which time white noise has shrunk each half's Bloch vector by 1/e
    herald_s : how long each half has been stored when its node hears that there is a pair; ages count from then
    age_classes : how finely routers resolve the age of a pair

    Raises
    ------
    pydantic.ValidationError
        If a value is out of range, or t2_s is more than twice t1_s.

    Examples
    --------
    >>> Memory(t1_s=1.0, t2_s=0.5).shortest_s
    0.5
    >>> Memory().classes(fastest_s=math.inf)
    ((inf, 0.0),)
    """

    slots: Slots = 1
    use: Use = "newest"
    when_full: WhenFull = "overwrite"
    cutoff_s: Positive | None = None
    t1_s: Positive | None = None
    t2_s: Positive | None = None
    depolarising_s: Positive | None = None
    herald_s: NonNegative = 0.0
    age_classes: Classes = 24

    @model_validator(mode="after")
    def _is_physical(self) -> Memory:
        if self.t1_s is not None and self.t2_s is not None and self.t2_s > 2 * self.t1_s:
            raise ValueError(f"t2_s: given {self.t2_s}, allowed: at most 2 t1_s = {2 * self.t1_s:g}")
        return self

    @property
    def shortest_s(self) -> float:
        """The time scale on which pairs get worse, seconds; infinite if they never do."""
        return min((t for t in (self.t1_s, self.t2_s, self.depolarising_s) if t is not None), default=math.inf)

    def classes(self, fastest_s: float) -> tuple[tuple[float, float], ...]:
        """The age at which each class ends, and the age that stands for it, seconds.

        Classes get longer with age, from a thousandth of the fastest decay time to twice that time, so that a fast
        source and a long memory are resolved as well as slow ones; those of all memories stand for the same
        decays exp(-age / fastest_s). The middle decay of a class stands for it.
        """
        cutoff_s = math.inf if self.cutoff_s is None else self.cutoff_s
        if not math.isfinite(fastest_s):
            return ((cutoff_s, 0.0),)
        inner = np.geomspace(YOUNGEST, OLDEST, self.age_classes - 1) * fastest_s
        ends = [*inner[inner < cutoff_s].tolist(), cutoff_s]
        decays = np.exp(-np.array([0.0, *ends]) / fastest_s)
        middles = -fastest_s * np.log((decays[:-1] + decays[1:]) / 2)
        return tuple(zip(ends, middles.tolist(), strict=True))
