"""What the checks of service laws, baseline rewards and pair sources share."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
from numpy.typing import NDArray

from entsched.errors import StrategyError
from entsched.testing.check import NotApplicableError
from entsched.validation import Section

Floats = NDArray[np.float64]

#: How many standard errors a mean of draws may be off: by chance once in two million checks.
SIGMAS = 5.0

#: A mean to which one draw of 200,000 adds more than this share says nothing about its law.
LARGEST_SHARE = 0.02


def title_of(law: Section) -> str:
    """What messages call a law: its key, or its class if it has none."""
    return f"law {getattr(law, 'law', type(law).__name__)!r}"


def require_travel(law: Section) -> None:
    """It survives a pickle, and its parameters survive JSON."""
    try:
        text = json.dumps(law.model_dump(mode="json"), allow_nan=False)
        copies = [pickle.loads(pickle.dumps(law)), type(law)(**json.loads(text))]  # noqa: S301 (its own)
    except Exception as error:
        raise StrategyError(
            f"{title_of(law)} does not travel to workers: {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error
    if any(copy != law for copy in copies):
        raise StrategyError(f"{title_of(law)} has other parameters after a pickle or as JSON")


def require_mean(law: Section, what: str, draws: Floats, declared: float) -> None:
    """A declared mean is within five standard errors of that of independent draws."""
    mean = float(draws.mean())
    if np.abs(draws).max() > LARGEST_SHARE * np.abs(draws).sum():
        raise NotApplicableError(f"{what} hangs on single draws: its tail is too heavy to sample")
    near = SIGMAS * float(draws.std()) / math.sqrt(draws.size) + 1e-9 * abs(mean)
    if not abs(mean - declared) <= near:
        raise StrategyError(
            f"{title_of(law)} declares {what} = {declared:.6g}, but {draws.size} draws have {mean:.6g} +- {near:.2g}"
        )
