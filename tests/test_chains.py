"""Repeater chains against sums, linear algebra, circuits, simulation and all orders of errors."""

import math
from itertools import permutations

import numpy as np
import pytest

from entsched.entanglement.chain import ERRORS, Chain, end_to_end, error_budget, purify
from entsched.entanglement.hardware import node
from entsched.entanglement.link import Fibre, delivered
from entsched.entanglement.waiting import continuous_storage_decay, mean_attempts, storage_decay
from entsched.errors import ConfigError

Z = 3.29  # 99.9 %
#: Phi+, Psi-, Psi+, Phi-.
BELL = np.array([[1, 0, 0, 1], [0, 1, -1, 0], [0, 1, 1, 0], [1, 0, 0, -1]]) / math.sqrt(2)


def changed(base, **values):
    """The node with other values, and ranges that allow them."""
    updates = {}
    for name, value in values.items():
        figure = getattr(base, name)
        updates[name] = figure.model_copy(update={"value": value, "range": (value, value)})
    return base.model_copy(update=updates)


ION = node("trapped-ion")


@pytest.mark.parametrize("segments", [1, 2, 5, 12])
@pytest.mark.parametrize("success", [0.03, 0.4, 0.9, 1.0])
def test_mean_attempts_against_the_alternating_sum(segments, success):
    terms = [(-1) ** (j + 1) * math.comb(segments, j) / (1 - (1 - success) ** j) for j in range(1, segments + 1)]
    assert mean_attempts(segments, success) == pytest.approx(math.fsum(terms), rel=1e-10)


def test_rare_successes_tend_to_random_times():
    for segments in (2, 7, 100):
        harmonic = sum(1 / k for k in range(1, segments + 1))
        assert mean_attempts(segments, 1e-12) == pytest.approx(harmonic * 1e12, rel=1e-9)
        assert storage_decay(segments, 1e-12, 3e-12) == pytest.approx(
            continuous_storage_decay(segments, 1.0, 3.0), rel=1e-9
        )
        assert storage_decay(segments, 1e-12, 0.0) == pytest.approx(1.0, abs=1e-10)


def test_decay_of_two_segments_in_closed_form():
    for success, decay in ((0.3, 0.2), (0.01, 1.5), (1.0, 0.7)):
        kept = (1 - success) * math.exp(-decay)
        exact = success / (2 - success) * (1 + 2 * kept / (1 - kept))
        assert storage_decay(2, success, decay) == pytest.approx(exact, rel=1e-12)


def test_continuous_decay_against_linear_equations():
    segments, rate, loss = 6, 4.0, 1.3
    arrivals = rate * np.arange(segments, 0, -1)
    matrix = np.diag(arrivals + loss * np.arange(segments)) - np.diag(arrivals[:-1], 1)
    solved = np.linalg.solve(matrix, [*[0.0] * (segments - 1), arrivals[-1]])
    assert continuous_storage_decay(segments, rate, loss) == pytest.approx(solved[0], rel=1e-12)


@pytest.mark.parametrize(("segments", "success", "decay"), [(3, 0.2, 0.1), (6, 0.05, 0.02)])
def test_decay_against_simulation(segments, success, decay):
    times = np.random.default_rng(8).geometric(success, size=(200_000, segments))
    waits = times.max(axis=1, keepdims=True) - times
    left = np.exp(-decay * waits.sum(axis=1))
    assert abs(left.mean() - storage_decay(segments, success, decay)) < Z * left.std() / math.sqrt(len(left))


@pytest.mark.parametrize(
    ("segments", "success", "decay"), [(0, 0.5, 0.0), (2, 0.0, 0.0), (2, 0.5, -1.0), (2000, 0.5, 0)]
)
def test_impossible_waits_are_refused(segments, success, decay):
    with pytest.raises(ConfigError, match=r"given .*, allowed: "):
        storage_decay(segments, success, decay)


def purified_by_circuit(weights, protocol, gate_visibility):
    """Both pairs through rotations, noise on each node, two CNOTs and the measurement of the second pair."""
    pair = sum(weight * np.outer(bell, bell) for weight, bell in zip(weights, BELL, strict=True)).astype(complex)
    if protocol == "dejmps":
        turn = np.array([[1, -1j], [-1j, 1]]) / math.sqrt(2)
        both = np.kron(turn, turn.conj())
        pair = both @ pair @ both.conj().T
    state = np.einsum("abij,cdkl->acbdikjl", *[pair.reshape(2, 2, 2, 2)] * 2).reshape([4] * 4)  # A, B, A', B'
    for node_axis in (0, 1):
        rest = np.trace(state, axis1=node_axis, axis2=node_axis + 2)
        mixed = np.einsum("ij,kl->ikjl" if node_axis == 0 else "kl,ij->kilj", np.eye(4) / 4, rest)
        state = gate_visibility * state + (1 - gate_visibility) * mixed
    cnot = np.eye(4)[[0, 1, 3, 2]]
    state = np.einsum("ai,bj,ijkl,ck,dl->abcd", cnot, cnot, state, cnot, cnot).reshape([2] * 8)
    kept = sum(state[:, one, :, one, :, one, :, one] for one in (0, 1)).reshape(4, 4)
    chance = np.trace(kept).real
    return [(bell @ kept @ bell).real / chance for bell in BELL], chance


