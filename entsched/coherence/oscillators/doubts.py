"""Reasons not to read a verdict from simulated oscillators: too near K_c, not settled, off the fitted form."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.special import bdtr

from entsched.tasks import Row

#: Finite size rounds the transition by about N^(-2/5) of K: an exponent is read from so many times that on.
CLEAR = 3.0

#: The exponent of that rounding for random frequencies.
ROUNDING = 2 / 5

#: Chi^2 per degree of freedom up to which a form counts as met; intervals are stretched by its root.
WORST_FIT = 5.0

#: Coverage of intervals of 95 % that is good enough; a lower one counts if it is below by more than chance.
LEAST_COVERAGE, CHANCE = 0.9, 0.025

#: So rarely does any of several drifts seem to be one by chance.
RARE = 0.01


def of_exponents(rows: Sequence[Row], window: Sequence[Row], model_error: float) -> list[str]:
    """Why an exponent cannot be trusted, from its fits and the points of its window; empty if it can.

    Parameters
    ----------
    rows : of one law, from the table ``exponents``
    window : the points of that law
    model_error : a drift of up to this share of r does not matter
    """
    nearest = min(row["nearest"] for row in rows)
    rounding = max(row["oscillators"] ** -ROUNDING for row in rows)
    found = []
    if nearest < CLEAR * rounding:
        found.append(f"distance {nearest:.3g} is below {CLEAR:g} N^(-2/5) = {CLEAR * rounding:.3g}, where size rounds")
    found += misfits(rows)
    if any(_covers_too_little(row) for row in rows):
        found.append(f"intervals cover 1/2 in {min(_coverages(rows)):.0%} of made-up sets")
    if any(row["shift"] is None for row in rows):
        found.append("the fitted K_c is not resolved")
    return found + drifts(window, model_error)


def misfits(rows: Sequence[Row]) -> list[str]:
    """Whether chi^2 per degree of freedom is too large in some row, in words.

    Examples
    --------
    >>> misfits([{"lack_of_fit": 9.04}]), misfits([{"lack_of_fit": 2.0}])
    (['chi^2 per degree of freedom is 9.0'], [])
    """
    worst = max((row["lack_of_fit"] for row in rows), default=0.0)
    return [f"chi^2 per degree of freedom is {worst:.1f}"] if worst > WORST_FIT else []


def drifts(points: Sequence[Row], model_error: float) -> list[str]:
    """Whether order still moves, beyond chance among all points and by more than a share of r, in words."""
    moving = [row for row in points if row["drift_p"] < RARE / len(points)]
    worst = max((abs(row["drift"]) / row["order"] for row in moving), default=0.0)
    return [f"order still moves, by {worst:.1%} from half to half"] if worst > model_error else []


def _coverages(rows: Sequence[Row]) -> list[float]:
    return [row["coverage"] for row in rows if row["coverage"] is not None]


def _covers_too_little(row: Row) -> bool:
    if row["coverage"] is None:
        return False
    hits = round(row["coverage"] * row["coverage_sets"])
    return bool(bdtr(hits, row["coverage_sets"], LEAST_COVERAGE) < CHANCE)
