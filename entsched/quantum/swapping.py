"""Entanglement swapping: two pairs that meet at a station become one pair between the far nodes."""

from __future__ import annotations

import qutip

from entsched.quantum.bell import bell_states, require_fraction, require_pair


def swap(left: qutip.Qobj, right: qutip.Qobj, gate_visibility: float = 1.0) -> qutip.Qobj:
    """The pair of the outer nodes after a Bell measurement on the two qubits at the station, shape (4, 4).

    The two qubits at the station go through white noise, rho -> v rho + (1 - v) Tr_station[rho] x 1/4, and are
    projected on Phi+, Phi-, Psi+ or Psi-; B then applies 1, Z, X or Y. Every outcome is kept, and the state is their
    average. Werner pairs give a Werner pair whose visibility is the product of the three. In general
    T = v T_left diag(r_xx, -r_yy, r_zz) with the correlators r of ``right``: B's Paulis average its others away.

    Parameters
    ----------
    left, right : pairs of A with the station and of the station with B
    gate_visibility : v of the measurement, in [0, 1]

    Raises
    ------
    PairError
        If a state is no pair, or the visibility is outside [0, 1].

    Examples
    --------
    >>> from entsched.quantum.bell import werner
    >>> swap(werner(0.9), werner(0.8), 0.5) == werner(0.36)
    True
    """
    require_pair(left)
    require_pair(right)
    require_fraction("gate visibility", gate_visibility)
    both = _noisy_station(qutip.tensor(left, right), gate_visibility)
    idle = qutip.qeye(2)
    corrections = (idle, qutip.sigmaz(), qutip.sigmax(), qutip.sigmay())
    operations = [qutip.tensor(idle, outcome, pauli) for outcome, pauli in zip(bell_states(), corrections, strict=True)]
    return sum((operation * both * operation.dag()).ptrace([0, 3]) for operation in operations)


def _noisy_station(both: qutip.Qobj, visibility: float) -> qutip.Qobj:
    noise = qutip.tensor(qutip.qeye(2), qutip.qeye(2)) / 4
    lost = qutip.tensor(both.ptrace([0, 3]), noise).permute([0, 2, 3, 1])
    return visibility * both + (1 - visibility) * lost
