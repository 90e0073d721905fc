"""Short requests to one server; long ones follow outcomes on a Bell pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from entsched.behavior import Behavior
from entsched.errors import StrategyError, UnstableError
from entsched.games.split.correlations import PairCorrelations
from entsched.games.split.game import SplitGame
from entsched.games.split.quantum import quantum_curve
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.entangled import entangled_plan
from entsched.validation import Positive, Probability
from entsched.workload import Workload

#: The share of all work that short requests bring at most, where no cut is given.
SHORT_WORK = 0.2


class EntangledSizeInterval(Strategy):
    """Requests up to the cut go to server 0; longer ones measure a pair at the angle of their type.

    Two long requests meet with a given probability, and the measurements choose the pairs that do so with the least
    mean wait. Outcomes are fair, so both servers get half of the long requests; without a pair they get them by coins
    of their own. With fewer than two long types there is nothing for a pair to choose by.
    """

    name = "entangled-size-interval"
    summary = "Short requests go to server 0, long ones follow outcomes on a Bell pair."
    source = "docs/design.md: the symmetric optimum, played among the long requests of a size interval"
    strategy_class = StrategyClass.STATIC
    resource = Resource.ENTANGLED
    uses_splitting = False

    cut_s: Positive | None = Field(
        None, description="the cut, seconds; absent: short requests bring a fifth of the work"
    )
    together: Probability = Field(0.5, description="probability that two long requests meet in one server")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; it has its own splitting probability."""
        from entsched.quantum.bell import phi_plus
        from entsched.quantum.correlation import principal_plane
        from entsched.quantum.directions import Directions
        from entsched.quantum.effects import EffectMixture, along, fixed

        workload = scenario.workload
        short = workload.type_means_s <= (self.cut_s or _usual_cut(workload))
        if not (~short).any():
            raise StrategyError(
                f"cut_s given {self.cut_s}, allowed: below {workload.type_means_s.max():g}, the longest"
            )
        solution = quantum_curve(_among_long(workload, ~short), PairCorrelations()).at(1 - self.together)
        plane, long = principal_plane(phi_plus()), np.flatnonzero(~short)
        parts = []
        for part in solution.parts:
            directions = Directions.in_plane(plane, part.angles_a, part.angles_b)
            effects = (fixed(np.zeros(len(short))), fixed(np.zeros(len(short))))
            for side, found in zip(effects, (directions.a, directions.b), strict=True):
                side[long] = along(found)
            parts.append(effects)
        mixture = EffectMixture(tuple(part.weight for part in solution.parts), tuple(parts))
        marginal = np.array([np.where(short, 1.0, 0.5), np.where(short, 0.0, 0.5)])
        apart = Behavior(np.einsum("ax,by->abxy", marginal, marginal))
        return entangled_plan(scenario, lambda _: mixture, apart)


def _usual_cut(workload: Workload) -> float:
    """The longest type up to which requests bring at most a fifth of the work; 0 if there is none."""
    order = np.argsort(workload.type_means_s)
    work = np.cumsum((workload.type_probabilities * workload.type_means_s)[order]) / workload.mean_s
    few = np.flatnonzero(work <= SHORT_WORK)
    return float(workload.type_means_s[order][few[-1]]) if len(few) else 0.0


def _among_long(workload: Workload, long: NDArray[np.bool_]) -> SplitGame:
    """Which long requests should meet: the mean wait by P(a = b | x, y) at the loads that a cut gives both servers."""
    s, pi, rate = workload.type_means_s, workload.pi, workload.arrival_rate_hz
    to_0 = np.where(long, 0.5, 1.0)
    requests = pi.sum(axis=0) + pi.sum(axis=1)
    customers, load = float(requests @ to_0), rate * float((requests * s) @ to_0)
    free = (1 - load, 1 - 2 * workload.load + load)
    if min(free) <= 0:
        raise UnstableError(f"server 0 has load {load:.6g} at this cut, allowed: below 1")
    slowness = customers / free[0] + (2 - customers) / free[1]
    cost = rate * np.multiply.outer(s, s) * slowness / 4 + workload.batch_delay_s / 2
    both = np.ix_(long, long)
    return SplitGame(pi[both] * cost[both] / pi[both].sum(), pi[both] / pi[both].sum())
