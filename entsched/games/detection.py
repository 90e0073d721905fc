"""Detection efficiency: what lost answers cost a strategy, and the smallest efficiency that keeps an advantage."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame, finite_array
from entsched.games.seesaw import seesaw_maximise
from entsched.games.value import Realisation

Floats = NDArray[np.float64]

#: The search for a low efficiency ends when a round gains less than this.
SMALLEST_STEP = 1e-5
#: An advantage below this fraction of the scale is not told apart from rounding.
NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class NoClick:
    """What a party answers when its detector stays silent.

    Parameters
    ----------
    a, b : an answer for all questions, or one for each question; an answer that the measurements
        never give, if the game has one, reports the loss
    """

    a: ArrayLike = 0
    b: ArrayLike = 0

    def responses(self, game: NonlocalGame) -> tuple[Floats, Floats]:
        """One-hot tables (a, x) and (b, y).

        Raises
        ------
        GameError
            If an answer is not one of the game.
        """
        return (
            _one_hot(self.a, game.answers[0], game.questions[0], "a"),
            _one_hot(self.b, game.answers[1], game.questions[1], "b"),
        )


def lossy_behavior(
    game: NonlocalGame, behavior: ArrayLike, efficiency: float, no_click: NoClick | None = None
) -> Floats:
    """eta^2 P(a, b) + eta (1 - eta) (P(a) n(b) + n(a) P(b)) + (1 - eta)^2 n(a) n(b), for all questions.

    Parameters
    ----------
    behavior : array (a, b, x, y), no-signalling; answers that the game has beyond it are never given
    efficiency : eta, 0 to 1, of each party's detector
    no_click : n; default: answer 0

    Raises
    ------
    GameError
        If the efficiency is outside [0, 1], or the behavior or an answer does not fit the game.

    Examples
    --------
    >>> coin = NonlocalGame(np.ones((2, 2, 1, 1)))
    >>> lossy_behavior(coin, np.full((2, 2, 1, 1), 0.25), 0.5)[:, :, 0, 0].tolist()
    [[0.5625, 0.1875], [0.1875, 0.0625]]
    """
    _refuse_efficiency(efficiency)
    both, one, none = _click_patterns(game, behavior, no_click or NoClick())
    eta = efficiency
    return eta**2 * both + eta * (1 - eta) * one + (1 - eta) ** 2 * none


def detection_threshold(
    game: NonlocalGame, behavior: ArrayLike, local_upper: float, no_click: NoClick | None = None
) -> float:
    """The smallest eta above which eta^2 Q + eta (1 - eta) M + (1 - eta)^2 Z is above the local bound.

    Q, M and Z are the values if both, one or none of the detectors click.

    Parameters
    ----------
    behavior, no_click : as :func:`lossy_behavior`
    local_upper : an upper bound on the local value

    Returns
    -------
    float
        0 to 1, or inf if there is no advantage at eta = 1.

    Raises
    ------
    GameError
        If the behavior or an answer does not fit the game.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> chsh = NonlocalGame((a ^ b) == (x & y))
    >>> best = seesaw_maximise(chsh.weights, 2)
    >>> round(detection_threshold(chsh, best.behavior, 0.75), 6)
    0.828427
    """
    both, one, none = (game.evaluate(table) for table in _click_patterns(game, behavior, no_click or NoClick()))
    return _last_root(both - one + none, one - 2 * none, none - local_upper, NEGLIGIBLE * game.scale)


def lossy_weights(game: NonlocalGame, efficiency: float, no_click: NoClick | None = None) -> Floats:
    """Weights of a game without loss in which every behavior has the value it has here with loss.

    Examples
    --------
    >>> game = NonlocalGame(np.arange(4.0).reshape(2, 2, 1, 1))
    >>> p = np.array([[[[0.5]], [[0.1]]], [[[0.2]], [[0.2]]]])
    >>> lossless, lossy = np.sum(lossy_weights(game, 0.6) * p), game.evaluate(lossy_behavior(game, p, 0.6))
    >>> round(float(lossless - lossy), 12)
    0.0
    """
    _refuse_efficiency(efficiency)
    silent_a, silent_b = (no_click or NoClick()).responses(game)
    eta, w = efficiency, game.weights
    without_a = np.einsum("abxy,ax->bxy", w, silent_a)
    without_b = np.einsum("abxy,by->axy", w, silent_b)
    neither = np.einsum("bxy,by->xy", without_a, silent_b)
    return eta**2 * w + eta * (1 - eta) * (without_a[None] + without_b[:, None]) + (1 - eta) ** 2 * neither


def lowest_efficiency(
    game: NonlocalGame,
    local_upper: float,
    no_click: NoClick | None = None,
    *,
    dimension: int = 2,
    rounds: int = 20,
    seed: int = 0,
) -> tuple[float, Realisation]:
    """The smallest detection threshold found, over states and measurements, and a strategy that has it.

    Each round looks for the best strategy at the last threshold and takes its threshold; in the
    CHSH game it falls towards 2/3 with ever less entangled states.

    Parameters
    ----------
    local_upper : an upper bound on the local value
    dimension : of each party's space
    rounds : at most

    Returns
    -------
    (float, Realisation)
        The threshold, inf if no advantage was found, and the strategy.

    Raises
    ------
    GameError
        As :func:`detection_threshold` and :func:`entsched.games.seesaw.seesaw_maximise`.

    References
    ----------
    P. H. Eberhard, "Background level and counter efficiencies required for a loophole-free
    Einstein-Podolsky-Rosen experiment", Phys. Rev. A 47, R747 (1993).

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> lowest_efficiency(NonlocalGame((a ^ b) == (x & y)), 0.75, rounds=5)[0] < 0.75
    True
    """
    found = seesaw_maximise(game.weights, dimension, starts=8, seed=seed)
    best, strategy = detection_threshold(game, found.behavior, local_upper, no_click), found.realisation
    for _ in range(rounds):
        if best > 1:
            break
        weights = lossy_weights(game, best, no_click)
        found = seesaw_maximise(weights, dimension, initial=strategy, starts=4, seed=seed)
        threshold = detection_threshold(game, found.behavior, local_upper, no_click)
        gain = best - threshold
        if gain > 0:
            best, strategy = threshold, found.realisation
        if gain < SMALLEST_STEP:
            break
    return best, strategy


def _click_patterns(game: NonlocalGame, behavior: ArrayLike, no_click: NoClick) -> tuple[Floats, Floats, Floats]:
    """The tables if both click; if A or B alone does, summed; and if none does."""
    p = _padded(game, behavior)
    silent_a, silent_b = no_click.responses(game)
    alone_a = np.einsum("axy,by->abxy", p.sum(axis=1), silent_b)
    alone_b = np.einsum("ax,bxy->abxy", silent_a, p.sum(axis=0))
    return p, alone_a + alone_b, np.einsum("ax,by->abxy", silent_a, silent_b)


def _padded(game: NonlocalGame, behavior: ArrayLike) -> Floats:
    p = finite_array(behavior, "behavior", (4,))
    missing = np.array(game.payoff.shape) - p.shape
    if np.any(missing < 0) or np.any(missing[2:] != 0):
        raise GameError(f"behavior has shape {p.shape}, allowed: {game.payoff.shape} or fewer answers")
    return np.pad(p, [(0, int(n)) for n in missing])


def _one_hot(answer: ArrayLike, answers: int, questions: int, party: str) -> Floats:
    given = np.asarray(answer)
    if given.shape not in ((), (questions,)) or given.dtype.kind not in "iu":
        raise GameError(f"no-click answer of {party} given as {answer!r}, allowed: an answer or {questions} answers")
    if given.min() < 0 or given.max() >= answers:
        raise GameError(f"no-click answer of {party} given as {answer!r}, allowed: 0 to {answers - 1}")
    return (np.arange(answers)[:, None] == np.broadcast_to(given, questions)).astype(float)


def _refuse_efficiency(efficiency: float) -> None:
    if not 0 <= efficiency <= 1:
        raise GameError(f"efficiency given {efficiency}, allowed: 0 to 1")


def _last_root(square: float, linear: float, constant: float, negligible: float) -> float:
    """The smallest r such that square t^2 + linear t + constant > 0 for all t in (r, 1]; inf if not at t = 1."""
    if square + linear + constant <= negligible:
        return math.inf
    discriminant = linear**2 - 4 * square * constant
    if discriminant <= 0:
        return 0.0
    stable = -(linear + math.copysign(math.sqrt(discriminant), linear)) / 2
    roots = [constant / stable, *([stable / square] if square != 0 else [])]
    return max([0.0, *(root for root in roots if 0 <= root <= 1)])
