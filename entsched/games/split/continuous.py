"""Routing of a continuous law of service: both ends of the limit of ever finer types.

For independent types in random order J and p depend on a strategy only through E[u] and E[u s], with
u(s) the answer +-1 or a unit vector. So whoever sees S' with E[S' | S] = S can do all that one who sees
S can: draw S given S' and play on. Cut the law into bins. Their conditional means are coarser than the
law, and the law is coarser than the mass of each bin moved to its two edges with the same mean (in
convex order: Shaked and Shanthikumar, Stochastic Orders, 2007, chapter 3.A). Both are finite games, and
their optima enclose that of the law: the classical one between polygons in and around Z = {(E[a], E[a s])},
the quantum one likewise. The gap falls as the square of the number of bins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import CorrelationSet
from entsched.errors import GameError
from entsched.games.split.classical import classical_curve
from entsched.games.split.correlations import PERFECT, PairCorrelations
from entsched.games.split.game import FactoredGame, routing_factors
from entsched.games.split.partial_moments import ContinuousLaw, continuous_law
from entsched.games.split.quantum import quantum_curve
from entsched.games.split.solution import Part

Floats = NDArray[np.float64]

MAX_CELLS = 1_000_000
#: The most bins of the quantum game, whose matrices are written out.
MAX_BINS = 1000


@dataclass(frozen=True, eq=False)
class ContinuousValue:
    """The optimum of routing a continuous law over one set of correlations at splitting probability p.

    Attributes
    ----------
    lower, upper : both ends of J for the law itself, seconds; ``upper`` is reached by ``parts``
    multiplier : the price mu of one unit of splitting probability for the binned game
    edges_s : the bins (edges_s[i], edges_s[i + 1]] of the strategy
    parts : the strategy as a mixture of pure ones; a request in bin i is answered by angle i. Classical
        answers change their sign once along the bins: thresholds.
    """

    correlations: CorrelationSet
    splitting: float
    lower: float
    upper: float
    multiplier: float
    edges_s: Floats
    parts: tuple[Part, ...]

    @property
    def gap(self) -> float:
        """How far the two ends are apart."""
        return self.upper - self.lower


def continuous_classical(law: Any, arrival_rate_hz: float, splitting: float, cells: int = 20_000) -> ContinuousValue:
    """The least J over routers with shared randomness that see the requirement itself, in random order.

    Thresholds a = +-sign(theta - s) are optimal; their points (E[a], E[a s]) at the edges of the cells
    are the corners of the inner polygon, their tangents the sides of the outer one.

    Parameters
    ----------
    law : as for :func:`entsched.games.split.partial_moments.continuous_law`
    arrival_rate_hz : pairs per second; the load must be below one
    splitting : p in [0, 1]
    cells : from 2 to 10^6

    Raises
    ------
    GameError
        If a number is out of its range or the law is not known.

    Examples
    --------
    >>> from entsched.workload.service import Exponential
    >>> value = continuous_classical(Exponential(law="exponential", mean_s=1.0), 0.5, 0.5, cells=2000)
    >>> round(value.lower, 6), round(value.upper, 6)
    (0.24007, 0.24007)
    """
    edges, inner, outer = enclosing_games(law, arrival_rate_hz, splitting, cells, MAX_CELLS)
    below = classical_curve(outer, around=splitting).mixture(splitting)
    above = classical_curve(inner, around=splitting).mixture(splitting)
    margin = _rounding(inner, below.multiplier)
    return ContinuousValue(
        CorrelationSet.LOCAL,
        splitting,
        float(below.lower) - margin,
        float(above.upper) + margin,
        above.multiplier,
        edges,
        above.parts,
    )


def continuous_quantum(
    law: Any, arrival_rate_hz: float, splitting: float, bins: int = 64, correlations: PairCorrelations = PERFECT
) -> ContinuousValue:
    """The least J over routers with an entangled pair that see the requirement itself, in random order.

    Parameters
    ----------
    law, arrival_rate_hz, splitting : as for :func:`continuous_classical`
    bins : from 2 to 1000
    correlations : of the pair

    Raises
    ------
    GameError
        As :func:`continuous_classical`.

    Examples
    --------
    >>> from entsched.workload.service import Exponential
    >>> value = continuous_quantum(Exponential(law="exponential", mean_s=1.0), 0.5, 0.5, bins=64)
    >>> round(value.lower, 4), round(value.upper, 4)
    (0.2179, 0.2181)
    """
    edges, inner, outer = enclosing_games(law, arrival_rate_hz, splitting, bins, MAX_BINS)
    below = quantum_curve(outer.dense(), correlations).at(splitting)
    above = quantum_curve(inner.dense(), correlations).at(splitting)
    margin = _rounding(inner, below.multiplier)
    return ContinuousValue(
        CorrelationSet.QUANTUM,
        splitting,
        float(below.lower) - margin,
        float(above.upper) + margin,
        above.multiplier,
        edges,
        above.parts,
    )


def enclosing_games(
    law: Any, arrival_rate_hz: float, splitting: float, cells: int, most: int
) -> tuple[Floats, FactoredGame, FactoredGame]:
    """The edges of the cells, the game of their conditional means, and that of their mass on the edges.

    The cell without an upper edge keeps its mass at its lower one; what it has beyond, E[S - edge; S > edge],
    becomes a type of probability 0 that still counts in E[u s]: the limit of an edge far out.
    """
    if not 0 <= splitting <= 1:
        raise GameError(f"splitting given {splitting}, allowed: from 0 to 1")
    if not 2 <= cells <= most:
        raise GameError(f"cells given {cells}, allowed: from 2 to {most}")
    service = continuous_law(law)
    edges = service.edges(cells)
    mass, first = _cell_moments(service, edges)
    inner = routing_factors(np.stack([mass, first], axis=1), arrival_rate_hz)
    low, width = edges[:-1], np.diff(edges)
    excess = np.maximum(first - low * mass, 0.0)
    moved = np.minimum(np.where(np.isfinite(width), excess / width, 0.0), mass)
    weight = np.zeros(len(edges))
    weight[:-1] = mass - moved
    weight[1:] += moved
    reach = np.where(np.isfinite(edges), edges, 0.0) * weight
    if math.isinf(edges[-1]):
        reach[-1] = excess[-1]
    return edges, inner, routing_factors(np.stack([weight, reach], axis=1), arrival_rate_hz)


def _cell_moments(law: ContinuousLaw, edges: Floats) -> tuple[Floats, Floats]:
    """P(S in cell) and E[S; S in cell]."""
    inside = law.tail(edges[1:-1])
    ends = ((1.0, 0.0), (law.mean_s, 0.0))
    mass, first = (-np.diff([high, *tail, low]) for tail, (high, low) in zip(inside, ends, strict=True))
    return mass, first


def _rounding(game: FactoredGame, multiplier: float) -> float:
    """What errors of a few ulp in the moments of each cell can change in J."""
    return 16 * float(np.finfo(float).eps) * game.questions[0] * (game.scale + abs(multiplier))
