"""Two-qubit states that routers can share."""

from __future__ import annotations

import numpy as np
import qutip
from numpy.typing import ArrayLike

from entsched.errors import EntschedError

#: A density matrix of two qubits, for those who only hand it on.
State = qutip.Qobj


class PairError(EntschedError):
    """A state, a channel or a measurement of a pair that is none."""


def phi_plus() -> qutip.Qobj:
    """The density matrix of the Bell state (|00> + |11>) / sqrt 2, shape (4, 4).

    Examples
    --------
    >>> round(phi_plus().purity(), 12)
    1.0
    """
    return qutip.ket2dm(qutip.bell_state("00"))


def bell_states() -> tuple[qutip.Qobj, qutip.Qobj, qutip.Qobj, qutip.Qobj]:
    """The density matrices of Phi+, Phi-, Psi+ and Psi-, each of shape (4, 4).

    Number k has bits (amplitude, phase): amplitude 1 is a flip X of the second qubit of Phi+, phase 1 a flip Z of it.

    Examples
    --------
    >>> [round(float(state[0, 3].real), 12) for state in bell_states()]
    [0.5, -0.5, 0.0, 0.0]
    """
    phi_minus, psi_plus, psi_minus = (qutip.ket2dm(qutip.bell_state(bits)) for bits in ("01", "10", "11"))
    return phi_plus(), phi_minus, psi_plus, psi_minus


def bell_diagonal(weights: ArrayLike) -> qutip.Qobj:
    """The mixture of Phi+, Phi-, Psi+ and Psi- with these weights, shape (4, 4).

    Parameters
    ----------
    weights : four probabilities in that order

    Raises
    ------
    PairError
        If the weights are not four probabilities that sum to 1.

    Examples
    --------
    >>> bell_diagonal([0.7, 0.3, 0, 0]).full().real.diagonal().round(12).tolist()
    [0.5, 0.0, 0.0, 0.5]
    """
    shares = np.asarray(weights, dtype=float)
    if shares.shape != (4,) or not np.all(shares >= 0) or abs(shares.sum() - 1) > 1e-9:
        raise PairError(f"given weights {shares.tolist()}, allowed: four probabilities that sum to 1")
    return sum(float(share) * state for share, state in zip(shares, bell_states(), strict=True))


def werner(visibility: float) -> qutip.Qobj:
    """A Bell pair mixed with white noise: visibility |Phi+><Phi+| + (1 - visibility) / 4.

    Its fidelity with |Phi+> is (1 + 3 visibility) / 4, and every correlator of projective qubit
    measurements is multiplied by the visibility.

    Raises
    ------
    PairError
        If the visibility is outside [0, 1].

    Examples
    --------
    >>> round(qutip.expect(phi_plus(), werner(0.8)), 12)
    0.85
    """
    require_fraction("visibility", visibility)
    noise = qutip.tensor(qutip.qeye(2), qutip.qeye(2)) / 4
    return visibility * phi_plus() + (1 - visibility) * noise


def require_fraction(name: str, value: float) -> None:
    """Refuse a number outside [0, 1].

    Raises
    ------
    PairError
        If the value is outside [0, 1] or no number.

    Examples
    --------
    >>> require_fraction("coherence", 1.5)
    Traceback (most recent call last):
    entsched.quantum.bell.PairError: given coherence 1.5, allowed: 0 to 1
    """
    if not 0 <= value <= 1:
        raise PairError(f"given {name} {value}, allowed: 0 to 1")


def require_pair(state: qutip.Qobj) -> None:
    """Refuse what is not the density matrix of two qubits, to 1e-9.

    Raises
    ------
    PairError
        If the dimensions are not [[2, 2], [2, 2]], or the matrix is not positive with trace 1.

    Examples
    --------
    >>> require_pair(2 * phi_plus())
    Traceback (most recent call last):
    entsched.quantum.bell.PairError: given a matrix with trace 2, allowed: a positive matrix with trace 1
    """
    dims = getattr(state, "dims", "unknown")
    if dims != [[2, 2], [2, 2]]:
        raise PairError(f"given a state with dimensions {dims}, allowed: [[2, 2], [2, 2]]")
    if not abs(state.tr() - 1) <= 1e-9:
        raise PairError(f"given a matrix with trace {state.tr():.6g}, allowed: a positive matrix with trace 1")
    if not state.isherm or np.linalg.eigvalsh(state.full())[0] < -1e-9:
        raise PairError("given a matrix that is not positive, allowed: a positive matrix with trace 1")
