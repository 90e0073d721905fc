"""Figure 11: the predictions of distributed coherence, each with its figure, and the table of verdicts."""

import sys

from common import CONFIGS, RESULTS

from entsched.coherence import play
from entsched.coherence.study import load_coherence
from entsched.errors import EntschedError
from entsched.render.coherence import results_text
from entsched.render.experiments import failures
from entsched.render.progress import progress as progress_bars

if __name__ == "__main__":
    name = sys.argv[2] if len(sys.argv) > 2 else "coherence"
    out = RESULTS / name
    try:
        with progress_bars() as progress:
            results = play.run(load_coherence(CONFIGS / f"{name}.yaml"), out, progress=progress)
    except EntschedError as error:
        sys.exit(f"entsched: {error}")
    print(results_text(results, out), end="")
    if results.failed:
        sys.exit(failures(results.failed))
