"""Tables of a study of synchronisation, from the rows of its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from entsched.coherence.fits import LEVEL, power_law
from entsched.coherence.oscillators.collapse import Collapse, Points, collapse
from entsched.coherence.oscillators.exponent import MEAN_FIELD, exponent
from entsched.coherence.oscillators.frequencies import FrequencyLaw, SymmetricLaw
from entsched.coherence.oscillators.theory import incoherent_enhancement, stationary_order
from entsched.coherence.streams import generator
from entsched.tasks import Row

if TYPE_CHECKING:
    from entsched.coherence.parts.synchronisation import Synchronisation

#: Couplings of the curves of theory, and what they exceed the largest simulated one by.
CURVE_POINTS = 60

#: Ends of beta / nu and of nu: H. Hong et al., Phys. Rev. Lett. 99, 184101 (2007) for random frequencies, and
#: Phys. Rev. E 92, 022122 (2015) for quantiles. Random frequencies put half of all systems below their own critical
#: coupling, by about N^(-2/5): there r is noise, and |Z|^2 = 1 / (N (1 - K / K_c)) makes it fall as N^(-3/10). Beside
#: N^(-1/5) that fades so slowly that exponents of any feasible N lie in between.
SCALING_THEORY = {"random": ((1 / 5, 3 / 10), (5 / 2, 5 / 2)), "quantiles": ((2 / 5, 2 / 5), (5 / 4, 5 / 4))}

LISTS = ("order", "first_half", "second_half", "mean_square", "variance")


def tables(part: Synchronisation, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Every table of the part by name, in plain numbers and text."""
    merged = _merged([row for row in rows if row["purpose"] != "coverage"])
    chosen = {name: [row for row in merged if row["purpose"] == name] for name in ("curve", "exponent", "scaling")}
    laws: dict[str, SymmetricLaw] = {law.law: law for law in part.frequencies}
    sizes, collapsed = _scaling(
        laws | {one.frequencies.law: one.frequencies for one in part.scaling}, chosen["scaling"]
    )
    return {
        "curve": [_curve_row(laws[row["law"]], row) for row in chosen["curve"]],
        "theory": [row for law in part.frequencies for row in _theory(law, max(part.curve.couplings))],
        "window": [_window_row(laws[row["law"]], row) for row in chosen["exponent"]],
        "exponents": _exponents(laws, chosen["exponent"], [row for row in rows if row["purpose"] == "coverage"]),
        "sizes": sizes,
        "collapse": collapsed,
        "alternatives": [{"name": "mean field", "exponent": MEAN_FIELD}]
        + [{"name": name, "exponent": value} for name, value in part.alternatives.items()],
    }


def interval(values: ArrayLike, name: str) -> dict[str, float]:
    """Mean and 95 % interval of Student over at least two replications, as columns.

    Examples
    --------
    >>> {key: round(value, 3) for key, value in interval([1.0, 2.0, 3.0], "r").items()}
    {'r': 2.0, 'r_low': -0.484, 'r_high': 4.484}
    """
    data = np.asarray(values, dtype=float)
    arm = float(t.ppf((1 + LEVEL) / 2, len(data) - 1)) * float(data.std(ddof=1)) / len(data) ** 0.5
    mean = float(data.mean())
    return {name: mean, f"{name}_low": mean - arm, f"{name}_high": mean + arm}


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


def _drift(row: Row) -> dict[str, float]:
    """How much larger the order is in the second half of the time than in the first: a test of the transient."""
    return interval(np.subtract(row["second_half"], row["first_half"]), "drift")


def _curve_row(law: SymmetricLaw, row: Row) -> Row:
    n, relative = row["oscillators"], row["relative_coupling"]
    theory = stationary_order(law, relative * law.critical_coupling)
    linear = incoherent_enhancement(relative) if row["law"] == "lorentzian" and relative < 1 else None
    return {
        "law": row["law"],
        "oscillators": n,
        "relative_coupling": relative,
        "replications": len(row["order"]),
        **interval(row["order"], "order"),
        "theory": theory,
        **_drift(row),
        **interval(n * np.array(row["mean_square"]), "scaled_square"),
        "linear_theory": linear,
        **interval(n * np.array(row["variance"]), "fluctuation"),
    }


def _theory(law: FrequencyLaw, largest: float) -> list[Row]:
    critical = law.critical_coupling
    couplings = [*np.linspace(0.0, 1.0, 3), *(1 + (max(largest, 1.1) - 1) * np.linspace(1e-3, 1, CURVE_POINTS) ** 2)]
    return [
        {"law": law.law, "relative_coupling": float(k), "order": stationary_order(law, float(k) * critical)}
        for k in couplings
    ]


