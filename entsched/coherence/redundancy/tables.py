"""Tables of the part on redundancy: failures against physical errors, codes, losses and crossings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import comb

import numpy as np

from entsched.coherence.redundancy.crossing import crossing, rate
from entsched.coherence.redundancy.pauli_codes import Failures, failures, pseudo_threshold
from entsched.coherence.redundancy.quorum import most_losses
from entsched.tasks import Row

#: Points of an exact curve, and where curves begin, or at the first simulated error, and end.
CURVE, FIRST, LAST = 121, 1e-3, 0.5

#: The kinds of tasks that say what is left after losses.
LOSING = ("coherence-losses", "coherence-pauli", "coherence-reads")


def simulated(rows: Sequence[Row]) -> list[Row]:
    """Failures of each series at each physical error, with intervals, and the exact probability where there is one."""
    return [_point(row) for row in rows if "failures" in row]


def codes(rows: Sequence[Row]) -> list[Row]:
    """One row for each code and kind of noise: pseudo-threshold, losses, and both Singleton bounds.

    ``most_losses`` are restored in all sets of so many lost nodes that were tried, ``every_set`` or a sample;
    ``singleton_slack`` is n - k less that, and ``quantum_slack`` n - k less twice that, which no quantum code has below
    0.
    """
    kept = _always_restored(losses(rows))
    found = [
        {"series": series, "class": _class(row), "n": _size(row), "k": row.get("k", 1)}
        | {"pseudo_threshold": pseudo_threshold(failing)}
        for series, (row, failing) in _polynomials(rows).items()
    ]
    for row in found:
        series = row["series"]
        if series in kept:
            lost, spare = kept[series]["lost"], row["n"] - row["k"]
            row |= {"most_losses": lost, "singleton_slack": spare - lost, "quantum_slack": spare - 2 * lost}
            row |= {name: kept[series][name] for name in ("every_set", "sets_tried")}
    return found


def exact(rows: Sequence[Row]) -> list[Row]:
    """The curve of each code whose probability to fail is a polynomial of the physical error."""
    simulated_at = [row["error"] for row in rows if "error" in row and row["kind"] != "coherence-surface"]
    errors = np.geomspace(min([FIRST, *simulated_at]), LAST, CURVE)
    return [
        {"series": series, "class": _class(row), "error": float(error), "logical": failing.probability(float(error))}
        for series, (row, failing) in _polynomials(rows).items()
        for error in errors
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
    law = failures(row["code"], "depolarising") if "code" in row else next((law for _, law in _failing(row)), None)
    known = None if law is None else law.probability(row["error"])
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
        case "coherence-pauli-words":
            return str(row["code"])
        case _:
            return row["code"] + (", flips only" if noise == "flips" else "")


def _class(row: Row) -> str:
    return "quantum" if row["kind"].startswith(("coherence-pauli", "coherence-surface")) else "classical"


def _failing(row: Row) -> Iterator[tuple[str, Failures]]:
    """The exact failures by kind of noise; decoders of classical codes mend half as many errors as losses."""
    if row["kind"] == "coherence-pauli":
        yield "depolarising", Failures(tuple(row["depolarising"]), 3)
        if row["code"].startswith("repetition"):
            yield "flips", Failures(tuple(row["flips"]), 1)
    elif row["kind"] in ("coherence-words", "coherence-reads"):
        n, mended = _size(row), (_size(row) - row.get("k", 1)) // 2
        yield "flips", Failures(tuple(comb(n, w) if w > mended else 0 for w in range(n + 1)), 1)


def _polynomials(rows: Sequence[Row]) -> dict[str, tuple[Row, Failures]]:
    """The exact failures of each series, with one row of it."""
    found: dict[str, tuple[Row, Failures]] = {}
    for row in rows:
        for noise, failing in _failing(row):
            found.setdefault(_series(row, noise), (row, failing))
    return found


def _size(row: Row) -> int:
    """The nodes or qubits of a code."""
    return int(row["n"] if "n" in row else row["replicas"])


def _always_restored(shares: Sequence[Row]) -> dict[str, Row]:
    """The row of the most losses that each code restores in all sets that were tried."""
    found: dict[str, Row] = {}
    fails: set[str] = set()
    for row in shares:
        if row["restored"] < 1:
            fails.add(row["series"])
        elif row["series"] not in fails:
            found[row["series"]] = row
    return found


def _restored(series: str, row: Row) -> Iterator[Row]:
    """The rows of one code; a quorum restores what leaves one that meets every other."""
    n = _size(row)
    sets = [comb(n, lost) for lost in range(n + 1)]
    tried = row.get("tried", sets)
    if row["kind"] == "coherence-losses":
        shares = [good / count for good, count in zip(row["restored"], tried, strict=True)]
    elif row["kind"] == "coherence-pauli":
        shares = [1 - share for share in row["lost_share"]]
    else:
        shares = [float(lost <= most_losses(n)) for lost in range(n + 1)]
    for lost, share in enumerate(shares):
        every = tried[lost] == sets[lost]
        ends = (share, share) if every else rate(row["restored"][lost], tried[lost])[1:]
        place: Row = {"series": series, "class": _class(row), "n": n, "lost": lost, "lost_share": lost / n}
        yield (
            place
            | {"restored": share, "low": ends[0], "high": ends[1]}
            | {"every_set": every, "sets_tried": tried[lost]}
        )
