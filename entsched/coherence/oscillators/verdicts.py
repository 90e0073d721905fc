"""What a study of synchronisation says of the predictions, worded from its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from entsched.coherence.fits import LEVEL
from entsched.coherence.oscillators.exponent import MEAN_FIELD
from entsched.coherence.oscillators.summaries import interval
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

if TYPE_CHECKING:
    from entsched.coherence.parts.synchronisation import Synchronisation

FREQUENCIES = {"random": "random frequencies", "quantiles": "frequencies at quantiles"}

#: So rarely may as many intervals miss by chance.
RARE = 0.01

#: Linear theory of the incoherent state is tested up to this K / K_c: nearer, finite size rounds.
LINEAR_BELOW = 0.8


def findings(part: Synchronisation, tables: Tables) -> tuple[Finding, ...]:
    """One for the exponent of each law with a continuous transition, one for fluctuations, one for sizes."""
    laws = dict.fromkeys(row["law"] for row in tables["exponents"])
    found = [_exponent(law, part, tables) for law in laws]
    linear = [row for row in tables["curve"] if row["linear_theory"] and row["relative_coupling"] <= LINEAR_BELOW]
    if len(linear) > 1:
        found.append(_fluctuations(linear, tables["curve"]))
    if tables["collapse"]:
        found.append(_sizes(tables["collapse"]))
    return tuple(found)


def consistent(rows: Sequence[Row], value: float) -> bool:
    """Whether a value lies in every interval of some fits.

    Examples
    --------
    >>> consistent([{"low": 0.4, "high": 0.6}, {"low": 0.1, "high": 0.7}], 0.5)
    True
    """
    return all(row["low"] <= value <= row["high"] for row in rows)


def verdict(rows: Sequence[Row], alternatives: Sequence[float]) -> Verdict:
    """What intervals of beta say of exponents other than 1/2; an exponent is excluded if one interval excludes it.

    Examples
    --------
    >>> print(verdict([{"low": 0.4, "high": 0.6}], [0.125]), verdict([{"low": 0.1, "high": 0.6}], [0.125]), sep=", ")
    not supported, not testable as stated
    """
    classical, other = consistent(rows, MEAN_FIELD), any(consistent(rows, value) for value in alternatives)
    if classical == other:
        return Verdict.NOT_TESTABLE
    return Verdict.NOT_SUPPORTED if classical else Verdict.SUPPORTED


def _exponent(law: str, part: Synchronisation, tables: Tables) -> Finding:
    rows = [row for row in tables["exponents"] if row["law"] == law]
    fits = "; ".join(
        f"{row['exponent']:.3f} [{row['low']:.3f}, {row['high']:.3f}] "
        f"({FREQUENCIES[row['disorder']]}, K_c {row['critical_coupling']})"
        for row in rows
    )
    onsets = "; ".join(
        f"{1 + row['shift']:.4f} [{1 + row['shift_low']:.4f}, {1 + row['shift_high']:.4f}] "
        f"({FREQUENCIES[row['disorder']]})"
        for row in rows
        if row["critical_coupling"] == "fitted"
    )
    named = ", ".join(
        f"{name} {value:g} {'not excluded' if consistent(rows, value) else 'excluded'}"
        for name, value in part.alternatives.items()
    )
    size = part.exponent.oscillators
    return Finding(
        section="2, 5, 6.1, 6.2",
        prediction=f"Coupled oscillators synchronise with a quantum critical exponent ({law} frequencies).",
        test=f"Exponent beta of r ~ ((K - K_c) / K)^beta for {size} all-to-all oscillators, "
        f"(K - K_c) / K from {rows[0]['nearest']:.3g} to {rows[0]['farthest']:.3g}, with the leading correction.",
        null_hypothesis="Classical mean-field theory: beta = 1/2, K_c = 2 / (pi g(0)).",
        result=f"beta = {fits}; fitted K_c over the classical one = {onsets}; "
        f"1/2 {'not excluded' if consistent(rows, MEAN_FIELD) else 'excluded'}, {named}.",
        entangled="The transverse-field Ising chain has beta = 1/8: see the part on entangled systems.",
        verdict=verdict(rows, list(part.alternatives.values())),
    )


def _fluctuations(rows: Sequence[Row], curve: Sequence[Row]) -> Finding:
    ratio = interval([row["scaled_square"] / row["linear_theory"] for row in rows], "ratio")
    inside = ratio["ratio_low"] <= 1 <= ratio["ratio_high"]
    laws = {name: [row for row in curve if row["law"] == name] for name in dict.fromkeys(row["law"] for row in curve)}
    tops = {name: max(own, key=lambda row: float(row["fluctuation"])) for name, own in laws.items()}
    peaks = ", ".join(f"{top['relative_coupling']:g} K_c ({name})" for name, top in tops.items())
    last = rows[int(np.argmax([row["relative_coupling"] for row in rows]))]
    return Finding(
        section="5.2",
        prediction="Measures of coherence scale with size unlike classical statistics (below the transition).",
        test=f"N E|Z|^2 of {last['oscillators']} oscillators with Lorentzian frequencies at "
        f"{len(rows)} couplings up to {last['relative_coupling']:g} K_c.",
        null_hypothesis="Independent phases whose sum the coupling amplifies: N E|Z|^2 = 1 / (1 - K / K_c).",
        result=f"Measured over classical: {ratio['ratio']:.3f} [{ratio['ratio_low']:.3f}, {ratio['ratio_high']:.3f}]; "
        f"at {last['relative_coupling']:g} K_c N E|Z|^2 = {last['scaled_square']:.2f}, "
        f"classical {last['linear_theory']:.2f}. N var(r) over time is largest at {peaks}.",
        entangled="None in this test: it is about the size of classical sums.",
        verdict=Verdict.NOT_SUPPORTED if inside else Verdict.NOT_TESTABLE,
    )


def _sizes(rows: Sequence[Row]) -> Finding:
    result = "; ".join(
        f"{row['quantity']} = {row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}], classical {_classical(row)} "
        f"({FREQUENCIES[row['disorder']]})"
        for row in rows
    )
    inside = [row["low"] <= row["expected_high"] and row["expected_low"] <= row["high"] for row in rows]
    by_chance = float(binom.sf(len(inside) - sum(inside) - 1, len(inside), 1 - LEVEL))
    return Finding(
        section="5.2, 6.2",
        prediction="Measures of coherence scale with size unlike classical statistics (at the transition).",
        test="Finite-size scaling r = N^(-beta/nu) f(u N^(1/nu)), u the squared order of "
        f"infinitely many, of oscillators "
        f"with {rows[0]['law']} frequencies.",
        null_hypothesis="Classical theory: beta = 1/2, with nu = 5/2 for random frequencies and 5/4 for quantiles; "
        "beta / nu of random frequencies looks like up to 3/10, as half of the systems show noise.",
        result=f"{sum(inside)} of {len(inside)} intervals meet the classical values: {result}.",
        entangled="The order of the transverse-field Ising chain falls as N^(-1/8) at its critical field.",
        verdict=Verdict.NOT_SUPPORTED if by_chance > RARE else Verdict.NOT_TESTABLE,
    )


def _classical(row: Row) -> str:
    least, most = row["expected_low"], row["expected_high"]
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"