def _window_row(law: SymmetricLaw, row: Row) -> Row:
    relative = row["relative_coupling"]
    return {
        "law": row["law"],
        "disorder": row["disorder"],
        "oscillators": row["oscillators"],
        "distance": 1 - 1 / relative,
        "replications": len(row["order"]),
        **interval(row["order"], "order"),
        "theory": stationary_order(law, relative * law.critical_coupling),
        **_drift(row),
    }


def _exponents(laws: dict[str, SymmetricLaw], rows: Sequence[Row], coverages: Sequence[Row]) -> list[Row]:
    covered = {(row["law"], row["critical_coupling"]): row["covered"] for row in coverages}
    found = []
    for name, disorder in dict.fromkeys((row["law"], row["disorder"]) for row in rows):
        own = [row for row in rows if (row["law"], row["disorder"]) == (name, disorder)]
        at = np.array([1 - 1 / row["relative_coupling"] for row in own])
        orders = [np.array(row["order"]) for row in own]
        plain = power_law(at, [order.mean() for order in orders]).exponent
        for mode in ("given", "fitted"):
            stream = generator(0, "bootstrap", name, disorder, mode)
            fit = exponent(at, orders, laws[name], mode == "fitted", stream)._asdict()
            head = {"law": name, "disorder": disorder, "critical_coupling": mode}
            ends = {"nearest": float(at.min()), "farthest": float(at.max())}
            known = covered.get((name, mode)) if disorder == "random" else None
            found.append(head | fit | ends | {"without_correction": plain, "coverage": known})
    return found


def _scaling(laws: dict[str, SymmetricLaw], rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Points with the coordinates in which they collapse, and the exponents."""
    points, exponents = [], []
    for law, disorder in dict.fromkeys((row["law"], row["disorder"]) for row in rows):
        own = [row for row in rows if (row["law"], row["disorder"]) == (law, disorder)]
        sizes = np.array([row["oscillators"] for row in own], dtype=float)
        fields = np.array([_field(laws[law], row["relative_coupling"]) for row in own])
        measured = Points(sizes, fields, [np.array(row["order"]) for row in own])
        found = collapse(measured, generator(0, "collapse", law, disorder))
        exponents += [*_collapse_rows(law, disorder, found), _critical_row(own, disorder)]
        for row, field in zip(own, fields, strict=True):
            n = row["oscillators"]
            place = {
                "x": float(field) * n ** (1 / found.size[0]),
                "y": float(np.mean(row["order"])) * n ** found.order[0],
            }
            head = {
                "law": row["law"],
                "disorder": disorder,
                "oscillators": n,
                "relative_coupling": row["relative_coupling"],
            }
            points.append(head | interval(row["order"], "order") | _drift(row) | place)
    return points, exponents


def _field(law: SymmetricLaw, relative: float) -> float:
    """The squared order of infinitely many oscillators, 0 at K_c."""
    return stationary_order(law, relative * law.critical_coupling) ** 2 if relative > 1 else 0.0


def _collapse_rows(law: str, disorder: str, found: Collapse) -> list[Row]:
    named = (("beta / nu", found.order), ("nu", found.size))
    return [
        {"law": law, "disorder": disorder, "quantity": quantity}
        | dict(zip(("value", "low", "high"), value, strict=True))
        | dict(zip(("expected_low", "expected_high"), expected, strict=True))
        | {"lack_of_fit": found.lack_of_fit}
        for (quantity, value), expected in zip(named, SCALING_THEORY[disorder], strict=True)
    ]


def _critical_row(rows: Sequence[Row], disorder: str) -> Row:
    """The power of N with which r falls at K_c: -beta / nu."""
    own = [row for row in rows if row["relative_coupling"] == 1]
    means = np.array([np.mean(row["order"]) for row in own])
    errors = np.array([np.std(row["order"], ddof=1) / len(row["order"]) ** 0.5 for row in own]) / means
    fit = power_law([row["oscillators"] for row in own], means, np.maximum(errors, 1e-6))
    least, most = SCALING_THEORY[disorder][0]
    ends = {"value": -fit.exponent, "low": -fit.high, "high": -fit.low, "expected_low": least, "expected_high": most}
    head = {"law": own[0]["law"], "disorder": disorder, "quantity": "beta / nu at K_c"}
    return head | ends | {"lack_of_fit": None}
