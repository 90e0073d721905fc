"""Tables and verdict of clocks that exchange messages: order and spread against the rate, onsets against theory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from entsched.coherence.oscillators.onsets import ROUNDING, interval_row, reached, resolved
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: Kicks up to this gain count as a diffusion, where theory should hold.
SMALL_GAIN = 0.25
#: A ratio of onsets is a test only if half its interval is at most this.
SHARP = 0.1
#: Of the chance that an interval misses, shared by the channels with small gains.
MISSED = 0.05


def rate_rows(runs: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """Means and intervals at each channel and rate: clocks, the model of as many oscillators, their difference."""
    rows = []
    for expected, curves in _channels(runs, theory):
        for index, rate_hz in enumerate(expected["rates_hz"]):
            own = [curve[index] for curve in curves]
            row = {"channel": expected["channel"], "message_rate_hz": rate_hz}
            for name, most in (("order", 1.0), ("spread_s", expected["period_s"] / 2)):
                row |= interval_row(name, [one[name] for one in own], 0.0, most)
                row |= interval_row(f"model_{name}", [one[f"model_{name}"] for one in own], 0.0, most)
            row |= interval_row("difference", [one["order"] - one["model_order"] for one in own], -1.0, 1.0)
            rows.append(row | {"infinite_order": expected["infinite_order"][index], "replications": len(own)})
    return rows


def theory_rows(theory: Sequence[Row]) -> list[Row]:
    """r of infinitely many oscillators on a fine grid of message rates, for each channel."""
    return [
        {"channel": expected["channel"], "message_rate_hz": rate_hz, "infinite_order": order}
        for expected in theory
        for rate_hz, order in zip(expected["fine_rates_hz"], expected["fine_order"], strict=True)
    ]


def entangled_rows(rows: Sequence[Row]) -> list[Row]:
    """Quantum Fisher information of the phase of GHZ states and of independent qubits."""
    return [{name: row[name] for name in ("qubits", "ghz", "independent")} for row in rows if "ghz" in row]


def onset_rows(runs: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """The rate at which r reaches N^(-1/5): of the clocks, of the model with the same drifts, and their ratio.

    The ends ``joint_low`` and ``joint_high`` of the ratio hold for all channels with small gains at once.
    ``expected_ratio`` is that of critical rates of infinitely many clocks, kicks of their size over a diffusion.
    """
    rows = []
    together = max(1, sum(expected["gain"] <= SMALL_GAIN for expected in theory))
    for expected, curves in _channels(runs, theory):
        rates_hz = expected["rates_hz"]
        level = float(curves[0][0]["servers"] ** -ROUNDING)
        pairs = [
            tuple(reached(rates_hz, [one[name] for one in curve], level) for name in ("order", "model_order"))
            for curve in curves
        ]
        known = [(clocks, model) for clocks, model in pairs if clocks is not None and model is not None]
        known = known if len(known) == len(pairs) else []
        copied = ("channel", "gain", "clearness", "critical_rate_hz", "kicked_rate_hz")
        row = {name: expected[name] for name in copied} | {"level": level}
        for name, place in (("onset_hz", 0), ("model_onset_hz", 1)):
            found = interval_row(name, [pair[place] for pair in known])
            row |= resolved(found, name, rates_hz[0], rates_hz[-1])
        ratios = [clocks / model for clocks, model in known]
        joint = interval_row("joint", ratios, 0.0, confidence=1 - MISSED / together)
        row |= interval_row("ratio", ratios, 0.0) | {name: joint[name] for name in ("joint_low", "joint_high")}
        row["expected_ratio"] = _ratio(expected["kicked_rate_hz"], expected["critical_rate_hz"])
        rows.append(row | {"infinite_onset_hz": reached(expected["fine_rates_hz"], expected["fine_order"], level)})
    return rows


def finding(tables: Tables) -> Finding:
    """Whether the onset of order is that of the classical mean field, wherever kicks are small.

    Not supported if on all such channels the joint interval of the ratio of onsets holds a value between 1 and
    the ratio that the size of the kicks makes, and is sharp. Never supported: nothing else predicts a rate.
    """
    rows = [row for row in tables["onsets"] if row["gain"] <= SMALL_GAIN]
    explained = bool(rows) and all(_explained(row) for row in rows)
    channels = {row["channel"] for row in rows}
    points = [row for row in tables["rates"] if row["channel"] in channels]
    apart = sum(not row["difference_low"] <= 0 <= row["difference_high"] for row in points)
    figures = [_figures(row) for row in tables["onsets"]]
    return Finding(
        section="2, 6.2",
        prediction="The coherence of servers' clocks is a quantum-like phase.",
        test="Message rate at which the order parameter of simulated clocks reaches N^(-1/5), over that of Kuramoto's "
        "model of the same drifts, with latency, loss and the noise of kicks. One-sided, since the draft predicts no "
        f"rate: not supported if on every channel with gain up to {SMALL_GAIN:g} the ratio is that of the null "
        f"hypothesis within its interval (95 % for all channels together, at most {2 * SHARP:g} wide); otherwise not "
        "testable, as a fault of the model would look the same.",
        null_hypothesis="The classical mean field explains the onset: the ratio is 1, or up to the ratio of critical "
        "rates of kicks of this size and of small ones (expected, by theory).",
        result=f"{'; '.join(figures)}. Up to gain {SMALL_GAIN:g} the intervals of the difference in r exclude 0 "
        f"at {apart} of {len(points)} rates; these are not independent, since all rates and channels share the drifts "
        "of a replication.",
        entangled=f"Quantum Fisher information of the phase of N clocks, computed here: {_information(tables)}. The "
        "variance of one reading is its inverse, 1/N^2 of GHZ states against 1/N of independent ones. Drift, which the "
        "clocks here correct by messages, stays: entangled clocks run at different rates as well. No clock here is "
        "entangled.",
        verdict=Verdict.NOT_SUPPORTED if explained else Verdict.NOT_TESTABLE,
    )


def _explained(row: Row) -> bool:
    if row["joint_low"] is None or row["expected_ratio"] is None:
        return False
    low, high = sorted((1.0, row["expected_ratio"]))
    sharp = row["joint_high"] - row["joint_low"] <= 2 * SHARP
    return bool(sharp and row["joint_low"] <= high and low <= row["joint_high"])


def _figures(row: Row) -> str:
    if row["ratio"] is None:
        return f"{row['channel']}: no onset inside the rates"
    ends = "not resolved"
    if row["onset_hz_low"] is not None:
        ends = f"{row['onset_hz_low']:.3g} to {row['onset_hz_high']:.3g}"
    expected = "no onset" if row["expected_ratio"] is None else f"{row['expected_ratio']:.3f}"
    return (
        f"{row['channel']}: onset at {row['onset_hz']:.3g} Hz ({ends}), "
        f"ratio {row['ratio']:.3f} ({row['ratio_low']:.3f} to {row['ratio_high']:.3f}; for all channels "
        f"{row['joint_low']:.3f} to {row['joint_high']:.3f}; expected 1 to {expected}), "
        f"critical for infinitely many {_rate(row['critical_rate_hz'])}"
    )


def _information(tables: Tables) -> str:
    return ", ".join(
        f"N = {row['qubits']}: {row['ghz']:.4g} of a GHZ state against {row['independent']:.4g}"
        for row in tables["entangled"]
    )


def _ratio(kicked_hz: float | None, critical_hz: float | None) -> float | None:
    return None if kicked_hz is None or critical_hz is None else kicked_hz / critical_hz


def _rate(rate_hz: float | None) -> str:
    return "at no rate" if rate_hz is None else f"{rate_hz:.3g} Hz"


def _channels(runs: Sequence[Row], theory: Sequence[Row]) -> Iterator[tuple[Row, list[list[Row]]]]:
    """What theory says of each channel, and the runs of each replication by rate."""
    for expected in theory:
        curves: dict[int, list[Row]] = {}
        for run in runs:
            if run["channel"] == expected["channel"]:
                curves.setdefault(run["replication"], []).append(run)
        yield expected, list(curves.values())
