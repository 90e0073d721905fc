"""What the tables of redundancy say of the draft's section 4, by rules on their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import binomtest

from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: Points of one series are compared with their exact probability at this level, shared between all of them.
LEVEL = 0.01

#: Quantum codes that mend bit flips and phase flips.
BOTH_KINDS = ("five-qubit", "Steane", "surface 3")


def suppression(tables: Tables) -> Finding:
    """Supported if classical and quantum codes have a threshold, and the simulated classical ones obey counting."""
    codes, points = tables["codes"], [row for row in tables["simulated"] if row["exact"] is not None]
    helped = {
        kind: [row for row in codes if row["class"] == kind and row["pseudo_threshold"] is not None]
        for kind in ("classical", "quantum")
    }
    off = sum(_is_off(row, len(points)) for row in points)
    crossings = "; ".join(
        f"surface codes of distance {row['small']} and {row['large']} ({row['noise']}) cross at "
        f"{row['value']:.4g} [{row['low']:.4g}, {row['high']:.4g}]"
        for row in tables["crossings"]
    )
    result = (
        f"pseudo-thresholds, where a word fails as often as one node: {_thresholds(helped['classical'])}; "
        f"{len(points) - off} of {len(points)} simulated points agree with the binomial law (joint level {LEVEL:g})"
    )
    return Finding(
        section="4",
        prediction="Redundancy in networks suppresses errors below a threshold, as quantum error correction does.",
        test="failures of Reed-Solomon words and majority reads, with real decoders, against the error of one node",
        null_hypothesis="independent errors are counted: a code fails when more than half of what it may lose is wrong",
        result=result,
        entangled=f"exact pseudo-thresholds: {_thresholds(helped['quantum'])}; {crossings or 'no crossing measured'}",
        verdict=_verdict(bool(helped["classical"]) and bool(helped["quantum"]) and off == 0),
    )


def transplanted(tables: Tables) -> Finding:
    """Supported if the classical repetition code also protects a qubit under depolarising noise."""
    codes = {row["series"]: row for row in tables["codes"]}
    flips, all_kinds = codes["repetition 3, flips only"], codes["repetition 3"]
    curve = [row for row in tables["exact"] if row["series"] == "repetition 3"]
    ratio = curve[0]["logical"] / curve[0]["error"]
    protects = all_kinds["pseudo_threshold"] is not None
    return Finding(
        section="4",
        prediction="Classical redundancy and quantum codes are the same mechanism.",
        test="three copies and majority vote as a quantum code, under bit flips and under depolarising noise",
        null_hypothesis="copies in one basis mend one kind of error only and expose the state to the other",
        result=(
            f"bit flips only: better than a bare qubit up to an error of {flips['pseudo_threshold']:.3g}; "
            f"depolarising: {'better than' if protects else 'never better than'} a bare qubit, "
            f"{ratio:.3g} times its failures at an error of {curve[0]['error']:g}"
        ),
        entangled=f"codes that mend both kinds: {_thresholds([codes[name] for name in BOTH_KINDS])}",
        verdict=_verdict(protects),
    )


def erasures(tables: Tables) -> Finding:
    """Supported if classical codes keep to the quantum bounds: less than half lost, n - k >= 2 (d - 1)."""
    codes = [row for row in tables["codes"] if row.get("most_losses") is not None]
    coded = [row for row in codes if row["class"] == "classical" and row["series"].startswith("Reed")]
    quantum = [row for row in codes if row["class"] == "quantum"]
    beyond = [row for row in coded if 2 * row["most_losses"] >= row["n"] or row["quantum_slack"] < 0]
    exact = all(row["singleton_slack"] == 0 for row in coded)
    return Finding(
        section="4",
        prediction="Classical networks survive losses as quantum codes do.",
        test="which sets of lost nodes leave the content readable: library decoder, and every Pauli operator",
        null_hypothesis="classical content is copied freely, so any k of n symbols restore it (d - 1 = n - k)",
        result=(
            f"{_losses(coded)}; {'all' if exact else 'not all'} reach the classical Singleton bound, "
            f"{len(beyond)} of {len(coded)} lie beyond what any quantum code may do"
        ),
        entangled=(
            f"{_losses([row for row in quantum if row['n'] > 1])}; no quantum code survives the loss of half, or both "
            f"halves would hold a copy, and n - k - 2 (d - 1) is at least "
            f"{min(row['quantum_slack'] for row in quantum)} here"
        ),
        verdict=_verdict(not beyond),
    )


def quorums(tables: Tables) -> Finding:
    """Supported if quorums survive the most losses that the no-cloning bound allows, (n - 1) // 2, and no more."""
    codes = [row for row in tables["codes"] if row.get("most_losses") is not None]
    majorities = [row for row in codes if row["series"].startswith("majority")]
    five = next(row for row in codes if row["series"] == "five-qubit")
    same = all(row["most_losses"] == (row["n"] - 1) // 2 for row in majorities)
    return Finding(
        section="4",
        prediction="A quorum of a replicated service tolerates losses as a quantum code does: fewer than half.",
        test="the smallest quorums of which any two share a node, and the losses that leave one",
        null_hypothesis="two quorums without a common node may decide differently; nothing forbids copies",
        result=(
            f"{_losses(majorities)}, {'equal to' if same else 'not equal to'} (n - 1) // 2; the bound is the same and "
            "the reason is not: each replica holds a whole copy that can be read without disturbing the others"
        ),
        entangled=(
            f"the five-qubit code survives {five['most_losses']} of 5; any {five['most_losses']} of its qubits carry "
            "nothing of the state, errors are found by syndromes that do not read it, and no copy exists"
        ),
        verdict=_verdict(bool(majorities) and same),
    )


def _verdict(holds: bool) -> Verdict:
    return Verdict.SUPPORTED if holds else Verdict.NOT_SUPPORTED


def _is_off(row: Row, points: int) -> bool:
    """Whether a simulated count contradicts its exact probability."""
    return bool(binomtest(row["failures"], row["shots"], min(1.0, row["exact"])).pvalue < LEVEL / points)


def _thresholds(codes: Sequence[Row]) -> str:
    return ", ".join(
        f"{row['series']} {'none' if row['pseudo_threshold'] is None else format(row['pseudo_threshold'], '.3g')}"
        for row in codes
    )


def _losses(codes: Sequence[Row]) -> str:
    return ", ".join(f"{row['series']} survives any {row['most_losses']} of {row['n']}" for row in codes)
