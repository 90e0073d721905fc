"""What the fits say of the draft's section 5.2, by rules on their intervals."""

from __future__ import annotations

from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: Exponents that differ by less are not told apart: finite sizes bend power laws by about so much.
TOLERANCE = 0.05

#: Exponents whose intervals reach farther than this from their middle test nothing.
WIDE = 0.5

#: Bell tests of all sizes together.
SIGNIFICANCE = 0.01

ORDERS = ("order, incoherent", "order, critical", "order, coherent")
SIZE_LAWS = (*ORDERS, "variance of order, coherent")


def other_than_independent(tables: Tables) -> Finding:
    """Supported if an order parameter at or above the transition scales unlike N^(-1/2)."""
    fits = _by_measure(tables)
    different = [name for name in ORDERS[1:] if _differs(fits[name], -0.5)]
    return Finding(
        section="5.2",
        prediction="Measures of coherence scale with size unlike the statistics of independent parts, N^(-1/2).",
        test="order parameter r of all-to-all oscillators below, at and above the critical coupling, against N",
        null_hypothesis="r falls as N^(-1/2), by the law of large numbers",
        result=f"exponents: {_list(fits, ORDERS)}; unlike -1/2: {' and '.join(different) or 'none'}",
        entangled=f"central charge of the critical Ising chain {_shown(fits['block entropy, critical chain'])}",
        verdict=_verdict(bool(different), _are_narrow(fits, ORDERS)),
    )


def beyond_classical(tables: Tables) -> Finding:
    """Supported if an exponent differs from what the classical theory of oscillators gives."""
    fits = _by_measure(tables)
    off = [name for name in SIZE_LAWS if _differs(fits[name], fits[name]["expected"])]
    theory = ", ".join(f"{name} {fits[name]['expected']:g}" for name in SIZE_LAWS)
    return Finding(
        section="5.2",
        prediction="How coherence scales with size needs more than classical physics.",
        test="the same exponents, and that of the variance of r between systems, against classical theory",
        null_hypothesis=f"classical theory: {theory}",
        result=f"exponents: {_list(fits, SIZE_LAWS)}; off theory: {', '.join(off) or 'none'}",
        entangled=(
            f"block entropy grows as (c/3) log2 N at h = 1, c = {_shown(fits['block entropy, critical chain'])}, and "
            f"stays off criticality, exponent {_shown(fits['block entropy, gapped chain'])}"
        ),
        verdict=_verdict(bool(off), _are_narrow(fits, SIZE_LAWS)),
    )


def sharper(tables: Tables) -> Finding:
    """Supported if 1 / variance of the coherent order parameter grows faster than N; untested if as N^2 is possible."""
    fits = _by_measure(tables)
    variance = fits["variance of order, coherent"]
    return Finding(
        section="5.2",
        prediction="The precision of collective quantities grows faster than the number of nodes.",
        test="1 / variance of r between systems deep in the coherent phase, against N",
        null_hypothesis="precision grows as N, exponent 1",
        result=f"exponent {-variance['parameter']:.3g} [{-variance['high']:.3g}, {-variance['low']:.3g}]",
        entangled=(
            f"Fisher information of a phase: GHZ states {_shown(fits['Fisher information, GHZ'])}, "
            f"independent qubits {_shown(fits['Fisher information, independent qubits'])}"
        ),
        verdict=_verdict(
            -variance["high"] > 1 + TOLERANCE, -variance["low"] < fits["Fisher information, GHZ"]["parameter"]
        ),
    )


def correlated(tables: Tables) -> Finding:
    """Supported if two replicas pass the classical limit of 2, or one bit, at any size."""
    points = tables["points"]
    tests = [row for row in points if row["measure"] == "CHSH value of two replicas"]
    told = [row for row in points if row["measure"] == "mutual information of two replicas"]
    pair = next(row for row in points if row["measure"] == "CHSH value of a Bell pair")
    passed = [row["n"] for row in tests if row["p_value"] < SIGNIFICANCE / len(tests)]
    passed += [row["n"] for row in told if row["low"] > 1]
    best, most = (max(rows, key=lambda row: float(row["value"])) for rows in (tests, told))
    return Finding(
        section="5.2",
        prediction="Correlations between two nodes grow with the network beyond what classical nodes can share.",
        test="mutual information of two replicas' last commands, and their CHSH value, against the number of nodes",
        null_hypothesis="two answers of one bit share at most 1 bit, and local strategies have S up to 2",
        result=(
            f"at most {most['value']:.3g} [{most['low']:.3g}, {most['high']:.3g}] bits (N = {most['n']}) and "
            f"S = {best['value']:.3g} [{best['low']:.3g}, {best['high']:.3g}] (N = {best['n']}); exponent of the "
            f"information {_shown(_by_measure(tables)['mutual information of two replicas'])}"
        ),
        entangled=f"one Bell pair has S = {pair['value']:.4g}, whatever the number of nodes",
        verdict=_verdict(bool(passed), True),
    )


def _by_measure(tables: Tables) -> dict[str, Row]:
    return {row["measure"]: row for row in tables["fits"]}


def _differs(fit: Row, value: float) -> bool:
    """Whether the interval excludes a value, and the estimate is farther from it than finite sizes explain."""
    return not fit["low"] <= value <= fit["high"] and abs(fit["parameter"] - value) > TOLERANCE


def _list(fits: dict[str, Row], measures: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {_shown(fits[name])}" for name in measures)


def _shown(fit: Row) -> str:
    middle, low, high = (f"{round(fit[name], 3) + 0.0:.3f}" for name in ("parameter", "low", "high"))
    return f"{middle} [{low}, {high}]"


def _are_narrow(fits: dict[str, Row], measures: tuple[str, ...]) -> bool:
    return all(fits[name]["high"] - fits[name]["low"] < 2 * WIDE for name in measures)


def _verdict(holds: bool, is_precise: bool) -> Verdict:
    """What was seen holds; what was not seen is refuted only where it could have been."""
    if holds:
        return Verdict.SUPPORTED
    return Verdict.NOT_SUPPORTED if is_precise else Verdict.NOT_TESTABLE
