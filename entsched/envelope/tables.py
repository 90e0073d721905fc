"""The tables of an envelope, from its places and the rows of their tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from entsched.envelope.places import Place, Setting
from entsched.envelope.talking import beside_talking, break_even_s
from entsched.tasks import Row

#: The tables, in the order in which they are shown.
TABLES = (
    "configured",
    "visibility",
    "critical",
    "rate_memory",
    "presets_placed",
    "distance",
    "error_budget",
    "latency",
    "break_even",
    "envelope",
)


def tables(setting: Setting, places: Iterable[Place], rows: Mapping[str, Row]) -> dict[str, list[Row]]:
    """The resource as configured, and all tables that the grids ask for; rows of tasks that failed are left out.

    Parameters
    ----------
    rows : of the tasks, by key
    """
    made: dict[str, list[Row]] = {name: [] for name in TABLES}
    for place in places:
        if place.task is None:
            made[place.table].append(place.coordinates | {"problem": place.problem})
            continue
        row = rows.get(place.task.key)
        if row is None:
            continue
        if place.table == "configured":
            talking = beside_talking(row, place.coordinates["one_way_s"], setting.communication)
            made["configured"].append(place.coordinates | row | talking)
        elif place.table == "latency":
            made["latency"] += _latencies(setting, row)
        elif place.coordinates.get("quantity") == "latency_s":
            made["envelope"].append(place.coordinates | critical_latency(row, setting.envelope.target))
        else:
            made[place.table].append(place.coordinates | row)
        if place.table == "visibility":
            made["break_even"].append(_break_even(setting, place, row))
    return {name: found for name, found in made.items() if found}


def critical_latency(row: Row, target: float) -> Row:
    """From which latency on entangled routing beats routers that tell each other everything first, seconds.

    Those wait W + latency, with the W of full information; entangled ones decide at once. ``target_from`` is where
    entangled routing is shorter by the target, relative to those that communicate; None if pairs are worth nothing, as
    then any routers that decide at once do as well.

    Examples
    --------
    >>> waits = {"entangled_wait_s": 1.5, "full_information_wait_s": 1.2, "strict": True}
    >>> {name: round(value, 9) for name, value in critical_latency(waits, 0.25).items()}
    {'strict_from': 0.3, 'target_from': 0.8}
    """
    if not row["strict"]:
        return {"strict_from": None, "target_from": None}
    entangled_s, informed_s = row["entangled_wait_s"], row["full_information_wait_s"]
    return {
        "strict_from": break_even_s(entangled_s, informed_s),
        "target_from": break_even_s(entangled_s / (1 - target), informed_s),
    }


def _latencies(setting: Setting, row: Row) -> list[Row]:
    """The mean wait of three ways to decide, for each latency between the routers."""
    latency_from_s = break_even_s(row["entangled_wait_s"], row["full_information_wait_s"])
    return [
        {
            "splitting": setting.splitting,
            "latency_s": latency_s,
            "fibre_km": setting.communication.length_km(latency_s),
            "classical_wait_s": row["classical_wait_s"],
            "entangled_wait_s": row["entangled_wait_s"],
            "communicating_wait_s": row["full_information_wait_s"] + latency_s,
            "break_even_s": latency_from_s,
        }
        for latency_s in setting.envelope.latency_s or ()
    ]


def _break_even(setting: Setting, place: Place, row: Row) -> Row:
    """The latency at which telling each other everything takes as long as it saves."""
    latency_s = break_even_s(row["entangled_wait_s"], row["full_information_wait_s"])
    return {
        **place.coordinates,
        "break_even_s": latency_s,
        "break_even_km": setting.communication.length_km(latency_s),
        "strict": row["strict"],
    }
