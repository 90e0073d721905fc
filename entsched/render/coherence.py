"""What people see of a study of coherence: each prediction with what was measured and the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from entsched.coherence.part import Verdict
from entsched.coherence.play import Results
from entsched.coherence.verdicts import verdict_rows

#: The colour of each verdict.
INK = {Verdict.SUPPORTED: "green", Verdict.NOT_SUPPORTED: "red", Verdict.NOT_TESTABLE: "yellow"}


def summary(results: Results) -> dict[str, Any]:
    """The verdicts of a study as plain data, and what failed."""
    return {
        "name": results.study.name,
        "verdicts": verdict_rows(results.findings),
        "failed": [{"task": failure.label, "error": failure.error} for failure in results.failed],
    }


def results_text(results: Results, out: Path) -> str:
    """The verdicts for people, with the colours of their terminal."""
    console = Console()
    table = Table(title=f"{results.study.name}: intervals are of 95 %", box=SIMPLE_HEAD, padding=(0, 1, 1, 0))
    for column, share in (("part", None), ("prediction", 3), ("result", 5), ("verdict", None)):
        table.add_column(column, ratio=share)
    for part, findings in results.findings.items():
        for finding in findings:
            verdict = Text(finding.verdict.value, style=INK[finding.verdict])
            table.add_row(part, Text(finding.prediction), Text(finding.result), verdict)
    with console.capture() as capture:
        console.print(table)
        console.print(f"Tests, null hypotheses and entangled systems: {out / 'verdicts.md'}", soft_wrap=True)
        console.print(f"Rows, tables and figures: {out}", soft_wrap=True)
    return capture.get()
