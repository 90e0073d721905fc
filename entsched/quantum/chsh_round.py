"""A round of the CHSH game on a pair: the best settings for the state it should be in, and how often it is won."""

from __future__ import annotations

import numpy as np
import qutip
from numpy.typing import NDArray

from entsched.entanglement.readout import Readout
from entsched.quantum.correlation import principal_plane
from entsched.quantum.directions import Directions

#: Whether a round is won by equal outcomes, by the settings of A and B.
WON_BY_EQUAL = np.array([[True, True], [True, False]])


def chsh_settings(state: qutip.Qobj) -> Directions:
    """The two settings of each node that reach the largest CHSH value of a state.

    In the plane in which the state is most correlated A measures at 0 and 90 degrees and B at +-atan(second / first),
    which is 45 degrees for a Bell pair with white noise.

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> chsh_settings(phi_plus()).b.round(6).tolist()
    [[0.707107, 0.0, 0.707107], [-0.707107, 0.0, 0.707107]]
    """
    plane = principal_plane(state)
    angle = np.arctan2(plane.second, plane.first)
    return Directions.in_plane(plane, [0.0, np.pi / 2], [angle, -angle])


def chsh_wins(settings: Directions, state: qutip.Qobj, readout: Readout) -> NDArray[np.float64]:
    """The probability to win by the settings of A and B, shape (2, 2); rounds with silent detectors count.

    The CHSH value is 8 times their mean less 4.

    Examples
    --------
    >>> from entsched.quantum.bell import werner
    >>> wins = chsh_wins(chsh_settings(werner(0.8)), werner(0.8), Readout())
    >>> round(8 * float(wins.mean()) - 4, 6)
    2.262742
    """
    equal = settings.coalescing(state, readout)
    return np.clip(np.where(WON_BY_EQUAL, equal, 1 - equal), 0.0, 1.0)
