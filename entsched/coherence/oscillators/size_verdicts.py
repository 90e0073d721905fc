"""What a study of synchronisation says of fluctuations below the transition and of sizes at it."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import t

from entsched.coherence.fits import LEVEL
from entsched.coherence.oscillators import collapse, doubts
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: Linear theory is tested where 1 - K / K_c is at least so many N^(-2/5): nearer, finite size rounds.
LINEAR = 5.0

#: A ratio to linear theory counts as another law if it is off by more than this, and is sharp up to this half interval.
OFF, SHARP_RATIO = 0.1, 0.4

#: Order below the transition is noise: it drifts if it moves by more than this.
NOISE_DRIFT = 0.1

#: Of the transverse-field Ising chain, which sizes are compared with: P. Pfeuty, Ann. Phys. 57, 79 (1970).
ISING = {"beta / nu": 0.125, "nu": 1.0, "beta / nu at K_c": 0.125}

#: Joint intervals are sharp up to this width: of beta / nu, and of nu over nu.
SHARP_ORDER, SHARP_SIZE = 0.2, 1.0


def findings(tables: Tables) -> list[Finding]:
    """One for fluctuations and one for sizes, where they were measured."""
    linear = [
        row
        for row in tables["curve"]
        if row["linear_theory"] and 1 - row["relative_coupling"] >= LINEAR * row["oscillators"] ** -doubts.ROUNDING
    ]
    found = [fluctuations(linear, tables["curve"])] if len(linear) > 1 else []
    return found + ([sizes(tables)] if tables["collapse"] else [])


def ising(tables: Tables) -> str:
    """The exponent that is fitted to the order of the Ising chain, in words."""
    rows = tables["ising"]
    if not rows:
        return "Not computed in this run."
    fields, fit = [row["field"] for row in rows], rows[0]
    return (
        f"The order of the infinite transverse-field Ising chain at fields {min(fields):g} to {max(fields):g} falls as "
        f"(1 - h^2)^beta with beta = {fit['exponent']:.4f} [{fit['exponent_low']:.4f}, {fit['exponent_high']:.4f}], "
        "computed here."
    )


def fluctuations(rows: Sequence[Row], curve: Sequence[Row]) -> Finding:
    """Whether N E|Z|^2 is that of linear theory, at each coupling by its own replications."""
    ends = [_ratio(row, len(rows)) for row in rows]
    laws = {name: [row for row in curve if row["law"] == name] for name in dict.fromkeys(row["law"] for row in curve)}
    tops = {name: max(own, key=lambda row: float(row["fluctuation"])) for name, own in laws.items()}
    peaks = ", ".join(f"{top['relative_coupling']:g} K_c ({name})" for name, top in tops.items())
    ratios = ", ".join(
        f"{mean:.3f} [{low:.3f}, {high:.3f}] at {row['relative_coupling']:g} K_c"
        for row, (mean, low, high) in zip(rows, ends, strict=True)
    )
    reasons = doubts.drifts(rows, NOISE_DRIFT)
    return Finding(
        section="5.2",
        prediction="Measures of coherence scale with size unlike classical statistics (below the transition).",
        test=f"N E|Z|^2 of {rows[0]['oscillators']} oscillators with Lorentzian frequencies at {len(rows)} couplings. "
        f"The draft states no law. Supported if a joint interval of the ratio to the classical one lies more than "
        f"{OFF:.0%} from 1; not supported if all hold 1 and reach at most {SHARP_RATIO:g} from their middle.",
        null_hypothesis="Independent phases whose sum the coupling amplifies: N E|Z|^2 = 1 / (1 - K / K_c).",
        result=f"Measured over classical, intervals joint: {ratios}. N var(r) over time is largest at {peaks}"
        f"{''.join(f'; {reason}' for reason in reasons)}.",
        entangled="None in this test: it is about the size of classical sums.",
        verdict=Verdict.NOT_TESTABLE if reasons else _of_ratios(ends),
    )


def _ratio(row: Row, tests: int) -> tuple[float, float, float]:
    """N E|Z|^2 over linear theory with its interval at 95 % for all couplings together."""
    freedom, theory = row["replications"] - 1, row["linear_theory"]
    single, joint = (float(t.ppf(1 - (1 - LEVEL) / 2 / count, freedom)) for count in (1, tests))
    mean, arm = row["scaled_square"], (row["scaled_square_high"] - row["scaled_square"]) * joint / single
    return mean / theory, (mean - arm) / theory, (mean + arm) / theory


def _of_ratios(ends: Sequence[tuple[float, float, float]]) -> Verdict:
    if any(low > 1 + OFF or high < 1 - OFF for _, low, high in ends):
        return Verdict.SUPPORTED
    explained = all(low <= 1 <= high and high - low <= 2 * SHARP_RATIO for _, low, high in ends)
    return Verdict.NOT_SUPPORTED if explained else Verdict.NOT_TESTABLE


def sizes(tables: Tables) -> Finding:
    """Whether the exponents of finite-size scaling are classical, those of the Ising chain, or neither."""
    rows = tables["collapse"]
    result = "; ".join(
        f"{row['law']}, {row['disorder']}: {row['quantity']} = {row['value']:.3f} {_ends(row)}, "
        f"classical {_classical(row)}"
        for row in rows
    )
    reasons = [*doubts.misfits(rows), *doubts.drifts(tables["sizes"], collapse.MODEL_ERROR)]
    reasons += ["the search ends at an edge"] * any(not row["resolved"] for row in rows)
    return Finding(
        section="5.2, 6.2",
        prediction="Measures of coherence scale with size unlike classical statistics (at the transition).",
        test="Finite-size scaling r = N^(-beta/nu) f(u N^(1/nu)), u the squared order of infinitely many, and r ~ "
        f"N^(-beta/nu) at K_c. Supported if one of {len(rows)} joint intervals excludes the classical values, all hold "
        "beta / nu = 1/8 and nu = 1 of the Ising chain, and all are sharp; "
        "not supported if all are sharp and hold the classical values, and one excludes the chain.",
        null_hypothesis="Classical theory of smooth laws with their maximum at 0: beta = 1/2, with nu = 5/2 for random "
        "frequencies and 5/4 for quantiles; beta / nu of random frequencies looks like up to 1/3, as half of the "
        "systems show noise (widened after data had been seen).",
        result=f"{result}; intervals joint.{_powers(tables['critical'])}"
        f"{''.join(f' Not to be trusted: {reason}.' for reason in reasons)}",
        entangled=f"{ising(tables)} With nu = 1, by theorem, its order at the critical field falls as N^(-1/8); "
        "finite chains are not computed.",
        verdict=Verdict.NOT_TESTABLE if reasons else _of_sizes(rows),
    )


def _of_sizes(rows: Sequence[Row]) -> Verdict:
    classical = all(_meets(row, row["expected_low"], row["expected_high"]) for row in rows)
    other = all(_meets(row, ISING[row["quantity"]], ISING[row["quantity"]]) for row in rows)
    if classical == other or not all(_sharp(row) for row in rows):
        return Verdict.NOT_TESTABLE
    return Verdict.SUPPORTED if other else Verdict.NOT_SUPPORTED


def _meets(row: Row, least: float, most: float) -> bool:
    return bool(row["joint_low"] <= most and (row["joint_high"] is None or least <= row["joint_high"]))


def _sharp(row: Row) -> bool:
    if row["joint_high"] is None:
        return False
    width = row["joint_high"] - row["joint_low"]
    return bool(width <= (SHARP_SIZE * row["value"] if row["quantity"] == "nu" else SHARP_ORDER))


def _ends(row: Row) -> str:
    high = "unbounded" if row["joint_high"] is None else f"{row['joint_high']:.3f}"
    return f"[{row['joint_low']:.3f}, {high}]"


def _classical(row: Row) -> str:
    least, most = row["expected_low"], row["expected_high"]
    return f"{least:g}" if least == most else f"{least:.3g} to {most:.3g}"


def _powers(rows: Sequence[Row]) -> str:
    """What the two powers of random frequencies make of the order at K_c, in words."""
    text = ""
    for row in rows:
        if row["value"] is None:
            text += (
                f" At K_c {row['quantity']} meets the means ({row['law']}) with chi^2 = {row['chi_squared']:.2f} of "
                f"{row['freedom']} degrees of freedom (p = {row['p_value']:.2f})."
            )
        else:
            power = f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
            text += f" The {row['quantity']} of systems falls with the power {power} of N."
    return text
