"""Pairs in memory: exact laws against chains of a tagged pair, closed forms and simulation; both engines alike."""

import copy
import math
import pickle
from itertools import product

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import stdtrit
from simpy import Environment

from entsched.entanglement import Entanglement
from entsched.entanglement.use import MOST_STOPPED, expected_births_per_request, use_law
from entsched.errors import ConfigError, NoCloningError
from entsched.sim.memory import Pair, PairMemory
from entsched.sim.pairs import NONE, PairStream, birth_words
from entsched.sim.stock import empty_stock, rules_of, source_of, take

REQUESTS_HZ = 2.0
DISCIPLINES = tuple(product(("newest", "oldest"), ("overwrite", "stop")))
SLOTS, BIRTHS_PER_REQUEST = (1, 2, 5), (0.3, 1.0, 4.0)
BATCHES, BATCH, WARM_UP = 25, 2_000, 1_000


def poisson(rate_hz):
    return {"law": "poisson", "rate_hz": rate_hz}


def geometric(attempt_rate_hz, success_probability):
    return {"law": "geometric", "attempt_rate_hz": attempt_rate_hz, "success_probability": success_probability}


def stored(supply, slots, use, when_full, cutoff_s=None):
    memory = {"slots": slots, "use": use, "when_full": when_full, "cutoff_s": cutoff_s}
    return Entanglement(supply=supply, memory=memory)


def found(slots, q):
    """How many pairs a request finds."""
    weights = np.array([q**n for n in range(slots + 1)])
    return weights / weights.sum()


# A tagged pair with ``older`` and ``newer`` pairs beside it, until it is used or lost.


def next_states(older, newer, slots, use, when_full):
    """What a request and a birth make of a state: another state, "used" or "lost"."""
    if use == "newest":
        after_request = (older, newer - 1) if newer else "used"
    else:
        after_request = (older - 1, newer) if older else "used"
    if older + 1 + newer < slots:
        after_birth = (older, newer + 1)
    elif when_full == "stop":
        after_birth = (older, newer)
    else:
        after_birth = (older - 1, newer + 1) if older else "lost"
    return after_request, after_birth


def tagged_chain(slots, use, when_full, births_hz):
    """The generator with "used" and "lost" absorbing, and how often pairs begin in each state, per request."""
    states = [(i, m) for i in range(slots) for m in range(slots - i)] + ["used", "lost"]
    number = {state: k for k, state in enumerate(states)}
    generator = np.zeros((len(states), len(states)))
    for state in states[:-2]:
        for after, rate in zip(next_states(*state, slots, use, when_full), (REQUESTS_HZ, births_hz), strict=True):
            generator[number[state], number[after]] += rate
            generator[number[state], number[state]] -= rate
    start = np.zeros(len(states))
    for n, probability in enumerate(found(slots, births_hz / REQUESTS_HZ)):
        if n < slots or when_full == "overwrite":
            start[number[min(n, slots - 1), 0]] += probability * births_hz / REQUESTS_HZ
    return generator, start


@pytest.mark.parametrize(("use", "when_full"), DISCIPLINES)
@pytest.mark.parametrize("slots", [1, 2, 3, 6])
@pytest.mark.parametrize("q", [0.3, 1.0, 1.5])
def test_laws_are_those_of_a_tagged_pair(slots, use, when_full, q):
    law = use_law(stored(poisson(q * REQUESTS_HZ), slots, use, when_full), REQUESTS_HZ)
    generator, start = tagged_chain(slots, use, when_full, q * REQUESTS_HZ)
    ages_s = (0.0, 0.1, 0.7, 3.0)
    assert np.allclose(law.cdf(ages_s), [(start @ expm(generator * g))[-2] for g in ages_s], rtol=0, atol=1e-12)
    living, into_used = generator[:-2, :-2], generator[:-2, -2]
    for rate_hz in (0.0, 0.5, 20.0):
        used = start[:-2] @ np.linalg.solve(rate_hz * np.eye(len(living)) - living, into_used)
        assert law.decay(rate_hz) * law.hit_probability == pytest.approx(used, rel=1e-11)


