"""From unit vectors to a shared state and measurements: Tsirelson's construction with anticommuting matrices."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.value import Realisation, Vectors

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

#: The most dimensions the vectors may span: the state is then of size 4096 x 4096 (268 MB).
MAX_RANK = 12

#: Directions whose spread is below this part of the largest are rounding.
NEGLIGIBLE = 1e-7


def quantum_realisation(vectors: Vectors) -> Realisation:
    """Measurements on maximally entangled qubits with <A_x tensor B_y> = <u_x, v_y> (B. Tsirelson, 1987).

    A_x = sum_i u_x[i] Gamma_i and B_y = sum_i v_y[i] Gamma_i^T, where the Gamma_i anticommute and have
    square 1. Vectors in a plane or in space need one pair of qubits, those in d dimensions floor(d / 2).

    Parameters
    ----------
    vectors : unit rows, spanning at most 12 dimensions

    Raises
    ------
    GameError
        If they span more dimensions, or a row is not of length 1.

    Examples
    --------
    >>> v = np.array([[1, 0], [0, 1]]) @ [[1, 1], [1, -1]] / 2**0.5
    >>> chsh = quantum_realisation(Vectors(np.eye(2), v))
    >>> a, b = chsh.measurements_a[0, 0], chsh.measurements_b[0, 0]
    >>> round(float(np.trace(chsh.state @ np.kron(a, b)).real), 6)  # (1 + 1 / sqrt 2) / 4
    0.426777
    """
    u, v = _in_few_dimensions(vectors)
    gammas = anticommuting(u.shape[1])
    return Realisation(
        state=_entangled(len(gammas[0])),
        measurements_a=_projectors(u, gammas),
        measurements_b=_projectors(v, gammas.transpose(0, 2, 1)),
    )


def anticommuting(count: int) -> Complexes:
    """Hermitian matrices with Gamma_i Gamma_j + Gamma_j Gamma_i = 2 delta_ij (P. Jordan and E. Wigner, 1928).

    Examples
    --------
    >>> z, x = anticommuting(2).real
    >>> np.abs(z @ x + x @ z).max()
    np.float64(0.0)
    """
    one, x, y, z = np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
    qubits = max(count // 2, 1)
    factors = [[z] * qubits]
    for k in range(qubits):
        factors += [[z] * k + [pauli] + [one] * (qubits - k - 1) for pauli in (x, y)]
    return np.array([reduce(np.kron, row) for row in factors[:count]], dtype=complex)


def _in_few_dimensions(vectors: Vectors) -> tuple[Floats, Floats]:
    """The same vectors in coordinates of their span."""
    stacked = np.vstack([vectors.u, vectors.v])
    lengths = np.linalg.norm(stacked, axis=1)
    if not np.all(np.abs(lengths - 1) < 1e-6):
        raise GameError(f"vectors of length {lengths.min():.6g} to {lengths.max():.6g} given, allowed: length 1")
    spread, axes = np.linalg.svd(stacked, full_matrices=False)[1:]
    kept = axes[spread > NEGLIGIBLE * spread[0]]
    if len(kept) > MAX_RANK:
        raise GameError(f"vectors that span {len(kept)} dimensions given, allowed: at most {MAX_RANK}")
    inside = stacked @ kept.T
    inside /= np.linalg.norm(inside, axis=1)[:, None]
    return inside[: len(vectors.u)], inside[len(vectors.u) :]


def _entangled(size: int) -> Complexes:
    """The density matrix of sum_i |i, i> / sqrt(size)."""
    state = np.zeros((size**2, size**2), dtype=complex)
    diagonal = np.arange(size) * (size + 1)
    state[np.ix_(diagonal, diagonal)] = 1 / size
    return state


def _projectors(rows: Floats, gammas: Complexes) -> Complexes:
    """(1 + A_x) / 2 for answer 0 and (1 - A_x) / 2 for answer 1."""
    observables = np.tensordot(rows, gammas, 1)
    one = np.eye(gammas.shape[1])
    return np.stack([(one + observables) / 2, (one - observables) / 2], axis=1)
