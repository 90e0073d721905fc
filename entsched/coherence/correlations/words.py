"""What Bell tests and entropies say of the prediction that correlations of consensus nodes parallel entanglement."""

from __future__ import annotations

from collections.abc import Sequence

from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

SECTION = "3, 6.3"


def entropy_finding(tables: Tables) -> Finding:
    """Conditional entropies: not testable if measured Bell pairs look no different, else by the sign."""
    known, exact = tables["entropies"], tables["werner"]
    lowest, most = (
        _extreme(known, "consensus", *key) for key in (("conditional_entropy", min), ("mutual_information", max))
    )
    pairs = [row for row in known if row["group"] == "pair"]
    below = any(row["conditional_entropy_high"] < 0 for row in known if row["group"] == "consensus")
    blind = all(row["conditional_entropy_high"] >= 0 for row in pairs)
    verdict = Verdict.SUPPORTED if below else Verdict.NOT_TESTABLE if blind else Verdict.NOT_SUPPORTED
    best = max(exact, key=lambda row: float(row["visibility"]))
    recorded = f", at the CHSH settings {_extreme(known, 'pair', 'mutual_information', max)}" if pairs else ""
    return Finding(
        section=SECTION,
        prediction="What one node says of another exceeds classical information, as between entangled systems.",
        test="H(A|B) and I(A:B) of recorded answers, for each pair of questions, in bits.",
        null_hypothesis="H(A|B) >= 0 and I(A:B) <= log2 of the number of answers: theorems for anything that is "
        "recorded, so that no record of answers can show a negative conditional entropy, not even of entangled pairs.",
        result=f"Consensus nodes: least H(A|B) = {lowest}, largest I(A:B) = {most}.",
        entangled=f"The state of a pair of visibility {best['visibility']:g} has S(A|B) = "
        f"{best['conditional_entropy_bits']:.3f}, I(A:B) = {best['mutual_information_bits']:.3f}; Werner pairs have "
        f"S(A|B) < 0 above visibility {best['negative_above']:.4f}. What is recorded of it has I(A:B) = "
        f"{best['measured_information_bits']:.3f} at a common setting{recorded}.",
        verdict=verdict,
    )


def bell_finding(tables: Tables) -> Finding:
    """Bell tests: supported by a violation of consensus nodes, refuted by local models where pairs are flagged."""
    nodes, pairs = ([row for row in tables["bell_tests"] if row["group"] == group] for group in ("consensus", "pair"))
    violated, explained, refused = (
        [row for row in nodes if row["outcome"] == outcome]
        for outcome in ("violation", "local model found", "not admissible")
    )
    flagged = [row for row in pairs if row["outcome"] == "violation"]
    settled = explained and len(explained) + len(refused) == len(nodes)
    verdict = Verdict.SUPPORTED if violated else Verdict.NOT_SUPPORTED if settled and flagged else Verdict.NOT_TESTABLE
    tested = [row for row in explained if "chsh" in row]
    reached = f" Their largest S = {_chsh(max(tested, key=lambda row: float(row['chsh'])))}." if tested else ""
    reasons = ", ".join(f"{row['source']} ({row['refused']})" for row in refused)
    barred = f" Not admissible: {reasons}." if refused else ""
    level = max((row["significance"] for row in nodes), default=0.0)
    return Finding(
        section=SECTION,
        prediction="Correlations of consensus nodes parallel entanglement.",
        test=f"A Bell test of each scenario at significance {level:.2g}: CHSH and the best inequality, chosen on the "
        "first fifth of the rounds; time stamps, marginals, questions, silence checked; else a certified local model.",
        null_hypothesis="Shared history and own questions alone, a local model: S <= 2 and no inequality violated.",
        result=f"Of {len(nodes)} scenarios {len(explained)} have a local model, {len(violated)} violate an inequality, "
        f"{len(refused)} are not admissible, {len(nodes) - len(explained) - len(violated) - len(refused)} undecided."
        f"{reached}{barred}",
        entangled=_pairs(pairs, flagged),
        verdict=verdict,
    )


def loophole_finding(tables: Tables) -> Finding | None:
    """Loopholes: whether nodes without entanglement look entangled before the checks, and after."""
    rows = tables["loopholes"]
    if not rows:
        return None
    fooled = any(row["before"] > 2 * 2**0.5 for row in rows)
    left = [row["source"] for row in rows if row["outcome"] == "violation"]
    reached = "; ".join(
        f"{row['source']}: S = {row['before']:.3f} before, {row['outcome']} after ({row['exposed_by']})" for row in rows
    )
    remain = f" No check of a table exposes {', '.join(left)}." if left else " All were exposed."
    return Finding(
        section=SECTION,
        prediction="Strong correlations of the nodes of a network show coherence like that of entangled systems.",
        test="S of the rounds with two answers, as a careless reader would take it, and the Bell test with all checks.",
        null_hypothesis="Nodes without entanglement reach any S up to 4 by silence, messages or foreseen questions.",
        result=f"{reached}.{remain}",
        entangled="An entangled pair has S up to 2 sqrt 2 = 2.828 with every check passed, and never more.",
        verdict=Verdict.NOT_SUPPORTED if fooled else Verdict.NOT_TESTABLE,
    )


def _extreme(rows: Sequence[Row], group: str, name: str, choose: object) -> str:
    """The least or the largest estimate of a group, with its interval."""
    own = [row for row in rows if row["group"] == group]
    if not own:
        return "none"
    row = (min if choose is min else max)(own, key=lambda each: float(each[f"{name}_bits"]))
    return f"{row[f'{name}_bits']:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"


def _chsh(row: Row) -> str:
    return f"{row['chsh']:.3f} [{row['chsh_low']:.3f}, {row['chsh_high']:.3f}]"


def _pairs(pairs: Sequence[Row], flagged: Sequence[Row]) -> str:
    """Which Bell pairs were flagged and which were not."""
    if not pairs:
        return "No Bell pairs were tested."
    missed = [row for row in pairs if row not in flagged]
    found = ", ".join(f"visibility {row['visibility']:g}: S = {_chsh(row)}" for row in flagged) or "none"
    others = ", ".join(f"{row['visibility']:g}: {row['outcome']}" for row in missed)
    return f"Bell pairs that violate: {found}." + (f" Others: {others}." if missed else "")
