"""The pairs in memory, compiled: made between requests, aged, lost, and one taken by each request pair.

Ages are kept, not times, so that nothing is rounded however long a run is. Births that nobody could notice
are not drawn: where new pairs overwrite old ones, only the newest of a gap, backwards from its end,
which for memoryless sources is the same law.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.entanglement import Entanglement
from entsched.entanglement.supply import Geometric, OnDemand, Poisson
from entsched.sim.words import Words, next_word

Floats = NDArray[np.float64]


class Source(NamedTuple):
    """How long the next pair takes.

    Attributes
    ----------
    rate : pairs a second; of attempts, their number that a unit of an exponential stands for
    period_s : seconds an attempt takes; 0 for a Poisson source
    """

    rate: float
    period_s: float


class Rules(NamedTuple):
    """How the memory is kept: see :class:`entsched.entanglement.memory.Memory`."""

    overwrite: bool
    newest: bool
    cutoff_s: float


class Stock(NamedTuple):
    """The memory between two requests.

    Attributes
    ----------
    words : shape (4,), the state of the generator of births
    ages_s : shape (slots,), ages of the stored pairs, newest first
    stored : shape (1,), how many there are
    clock_s : shape (2,): until the next birth, infinite while the memory is full; since the last attempt ended
    """

    words: Words
    ages_s: Floats
    stored: NDArray[np.int64]
    clock_s: Floats


def source_of(entanglement: Entanglement) -> Source:
    """The source of a supply that is not on demand."""
    supply = entanglement.supply
    if isinstance(supply, Poisson):
        return Source(supply.rate_hz, 0.0)
    if isinstance(supply, Geometric):
        failing = -math.log1p(-supply.success_probability) if supply.success_probability < 1 else math.inf
        return Source(1 / failing if failing else math.inf, 1 / supply.attempt_rate_hz)
    raise ValueError(f"supply {OnDemand().law} has no births")


def rules_of(entanglement: Entanglement) -> Rules:
    """The rules of a memory."""
    memory = entanglement.memory
    cutoff_s = math.inf if memory.cutoff_s is None else memory.cutoff_s
    return Rules(memory.when_full == "overwrite", memory.use == "newest", cutoff_s)


def empty_stock(entanglement: Entanglement, words: Words) -> Stock:
    """A memory without pairs at time 0, when the source begins; ``words`` has shape (4,) and is advanced."""
    stock = Stock(words, np.zeros(entanglement.memory.slots), np.zeros(1, dtype=np.int64), np.zeros(2))
    stock.clock_s[0] = wait_s(source_of(entanglement), words)
    return stock


@njit(cache=True, nogil=True, error_model="numpy")
def wait_s(source: Source, words: Words) -> float:
    """How long the next pair takes: exponential, or a geometric number of attempts."""
    unit = -math.log((np.float64(np.int64(next_word(words) >> np.uint64(11))) + 0.5) * 2.0**-53)
    if source.period_s == 0.0:
        return unit / source.rate if source.rate > 0.0 else np.inf
    if source.rate == np.inf:
        return np.inf
    return max(1.0, math.ceil(unit * source.rate)) * source.period_s


@njit(cache=True, nogil=True, error_model="numpy")
def births(source: Source, gap_s: float, since_attempt_s: float, most: int, words: Words, ages_s: Floats) -> int:
    """Write the ages, at the end of a gap, of its newest pairs, newest first; at most ``most``.

    Parameters
    ----------
    since_attempt_s : at the end of the gap, since the last attempt ended
    """
    age_s, made = 0.0, 0
    while made < most:
        wait = wait_s(source, words)
        age_s += wait if source.period_s == 0.0 or made > 0 else wait - source.period_s + since_attempt_s
        if not age_s < gap_s:
            break
        ages_s[made] = age_s
        made += 1
    return made


@njit(cache=True, nogil=True, error_model="numpy")
def take(source: Source, rules: Rules, stock: Stock, gaps_s: Floats, taken_s: Floats) -> None:
    """For each request pair, after its gap, write the age of the pair it takes; -1 if there is none."""
    words, ages_s, stored, clock_s = stock
    fresh_s = np.empty(ages_s.size)
    many, next_s, since_attempt_s = stored[0], clock_s[0], clock_s[1]
    for i in range(gaps_s.size):
        gap_s = gaps_s[i]
        if rules.overwrite:
            if source.period_s > 0.0:
                since_attempt_s = (since_attempt_s + gap_s) % source.period_s
            made = births(source, gap_s, since_attempt_s, ages_s.size, words, fresh_s)
            many = _overwrite(gap_s, made, fresh_s, many, ages_s)
        else:
            many, next_s = _fill_up(source, rules.cutoff_s, gap_s, many, next_s, words, ages_s)
        while rules.overwrite and many > 0 and ages_s[many - 1] > rules.cutoff_s:
            many -= 1
        room = many < ages_s.size
        if many == 0:
            taken_s[i] = -1.0
            continue
        many -= 1
        if rules.newest:
            taken_s[i] = ages_s[0]
            for k in range(many):
                ages_s[k] = ages_s[k + 1]
        else:
            taken_s[i] = ages_s[many]
        if next_s == np.inf and not room:
            next_s = wait_s(source, words)
    stored[0], clock_s[0], clock_s[1] = many, next_s, since_attempt_s


@njit(cache=True, nogil=True, error_model="numpy")
def _overwrite(gap_s: float, made: int, fresh_s: Floats, many: int, ages_s: Floats) -> int:
    """Let a gap pass in which ``made`` pairs take the places of the oldest; returns how many are stored."""
    kept = min(many, ages_s.size - made)
    for k in range(kept - 1, -1, -1):
        ages_s[k + made] = ages_s[k] + gap_s
    for k in range(made):
        ages_s[k] = fresh_s[k]
    return made + kept


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_up(
    source: Source, cutoff_s: float, gap_s: float, many: int, next_s: float, words: Words, ages_s: Floats
) -> tuple[int, float]:
    """Let a gap pass; the source stops while the memory is full, and pairs that are too old make room.

    Returns how many pairs are stored, and the time until the next birth.
    """
    left_s = gap_s
    while True:
        expiry_s = cutoff_s - ages_s[many - 1] if many > 0 else np.inf
        step_s = min(left_s, next_s, expiry_s)
        for k in range(many):
            ages_s[k] += step_s
        left_s -= step_s
        born, expired = next_s <= step_s, expiry_s <= step_s
        next_s -= step_s
        if not (born or expired):
            return many, next_s
        if expired:
            many -= 1
        if born:
            for k in range(many, 0, -1):
                ages_s[k] = ages_s[k - 1]
            ages_s[0] = 0.0
            many += 1
        if many == ages_s.size:
            next_s = np.inf
        elif born or next_s == np.inf:
            next_s = wait_s(source, words)


@njit(cache=True, nogil=True)
def classify(ages_s: Floats, times_s: Floats, ends_s: Floats, fault_s: float, found: Words) -> None:
    """Write 0 where there is no pair, else 1 and the class of its age; of pairs made after the fault, behind those."""
    for i in range(ages_s.size):
        if ages_s[i] < 0.0:
            found[i] = 0
            continue
        low, high = 0, ends_s.size
        while low < high:
            middle = (low + high) // 2
            if ends_s[middle] < ages_s[i]:
                low = middle + 1
            else:
                high = middle
        found[i] = 1 + low + (ends_s.size if times_s[i] - ages_s[i] >= fault_s else 0)
