"""Exact laws of what requests find in memory: whether there is a pair, and how old it is.

Requests and pairs come as Poisson processes of rates lambda and r, so a request finds n pairs with probability
proportional to (r / lambda)^n, n = 0..N, whatever the rules. Seen from a pair, what happens next is one of two
memoryless events, a request or a birth, and its age at use is the time of a random walk to a boundary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.special import gammainc, xlog1py

from entsched.entanglement.model import Entanglement
from entsched.entanglement.supply import Geometric
from entsched.errors import ConfigError

Floats = NDArray[np.float64]

#: The most slots for which pairs used newest first, from a source that stops, have a law here: it has
#: an exponential for every two slots.
MOST_STOPPED = 100

#: Products with exp(-LONG) are 0 in floating point.
LONG = 800.0


@dataclass(frozen=True, eq=False)
class UseLaw:
    """Whether a request finds a pair, and the age of the pair that it uses.

    Attributes
    ----------
    discounted : from a rate s in 1/s and ages g in seconds, E[exp(-s age); the request uses a pair of age <= g]
    cutoff_s : pairs older than this are not used

    Examples
    --------
    >>> stored = Entanglement(supply={"law": "poisson", "rate_hz": 3.0}, memory={"slots": 1})
    >>> law = use_law(stored, 1.0)
    >>> round(law.hit_probability, 12)
    0.75
    >>> law.cdf([0.0, 0.25, np.inf]).round(6).tolist()
    [0.0, 0.47409, 0.75]
    >>> round(law.decay(1.0), 12)
    0.8
    """

    discounted: Callable[[float, Floats], Floats]
    cutoff_s: float = math.inf

    @property
    def hit_probability(self) -> float:
        """The probability that a request finds a pair."""
        return float(self.cdf(math.inf))

    def cdf(self, ages_s: ArrayLike) -> Floats:
        """The probability that a request uses a pair of at most this age, for ages of any shape, seconds."""
        ages_s = np.asarray(ages_s, dtype=np.float64)
        return np.where(ages_s < 0, 0.0, self.discounted(0.0, np.clip(ages_s, 0.0, self.cutoff_s)))

    def shares(self, ends_s: ArrayLike) -> Floats:
        """The probabilities that a request uses a pair of each age class, which end at these ages, seconds.

        Examples
        --------
        >>> use_law(Entanglement(), 1.0).shares([1.0, np.inf]).tolist()
        [1.0, 0.0]
        """
        return np.maximum(np.diff(self.cdf(ends_s), prepend=0.0), 0.0)

    def decay(self, rate_hz: float) -> float:
        """The mean of exp(-rate age) over the pairs that are used, for a finite rate of at least 0; 1 if none is.

        Raises
        ------
        ConfigError
            If the rate is negative or not finite.
        """
        if not 0 <= rate_hz < math.inf:
            raise ConfigError(f"decay rate: given {rate_hz} Hz, allowed: at least 0 and finite")
        hit = self.hit_probability
        return float(self.discounted(rate_hz, np.array(self.cutoff_s))) / hit if hit else 1.0


def use_law(entanglement: Entanglement, arrival_rate_hz: float) -> UseLaw | None:
    """The law of the pairs that requests use in the long run, or None where no exact law is known.

    There is a law for pairs on demand; for one slot, all sources and cut-offs; and for Poisson sources with

    * ``newest`` and ``overwrite``, any slots, any cut-off,
    * ``oldest``, any slots, without cut-off,
    * ``newest`` and ``stop``, up to MOST_STOPPED slots, without cut-off.

    There is none for two or more slots with a geometric source, or with a cut-off otherwise.

    Parameters
    ----------
    arrival_rate_hz : requests per second, lambda; each uses one pair if there is one

    Raises
    ------
    ConfigError
        If the rate of requests is not positive and finite.

    Examples
    --------
    >>> stored = Entanglement(supply={"law": "poisson", "rate_hz": 2.0}, memory={"slots": 2, "use": "oldest"})
    >>> round(use_law(stored, 2.0).hit_probability, 12)
    0.666666666667
    >>> use_law(Entanglement(supply=stored.supply, memory={"slots": 2, "use": "oldest", "cutoff_s": 1.0}), 2.0)
    """
    supply, memory = entanglement.supply, entanglement.memory
    born_hz, requests_hz = supply.mean_rate_hz, _checked(arrival_rate_hz)
    cutoff_s = math.inf if memory.cutoff_s is None else memory.cutoff_s
    if entanglement.is_on_demand:
        return UseLaw(_fresh)
    if born_hz == 0:
        return UseLaw(partial(_exponentials, np.zeros(1), np.ones(1)))
    if memory.slots == 1 and memory.when_full == "stop":
        return UseLaw(partial(_exponentials, *_one_slot_stopped(born_hz, requests_hz, cutoff_s)), cutoff_s)
    if isinstance(supply, Geometric):
        attempts = partial(_attempts, 1 / supply.attempt_rate_hz, supply.success_probability, requests_hz)
        return UseLaw(attempts, cutoff_s) if memory.slots == 1 else None
    if memory.when_full == "overwrite" and (memory.use == "newest" or memory.slots == 1):
        return UseLaw(partial(_exponentials, *_newest_overwritten(memory.slots, born_hz, requests_hz)), cutoff_s)
    if cutoff_s < math.inf:
        return None
    found = _found(memory.slots, born_hz / requests_hz)
    if memory.use == "newest":
        small = memory.slots <= MOST_STOPPED
        return UseLaw(partial(_exponentials, *_newest_stopped(found, born_hz, requests_hz))) if small else None
    if memory.when_full == "stop":
        return UseLaw(partial(_erlangs, found[1:], requests_hz))
    return UseLaw(partial(_erlangs, _oldest_overwritten(found, born_hz / requests_hz), born_hz + requests_hz))


def expected_births_per_request(entanglement: Entanglement, arrival_rate_hz: float) -> float:
    """A bound on how many births a simulation draws for one request, on average in a long run.

    A source that overwrites is drawn until the memory is full of pairs of one gap, or the gap is over. One that
    stops makes a pair for each that is used or expires, and no more than N expire in the time of a cut-off.

    Raises
    ------
    ConfigError
        If the rate of requests is not positive and finite.

    Examples
    --------
    >>> supply = {"law": "poisson", "rate_hz": 1e6}
    >>> expected_births_per_request(Entanglement(supply=supply, memory={"slots": 10}), 1.0)
    11.0
    >>> stopped = Entanglement(supply=supply, memory={"when_full": "stop", "cutoff_s": 1e-3})
    >>> round(expected_births_per_request(stopped, 1.0))
    1001
    """
    requests_hz, memory = _checked(arrival_rate_hz), entanglement.memory
    if entanglement.is_on_demand:
        return 0.0
    per_request = entanglement.supply.mean_rate_hz / requests_hz
    if memory.when_full == "overwrite":
        return min(float(memory.slots), per_request) + 1
    expired_hz = 0.0 if memory.cutoff_s is None else memory.slots / memory.cutoff_s
    return min(per_request, 1 + expired_hz / requests_hz)


def _checked(arrival_rate_hz: float) -> float:
    if not 0 < arrival_rate_hz < math.inf:
        raise ConfigError(f"arrival_rate_hz: given {arrival_rate_hz}, allowed: positive and finite")
    return arrival_rate_hz


def _fresh(rate_hz: float, ages_s: Floats) -> Floats:
    """Every request uses a pair of age 0."""
    return np.ones_like(ages_s)


def _exponentials(densities_hz: Floats, rates_hz: Floats, rate_hz: float, ages_s: Floats) -> Floats:
    """Ages with density sum_k densities_k exp(-rates_k age)."""
    rates_hz = rates_hz + rate_hz
    return -np.expm1(-np.multiply.outer(ages_s, rates_hz)) @ (densities_hz / rates_hz)


def _erlangs(weights: Floats, steps_hz: float, rate_hz: float, ages_s: Floats) -> Floats:
    """With probability weights[k - 1] the age is the time of k steps of a Poisson process."""
    steps = np.arange(1, len(weights) + 1)
    discounts = (steps_hz / (steps_hz + rate_hz)) ** steps
    return gammainc(steps, np.multiply.outer(ages_s, np.full(1, steps_hz + rate_hz))) @ (weights * discounts)


def _attempts(period_s: float, success: float, requests_hz: float, rate_hz: float, ages_s: Floats) -> Floats:
    """One slot, overwritten by attempts: the last k failed, the one before did not, and nobody asked since.

    The phase of a request among attempts is uniform, so the density at age g is
    success (1 - success)^floor(g / period) exp(-requests g) / period.
    """
    rate_hz = requests_hz + rate_hz
    ages_s = np.minimum(ages_s, LONG / rate_hz)
    failed = np.floor(ages_s / period_s)
    phases_s = np.clip(ages_s - failed * period_s, 0.0, period_s)
    lost = -math.expm1(-rate_hz * period_s)
    log_left = xlog1py(failed, -success) - rate_hz * failed * period_s
    whole = -np.expm1(log_left) * lost / (success + (1 - success) * lost)
    return success / (rate_hz * period_s) * (whole - np.exp(log_left) * np.expm1(-rate_hz * phases_s))


def _one_slot_stopped(born_hz: float, requests_hz: float, cutoff_s: float) -> tuple[Floats, Floats]:
    """One slot, and the source waits: cycles of a wait for a pair and its life, of which only means matter."""
    life_s = -math.expm1(-requests_hz * cutoff_s) / requests_hz
    return np.array([1 / (1 / born_hz + life_s)]), np.array([requests_hz])


def _newest_overwritten(slots: int, born_hz: float, requests_hz: float) -> tuple[Floats, Floats]:
    """Pairs that are younger decide alone: one more by a birth, at ``slots`` the pair is lost; one less by a request.

    So it is used when the walk, from 0, leaves 0..slots - 1 below; the matrix of the walk is tridiagonal with
    constant diagonals, so its eigenvalues are known. Older pairs play no part, so a cut-off
    changes nothing before the pair's own end.
    """
    angles = np.arange(1, slots + 1) * (math.pi / (slots + 1))
    middle_hz = math.sqrt(born_hz) * math.sqrt(requests_hz)
    difference_hz = ((born_hz - requests_hz) / (math.sqrt(born_hz) + math.sqrt(requests_hz))) ** 2
    rates_hz = difference_hz + 4 * middle_hz * np.sin(angles / 2) ** 2
    return 2 * born_hz / (slots + 1) * np.sin(angles) ** 2, rates_hz


def _found(slots: int, births: float) -> Floats:
    """The probabilities that a request finds 0..slots pairs, for so many births per request."""
    counts = np.arange(slots + 1)
    weights = births**counts if births <= 1 else (1 / births) ** counts[::-1]
    return weights / weights.sum()


def _newest_stopped(found: Floats, born_hz: float, requests_hz: float) -> tuple[Floats, Floats]:
    """Of n pairs the newest is used when all that came after it are: a busy period with room for slots - n more.

    The pair that a request finds newest of n was born when there were n - 1, with the probability that a request
    finds n. The matrix of each walk is symmetric after scaling, and its eigenvectors give the densities.
    """
    slots = len(found) - 1
    densities_hz, rates_hz = [], []
    for n in range(1, slots + 1):
        if found[n] < np.finfo(float).eps ** 2:
            continue
        diagonal = np.full(slots - n + 1, born_hz + requests_hz)
        diagonal[-1] = requests_hz
        aside = np.full(slots - n, -math.sqrt(born_hz) * math.sqrt(requests_hz))
        eigenvalues, vectors = eigh_tridiagonal(diagonal, aside)
        eigenvalues = np.maximum(eigenvalues, np.finfo(float).eps * diagonal[0])
        weights = vectors[0] ** 2 / eigenvalues
        densities_hz.append(found[n] * weights / weights.sum() * eigenvalues)
        rates_hz.append(eigenvalues)
    return np.concatenate(densities_hz), np.concatenate(rates_hz)


def _oldest_overwritten(found: Floats, births: float) -> Floats:
    """The probabilities that the pair a request uses is 1..2 slots - 1 events old.

    The memory holds the last n births. Backwards in time the number of pairs is the same walk, a birth being a
    step down, with the probability of a request, or a birth into the full memory. Of j events d are downward, and
    a birth was overwriting for each unit by which the walk would have passed ``slots``: the n-th last birth lies
    further back if d < n and the highest point is below slots - d. By reflection, C(j, d) - C(j, slots) paths do that.
    """
    slots = len(found) - 1
    more = found[:0:-1].cumsum()[::-1]  # the probability that there are more than d pairs
    up, down = births / (1 + births), 1 / (1 + births)
    binomial = np.zeros(slots + 1)
    binomial[0] = 1.0
    older = np.zeros(2 * slots)
    for events in range(2 * slots - 1):
        least = max(events - slots + 1, 0)
        downward = np.arange(least, min(events + 1, slots))
        reflected = np.zeros(1)
        if events >= slots and births <= 1:
            reflected = binomial[slots] * births ** (slots - downward)
        elif events >= slots:
            reflected = binomial[events - slots] * (1 / births) ** (downward - events + slots)
        older[events] = more[downward] @ (binomial[downward] - reflected)
        binomial[1:] = up * binomial[1:] + down * binomial[:-1]
        binomial[0] *= up
    return np.maximum(older[:-1] - older[1:], 0.0)  # rounding
