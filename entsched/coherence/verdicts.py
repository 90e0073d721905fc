"""The verdicts of a study as rows and as a page in Markdown: prediction, test, null hypothesis, result, verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from html import escape

from entsched.coherence.part import Finding
from entsched.markdown import table_line
from entsched.tasks import Row

#: The columns of the table, with the attribute of a finding that each shows.
COLUMNS = {
    "prediction (section of the draft)": "prediction",
    "test": "test",
    "null hypothesis": "null_hypothesis",
    "result": "result",
    "entangled system in the same test": "entangled",
    "verdict": "verdict",
}


def verdict_rows(findings: Mapping[str, Sequence[Finding]]) -> list[Row]:
    """One row for each finding, in the order of the parts.

    Parameters
    ----------
    findings : by the name of their part
    """
    return [{"part": part} | _row(finding) for part, found in findings.items() for finding in found]


def verdicts_page(name: str, findings: Mapping[str, Sequence[Finding]]) -> str:
    """A page with one table; the figures of each part are in ``figures/``.

    Examples
    --------
    >>> from entsched.coherence.part import Verdict
    >>> found = Finding("5", "r grows", "r against N", "r stays", "it stays", "it grows", Verdict.NOT_SUPPORTED)
    >>> verdicts_page("one", {"scaling": [found]}).splitlines()[-1]
    '| scaling | r grows (5) | r against N | r stays | it stays | it grows | **not supported** |'
    """
    lines = [f"# Verdicts: {name}", ""]
    lines += ["Intervals are of 95 %. Each verdict follows from the figures by a rule of its part.", ""]
    lines += [_line(["part", *COLUMNS]), _line(["---"] * (1 + len(COLUMNS)))]
    return "\n".join([*lines, *_lines(findings)]) + "\n"


def _lines(findings: Mapping[str, Sequence[Finding]]) -> Iterator[str]:
    for row in verdict_rows(findings):
        row["prediction"] += f" ({row['section']})"
        row["verdict"] = f"**{row['verdict']}**"
        yield _line([row["part"], *(row[name] for name in COLUMNS.values())])


def _row(finding: Finding) -> Row:
    return {field.name: str(getattr(finding, field.name)) for field in fields(finding)}


def _line(cells: Sequence[str]) -> str:
    """A line of the table, whatever names stand in its cells."""
    return table_line([" ".join(escape(cell, quote=False).split()) for cell in cells])
