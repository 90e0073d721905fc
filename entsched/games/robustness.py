"""How much noise a quantum advantage survives: critical visibilities."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame
from entsched.games.seesaw_steps import born_table
from entsched.games.value import Realisation


class Interval(NamedTuple):
    """A number known from both sides; inf where it does not exist."""

    lower: float
    upper: float


def mixed_with(realisation: Realisation, visibility: float, noise: ArrayLike | None = None) -> Realisation:
    """The same measurements on v rho + (1 - v) noise.

    Parameters
    ----------
    visibility : v, 0 to 1
    noise : density matrix of the shape of rho; default: white noise, the identity over its trace

    Raises
    ------
    GameError
        If the visibility is outside [0, 1], or the noise has another shape.

    Examples
    --------
    >>> fixed = np.ones((1, 1, 2, 2)) * np.eye(2)
    >>> pair = Realisation(np.diag([1.0, 0, 0, 0]), fixed, fixed)
    >>> np.diag(mixed_with(pair, 0.6).state).tolist()
    [0.7, 0.1, 0.1, 0.1]
    """
    if not 0 <= visibility <= 1:
        raise GameError(f"visibility given {visibility}, allowed: 0 to 1")
    size = len(realisation.state)
    other = np.eye(size) / size if noise is None else np.asarray(noise)
    if other.shape != (size, size):
        raise GameError(f"noise has shape {other.shape}, allowed: {(size, size)}, that of the state")
    state = visibility * realisation.state + (1 - visibility) * other
    return Realisation(state, realisation.measurements_a, realisation.measurements_b)


def critical_visibility(quantum: Interval, local: Interval, noise_value: float) -> Interval:
    """v* with v* Q + (1 - v*) N = C: above it, white noise leaves an advantage.

    v* = (C - N) / (Q - N), from the far ends of Q and C. It speaks of strategies for which noise
    alone has the value N; in an XOR game with unbiased answers N is the offset and v* is the ratio
    of the local and the quantum bias.

    Parameters
    ----------
    quantum, local : lower and upper end of the quantum value Q and the local value C
    noise_value : N, at most C since noise is local

    Raises
    ------
    GameError
        If an interval is empty or N is above the local value.

    Examples
    --------
    >>> chsh = critical_visibility(Interval(8**0.5, 8**0.5), Interval(2.0, 2.0), 0.0)
    >>> round(chsh.lower, 6), round(chsh.upper, 6)
    (0.707107, 0.707107)
    """
    for name, ends in (("quantum", quantum), ("local", local)):
        if not ends.lower <= ends.upper:
            raise GameError(f"{name} value given from {ends.lower} to {ends.upper}, allowed: lower <= upper")
    if not noise_value <= local.upper:
        raise GameError(f"noise value given {noise_value}, allowed: at most the local value {local.upper}")
    lowest = _crossing(quantum.upper, max(local.lower, noise_value), noise_value)
    return Interval(lowest, _crossing(quantum.lower, local.upper, noise_value))


def strategy_visibility(
    game: NonlocalGame, realisation: Realisation, local_upper: float, noise: ArrayLike | None = None
) -> float:
    """The smallest v at which v rho + (1 - v) noise with these measurements reaches the local bound.

    Parameters
    ----------
    local_upper : an upper bound on the local value
    noise : density matrix; default: white noise

    Returns
    -------
    float
        0 to 1, 0 if the noise alone is above the bound; inf if the strategy has no advantage.

    Raises
    ------
    GameError
        If the noise has another shape than the state.

    Examples
    --------
    >>> from entsched.games.seesaw import seesaw_maximise
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> chsh = NonlocalGame((a ^ b) == (x & y))
    >>> best = seesaw_maximise(chsh.weights, 2).realisation
    >>> round(strategy_visibility(chsh, best, 0.75), 6)
    0.707107
    """
    pure = game.evaluate(born_table(realisation))
    return _crossing(pure, local_upper, game.evaluate(born_table(mixed_with(realisation, 0.0, noise))))


def _crossing(value: float, bound: float, noise_value: float) -> float:
    """v in [0, 1] with v value + (1 - v) noise_value = bound, or inf."""
    if value <= bound:
        return math.inf
    return max(0.0, (bound - noise_value) / (value - noise_value))
