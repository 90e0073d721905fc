"""Quantum Fisher information: how well a phase that all qubits collect alike can be read from a state."""

from __future__ import annotations

import numpy as np
import qutip

from entsched.errors import EntschedError

#: A density matrix of ten qubits has a million entries.
MOST_QUBITS = 10


def fisher_information(state: qutip.Qobj) -> float:
    """Of the phase phi in exp(-i phi sum sz_i / 2) applied to N qubits; the variance of any estimate is at least 1/F.

    F = 2 sum (p_a - p_b)^2 / (p_a + p_b) |<a| J |b>|^2 over eigenstates of the state: at most N without entanglement
    and N^2 with it.

    Parameters
    ----------
    state : ket or density matrix of N qubits, 1 to 10

    Raises
    ------
    EntschedError
        If it is none.

    Examples
    --------
    >>> round(fisher_information(ghz(3)), 6), round(fisher_information(independent(3)), 6)
    (9.0, 3.0)
    """
    qubits = len(state.dims[0])
    if state.dims[0] != [2] * qubits or not 1 <= qubits <= MOST_QUBITS or not (state.isket or state.isoper):
        raise EntschedError(f"state: given dimensions {state.dims}, allowed: 1 to {MOST_QUBITS} qubits")
    spin = _collective_spin(qubits)
    if state.isket:
        return float(4 * qutip.variance(spin, state))
    weights, kets = np.linalg.eigh(state.full())
    elements = np.abs(kets.conj().T @ spin.full() @ kets) ** 2
    total = np.add.outer(weights, weights)
    contrast = np.subtract.outer(weights, weights) ** 2 / np.where(total > 1e-12, total, np.inf)
    return float(2 * np.sum(contrast * elements))


def ghz(qubits: int) -> qutip.Qobj:
    """(|0...0> + |1...1>) / sqrt 2.

    Examples
    --------
    >>> ghz(2).full().ravel().real.round(3).tolist()
    [0.707, 0.0, 0.0, 0.707]
    """
    return (qutip.tensor([qutip.basis(2, 0)] * qubits) + qutip.tensor([qutip.basis(2, 1)] * qubits)).unit()


def independent(qubits: int) -> qutip.Qobj:
    """Each qubit in (|0> + |1>) / sqrt 2: the product state that reads a phase best.

    Examples
    --------
    >>> independent(2).full().ravel().real.round(3).tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    return qutip.tensor([(qutip.basis(2, 0) + qutip.basis(2, 1)).unit()] * qubits)


def dephased(state: qutip.Qobj, flip: float) -> qutip.Qobj:
    """The density matrix after each qubit had its phase flipped with that probability, 0 to 1.

    Examples
    --------
    >>> round(fisher_information(dephased(ghz(2), 0.1)), 6)  # N^2 (1 - 2 flip)^(2 N)
    1.6384
    """
    if not 0 <= flip <= 1:
        raise EntschedError(f"flip: given {flip:g}, allowed: 0 to 1")
    noisy = qutip.ket2dm(state) if state.isket else state
    for operator in _each(qutip.sigmaz(), len(state.dims[0])):
        noisy = (1 - flip) * noisy + flip * operator * noisy * operator
    return noisy


def _collective_spin(qubits: int) -> qutip.Qobj:
    """sum sz_i / 2."""
    return sum(_each(qutip.sigmaz() / 2, qubits))


def _each(operator: qutip.Qobj, qubits: int) -> list[qutip.Qobj]:
    """The operator on each qubit in turn."""
    identity = qutip.qeye(2)
    return [qutip.tensor([operator if i == at else identity for i in range(qubits)]) for at in range(qubits)]
