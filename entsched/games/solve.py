"""One verb for every set: the largest value of a game, both ends, with strategy and proof."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame, XorGame, as_xor
from entsched.games.value import GameValue

SETS = ("local", "single-pair", "quantum", "no-signalling")
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Effort:
    """How hard to try.

    Attributes
    ----------
    level : level of the hierarchy of Navascues, Pironio and Acin for games that are not XOR games
    dimension : local dimension of the strategies that the see-saw searches
    seed : of the random starts
    time_limit_s : stop a local search or a see-saw after this time, with both ends valid
    """

    level: str = "1+ab"
    dimension: int = 2
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
    progress : called now and then with the share of the work that is done

    Returns
    -------
    GameValue
        For a payoff table that is an XOR game ``behavior`` and the dual are those of :func:`simplest`.

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
    start = time.perf_counter()
    solver = {"local": _local, "single-pair": _single_pair, "quantum": _quantum, "no-signalling": _no_signalling}
    value = solver[correlations](simplest(game), effort or Effort(), progress)
    return replace(value, correlations=correlations, wall_time_s=time.perf_counter() - start)


def simplest(game: NonlocalGame | XorGame) -> NonlocalGame | XorGame:
    """The game itself, or the XOR game that its payoff table is."""
    return game if isinstance(game, XorGame) else as_xor(game) or game


def _local(game: NonlocalGame | XorGame, effort: Effort, progress: Progress | None) -> GameValue:
    from entsched.games.columns import local_constrained_value
    from entsched.games.local.exact import local_value

    if game.constraints:
        return local_constrained_value(game, progress=progress, time_limit_s=effort.time_limit_s)
    return local_value(game, progress=progress, time_limit_s=effort.time_limit_s)


def _single_pair(game: NonlocalGame | XorGame, effort: Effort, progress: Progress | None) -> GameValue:
    from entsched.games.single_pair import single_pair_value

    _refuse_constraints(game, "single-pair")
    return single_pair_value(game, seed=effort.seed)


def _quantum(game: NonlocalGame | XorGame, effort: Effort, progress: Progress | None) -> GameValue:
    from entsched.games.npa.program import npa_value
    from entsched.games.seesaw import seesaw_value
    from entsched.games.xor.constrained import constrained_xor_value
    from entsched.games.xor.value import xor_quantum_value

    if isinstance(game, XorGame):
        return constrained_xor_value(game) if game.constraints else xor_quantum_value(game)
    above = npa_value(game, effort.level)
    if game.constraints:
        return above
    below = seesaw_value(
        game,
        dimension=effort.dimension,
        seed=effort.seed,
        target=above.upper,
        progress=progress,
        time_limit_s=effort.time_limit_s,
    )
    return replace(above, lower=below.lower, strategy=below.strategy, behavior=below.behavior)


def _no_signalling(game: NonlocalGame | XorGame, effort: Effort, progress: Progress | None) -> GameValue:
    from entsched.games.nosignalling import nosignalling_value

    return nosignalling_value(game)


def _refuse_constraints(game: NonlocalGame | XorGame, correlations: str) -> None:
    if game.constraints:
        raise GameError(f"{len(game.constraints)} side constraints given for the {correlations} set, allowed: none")
