"""All randomness of one run, drawn ahead: the same customers and coins for every strategy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entsched.workload import Workload
from entsched.workload.trace import Trace

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Draws:
    """One run's customers and coins, each an array with one entry for each pair.

    Attributes
    ----------
    gaps_s : time since the previous pair, seconds
    types, requirements_s : for routers A and B, shape (2, pairs); requirements in seconds
    a_first : whether A's customer goes first if the pair meets in one server
    shared, outcomes : numbers in [0, 1) for the shared randomness, and for A and B (2, pairs)
    """

    gaps_s: Floats
    types: NDArray[np.intp]
    requirements_s: Floats
    a_first: NDArray[np.bool_]
    shared: Floats
    outcomes: Floats


def seed_sequence(workload: Workload, seed: int, replication: int) -> np.random.SeedSequence:
    """The seeds of one replication, from the content of the workload: no strategy enters."""
    digest = hashlib.sha256(workload_content(workload).encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest, dtype=np.uint32).tolist(), replication])


def workload_content(workload: Workload) -> str:
    """The workload as canonical JSON; a trace counts by its content, not by its path."""
    resolved = workload.model_copy(update={"service": workload.service.resolved()})
    law = resolved.service
    if isinstance(law, Trace):
        return f"{workload.model_dump_json(exclude={'service'})}{law.digest}"
    return resolved.model_dump_json()


def draw(workload: Workload, pairs: int, seeds: np.random.SeedSequence) -> Draws:
    """Draw one run; arrivals, services, order and outcomes have streams of their own.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> draws = draw(two, 3, seed_sequence(two, seed=1, replication=0))
    >>> draws.requirements_s.shape
    (2, 3)
    """
    arrivals, kinds, services, orders, outcomes = (np.random.default_rng(s) for s in seeds.spawn(5))
    n = len(workload.types)
    edges = np.cumsum(workload.pi.ravel())[:-1]
    cell = np.searchsorted(edges, kinds.random(pairs), side="right")
    types = np.stack(np.divmod(cell, n))
    if n == 1:
        requirements = workload.types[0].sample(services, 2 * pairs).reshape(2, pairs)
    else:
        requirements = workload.type_means_s[types]
    coins = outcomes.random((3, pairs))
    return Draws(
        gaps_s=arrivals.exponential(1 / workload.arrival_rate_hz, pairs),
        types=types,
        requirements_s=requirements,
        a_first=_a_first(workload.order, requirements, orders),
        shared=coins[0],
        outcomes=coins[1:],
    )


def _a_first(order: str, requirements: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    coin: NDArray[np.bool_] = np.less(rng.random(requirements.shape[1]), 0.5)
    if order == "random":
        return coin
    if order == "a_first":
        return np.ones_like(coin)
    ahead = requirements[1] - requirements[0]
    return np.where(ahead == 0, coin, ahead > 0).astype(np.bool_)
