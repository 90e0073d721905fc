"""Two games played at once, and one game played n times in parallel."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.nonlocal_game import MAX_ENTRIES, NonlocalGame, XorGame

Floats = NDArray[np.float64]
Rule = Literal["product", "sum"]


def product_game(first: NonlocalGame | XorGame, second: NonlocalGame | XorGame, rule: Rule = "product") -> NonlocalGame:
    """Both games at once: payoff[(a a'), (b b'), (x x'), (y y')] = v v' (win both) or v + v' (total).

    Questions are drawn independently, pi = pi1 pi2. If pi of a game is no probability
    distribution, it is scaled to one and the payoff with it (or made uniform, if it cannot be
    scaled), so that with "sum" the value of separate strategies is the sum of their values.

    Parameters
    ----------
    first, second : games without side constraints (a constraint on one game's behavior is not
        defined when its answers may depend on the other game's questions)
    rule : "product" or "sum"

    Raises
    ------
    GameError
        If a game has side constraints, the rule is unknown or the table would exceed 10^7 entries.

    Examples
    --------
    >>> chsh = XorGame([[0.125, 0.125], [0.125, -0.125]], 0.5)
    >>> twice = product_game(chsh, chsh)
    >>> twice.answers, twice.questions, twice.evaluate(np.full((4, 4, 4, 4), 1 / 16))
    ((4, 4), (4, 4), 0.25)
    """
    if rule not in ("product", "sum"):
        raise GameError(f"rule given {rule!r}, allowed: product, sum")
    size = 1
    for game in (first, second):
        if game.constraints:
            raise GameError(f"product of {game.name} with {len(game.constraints)} side constraints, allowed: none")
        size *= _entries(game)
    _refuse_large(size)
    (payoff_1, pi_1), (payoff_2, pi_2) = _normalised(first), _normalised(second)
    if rule == "product":
        payoff = _kron(payoff_1, payoff_2)
    else:
        payoff = _kron(payoff_1, np.ones_like(payoff_2)) + _kron(np.ones_like(payoff_1), payoff_2)
    sign = "x" if rule == "product" else "+"
    return NonlocalGame(payoff, _kron(pi_1, pi_2), name=f"{first.name} {sign} {second.name}")


def repeated_game(game: NonlocalGame | XorGame, times: int, rule: Rule = "product") -> NonlocalGame:
    """The game played ``times`` times in parallel: all must be won ("product"), or wins count ("sum").

    Raises
    ------
    GameError
        As :func:`product_game`, or if ``times`` is below 1.

    Examples
    --------
    >>> repeated_game(XorGame([[1.0]]), times=3).answers
    (8, 8)
    """
    if times < 1:
        raise GameError(f"times given {times}, allowed: at least 1")
    entries = _entries(game)
    if times > 1 and entries > 1:
        _refuse_large(entries ** min(times, 25))
    if entries == 1 and times > 1000:
        raise GameError(f"times given {times}, allowed: at most 1000")
    result = game.as_nonlocal() if isinstance(game, XorGame) else game
    single = result
    for _ in range(times - 1):
        result = product_game(result, single, rule)
    return NonlocalGame(result.payoff, result.pi, result.constraints, f"{game.name} ({rule} of {times})")


def _entries(game: NonlocalGame | XorGame) -> int:
    return int(4 * game.weights.size if isinstance(game, XorGame) else game.payoff.size)


def _refuse_large(size: int) -> None:
    if size > MAX_ENTRIES:
        raise GameError(f"the product would have {size:.3g} entries, allowed: at most {MAX_ENTRIES}")


def _kron(first: Floats, second: Floats) -> Floats:
    return np.asarray(np.kron(first, second), dtype=np.float64)


def _normalised(game: NonlocalGame | XorGame) -> tuple[Floats, Floats]:
    """payoff and pi of the same game, with pi a probability distribution."""
    table = game.as_nonlocal() if isinstance(game, XorGame) else game
    total = float(table.pi.sum())
    if abs(total - 1) < 1e-12 and table.pi.min() >= 0:
        return table.payoff, table.pi
    if table.pi.min() >= 0 and total > 0:
        return table.payoff * total, table.pi / total
    return table.weights * table.pi.size, np.full(table.questions, 1 / table.pi.size)
