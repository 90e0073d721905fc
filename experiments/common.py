"""Run a configuration of this repository into the results folder named on the command line."""

import sys
from pathlib import Path

from entsched import experiment
from entsched.axes import load_study
from entsched.errors import EntschedError
from entsched.render import experiments as render
from entsched.render.progress import progress as progress_bars

CONFIGS = Path(__file__).parent.parent / "configs"
RESULTS = Path(sys.argv[1] if len(sys.argv) > 1 else "results")


def run(name: str) -> Path:
    """Run ``configs/NAME.yaml`` into ``RESULTS/NAME``, print its summary, return the folder."""
    config, out = CONFIGS / f"{name}.yaml", RESULTS / name
    try:
        with progress_bars() as progress:
            results = experiment.run(load_study(config), out, progress=progress)
    except EntschedError as error:
        sys.exit(f"entsched: {error}")
    print(render.results_text(results, render.summary(results), out), end="")
    if results.failed:
        sys.exit(render.failures(results.failed))
    return out
