"""Both ends of the best static routing over a set of behaviors, and whether entanglement helps it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import CorrelationSet
from entsched.static.branching import Node, Progress, branch
from entsched.static.game import Figures, StaticGame
from entsched.static.oracles import oracle
from entsched.static.search import Mixture, best_local, best_quantum
from entsched.workload import BaselineReward, Workload

Floats = NDArray[np.float64]

#: The gap that is left open on purpose, as a fraction of R + weight W, and the boxes after which a search gives up.
GAP, MOST_BOXES = 1e-4, 6000

#: Lower ends that differ by less, in units of the scale, are the same to the search.
SAME = 1e-6


class Verdict(StrEnum):
    """What both ends of both sets say about one weight."""

    HELPS = "helps"  # the lower end with entanglement is above the upper end without
    GAINS_NOTHING = "gains nothing"  # both sets end together, up to the gaps that were left open
    UNDECIDED = "undecided"


@dataclass(frozen=True, eq=False)
class StaticOptimum:
    """The largest R - weight W over the static behaviors of a set.

    Attributes
    ----------
    correlations : local or quantum
    lower : reached by ``mixture``, which has ``figures``
    upper : proved by the tree of boxes under ``root``
    scale : R + weight W of the mixture: the unit in which gaps are judged
    boxes : how many boxes there are
    closed : whether the gap is as small as it was asked for
    """

    correlations: CorrelationSet
    lower: float
    upper: float
    mixture: Mixture
    figures: Figures
    scale: float
    root: Node
    boxes: int
    closed: bool


def verdict(local: StaticOptimum, quantum: StaticOptimum) -> Verdict:
    """Helps if proved; gains nothing if no better entangled strategy was found and both gaps are as small as asked."""
    if quantum.lower > local.upper:
        return Verdict.HELPS
    found = quantum.lower - local.lower > SAME * quantum.scale
    return Verdict.UNDECIDED if found or not (local.closed and quantum.closed) else Verdict.GAINS_NOTHING


@dataclass(frozen=True, eq=False)
class StaticComparison:
    """The best static routing with and without entanglement, at one weight."""

    game: StaticGame
    local: StaticOptimum
    quantum: StaticOptimum

    @property
    def least_gain(self) -> float:
        """What entanglement gains in R - weight W for sure."""
        return max(0.0, self.quantum.lower - self.local.upper)

    @property
    def most_gain(self) -> float:
        """What it can gain at most."""
        return max(0.0, self.quantum.upper - self.local.lower)

    @property
    def verdict(self) -> Verdict:
        """What is proved: a gain, none above the gaps that were left open, or neither."""
        return verdict(self.local, self.quantum)


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
        As :class:`entsched.static.game.StaticGame`.

    Examples
    --------
    >>> from entsched.workload.baseline import Linear
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> found = static_optimum(StaticGame(one, Linear(law="linear"), weight=1.0), CorrelationSet.LOCAL, gap=0.01)
    >>> round(found.lower, 6), found.closed
    (0.5, True)
    """
    mixture = best_mixture(game.workload, game.baseline, game.weight, correlations)
    figures = game.figures(game.point(mixture.behavior))
    scale = abs(figures.baseline_rate) + game.weight * figures.mean_wait_s
    found = branch(game, oracle(game, correlations), mixture.value + gap * scale, most_boxes, progress)
    upper = max(found.upper, mixture.value)
    return StaticOptimum(
        correlations, mixture.value, upper, mixture, figures, scale, found.root, found.boxes, found.closed
    )


def compare(
    game: StaticGame, gap: float = GAP, most_boxes: int = MOST_BOXES, progress: Progress | None = None
) -> StaticComparison:
    """The best static routing with and without entanglement, both ends of each."""
    local, quantum = (
        static_optimum(game, each, gap, most_boxes, progress) for each in (CorrelationSet.LOCAL, CorrelationSet.QUANTUM)
    )
    return StaticComparison(game, local, quantum)
