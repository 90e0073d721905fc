"""Realisations of games as qutip objects, and Born's rule through qutip in any dimensions."""

from __future__ import annotations

import numpy as np
import qutip
from numpy.typing import NDArray

from entsched.games.value import Realisation
from entsched.quantum.measurement import Measurement

Floats = NDArray[np.float64]


def as_qutip(realisation: Realisation) -> tuple[qutip.Qobj, tuple[Measurement, ...], tuple[Measurement, ...]]:
    """The state with dims [[da, db], [da, db]], and the measurements [x][a] of A and [y][b] of B.

    Parameters
    ----------
    realisation : state (da db, da db), measurements (x, a, da, da) and (y, b, db, db)

    Raises
    ------
    ValueError
        If the shapes do not fit each other.

    Examples
    --------
    >>> fixed = np.ones((1, 1, 2, 2)) * np.eye(2)
    >>> state, a, b = as_qutip(Realisation(np.eye(4) / 4, fixed, fixed))
    >>> state.dims, len(a), a[0][0].tr()
    ([[2, 2], [2, 2]], 1, 2.0)
    """
    effects_a, effects_b = realisation.measurements_a, realisation.measurements_b
    dims = [effects_a.shape[-1], effects_b.shape[-1]]
    if realisation.state.shape != (dims[0] * dims[1],) * 2:
        raise ValueError(f"state has shape {realisation.state.shape}, allowed: that of dimensions {dims}")
    return qutip.Qobj(realisation.state, dims=[dims, dims]), _measurements(effects_a), _measurements(effects_b)


def qutip_behavior(realisation: Realisation) -> Floats:
    """P(a, b | x, y) = <A_ax tensor B_by> by qutip, array (a, b, x, y).

    Examples
    --------
    >>> fixed = np.ones((1, 1, 2, 2)) * np.eye(2)
    >>> qutip_behavior(Realisation(np.eye(4) / 4, fixed, fixed)).tolist()
    [[[[1.0]]]]
    """
    state, measurements_a, measurements_b = as_qutip(realisation)
    table = [
        [[[qutip.expect(qutip.tensor(e, f), state) for f in m_b] for m_b in measurements_b] for e in m_a]
        for m_a in measurements_a
    ]
    return np.real(np.array(table)).transpose(1, 3, 0, 2).copy()


def _measurements(effects: NDArray[np.complex128]) -> tuple[Measurement, ...]:
    return tuple(tuple(qutip.Qobj(effect) for effect in question) for question in effects)
