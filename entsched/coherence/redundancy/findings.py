"""What the tables of redundancy say of the draft's section 4, by rules on their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import binom, binomtest

from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: Of all comparisons of one finding together.
LEVEL = 0.01

#: Quantum codes that mend bit flips and phase flips.
BOTH_KINDS = ("five-qubit", "Steane", "surface 3")


def suppression(tables: Tables) -> Finding:
    """Supported if one simulated classical code fails less often than a node at one error, and more at a higher one."""
    codes = [row for row in tables["codes"] if row["pseudo_threshold"] is not None and row["series"] != "bare qubit"]
    points = [row for row in tables["simulated"] if row["class"] == "classical"]
    brackets = _brackets(points)
    quantum = [row for row in codes if row["class"] == "quantum"]
    seen = [f"{name} between {low:g} and {high:g}" for name, (low, high) in brackets.items()]
    exact = [row for row in tables["simulated"] if row["exact"] is not None]
    agree = sum(_p_value(row, min(1.0, row["exact"])) >= LEVEL / len(exact) for row in exact)
    return Finding(
        section="4",
        prediction="Redundancy in networks suppresses errors below a threshold, as quantum error correction does.",
        test=(
            "failures of Reed-Solomon words and majority reads, with real decoders, against the error of one node. "
            "Supported if one code fails less often than one node at some error and more often at a higher one; not "
            f"supported if none ever fails less often though quantum codes do there (joint level {LEVEL:g})"
        ),
        null_hypothesis="redundancy does not help; where it does, counting independent errors explains it",
        result=(
            f"simulated thresholds: {', '.join(seen) or 'none'}; by the exact law: "
            f"{_thresholds([row for row in codes if row['class'] == 'classical'])}; self-check: {agree} of "
            f"{len(exact)} simulated points agree with their exact law"
        ),
        entangled=f"exact pseudo-thresholds: {_thresholds(quantum)}; {_crossings(tables['crossings'])}",
        verdict=_verdict(bool(brackets), _never_helps(points, quantum)),
    )


def transplanted(tables: Tables) -> Finding:
    """Supported if three sampled copies protect a qubit under depolarising noise."""
    codes = {row["series"]: row for row in tables["codes"]}
    points = {
        name: [row for row in tables["simulated"] if row["series"] == name] for name in ("repetition 3", "five-qubit")
    }
    copies, five = points["repetition 3"], points["five-qubit"]
    level = LEVEL / (len(copies) + len(five))
    helped = [row["error"] for row in copies if _p_value(row, row["error"], "less") < level]
    mended = {row["error"] for row in five if _p_value(row, row["error"], "less") < level}
    harmed = [row["error"] for row in copies if _p_value(row, row["error"], "greater") < level]
    shown = next((row for row in copies if row["error"] in mended), copies[0])
    return Finding(
        section="4",
        prediction="Classical redundancy and quantum codes are the same mechanism.",
        test=(
            "three copies and majority vote as a quantum code, under sampled depolarising noise. Supported if they "
            "fail less often than a bare qubit at any error; not supported if they fail more often at an error at "
            "which the five-qubit code fails less often"
        ),
        null_hypothesis="by theorem, copies in one basis mend one kind of error only and expose the state to the other",
        result=(
            f"depolarising: three copies fail more often than a bare qubit at {len(harmed)} of {len(copies)} errors, "
            f"less often at {len(helped)}; {shown['logical']:.3g} [{shown['low']:.3g}, {shown['high']:.3g}] at "
            f"an error of {shown['error']:g}; bit flips only: better up to an error of "
            f"{codes['repetition 3, flips only']['pseudo_threshold']:.3g} (exact)"
        ),
        entangled=(
            f"five-qubit code less often at {len(mended)} of {len(five)}; exact pseudo-thresholds of codes that mend "
            f"both kinds: {_thresholds([codes[name] for name in BOTH_KINDS])}"
        ),
        verdict=_verdict(bool(helped), bool(mended.intersection(harmed))),
    )


def erasures(tables: Tables) -> Finding:
    """Supported if classical codes keep to the quantum bounds: less than half lost, n - k >= 2 (d - 1)."""
    codes = [row for row in tables["codes"] if row.get("most_losses") is not None]
    coded = [row for row in codes if row["series"].startswith("Reed")]
    quantum = [row for row in codes if row["class"] == "quantum"]
    beyond = [row for row in coded if 2 * row["most_losses"] >= row["n"] or row["quantum_slack"] < 0]
    reached = sum(row["singleton_slack"] == 0 for row in coded)
    return Finding(
        section="4",
        prediction="Classical networks survive losses as quantum codes do.",
        test=(
            "which sets of lost nodes leave the content readable; a self-check by a library decoder of what holds by "
            "theorem. Supported if no Reed-Solomon code lies beyond the bounds of quantum codes"
        ),
        null_hypothesis="by theorem, content that can be copied is restored from any k of n symbols (d - 1 = n - k)",
        result=(
            f"{_losses(coded)}; {reached} of {len(coded)} reach the classical Singleton bound, {len(beyond)} lie "
            "beyond what any quantum code may do"
        ),
        entangled=(
            f"{_losses([row for row in quantum if row['n'] > 1])}; by theorem no quantum code survives the loss of "
            "half, or both halves would hold a copy, and n - k - 2 (d - 1) is at least "
            f"{min(row['quantum_slack'] for row in quantum)} here"
        ),
        verdict=_verdict(not beyond, True),
    )


def quorums(tables: Tables) -> Finding:
    """Supported if simulated reads fail as if (n - 1) // 2 losses were survived, and neither one more nor one fewer."""
    reads = [row for row in tables["simulated"] if "unavailable" in row]
    majorities = {row["series"]: row for row in tables["codes"] if row["series"].startswith("majority")}
    five = next(row for row in tables["codes"] if row["series"] == "five-qubit")
    possible = {
        name: _tolerances([row for row in reads if row["series"] == name], row["n"]) for name, row in majorities.items()
    }
    bounds = {name: (row["n"] - 1) // 2 for name, row in majorities.items()}
    told = [
        f"{name}: t = {' or '.join(map(str, found)) or 'none'} (of {', '.join(map(str, _tried(bounds[name])))} tried)"
        for name, found in possible.items()
    ]
    return Finding(
        section="4",
        prediction="A quorum of a replicated service tolerates losses as a quantum code does: fewer than half.",
        test=(
            "simulated reads that find no majority, against the law of surviving t losses. Supported if the shares fit "
            "t = (n - 1) // 2, the no-cloning bound, and neither one more nor one less; not supported if they do not "
            f"fit it (joint level {LEVEL:g})"
        ),
        null_hypothesis="by counting, two quorums without a common node may decide differently; copies are free",
        result=(
            f"losses t that the simulated reads fit, {'; '.join(told)}. The bound is the same and the reason is not: "
            "each replica holds a whole copy that can be read without disturbing the others"
        ),
        entangled=(
            f"the five-qubit code survives {five['most_losses']} of 5 (every set); any {five['most_losses']} of its "
            "qubits carry nothing of the state, errors are found by syndromes that do not read it, and no copy exists"
        ),
        verdict=_verdict(
            all(found == [bounds[name]] for name, found in possible.items()),
            any(bounds[name] not in found for name, found in possible.items()),
        ),
    )


def _brackets(points: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """The last error at which a code helps and the first higher one at which it harms, where both are significant."""
    found, level = {}, LEVEL / max(1, 2 * len(points))
    for name in dict.fromkeys(row["series"] for row in points):
        own = [row for row in points if row["series"] == name]
        helps = [row["error"] for row in own if _p_value(row, row["error"], "less") < level]
        harms = [row["error"] for row in own if _p_value(row, row["error"], "greater") < level]
        above = [error for error in harms if helps and error > min(helps)]
        if above:
            found[name] = (max(error for error in helps if error < min(above)), min(above))
    return found


def _never_helps(points: Sequence[Row], quantum: Sequence[Row]) -> bool:
    """Whether each classical code fails more often than one node at an error at which the best quantum code helps."""
    level, most = (
        LEVEL / max(1, 2 * len(points)),
        max(row["pseudo_threshold"] for row in quantum if row["series"] in BOTH_KINDS),
    )
    low = [row for row in points if row["error"] < most]
    harmed = {row["series"] for row in low if _p_value(row, row["error"], "greater") < level}
    return harmed == {row["series"] for row in points} and not any(
        _p_value(row, row["error"], "less") < level for row in points
    )


def _tolerances(reads: Sequence[Row], n: int) -> list[int]:
    """The numbers of losses, next to half, that all shares of reads without a majority fit."""
    level = LEVEL / len(reads)
    return [
        lost
        for lost in _tried((n - 1) // 2)
        if all(
            binomtest(row["unavailable"], row["shots"], float(binom.sf(lost, n, row["error"]))).pvalue >= level
            for row in reads
        )
    ]


def _tried(bound: int) -> list[int]:
    return [bound - 1, bound, bound + 1]


def _p_value(row: Row, error: float, side: str = "two-sided") -> float:
    return float(binomtest(row["failures"], row["shots"], error, alternative=side).pvalue)


def _verdict(is_seen: bool, is_refuted: bool) -> Verdict:
    """What was seen holds; what was not seen is refuted only where the data say so."""
    if is_seen:
        return Verdict.SUPPORTED
    return Verdict.NOT_SUPPORTED if is_refuted else Verdict.NOT_TESTABLE


def _thresholds(codes: Sequence[Row]) -> str:
    return ", ".join(f"{row['series']} {row['pseudo_threshold']:.3g}" for row in codes) or "none"


def _crossings(rows: Sequence[Row]) -> str:
    texts = [
        f"surface codes of distance {row['small']} and {row['large']} ({row['noise']}) cross at "
        f"{row['value']:.4g} [{row['low']:.4g}, {row['high']:.4g}]"
        for row in rows
    ]
    return "; ".join(texts) or "no crossing measured"


def _losses(codes: Sequence[Row]) -> str:
    return ", ".join(
        f"{row['series']} survives any {row['most_losses']} of {row['n']}"
        if row["every_set"]
        else f"{row['series']} survives all of the {row['sets_tried']} sampled sets of {row['most_losses']} of "
        f"{row['n']}, and any by theorem"
        for row in codes
    )
