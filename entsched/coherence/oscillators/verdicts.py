"""What a study of synchronisation says of critical exponents, worded from its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from entsched.coherence.oscillators import doubts, size_verdicts
from entsched.coherence.oscillators.exponent import MEAN_FIELD, MODEL_ERROR
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

if TYPE_CHECKING:
    from entsched.coherence.parts.synchronisation import Synchronisation


def findings(part: Synchronisation, tables: Tables) -> tuple[Finding, ...]:
    """One for the transition of each law, one for fluctuations, one for sizes."""
    laws = dict.fromkeys(row["law"] for row in tables["exponents"])
    found = [_exponent(law, part, tables) for law in laws]
    found += [_jump(law.law, tables) for law in part.frequencies if law.law not in laws]
    return (*found, *size_verdicts.findings(tables))


def consistent(rows: Sequence[Row], value: float) -> bool:
    """Whether a value lies in the joint interval of every fit.

    Examples
    --------
    >>> consistent([{"joint_low": 0.4, "joint_high": 0.6}, {"joint_low": 0.1, "joint_high": 0.7}], 0.5)
    True
    """
    return all(row["joint_low"] <= value <= row["joint_high"] for row in rows)


def verdict(rows: Sequence[Row], alternatives: Sequence[float]) -> Verdict:
    """What joint intervals of beta say of exponents other than 1/2; one interval is enough to exclude a value.

    Examples
    --------
    >>> fits = [{"joint_low": 0.4, "joint_high": 0.6}], [{"joint_low": 0.1, "joint_high": 0.6}]
    >>> print(verdict(fits[0], [0.125]), verdict(fits[1], [0.125]), sep=", ")
    not supported, not testable as stated
    """
    classical, others = consistent(rows, MEAN_FIELD), [value for value in alternatives if consistent(rows, value)]
    if classical:
        return Verdict.NOT_TESTABLE if others else Verdict.NOT_SUPPORTED
    width = min(row["joint_high"] - row["joint_low"] for row in rows)
    return Verdict.SUPPORTED if any(width <= abs(value - MEAN_FIELD) for value in others) else Verdict.NOT_TESTABLE


def _exponent(law: str, part: Synchronisation, tables: Tables) -> Finding:
    rows = [row for row in tables["exponents"] if row["law"] == law]
    window = [row for row in tables["window"] if row["law"] == law]
    reasons = doubts.of_exponents(rows, window, MODEL_ERROR)
    fits = "; ".join(
        f"{row['exponent']:.3f} [{row['joint_low']:.3f}, {row['joint_high']:.3f}] "
        f"({row['disorder']}, K_c {row['critical_coupling']})"
        for row in rows
    )
    onsets = "; ".join(f"{_onset(row)} ({row['disorder']})" for row in rows if row["critical_coupling"] == "fitted")
    named = ", ".join(
        f"{name} {value:g} {'not excluded' if consistent(rows, value) else 'excluded'}"
        for name, value in part.alternatives.items()
    )
    return Finding(
        section="2, 5, 6.1, 6.2",
        prediction=f"Coupled oscillators synchronise with a quantum critical exponent ({law} frequencies).",
        test=f"Exponent beta of r ~ ((K - K_c) / K)^beta for {rows[0]['oscillators']} all-to-all oscillators, "
        f"(K - K_c) / K from {rows[0]['nearest']:.3g} to {rows[0]['farthest']:.3g}, with the leading correction. "
        f"Supported if 1/2 is excluded at 95 % for all {len(rows)} fits together, none of them excludes an "
        "alternative that is farther from 1/2 than the narrowest interval is wide, and nothing speaks against the "
        "fits; not supported if they hold 1/2 and exclude every alternative.",
        null_hypothesis="Classical mean-field theory: beta = 1/2, K_c = 2 / (pi g(0)).",
        result=f"beta = {fits}, intervals joint; fitted K_c over the classical one = {onsets}; "
        f"1/2 {'not excluded' if consistent(rows, MEAN_FIELD) else 'excluded'}, {named}{_but(reasons)}.",
        entangled=size_verdicts.ising(tables),
        verdict=Verdict.NOT_TESTABLE if reasons else verdict(rows, list(part.alternatives.values())),
    )


def _onset(row: Row) -> str:
    if row["shift"] is None:
        return "not resolved"
    return f"{1 + row['shift']:.4f} [{1 + row['shift_low']:.4f}, {1 + row['shift_high']:.4f}]"


def _but(reasons: Sequence[str]) -> str:
    return "".join(f"; not to be trusted: {reason}" for reason in reasons)


def _jump(law: str, tables: Tables) -> Finding:
    """What is seen of a discontinuous transition, which has no exponent to compare."""
    rows = sorted(
        (row for row in tables["curve"] if row["law"] == law), key=lambda row: float(row["relative_coupling"])
    )
    sides = (
        [row for row in rows if row["relative_coupling"] <= 1][-1:],
        [row for row in rows if row["theory"] > 0][:1],
    )
    seen = "; ".join(
        f"r = {row['order']:.3f} [{row['order_low']:.3f}, {row['order_high']:.3f}] at "
        f"{row['relative_coupling']:g} K_c, classical {row['theory']:.3f}"
        for side in sides
        for row in side
    )
    return Finding(
        section="2, 5, 6.1, 6.2",
        prediction=f"Coupled oscillators synchronise with a quantum critical exponent ({law} frequencies).",
        test="Order at the couplings next to K_c. Supported if: never, as r jumps by theorem and no power of "
        "K - K_c begins at 0.",
        null_hypothesis="Classical theory by theorem (D. Pazo, Phys. Rev. E 72, 046211 (2005)): r jumps from 0 "
        "to pi/4 = 0.785 at K_c.",
        result=f"{seen or 'No coupling next to K_c'}.",
        entangled=size_verdicts.ising(tables),
        verdict=Verdict.NOT_TESTABLE,
    )
