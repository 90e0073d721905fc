"""How many requests with a pair show an advantage against every local strategy, memory included."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from entsched.envelope.advantage import Advantage
from entsched.errors import GameError
from entsched.games.evidence import MAX_ROUNDS, rounds_binomial
from entsched.routing import classical_optimum, coalescing_cost
from entsched.workload import Workload


@lru_cache(maxsize=65536)
def rounds(value: float, bound: float, significance: float, power: float) -> int | None:
    """The rounds of :func:`entsched.games.evidence.rounds_binomial`; None if it takes more than it counts.

    Where one standard deviation of the mean over that many rounds exceeds the gap, the search is not begun.

    Examples
    --------
    >>> rounds(0.8535, 0.75, 0.05, 0.9), rounds(0.75, 0.75, 0.05, 0.9)
    (130, None)
    """
    if not value > bound or bound * (1 - bound) > MAX_ROUNDS * (value - bound) ** 2:
        return None
    try:
        return rounds_binomial(value, bound, significance, power)
    except GameError:
        return None


def rounds_chsh(found: Advantage, significance: float, power: float) -> int | None:
    """Rounds of CHSH on the pairs as requests find them, won with probability 1/2 + S/8 against 3/4.

    None if S is at most 2, or too close to it.
    """
    if found.used_chsh is None or found.used_chsh <= 2:
        return None
    return rounds(0.5 + found.used_chsh / 8, 0.75, significance, power)


def rounds_routing(
    workload: Workload, splitting: float, found: Advantage, significance: float, power: float
) -> int | None:
    """Requests with a pair that show the advantage by the score of routing itself; None if there is none.

    With mu, the certified price of splitting, a round of types x, y scores (mu - c[x, y]) / 2 if the pair of requests
    was coalesced, and minus that if it was split. No local strategy exceeds the certified mean; entangled routing does
    so by the advantage. A coin with the score's place in its range as probability makes it a game that is won or
    lost, so that the exact test applies.
    """
    if not found.beats() or found.used_excess_wait_s is None:
        return None
    mu = classical_optimum(workload, splitting).multiplier
    price = mu - coalescing_cost(workload)[workload.pi > 0]
    width = float(np.abs(price).max())
    even = (mu - float(np.sum(workload.pi * coalescing_cost(workload)))) / 2
    local, entangled = (
        0.5 + (mu * (1 - splitting) - excess_s - even) / width
        for excess_s in (found.classical_lower_s, found.used_excess_wait_s)
    )
    if not 0 < local < entangled <= 1 or math.isclose(local, entangled, rel_tol=1e-12):
        return None
    return rounds(entangled, local, significance, power)