@pytest.mark.parametrize(("use", "when_full"), DISCIPLINES)
@pytest.mark.parametrize(
    ("slots", "q"), [*product((1, 5, 60), (1e-9, 0.3, 1 - 1e-9, 1.0, 1 + 1e-9, 4.0, 1e11)), (1000, 0.999), (1000, 4.0)]
)
def test_how_often_there_is_a_pair_does_not_depend_on_the_rules(use, when_full, slots, q):
    law = use_law(stored(poisson(q * REQUESTS_HZ), slots, use, when_full), REQUESTS_HZ)
    if law is None:
        assert (use, when_full) == ("newest", "stop")
        assert slots > MOST_STOPPED
        return
    none = 1 / math.fsum(q**n for n in range(slots + 1)) if slots * math.log10(q) < 300 else 0.0
    hit = q * none * math.fsum(q**n for n in range(slots)) if q < 1 else 1 - none
    assert law.hit_probability == pytest.approx(hit, rel=1e-12)
    steps = np.diff(law.cdf(np.geomspace(1e-3, 1e3, 50)))
    assert steps.min() > -1e-14
    assert 0 <= law.decay(1.0) <= 1


@pytest.mark.parametrize("q", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("use", ["newest", "oldest"])
def test_one_slot_overwritten_has_exponential_ages(q, use):
    births_hz = q * REQUESTS_HZ
    law = use_law(stored(poisson(births_hz), 1, use, "overwrite"), REQUESTS_HZ)
    both_hz = births_hz + REQUESTS_HZ
    ages_s = np.array([[0.01, 0.2], [1.0, np.inf]])
    assert np.allclose(law.cdf(ages_s), births_hz / both_hz * -np.expm1(-both_hz * ages_s), rtol=1e-13, atol=0)
    assert law.decay(1 / 3) == pytest.approx(both_hz / (both_hz + 1 / 3), rel=1e-13)


@pytest.mark.parametrize("use", ["newest", "oldest"])
@pytest.mark.parametrize("q", [0.5, 1.0, 2.0])
def test_the_mean_number_in_a_memory_that_stops_is_that_of_little(use, q):
    slots = 12
    law = use_law(stored(poisson(q * REQUESTS_HZ), slots, use, "stop"), REQUESTS_HZ)
    waiting = REQUESTS_HZ * law.hit_probability * (1 - law.decay(1e-9)) / 1e-9
    assert waiting == pytest.approx(found(slots, q) @ np.arange(slots + 1), rel=1e-5)


@pytest.mark.parametrize("use", ["newest", "oldest"])
@pytest.mark.parametrize("slots", SLOTS)
def test_a_source_without_end_and_a_source_of_nothing(use, slots):
    endless = use_law(stored(poisson(1e12), slots, use, "overwrite"), 1.0)
    assert endless.hit_probability == pytest.approx(1, abs=1e-11)
    assert endless.cdf(1e-9) == pytest.approx(1, abs=1e-11)
    assert endless.decay(1.0) == pytest.approx(1, abs=1e-10)
    for when_full, nothing in product(("overwrite", "stop"), (poisson(0.0), geometric(10.0, 0.0))):
        entanglement = stored(nothing, slots, use, when_full)
        law = use_law(entanglement, 1.0)
        assert (law.hit_probability, law.decay(1.0)) == (0, 1)
        assert np.all(PairStream(entanglement, np.random.SeedSequence(1)).take(np.full(50, 1.0)) == NONE)


def test_pairs_on_demand_are_fresh():
    law = use_law(Entanglement(memory={"cutoff_s": 1.0}), 3.0)
    assert law.cdf([-1.0, 0.0, np.inf]).tolist() == [0.0, 1.0, 1.0]
    assert law.decay(7.0) == 1
    assert PairStream(Entanglement(), np.random.SeedSequence(1)).take(np.full(3, 1.0)).tolist() == [0.0] * 3


def test_a_cut_off_ends_the_law_of_pairs_used_newest_first():
    free, cut = (use_law(stored(poisson(3.0), 4, "newest", "overwrite", c), 2.0) for c in (None, 0.4))
    ages_s = np.array([0.0, 0.1, 0.4, 0.5, np.inf])
    assert np.array_equal(cut.cdf(ages_s), free.cdf(np.minimum(ages_s, 0.4)))
    grid_s = np.linspace(0, 0.4, 2001)
    middles_s = (grid_s[1:] + grid_s[:-1]) / 2
    mean = np.exp(-5 * middles_s) @ np.diff(free.cdf(grid_s)) / free.cdf(0.4)
    assert cut.decay(5.0) == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("success", [1e-4, 0.3, 1.0])
@pytest.mark.parametrize("period_s", [1e-2, 0.4, 5.0])
def test_attempts_into_one_slot_are_a_sum_over_attempts(success, period_s):
    law = use_law(stored(geometric(1 / period_s, success), 1, "newest", "overwrite"), REQUESTS_HZ)
    passed = math.exp(-REQUESTS_HZ * period_s)
    miss = 1 - success * (1 - passed) / (REQUESTS_HZ * period_s) / (1 - (1 - success) * passed)
    assert law.hit_probability == pytest.approx(1 - miss, rel=1e-11)
    phases = 40 + math.ceil(1000 * period_s)
    phases_s = (np.arange(phases) + 0.5) / phases * period_s
    failed = np.arange(math.ceil(40 / (REQUESTS_HZ * period_s)))
    ages_s = failed[:, None] * period_s + phases_s
    density = success * (1 - success) ** failed[:, None] * np.exp(-REQUESTS_HZ * ages_s) / phases
    for age_s in period_s * np.array([0.2, 1.0, 2.6, 100.0]):
        assert law.cdf(age_s) == pytest.approx(density[ages_s <= age_s].sum(), rel=1e-4)
    decay = (density * np.exp(-3 * ages_s)).sum() / density.sum()
    assert law.decay(3.0) == pytest.approx(decay, rel=1e-4)


def test_frequent_attempts_that_rarely_succeed_are_a_poisson_source():
    for when_full in ("overwrite", "stop"):
        attempts = use_law(stored(geometric(1e8, 3e-8), 1, "newest", when_full, 0.8), REQUESTS_HZ)
        source = use_law(stored(poisson(3.0), 1, "newest", when_full, 0.8), REQUESTS_HZ)
        ages_s = np.linspace(0, 1, 11)
        assert np.allclose(attempts.cdf(ages_s), source.cdf(ages_s), rtol=0, atol=1e-7)
        assert attempts.decay(2.0) == pytest.approx(source.decay(2.0), abs=1e-7)


def test_where_no_law_is_known():
    without = [
        stored(geometric(10.0, 0.5), 2, "newest", "overwrite"),
        stored(geometric(10.0, 0.5), 2, "oldest", "stop"),
        stored(poisson(3.0), 2, "oldest", "overwrite", 1.0),
        stored(poisson(3.0), 2, "newest", "stop", 1.0),
        stored(poisson(3.0), 2, "oldest", "stop", 1.0),
        stored(poisson(3.0), MOST_STOPPED + 1, "newest", "stop"),
    ]
    assert [use_law(entanglement, 1.0) for entanglement in without] == [None] * len(without)


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, math.inf, math.nan])
def test_impossible_rates_are_refused(rate_hz):
    for function in (use_law, expected_births_per_request):
        with pytest.raises(ConfigError, match="allowed: positive and finite"):
            function(Entanglement(), rate_hz)
    if rate_hz != 0:
        with pytest.raises(ConfigError, match="allowed: at least 0 and finite"):
            use_law(Entanglement(), 1.0).decay(rate_hz)


