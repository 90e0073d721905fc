"""What the tables of synchronisation on graphs say of the predictions."""

from __future__ import annotations

from collections.abc import Sequence

from entsched.coherence.graphs.links import GraphKind
from entsched.coherence.graphs.tables import MEAN_FIELD
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: Between the exponents of N in r of unconnected oscillators, -1/2, and of those that synchronise, 0.
HALFWAY = -0.25
#: The fewest nodes of a large network.
LARGE = 1000


def exponents(tables: Tables, quantum: float) -> Finding:
    """Whether r grows above the onset with the exponent of the mean field, or with a quantum one.

    Not supported if all intervals hold 1/2 and not the quantum exponent, supported if all hold that and not 1/2.
    """
    rows, missed = ([row for row in tables["exponents"] if (row["low"] is None) is none] for none in (False, True))
    classical = [_inside(MEAN_FIELD, row) and not _inside(quantum, row) for row in rows]
    other = [_inside(quantum, row) and not _inside(MEAN_FIELD, row) for row in rows]
    verdict = Verdict.NOT_TESTABLE
    if missed:
        verdict = Verdict.NOT_TESTABLE
    elif rows and all(classical):
        verdict = Verdict.NOT_SUPPORTED
    elif rows and all(other):
        verdict = Verdict.SUPPORTED
    figures = [
        f"{row['graph']}, {row['nodes']} nodes: {row['fitted']:.3f} fitted (the same fit to the mean-field curve: "
        f"{MEAN_FIELD + row['bias']:.3f}), interval {row['low']:.3f} to {row['high']:.3f}"
        for row in rows
    ]
    figures += [
        f"{row['graph']}, {row['nodes']} nodes: no fit; it needs {row['points_needed']} couplings with r from "
        f"{row['least_order']:.2f} to {row['most_order']:.2f} in every replication and an onset below them, and the "
        f"fewest are {row['points']}"
        for row in missed
    ]
    return Finding(
        section="2, 5, 6.1",
        prediction="Synchronisation transitions of networks have quantum critical exponents.",
        test="Exponent of the order parameter of Kuramoto oscillators above the onset, on the largest graphs with even "
        f"degrees. Supported if all intervals hold {quantum:g} and not {MEAN_FIELD:g}, not supported if the other way "
        "round.",
        null_hypothesis=f"The classical mean field: exponent {MEAN_FIELD:g}.",
        result="; ".join(figures) or "Not measured: neither small worlds nor random graphs.",
        entangled=f"{_chain(tables)} The exponent that is compared with is {quantum:g}. No graph here is entangled.",
        verdict=verdict,
    )


def dependence(tables: Tables) -> Finding:
    """Whether graphs of one mean degree share one transition: the largest random and scale-free ones.

    Not supported if the intervals of their onsets are disjoint; supported if they overlap, although both together
    are narrower than the distance of the onsets of annealed networks, so that this would have been seen.
    """
    pair = [_largest(tables, kind) for kind in (GraphKind.RANDOM, GraphKind.SCALE_FREE)]
    known = [row for row in pair if row is not None and row["onset"] is not None]
    figures = [
        f"{row['graph']}, {row['nodes']} nodes: {_onset(row)}, annealed theory {_number(row['annealed_onset'])}, "
        f"critical by eigenvalue {row['by_eigenvalue']:.3f}, by degrees {row['by_degrees']:.3f}"
        for row in known
    ]
    return Finding(
        section="2, 6.2",
        prediction="The transition to coherence is universal across large networks.",
        test="Coupling at which r reaches N^(-1/5), over the critical coupling of the mean field, on random and "
        "scale-free graphs of one mean degree and size. Not supported if the intervals are disjoint, supported if they "
        "overlap and are together narrower than the distance that annealed networks have.",
        null_hypothesis="The onset is classical: it depends on the degrees, and comes earlier the more they differ.",
        result="; ".join(figures) or "No onset was reached.",
        entangled="Not applicable: the onset is a property of the graph, and nothing on it is entangled.",
        verdict=_universal([row for row in known if row["onset_low"] is not None]),
    )


def _universal(rows: Sequence[Row]) -> Verdict:
    """Of the onsets of two kinds of graphs; not testable with fewer."""
    if len(rows) < 2:
        return Verdict.NOT_TESTABLE
    one, other = rows
    if one["onset_low"] > other["onset_high"] or other["onset_low"] > one["onset_high"]:
        return Verdict.NOT_SUPPORTED
    if one["annealed_onset"] is None or other["annealed_onset"] is None:
        return Verdict.NOT_TESTABLE
    width = sum(row["onset_high"] - row["onset_low"] for row in rows)
    return Verdict.SUPPORTED if width < abs(one["annealed_onset"] - other["annealed_onset"]) else Verdict.NOT_TESTABLE


def growing(tables: Tables) -> Finding:
    """Whether coherence lasts as networks grow, on all kinds of graphs.

    Not supported if the interval of the exponent of N in r is below -1/4 on some kind, supported if it is above on all,
    up to 1000 nodes at least; kinds whose r still changes in the measured time do not count.
    """
    rows = tables["sizes"]
    settled = [row for row in rows if row["settled"]]
    verdict = Verdict.NOT_TESTABLE
    if any(row["exponent_high"] < HALFWAY for row in settled):
        verdict = Verdict.NOT_SUPPORTED
    elif rows and all(row["settled"] and row["exponent_low"] > HALFWAY and row["most_nodes"] >= LARGE for row in rows):
        verdict = Verdict.SUPPORTED
    figures = [
        f"{row['graph']}: {row['exponent']:.3f} ({row['exponent_low']:.3f} to {row['exponent_high']:.3f})"
        + ("" if row["settled"] else ", r still changes")
        for row in rows
    ]
    return Finding(
        section="2, 5",
        prediction="Large networks are coherent: order lasts as they grow.",
        test="Exponent of N in r at the strongest coupling, on each kind of graph. Supported if all intervals are "
        f"above {HALFWAY:g}, halfway to independent oscillators, and reach {LARGE} nodes, not supported if one is "
        "below; r must have settled.",
        null_hypothesis="On a ring order has a finite reach: r falls like that of independent groups, exponent -1/2.",
        result="; ".join(figures) or "One size only.",
        entangled="Not applicable: on graphs with short paths order lasts as well, without any entanglement.",
        verdict=verdict,
    )


def _chain(tables: Tables) -> str:
    rows = tables["entangled"]
    one = rows[0]
    return (
        f"Transverse-field Ising chain, computed here at {len(rows)} fields from {one['field']:g} to "
        f"{rows[-1]['field']:g}, in its entangled ground state: exponent {one['exponent']:.4f} "
        f"({one['exponent_low']:.4f} to {one['exponent_high']:.4f})."
    )


def _inside(value: float, row: Row) -> bool:
    return bool(row["low"] <= value <= row["high"])


def _largest(tables: Tables, kind: GraphKind) -> Row | None:
    own = [row for row in tables["onsets"] if row["graph"] == kind]
    return max(own, key=lambda row: int(row["nodes"]), default=None)


def _onset(row: Row) -> str:
    if row["onset_low"] is None:
        return f"{row['onset']:.3f}, not resolved (its interval leaves the couplings)"
    return f"{row['onset']:.3f} ({row['onset_low']:.3f} to {row['onset_high']:.3f})"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
