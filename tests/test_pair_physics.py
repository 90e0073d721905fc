"""The physics of one pair against closed forms, Lindblad equations and brute force."""

import copy
import pickle
from itertools import pairwise
from math import exp, pi, sqrt

import numpy as np
import pytest
import qutip
from scipy.optimize import minimize

from entsched.errors import EntschedError, NoCloningError
from entsched.quantum.bell import PairError, bell_diagonal, bell_states, phi_plus, werner
from entsched.quantum.channels import amplitude_damping, dephasing, depolarising, on_both, on_one, phase_noise, storage
from entsched.quantum.correlation import bloch_vectors, chsh_maximum, correlation_matrix, fidelity, principal_plane
from entsched.quantum.detection import imperfect
from entsched.quantum.measurement import born_behavior, projective, spin
from entsched.quantum.one_shot import OneShotPair
from entsched.quantum.purification import bbpssw, dejmps, purified
from entsched.quantum.swapping import swap

PAULIS = [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]
EXACT = {"rtol": 0, "atol": 1e-10}


def weights(state):
    """The weights of Phi+, Phi-, Psi+, Psi-."""
    return np.array([qutip.expect(bell, state) for bell in bell_states()])


def test_bell_states_are_the_four_with_these_correlators():
    signs = [(1, -1, 1), (-1, 1, 1), (1, 1, -1), (-1, -1, -1)]
    for state, diagonal in zip(bell_states(), signs, strict=True):
        assert state.dims == [[2, 2], [2, 2]]
        assert np.allclose(correlation_matrix(state), np.diag(diagonal), **EXACT)
    shares = [0.4, 0.3, 0.2, 0.1]
    assert np.allclose(weights(bell_diagonal(shares)), shares, **EXACT)


@pytest.mark.parametrize(
    ("kraus", "factors", "shift"),
    [
        (depolarising(0.7), (0.7, 0.7, 0.7), 0.0),
        (depolarising(0.0), (0.0, 0.0, 0.0), 0.0),
        (dephasing(0.6), (0.6, 0.6, 1.0), 0.0),
        (amplitude_damping(0.64), (0.8, 0.8, 0.64), 0.36),
        (amplitude_damping(0.0), (0.0, 0.0, 0.0), 1.0),
        (storage(0.5, 2.0, 1.0, 4.0), np.exp([-0.625, -0.625, -0.375]), exp(-0.125) * (1 - exp(-0.25))),
    ],
)
def test_channels_keep_the_trace_and_map_bloch_vectors(kraus, factors, shift):
    assert np.allclose(sum(k.dag() * k for k in kraus).full(), np.eye(2), **EXACT)
    state = qutip.rand_dm(2, seed=3)
    after = sum(k * state * k.dag() for k in kraus)
    expected = factors * np.array(qutip.expect(PAULIS, state)) + [0, 0, shift]
    assert np.allclose(qutip.expect(PAULIS, after), expected, **EXACT)


@pytest.mark.parametrize(("t1", "t2"), [(2.0, 1.0), (2.0, 4.0), (None, 0.7), (2.0, None), (None, None)])
def test_storage_solves_the_lindblad_equation(t1, t2):
    relaxation = 0.0 if t1 is None else 1 / t1
    dephasing_rate = 0.0 if t2 is None else 1 / t2 - relaxation / 2
    jumps = [sqrt(relaxation) * qutip.destroy(2), sqrt(dephasing_rate / 2) * qutip.sigmaz()]
    generator = qutip.liouvillian(None, jumps)
    state = qutip.rand_dm(2, seed=4)
    for age in (0.0, 0.3, 2.5):
        evolved = qutip.vector_to_operator((generator * age).expm() * qutip.operator_to_vector(state))
        stored = sum(k * state * k.dag() for k in storage(age, t1, t2, None))
        assert np.allclose(stored.full(), evolved.full(), **EXACT)


@pytest.mark.parametrize("age", [0.0, 0.2, 1.0, 5.0])
def test_both_halves_of_a_pair_in_storage(age):
    """|11> becomes |11>, |01>, |10>, |00> with s^2, s(1 - s), s(1 - s), (1 - s)^2, so T_zz = (1 + (1 - 2 s)^2) / 2."""
    t1, t2, white = 1.5, 2.0, 3.0
    state, survival = on_both(phi_plus(), storage(age, t1, t2, white)), exp(-age / t1)
    in_plane, along = exp(-2 * age / t2), (1 + (1 - 2 * survival) ** 2) / 2
    expected = exp(-2 * age / white) * np.diag([in_plane, -in_plane, along])
    assert np.allclose(correlation_matrix(state), expected, **EXACT)
    up = exp(-age / white) * (1 - survival)
    assert np.allclose(bloch_vectors(state), [[0, 0, up], [0, 0, up]], **EXACT)
    only_white = on_both(phi_plus(), storage(age, None, None, white))
    assert np.allclose(only_white.full(), werner(exp(-2 * age / white)).full(), **EXACT)