# Simulation


def assert_inside(batches, exact):
    """The exact value lies in the 99.9 % interval of batch means, shape (batches,)."""
    half = stdtrit(len(batches) - 1, 0.9995) * batches.std(ddof=1) / math.sqrt(len(batches))
    assert abs(batches.mean() - exact) <= half + 1e-12


def assert_simulated(entanglement, seed):
    law = use_law(entanglement, REQUESTS_HZ)
    gaps_s = np.random.default_rng((seed, 1)).exponential(1 / REQUESTS_HZ, WARM_UP + BATCHES * BATCH)
    ages_s = PairStream(entanglement, np.random.SeedSequence(seed)).take(gaps_s)[WARM_UP:].reshape(BATCHES, BATCH)
    hit = ages_s != NONE
    assert_inside(hit.mean(axis=1), law.hit_probability)
    for age_s in (0.15, 0.6):
        assert_inside((hit & (ages_s <= age_s)).mean(axis=1), float(law.cdf(age_s)))
    assert_inside((hit * np.exp(-ages_s)).mean(axis=1), law.hit_probability * law.decay(1.0))


@pytest.mark.parametrize(("use", "when_full"), DISCIPLINES)
@pytest.mark.parametrize("slots", SLOTS)
@pytest.mark.parametrize("q", BIRTHS_PER_REQUEST)
def test_simulation_agrees_without_cut_off(slots, use, when_full, q):
    assert_simulated(stored(poisson(q * REQUESTS_HZ), slots, use, when_full), seed=1)


