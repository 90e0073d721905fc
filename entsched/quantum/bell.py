"""Two-qubit states that routers can share."""

from __future__ import annotations

import qutip


def phi_plus() -> qutip.Qobj:
    """The density matrix of the Bell state (|00> + |11>) / sqrt 2, shape (4, 4).

    Examples
    --------
    >>> round(phi_plus().purity(), 12)
    1.0
    """
    return qutip.ket2dm(qutip.bell_state("00"))


def werner(visibility: float) -> qutip.Qobj:
    """A Bell pair mixed with white noise: visibility |Phi+><Phi+| + (1 - visibility) / 4.

    Its fidelity with |Phi+> is (1 + 3 visibility) / 4, and every correlator of projective qubit
    measurements is multiplied by the visibility.

    Raises
    ------
    ValueError
        If the visibility is outside [0, 1].

    Examples
    --------
    >>> round(qutip.expect(phi_plus(), werner(0.8)), 12)
    0.85
    """
    if not 0 <= visibility <= 1:
        raise ValueError(f"visibility is {visibility}, allowed: 0 to 1")
    noise = qutip.tensor(qutip.qeye(2), qutip.qeye(2)) / 4
    return visibility * phi_plus() + (1 - visibility) * noise
