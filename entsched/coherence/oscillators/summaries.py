"""Tables of a study of synchronisation, from the rows of its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from entsched.coherence.fits import LEVEL, power_law
from entsched.coherence.oscillators.exponent import MEAN_FIELD, exponent
from entsched.coherence.oscillators.frequencies import FrequencyLaw, SymmetricLaw
from entsched.coherence.oscillators.theory import incoherent_enhancement, order_curve, stationary_order
from entsched.coherence.streams import generator
from entsched.sim.statistics import student_interval
from entsched.tasks import Row

if TYPE_CHECKING:
    from entsched.coherence.parts.synchronisation import Synchronisation

#: Couplings of the curves of theory above K_c.
CURVE_POINTS = 120

#: K_c of the theory, or fitted.
MODES = ("given", "fitted")

LISTS = ("order", "first_half", "second_half", "mean_square", "variance")


def tables(part: Synchronisation, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Every table of the part by name, in plain numbers and text."""
    from entsched.coherence.oscillators.size_tables import size_tables

    merged = _merged([row for row in rows if "relative_coupling" in row])
    chosen = {name: [row for row in merged if row["purpose"] == name] for name in ("curve", "exponent", "scaling")}
    laws: dict[str, SymmetricLaw] = {law.law: law for law in part.frequencies}
    largest = max(part.curve.couplings[-1], 1 / (1 - part.exponent.distances[-1]))
    coverages = [row for row in rows if row.get("purpose") == "coverage"]
    return {
        "curve": [_curve_row(laws[row["law"]], row) for row in chosen["curve"]],
        "theory": [row for law in part.frequencies for row in _theory(law, largest)],
        "window": [_window_row(laws[row["law"]], row) for row in chosen["exponent"]],
        "exponents": _exponents(chosen["exponent"], coverages),
        **size_tables({one.frequencies.law: one.frequencies for one in part.scaling}, chosen["scaling"]),
        "ising": [_ising_row(row, place) for row in rows if "fields" in row for place in range(len(row["fields"]))],
        "alternatives": [{"name": "mean field", "exponent": MEAN_FIELD}]
        + [{"name": name, "exponent": value} for name, value in part.alternatives.items()],
    }


def _ising_row(row: Row, place: int) -> Row:
    """Order of the Ising chain at one field, with the exponent that is fitted to all."""
    field = row["fields"][place]
    fit = {name: row[name] for name in ("exponent", "exponent_low", "exponent_high")}
    return {"field": field, "distance": 1 - field**2, "order": row["order"][place]} | fit


def interval(values: ArrayLike, name: str) -> dict[str, float]:
    """Mean and 95 % interval of Student over at least two replications, as columns.

    Examples
    --------
    >>> {key: round(value, 3) for key, value in interval([1.0, 2.0, 3.0], "r").items()}
    {'r': 2.0, 'r_low': -0.484, 'r_high': 4.484}
    """
    found = student_interval(values, LEVEL)
    return {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


def clipped(values: ArrayLike, name: str) -> dict[str, float]:
    """The same with the ends inside 0 to 1, where an order lies.

    Examples
    --------
    >>> clipped([0.5, 1.0], "r")
    {'r': 0.75, 'r_low': 0.0, 'r_high': 1.0}
    """
    return {key: min(max(value, 0.0), 1.0) for key, value in interval(values, name).items()}


def _merged(rows: Sequence[Row]) -> list[Row]:
    """Batches of replications of the same ensemble as one row."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in ("purpose", "law", "disorder", "oscillators", "relative_coupling"))
        if key in found:
            found[key] = found[key] | {name: found[key][name] + row[name] for name in LISTS}
        else:
            found[key] = row
    return list(found.values())


def drift(row: Row) -> dict[str, float]:
    """How much larger the order is in the second half of the time than in the first, and the p-value of no change."""
    change = np.subtract(row["second_half"], row["first_half"])
    error = float(change.std(ddof=1)) / len(change) ** 0.5
    p_value = 2 * float(t.sf(abs(change.mean()) / max(error, np.finfo(float).tiny), len(change) - 1))
    return interval(change, "drift") | {"drift_p": p_value}


def _curve_row(law: SymmetricLaw, row: Row) -> Row:
    n, relative = row["oscillators"], row["relative_coupling"]
    theory = stationary_order(law, relative * law.critical_coupling)
    linear = incoherent_enhancement(relative) if row["law"] == "lorentzian" and relative < 1 else None
    return {
        "law": row["law"],
        "oscillators": n,
        "relative_coupling": relative,
        "replications": len(row["order"]),
        **clipped(row["order"], "order"),
        "theory": theory,
        **drift(row),
        **interval(n * np.array(row["mean_square"]), "scaled_square"),
        "linear_theory": linear,
        **interval(n * np.array(row["variance"]), "fluctuation"),
    }


def _theory(law: FrequencyLaw, largest: float) -> list[Row]:
    critical = law.critical_coupling
    above = order_curve(law, max(largest, 1.1) * critical, CURVE_POINTS)
    points = [(0.0, 0.0), (1.0, 0.0), *((coupling / critical, order) for coupling, order in above)]
    return [{"law": law.law, "relative_coupling": relative, "order": order} for relative, order in points]


def _window_row(law: SymmetricLaw, row: Row) -> Row:
    relative = row["relative_coupling"]
    return {
        "law": row["law"],
        "disorder": row["disorder"],
        "oscillators": row["oscillators"],
        "distance": 1 - 1 / relative,
        "replications": len(row["order"]),
        **clipped(row["order"], "order"),
        "theory": stationary_order(law, relative * law.critical_coupling),
        **drift(row),
    }


def _exponents(rows: Sequence[Row], coverages: Sequence[Row]) -> list[Row]:
    covered = {row["critical_coupling"]: row for row in coverages}
    kinds = list(dict.fromkeys((row["law"], row["disorder"]) for row in rows))
    found = []
    for name, disorder in kinds:
        own = [row for row in rows if (row["law"], row["disorder"]) == (name, disorder)]
        tests = len(MODES) * sum(law == name for law, _ in kinds)
        at = np.array([1 - 1 / row["relative_coupling"] for row in own])
        orders = [np.array(row["order"]) for row in own]
        plain = power_law(at, [order.mean() for order in orders]).exponent
        for mode in MODES:
            stream = generator(0, "bootstrap", name, disorder, mode)
            fit = exponent(at, orders, mode == "fitted", stream, tests)._asdict()
            head = {"law": name, "disorder": disorder, "critical_coupling": mode, "oscillators": own[0]["oscillators"]}
            ends = {"nearest": float(at.min()), "farthest": float(at.max()), "without_correction": plain}
            known = covered.get(mode, {}) if disorder == "random" else {}
            found.append(head | fit | ends | {"coverage": known.get("covered"), "coverage_sets": known.get("sets")})
    return found