def test_noise_on_one_half_leaves_the_other_alone():
    state = qutip.rand_dm([2, 2], seed=5)
    for which, kept in ((0, 1), (1, 0)):
        after = bloch_vectors(on_one(state, amplitude_damping(0.0), which))
        assert np.allclose(after[which], [0, 0, 1], **EXACT)
        assert np.allclose(after[kept], bloch_vectors(state)[kept], **EXACT)


def test_phase_noise_is_the_average_over_gaussian_errors():
    frequency, rms = 2.0e9, 7e-11
    errors, shares = np.polynomial.hermite_e.hermegauss(40)
    average = 0
    for error, share in zip(errors * rms, shares / sqrt(2 * pi), strict=True):
        turn = qutip.tensor((-1j * pi * frequency * error * qutip.sigmaz()).expm(), qutip.qeye(2))
        average += share * turn * phi_plus() * turn.dag()
    noisy = on_one(phi_plus(), phase_noise(frequency, rms), 0)
    assert np.allclose(noisy.full(), average.full(), **EXACT)


def test_imperfect_detectors_scale_correlators_and_add_the_silent_answers():
    error, efficiency, angles = 0.07, 0.8, (0.3, 1.4, 2.9)
    seen = efficiency * (1 - 2 * error)
    for silent in ((0.5, 0.5), (1.0, 0.0), (0.2, 0.8)):
        devices = [imperfect(projective(angle), error, efficiency, silent) for angle in angles]
        behavior = born_behavior(phi_plus(), devices, devices)
        offset = (1 - efficiency) * (silent[0] - silent[1])
        expected = seen**2 * np.cos(np.subtract.outer(angles, angles)) + offset**2
        assert np.allclose(2 * behavior.coalescing - 1, expected, **EXACT)
        assert np.allclose(2 * behavior.marginal_a[0] - 1, offset, **EXACT)


def test_swapped_werner_pairs():
    for left, right in ((1.0, 0.7), (0.9, 0.85), (0.25, 0.5)):
        f1, f2 = (1 + 3 * left) / 4, (1 + 3 * right) / 4
        swapped = swap(werner(left), werner(right))
        assert fidelity(swapped) == pytest.approx(f1 * f2 + (1 - f1) * (1 - f2) / 3, abs=1e-10)
        assert np.allclose(swap(werner(left), werner(right), 0.9).full(), werner(0.9 * left * right).full(), **EXACT)


def test_swapping_adds_the_errors_of_any_pairs():
    """Bell-diagonal weights convolve in Z2 x Z2; B's Paulis leave only the diagonal
    of T in the right pair, so that for all states T = T_left diag(1, -1, 1) diag(T_right)."""
    rng = np.random.default_rng(6)
    first, second = rng.dirichlet(np.ones(4), 2)
    convolved = [sum(first[k] * second[k ^ error] for k in range(4)) for error in range(4)]
    swapped = swap(bell_diagonal(first), bell_diagonal(second))
    assert np.allclose(swapped.full(), bell_diagonal(convolved).full(), **EXACT)
    left, right = (qutip.rand_dm([2, 2], seed=seed) for seed in (7, 8))
    expected = correlation_matrix(left) * (correlation_matrix(right).diagonal() * [1, -1, 1])
    assert np.allclose(correlation_matrix(swap(left, right)), expected, **EXACT)
    assert np.allclose(swap(left, phi_plus()).full(), left.full(), **EXACT)


def test_bbpssw_against_bennett_and_others():
    for state in (werner(0.6), werner(1.0), bell_diagonal([0.6, 0.1, 0.05, 0.25]), qutip.rand_dm([2, 2], seed=9)):
        f = fidelity(state)
        e = (1 - f) / 3
        p = f**2 + 2 * f * e + 5 * e**2
        result = bbpssw(state)
        assert result.success_probability == pytest.approx(p, abs=1e-10)
        assert fidelity(result.state) == pytest.approx((f**2 + e**2) / p, abs=1e-10)


