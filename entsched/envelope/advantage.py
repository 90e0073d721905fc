"""The certified advantage of a supply of pairs over every classical strategy of its class, at one p.

In the symmetric class the mean wait is W = base wait + J, with J averaged over what requests find, whatever the
supply (:class:`entsched.queueing.Supplied`). So the advantage is the certified classical J less the mean of the
optimal J of each age.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from entsched.entanglement import Entanglement
from entsched.envelope.resource import fidelity, known_use, pair_correlations
from entsched.games.split.correlations import PairCorrelations
from entsched.games.split.quantum import quantum_curve
from entsched.routing import classical_optimum, quantum_optimum, routing_game
from entsched.workload import Workload

#: Advantages below this fraction of the base wait are rounding, not advantages.
STRICT = 1e-9


@dataclass(frozen=True)
class Advantage:
    """What a supply of pairs is worth at one splitting probability.

    Attributes
    ----------
    base_wait_s : mean wait if every pair of requests is split
    classical_lower_s : the certified least excess wait J of classical routing
    excess_wait_s : J of entangled routing, on average over requests with and without a pair
    used_excess_wait_s : the same over requests that use a pair; None if none does
    bell_pair_share : the probability that a request uses a pair
    fidelity, chsh : of the youngest pair; CHSH as read out
    used_chsh : CHSH as read out, on average over the pairs used, fixed answers included, which reach 2
    """

    base_wait_s: float
    classical_lower_s: float
    excess_wait_s: float
    used_excess_wait_s: float | None
    bell_pair_share: float
    fidelity: float
    chsh: float
    used_chsh: float | None

    @property
    def seconds(self) -> float:
        """How much shorter the mean wait is than the least classical one, seconds; 0 if that is rounding."""
        saved_s = self.classical_lower_s - self.excess_wait_s
        return saved_s if abs(saved_s) > STRICT * self.base_wait_s else 0.0

    @property
    def relative(self) -> float:
        """The same as a fraction of the least classical mean wait."""
        return self.seconds / (self.base_wait_s + self.classical_lower_s)

    def beats(self, target: float = 0.0) -> bool:
        """Whether the relative advantage is strict and at least ``target``."""
        return self.seconds > 0 and self.relative >= target


def advantage(workload: Workload, splitting: float, entanglement: Entanglement) -> Advantage:
    """The certified advantage of routers that know the age of their pair and measure it in the best way.

    Without a pair they are as good as the classical optimum. A fault and a monitor of the source play no part.

    Parameters
    ----------
    splitting : p, from 0 to 1

    Raises
    ------
    ConfigError
        If no exact law of the age at use is known.
    GameError
        As :func:`entsched.routing.classical_optimum`.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> round(advantage(two, 0.25, Entanglement()).seconds, 6)
    0.092401
    >>> half = Entanglement(supply={"law": "poisson", "rate_hz": 0.5})
    >>> round(advantage(two, 0.25, half).seconds, 6)
    0.0462
    """
    classical = classical_optimum(workload, splitting)
    weights, seen = use(workload, entanglement)
    used = [(weight, each) for weight, each in zip(weights, seen, strict=True) if weight > 0]
    share = float(sum(weights))
    excess = sum(weight * excess_wait(workload, splitting, each) for weight, each in used)
    values = sum(weight * max(2.0, chsh_value(each)) for weight, each in used)
    return Advantage(
        base_wait_s=workload.base_wait_s,
        classical_lower_s=classical.lower,
        excess_wait_s=excess + (1 - share) * classical.upper,
        used_excess_wait_s=excess / share if share else None,
        bell_pair_share=share,
        fidelity=fidelity(entanglement, 0.0),
        chsh=chsh_value(pair_correlations(entanglement, 0.0)),
        used_chsh=values / share if share else None,
    )


def use(workload: Workload, entanglement: Entanglement) -> tuple[list[float], list[PairCorrelations]]:
    """The probability that a request uses a pair of each age class, and the correlations that it sees then."""
    classes = entanglement.age_classes
    law = known_use(entanglement, workload.arrival_rate_hz)
    weights = law.shares([end_s for end_s, _ in classes])
    return weights.tolist(), [pair_correlations(entanglement, age_s) for _, age_s in classes]


def chsh_value(seen: PairCorrelations) -> float:
    """The largest CHSH value of these correlations: 2 sqrt(first^2 + second^2), and what silence adds.

    Examples
    --------
    >>> round(chsh_value(PairCorrelations()), 6)
    2.828427
    """
    return 2 * math.hypot(seen.first, seen.second) + 2 * seen.constant


@lru_cache(maxsize=65536)
def excess_wait(workload: Workload, splitting: float, seen: PairCorrelations) -> float:
    """The least J of routers whose pairs all have these correlations, or of shared randomness if that is better.

    Correlations first + second + constant <= 1 are those of a separable pair (one with first X X + second Y Y is), so
    shared randomness is all that it is.
    """
    if splitting in (0.0, 1.0) or seen.perfect:
        return quantum_optimum(workload, splitting, seen).upper
    if seen.first + seen.second + seen.constant <= 1:
        return classical_optimum(workload, splitting).upper
    curve = quantum_curve(routing_game(workload), seen, levels=0)
    return min(curve.reached.bracket(splitting).upper, classical_optimum(workload, splitting).upper)
