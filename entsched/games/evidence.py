"""How many rounds show an advantage, and how strongly rounds that were played speak for one.

The null hypothesis is a local strategy that may remember all former rounds; every bound here holds
against it as long as each round's questions are fresh.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc

from entsched.errors import GameError

#: More rounds than this are not searched for.
MAX_ROUNDS = 2**30
#: How many numbers of rounds are tried one by one above the continuous estimate.
TRIED = 100_000
#: Of them, how many in one call.
AT_ONCE = 250


def rounds_binomial(q: float, c: float, significance: float = 0.05, power: float = 0.95) -> int:
    """The smallest n for which P[Bin(n, q) >= k] >= power with P[Bin(n, c) >= k] <= significance.

    A strategy that wins with probability q then passes the exact test against the local bound c.

    Parameters
    ----------
    q, c : winning probability of the strategy and of the best local one, 0 < c < q <= 1
    significance, power : 0 to 1, both excluded, significance < power

    Raises
    ------
    GameError
        If a number is out of range, or more than 2^30 rounds are needed.

    Examples
    --------
    >>> rounds_binomial(0.8535, 0.75, significance=0.05, power=0.9)
    130
    """
    from scipy.stats import binom  # a second of loading that most commands can do without

    _refuse_levels(q, c, 0.0, 1.0, significance, power)
    if c <= 0:
        raise GameError(f"local bound given {c}, allowed: above 0")
    n = _continuous_rounds(q, c, significance, power)
    for start in range(n, n + TRIED, AT_ONCE):
        tried = np.arange(start, start + AT_ONCE)
        most = binom.isf(significance, tried, c)  # the test passes with more wins than this
        passed = np.flatnonzero(binom.sf(most, tried, q) >= power)
        if len(passed):
            return int(tried[passed[0]])
    raise GameError(f"no number of rounds from {n} to {n + TRIED} found, allowed: a larger gap of {q} and {c}")


def rounds_hoeffding(
    q: float,
    c: float,
    significance: float = 0.05,
    power: float = 0.95,
    payoff_range: tuple[float, float] = (0.0, 1.0),
) -> int:
    """n >= (hi - lo)^2 (sqrt(ln 1/significance) + sqrt(ln 1/(1 - power)))^2 / (2 (q - c)^2).

    Enough for any game with payoffs from lo to hi; :func:`rounds_binomial` is sharper for games that
    are won or lost.

    Parameters
    ----------
    q, c : mean payoff of the strategy and the local bound, lo <= c < q <= hi

    Raises
    ------
    GameError
        If a number is out of range.

    References
    ----------
    W. Hoeffding, J. Am. Stat. Assoc. 58, 13 (1963); with K. Azuma, Tohoku Math. J. 19, 357 (1967),
    for strategies with memory.

    Examples
    --------
    >>> rounds_hoeffding(0.8535, 0.75, significance=0.05, power=0.9)
    493
    """
    _refuse_levels(q, c, *payoff_range, significance, power)
    width = payoff_range[1] - payoff_range[0]
    deviations = math.sqrt(-math.log(significance)) + math.sqrt(-math.log1p(-power))
    return math.ceil((width * deviations / (q - c)) ** 2 / 2)


def p_value(wins: int, rounds: int, bound: float) -> float:
    """P[Bin(rounds, bound) >= wins]: the largest chance of a local strategy to win as often.

    Parameters
    ----------
    wins, rounds : 0 <= wins <= rounds
    bound : the largest winning probability of a local strategy in one round, 0 to 1

    Raises
    ------
    GameError
        If a number is out of range.

    References
    ----------
    D. Elkouss and S. Wehner, "(Nearly) optimal P values for all Bell inequalities", npj Quantum Inf.
    2, 16026 (2016), arXiv:1510.07233.

    Examples
    --------
    >>> round(p_value(196, 245, 0.75), 3)
    0.039
    """
    from scipy.stats import binom

    if not 0 <= wins <= rounds:
        raise GameError(f"wins given {wins} of {rounds} rounds, allowed: 0 to the number of rounds")
    if not 0 <= bound <= 1:
        raise GameError(f"bound given {bound}, allowed: 0 to 1")
    return float(binom.sf(wins - 1, rounds, bound))


def p_value_of_payoffs(
    total: float, rounds: int, bound: float, payoff_range: tuple[float, float] = (0.0, 1.0)
) -> float:
    """At most min(e P0[Bin(n, m) >= s], exp(-n D(s / n || m))) for payoffs from lo to hi.

    s and m are the total and the bound on the scale from 0 to 1; P0 is the tail, interpolated
    geometrically between whole numbers.

    Parameters
    ----------
    total : sum of the payoffs of all rounds, n lo to n hi
    rounds : n, at least 1
    bound : the largest mean payoff of a local strategy, lo to hi

    Raises
    ------
    GameError
        If a number is out of range.

    References
    ----------
    V. Bentkus, "On Hoeffding's inequalities", Ann. Probab. 32, 1650 (2004); used for Bell
    inequalities by Elkouss and Wehner (see :func:`p_value`).

    Examples
    --------
    >>> p_value_of_payoffs(80.0, 100, 0.5) < 1e-8, p_value_of_payoffs(50.0, 100, 0.5)
    (True, 1.0)
    """
    from scipy.stats import binom

    low, high = payoff_range
    if rounds < 1 or not low < high:
        raise GameError(f"rounds given {rounds} with payoffs from {low} to {high}, allowed: at least 1, low < high")
    if not low <= bound <= high or not rounds * low <= total <= rounds * high:
        raise GameError(f"total given {total} with bound {bound}, allowed: {rounds} payoffs from {low} to {high}")
    s, m = (total - rounds * low) / (high - low), (bound - low) / (high - low)
    if s <= rounds * m:
        return 1.0
    below = math.floor(s)
    logs = [float(binom.logsf(k - 1, rounds, m)) for k in (below, min(below + 1, rounds))]
    part = s - below
    tail = logs[0] if part == 0 else (1 - part) * logs[0] + part * logs[1]
    return min(1.0, math.exp(1 + tail), math.exp(-rounds * _divergence(s / rounds, m)))


def _divergence(p: float, m: float) -> float:
    """p ln(p / m) + (1 - p) ln((1 - p) / (1 - m)), for p > m."""
    if m == 0:
        return math.inf
    return p * math.log(p / m) + (0.0 if p >= 1 else (1 - p) * math.log((1 - p) / (1 - m)))


def _continuous_rounds(q: float, c: float, significance: float, power: float) -> int:
    """The smallest n at which a test with a real threshold passes: no more than the exact n needs.

    P[Bin(n, p) >= k] = I_p(k, n - k + 1), which falls with k also between whole numbers.
    """

    def passes(n: int) -> bool:
        def excess(k: float) -> float:
            return float(betainc(k, n - k + 1, c)) - significance

        tiny = 1e-12
        if excess(n + 1 - tiny) > 0:
            return False
        threshold = brentq(excess, tiny, n + 1 - tiny)
        return float(betainc(threshold, n - threshold + 1, q)) >= power

    high = 1
    while not passes(high):
        high *= 2
        if high > MAX_ROUNDS:
            raise GameError(f"winning {q} against {c} needs more than {MAX_ROUNDS} rounds, allowed: a larger gap")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high


def _refuse_levels(q: float, c: float, low: float, high: float, significance: float, power: float) -> None:
    if not low <= c < q <= high:
        raise GameError(f"values given {q} against {c}, allowed: {low} <= local bound < value <= {high}")
    if not 0 < significance < power < 1:
        raise GameError(f"significance {significance} and power {power} given, allowed: 0 < significance < power < 1")
