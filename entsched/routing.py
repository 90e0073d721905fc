"""From a workload to its routing game, and the optimum of each set of strategies on it."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.split import nosignalling
from entsched.games.split.classical import ClassicalCurve, classical_curve
from entsched.games.split.continuous import ContinuousValue, continuous_classical, continuous_quantum
from entsched.games.split.correlations import PERFECT, PairCorrelations
from entsched.games.split.game import FactoredGame, SplitGame, independent_game
from entsched.games.split.quantum import QuantumCurve, quantum_curve
from entsched.games.split.solution import GAP_TOLERANCE, Solution
from entsched.workload import Workload

Floats = NDArray[np.float64]


def coalescing_cost(workload: Workload) -> Floats:
    """c[x, y]: the extra mean wait per customer, in seconds, of coalescing a pair of types x, y.

    c = alpha s_x s_y + D / 2, with D the wait inside the pair summed over its two customers.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> coalescing_cost(two).round(6)
    array([[0.055, 0.595],
           [0.595, 2.755]])
    """
    s = workload.type_means_s
    return workload.alpha * np.multiply.outer(s, s) + workload.batch_delay_s / 2


def routing_game(workload: Workload) -> SplitGame:
    """The split game of a workload: its J is the excess wait of symmetric routing, in seconds.

    For independent types in random order the game is bilinear in two planar points, so it comes
    with its factored form: threshold strategies are then optimal (docs/design.md).
    """
    weight = workload.pi
    independent = workload.joint is None and workload.order == "random"
    return SplitGame(
        cost=weight * coalescing_cost(workload),
        weight=weight,
        factors=_factored(workload) if independent else None,
    )


def _factored(workload: Workload) -> FactoredGame:
    return independent_game(workload.type_means_s, workload.type_probabilities, workload.arrival_rate_hz)


@lru_cache(maxsize=16)
def _classical_curve(workload: Workload) -> ClassicalCurve:
    return classical_curve(routing_game(workload))


@lru_cache(maxsize=16)
def _quantum_curve(workload: Workload, correlations: PairCorrelations) -> QuantumCurve:
    return quantum_curve(routing_game(workload), correlations)


def random_value(workload: Workload, splitting: float) -> float:
    """J of splitting every pair with probability p, in seconds: (1 - p) E[c]."""
    return (1 - splitting) * float(np.sum(workload.pi * coalescing_cost(workload)))


def classical_optimum(workload: Workload, splitting: float) -> Solution:
    """The least J of symmetric routers with shared randomness only, at p.

    Raises
    ------
    GameError
        If the types are correlated or the order is not random, and there are more than 40 types.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> round(classical_optimum(two, 0.25).upper, 9)
    0.58125
    """
    return _classical_curve(workload).at(splitting)


def quantum_optimum(workload: Workload, splitting: float, correlations: PairCorrelations = PERFECT) -> Solution:
    """The least J of symmetric routers with one pair of the given correlations per request pair, at p.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> round(quantum_optimum(two, 0.25).upper, 6)
    0.488849
    >>> round(quantum_optimum(two, 0.25, PairCorrelations(0.95, 0.9)).upper, 6)
    0.51874
    """
    return _quantum_at(workload, splitting, correlations)


@lru_cache(maxsize=1024)
def _quantum_at(workload: Workload, splitting: float, correlations: PairCorrelations) -> Solution:
    return _quantum_curve(workload, correlations).at(splitting)


def critical_visibility(workload: Workload, splitting: float, shape: PairCorrelations = PERFECT) -> float:
    """The least factor f on both correlations of the pair, 0 to 1, at which it beats every classical strategy at p.

    Every f above it does so too: a noisier pair is simulated with a cleaner one by now and then
    reversing B's direction. To beat is to lie below the certified classical optimum by more than
    1e-9 of the game's scale; f is known to 1e-9, and infinite if not even f = 1 is enough.

    Parameters
    ----------
    splitting : p, from 0 to 1
    shape : the correlations at f = 1; their constant is kept

    Raises
    ------
    GameError
        As :func:`classical_optimum`, and if p is not in [0, 1].

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> round(critical_visibility(two, 0.25), 6), critical_visibility(two, 0.5)
    (0.774597, inf)
    """
    if not 0 <= splitting <= 1:
        raise GameError(f"splitting given {splitting}, allowed: from 0 to 1")
    game = routing_game(workload)
    target = classical_optimum(workload, splitting).lower - GAP_TOLERANCE * game.scale

    def beats(factor: float) -> bool:
        curve = quantum_curve(game, shape.scaled(factor), levels=0)
        return curve.reached.bracket(splitting).upper < target

    low, high = 0.0, 1.0
    if not beats(high):
        return math.inf
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (low, middle) if beats(middle) else (middle, high)
    return high


def full_information_optimum(workload: Workload, splitting: float) -> Solution:
    """The least J of symmetric routers that know both types, at p; no-signalling reaches it too.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> round(full_information_optimum(two, 0.25).upper, 6)
    0.31125
    """
    return nosignalling.solve(routing_game(workload), splitting)


def unbinned(workload: Workload) -> Workload:
    """The workload with the continuous law of service itself in place of its bins.

    Raises
    ------
    GameError
        If the law is not continuous, types are correlated or the order is not random.

    Examples
    --------
    >>> bins = Workload(arrival_rate_hz=0.5, service={"law": "exponential", "mean_s": 1.0, "bins": 40})
    >>> round(bins.base_wait_s, 3), unbinned(bins).base_wait_s
    (0.987, 1.0)
    """
    if getattr(workload.service, "bins", 0) == 0 or workload.joint is not None or workload.order != "random":
        raise GameError(
            f"service.law {workload.service.law!r} with order {workload.order!r} has no continuous limit here, "
            "allowed: exponential, hyperexponential or lognormal, independent types, order random"
        )
    law = workload.service.model_copy(update={"bins": None})
    return Workload(arrival_rate_hz=workload.arrival_rate_hz, service=law, order=workload.order)


def continuous_optima(workload: Workload, splitting: float) -> dict[str, ContinuousValue]:
    """Both ends of the classical and the quantum optimum for the continuous law itself, at p.

    Raises
    ------
    GameError
        As :func:`unbinned`.

    Examples
    --------
    >>> law = Workload(arrival_rate_hz=0.5, service={"law": "exponential", "mean_s": 1.0})
    >>> quantum = continuous_optima(law, 0.5)["quantum"]
    >>> round(quantum.lower, 4), round(quantum.upper, 4)
    (0.2181, 0.2181)
    """
    law, rate = unbinned(workload).service, workload.arrival_rate_hz
    return {
        "classical": continuous_classical(law, rate, splitting),
        "quantum": continuous_quantum(law, rate, splitting, bins=256),
    }
