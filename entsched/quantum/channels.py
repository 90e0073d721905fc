"""Noise on the halves of a pair: channels on one qubit as Kraus operators, rho -> sum_k K rho K^dag."""

from __future__ import annotations

from math import exp, isfinite, pi, sqrt
from typing import Literal

import numpy as np
import qutip

from entsched.quantum.bell import PairError, require_fraction, require_pair

#: The Kraus operators of a channel on one qubit: the sum of K^dag K is the identity.
Kraus = tuple[qutip.Qobj, ...]


def depolarising(shrink: float) -> Kraus:
    """White noise: the Bloch vector is multiplied by ``shrink`` in [0, 1].

    K = sqrt((1 + 3 shrink) / 4) 1, and sqrt((1 - shrink) / 4) times X, Y and Z.

    Raises
    ------
    PairError
        If ``shrink`` is outside [0, 1].

    Examples
    --------
    >>> [round(k.norm("fro") ** 2 / 2, 3) for k in depolarising(0.8)]
    [0.85, 0.05, 0.05, 0.05]
    """
    require_fraction("shrink", shrink)
    paulis = (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())
    return sqrt((1 + 3 * shrink) / 4) * qutip.qeye(2), *(sqrt((1 - shrink) / 4) * pauli for pauli in paulis)


def dephasing(coherence: float) -> Kraus:
    """Loss of phase: the off-diagonal elements are multiplied by ``coherence`` in [0, 1].

    K = sqrt((1 + coherence) / 2) 1 and sqrt((1 - coherence) / 2) Z.

    Raises
    ------
    PairError
        If the coherence is outside [0, 1].

    Examples
    --------
    >>> plus = qutip.ket2dm((qutip.basis(2, 0) + qutip.basis(2, 1)).unit())
    >>> sum(k * plus * k.dag() for k in dephasing(0.5)).full().real.round(12).tolist()
    [[0.5, 0.25], [0.25, 0.5]]
    """
    require_fraction("coherence", coherence)
    return sqrt((1 + coherence) / 2) * qutip.qeye(2), sqrt((1 - coherence) / 2) * qutip.sigmaz()


def amplitude_damping(survival: float) -> Kraus:
    """Decay to |0>: the excited state |1> survives with probability ``survival`` in [0, 1].

    K = |0><0| + sqrt(survival) |1><1| and sqrt(1 - survival) |0><1|; off-diagonals are multiplied by sqrt(survival).

    Raises
    ------
    PairError
        If the survival is outside [0, 1].

    Examples
    --------
    >>> excited = qutip.fock_dm(2, 1)
    >>> sum(k * excited * k.dag() for k in amplitude_damping(0.9)).diag().round(12).tolist()
    [0.1, 0.9]
    """
    require_fraction("survival", survival)
    kept = qutip.fock_dm(2, 0) + sqrt(survival) * qutip.fock_dm(2, 1)
    return kept, sqrt(1 - survival) * qutip.basis(2, 0) * qutip.basis(2, 1).dag()


def storage(age_s: float, t1_s: float | None, t2_s: float | None, depolarising_s: float | None) -> Kraus:
    """A memory after ``age_s`` seconds: relaxation, then loss of phase, then white noise.

    K = D_k P_j A_i, all products of those of ``amplitude_damping(exp(-age / t1))``, of ``dephasing`` with what is
    missing to off-diagonals exp(-age / t2), and of ``depolarising(exp(-age / depolarising_s))``; those that vanish are
    left out.

    Parameters
    ----------
    age_s : at least 0
    t1_s : relaxation time of |1>; None for never
    t2_s : decay time of the off-diagonals, at most 2 t1; None for no loss of phase but that of relaxation
    depolarising_s : decay time of the Bloch vector in white noise; None for never

    Raises
    ------
    PairError
        If the age is negative, a time is not positive, or t2 is more than 2 t1.

    Examples
    --------
    >>> len(storage(0.0, 1.0, 1.0, 1.0)), len(storage(0.5, 1.0, 2.0, None)), len(storage(0.5, 1.0, 1.0, None))
    (1, 2, 4)
    """
    _require_not_negative("age_s", age_s)
    relaxation, decoherence, white = _rate("t1_s", t1_s), _rate("t2_s", t2_s), _rate("depolarising_s", depolarising_s)
    if t1_s is not None and t2_s is not None and t2_s > 2 * t1_s:
        raise PairError(f"given t2_s {t2_s} with t1_s {t1_s}, allowed: t2_s of at most {2 * t1_s}")
    pure_dephasing = max(0.0, decoherence - relaxation / 2)
    damped = _composed(amplitude_damping(exp(-age_s * relaxation)), dephasing(exp(-age_s * pure_dephasing)))
    return _composed(damped, depolarising(exp(-age_s * white)))


