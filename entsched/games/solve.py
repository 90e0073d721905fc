"""One verb for every set: the largest value of a game, both ends, with strategy and proof."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame, XorGame, as_xor
from entsched.games.value import GAP_TOLERANCE, GameValue

Floats = NDArray[np.float64]

SETS = ("local", "single-pair", "quantum", "no-signalling")
#: Called now and then with the two ends found so far.
Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Effort:
    """How hard to try.

    Attributes
    ----------
    level : level of the hierarchy of Navascues, Pironio and Acin for games that are not XOR games
    dimension : local dimension of the strategies that the see-saw searches; None: 2, 3, 4, until the ends meet
    visibility : of the single pair; the other sets have perfect ones
    seed : of the random starts
    time_limit_s : for a local search, a relaxation and a see-saw each; both ends hold when it is hit
    """

    level: str = "1+ab"
    dimension: int | None = None
    visibility: float = 1.0
    seed: int = 0
    time_limit_s: float | None = None


def solve(
    game: NonlocalGame | XorGame,
    correlations: str = "quantum",
    effort: Effort | None = None,
    progress: Progress | None = None,
) -> GameValue:
    """The largest value of a game over a set of behaviors that meet its side constraints.

    Parameters
    ----------
    game : to maximise; a payoff table that is an XOR game is solved as one
    correlations : ``local``, ``single-pair``, ``quantum`` or ``no-signalling``
    effort : level, dimension, seed and time limit
    progress : called now and then with the two ends found so far

    Returns
    -------
    GameValue
        For a payoff table that is an XOR game the dual is that of :func:`simplest`, and ``behavior`` has uniform
        marginals (a shared coin flips both answers of the strategy).

    Raises
    ------
    GameError
        If the set is unknown, or the game too large for the method.

    Examples
    --------
    >>> chsh = XorGame([[0.125, 0.125], [0.125, -0.125]], offset=0.5)
    >>> [round(solve(chsh, each).upper, 6) for each in ("local", "quantum", "no-signalling")]
    [0.75, 0.853553, 1.0]
    """
    if correlations not in SETS:
        raise GameError(f"set given {correlations!r}, allowed: {', '.join(SETS)}")
    effort = effort or Effort()
    if effort.visibility != 1 and correlations != "single-pair":
        raise GameError(f"visibility given {effort.visibility} for the {correlations} set, allowed: with single-pair")
    start = time.perf_counter()
    solver = {"local": _local, "single-pair": _single_pair, "quantum": _quantum, "no-signalling": _no_signalling}
    value = solver[correlations](simplest(game), effort, progress)
    if isinstance(game, NonlocalGame) and value.behavior is not None and value.behavior.ndim == 2:
        same, different = (1 + value.behavior) / 4, (1 - value.behavior) / 4
        value = replace(value, behavior=np.array([[same, different], [different, same]]))
    return replace(value, correlations=correlations, wall_time_s=time.perf_counter() - start)


def simplest(game: NonlocalGame | XorGame) -> NonlocalGame | XorGame:
    """The game itself, or the XOR game that its payoff table is."""
    return game if isinstance(game, XorGame) else as_xor(game) or game


def _local(game: NonlocalGame | XorGame, effort: Effort, progress: Progress | None) -> GameValue:
    from entsched.games.columns import local_constrained_value
    from entsched.games.local.exact import local_value
    from entsched.games.xor.value import xor_quantum_value

    if game.constraints:
        return local_constrained_value(game, progress=progress, time_limit_s=effort.time_limit_s)
    value = local_value(game, progress=progress, time_limit_s=effort.time_limit_s)
    if not (value.interrupted and isinstance(game, XorGame)):
        return value
    quantum = xor_quantum_value(game)
    return replace(value, upper=quantum.upper, dual=quantum.dual) if quantum.upper < value.upper else value


def _single_pair(game: NonlocalGame | XorGame, effort: Effort, progress: Progress | None) -> GameValue:
    from entsched.games.npa.program import npa_value
    from entsched.games.single_pair import single_pair_value

    if game.constraints:
        raise GameError(f"{len(game.constraints)} side constraints given for a single pair, allowed: none")
    above = np.inf if isinstance(game, XorGame) else npa_value(game, effort.level, effort.time_limit_s).upper
    local = _local(game, effort, progress).upper if effort.visibility < 1 else np.inf
    return single_pair_value(
        game,
        effort.visibility,
        seed=effort.seed,
        quantum_upper=above,
        local_upper=local,
        time_limit_s=effort.time_limit_s,
    )


def _quantum(game: NonlocalGame | XorGame, effort: Effort, progress: Progress | None) -> GameValue:
    from entsched.games.nosignalling import nosignalling_value
    from entsched.games.npa.program import npa_value
    from entsched.games.xor.constrained import constrained_xor_value
    from entsched.games.xor.value import xor_quantum_value

    if isinstance(game, XorGame):
        solver = constrained_xor_value if game.constraints else xor_quantum_value
        return solver(game, time_limit_s=effort.time_limit_s)
    above = npa_value(game, effort.level, effort.time_limit_s)
    if above.upper == -np.inf:
        return above
    free = nosignalling_value(game)
    if free.upper < above.upper:
        above = replace(above, upper=free.upper, dual=free.dual)
    below = _strategy(game, effort, above.upper, progress)
    # a mixture may miss a side constraint by 1e-9, which must not lift it above what is proved
    lower = min(below.lower, above.upper) if game.constraints else below.lower
    return replace(above, lower=lower, strategy=below.strategy, behavior=below.behavior)


def _strategy(game: NonlocalGame, effort: Effort, target: float, progress: Progress | None) -> GameValue:
    """The best strategy found, in the dimension asked for or in growing ones until the target is reached."""
    from entsched.games.seesaw import seesaw_value

    best = GameValue("quantum", -np.inf, np.inf, game.scale)
    for dimension in (2, 3, 4) if effort.dimension is None else (effort.dimension,):
        found = (
            _constrained_seesaw(game, dimension, effort)
            if game.constraints
            else seesaw_value(game, dimension, seed=effort.seed, target=target, time_limit_s=effort.time_limit_s)
        )
        best = max(best, found, key=lambda value: value.lower)
        if progress is not None:
            progress(best.lower, target)
        if target - best.lower <= GAP_TOLERANCE * game.scale:
            break
    return best


def _constrained_seesaw(game: NonlocalGame, dimension: int, effort: Effort) -> GameValue:
    """Strategies found by the see-saw for priced games, mixed so that they meet the side constraints."""
    from entsched.games.columns import Point, constrained_value
    from entsched.games.seesaw import seesaw_maximise

    def oracle(weights: Floats) -> Point:
        found = seesaw_maximise(weights, dimension, seed=effort.seed)
        return Point(found.value, np.inf, found.behavior, found.realisation)

    return constrained_value(game, oracle, "quantum", time_limit_s=effort.time_limit_s)


def _no_signalling(game: NonlocalGame | XorGame, effort: Effort, progress: Progress | None) -> GameValue:
    from entsched.games.nosignalling import nosignalling_value

    return nosignalling_value(game)