@pytest.mark.parametrize("slots", SLOTS)
@pytest.mark.parametrize("q", BIRTHS_PER_REQUEST)
def test_simulation_agrees_with_cut_off(slots, q):
    assert_simulated(stored(poisson(q * REQUESTS_HZ), slots, "newest", "overwrite", 0.5), seed=2)
    for use in ("newest", "oldest"):
        assert_simulated(stored(poisson(q * REQUESTS_HZ), 1, use, "stop", 0.5), seed=3)


@pytest.mark.parametrize("attempts", [(10.0, 0.06), (10.0, 0.2), (3.0, 0.7), (2.0, 1.0)])
@pytest.mark.parametrize("when_full", ["overwrite", "stop"])
@pytest.mark.parametrize("cutoff_s", [None, 0.7])
def test_simulation_agrees_for_attempts(attempts, when_full, cutoff_s):
    assert_simulated(stored(geometric(*attempts), 1, "newest", when_full, cutoff_s), seed=4)


def oldest_is_too_old(pairs, now_s, cutoff_s):
    return bool(pairs) and now_s - pairs[0] > cutoff_s


def plainly_simulated(entanglement, gaps_s, rng):
    """The ages of used pairs, birth by birth, forwards in time, with randomness of its own."""
    memory, supply = entanglement.memory, entanglement.supply
    cutoff_s = memory.cutoff_s or math.inf

    def wait_s():
        if supply.law == "poisson":
            return rng.exponential(1 / supply.rate_hz)
        return rng.geometric(supply.success_probability) / supply.attempt_rate_hz

    pairs, ages_s, now_s, birth_s = [], [], 0.0, wait_s()
    for gap_s in gaps_s:
        now_s += gap_s
        while birth_s <= now_s or oldest_is_too_old(pairs, now_s, cutoff_s):
            expiry_s = pairs[0] + cutoff_s if pairs else math.inf
            if expiry_s <= birth_s:
                pairs.pop(0)
                birth_s = expiry_s + wait_s() if birth_s == math.inf else birth_s
                continue
            pairs = [*pairs[len(pairs) == memory.slots :], birth_s]
            stops = memory.when_full == "stop" and len(pairs) == memory.slots
            birth_s = math.inf if stops else birth_s + wait_s()
        ages_s.append(now_s - pairs.pop(-1 if memory.use == "newest" else 0) if pairs else NONE)
        birth_s = now_s + wait_s() if birth_s == math.inf else birth_s
    return np.array(ages_s)


@pytest.mark.slow
@pytest.mark.parametrize(("use", "when_full"), DISCIPLINES)
@pytest.mark.parametrize("slots", [2, 5])
@pytest.mark.parametrize("cutoff_s", [None, 0.9])
@pytest.mark.parametrize("supply", [poisson(1.0), poisson(5.0), geometric(4.0, 0.6), geometric(10.0, 0.15)])
def test_simulation_agrees_with_a_plain_one_where_no_law_is_known(supply, slots, use, when_full, cutoff_s):
    entanglement = stored(supply, slots, use, when_full, cutoff_s)
    gaps_s, other_s = np.random.default_rng(5).exponential(1 / REQUESTS_HZ, (2, 60_000))
    ages_s = PairStream(entanglement, np.random.SeedSequence(5)).take(gaps_s).reshape(30, -1)[1:]
    plain_s = plainly_simulated(entanglement, other_s, np.random.default_rng(6)).reshape(30, -1)[1:]
    assert_inside((ages_s != NONE).mean(axis=1) - (plain_s != NONE).mean(axis=1), 0)
    for age_s in (0.1, 0.3, 0.85):
        assert_inside((np.abs(ages_s) <= age_s).mean(axis=1) - (np.abs(plain_s) <= age_s).mean(axis=1), 0)


