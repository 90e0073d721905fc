"""Figures of reports and sweeps: vector PDF, PNG, and the plotted numbers as CSV beside them."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from entsched.figures.experiment import excess_wait, gain_map, pareto_front
from entsched.figures.monitor import bell_test
from entsched.figures.pairs import draw_envelope
from entsched.figures.static import static_routing
from entsched.figures.static_map import verdict_map
from entsched.figures.sweep import draw_sweep
from entsched.figures.tail import wait_tail
from entsched.report import Report

__all__ = [
    "bell_test",
    "draw_all",
    "draw_envelope",
    "draw_sweep",
    "excess_wait",
    "gain_map",
    "pareto_front",
    "static_routing",
    "verdict_map",
    "wait_tail",
]


def draw_all(report: Report, folder: Path) -> list[Path]:
    """Draw every figure that a report has the numbers for; returns the paths of the PNG files.

    Raises
    ------
    StoreError
        If the files cannot be written.
    """
    drawn = []
    if len(report.bounds) > 1:
        drawn.append(excess_wait(report, folder / "excess_wait"))
        drawn.append(pareto_front([report], folder / "pareto_front"))
    if any("sim_wait_q50_s" in row for row in report.strategies):
        drawn.append(wait_tail(report, folder / "wait_tail"))
    if report.gains:
        drawn.append(gain_map(report, folder / "gain_map"))
    if report.static:
        drawn.append(static_routing(report, folder / "static"))
    if report.monitor:
        drawn.append(bell_test(report, folder / "monitor"))
    if report.experiment.envelope is not None:
        rate_hz, target = report.experiment.workload.arrival_rate_hz, report.experiment.envelope.target
        drawn += draw_envelope(report.envelope, rate_hz, target, folder)
    return drawn
