"""Tables of the part on redundancy: failures against physical errors, codes, losses and crossings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import comb

import numpy as np

from entsched.coherence.redundancy.crossing import crossing, rate
from entsched.coherence.redundancy.pauli_codes import Failures, pseudo_threshold
from entsched.coherence.redundancy.quorum import most_losses
from entsched.tasks import Row

#: Points of an exact curve, and where curves begin and end.
CURVE = np.geomspace(1e-3, 0.5, 61)

#: The kinds of tasks that say what is left after losses.
LOSING = ("coherence-losses", "coherence-pauli", "coherence-reads")


def simulated(rows: Sequence[Row]) -> list[Row]:
    """Failures of each series at each physical error, with intervals, and the exact probability where there is one."""
    return [_point(row) for row in rows if "failures" in row]


def codes(rows: Sequence[Row]) -> list[Row]:
    """One row for each code and kind of noise: pseudo-threshold, losses, and both Singleton bounds.

    ``most_losses`` are restored whichever nodes they are, distance less 1; ``singleton_slack`` is n - k less that, and
    ``quantum_slack`` n - k less twice that, which no quantum code has below 0.
    """
    kept = _always_restored(losses(rows))
    found = {_series(row, noise): _code(row, noise, failing) for row in rows for noise, failing in _failing(row)}
    for series, row in found.items():
        lost = kept.get(series)
        if lost is not None:
            spare = row["n"] - row["k"]
            row |= {"most_losses": lost, "singleton_slack": spare - lost, "quantum_slack": spare - 2 * lost}
    return list(found.values())


def exact(rows: Sequence[Row]) -> list[Row]:
    """The curve of each code whose probability to fail is a polynomial of the physical error."""
    curves = {_series(row, noise): (row, failing) for row in rows for noise, failing in _failing(row)}
    return [
        {"series": series, "class": _class(row), "error": float(error), "logical": failing.probability(float(error))}
        for series, (row, failing) in curves.items()
        for error in CURVE
    ]


def losses(rows: Sequence[Row]) -> list[Row]:
    """The share of sets of lost nodes that each code restores; sampled sets have an interval."""
    by_series = {_series(row, "depolarising"): row for row in rows if row["kind"] in LOSING}
    return [entry for series, row in by_series.items() for entry in _restored(series, row)]


def crossings(rows: Sequence[Row]) -> list[Row]:
    """Where surface codes of neighbouring distances fail equally often, for each kind of noise."""
    found: list[Row] = []
    surface = [row for row in rows if row["kind"] == "coherence-surface"]
    for noise in dict.fromkeys(row["noise"] for row in surface):
        by = {(row["distance"], row["error"]): row for row in surface if row["noise"] == noise}
        distances, errors = (sorted({key[place] for key in by}) for place in (0, 1))
        for small, large in pairwise(distances):
            counts = [[by[distance, error]["failures"] for error in errors] for distance in (small, large)]
            met = crossing(errors, counts[0], counts[1], by[small, errors[0]]["shots"])
            if met is not None:
                found.append({"noise": noise, "small": small, "large": large, **met._asdict()})
    return found


def _point(row: Row) -> Row:
    share = rate(row["failures"], row["shots"])
    place = {"series": _series(row, "flips"), "class": _class(row), "error": row["error"]}
    known = next((failing.probability(row["error"]) for _, failing in _failing(row)), None)
    ends = {"logical": share.value, "low": share.low, "high": share.high, "exact": known}
    away = {"unavailable": row["unavailable"]} if "unavailable" in row else {}
    return place | ends | {"failures": row["failures"], "shots": row["shots"]} | away


def _series(row: Row, noise: str) -> str:
    match row["kind"]:
        case "coherence-words" | "coherence-losses":
            return f"Reed-Solomon ({row['n']}, {row['k']})"
        case "coherence-reads":
            return f"majority of {row['replicas']}"
        case "coherence-surface":
            return f"surface d = {row['distance']}" + (", circuit noise" if row["noise"] == "circuit" else "")
        case _:
            return row["code"] + (", flips only" if noise == "flips" else "")


def _class(row: Row) -> str:
    return "quantum" if row["kind"] in ("coherence-pauli", "coherence-surface") else "classical"


def _failing(row: Row) -> Iterator[tuple[str, Failures]]:
    """The exact failures by kind of noise; decoders of classical codes mend half as many errors as losses."""
    if row["kind"] == "coherence-pauli":
        yield "depolarising", Failures(tuple(row["depolarising"]), 3)
        if row["code"].startswith("repetition"):
            yield "flips", Failures(tuple(row["flips"]), 1)
    elif row["kind"] in ("coherence-words", "coherence-reads"):
        n, k = (row["n"], row["k"]) if "n" in row else (row["replicas"], 1)
        yield "flips", Failures(tuple(comb(n, w) if w > (n - k) // 2 else 0 for w in range(n + 1)), 1)


def _code(row: Row, noise: str, failing: Failures) -> Row:
    n, k = (row["n"], row["k"]) if "n" in row else (row["replicas"], 1)
    place = {"series": _series(row, noise), "class": _class(row), "n": n, "k": k}
    return place | {"pseudo_threshold": pseudo_threshold(failing)}


def _always_restored(shares: Sequence[Row]) -> dict[str, int]:
    """The most losses that each code restores whichever nodes they are."""
    first_loss: dict[str, int] = {}
    for row in shares:
        if row["restored"] < 1:
            first_loss.setdefault(row["series"], row["lost"])
    return {series: lost - 1 for series, lost in first_loss.items()}


def _restored(series: str, row: Row) -> Iterator[Row]:
    """The rows of one code; a quorum restores what leaves one that meets every other."""
    if row["kind"] == "coherence-losses":
        pairs = list(zip(row["restored"], row["tried"], strict=True))
        whole = [comb(row["n"], lost) == tried for lost, (_, tried) in enumerate(pairs)]
        ends = [
            (good / tried,) * 3 if every else tuple(rate(good, tried))
            for (good, tried), every in zip(pairs, whole, strict=True)
        ]
    elif row["kind"] == "coherence-pauli":
        ends = [(1 - share,) * 3 for share in row["lost_share"]]
    else:
        kept = most_losses(row["replicas"])
        ends = [(float(lost <= kept),) * 3 for lost in range(row["replicas"] + 1)]
    n = len(ends) - 1
    for lost, (share, low, high) in enumerate(ends):
        place: Row = {"series": series, "class": _class(row), "n": n, "lost": lost, "lost_share": lost / n}
        yield place | {"restored": share, "low": low, "high": high}
