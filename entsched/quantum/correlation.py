"""The correlators of a pair, T_ij = Tr[rho sigma_i x sigma_j], their best plane, and the CHSH value they reach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import qutip
from numpy.typing import NDArray

from entsched.quantum.bell import phi_plus, require_pair

Floats = NDArray[np.float64]

#: Singular values closer than this count as equal; correlators of the plane are exact to it.
TIE = 1e-12
#: Z, X, Y: the order in which axes are preferred where a state leaves a choice.
PREFERENCE = (2, 0, 1)


class PrincipalPlane(NamedTuple):
    """The two strongest correlators of a pair, first >= second >= 0, and the axes (2, 3) of each node for them."""

    first: float
    second: float
    axes_a: Floats
    axes_b: Floats


def correlation_matrix(state: qutip.Qobj) -> Floats:
    """T_ij = Tr[rho sigma_i x sigma_j], shape (3, 3), rows of A and columns of B in the order X, Y, Z.

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> correlation_matrix(phi_plus()).diagonal().round(12).tolist()
    [1.0, -1.0, 1.0]
    """
    return _pauli_table(state)[1:, 1:].copy()


def bloch_vectors(state: qutip.Qobj) -> Floats:
    """The Bloch vectors of the two halves, shape (2, 3): A's and B's, in the order X, Y, Z.

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> bloch_vectors(qutip.tensor(qutip.fock_dm(2, 0), qutip.fock_dm(2, 1))).tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]
    """
    table = _pauli_table(state)
    return np.array([table[1:, 0], table[0, 1:]])


def fidelity(state: qutip.Qobj) -> float:
    """The fidelity <Phi+| rho |Phi+>, in [0, 1].

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> from entsched.quantum.bell import werner
    >>> round(fidelity(werner(0.8)), 12)
    0.85
    """
    require_pair(state)
    return float(qutip.expect(phi_plus(), state))


def chsh_maximum(state: qutip.Qobj) -> float:
    """The largest CHSH value of projective measurements on the pair, in [0, 2 sqrt 2]: 2 sqrt(t1^2 + t2^2).

    t1 and t2 are the largest singular values of T (R., P., M. Horodecki, Phys. Lett. A 200, 340 (1995)). Answers
    that do not depend on the pair always reach 2.

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> from entsched.quantum.bell import werner
    >>> round(chsh_maximum(werner(0.5)) / 2**0.5, 12)
    1.0
    """
    values = np.linalg.svd(correlation_matrix(state), compute_uv=False)
    return 2 * float(np.hypot(values[0], values[1]))


def principal_plane(state: qutip.Qobj) -> PrincipalPlane:
    """The plane of each node in which correlators are strongest, from T = sum_k t_k axes_a[k] axes_b[k]^T.

    Measuring A along cos(a) axes_a[0] + sin(a) axes_a[1] and B along cos(b) axes_b[0] + sin(b) axes_b[1] has the
    correlator first cos(a) cos(b) + second sin(a) sin(b).

    Where singular values are equal (to 1e-12) any basis of their space would do. A's is built of X, Y and Z: again and
    again, the one with the longest projection on what is left of the space is projected and normalised, ties going to
    Z, then X, then Y. A single direction gets its sign by the same rule. B's axes follow from A's; where the singular
    value is 0 they are free, and chosen by that rule too. So Werner states have the axes Z and X for both nodes.

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> from entsched.quantum.bell import werner
    >>> plane = principal_plane(werner(0.8))
    >>> round(plane.first, 12), round(plane.second, 12), (plane.axes_b.round(12) + 0.0).tolist()
    (0.8, 0.8, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    """
    left, values, right = np.linalg.svd(correlation_matrix(state))
    axes_a, axes_b = left.T.copy(), right.copy()
    group = np.concatenate([[0], np.cumsum(-np.diff(values) > TIE)])
    for number in range(group[-1] + 1):
        members = group == number
        chosen = _preferred_basis(axes_a[members])
        if values[members][0] > TIE:
            axes_b[members] = chosen @ axes_a[members].T @ axes_b[members]
        else:
            axes_b[members] = _preferred_basis(axes_b[members])
        axes_a[members] = chosen
    return PrincipalPlane(float(values[0]), float(values[1]), axes_a[:2], axes_b[:2])


def _preferred_basis(space: Floats) -> Floats:
    """The orthonormal basis (k, 3), nearest to the axes Z, X and Y, of the space that the rows (k, 3) span."""
    projector = space.T @ space
    basis: list[Floats] = []
    for _ in space:
        lengths = np.sqrt(np.maximum(projector.diagonal(), 0.0))
        axis = next(axis for axis in PREFERENCE if lengths[axis] > lengths.max() - 1e-9)
        direction = projector[axis] / np.linalg.norm(projector[axis])
        projector = projector - np.outer(direction, direction)
        basis.append(direction)
    return np.array(basis)


def _pauli_table(state: qutip.Qobj) -> Floats:
    """Tr[rho sigma_i x sigma_j] for 1, X, Y, Z, shape (4, 4)."""
    require_pair(state)
    paulis = np.array([p.full() for p in (qutip.qeye(2), qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())])
    return np.einsum("ikjl,aji,blk->ab", state.full().reshape(2, 2, 2, 2), paulis, paulis).real