def phase_noise(frequency_hz: float, rms_s: float) -> Kraus:
    """Dephasing by a clock whose Gaussian timing error turns the phase of a qubit of this frequency.

    The mean of exp(2 pi i f error) is the coherence exp(-(2 pi f rms)^2 / 2); K as in ``dephasing``.

    Parameters
    ----------
    frequency_hz, rms_s : at least 0

    Raises
    ------
    PairError
        If the frequency or the error is negative.

    Examples
    --------
    >>> round(phase_noise(1e9, 1e-10)[0].norm("fro") ** 2 - 1, 6)
    0.820869
    """
    _require_not_negative("frequency_hz", frequency_hz)
    _require_not_negative("rms_s", rms_s)
    phase = 2 * pi * frequency_hz * rms_s
    return dephasing(exp(-phase * phase / 2))


def on_one(state: qutip.Qobj, kraus: Kraus, which: Literal[0, 1]) -> qutip.Qobj:
    """The pair after a channel on one half, ``which`` = 0 for A's or 1 for B's; shape (4, 4).

    Raises
    ------
    PairError
        If the state is no pair, the Kraus operators no channel on one qubit, or the half is neither 0 nor 1.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> round(qutip.expect(phi_plus(), on_one(phi_plus(), depolarising(0.8), 0)), 12)
    0.85
    """
    require_pair(state)
    _require_channel(kraus)
    if which not in (0, 1):
        raise PairError(f"given half {which!r}, allowed: 0 for A's or 1 for B's")
    idle = qutip.qeye(2)
    operators = [qutip.tensor(k, idle) if which == 0 else qutip.tensor(idle, k) for k in kraus]
    return sum(operator * state * operator.dag() for operator in operators)


def on_both(state: qutip.Qobj, kraus: Kraus) -> qutip.Qobj:
    """The pair after the same channel on each half; shape (4, 4).

    Raises
    ------
    PairError
        If the state is no pair, or the Kraus operators no channel on one qubit.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> round(qutip.expect(phi_plus(), on_both(phi_plus(), depolarising(0.8))), 12)
    0.73
    """
    return on_one(on_one(state, kraus, 0), kraus, 1)


def _composed(first: Kraus, second: Kraus) -> Kraus:
    products = (later * earlier for later in second for earlier in first)
    return tuple(product for product in products if product.norm("fro") > 0)


def _rate(name: str, time_s: float | None) -> float:
    if time_s is None:
        return 0.0
    if not time_s > 0:
        raise PairError(f"given {name} {time_s}, allowed: a positive time, or none")
    return 1 / time_s


def _require_not_negative(name: str, value: float) -> None:
    if not (isfinite(value) and value >= 0):
        raise PairError(f"given {name} {value}, allowed: a finite number of at least 0")


def _require_channel(kraus: Kraus) -> None:
    if not kraus or any(operator.shape != (2, 2) for operator in kraus):
        raise PairError("given operators that do not act on one qubit, allowed: 2 x 2 Kraus operators")
    if not np.allclose(sum(operator.dag() * operator for operator in kraus).full(), np.eye(2), atol=1e-9):
        raise PairError("given Kraus operators that change the trace, allowed: a sum of K^dag K that is the identity")
