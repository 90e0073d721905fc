"""A Bell test on the pairs in use: how often, and when it raises an alarm."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from entsched.validation import Probability, Section


class Monitor(Section):
    """A CHSH test of some of the pairs of a run, which tells entanglement from shared randomness.

    Parameters
    ----------
    test_fraction : of the Bell pairs that requests find, what goes into the test; their requests do without
    windows : parts of equally many request pairs that a run is cut into, each of which may raise the alarm
    significance : the largest probability that a run whose pairs are as they should be raises an alarm, and that
        routers without entanglement pass for entangled
    required_chsh : the CHSH value that the pairs should have; below 2 there is nothing to require

    Examples
    --------
    >>> Monitor().windows
    20
    """

    test_fraction: Probability = 0.05
    windows: Annotated[int, Field(ge=2, le=500)] = 20
    significance: Annotated[float, Field(gt=0, lt=0.5, allow_inf_nan=False)] = 0.01
    required_chsh: Annotated[float, Field(ge=2, le=math.sqrt(8), allow_inf_nan=False)] = 2.0
