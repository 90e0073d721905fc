"""The statistics of a CHSH test: its value with exact ends, and how well local strategies explain what was seen.

All ends and p-values hold for strategies and sources that remember all former rounds, because each round has fresh
settings and each score fresh types.
"""

from __future__ import annotations

from typing import NamedTuple

from entsched.errors import GameError
from entsched.games.evidence import p_value, p_value_of_payoffs

#: The largest probability of a local strategy to win a round.
LOCAL_WINS = 0.75
#: By which share of their range sums of scores may miss their ends.
ROUNDING = 1e-9


class Chsh(NamedTuple):
    """A CHSH value S = 8 wins / rounds - 4 with its ends; no value without rounds."""

    value: float | None
    low: float
    high: float


def chsh(wins: int, rounds: int, significance: float) -> Chsh:
    """The CHSH value of rounds that were won or lost, with the ends of Clopper and Pearson.

    The null hypothesis of the upper end: each round is won, whatever happened before, with a probability that belongs
    to a CHSH value of at least S. Then the upper end is below S with probability ``significance`` at most; the lower
    end is alike.

    Parameters
    ----------
    wins, rounds : 0 <= wins <= rounds
    significance : of each end on its own, 0 to 1, both excluded

    Raises
    ------
    GameError
        If a number is out of range.

    References
    ----------
    C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934).

    Examples
    --------
    >>> value, low, high = chsh(850, 1000, significance=0.01)
    >>> round(value, 3), round(low, 3), round(high, 3)
    (2.8, 2.575, 3.003)
    """
    from scipy.stats import beta

    if not 0 <= wins <= rounds:
        raise GameError(f"wins given {wins} of {rounds} rounds, allowed: 0 to the number of rounds")
    if not 0 < significance < 1:
        raise GameError(f"significance given {significance}, allowed: above 0, below 1")
    low = float(beta.ppf(significance, wins, rounds - wins + 1)) if wins else 0.0
    high = float(beta.isf(significance, wins + 1, rounds - wins)) if wins < rounds else 1.0
    return Chsh(_value(wins / rounds) if rounds else None, _value(low), _value(high))


def chsh_p_value(wins: int, rounds: int) -> float:
    """The largest chance of a local strategy to win as many CHSH rounds, 1 without rounds.

    Raises
    ------
    GameError
        If a number is out of range.

    Examples
    --------
    >>> round(chsh_p_value(196, 245), 3), chsh_p_value(0, 0)
    (0.039, 1.0)
    """
    return p_value(wins, rounds, LOCAL_WINS)


def score_p_value(total: float, rounds: int, local_bound: float, ends: tuple[float, float]) -> float:
    """At least the chance of a local strategy to score as little, 1 without rounds.

    The null hypothesis: the expected score of each round, whatever happened before, is ``local_bound`` or more.

    Parameters
    ----------
    total : the sum of the scores
    ends : the least and the largest score

    Raises
    ------
    GameError
        If the numbers contradict each other by more than rounding.

    Examples
    --------
    >>> score_p_value(900.0, 1000, local_bound=1.0, ends=(0.0, 2.0)) < 0.01
    True
    """
    low, high = ends
    if rounds == 0 or not low < high:
        return 1.0
    width, slack = high - low, ROUNDING * rounds * (high - low)
    if not rounds * low - slack <= total <= rounds * high + slack:
        raise GameError(f"total given {total} of {rounds} scores, allowed: {rounds * low} to {rounds * high}")
    saved, bound = (rounds * high - total) / width, (high - local_bound) / width
    return p_value_of_payoffs(min(max(saved, 0.0), rounds), rounds, min(max(bound, 0.0), 1.0))


def _value(winning: float) -> float:
    return 8 * winning - 4