def test_dejmps_against_deutsch_and_others():
    rng = np.random.default_rng(10)
    for first, second in rng.dirichlet(np.ones(4), (3, 2)):
        (a, d, c, b), (a2, d2, c2, b2) = first, second
        p = (a + b) * (a2 + b2) + (c + d) * (c2 + d2)
        result = dejmps(bell_diagonal(first), bell_diagonal(second))
        expected = np.array([a * a2 + b * b2, a * b2 + b * a2, c * c2 + d * d2, c * d2 + d * c2]) / p
        assert result.success_probability == pytest.approx(p, abs=1e-10)
        assert np.allclose(result.state.full(), bell_diagonal(expected).full(), **EXACT)
    with pytest.raises(PairError, match="never agree"):
        dejmps(bell_states()[0], bell_states()[2])


@pytest.mark.parametrize("protocol", ["bbpssw", "dejmps"])
def test_rounds_use_two_results_of_the_round_before(protocol):
    f, pairs = np.array([0.7, 0.1, 0.1, 0.1]), 1.0
    for rounds in range(4):
        result = purified(werner(0.6), rounds, protocol)
        assert result.pairs_used == pytest.approx(pairs, abs=1e-9)
        assert fidelity(result.state) == pytest.approx(f[0], abs=1e-10)
        a, d, c, b = f if protocol == "dejmps" else (f[0], *[(1 - f[0]) / 3] * 3)
        p = (a + b) ** 2 + (c + d) ** 2
        f = np.array([a * a + b * b, 2 * a * b, c * c + d * d, 2 * c * d]) / p
        pairs *= 2 / p


def chsh_by_search(state):
    """The largest CHSH value over eight angles of four directions, from several starts."""
    rho, paulis = state.full(), np.array([pauli.full() for pauli in PAULIS])

    def negative(angles):
        polar, azimuth = angles.reshape(2, 4)
        directions = np.array([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)])
        a0, a1, b0, b1 = np.einsum("id,ijk->djk", directions, paulis)
        return -np.trace(rho @ (np.kron(a0, b0 + b1) + np.kron(a1, b0 - b1))).real

    starts = np.random.default_rng(11).uniform(0, pi, (4, 8))
    return -min(minimize(negative, start).fun for start in starts)


def test_chsh_maximum_against_a_search_over_angles():
    damped = on_both(phi_plus(), amplitude_damping(0.8))
    for state in (qutip.rand_dm([2, 2], seed=12), damped):
        assert chsh_maximum(state) == pytest.approx(chsh_by_search(state), abs=1e-8)
    assert chsh_maximum(phi_plus()) == pytest.approx(2 * sqrt(2), abs=1e-10)
    assert chsh_maximum(werner(1 / 3)) == pytest.approx(2 * sqrt(2) / 3, abs=1e-10)  # separable: at most 2


def assert_plane_has_its_correlators(state):
    plane = principal_plane(state)
    for axes in (plane.axes_a, plane.axes_b):
        assert np.allclose(axes @ axes.T, np.eye(2), **EXACT)
    alpha, beta = np.array([0.0, pi / 2, 0.7]), np.array([0.0, pi / 2, 2.2])
    measurements = [
        [spin(direction) for direction in np.outer(np.cos(angles), axes[0]) + np.outer(np.sin(angles), axes[1])]
        for angles, axes in ((alpha, plane.axes_a), (beta, plane.axes_b))
    ]
    expected = plane.first * np.outer(np.cos(alpha), np.cos(beta)) + plane.second * np.outer(
        np.sin(alpha), np.sin(beta)
    )
    assert np.allclose(2 * born_behavior(state, *measurements).coalescing - 1, expected, **EXACT)
    assert 2 * np.hypot(plane.first, plane.second) == pytest.approx(chsh_maximum(state), abs=1e-10)


def test_the_principal_plane_of_random_states():
    for seed in range(20):
        assert_plane_has_its_correlators(qutip.rand_dm([2, 2], rank=seed % 4 + 1, seed=seed))


