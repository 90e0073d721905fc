"""What Bell tests and entropies say of the prediction that correlations of consensus nodes parallel entanglement."""

from __future__ import annotations

from collections.abc import Sequence

from entsched.coherence.correlations.loopholes import BEYOND
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

SECTION = "3, 6.3"
#: What makes tests alike in size.
SIZE = ("rounds", "answers", "questions_a", "questions_b")
LOCAL, VIOLATION, REFUSED = "compatible with a local model", "violation", "not admissible"


def entropy_finding(tables: Tables) -> Finding:
    """Conditional entropies: not testable by records, by theorem, whatever was recorded."""
    known, exact = tables["entropies"], tables["werner"]
    lowest, most = (
        _extreme(known, "consensus", *key) for key in (("conditional_entropy", min), ("mutual_information", max))
    )
    best = max(exact, key=lambda row: float(row["visibility"]))
    pairs = [row for row in known if row["group"] == "pair"]
    large = [row for row in pairs if 2 * row["rounds"] > max(each["rounds"] for each in pairs)]
    recorded = f", at the CHSH settings {_extreme(large, 'pair', 'mutual_information', max)}" if pairs else ""
    return Finding(
        section=SECTION,
        prediction="What one node says of another exceeds classical information, as between entangled systems.",
        test="H(A|B) and I(A:B) of recorded answers, for each pair of questions, in bits. Supported if H(A|B) < 0, "
        "which by theorem no record can show: the verdict is fixed, the numbers illustrate it.",
        null_hypothesis="H(A|B) >= 0 and I(A:B) <= log2 of the number of answers: theorems for anything that is "
        "recorded, so that no record of answers can show a negative conditional entropy, not even of entangled pairs.",
        result=f"Consensus nodes: least H(A|B) = {lowest}, largest I(A:B) = {most}.",
        entangled=f"The state of a pair of visibility {best['visibility']:g} has S(A|B) = "
        f"{best['conditional_entropy_bits']:.3f}, I(A:B) = {best['mutual_information_bits']:.3f}; Werner pairs have "
        f"S(A|B) < 0 above visibility {best['negative_above']:.4f}. What is recorded of it has I(A:B) = "
        f"{best['measured_information_bits']:.3f} at a common setting{recorded}.",
        verdict=Verdict.NOT_TESTABLE,
    )


def bell_finding(tables: Tables) -> Finding:
    """Bell tests: supported by a violation, refuted by local models where a Bell pair would have been flagged."""
    nodes, pairs = ([row for row in tables["bell_tests"] if row["group"] == group] for group in ("consensus", "pair"))
    violated, explained, refused = (
        [row for row in nodes if row["outcome"] == outcome] for outcome in (VIOLATION, LOCAL, REFUSED)
    )
    undecided = [row for row in nodes if row["outcome"] not in (VIOLATION, LOCAL, REFUSED)]
    blind = [row for row in explained + undecided if not _could_show(row, pairs)]
    settled = any(row not in blind for row in explained) and all(row in blind for row in undecided)
    verdict = Verdict.SUPPORTED if violated else Verdict.NOT_SUPPORTED if settled else Verdict.NOT_TESTABLE
    level = max((row["significance"] for row in nodes), default=0.0)
    return Finding(
        section=SECTION,
        prediction="Correlations of consensus nodes parallel entanglement.",
        test=f"A Bell test of each scenario at significance {level:.2g}: CHSH and the best inequality, chosen on the "
        "first fifth of the rounds; time stamps, marginals, questions, silence checked; else a certified local model. "
        "Supported if a scenario violates an inequality; not supported if local models agree with every admissible "
        "scenario in whose test, of the same rounds, questions and answers, a Bell pair of visibility 1 violates one.",
        null_hypothesis="Shared history and own questions alone, a local model: S <= 2 and no inequality violated.",
        result=f"Of {len(nodes)} scenarios {len(explained)} are {LOCAL}, {len(violated)} violate an inequality, "
        f"{len(refused)} are not admissible, {len(undecided)} undecided.{_details(explained, refused, blind)}",
        entangled=_pairs(nodes, pairs),
        verdict=verdict,
    )


