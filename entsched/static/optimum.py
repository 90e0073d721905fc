"""Both ends of the best static routing over a set of behaviors, and whether entanglement helps it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import Behavior, CorrelationSet
from entsched.errors import GameError
from entsched.static.branching import Node, Progress, branch
from entsched.static.game import GAP, MOST_BOXES, Figures, StaticGame
from entsched.static.oracles import oracle
from entsched.static.reached import ROUNDING, reached
from entsched.static.search import Mixture, best_local, best_quantum
from entsched.workload import BaselineReward, Workload

Floats = NDArray[np.float64]

#: Lower ends that differ by less, in units of the scale, are the same to the search.
SAME = 1e-6


class Verdict(StrEnum):
    """What both ends of both sets say about one weight."""

    HELPS = "helps"  # the lower end with entanglement is above the upper end without
    GAINS_NOTHING = "gains nothing"  # both sets end together, up to the gaps that were left open
    UNDECIDED = "undecided"


class Ends(NamedTuple):
    """Both ends of an optimum, the unit in which gaps are judged, and whether the gap is as small as asked."""

    lower: float
    upper: float
    scale: float
    closed: bool


@dataclass(frozen=True, eq=False)
class StaticOptimum:
    """The largest R - weight W over the static behaviors of a set.

    Attributes
    ----------
    correlations : local or quantum
    ends : the lower one is reached by ``mixture``, which has ``figures``, the upper one proved by the tree of boxes
        under ``root``, and rounded up; the scale is R + weight W of the mixture
    boxes : how many boxes there are
    """

    correlations: CorrelationSet
    ends: Ends
    mixture: Mixture
    figures: Figures
    root: Node
    boxes: int


def verdict(local: Ends, quantum: Ends) -> Verdict:
    """Helps if proved; gains nothing if no better entangled strategy was found and both gaps are as small as asked.

    Examples
    --------
    >>> near, far = Ends(1.0, 1.0001, 2.0, True), Ends(1.1, 1.1001, 2.0, True)
    >>> verdict(near, far).value, verdict(near, near).value, verdict(near._replace(closed=False), near).value
    ('helps', 'gains nothing', 'undecided')
    """
    if quantum.lower > local.upper:
        return Verdict.HELPS
    found = quantum.lower - local.lower > SAME * quantum.scale
    return Verdict.UNDECIDED if found or not (local.closed and quantum.closed) else Verdict.GAINS_NOTHING


def least_gain(local: Ends, quantum: Ends) -> float:
    """What entanglement gains in R - weight W for sure."""
    return max(0.0, quantum.lower - local.upper)


def most_gain(local: Ends, quantum: Ends) -> float:
    """What entanglement can gain in R - weight W at most."""
    return max(0.0, quantum.upper - local.lower)


@dataclass(frozen=True, eq=False)
class StaticComparison:
    """The best static routing with and without entanglement, at one weight."""

    game: StaticGame
    local: StaticOptimum
    quantum: StaticOptimum

    @property
    def least_gain(self) -> float:
        """What entanglement gains in R - weight W for sure."""
        return least_gain(self.local.ends, self.quantum.ends)

    @property
    def most_gain(self) -> float:
        """What it can gain at most."""
        return most_gain(self.local.ends, self.quantum.ends)

    @property
    def verdict(self) -> Verdict:
        """What is proved: a gain, none above the gaps that were left open, or neither."""
        return verdict(self.local.ends, self.quantum.ends)


@lru_cache(maxsize=64)
def best_mixture(workload: Workload, baseline: BaselineReward, weight: float, correlations: CorrelationSet) -> Mixture:
    """The best static routing that is found for R - weight W, without proof.

    Raises
    ------
    GameError
        As :class:`entsched.static.game.StaticGame`.
    """
    game = StaticGame(workload, baseline, weight)
    if correlations == CorrelationSet.LOCAL:
        return best_local(game)
    return best_quantum(game, best_mixture(workload, baseline, weight, CorrelationSet.LOCAL))


def static_optimum(
    game: StaticGame,
    correlations: CorrelationSet,
    gap: float = GAP,
    most_boxes: int = MOST_BOXES,
    progress: Progress | None = None,
) -> StaticOptimum:
    """Both ends of the largest R - weight W over the static behaviors of a set.

    Parameters
    ----------
    correlations : local or quantum; quantum behaviors are bounded by level 1+AB of the hierarchy of moments
    gap : what may be left open, as a fraction of R + weight W
    most_boxes : at which the proof ends, with the bound it has by then

    Raises
    ------
    GameError
        As :class:`entsched.static.game.StaticGame`; or if the boxes prove less than the mixture reaches, because the
        reward is not as convex or bounded as it declares.

    Examples
    --------
    >>> from entsched.workload.baseline import Linear
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> found = static_optimum(StaticGame(one, Linear(law="linear"), weight=1.0), CorrelationSet.LOCAL, gap=0.01)
    >>> round(found.ends.lower, 6), found.ends.closed
    (0.5, True)
    """
    mixture = best_mixture(game.workload, game.baseline, game.weight, correlations)
    lower = reached(game, Behavior(mixture.behavior))
    goal = lower.value + (gap - ROUNDING) * lower.scale
    found = branch(game, oracle(game, correlations), goal, most_boxes, progress)
    if lower.contradicts(found.upper):
        raise GameError(
            f"baseline given {game.baseline.law}: routing reaches {lower.value:.9g}, above the proved "
            f"{found.upper:.9g}, allowed: a reward as convex and bounded as it declares"
        )
    ends = Ends(lower.value, found.upper + ROUNDING * lower.scale, lower.scale, found.closed)
    return StaticOptimum(correlations, ends, mixture, lower.figures, found.root, found.boxes)


def compare(
    game: StaticGame, gap: float = GAP, most_boxes: int = MOST_BOXES, progress: Progress | None = None
) -> StaticComparison:
    """The best static routing with and without entanglement, both ends of each."""
    local, quantum = (
        static_optimum(game, each, gap, most_boxes, progress) for each in (CorrelationSet.LOCAL, CorrelationSet.QUANTUM)
    )
    return StaticComparison(game, local, quantum)
