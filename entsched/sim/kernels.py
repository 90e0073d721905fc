"""The compiled loop of the fast engine: draws become customers, customers find two queues, sums are kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from entsched.sim.alias import TypeTables, pick
from entsched.sim.decisions import Table
from entsched.sim.words import Words

Floats = NDArray[np.float64]

#: Lower than any backlog: the floor of a server that no request of a pair goes to.
NO_FLOOR = -1e300

#: Bins of waits: 256 to an octave, from 2^-31 to 2^41 units; the unit is no round number, so that round waits
#: do not fall on the edge of a bin.
UNIT_S = 0.7390851332151607
SHIFT = 52 - 8
LOWEST = (1023 - 31) << 8
BINS = 72 << 8

RANDOM, A_FIRST, SHORTEST_FIRST = 0, 1, 2


class Model(NamedTuple):
    """What stays the same from block to block.

    Attributes
    ----------
    means_s : shape (types,), the requirement of each type, seconds
    tables : how words pick types
    table : how types and coins decide servers, where they do
    routes : see ``routes``
    order : RANDOM, A_FIRST or SHORTEST_FIRST
    latency_s : how long requests are held in their routers
    size : pairs in a batch
    slices : shape (batches,), the row of ``counts`` for the waits of each batch
    """

    means_s: Floats
    tables: TypeTables
    table: Table
    routes: Floats
    order: int
    latency_s: float
    size: int
    slices: NDArray[np.int64]


def routes() -> Floats:
    """A row of ten factors for each pair of servers (a, b), at 2 a + b: cheaper to look up than to convert.

    Shares of A's and B's request in the work of server 0, then of server 1; the floors of both;
    customers of both; whether both requests meet in server 0, in server 1.
    """
    rows = []
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        met = (1 - a) * (1 - b), a * b
        floors = met[1] * NO_FLOOR, met[0] * NO_FLOOR
        rows.append([1 - a, 1 - b, a, b, *floors, 2 - a - b, a + b, *met])
    return np.array(rows, dtype=np.float64).ravel()


@intrinsic
def _bits(context: Any, number: Any) -> Any:
    """The binary representation of a double, as an unsigned integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(types.float64), generate


@njit(cache=True, nogil=True, inline="always")
def bin_of(wait_s: float) -> np.uint64:
    """The bin of a wait: the exponent of its double and the first eight digits of its mantissa."""
    place = np.int64(_bits(wait_s * (1.0 / UNIT_S)) >> np.uint64(SHIFT)) - LOWEST  # type: ignore[call-arg]
    return np.uint64(min(max(place, 0), BINS - 1))


