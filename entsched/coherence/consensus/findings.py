"""What faults of replicated logs say of the prediction that their nodes are protected like entangled states."""

from __future__ import annotations

from collections.abc import Sequence

from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: The attack that counting says must succeed from f + 1 liars on.
ATTACK = "equivocating"

#: A surplus of service over what had a quorum below this is no surplus.
LEAST_SURPLUS = 0.01

ENTANGLED = (
    "a quantum code mends errors without reading what it protects, and what it protects cannot be copied; "
    "part redundancy measures its thresholds"
)


def safety(tables: Tables) -> Finding:
    """Supported only if a log stays safe with so many liars that two quorums may meet in liars alone."""
    below = [row for row in tables["liars"] if row["liars"] < row["breaking"]]
    above = [row for row in tables["liars"] if row["liars"] >= row["breaking"] and row["lies"] == ATTACK]
    sizes = sorted({row["nodes"] for row in above})
    broken = {nodes: sum(row["violations"] for row in above if row["nodes"] == nodes) for nodes in sizes}
    beyond = bool(sizes) and not any(broken.values()) and _violations(below) == 0
    crashes = tables["faults"]
    attacked = ", ".join(
        f"{row['broken'] * row['runs']:.0f} of {row['runs']} runs with {row['liars']} liars among {row['nodes']} nodes "
        f"({row['broken']:.2f}, {row['broken_low']:.2f} to {row['broken_high']:.2f})"
        for row in above
    )
    return Finding(
        section="3, 4",
        prediction="Agreement of many nodes is protected against faults as an entangled state is by a quantum code.",
        test="Commits of all honest nodes are compared at every index, with crashes, loss and partitions, and with 0 "
        "to f + 1 liars among 3f + 1 nodes.",
        null_hypothesis="Counting: two quorums of q among n nodes share 2q - n, so safety holds with fewer liars, and "
        "with as many an attack breaks it.",
        result=f"{_violations(crashes)} violations in {_entries(crashes)} entries under crashes, loss and partitions; "
        f"{_violations(below)} in {_entries(below)} with fewer than 2q - n liars; with 2q - n equivocating liars "
        f"safety was lost in {attacked or 'no run, since none was made'}.",
        entangled=ENTANGLED,
        verdict=Verdict.SUPPORTED if beyond else Verdict.NOT_SUPPORTED,
    )


def availability(tables: Tables) -> Finding:
    """Supported only if commands are served that never had a quorum, beyond what is left to chance."""
    cells = [row for row in tables["faults"] if row["surplus_low"] is not None]
    beyond = [row for row in cells if row["surplus_low"] > LEAST_SURPLUS]
    largest = max(cells, key=lambda row: row["surplus"], default=None)
    crashes = [row for row in tables["faults"] if row["fault"] == "down" and row["served_low"] is not None]
    last = max(crashes, key=lambda row: (row["level"], row["nodes"]), default=None)
    result = (
        "no cell has enough runs"
        if largest is None
        else f"at most {_words(largest, 'surplus')} more commands were served than had a quorum "
        f"({len(beyond)} of {len(cells)} cells above {LEAST_SURPLUS:g})"
    )
    if last is not None:
        result += (
            f"; with each of {last['nodes']} nodes down {last['level']:g} of the time {_words(last, 'served')} were "
            f"served and {_words(last, 'reachable')} had a majority within a second; one is up "
            f"{last['majority_up']:.3f} of the time"
        )
    return Finding(
        section="4",
        prediction="Redundancy keeps a network coherent under losses by more than independent copies explain.",
        test="Commands committed within a second, against those for which a majority was up and connected within it.",
        null_hypothesis="Nothing is committed without a majority; how often there is one follows the binomial law.",
        result=f"{result}.",
        entangled=ENTANGLED,
        verdict=Verdict.SUPPORTED if beyond else Verdict.NOT_SUPPORTED,
    )


def _violations(rows: Sequence[Row]) -> int:
    return int(sum(row["violations"] for row in rows))


def _entries(rows: Sequence[Row]) -> int:
    return int(sum(row["entries"] for row in rows))


def _words(row: Row, name: str) -> str:
    return f"{row[name]:.3f} ({row[f'{name}_low']:.3f} to {row[f'{name}_high']:.3f})"
