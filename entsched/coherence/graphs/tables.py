"""Tables of synchronisation on graphs: order parameters, onsets, powers of the size, exponents of growth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from entsched.coherence.fits import power_law
from entsched.coherence.graphs.links import GraphKind
from entsched.coherence.oscillators.onsets import (
    FEWEST,
    FEWEST_REPLICATIONS,
    ROUNDING,
    growth,
    interval_row,
    reached,
    resolved,
)
from entsched.tasks import Row

#: Graphs whose degrees hardly differ: their transition has one exponent.
EVEN = (GraphKind.SMALL_WORLD, GraphKind.RANDOM)

#: The window of r in which growth is fitted: so many times N^-ROUNDING, and a number.
LEAST_ROUNDINGS, MOST_ORDER = 1.5, 0.75
#: The exponent of growth in the mean field.
MEAN_FIELD = 0.5
#: The fewest sizes that a power of the size is fitted to.
FEWEST_SIZES = 2
#: Relative errors of r count as this at least.
LEAST_ERROR = 1e-6
#: A change of r between both halves of the measured time up to this share of r is none.
MOST_DRIFT = 0.05
#: The chance that one of the intervals of these changes misses.
MISSED = 0.05


def order_rows(simulated: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """Mean r with its interval at each coupling, its drift in the measured time, and r of the annealed network."""
    rows = []
    for place, own, expected in _groups(simulated, theory):
        for index, coupling in enumerate(expected[0]["couplings"]):
            runs = [curve[index] for curve in own]
            found = interval_row("order", [run["order"] for run in runs], 0.0, 1.0)
            found |= interval_row("drift", [run["late"] - run["early"] for run in runs], -1.0, 1.0)
            annealed = sum(row["annealed"][index] for row in expected) / len(expected)
            rows.append(place | {"coupling": coupling} | found | {"annealed": annealed, "replications": len(own)})
    return rows


def theory_rows(theory: Sequence[Row]) -> list[Row]:
    """r of the annealed network on a fine grid of couplings, the mean over the graphs of each kind and size."""
    rows = []
    for place, _, expected in _groups((), theory):
        annealed = np.mean([row["fine_annealed"] for row in expected], axis=0).tolist()
        points = zip(expected[0]["fine_couplings"], annealed, strict=True)
        rows += [place | {"coupling": coupling, "annealed": order} for coupling, order in points]
    return rows


def onset_rows(simulated: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """The coupling at which r reaches N^(-1/5), measured, of the annealed network, and critical couplings.

    Nothing is measured where a replication does not reach it, and there is no interval where it leaves the couplings.
    """
    rows = []
    for place, own, expected in _groups(simulated, theory):
        level = float(place["nodes"] ** -ROUNDING)
        couplings = expected[0]["couplings"]
        measured = _complete([reached(couplings, _orders(curve), level) for curve in own])
        annealed = _complete([reached(couplings, row["annealed"], level) for row in expected])
        onset = resolved(interval_row("onset", measured), "onset", couplings[0], couplings[-1])
        row = place | {"level": level} | onset
        row["annealed_onset"] = sum(annealed) / len(annealed) if annealed else None
        for name in ("by_eigenvalue", "by_degrees", "mean", "mean_square", "largest_eigenvalue"):
            row[name] = sum(one[name] for one in expected) / len(expected)
        rows.append(row)
    return rows


def size_rows(simulated: Sequence[Row]) -> list[Row]:
    """The exponent of N in r of each kind of graph at the strongest coupling; replications show the errors of r.

    ``settled`` is false where r of some size still moves: its change between both halves of the measured time is more
    than a twentieth of r, and not 0 within its interval, 95 % for all kinds and sizes together.
    """
    coupling = max(row["coupling"] for row in simulated)
    places = {(row["graph"], row["nodes"]) for row in simulated}
    rows = []
    for graph in dict.fromkeys(row["graph"] for row in simulated):
        own = [row for row in simulated if row["graph"] == graph and row["coupling"] == coupling]
        by_size = [
            [row for row in own if row["nodes"] == nodes] for nodes in dict.fromkeys(row["nodes"] for row in own)
        ]
        if len(by_size) < FEWEST_SIZES or min(map(len, by_size)) < FEWEST_REPLICATIONS:
            continue
        errors = [_relative_error(_orders(group)) for group in by_size for _ in group]
        fit = power_law([row["nodes"] for row in own], _orders(own), errors)
        ends = {"exponent": fit.exponent, "exponent_low": fit.low, "exponent_high": fit.high}
        place = {"graph": graph, "coupling": coupling, "most_nodes": max(row["nodes"] for row in own)}
        rows.append(place | ends | {"settled": all(_settled(group, len(places)) for group in by_size)})
    return rows


def exponent_rows(simulated: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """The exponent of r above the onset in the largest graphs with even degrees; None where nothing can be fitted.

    Each replication is fitted with its own onset. The same fit to the curve of the annealed network, whose exponent is
    1/2, misses that by ``bias``: the interval is widened by it, towards the side where the truth then lies. ``points``
    is the smallest number of couplings inside the window of r, ``points_needed`` what a fit takes.
    """
    largest = max(row["nodes"] for row in simulated)
    window = (LEAST_ROUNDINGS * float(largest**-ROUNDING), MOST_ORDER)
    rows = []
    for place, own, expected in _groups(simulated, theory):
        if place["graph"] not in EVEN or place["nodes"] != largest:
            continue
        couplings, curves = expected[0]["couplings"], [_orders(curve) for curve in own]
        fits = _complete([growth(couplings, curve, *window) for curve in curves])
        exact = _complete([growth(couplings, row["annealed"], *window) for row in expected])
        points = min(sum(window[0] <= order <= window[1] for order in curve) for curve in curves)
        row = place | {"least_order": window[0], "most_order": window[1], "points": points, "points_needed": FEWEST}
        row |= interval_row("fitted", [fit.exponent for fit in fits] if exact else [])
        row |= {"bias": None, "low": None, "high": None, "fitted_onset": None}
        if row["fitted_low"] is not None:
            row["bias"] = sum(fit.exponent for fit in exact) / len(exact) - MEAN_FIELD
            row["low"], row["high"] = (
                row["fitted_low"] - max(row["bias"], 0.0),
                row["fitted_high"] - min(row["bias"], 0.0),
            )
            row["fitted_onset"] = sum(fit.onset for fit in fits) / len(fits)
        rows.append(row)
    return rows


def entangled_rows(rows: Sequence[Row]) -> list[Row]:
    """Order of the transverse-field Ising chain at each field, with the fitted exponent."""
    return [
        {"field": field, "order": order} | {name: row[name] for name in ("exponent", "exponent_low", "exponent_high")}
        for row in rows
        if "fields" in row
        for field, order in zip(row["fields"], row["order"], strict=True)
    ]


def _groups(simulated: Sequence[Row], theory: Sequence[Row]) -> Iterator[tuple[Row, list[list[Row]], list[Row]]]:
    """Each kind and size: the runs of its replications by coupling, and what theory says of each."""
    for graph, nodes in dict.fromkeys((row["graph"], row["nodes"]) for row in theory):
        curves: dict[int, list[Row]] = {}
        for row in simulated:
            if row["graph"] == graph and row["nodes"] == nodes:
                curves.setdefault(row["replication"], []).append(row)
        expected = [row for row in theory if row["graph"] == graph and row["nodes"] == nodes]
        yield {"graph": graph, "nodes": nodes}, list(curves.values()), expected


def _orders(rows: Sequence[Row]) -> list[float]:
    return [row["order"] for row in rows]


def _relative_error(orders: Sequence[float]) -> float:
    """Of one replication among these."""
    return max(LEAST_ERROR, float(np.std(orders, ddof=1) / np.mean(orders)))


def _settled(rows: Sequence[Row], together: int) -> bool:
    found = interval_row("drift", [row["late"] - row["early"] for row in rows], confidence=1 - MISSED / together)
    still = found["drift_low"] <= 0 <= found["drift_high"]
    return bool(still or abs(found["drift"]) <= MOST_DRIFT * np.mean(_orders(rows)))


def _complete(values: Sequence[Any]) -> list[Any]:
    """All values, or none if one is missing."""
    return [] if any(value is None for value in values) else list(values)
