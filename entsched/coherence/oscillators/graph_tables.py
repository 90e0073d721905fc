"""Tables of synchronisation on graphs: order parameters, onsets, powers of the size, exponents of growth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from entsched.coherence.fits import power_law
from entsched.coherence.oscillators.graphs import GraphKind
from entsched.coherence.oscillators.onsets import ROUNDING, growth, interval_row, reached
from entsched.tasks import Row

#: Graphs whose degrees hardly differ: their transition has one exponent.
EVEN = (GraphKind.SMALL_WORLD, GraphKind.RANDOM)

#: The window of r in which growth is fitted: so many times N^-ROUNDING, and a number.
LEAST_ROUNDINGS, MOST_ORDER = 1.5, 0.75
#: The exponent of growth in the mean field.
MEAN_FIELD = 0.5
#: The fewest sizes that a power of the size is fitted to.
FEWEST_SIZES = 2


def order_rows(simulated: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """Mean r with its interval at each coupling, and that of the annealed network."""
    rows = []
    for place, own, expected in _groups(simulated, theory):
        for index, coupling in enumerate(expected[0]["couplings"]):
            found = interval_row("order", [curve[index] for curve in own])
            annealed = sum(row["annealed"][index] for row in expected) / len(expected)
            rows.append(place | {"coupling": coupling} | found | {"annealed": annealed, "replications": len(own)})
    return rows


def onset_rows(simulated: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """The coupling at which r reaches N^(-1/5), measured, of the annealed network, and critical couplings.

    Nothing is measured where a replication does not reach it.
    """
    rows = []
    for place, own, expected in _groups(simulated, theory):
        level = float(place["nodes"] ** -ROUNDING)
        couplings = expected[0]["couplings"]
        measured = _complete([reached(couplings, curve, level) for curve in own])
        annealed = _complete([reached(couplings, row["annealed"], level) for row in expected])
        row = place | {"level": level} | interval_row("onset", measured)
        row["annealed_onset"] = sum(annealed) / len(annealed) if annealed else None
        for name in ("by_eigenvalue", "by_degrees", "mean", "mean_square", "largest_eigenvalue"):
            row[name] = sum(one[name] for one in expected) / len(expected)
        rows.append(row)
    return rows


def size_rows(simulated: Sequence[Row]) -> list[Row]:
    """The exponent of N in r of each kind of graph at the strongest coupling."""
    coupling = max(row["coupling"] for row in simulated)
    rows = []
    for graph in dict.fromkeys(row["graph"] for row in simulated):
        own = [row for row in simulated if row["graph"] == graph and row["coupling"] == coupling]
        sizes = [row["nodes"] for row in own]
        if len(set(sizes)) >= FEWEST_SIZES and len(sizes) > FEWEST_SIZES:
            fit = power_law(sizes, [row["order"] for row in own])
            ends = {"exponent": fit.exponent, "exponent_low": fit.low, "exponent_high": fit.high}
            rows.append({"graph": graph, "coupling": coupling} | ends)
    return rows


def exponent_rows(simulated: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """The exponent of r above the onset in the largest graphs with even degrees.

    Each replication is fitted with its own onset. The same fit to the curve of the annealed network, whose exponent is
    1/2, misses that by ``bias``: the interval is widened by it, towards the side where the truth then lies.
    """
    largest = max(row["nodes"] for row in simulated)
    rows = []
    for place, own, expected in _groups(simulated, theory):
        if place["graph"] not in EVEN or place["nodes"] != largest:
            continue
        couplings = expected[0]["couplings"]
        window = (LEAST_ROUNDINGS * largest**-ROUNDING, MOST_ORDER)
        fits = _complete([growth(couplings, curve, *window) for curve in own])
        exact = _complete([growth(couplings, row["annealed"], *window) for row in expected])
        if fits and exact:
            bias = sum(fit.exponent for fit in exact) / len(exact) - MEAN_FIELD
            found = interval_row("fitted", [fit.exponent for fit in fits])
            ends = {"low": found["fitted_low"] - max(bias, 0.0), "high": found["fitted_high"] - min(bias, 0.0)}
            onset = sum(fit.onset for fit in fits) / len(fits)
            window_row = {"least_order": window[0], "most_order": window[1]}
            rows.append(place | found | {"bias": bias} | ends | {"fitted_onset": onset} | window_row)
    return rows


def _groups(simulated: Sequence[Row], theory: Sequence[Row]) -> Iterator[tuple[Row, list[list[float]], list[Row]]]:
    """Each kind and size: curves of r of its replications, and what theory says of each."""
    for graph, nodes in dict.fromkeys((row["graph"], row["nodes"]) for row in theory):
        curves: dict[int, list[float]] = {}
        for row in simulated:
            if row["graph"] == graph and row["nodes"] == nodes:
                curves.setdefault(row["replication"], []).append(row["order"])
        expected = [row for row in theory if row["graph"] == graph and row["nodes"] == nodes]
        yield {"graph": graph, "nodes": nodes}, list(curves.values()), expected


def _complete(values: Sequence[Any]) -> list[Any]:
    """All values, or none if one is missing."""
    return [] if any(value is None for value in values) else list(values)