def test_the_principal_plane_where_a_choice_is_left():
    z_and_x, mixed = [[0, 0, 1], [1, 0, 0]], qutip.tensor(qutip.fock_dm(2, 0), qutip.fock_dm(2, 0))
    x_and_y = on_both(phi_plus(), amplitude_damping(0.6))
    for state in (mixed, x_and_y, *bell_states()):
        assert_plane_has_its_correlators(state)
    for state in (phi_plus(), werner(0.8), werner(0.0), on_both(phi_plus(), dephasing(0.7)), mixed):
        plane = principal_plane(state)
        assert np.allclose((plane.axes_a, plane.axes_b), (z_and_x, z_and_x), **EXACT)
    plane = principal_plane(x_and_y)
    assert np.allclose(plane.axes_a, np.eye(3)[:2], **EXACT)
    assert np.allclose(plane.axes_b, [[1, 0, 0], [0, -1, 0]], **EXACT)


def edges(probabilities):
    """Draws just inside the two ends of each outcome's interval, with the outcome."""
    ends = np.concatenate([[0], np.cumsum(probabilities)])
    for outcome, (low, high) in enumerate(pairwise(ends)):
        yield from ((low + 1e-10, outcome), (high - 1e-10, outcome))


def test_one_shot_pairs_follow_born_whichever_side_goes_first():
    """The intervals of draws that give an outcome have the lengths P(first) and P(second | first)."""
    state = qutip.rand_dm([2, 2], seed=13)
    trine = tuple(2 / 3 * projective(2 * pi * k / 3)[0] for k in range(3))
    tilted = spin([0.48, 0.6, 0.64])
    law = born_behavior(state, [trine], [imperfect(tilted, 0.1, 0.9, (1.0, 0.0))]).p[:, :, 0, 0]
    sides = [(OneShotPair.measure_a, trine), (OneShotPair.measure_b, imperfect(tilted, 0.1, 0.9, (1.0, 0.0)))]
    for joint, ((first, on_first), (second, on_second)) in ((law, sides), (law.T, sides[::-1])):
        for draw, outcome in edges(joint.sum(axis=1)):
            for later_draw, later_outcome in edges(joint[outcome] / joint[outcome].sum()):
                pair = OneShotPair(state)
                assert first(pair, on_first, draw) == outcome
                assert second(pair, on_second, later_draw) == later_outcome


def test_a_pair_is_measured_once_and_never_copied():
    pair = OneShotPair(phi_plus())
    assert pair.measure_b(projective(0.0), 0.0) == 0
    uses = [lambda: pair.measure_b(projective(1.0), 0.0), lambda: copy.copy(pair), lambda: copy.deepcopy(pair)]
    for use in [*uses, lambda: pickle.dumps(pair), lambda: copy.deepcopy({"pairs": [pair]})]:
        with pytest.raises(NoCloningError, match=r"^given .*, allowed: .*$"):
            use()
    assert pair.measure_a(projective(0.0), 1 - 1e-9) == 0
    with pytest.raises(NoCloningError, match="half A"):
        pair.measure_a(projective(0.0), 0.5)
    assert issubclass(NoCloningError, EntschedError)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: bell_diagonal([0.5, 0.5]),
        lambda: bell_diagonal([0.6, 0.6, -0.2, 0.0]),
        lambda: depolarising(1.1),
        lambda: dephasing(float("nan")),
        lambda: amplitude_damping(-0.1),
        lambda: storage(-1.0, None, None, None),
        lambda: storage(1.0, 1.0, 2.5, None),
        lambda: storage(1.0, 0.0, None, None),
        lambda: phase_noise(1e9, -1.0),
        lambda: on_one(phi_plus(), dephasing(0.5), 2),
        lambda: on_both(phi_plus(), (qutip.qeye(2) / 2,)),
        lambda: on_both(phi_plus(), (qutip.qeye(3),)),
        lambda: correlation_matrix(qutip.bell_state("00")),
        lambda: bloch_vectors(phi_plus() - bell_states()[1] + bell_states()[2]),
        lambda: fidelity(np.eye(4) / 4),
        lambda: spin([1.0, 1.0, 0.0]),
        lambda: imperfect(projective(0.0), 0.0, 1.0, (0.5, 0.6)),
        lambda: imperfect((qutip.qeye(2),), 0.0, 1.0, (0.5, 0.5)),
        lambda: swap(phi_plus(), phi_plus(), 1.5),
        lambda: purified(phi_plus(), -1, "dejmps"),
        lambda: purified(phi_plus(), 1, "none"),
        lambda: OneShotPair(phi_plus()).measure_a(projective(0.0), 1.0),
    ],
)
def test_wrong_input_is_refused_in_one_line(wrong):
    with pytest.raises(PairError, match=r"^given .*, allowed: .*$"):
        wrong()
