"""What the fits say of the draft's section 5.2, by rules on their intervals."""

from __future__ import annotations

from collections.abc import Sequence

from entsched.coherence.oscillators.theory import SCALING_THEORY
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: Exponents that differ by less are not told apart: finite sizes bend power laws by about so much.
TOLERANCE = 0.05

#: Intervals that reach farther than this from an exponent do not say that it holds: -1/2 is told from -1/5 then.
NEAR = 0.25

#: Bell tests of all sizes together.
SIGNIFICANCE = 0.01

ORDERS = ("order, incoherent", "order, critical", "order, coherent")
SIZE_LAWS = (*ORDERS, "variance of order, coherent")


def other_than_independent(tables: Tables) -> Finding:
    """Supported if an order parameter at or above the transition scales unlike N^(-1/2)."""
    fits = _by_measure(tables)
    tested = [fits[name] for name in ORDERS[1:]]
    different = [fit["measure"] for fit in tested if _differs(fit, -0.5)]
    theory = " and ".join(f"{fit['expected']:g}" for fit in tested)
    return Finding(
        section="5.2",
        prediction="Measures of coherence scale with size unlike the statistics of independent parts, N^(-1/2).",
        test=(
            "order parameter r of all-to-all oscillators below, at and above the critical coupling, against N. "
            f"Supported if an exponent at or above it excludes -1/2 by more than {TOLERANCE:g}; not supported if "
            f"neither does and both intervals stay within {NEAR:g} of it"
        ),
        null_hypothesis="r falls as N^(-1/2), by the law of large numbers",
        result=(
            f"exponents: {_list(fits, ORDERS)}; unlike -1/2: {' and '.join(different) or 'none'}; classical theory of "
            f"coupled oscillators: {theory}"
        ),
        entangled=f"central charge of the critical Ising chain {_shown(fits['block entropy, critical chain'])}",
        verdict=_verdict(bool(different), all(_is_near(fit, -0.5) for fit in tested)),
    )


def beyond_classical(tables: Tables) -> Finding:
    """Supported if an exponent differs from what the classical theory of oscillators gives, at large sizes no less."""
    fits = _by_measure(tables)
    tested = [fits[name] for name in SIZE_LAWS]
    off = [fit["measure"] for fit in tested if _differs(fit, _classical(fit)) and not _nears(fit, _classical(fit))]
    bent = [fit["measure"] for fit in tested if _differs(fit, _classical(fit)) and fit["measure"] not in off]
    theory = ", ".join(f"{fit['measure']} {fit['expected']:g}" for fit in tested)
    return Finding(
        section="5.2",
        prediction="How coherence scales with size needs more than classical physics.",
        test=(
            "the same exponents, and that of the variance of r between systems, against classical theory; what is "
            "simulated is classical, so this is a self-check of that theory. Supported if an exponent excludes theory "
            f"by more than {TOLERANCE:g} and the larger half of the sizes is no nearer to it; not supported if none "
            f"excludes it and all intervals stay within {NEAR:g} of it"
        ),
        null_hypothesis=(
            f"classical theory: {theory}; at the transition down to {-SCALING_THEORY['random'][0][1]:.3f}, since half "
            "of the systems show noise (this range was widened after larger sizes were seen)"
        ),
        result=(
            f"exponents: {_list(fits, SIZE_LAWS)}; off theory: {', '.join(off) or 'none'}"
            + (f"; nearer to it at larger sizes: {', '.join(bent)}" if bent else "")
        ),
        entangled=(
            f"block entropy grows as (c/3) log2 N at h = 1, c = {_shown(fits['block entropy, critical chain'])}, and "
            f"stays off criticality, exponent {_shown(fits['block entropy, gapped chain'])}"
        ),
        verdict=_verdict(bool(off), not bent and all(_is_near(fit, _classical(fit)) for fit in tested)),
    )


