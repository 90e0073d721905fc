"""What people see of a study of coherence: each prediction with what was measured and the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
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
    with console.capture() as capture:
        console.print(Text(f"{results.study.name}: intervals are of 95 %"))
        for part, findings in results.findings.items():
            console.print(Text(f"\n{part}", style="bold"))
            for finding in findings:
                verdict = Text(finding.verdict.value, style=INK[finding.verdict])
                console.print(Padding(Text.assemble(finding.prediction, " ", verdict), (0, 0, 0, 2)))
                console.print(Padding(Text(finding.result), (0, 0, 0, 6)))
        console.print()
        console.print(f"Tests, null hypotheses and entangled systems: {out / 'verdicts.md'}", soft_wrap=True)
        console.print(f"Rows, tables and figures: {out}", soft_wrap=True)
    return capture.get()
