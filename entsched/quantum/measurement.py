"""Local measurements on a shared state, and Born's rule from them to a behavior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import qutip
from numpy.typing import ArrayLike, NDArray

from entsched.behavior import Behavior
from entsched.quantum.bell import PairError

#: A measurement on one qubit: a positive operator for each answer, summing to the identity.
Measurement = tuple[qutip.Qobj, ...]


def projective(angle: float) -> Measurement:
    """The projective measurement of cos(angle) Z + sin(angle) X; answer 0 is the eigenvalue +1.

    Examples
    --------
    >>> plus, minus = projective(0.0)
    >>> plus.full().real.tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return spin((np.sin(angle), 0.0, np.cos(angle)))


def spin(direction: ArrayLike) -> Measurement:
    """The projective measurement of n X + m Y + k Z for a unit vector (n, m, k); answer 0 is the eigenvalue +1.

    Parameters
    ----------
    direction : three numbers, with length 1 to 1e-9

    Raises
    ------
    PairError
        If the direction is not a unit vector in three dimensions.

    Examples
    --------
    >>> spin([0, 0, -1])[1].full().real.tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    vector = np.asarray(direction, dtype=float)
    if vector.shape != (3,) or not abs(np.linalg.norm(vector) - 1) <= 1e-9:
        raise PairError(f"given direction {vector.tolist()}, allowed: three numbers with length 1")
    paulis = (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())
    observable = sum(float(share) * pauli for share, pauli in zip(vector, paulis, strict=True))
    return (qutip.qeye(2) + observable) / 2, (qutip.qeye(2) - observable) / 2


def require_measurement(operators: Measurement) -> None:
    """Refuse operators that are not a measurement (POVM) on one qubit.

    Raises
    ------
    ValueError
        If an operator is not positive, or they do not sum to the identity.
    """
    effects = [operator.full() for operator in operators]
    for index, effect in enumerate(effects):
        hermitian = effect.shape == (2, 2) and np.allclose(effect, effect.conj().T, atol=1e-12)
        if not hermitian or np.linalg.eigvalsh(effect)[0] < -1e-9:
            raise ValueError(f"operator {index} of the measurement is not a positive 2 x 2 matrix")
    if not np.allclose(sum(effects), np.eye(2), atol=1e-9):
        raise ValueError("the operators of the measurement do not sum to the identity")


def born_behavior(
    state: qutip.Qobj, measurements_a: Sequence[Measurement], measurements_b: Sequence[Measurement]
) -> Behavior:
    """P(a, b | x, y) = Tr[state (A_ax tensor B_by)] for all questions at once.

    Parameters
    ----------
    state : two-qubit density matrix
    measurements_a, measurements_b : one measurement for each question, all with as many answers

    Raises
    ------
    ValueError
        If a measurement is not a POVM.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> same = born_behavior(phi_plus(), [projective(0.3)], [projective(0.3)])
    >>> round(float(same.coalescing[0, 0]), 12)
    1.0
    """
    rho = state.full().reshape(2, 2, 2, 2)
    a, b = _stack(measurements_a), _stack(measurements_b)
    half = np.einsum("ijkl,xaki->xajl", rho, a, optimize=True)
    p = np.einsum("xajl,yblj->abxy", half, b, optimize=True)
    return Behavior(p.real)


def _stack(measurements: Sequence[Measurement]) -> NDArray[np.complex128]:
    for operators in measurements:
        require_measurement(operators)
    return np.array([[operator.full() for operator in operators] for operators in measurements])
