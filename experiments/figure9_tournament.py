"""Figure 9: the tournament: every strategy on the same customers, ranked by what dominates what."""

import sys

from common import CONFIGS, RESULTS

from entsched.config import load_experiment
from entsched.errors import EntschedError
from entsched.render.progress import progress as progress_bars
from entsched.render.tournament import print_tournament
from entsched.tournament.entries import enter
from entsched.tournament.play import play

if __name__ == "__main__":
    out = RESULTS / "tournament"
    try:
        with progress_bars() as progress:
            made = play(enter(load_experiment(CONFIGS / "tournament.yaml")), out, progress=progress)
    except EntschedError as error:
        sys.exit(f"entsched: {error}")
    print_tournament(made, out)
    if not made.is_sound:
        sys.exit("entsched: a strategy failed; standings.csv says why")
