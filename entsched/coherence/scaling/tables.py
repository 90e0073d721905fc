"""Tables of the part on scaling: measures against N, and the power laws or logarithms fitted to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
from scipy.stats import chi2, norm

from entsched.coherence.entangled.ising_chain import central_charge
from entsched.coherence.fits import LEVEL, PowerLaw, power_law
from entsched.coherence.oscillators.theory import SCALING_THEORY
from entsched.sim.statistics import student_interval
from entsched.tasks import Row

#: What theory without entanglement, or of the entangled system, says of each measure: class, law, parameter, source.
EXPECTED: dict[str, tuple[str, str, float, str]] = {
    "order, incoherent": ("classical", "power", -0.5, "law of large numbers"),
    "order, critical": ("classical", "power", -SCALING_THEORY["random"][0][0], "H. Hong et al., PRL 99, 184101 (2007)"),
    "order, coherent": ("classical", "power", 0.0, "mean field of Kuramoto"),
    "variance of order, coherent": ("classical", "power", -1.0, "law of large numbers"),
    "mutual information of two replicas": ("classical", "power", 0.0, "at most the entropy of one answer"),
    "CHSH value of two replicas": ("classical", "power", 0.0, "at most 2 for local strategies"),
    "Fisher information, independent qubits": ("entangled", "power", 1.0, "N"),
    "Fisher information, GHZ": ("entangled", "power", 2.0, "N^2"),
    "block entropy, critical chain": ("entangled", "logarithm", 0.5, "(c/3) log2 N with c = 1/2"),
    "block entropy, gapped chain": ("entangled", "power", 0.0, "area law"),
    "CHSH value of a Bell pair": ("entangled", "none", 2 * sqrt(2), "B. S. Tsirelson (1980)"),
}

#: Measures whose points differ in precision, so that fits weight them; all others are exact, or known alike.
WEIGHTED = ("order, incoherent", "order, critical", "order, coherent", "variance of order, coherent")


def points(rows: Sequence[Row], couplings: Sequence[float]) -> list[Row]:
    """Each measure at each size, with 95 % intervals where it was simulated.

    Parameters
    ----------
    rows : of all tasks
    couplings : relative to the critical one, of the incoherent, the critical and the coherent state
    """
    found = [point for row in rows for point in _measured(row, couplings)]
    return sorted(found, key=lambda point: (list(EXPECTED).index(point["measure"]), point["n"]))


def fits(measured: Sequence[Row]) -> list[Row]:
    """The exponent of N of each measure, or the central charge of a logarithm, with its 95 % interval.

    ``of_large`` is that of the larger half of the sizes, three at least: where it is nearer to theory, sizes are too
    small. Measures that are not positive at each size have none.
    """
    found: list[Row] = []
    for measure, (kind, law, expected, source) in EXPECTED.items():
        own = [row for row in measured if row["measure"] == measure]
        if law == "none" or len(own) < 3 or min(row["value"] for row in own) <= 0:
            continue
        fit, of_large = (_fit(measure, law, rows) for rows in (own, own[-max(3, len(own) // 2) :]))
        place = {"measure": measure, "class": kind, "law": law, "parameter": fit.exponent}
        ends = {"low": fit.low, "high": fit.high, "of_large": of_large.exponent, "prefactor": fit.prefactor}
        found.append(place | ends | {"expected": expected, "source": source})
    return found


def _fit(measure: str, law: str, rows: Sequence[Row]) -> PowerLaw:
    n, values = (np.array([row[name] for row in rows], dtype=float) for name in ("n", "value"))
    if law == "logarithm":
        return central_charge(n, values)
    arms = np.array([row["high"] - row["low"] for row in rows])
    return power_law(n, values, arms / (2 * norm.ppf((1 + LEVEL) / 2)) / values if measure in WEIGHTED else None)


def _measured(row: Row, couplings: Sequence[float]) -> Iterator[Row]:
    match row.get("kind", "oscillators"):
        case "coherence-agreement":
            yield _point("mutual information of two replicas", row["nodes"], *_ends(row, "information"))
            yield _point("CHSH value of two replicas", row["nodes"], *_ends(row, "chsh")) | {"p_value": row["chsh_p"]}
        case "coherence-fisher":
            for measure, name in (("GHZ", "ghz"), ("independent qubits", "independent")):
                yield _point(f"Fisher information, {measure}", row["qubits"], *[row[name]] * 3)
        case "coherence-bell-pair":
            yield _point("CHSH value of a Bell pair", 2, *[row["chsh"]] * 3)
        case "coherence-chain":
            measure = "block entropy, critical chain" if row["field"] == 1 else "block entropy, gapped chain"
            for block, entropy in zip(row["spins"], row["entropy"], strict=True):
                yield _point(measure, block, *[entropy] * 3)
        case _:
            yield from _orders(row, couplings)


def _orders(row: Row, couplings: Sequence[float]) -> Iterator[Row]:
    """Student's interval of the mean order; that of the variance between replications by the chi-squared law."""
    orders = np.array(row["order"])
    freedom, n = len(orders) - 1, row["oscillators"]
    state = ("incoherent", "critical", "coherent")[list(couplings).index(row["relative_coupling"])]
    mean, variance = student_interval(orders, LEVEL), float(orders.var(ddof=1))
    yield _point(f"order, {state}", n, mean.mean, mean.low, mean.high)
    if state == "coherent":
        low, high = (float(variance * freedom / chi2.ppf(end, freedom)) for end in ((1 + LEVEL) / 2, (1 - LEVEL) / 2))
        yield _point("variance of order, coherent", n, variance, low, high)


def _ends(row: Row, name: str) -> tuple[float, float, float]:
    return row[name], row[f"{name}_low"], row[f"{name}_high"]


def _point(measure: str, n: int, value: float, low: float, high: float) -> Row:
    return {"measure": measure, "class": EXPECTED[measure][0], "n": n, "value": value, "low": low, "high": high}
