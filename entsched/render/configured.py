"""In plain sentences, what the pairs of a configuration are worth, whether talking is better, and what shows it."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

#: Units of time, each with its size and from where on it is used, seconds.
TIMES = {
    "years": (31_557_600.0, 63_115_200.0),
    "days": (86_400.0, 172_800.0),
    "h": (3600.0, 3600.0),
    "min": (60.0, 60.0),
    "s": (1.0, 0.1),
    "ms": (1e-3, 1e-4),
    "µs": (1e-6, 0.0),
}


def sentences(row: Row) -> list[str]:
    """The sentences about the row of the table ``configured``.

    Parameters
    ----------
    row : as :func:`entsched.envelope.tables.tables` makes it
    """
    return [_waits(row), *_talking(row), *_proof(row)]


def number(value: float, digits: int = 3) -> str:
    """A number to some digits, without an exponent.

    Examples
    --------
    >>> number(40435.2), number(0.000034, digits=2)
    ('40,400', '0.000034')
    """
    return format(Decimal(f"{value:.{digits}g}"), ",f")


def duration(seconds: float, digits: int = 3) -> str:
    """A duration in the unit that fits.

    Examples
    --------
    >>> [duration(seconds, 2) for seconds in (1.2e-4, 0.2, 2820.0, 15840.0, 181440.0)]
    ['0.12 ms', '0.2 s', '47 min', '4.4 h', '2.1 days']
    """
    unit, size = next((unit, size) for unit, (size, least) in TIMES.items() if seconds >= least)
    return f"{number(seconds / size, digits)} {unit}"


def _waits(row: Row) -> str:
    begun = f"As configured ({_resource(row)}), at p = {row['splitting']:g}: "
    if not row["strict"]:
        wait = f"{row['classical_wait_s']:.4g} s"
        return (
            f"{begun}these pairs do not help, entangled routing waits as long as classical routing, {wait} on average."
        )
    decimals = min(12, max(3, 1 - math.floor(math.log10(row["advantage_s"]))))
    entangled, classical = (f"{row[f'{name}_wait_s']:.{decimals}f} s" for name in ("entangled", "classical"))
    share = number(100 * row["relative_advantage"], 2)
    return (
        f"{begun}entangled routing waits {entangled} on average, classical routing at least {classical}; "
        f"the pairs save {share} % of that."
    )


def _resource(row: Row) -> str:
    """Where the pairs come from, how many and how good they are, and how many are kept."""
    rate, visibility, slots = row["pair_rate_hz"], row["visibility"], row["slots"]
    parts = [
        "pairs on demand" if rate is None else f"{number(rate)} pairs/s",
        f"fidelity {row['fidelity']:.3g}" if visibility is None else f"visibility {visibility:.3g}",
        *([] if slots is None else [f"{slots} slot{'s' if slots > 1 else ''}"]),
    ]
    if row["node"] is None:
        return ", ".join(parts)
    segments = f" in {row['segments']} segments" if row["segments"] > 1 else ""
    satellite = " by satellite" if row["medium"] == "satellite" else ""
    return f"{row['node']} over {number(row['distance_km'])} km{satellite}{segments}: {', '.join(parts)}"


def _talking(row: Row) -> list[str]:
    """How routers fare that tell each other everything first, if it is known how long that takes."""
    one_way_s = row["one_way_s"]
    if one_way_s is None:
        return []
    over = "" if row["talking_km"] is None else f" over {number(row['talking_km'])} km"
    begun = f"Talking{over} takes {duration(one_way_s)}: those routers wait {row['talking_wait_s']:.4g} s, "
    if row["strict"]:
        classical = f"classical routing from {duration(row['classical_break_even_s'])} on"
        end = f"Entangled routing beats them {_from(row, 'entangled')}, {classical}."
    else:
        end = f"Classical routing beats them {_from(row, 'classical')}."
    return [f"{begun}{_verdict(row)}. {end}"]


def _verdict(row: Row) -> str:
    beats_entangled, beats_classical = (
        row["one_way_s"] < row[f"{name}_break_even_s"] for name in ("entangled", "classical")
    )
    if not row["strict"]:
        return "less: here talking wins" if beats_classical else "no less: here talking gains nothing"
    if beats_entangled:
        return "less than either: here talking wins"
    if beats_classical:
        return "less than with classical but not than with entangled routing: here entangled routing wins"
    return "no less than either: here entangled routing wins"


def _from(row: Row, name: str) -> str:
    latency_s = row[f"{name}_break_even_s"]
    if latency_s == 0:
        return "at any latency"
    return f"from a latency of {duration(latency_s)} ({number(row[f'{name}_break_even_km'])} km of fibre) on"


def _proof(row: Row) -> list[str]:
    """What it takes to show by the routing itself that the pairs are entangled, and what that does not show."""
    if not row["strict"]:
        return []
    effort = "more than a thousand million requests with a pair"
    if row["rounds_routing"] is not None:
        effort = f"{row['rounds_routing']:,} requests with a pair, {duration(row['certify_s'], 2)},"
    return [
        f"A violation of the routing game's local bound by these pairs takes {effort} at significance "
        f"{row['significance']:g} and power {row['power']:g}; that certifies the pairs, not the shorter wait."
    ]