# Engines


def taken_in_simpy(entanglement, gaps_s, seeds):
    env = Environment()
    memory = PairMemory(env, entanglement, birth_words(seeds))
    memory.start(gaps_s.tolist())
    ages_s = []

    def ask():
        for gap_s in gaps_s.tolist():
            yield env.timeout(gap_s)
            ages_s.append(memory.take())
        memory.close()

    env.process(ask())
    env.run()
    return np.array(ages_s)


SUPPLIES = {
    "rare": poisson(0.7),
    "often": poisson(9.0),
    "attempts": geometric(10.0, 0.3),
    "attempts that succeed": geometric(4.0, 1.0),
}


@pytest.mark.parametrize(("use", "when_full"), DISCIPLINES)
@pytest.mark.parametrize("cutoff_s", [None, 0.05, 0.5])
@pytest.mark.parametrize("supply", SUPPLIES.values(), ids=SUPPLIES)
def test_engines_find_the_same_pairs(supply, use, when_full, cutoff_s):
    for slots in (1, 3):
        entanglement, seeds = stored(supply, slots, use, when_full, cutoff_s), np.random.SeedSequence(slots)
        gaps_s = np.random.default_rng(7).exponential(1 / REQUESTS_HZ, 80)
        fast_s = PairStream(entanglement, seeds).take(gaps_s)
        assert np.allclose(taken_in_simpy(entanglement, gaps_s, seeds), fast_s, rtol=0, atol=1e-9)
        assert np.ptp(fast_s) > 0


@pytest.mark.parametrize(("use", "when_full"), DISCIPLINES)
@pytest.mark.parametrize("supply", [poisson(4.0), geometric(10.0, 0.4)])
def test_blocks_do_not_matter(supply, use, when_full):
    entanglement, seeds = stored(supply, 3, use, when_full, 0.8), np.random.SeedSequence(8)
    gaps_s = np.random.default_rng(8).exponential(1 / REQUESTS_HZ, 1000)
    stream = PairStream(entanglement, seeds)
    blocks = [stream.take(block) for block in np.split(gaps_s, [1, 2, 500])]
    assert np.array_equal(np.concatenate(blocks), PairStream(entanglement, seeds).take(gaps_s))


@pytest.mark.parametrize("use", ["newest", "oldest"])
@pytest.mark.parametrize("when_full", ["overwrite", "stop"])
@pytest.mark.parametrize("supply", [poisson(0.5), poisson(300.0), geometric(50.0, 0.5)])
@pytest.mark.parametrize("cutoff_s", [None, 0.02])
def test_births_are_as_few_as_promised(supply, use, when_full, cutoff_s):
    entanglement = stored(supply, 4, use, when_full, cutoff_s)
    requests = 5_000
    gaps_s = np.random.default_rng(9).exponential(1 / REQUESTS_HZ, requests)
    stock = empty_stock(entanglement, birth_words(np.random.SeedSequence(9)))
    before = int(stock.words[3])
    take(source_of(entanglement), rules_of(entanglement), stock, gaps_s, np.empty(requests))
    births = (int(stock.words[3]) - before) / requests
    bound = expected_births_per_request(entanglement, REQUESTS_HZ)
    assert 0.05 * bound < births < 1.1 * bound + 0.01


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_pair_is_used_once_and_never_copied(copied):
    pair = Pair(born_s=1.0)
    with pytest.raises(NoCloningError, match="given a copy"):
        copied(pair if copied is copy.copy else {"kept": [pair]})
    assert pair.use(now_s=3.0) == 2.0
    with pytest.raises(NoCloningError, match="given a second use"):
        pair.use(now_s=3.0)
    with pytest.raises(NoCloningError, match="given a copy"):
        copied(pair)


def test_a_pair_that_a_memory_gives_is_gone():
    env = Environment()
    memory = PairMemory(env, stored(geometric(1.0, 1.0), 1, "newest", "stop"), birth_words(np.random.SeedSequence(1)))
    memory.start([])
    env.run(until=1.5)
    assert [memory.take(), memory.take()] == [0.5, NONE]
    env.run(until=2.0)
    assert memory.take() == NONE  # the next attempt began when there was room
    env.run(until=4.0)
    assert memory.take() == 1.5