@njit(cache=True, nogil=True)
def count(waits_s: Floats, counts: NDArray[np.int64]) -> None:
    """Count waits, shape (n,), seconds, in their bins."""
    for i in range(waits_s.size):
        counts[bin_of(waits_s[i])] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def serve(
    model: Model,
    gaps_s: Floats,
    kinds: Words,
    coins: Words,
    services_s: Floats | None,
    servers: Words | None,
    conditions: Words | None,
    first: int,
    free_s: Floats,
    sums: Floats,
    counts: NDArray[np.int64],
    stretches_s: Floats,
    enders: NDArray[np.int32],
) -> tuple[int, int]:
    """Serve a block of pairs; returns how many stretches of the baseline ended at each server.

    ``free_s`` is when each server will be free, counted from now: below 0 it has been idle since.
    A pair finds the backlogs max(0, free); the second of a pair that meets in one server also waits
    for the first. All choices are factors of 0 or 1, exact and without branches to mispredict.

    Parameters
    ----------
    gaps_s, kinds, coins, services_s : the block; ``first`` is the index of its first pair
    servers : shape (2, pairs); None: the model's table decides
    conditions : shape (pairs,), of the routers' pair, for the table; None: there is one
    free_s : shape (2,), seconds; advanced to the last pair
    sums, counts : the columns of ``Record`` for each batch, and waits by slice and bin; added to
    stretches_s, enders : shape (2, pairs + 1), written: lengths of the ended stretches of each server,
        seconds, and the pairs, counted in the block, that ended them
    """
    means_s, tables, table, routes, order, latency_s, size, slices = model
    ends_a, ends_b, servers_a, servers_b = table
    one, two, width = np.uint64(1), np.uint64(2), np.uint64(10)
    half, low, n = np.uint64(32), np.uint64(2**32 - 1), np.uint64(means_s.size)
    forced, shortest = np.uint64(order == A_FIRST), order == SHORTEST_FIRST
    stretches_0, stretches_1, enders_0, enders_1 = stretches_s[0], stretches_s[1], enders[0], enders[1]
    free_0, free_1 = free_s[0], free_s[1]
    ended_0, ended_1 = np.uint64(0), np.uint64(0)
    start, last = 0, sums.shape[0] - 1
    while start < gaps_s.size:
        batch = min((first + start) // size, last)
        end = gaps_s.size if batch == last else min(gaps_s.size, (batch + 1) * size - first)
        waits = counts[slices[batch]]
        time, to_0, wait_0, wait_1, met, work, square, product = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for place in range(end - start):
            i = np.uint64(start + place)
            coin = coins[i]
            x, y = np.uint64(0), np.uint64(0)
            if services_s is None:
                x, y = pick(kinds[i], n, tables)
                s_a, s_b = means_s[x], means_s[y]
            else:
                s_a, s_b = services_s[0, i], services_s[1, i]
            if servers is None:
                cell = x * n + y
                condition = np.uint64(0)
                if conditions is not None:
                    condition = conditions[i] * n * n
                a = np.uint64((coin >> half) >= ends_a[condition + cell])
                b = np.uint64(((coin & low) >> one) >= ends_b[condition * two + a * n * n + cell])
                to_a, to_b = servers_a[a * n + x], servers_b[b * n + y]
            else:
                to_a, to_b = servers[0, i], servers[1, i]
            a_first = ((coin | forced) & one) != 0
            if shortest and s_a != s_b:
                a_first = s_a < s_b
            s_first = s_a if a_first else s_b
            row = (to_a * two + to_b) * width
            time += gaps_s[i]
            free_0 -= gaps_s[i]
            free_1 -= gaps_s[i]
            found_0, found_1 = max(free_0, 0.0) + latency_s, max(free_1, 0.0) + latency_s
            floor_0 = max(free_0, routes[row + np.uint64(4)])
            floor_1 = max(free_1, routes[row + np.uint64(5)])
            stretches_0[ended_0], enders_0[ended_0] = -free_0, i
            stretches_1[ended_1], enders_1[ended_1] = -free_1, i
            ended_0 += np.uint64(floor_0 > free_0)
            ended_1 += np.uint64(floor_1 > free_1)
            work_0 = s_a * routes[row] + s_b * routes[row + one]
            work_1 = s_a * routes[row + two] + s_b * routes[row + np.uint64(3)]
            free_0, free_1 = floor_0 + work_0, floor_1 + work_1
            customers_0 = routes[row + np.uint64(6)]
            met_0, met_1 = routes[row + np.uint64(8)], routes[row + np.uint64(9)]
            delay_0, delay_1 = met_0 * s_first, met_1 * s_first
            waits[bin_of(found_1 if met_1 > 0.0 else found_0)] += 1
            waits[bin_of((found_0 if met_0 > 0.0 else found_1) + (delay_0 + delay_1))] += 1
            to_0 += customers_0
            wait_0 += customers_0 * found_0 + delay_0
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
    return int(ended_0), int(ended_1)


@njit(cache=True, nogil=True)
def tell_time(now_s: float, gaps_s: Floats, times_s: Floats) -> None:
    """Write arrival times, seconds: one gap is added after the other, as the clock of the event model does."""
    for i in range(gaps_s.size):
        now_s += gaps_s[i]
        times_s[i] = now_s


@njit(cache=True, nogil=True)
def add_by_pair(sums: Floats, column: int, size: int, first: int, values: Floats) -> None:
    """Add a number of each pair to the batches, of consecutive pairs of which ``first`` is the first's index."""
    last = sums.shape[0] - 1
    for i in range(values.size):
        sums[min((first + i) // size, last), column] += values[i]


@njit(cache=True, nogil=True)
def add_outputs(sums: Floats, column: int, size: int, first: int, enders: NDArray[np.int32], outputs: Floats) -> None:
    """Add the outputs of ended stretches to the batches of the pairs that ended them."""
    last = sums.shape[0] - 1
    batch = min(first // size, last)
    end = (batch + 1) * size - first
    total = 0.0
    for i in range(outputs.size):
        while enders[i] >= end and batch < last:
            sums[batch, column] += total
            total = 0.0
            batch += 1
            end += size
        total += outputs[i]
    sums[batch, column] += total
