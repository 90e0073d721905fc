"""The release gate: over many random games no lower end exceeds an upper end, within a set or across sets."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
from rich.progress import track

from entsched.games.nonlocal_game import NonlocalGame, XorGame
from entsched.games.solve import Effort, solve
from entsched.games.value import GameValue

SETS = ("local", "quantum", "no-signalling")


def random_game(seed: int) -> NonlocalGame | XorGame:
    """A small game: XOR or payoff table, normal or integer payoffs of both signs, sparse at times."""
    rng = np.random.default_rng(seed)
    xor = seed % 10 > 0
    shape = tuple(rng.integers(1, 7, 2)) if xor else (*rng.integers(2, 4, 2), *rng.integers(1, 3, 2))
    values = rng.normal(size=shape) if rng.random() < 0.5 else rng.integers(-3, 4, shape).astype(float)
    values *= rng.random(shape) < rng.choice([0.5, 1.0])
    return XorGame(values) if xor else NonlocalGame(values)


def violations(seed: int) -> list[str]:
    """What is wrong with the values of one game."""
    game = random_game(seed)
    values = [solve(game, each, Effort(time_limit_s=2.0)) for each in SETS]
    wrong = [f"{seed}: {v.correlations} {v.lower!r} > {v.upper!r}" for v in values if not v.lower <= v.upper]
    for small, large in pairwise(values):
        wrong += _crossed(seed, small, large)
    return wrong


def _crossed(seed: int, small: GameValue, large: GameValue) -> list[str]:
    if small.lower <= large.upper:
        return []
    return [f"{seed}: {small.correlations} {small.lower!r} > {large.correlations} {large.upper!r}"]


def main(games: int) -> int:
    """Run the gate and return how many violations there are."""
    wrong = [line for seed in track(range(games), "random games") for line in violations(seed)]
    print("\n".join([*wrong, f"{games} random games: {len(wrong)} violations"]))
    return len(wrong)


if __name__ == "__main__":
    sys.exit(min(1, main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)))
