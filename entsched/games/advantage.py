"""What an advantage in a game takes in practice: visibility, detectors, and rounds to certify it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from entsched.errors import GameError
from entsched.games.detection import NoClick, detection_threshold
from entsched.games.evidence import rounds_binomial, rounds_hoeffding
from entsched.games.nonlocal_game import NonlocalGame, XorGame
from entsched.games.robustness import Interval, critical_visibility, strategy_visibility
from entsched.games.seesaw_steps import born_table
from entsched.games.solve import Effort, Progress, simplest, solve
from entsched.games.value import GameValue, Realisation, Vectors
from entsched.games.xor.tsirelson_vectors import quantum_realisation


@dataclass(frozen=True)
class Advantage:
    """The least hardware with which the strategy found still beats every local one.

    Attributes
    ----------
    local, quantum : both ends of the two values
    critical_visibility : white noise; the strategy found needs the upper end, and with the same value of
        noise no strategy of the game gets by with less than the lower
    detection_efficiency : of each detector, with the best fixed answers for a silent one
    rounds : enough to certify the advantage with this significance, with probability ``power``; exact
        binomial for games that are won or lost, Hoeffding's bound for others
    The last three are infinite (the lower end of the visibility aside) if there is no advantage.
    """

    local: Interval
    quantum: Interval
    critical_visibility: Interval
    detection_efficiency: float
    rounds: float
    significance: float
    power: float


def advantage(
    game: NonlocalGame | XorGame,
    significance: float = 0.05,
    power: float = 0.95,
    effort: Effort | None = None,
    progress: Progress | None = None,
) -> Advantage:
    """How robust the best strategy found is: v, eta and rounds at which it still beats the local bound.

    Parameters
    ----------
    game : without side constraints, of a size that a payoff table and the quantum solver can carry
    significance, power : of the test that certifies the advantage, each in (0, 1)

    Raises
    ------
    GameError
        If the game has side constraints or is too large.

    Examples
    --------
    >>> chsh = XorGame([[0.125, 0.125], [0.125, -0.125]], offset=0.5)
    >>> found = advantage(chsh)
    >>> round(found.critical_visibility.upper, 6), round(found.detection_efficiency, 6), found.rounds
    (0.707107, 0.828427, 162)
    """
    if game.constraints:
        raise GameError(f"{len(game.constraints)} side constraints given, allowed: none for robustness")
    game = simplest(game)
    local, quantum = (solve(game, each, effort, progress) for each in ("local", "quantum"))
    table = game.as_nonlocal() if isinstance(game, XorGame) else game
    realisation = _realised(quantum)
    behavior = born_table(realisation)
    noise = strategy_visibility(table, realisation, local.upper)
    ends = Interval(local.lower, local.upper), Interval(quantum.lower, quantum.upper)
    lowest = critical_visibility(ends[1], ends[0], min(_noise_value(table, realisation), local.upper)).lower
    efficiency = min(
        detection_threshold(table, behavior, local.upper, NoClick(a, b))
        for a, b in product(range(table.answers[0]), range(table.answers[1]))
    )
    beaten = quantum.lower > local.upper + 1e-9 * game.scale
    return Advantage(
        local=ends[0],
        quantum=ends[1],
        critical_visibility=Interval(min(lowest, noise), noise if beaten else math.inf),
        detection_efficiency=efficiency if beaten else math.inf,
        rounds=_rounds(game, quantum.lower, local.upper, significance, power) if beaten else math.inf,
        significance=significance,
        power=power,
    )


def _realised(quantum: GameValue) -> Realisation:
    strategy = quantum.strategy[0].strategy
    if isinstance(strategy, Vectors):
        return quantum_realisation(strategy)
    if isinstance(strategy, Realisation):
        return strategy
    raise GameError("no entangled strategy was found for this game")


def _noise_value(table: NonlocalGame, realisation: Realisation) -> float:
    """The value of the strategy's measurements on white noise."""
    size = len(realisation.state)
    noisy = Realisation(
        np.eye(size, dtype=np.complex128) / size, realisation.measurements_a, realisation.measurements_b
    )
    return table.evaluate(born_table(noisy))


def _rounds(game: NonlocalGame | XorGame, value: float, bound: float, significance: float, power: float) -> float:
    """Rounds whose questions are drawn in proportion to the size of their weights."""
    if isinstance(game, XorGame):
        won, local = ((1 + (each - game.offset) / game.scale) / 2 for each in (value, bound))
        return rounds_binomial(won, local, significance, power)
    total = float(np.abs(game.pi).sum())
    payoff = (np.sign(game.pi) * game.payoff)[:, :, game.pi != 0]
    if np.isin(payoff, (0.0, 1.0)).all():
        return rounds_binomial(value / total, bound / total, significance, power)
    ends = float(payoff.min()), float(payoff.max())
    return rounds_hoeffding(value / total, bound / total, significance, power, ends)
