"""Tables of sizes at and above the critical coupling: points in which they collapse, exponents, and powers at K_c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import chi2

from entsched.coherence.oscillators.collapse import MODEL_ERROR, Collapse, Estimate, Points, collapse, estimate
from entsched.coherence.oscillators.frequencies import Floats, SymmetricLaw
from entsched.coherence.oscillators.summaries import clipped, drift
from entsched.coherence.oscillators.theory import SCALING_THEORY, stationary_order
from entsched.coherence.streams import generator
from entsched.tasks import Row

#: Exponents that are estimated of every law and disorder.
QUANTITIES = 3

#: Quantiles of r over systems whose powers of N are compared, from so many replications on, and resamples for them.
TENTHS, FEWEST, RESAMPLES = {"lowest tenth": 0.1, "highest tenth": 0.9}, 30, 200


def size_tables(laws: dict[str, SymmetricLaw], rows: Sequence[Row]) -> dict[str, list[Row]]:
    """``sizes``: points with the coordinates in which they collapse; ``collapse``: exponents; ``critical``: at K_c."""
    made: dict[str, list[Row]] = {"sizes": [], "collapse": [], "critical": []}
    kinds = list(dict.fromkeys((row["law"], row["disorder"]) for row in rows))
    for kind in kinds:
        own = [row for row in rows if (row["law"], row["disorder"]) == kind]
        head = dict(zip(("law", "disorder"), kind, strict=True))
        sizes = np.array([row["oscillators"] for row in own], dtype=float)
        fields = np.array([_field(laws[kind[0]], row["relative_coupling"]) for row in own])
        points = Points(sizes, fields, [np.array(row["order"]) for row in own])
        tests = QUANTITIES * len(kinds)
        found = collapse(points, generator(0, "collapse", *kind), tests)
        made["sizes"] += [head | _point(row, float(u), found) for row, u in zip(own, fields, strict=True)]
        at_onset = {row["oscillators"]: np.array(row["order"]) for row in own if row["relative_coupling"] == 1}
        made["collapse"] += [head | row for row in _exponents(kind[1], found, at_onset, tests)]
        made["critical"] += [head | row for row in _powers(kind[1], at_onset, generator(0, "tenths", *kind))]
    return made


def _field(law: SymmetricLaw, relative: float) -> float:
    """The squared order of infinitely many oscillators, 0 at K_c."""
    return stationary_order(law, relative * law.critical_coupling) ** 2 if relative > 1 else 0.0


def _point(row: Row, field: float, found: Collapse) -> Row:
    n = row["oscillators"]
    place = {"x": field * n ** (1 / found.size.value), "y": float(np.mean(row["order"])) * n**found.order.value}
    head = {name: row[name] for name in ("oscillators", "relative_coupling")} | {"replications": len(row["order"])}
    return head | {"field": field} | clipped(row["order"], "order") | drift(row) | place


def _exponents(disorder: str, found: Collapse, at_onset: dict[int, Floats], tests: int) -> list[Row]:
    order, size = SCALING_THEORY[disorder]
    slope, misfit = _slope(at_onset, tests)
    estimates: list[tuple[str, Estimate, tuple[float, float], float, bool]] = [
        ("beta / nu", found.order, order, found.lack_of_fit, found.resolved),
        ("nu", found.size, size, found.lack_of_fit, found.resolved),
        ("beta / nu at K_c", slope, order, misfit, True),
    ]
    return [
        {"quantity": quantity}
        | values._asdict()
        | {"expected_low": expected[0], "expected_high": expected[1], "lack_of_fit": lack, "resolved": resolved}
        for quantity, values, expected, lack, resolved in estimates
    ]


def _slope(at_onset: dict[int, Floats], tests: int) -> tuple[Estimate, float]:
    """The power with which r falls with N at K_c, -beta / nu, and chi^2 per degree of freedom about the line."""
    sizes, means, errors = _means(at_onset)
    line, covariance = np.polyfit(np.log(sizes), np.log(means), 1, w=means / errors, cov="unscaled")
    misfits = (np.log(means) - np.polyval(line, np.log(sizes))) * means / errors
    lack = float(misfits @ misfits) / (len(sizes) - 2)
    freedom = sum(len(order) - 1 for order in at_onset.values())
    return estimate(-float(line[0]), float(max(1.0, lack) * covariance[0, 0]) ** 0.5, freedom, tests), lack


def _means(at_onset: dict[int, Floats]) -> tuple[Floats, Floats, Floats]:
    """Sizes, mean orders, and their errors, which are at least those of the collapse."""
    sizes, means = np.array(list(at_onset), dtype=float), np.array([order.mean() for order in at_onset.values()])
    errors = np.array([order.std(ddof=1) / len(order) ** 0.5 for order in at_onset.values()])
    return sizes, means, np.hypot(errors, MODEL_ERROR * means)


def _powers(disorder: str, at_onset: dict[int, Floats], stream: np.random.Generator) -> list[Row]:
    """How the two powers of random frequencies fit r at K_c, and the powers of systems with most and least order."""
    if disorder != "random":
        return []
    sizes, means, errors = _means(at_onset)
    design = np.stack([sizes**-power for power in SCALING_THEORY["random"][0]], axis=1) / errors[:, None]
    weights, _, _, _ = np.linalg.lstsq(design, means / errors, rcond=None)
    misfits = means / errors - design @ weights
    squares, freedom = float(misfits @ misfits), len(sizes) - 2
    empty: dict[str, Any] = dict.fromkeys(("value", "low", "high", "chi_squared", "freedom", "p_value"))
    ends = {"chi_squared": squares, "freedom": freedom, "p_value": float(chi2.sf(squares, freedom))}
    made = [empty | {"quantity": "a N^(-1/5) + b N^(-1/3)"} | ends]
    if min(map(len, at_onset.values())) >= FEWEST:
        made += [empty | {"quantity": name} | _tenth(at_onset, share, stream) for name, share in TENTHS.items()]
    return made


def _tenth(at_onset: dict[int, Floats], share: float, stream: np.random.Generator) -> Row:
    """The power of N of a quantile of r over systems, with an interval of a bootstrap over systems."""
    logs = np.log(list(at_onset))
    values = np.log([[np.quantile(order, share) for order in at_onset.values()]])
    again = [
        np.quantile(order[stream.integers(len(order), size=(RESAMPLES, len(order)))], share, axis=1)
        for order in at_onset.values()
    ]
    slope, slopes = (np.polyfit(logs, up, 1)[0] for up in (values.T, np.log(again)))
    found = estimate(float(slope[0]), float(slopes.std(ddof=1)), RESAMPLES - 1, 1)
    return {"value": found.value, "low": found.low, "high": found.high}
