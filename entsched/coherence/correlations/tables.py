"""From the rows of recorded sources to tables: joint distributions, entropies, Bell tests, loopholes, certificates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np

from entsched.coherence.consensus.rounds import SILENT
from entsched.coherence.correlations.counts import Integers, compact, ends
from entsched.coherence.correlations.entropies import entropies
from entsched.coherence.correlations.names import certificate_file
from entsched.tasks import Row

#: Columns of a row of a source that do not go into the table of Bell tests.
LONG = ("shape", "counts", "certificate", "proved")


def source_tables(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Tables ``joint``, ``entropies``, ``bell_tests``, ``loopholes`` and ``certificates`` of recorded sources.

    Answers are integers from 0, and -1 for silence. Intervals are of 95 %, for each number on its own and for
    independent rounds.
    """
    return {
        "joint": [each for row in rows for each in _joint(row)],
        "entropies": [each for row in rows for each in _entropies(row)],
        "bell_tests": [{key: value for key, value in row.items() if key not in LONG} for row in rows],
        "loopholes": [_loophole(row) for row in rows if row["loophole"]],
        "certificates": [_certificate(row) for row in rows if row["certificate"]],
    }


def werner_table(row: Row) -> list[Row]:
    """The table ``werner``: one row for each visibility.

    Examples
    --------
    >>> werner_table({"visibility": [0.0, 1.0], "mutual_information_bits": [0.0, 2.0], "negative_above": 0.75})[1]
    {'visibility': 1.0, 'mutual_information_bits': 2.0, 'negative_above': 0.75}
    """
    lists = {key: values for key, values in row.items() if isinstance(values, list)}
    return [
        dict(zip(lists, values, strict=True)) | {"negative_above": row["negative_above"]}
        for values in zip(*lists.values(), strict=True)
    ]


def _counts(row: Row) -> Integers:
    return np.array(row["counts"], dtype=np.int64).reshape(row["shape"])


def _place(row: Row) -> Row:
    return {"source": row["source"], "group": row["group"]}


def _joint(row: Row) -> Iterator[Row]:
    counts = _counts(row)
    totals = counts.sum(axis=(0, 1))
    low, high = ends(counts, totals)
    for a, b, x, y in np.ndindex(*counts.shape):
        if totals[x, y]:
            answers = (
                SILENT if answer == last - 1 else answer for answer, last in zip((a, b), counts.shape, strict=False)
            )
            yield (
                _place(row)
                | {"x": x, "y": y}
                | dict(zip(("a", "b"), answers, strict=True))
                | {
                    "count": int(counts[a, b, x, y]),
                    "probability": float(counts[a, b, x, y] / totals[x, y]),
                    "low": float(low[a, b, x, y]),
                    "high": float(high[a, b, x, y]),
                }
            )


def _entropies(row: Row) -> Iterator[Row]:
    counts = compact(_counts(row))
    for x, y in np.ndindex(*counts.shape[2:]):
        rounds = int(counts[:, :, x, y].sum())
        if rounds:
            found = entropies(counts[:, :, x, y])
            known = {"visibility": row["visibility"]} if "visibility" in row else {}
            numbers = {
                f"{name}_{end}": value
                for name, estimate in found._asdict().items()
                for end, value in zip(("bits", "low", "high"), estimate, strict=True)
            }
            yield _place(row) | {"x": x, "y": y, "rounds": rounds} | known | numbers


def _loophole(row: Row) -> Row:
    kept = {
        key: row[key] for key in ("source", "group", "loophole", "exposed_by", "outcome", "refused", "detected", "late")
    }
    ends_after = {
        f"after_{end}": row[key] for end, key in (("value", "chsh"), ("low", "chsh_low"), ("high", "chsh_high"))
    }
    return kept | {"before": row["post_selected"]} | ends_after


def _certificate(row: Row) -> Row:
    document = json.loads(row["certificate"])
    file = certificate_file(row["source"])
    return {"source": row["source"], "proves": row["proved"], "sha256": document["sha256"], "file": file}
