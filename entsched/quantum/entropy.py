"""Entropies of a pair in bits: the conditional entropy, which only entanglement makes negative."""

from __future__ import annotations

import numpy as np
import qutip
from scipy.optimize import brentq

from entsched.quantum.bell import require_pair, werner


def conditional_entropy_bits(state: qutip.Qobj) -> float:
    """S(A|B) = S(AB) - S(B) of a pair, from -1 to 1 bits; below 0 only if the state is entangled.

    Parameters
    ----------
    state : density matrix of two qubits, shape (4, 4)

    Raises
    ------
    PairError
        If the state is no pair.

    References
    ----------
    N. J. Cerf and C. Adami, Phys. Rev. Lett. 79, 5194 (1997).

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> round(conditional_entropy_bits(phi_plus()), 6)
    -1.0
    """
    require_pair(state)
    return float(qutip.entropy_vn(state, base=2) - qutip.entropy_vn(state.ptrace(1), base=2))


def mutual_information_bits(state: qutip.Qobj) -> float:
    """I(A:B) = S(A) + S(B) - S(AB) of a pair, from 0 to 2 bits; above 1 only if the state is entangled.

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> round(mutual_information_bits(phi_plus()), 6)
    2.0
    """
    return float(qutip.entropy_vn(state.ptrace(0), base=2)) - conditional_entropy_bits(state)


def measured_information_bits(state: qutip.Qobj) -> float:
    """I(A:B) of the outcomes when both qubits of a pair are measured along Z, from 0 to 1 bit.

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> round(measured_information_bits(phi_plus()), 6)
    1.0
    """
    require_pair(state)
    return mutual_information_bits(qutip.Qobj(np.diag(state.diag().real), dims=state.dims))


def negative_above() -> float:
    """The visibility above which a Werner pair has a negative conditional entropy.

    Examples
    --------
    >>> round(negative_above(), 4)
    0.7476
    """
    return float(brentq(lambda visibility: conditional_entropy_bits(werner(visibility)), 0.5, 1.0, xtol=1e-12))