@pytest.mark.parametrize("gate_visibility", [1.0, 0.9])
@pytest.mark.parametrize("protocol", ["bbpssw", "dejmps"])
def test_purification_against_its_circuit(protocol, gate_visibility):
    weights = (0.8, 0.05, 0.03, 0.12) if protocol == "dejmps" else (0.82, 0.06, 0.06, 0.06)
    made, kept = purify(weights, protocol, gate_visibility)
    circuit, chance = purified_by_circuit(weights, protocol, gate_visibility)
    assert kept == pytest.approx(chance, rel=1e-12)
    assert made[0] == pytest.approx(circuit[0], rel=1e-12)
    if protocol == "dejmps":
        assert sorted(made) == pytest.approx(sorted(circuit), rel=1e-9)


def test_one_segment_is_its_link():
    link = Fibre(length_km=30.0)
    pairs, direct = end_to_end(Chain(segments=1), link, ION), delivered(link, ION)
    assert pairs.rate_hz == pytest.approx(direct.rate_hz, rel=1e-12)
    assert pairs.visibility == pytest.approx(direct.visibility, rel=1e-12)


def test_a_chain_against_simulation():
    """Three segments whose swaps fail at times, attempt by attempt."""
    base = changed(ION, emission_efficiency=0.9, t2_s=0.01, dark_count=0.0)
    link = Fibre(length_km=10.0, modes=2)
    chain = Chain(segments=3, swap_success=0.8, swap_visibility=0.95)
    once = delivered(link, base)
    attempt_s = 2 / once.attempt_rate_hz
    rng = np.random.default_rng(3)
    ready = rng.geometric(1 - (1 - once.success_probability) ** 2, size=(200_000, 3)) * attempt_s
    last = ready.max(axis=1)
    told_s = 2 * link.delay_s()
    works = (rng.random((200_000, 2)) < 0.8).all(axis=1)
    rate = works.sum() / (last + told_s).sum()
    worn = np.exp(-2 * (3 * last - ready.sum(axis=1) + told_s + 3 * once.herald_delay_s) / 0.01)
    visibility = once.fresh_visibility**3 * 0.95**2 * worn
    pairs = end_to_end(chain, link, base)
    assert pairs.rate_hz == pytest.approx(rate, rel=0.01)
    assert abs(pairs.visibility - visibility.mean()) < Z * visibility.std() / math.sqrt(len(visibility))


def test_purified_chains_are_better_and_slower():
    link, base = Fibre(length_km=5.0), changed(ION, t2_s=1e3, gate_fidelity=0.9999, pair_fidelity=0.9)
    plain, once, twice = (end_to_end(Chain(segments=2, purification_rounds=r), link, base) for r in (0, 1, 2))
    assert plain.visibility < once.visibility < twice.visibility
    assert plain.rate_hz > once.rate_hz > twice.rate_hz
    kept = purify((0.9, *[0.1 / 3] * 3), "bbpssw")[1]
    success = delivered(link, base).success_probability
    attempts = mean_attempts(2, success) + 1
    assert once.mean_attempts == pytest.approx(mean_attempts(2, kept / attempts), rel=1e-2)


def test_what_nodes_cannot_store_is_refused():
    link = Fibre(length_km=10.0)
    with pytest.raises(ConfigError, match=r"given node 'photonic' with 0 slots, allowed: 2 for this chain"):
        end_to_end(Chain(segments=2), link, node("photonic"))
    with pytest.raises(ConfigError, match="allowed: 16 for this chain"):
        end_to_end(Chain(segments=2, purification_rounds=3), link, ION)
    with pytest.raises(ConfigError, match="given a link of success probability 0, allowed"):
        end_to_end(Chain(segments=1), Fibre(length_km=1e6), changed(ION, dark_count=0.0))


@pytest.mark.parametrize("rounds", [0, 1])
def test_shares_of_the_error_budget_are_those_of_all_orders(rounds):
    link = Fibre(length_km=15.0)
    chain = Chain(segments=3, purification_rounds=rounds, protocol="dejmps")
    off = {
        "generation": {"pair_fidelity": 1.0, "dark_count": 0.0},
        "storage": {"t2_s": 1e9, "t1_s": 1e9},
        "swapping": {"gate_fidelity": 1.0},
        "measurement": {"readout_error": 0.0},
    }
    base = changed(ION, readout_error=0.02, dark_count=0.0)

    def infidelity(active):
        silent = {key: value for name in ERRORS if name not in active for key, value in off[name].items()}
        made = changed(base, **silent)
        read = (1 - 2 * made.readout_error.value) ** 2
        return 0.75 * (1 - end_to_end(chain, link, made).visibility * read)

    shares = dict.fromkeys(ERRORS, 0.0)
    for order in permutations(ERRORS):
        for place, name in enumerate(order):
            shares[name] += (infidelity(order[: place + 1]) - infidelity(order[:place])) / 24
    found = error_budget(chain, link, base)
    assert found == pytest.approx(shares, abs=1e-6)
    assert sum(found.values()) == pytest.approx(infidelity(ERRORS), abs=1e-14)
    assert min(found.values()) > 0
