"""Purification: two noisy pairs become one better pair, or none, by local gates and a comparison of outcomes."""

from __future__ import annotations

from math import pi
from typing import Literal, NamedTuple

import qutip

from entsched.quantum.bell import PairError, require_pair


class Purification(NamedTuple):
    """The pair (4, 4) that is kept, and the probability that it is."""

    state: qutip.Qobj
    success_probability: float


class Purified(NamedTuple):
    """The pair (4, 4) after some rounds, and the expected number of pairs used for it."""

    state: qutip.Qobj
    pairs_used: float


def bbpssw(state: qutip.Qobj) -> Purification:
    """One round of C. H. Bennett et al., Phys. Rev. Lett. 76, 722 (1996), on two copies of a pair.

    Each copy is twirled, then bilateral CNOT, Z measurement of the second, first kept if the outcomes agree.
    With the weights (F, e, e, e), e = (1 - F) / 3, amplitudes must agree and phases add, so that
    p = (F + e)^2 + (2 e)^2 and F' = (F^2 + e^2) / p. It helps for F > 1/2.

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> from entsched.quantum.bell import werner
    >>> from entsched.quantum.correlation import fidelity
    >>> result = bbpssw(werner(0.6))
    >>> round(fidelity(result.state), 6), round(result.success_probability, 6)
    (0.735294, 0.68)
    """
    require_pair(state)
    twirled = _twirled(state)
    return _kept_on_agreement(twirled, twirled)


def dejmps(first: qutip.Qobj, second: qutip.Qobj) -> Purification:
    """One round of D. Deutsch et al., Phys. Rev. Lett. 77, 2818 (1996), on two pairs.

    A turns its qubits about X by pi/2 and B by -pi/2, which exchanges Phi- and Psi-; then as in ``bbpssw``, without
    the twirl. With weights a, b, c, d of Phi+, Psi-, Psi+, Phi- amplitudes must agree and phases add, so that
    p = (a + b)^2 + (c + d)^2 and a' = (a^2 + b^2) / p, b' = 2 c d / p, c' = (c^2 + d^2) / p, d' = 2 a b / p.

    Raises
    ------
    PairError
        If a state is no pair, or the outcomes never agree.

    Examples
    --------
    >>> from entsched.quantum.bell import bell_diagonal
    >>> from entsched.quantum.correlation import fidelity
    >>> noisy = bell_diagonal([0.8, 0.2, 0, 0])
    >>> result = dejmps(noisy, noisy)
    >>> round(fidelity(result.state), 6), round(result.success_probability, 6)
    (0.941176, 0.68)
    """
    require_pair(first)
    require_pair(second)
    turn = (-1j * pi / 4 * qutip.sigmax()).expm()
    both = qutip.tensor(turn, turn.dag())
    return _kept_on_agreement(both * first * both.dag(), both * second * both.dag())


def purified(state: qutip.Qobj, rounds: int, protocol: Literal["bbpssw", "dejmps"]) -> Purified:
    """The pair after rounds that each start from two results of the round before, as failures start afresh.

    The expected number of pairs used is the product of 2 / p over the rounds.

    Parameters
    ----------
    rounds : at least 0

    Raises
    ------
    PairError
        If the state is no pair, the number of rounds is negative, or the protocol is not known.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> round(purified(phi_plus(), 3, "dejmps").pairs_used, 12)
    8.0
    """
    require_pair(state)
    if rounds < 0:
        raise PairError(f"given {rounds} rounds, allowed: at least 0")
    if protocol not in ("bbpssw", "dejmps"):
        raise PairError(f"given protocol {protocol!r}, allowed: 'bbpssw' or 'dejmps'")
    pairs_used = 1.0
    for _ in range(rounds):
        state, success_probability = bbpssw(state) if protocol == "bbpssw" else dejmps(state, state)
        pairs_used *= 2 / success_probability
    return Purified(state, pairs_used)


def _twirled(state: qutip.Qobj) -> qutip.Qobj:
    """The average over U x U* for the 12 turns of a tetrahedron: Phi+ stays, all that is orthogonal to it is mixed."""
    one, x, y, z = qutip.qeye(2), qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()
    cycle = (one + 1j * (x + y + z)) / 2
    turns = [power * pauli for power in (one, cycle, cycle * cycle) for pauli in (one, x, y, z)]
    both = [qutip.tensor(turn, turn.conj()) for turn in turns]
    return sum(turn * state * turn.dag() for turn in both) / len(both)


def _kept_on_agreement(kept: qutip.Qobj, measured: qutip.Qobj) -> Purification:
    """Bilateral CNOT from the first pair to the second, whose Z outcomes must agree; qubits A1, B1, A2, B2."""
    one, flip = qutip.qeye(2), qutip.sigmax()
    zero, excited = qutip.fock_dm(2, 0), qutip.fock_dm(2, 1)
    cnot_a = qutip.tensor(zero, one, one, one) + qutip.tensor(excited, one, flip, one)
    cnot_b = qutip.tensor(one, zero, one, one) + qutip.tensor(one, excited, one, flip)
    circuit = cnot_a * cnot_b
    agreement = qutip.tensor(one, one, zero, zero) + qutip.tensor(one, one, excited, excited)
    after = circuit * qutip.tensor(kept, measured) * circuit.dag()
    unnormalised = (agreement * after * agreement).ptrace([0, 1])
    probability = float(unnormalised.tr().real)
    if probability < 1e-12:
        raise PairError("given pairs whose outcomes never agree, allowed: a positive probability of success")
    return Purification(unnormalised / probability, min(1.0, probability))