def sharper(tables: Tables) -> Finding:
    """Supported if 1 / variance of the coherent order parameter grows faster than N; untested if as N^2 is possible."""
    fits = _by_measure(tables)
    variance, ghz = fits["variance of order, coherent"], fits["Fisher information, GHZ"]
    is_faster = -variance["high"] > 1 + TOLERANCE and not _nears(variance, -1.0)
    return Finding(
        section="5.2",
        prediction="The precision of collective quantities grows faster than the number of nodes.",
        test=(
            "1 / variance of r between systems deep in the coherent phase, against N. Supported if the exponent is "
            f"above {1 + TOLERANCE:g}, at the larger half of the sizes no less; not supported if its interval reaches "
            "down to that and excludes the exponent of GHZ states"
        ),
        null_hypothesis="precision grows as N, exponent 1",
        result=f"exponent {-variance['parameter']:.3g} [{-variance['high']:.3g}, {-variance['low']:.3g}]",
        entangled=(
            f"Fisher information of a phase: GHZ states {_shown(ghz)}, "
            f"independent qubits {_shown(fits['Fisher information, independent qubits'])}"
        ),
        verdict=_verdict(is_faster, -variance["high"] <= 1 + TOLERANCE and -variance["low"] < ghz["low"]),
    )


def correlated(tables: Tables) -> Finding:
    """Supported if two replicas pass the classical limit of 2 at any size; not, if none can have what a pair has."""
    points = tables["points"]
    tests = [row for row in points if row["measure"] == "CHSH value of two replicas"]
    told = [row for row in points if row["measure"] == "mutual information of two replicas"]
    pair = next(row for row in points if row["measure"] == "CHSH value of a Bell pair")
    passed = any(row["p_value"] < SIGNIFICANCE / len(tests) for row in tests)
    growth = _by_measure(tables).get("mutual information of two replicas")
    return Finding(
        section="5.2",
        prediction="Correlations between two nodes grow with the network beyond what classical nodes can share.",
        test=(
            "CHSH value of two replicas' last commands, and their mutual information, against the number of nodes. "
            f"Supported if S passes 2 at any size (joint level {SIGNIFICANCE:g}); not supported if every interval of S "
            "excludes that of a Bell pair"
        ),
        null_hypothesis="by theorem, two answers of one bit share at most 1 bit, and local strategies have S up to 2",
        result=(
            f"at most {_largest(told)} bits and S = {_largest(tests)}; highest end of all intervals of "
            f"S {max(row['high'] for row in tests):.3g}; exponent of the information "
            f"{_shown(growth) if growth else 'none'}"
        ),
        entangled=f"one Bell pair has S = {pair['value']:.4g}, whatever the number of nodes",
        verdict=_verdict(passed, all(row["high"] < pair["value"] for row in tests)),
    )


def _by_measure(tables: Tables) -> dict[str, Row]:
    return {row["measure"]: row for row in tables["fits"]}


def _classical(fit: Row) -> float:
    """The exponent of classical theory; at the transition, the one of its range that is nearest to the measured."""
    least, most = SCALING_THEORY["random"][0]
    return min(max(fit["parameter"], -most), -least) if fit["measure"] == "order, critical" else fit["expected"]


def _differs(fit: Row, value: float) -> bool:
    """Whether the interval excludes a value, and the estimate is farther from it than finite sizes explain."""
    return not fit["low"] <= value <= fit["high"] and abs(fit["parameter"] - value) > TOLERANCE


def _nears(fit: Row, value: float) -> bool:
    """Whether the larger half of the sizes is nearer to a value, by a tenth: sizes are too small then."""
    return bool(abs(fit["of_large"] - value) < 0.9 * abs(fit["parameter"] - value))


def _is_near(fit: Row, value: float) -> bool:
    """Whether all of the interval is near a value."""
    return max(abs(fit["low"] - value), abs(fit["high"] - value)) <= NEAR


def _list(fits: dict[str, Row], measures: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {_shown(fits[name])}" for name in measures)


def _shown(fit: Row) -> str:
    middle, low, high = (f"{round(fit[name], 3) + 0.0:.3f}" for name in ("parameter", "low", "high"))
    return f"{middle} [{low}, {high}]"


def _largest(rows: Sequence[Row]) -> str:
    row = max(rows, key=lambda row: float(row["value"]))
    return f"{row['value']:.3g} [{row['low']:.3g}, {row['high']:.3g}] (N = {row['n']})"


def _verdict(is_seen: bool, is_refuted: bool) -> Verdict:
    """What was seen holds; what was not seen is refuted only where it could have been."""
    if is_seen:
        return Verdict.SUPPORTED
    return Verdict.NOT_SUPPORTED if is_refuted else Verdict.NOT_TESTABLE