def loophole_finding(tables: Tables) -> Finding | None:
    """Loopholes, a demonstration: whether what looks entangled by construction is exposed by the checks."""
    rows = tables["loopholes"]
    if not rows:
        return None
    fakes = [row for row in rows if row["before"] > 2 * 2**0.5]
    passed = [row for row in fakes if row["outcome"] == VIOLATION]
    beyond = [row["source"] for row in passed if row["exposed_by"] == BEYOND]
    failed = [row["source"] for row in passed if row["exposed_by"] != BEYOND]
    reached = "; ".join(
        f"{row['source']}: S = {row['before']:.3f} before, {row['outcome']} after ({row['exposed_by']})" for row in rows
    )
    remain = f" The checks failed to expose {', '.join(failed)}." if failed else ""
    remain += f" No check of a table exposes {', '.join(beyond)}." if beyond else ""
    return Finding(
        section=SECTION,
        prediction="Strong correlations of the nodes of a network show coherence like that of entangled systems.",
        test="Self-check, with S = 4 by construction: S of the rounds with two answers, as a careless reader would "
        "take it, and the Bell test with all checks. Supported if: never, as these nodes have no entanglement; not "
        "supported if every imitation above 2.828 is exposed, or known to be beyond what a table can show.",
        null_hypothesis="Nodes without entanglement reach any S up to 4 by silence, messages or foreseen questions.",
        result=f"{reached}.{remain or ' All imitations were exposed.'}",
        entangled="The expectation of S of entangled pairs is 2 sqrt 2 = 2.828 at most, with every check passed.",
        verdict=Verdict.NOT_SUPPORTED if fakes and not failed else Verdict.NOT_TESTABLE,
    )


def _could_show(row: Row, pairs: Sequence[Row]) -> bool:
    """Whether a pair of visibility 1 was flagged in a test of the same size."""
    return any(pair["visibility"] == 1 and pair["outcome"] == VIOLATION for pair in _alike(row, pairs))


def _alike(row: Row, pairs: Sequence[Row]) -> list[Row]:
    return [pair for pair in pairs if all(pair[key] == row[key] for key in SIZE)]


def _details(explained: Sequence[Row], refused: Sequence[Row], blind: Sequence[Row]) -> str:
    """The largest S, what was not admissible, and tests that could not have shown a violation."""
    tested = [row for row in explained if "chsh" in row]
    text = f" Their largest S = {_chsh(max(tested, key=lambda row: float(row['chsh'])))}." if tested else ""
    if refused:
        reasons = ", ".join(f"{row['source']} ({row['refused']})" for row in refused)
        text += f" Not admissible: {reasons}."
    if blind:
        names = ", ".join(row["source"] for row in blind)
        text += f" Too small a test, in which not even a Bell pair of visibility 1 violates an inequality: {names}."
    return text


def _extreme(rows: Sequence[Row], group: str, name: str, choose: object) -> str:
    """The least or the largest estimate of a group, with its interval."""
    own = [row for row in rows if row["group"] == group]
    if not own:
        return "none"
    row = (min if choose is min else max)(own, key=lambda each: float(each[f"{name}_bits"]))
    return f"{row[f'{name}_bits']:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"


def _chsh(row: Row) -> str:
    return f"{row['chsh']:.3f} [{row['chsh_low']:.3f}, {row['chsh_high']:.3f}]"


def _pairs(nodes: Sequence[Row], pairs: Sequence[Row]) -> str:
    """Which Bell pairs were flagged, and the least visibility that was in tests of each size of the scenarios."""
    flagged = [row for row in pairs if row["outcome"] == VIOLATION]
    most = max((row["rounds"] for row in pairs), default=0)
    large = [row for row in flagged if row["rounds"] == most and "chsh" in row]
    found = ", ".join(f"visibility {row['visibility']:g}: S = {_chsh(row)}" for row in large) or "none"
    sizes = []
    for size in dict.fromkeys(tuple(row[key] for key in SIZE) for row in nodes):
        row = dict(zip(SIZE, size, strict=True))
        least = min((pair["visibility"] for pair in _alike(row, flagged)), default=None)
        seen = "none violates" if least is None else f"{least:g} is the least visibility that violates"
        sizes.append(f"{size[0]} rounds, {size[2]} x {size[3]} questions, {size[1]} answers: {seen}")
    return f"Bell pairs that violate in {most} rounds: {found}. In tests as large as the scenarios' {'; '.join(sizes)}."
