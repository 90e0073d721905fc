"""What the tables of synchronisation on graphs say of the predictions."""

from __future__ import annotations

from entsched.coherence.oscillators.graph_tables import MEAN_FIELD
from entsched.coherence.oscillators.graphs import GraphKind
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: The exponent of N in r of unconnected oscillators, and of those that synchronise.
INCOHERENT, COHERENT = -0.5, 0.0


def exponents(tables: Tables, quantum: float) -> Finding:
    """Whether r grows above the onset with the exponent of the mean field, or with a quantum one.

    Not supported if all intervals hold 1/2 and not the quantum exponent, supported if all hold that and not 1/2.
    """
    rows = tables["exponents"]
    classical = [_inside(MEAN_FIELD, row, "") and not _inside(quantum, row, "") for row in rows]
    other = [_inside(quantum, row, "") and not _inside(MEAN_FIELD, row, "") for row in rows]
    verdict = Verdict.NOT_TESTABLE
    if rows and all(classical):
        verdict = Verdict.NOT_SUPPORTED
    elif rows and all(other):
        verdict = Verdict.SUPPORTED
    figures = [
        f"{row['graph']}, {row['nodes']} nodes: {row['fitted']:.3f} fitted (the same fit to the mean-field curve: "
        f"{MEAN_FIELD + row['bias']:.3f}), interval {row['low']:.3f} to {row['high']:.3f}"
        for row in rows
    ]
    return Finding(
        section="2, 5, 6.1",
        prediction="Synchronisation transitions of networks have quantum critical exponents.",
        test="Exponent of the order parameter of Kuramoto oscillators above the onset, on graphs with even degrees.",
        null_hypothesis=f"The classical mean field: exponent {MEAN_FIELD:g}.",
        result="; ".join(figures) or "No curve has enough points above its onset.",
        entangled=f"The exponent that stands for a quantum transition is {quantum:g}; 1/8 is that of the "
        "transverse-field Ising chain, whose ground state is entangled. No graph here is.",
        verdict=verdict,
    )


def dependence(tables: Tables) -> Finding:
    """Whether graphs of one mean degree share one transition.

    Not supported if the intervals of the onsets of the largest random and scale-free graphs are disjoint.
    """
    even, uneven = (_largest(tables, kind) for kind in (GraphKind.RANDOM, GraphKind.SCALE_FREE))
    known = [row for row in (even, uneven) if row is not None and row["onset"] is not None]
    apart = len(known) > 1 and not (
        known[0]["onset_low"] <= known[1]["onset_high"] and known[1]["onset_low"] <= known[0]["onset_high"]
    )
    figures = [
        f"{row['graph']}, {row['nodes']} nodes: {_onset(row)}, annealed theory {_number(row['annealed_onset'])}, "
        f"critical by eigenvalue {row['by_eigenvalue']:.3f}, by degrees {row['by_degrees']:.3f}"
        for row in known
    ]
    return Finding(
        section="2, 6.2",
        prediction="The transition to coherence is universal across large networks.",
        test="Coupling at which r reaches N^(-1/5), over the critical coupling of the mean field, at one mean degree.",
        null_hypothesis="The onset is classical: it depends on the degrees, and comes earlier the more they differ.",
        result="; ".join(figures) or "No onset was reached.",
        entangled="Not applicable: the onset is a property of the graph, and nothing on it is entangled.",
        verdict=Verdict.NOT_SUPPORTED if apart else Verdict.NOT_TESTABLE,
    )


def growing(tables: Tables) -> Finding:
    """Whether coherence lasts as networks grow, on a ring.

    Supported if the interval of the exponent of N in r holds 0 and not -1/2, not supported if the other way round.
    """
    rows = {row["graph"]: row for row in tables["sizes"]}
    ring = rows.get(GraphKind.RING)
    verdict = Verdict.NOT_TESTABLE
    if ring is not None:
        lasts, fades = (_inside(value, ring, "exponent_") for value in (COHERENT, INCOHERENT))
        verdict = Verdict.NOT_TESTABLE if lasts == fades else Verdict.SUPPORTED if lasts else Verdict.NOT_SUPPORTED
    figures = [
        f"{row['graph']}: {row['exponent']:.3f} ({row['exponent_low']:.3f} to {row['exponent_high']:.3f})"
        for row in rows.values()
    ]
    return Finding(
        section="2, 5",
        prediction="Large networks are coherent: order lasts as they grow.",
        test="Exponent of N in r at the strongest coupling; the verdict is on the ring.",
        null_hypothesis="On a ring order has a finite reach: r falls like that of independent groups, exponent -1/2.",
        result="; ".join(figures) or "One size only.",
        entangled="Not applicable: on graphs with short paths order lasts as well, without any entanglement.",
        verdict=verdict,
    )


def _inside(value: float, row: Row, name: str) -> bool:
    return bool(row[f"{name}low"] <= value <= row[f"{name}high"])


def _largest(tables: Tables, kind: GraphKind) -> Row | None:
    own = [row for row in tables["onsets"] if row["graph"] == kind]
    return max(own, key=lambda row: int(row["nodes"]), default=None)


def _onset(row: Row) -> str:
    return f"{row['onset']:.3f} ({row['onset_low']:.3f} to {row['onset_high']:.3f})"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
