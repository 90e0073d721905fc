"""The eight forms of the CHSH inequality: chosen on some rounds, tested on others."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from entsched.coherence.correlations.counts import Floats, Integers
from entsched.games.bell_test import Chsh, chsh, chsh_p_value


def _forms() -> Integers:
    a, b, x, y = np.indices((2, 2, 2, 2))
    return np.array([(a ^ b) == (((x ^ p) & (y ^ q)) ^ r) for p, q, r in product((0, 1), repeat=3)], dtype=np.int64)


#: Which rounds each form wins, shape (8, a, b, x, y); a local strategy wins at most three of four.
FORMS = _forms()
#: The most pairs of questions that a local strategy wins in any form.
LOCAL_POINTS = 3


class ChshTest(NamedTuple):
    """A form that was chosen on other rounds.

    Attributes
    ----------
    form : its number, 0 to 7
    value : S with both ends
    p_value : at least the chance of a local strategy, with memory of former rounds, to win as often
    """

    form: int
    value: Chsh
    p_value: float


def best_form(counts: Integers | Floats) -> int:
    """The form with the largest value, by frequencies for each pair of questions.

    Parameters
    ----------
    counts : shape (2, 2, 2, 2)

    Examples
    --------
    >>> best_form(FORMS[5])
    5
    """
    return int(np.argmax(chsh_values(counts)))


def chsh_values(counts: Integers | Floats) -> Floats:
    """S of all eight forms by frequencies; pairs of questions without rounds count as won half of the time.

    Parameters
    ----------
    counts : or probabilities, shape (2, 2, 2, 2)

    Examples
    --------
    >>> chsh_values(FORMS[0]).round(6).tolist()
    [4.0, -4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    totals = counts.sum(axis=(0, 1))
    won = np.einsum("fabxy,abxy->fxy", FORMS, counts)
    return 2.0 * np.where(totals > 0, won / np.where(totals > 0, totals, 1), 0.5).sum(axis=(1, 2)) - 4.0


def chosen_and_tested(first: Integers, rest: Integers, significance: float) -> ChshTest:
    """The form that the first rounds favour, tested on the rest; questions must be uniform.

    Parameters
    ----------
    first, rest : shape (2, 2, 2, 2)
    significance : of each end of S

    Examples
    --------
    >>> found = chosen_and_tested(10 * FORMS[3], 100 * FORMS[3], 0.05)
    >>> found.form, found.value.value, found.p_value < 1e-9
    (3, 4.0, True)
    """
    form = best_form(first)
    wins, rounds = int(np.sum(FORMS[form] * rest)), int(rest.sum())
    return ChshTest(form, chsh(wins, rounds, significance), chsh_p_value(wins, rounds))


def post_selected(counts: Integers | Floats) -> float:
    """The largest S of the rounds in which both answered: what fair sampling would make of them.

    Parameters
    ----------
    counts : shape (3, 3, 2, 2), silence last

    Examples
    --------
    >>> silent = np.zeros((3, 3, 2, 2), dtype=int)
    >>> silent[:2, :2], silent[2] = FORMS[0], 100
    >>> post_selected(silent)
    4.0
    """
    return float(chsh_values(counts[:2, :2]).max())
