"""One job for toqito in its own environment: ``python toqito_peer.py JOB`` prints JSON with value and seconds.

The games are rebuilt here from numpy alone, because this file runs where entsched is not installed.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from toqito.nonlocal_games.nonlocal_game import NonlocalGame
from toqito.nonlocal_games.xor_game import XORGame


def xor(n: int) -> XORGame:
    """The random XOR game of the benchmarks: standard normal weights from seed n."""
    weights = np.random.default_rng(n).normal(size=(n, n))
    return XORGame(np.abs(weights) / np.abs(weights).sum(), (weights < 0).astype(float))


def chsh(repetitions: int) -> NonlocalGame:
    """CHSH, repeated in parallel."""
    a, b, x, y = np.indices((2, 2, 2, 2))
    return NonlocalGame(np.full((2, 2), 0.25), ((a ^ b) == (x & y)).astype(float), repetitions)


def i3322() -> NonlocalGame:
    """I3322 of Collins and Gisin as a payoff table; answer 0 is the one whose projector counts."""
    joint = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 0]])
    payoff = np.zeros((2, 2, 3, 3))
    payoff[0, 0] += joint
    payoff[0, :, 0, :] -= 1 / 3
    for y, weight in enumerate((2, 1)):
        payoff[:, 0, :, y] -= weight / 3
    return NonlocalGame(np.ones((3, 3)), payoff)


def magic_square() -> NonlocalGame:
    """Rows of even and columns of odd parity that agree on the cell they share."""
    even = [(i, j, (i + j) % 2) for i in (0, 1) for j in (0, 1)]
    odd = [(i, j, (i + j + 1) % 2) for i in (0, 1) for j in (0, 1)]
    payoff = [[[[float(r[y] == c[x]) for y in range(3)] for x in range(3)] for c in odd] for r in even]
    return NonlocalGame(np.full((3, 3), 1 / 9), np.array(payoff))


JOBS = {
    **{f"xor quantum {n}": lambda n=n: xor(n).quantum_value() for n in (50, 100, 200)},
    **{f"xor local {n}": lambda n=n: xor(n).classical_value() for n in (12, 20)},
    **{f"npa i3322 {k}": lambda k=k: i3322().commuting_measurement_value_upper_bound(k) for k in ("1+ab", 2, 3)},
    **{f"npa chsh x 2 {k}": lambda k=k: chsh(2).commuting_measurement_value_upper_bound(k) for k in ("1+ab", 2)},
    "npa magic square 1+ab": lambda: magic_square().commuting_measurement_value_upper_bound("1+ab"),
    "see-saw chsh x 2": lambda: chsh(2).quantum_value_lower_bound(dim=4),
    "see-saw magic square": lambda: magic_square().quantum_value_lower_bound(dim=4),
    "no-signalling chsh x 2": lambda: chsh(2).nonsignaling_value(),
    "no-signalling xor 20": lambda: xor(20).nonsignaling_value(),
}


def main(job: str) -> None:
    """Run one job and print what it found."""
    start = time.process_time()
    value = JOBS[job]()
    print(json.dumps({"value": float(value), "cpu_s": time.process_time() - start}))


if __name__ == "__main__":
    main(sys.argv[1])
