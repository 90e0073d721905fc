"""Games against toqito, job by job, each in a process of its own, with a limit on time and a look at memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PEER = Path(".venv-peer/bin/python")
HERE = Path(__file__).parent
LIMIT_S = 100


class Job(NamedTuple):
    """What is measured, its goal, and the name of the same work for toqito (None: it cannot do it)."""

    name: str
    goal: str
    peer: str | None


JOBS = [
    Job("xor quantum 50", "1e-8 relative", "xor quantum 50"),
    Job("xor quantum 100", "1e-8 relative", "xor quantum 100"),
    Job("xor quantum 200", "0.1 s at 1e-8", "xor quantum 200"),
    Job("xor quantum 1000", "5 s at 1e-8", None),
    Job("xor quantum 2000", "15 s at 1e-6", None),
    Job("odd cycle 501", "5 s at 1e-8", None),
    Job("xor local 20", "", "xor local 20"),
    Job("xor local 36", "1 s", None),
    Job("xor local 40", "5 s", None),
    Job("xor local 44", "30 s", None),
    Job("routing 100000 types local", "5 s", None),
    Job("constrained xor quantum 100", "0.2 s at 1e-7", None),
    Job("npa i3322 1+ab", "0.02 s", "npa i3322 1+ab"),
    Job("npa i3322 2", "0.1 s", "npa i3322 2"),
    Job("npa i3322 3", "20 s", "npa i3322 3"),
    Job("npa chsh x 2 1+ab", "2 s", "npa chsh x 2 1+ab"),
    Job("npa chsh x 2 2", "60 s", "npa chsh x 2 2"),
    Job("npa magic square 1+ab", "2 s", "npa magic square 1+ab"),
    Job("see-saw chsh x 2", "0.35 s, right", "see-saw chsh x 2"),
    Job("see-saw magic square", "0.2 s, 1", "see-saw magic square"),
    Job("no-signalling chsh x 2", "10 ms", "no-signalling chsh x 2"),
    Job("no-signalling xor 20", "20 ms", "no-signalling xor 20"),
]


def outcome(command: list[str]) -> dict[str, object]:
    """What one process reports as JSON, or why it did not."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return {"text": f"> {LIMIT_S} s"}
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if done.returncode == 0 and lines else {"text": "failed"}


def ours(job: Job) -> dict[str, object]:
    """Our median and worst seconds, value and gap, and the memory of the process."""
    return outcome([sys.executable, "-m", "benchmarks.games", job.name])


def theirs(job: Job) -> dict[str, object]:
    """The seconds and value of toqito."""
    if job.peer is None:
        return {"text": "-"}
    if not PEER.exists():
        return {"text": "not installed"}
    return outcome([str(PEER), "-W", "ignore", str(HERE / "toqito_peer.py"), job.peer])


def rows() -> Iterator[tuple[str, ...]]:
    """One row a job: name, ours (median, worst, ends, memory), toqito's, goal."""
    for job in JOBS:
        yield job.name, described(ours(job)), described(theirs(job)), job.goal


def described(found: dict[str, object]) -> str:
    """An outcome in one line."""
    if "text" in found:
        return str(found["text"])
    if "median_s" not in found:
        return f"{found['cpu_s']:.3g} s, {found['value']:.10g}"
    ends = f"[{found['lower']:.10g}, {found['upper']:.10g}]"
    return f"{found['median_s']:.3g} s (worst {found['worst_s']:.3g}), {ends}, {found['memory_mb']:.0f} MB"


def main() -> None:
    """Print the table as it stands in docs/games.md."""
    print("| work | entsched: median (worst), both ends, peak memory | toqito | goal |\n|---|---|---|---|")
    for row in rows():
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
