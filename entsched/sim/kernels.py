"""The compiled loops of the fast engine: two queues by Lindley's recursion, credits, counts of waits."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.sim.words import Words

Floats = NDArray[np.float64]

#: Lower than any backlog: the floor of a server that no request of a pair goes to.
NO_FLOOR = -1e300

#: What the servers of a pair decide, as factors 0 and 1: a table row costs less than four conversions.
FACTORS = 10


def routes() -> Floats:
    """A row for each pair of servers (a, b), at 2 a + b: the factors that ``serve`` multiplies with.

    Shares of A's and B's request in the work of server 0, then of server 1; the floors of both;
    customers of both; whether both requests meet in server 0, in server 1.
    """
    rows = []
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        met = (1 - a) * (1 - b), a * b
        floors = met[1] * NO_FLOOR, met[0] * NO_FLOOR
        rows.append([1 - a, 1 - b, a, b, *floors, 2 - a - b, a + b, *met])
    return np.array(rows, dtype=np.float64).ravel()


ROUTES = routes()


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def serve(
    free_s: Floats,
    gaps_s: Floats,
    requirements_s: Floats,
    servers: NDArray[np.uint8],
    coins: Words,
    routes: Floats,
    sums: Floats,
    size: int,
    first: int,
    waits_s: Floats,
    stretches_s: Floats,
    enders: NDArray[np.int32],
) -> tuple[int, int]:
    """Serve a block of pairs, add it to its batches, and return how many stretches ended at each server.

    ``free_s`` is when each server will be free, counted from now: below 0 it has been idle since.
    A pair finds the backlogs max(0, free); the second of a pair that meets in one server also waits
    for the first. All choices are factors of 0 or 1, exact and without branches to mispredict.

    Parameters
    ----------
    free_s : shape (2,), seconds; advanced to the last pair
    gaps_s, requirements_s, servers : the pairs, as in ``Draws``; ``first`` is the index of the first one
    coins : words whose last bit is 1 if A's request goes first
    sums : a row for each batch of ``size`` pairs, with the columns of ``Record``, added to
    waits_s : shape (2, pairs), written: the waits of the two customers, seconds, the one at server 0 or
        the first of two that meet before the other
    stretches_s, enders : shape (2, pairs + 1), written: lengths of the ended stretches of each server,
        seconds, and the pairs, counted in the block, that ended them
    """
    one, width = np.uint64(1), np.uint64(FACTORS)
    pairs = np.uint64(gaps_s.size)
    flat_s = requirements_s.reshape(-1)
    free_0, free_1 = free_s[0], free_s[1]
    ended_0, ended_1 = np.uint64(0), np.uint64(0)
    start, last = 0, sums.shape[0] - 1
    while start < gaps_s.size:
        batch = min((first + start) // size, last)
        end = gaps_s.size if batch == last else min(gaps_s.size, (batch + 1) * size - first)
        time, to_0, wait_0, wait_1, met, work, square, product = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for place in range(end - start):
            i = np.uint64(start + place)
            row = (np.uint64(servers[0, i]) * np.uint64(2) + np.uint64(servers[1, i])) * width
            s_a, s_b = flat_s[i], flat_s[i + pairs]
            s_first = flat_s[i + (one - (coins[i] & one)) * pairs]
            time += gaps_s[i]
            free_0 -= gaps_s[i]
            free_1 -= gaps_s[i]
            found_0, found_1 = max(free_0, 0.0), max(free_1, 0.0)
            floor_0 = max(free_0, routes[row + np.uint64(4)])
            floor_1 = max(free_1, routes[row + np.uint64(5)])
            stretches_s[0, ended_0], enders[0, ended_0] = -free_0, i
            stretches_s[1, ended_1], enders[1, ended_1] = -free_1, i
            ended_0 += np.uint64(floor_0 > free_0)
            ended_1 += np.uint64(floor_1 > free_1)
            work_0 = s_a * routes[row] + s_b * routes[row + one]
            work_1 = s_a * routes[row + np.uint64(2)] + s_b * routes[row + np.uint64(3)]
            free_0, free_1 = floor_0 + work_0, floor_1 + work_1
            to_server_0 = routes[row + np.uint64(6)]
            met_0, met_1 = routes[row + np.uint64(8)], routes[row + np.uint64(9)]
            delay_0, delay_1 = met_0 * s_first, met_1 * s_first
            waits_s[0, i] = found_1 if met_1 > 0.0 else found_0
            waits_s[1, i] = (found_0 if met_0 > 0.0 else found_1) + (delay_0 + delay_1)
            to_0 += to_server_0
            wait_0 += to_server_0 * found_0 + delay_0
            wait_1 += routes[row + np.uint64(7)] * found_1 + delay_1
            met += met_0 + met_1
            work += work_0 + work_1
            square += s_a * s_a + s_b * s_b
            product += (met_0 + met_1) * (s_a * s_b)
        sums[batch, 0] += end - start
        sums[batch, 1] += time
        sums[batch, 2] += to_0
        sums[batch, 3] += wait_0 + wait_1
        sums[batch, 4] += wait_0
        sums[batch, 5] += end - start - met
        sums[batch, 6] += work
        sums[batch, 7] += square
        sums[batch, 8] += product
        start = end
    free_s[0], free_s[1] = free_0, free_1
    return ended_0, ended_1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def add_outputs(sums: Floats, column: int, size: int, first: int, enders: NDArray[np.int32], outputs: Floats) -> None:
    """Add the outputs of ended stretches to the batches of the pairs that ended them."""
    last = sums.shape[0] - 1
    batch = min(first // size, last)
    end = (batch + 1) * size - first
    for i in range(outputs.size):
        while enders[i] >= end and batch < last:
            batch += 1
            end += size
        sums[batch, column] += outputs[i]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def count(words: Words, shift: int, lowest: int, counts: NDArray[np.int64]) -> None:
    """Count waits, shape (n,), by the upper bits of their binary representation; see ``entsched.sim.tail``."""
    bits, low = np.uint64(shift), np.int64(lowest)
    top = counts.size - 1
    for i in range(words.size):
        place = np.int64(words[i] >> bits) - low
        counts[np.uint64(min(max(place, 0), top))] += 1
