"""A whole Pareto figure in its own process: ``python -m benchmarks.figure PAIRS FOLDER`` prints its parts as JSON."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

STARTED = time.perf_counter()

from benchmarks.cells import figure_study  # noqa: E402
from entsched import experiment, figures, report, tasks  # noqa: E402
from entsched.completing import Workers  # noqa: E402
from entsched.store import Store  # noqa: E402

#: Splitting probabilities and replications of the figure, for each of four strategies.
SPLITTINGS, REPLICATIONS = 60, 10

#: The parts of a run: their names, and the functions whose time they are.
PARTS: tuple[tuple[str, Any, str], ...] = (
    ("trial of every strategy", experiment, "try_out"),
    ("bounds, with cross-checks", tasks.BoundTask, "evaluate"),
    ("exact figures", tasks.ExactTask, "evaluate"),
    ("certificates", tasks.CertificateTask, "evaluate"),
    ("simulation", tasks.SimulationTask, "evaluate"),
    ("rows written", Store, "put_many"),
    ("report", report, "build"),
    ("figures", figures, "draw_all"),
)


def timed(work: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    """Work that adds its seconds to those of a part, without those of other parts inside it."""

    def worked(*args: Any, **kwargs: Any) -> Any:
        start, known = time.perf_counter(), sum(spent.values())
        try:
            return work(*args, **kwargs)
        finally:
            spent[part] += time.perf_counter() - start - (sum(spent.values()) - known)

    return worked


def main(pairs: int, out: Path) -> None:
    """Run the figure on one core, then once more, and print the seconds of all parts."""
    spent = {"imports": time.perf_counter() - STARTED} | {part: 0.0 for part, *_ in PARTS}
    study = figure_study(pairs, SPLITTINGS, REPLICATIONS)
    start = time.perf_counter()
    with ExitStack() as patches:
        for part, owner, name in PARTS:
            patches.enter_context(patch.object(owner, name, timed(getattr(owner, name), part, spent)))
        experiment.run(study, out, Workers("serial", 1))
    spent["keys, hand-out, all else"] = time.perf_counter() - start - sum(spent[part] for part, *_ in PARTS)
    total_s = sum(spent.values())
    start = time.perf_counter()
    experiment.run(study, out, Workers("serial", 1))
    print(json.dumps({"parts": spent, "total_s": total_s, "resume_s": time.perf_counter() - start}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
