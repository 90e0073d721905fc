"""Tables and verdict of clocks that exchange messages: order and spread against the rate, onsets against theory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from entsched.coherence.oscillators.onsets import ROUNDING, interval_row, reached
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: Kicks up to this gain count as a diffusion, where theory should hold.
SMALL_GAIN = 0.25
#: A ratio of onsets is a test only if half its interval is at most this.
SHARP = 0.1


def rate_rows(runs: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """Means and intervals at each channel and rate: clocks, the model of as many oscillators, their difference."""
    rows = []
    for expected, curves in _channels(runs, theory):
        for index, rate_hz in enumerate(expected["rates_hz"]):
            own = [curve[index] for curve in curves]
            row = {"channel": expected["channel"], "message_rate_hz": rate_hz}
            for name in ("order", "spread_s", "model_order", "model_spread_s"):
                row |= interval_row(name, [one[name] for one in own])
            row |= interval_row("difference", [one["order"] - one["model_order"] for one in own])
            rows.append(row | {"infinite_order": expected["infinite_order"][index], "replications": len(own)})
    return rows


def onset_rows(runs: Sequence[Row], theory: Sequence[Row]) -> list[Row]:
    """The rate at which r reaches N^(-1/5): of the clocks, of the model with the same drifts, and their ratio."""
    rows = []
    for expected, curves in _channels(runs, theory):
        rates_hz = expected["rates_hz"]
        level = float(curves[0][0]["servers"] ** -ROUNDING)
        pairs = [
            tuple(reached(rates_hz, [one[name] for one in curve], level) for name in ("order", "model_order"))
            for curve in curves
        ]
        known = [(clocks, model) for clocks, model in pairs if clocks is not None and model is not None]
        known = known if len(known) == len(pairs) else []
        row = {name: expected[name] for name in ("channel", "gain", "clearness", "critical_rate_hz")} | {"level": level}
        row |= interval_row("onset_hz", [clocks for clocks, _ in known])
        row |= interval_row("model_onset_hz", [model for _, model in known])
        row |= interval_row("ratio", [clocks / model for clocks, model in known])
        rows.append(row | {"infinite_onset_hz": reached(rates_hz, expected["infinite_order"], level)})
    return rows


def finding(tables: Tables) -> Finding:
    """Whether the onset of order is that of the classical mean field, wherever kicks are small.

    Not supported if the ratio of onsets is 1 within its interval, on all such channels, and the intervals are sharp.
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
        "model of the same drifts, with latency, loss and the noise of kicks.",
        null_hypothesis="The classical mean field explains the onset: the ratio is 1.",
        result=f"{'; '.join(figures)}. Up to gain {SMALL_GAIN:g} the intervals of the difference in r exclude 0 "
        f"at {apart} of {len(points)} rates (1 in 20 by chance).",
        entangled="No clock here is entangled. N entangled clocks (GHZ states) estimate a phase with variance 1/N^2 "
        "instead of 1/N (part scaling); drift, which the clocks here correct by messages, stays.",
        verdict=Verdict.NOT_SUPPORTED if explained else Verdict.NOT_TESTABLE,
    )


def _explained(row: Row) -> bool:
    if row["ratio"] is None:
        return False
    sharp = row["ratio_high"] - row["ratio_low"] <= 2 * SHARP
    return bool(sharp and row["ratio_low"] <= 1 <= row["ratio_high"])


def _figures(row: Row) -> str:
    if row["ratio"] is None:
        return f"{row['channel']}: no onset inside the rates"
    return (
        f"{row['channel']}: onset at {row['onset_hz']:.3g} Hz "
        f"({row['onset_hz_low']:.3g} to {row['onset_hz_high']:.3g}), "
        f"ratio {row['ratio']:.3f} ({row['ratio_low']:.3f} to {row['ratio_high']:.3f}), "
        f"critical for infinitely many {_rate(row['critical_rate_hz'])}"
    )


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
