"""One job of the game solver: ``python -m benchmarks.games JOB`` prints JSON with seconds, both ends and memory."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from entsched.games.library import chsh, i3322, magic_square, odd_cycle
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame
from entsched.games.products import repeated_game
from entsched.games.value import GameValue

Work = Callable[[int], GameValue]


def random_xor(n: int, seed: int) -> XorGame:
    """Standard normal weights, n questions each; seed n is the one toqito gets too."""
    return XorGame(np.random.default_rng(seed).normal(size=(n, n)))


def quantum(n: int) -> Work:
    """The quantum value of random XOR games."""
    from entsched.games.xor.value import xor_quantum_value

    games = [random_xor(n, n + k) for k in range(7)]
    return lambda k: xor_quantum_value(games[k], tolerance=1e-6 if n > 1000 else 1e-8)


def cycle(n: int) -> Work:
    """The quantum value of an odd cycle."""
    from entsched.games.xor.value import xor_quantum_value

    return lambda _: xor_quantum_value(odd_cycle(n))


def local(n: int) -> Work:
    """The local value of random XOR games."""
    from entsched.games.local.exact import local_value

    games = [random_xor(n, n + k) for k in range(7)]
    return lambda k: local_value(games[k])


def constrained(n: int) -> Work:
    """The quantum value of random XOR games with P(a != b) = 0.4 on average."""
    from entsched.games.xor.constrained import constrained_xor_value

    half = LinearConstraint.equality(np.full((n, n), 1 / n**2), 0.2)
    games = [XorGame(random_xor(n, n + k).weights, constraints=(half,)) for k in range(7)]
    return lambda k: constrained_xor_value(games[k])


def routing(types: int) -> Work:
    """Classical routing of many independent types: exponential service, load 0.9, p = 0.55."""
    from entsched.games.split.classical import classical_curve
    from entsched.games.split.game import independent_game

    values = -np.log1p(-(np.arange(types) + 0.5) / types)
    game = independent_game(values, np.full(types, 1 / types), 0.9)
    return lambda _: classical_curve(game, around=0.55).mixture(0.55)  # type: ignore[return-value]


def moments(game: NonlocalGame, level: str) -> Work:
    """A bound of the hierarchy."""
    from entsched.games.npa.program import npa_value

    return lambda _: npa_value(game, level)


def seesaw(game: NonlocalGame) -> Work:
    """The see-saw in local dimension 4, a new seed each time."""
    from entsched.games.seesaw import seesaw_value

    return lambda k: seesaw_value(game, dimension=4, seed=k)


def no_signalling(game: NonlocalGame | XorGame) -> Work:
    """The linear program."""
    from entsched.games.nosignalling import nosignalling_value

    return lambda _: nosignalling_value(game)


def table(game: NonlocalGame | XorGame) -> NonlocalGame:
    """The game as a payoff table."""
    return game if isinstance(game, NonlocalGame) else game.as_nonlocal()


def chsh_twice() -> NonlocalGame:
    """CHSH repeated twice in parallel."""
    return repeated_game(chsh(), 2)


JOBS: dict[str, tuple[int, Callable[[], Work]]] = {
    **{f"xor quantum {n}": (7, lambda n=n: quantum(n)) for n in (50, 100, 200)},
    "xor quantum 1000": (3, lambda: quantum(1000)),
    "xor quantum 2000": (1, lambda: quantum(2000)),
    "odd cycle 501": (3, lambda: cycle(501)),
    **{f"xor local {n}": (7 if n < 44 else 3, lambda n=n: local(n)) for n in (20, 36, 40, 44)},
    "routing 100000 types local": (3, lambda: routing(100_000)),
    "constrained xor quantum 100": (7, lambda: constrained(100)),
    **{f"npa i3322 {k}": (1 if k == "3" else 7, lambda k=k: moments(table(i3322()), k)) for k in ("1+ab", "2", "3")},
    "npa chsh x 2 1+ab": (3, lambda: moments(chsh_twice(), "1+ab")),
    "npa chsh x 2 2": (1, lambda: moments(chsh_twice(), "2")),
    "npa magic square 1+ab": (3, lambda: moments(magic_square(), "1+ab")),
    "see-saw chsh x 2": (6, lambda: seesaw(chsh_twice())),
    "see-saw magic square": (6, lambda: seesaw(magic_square())),
    "no-signalling chsh x 2": (7, lambda: no_signalling(chsh_twice())),
    "no-signalling xor 20": (7, lambda: no_signalling(random_xor(20, 20))),
}


def main(job: str) -> None:
    """Warm up once (compiled kernels are kept on disk), then measure processor time."""
    repeats, prepare = JOBS[job]
    work = prepare()
    if repeats > 1:
        work(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times, values = [], []
    for k in range(repeats):
        start = time.process_time()
        values.append(work(k))
        times.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = {
        "median_s": statistics.median(times),
        "worst_s": max(times),
        "lower": min(value.lower for value in values) if "see-saw" in job else values[0].lower,
        "upper": values[0].upper,
        "memory_mb": peak / 1024,
        "grown_mb": (peak - before) / 1024,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
