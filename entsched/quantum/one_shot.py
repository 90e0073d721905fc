"""A pair in the hands of two nodes: each half is measured once, and nothing copies it."""

from __future__ import annotations

from typing import NoReturn, SupportsIndex

import numpy as np
import qutip
from numpy.typing import NDArray

from entsched.errors import NoCloningError
from entsched.quantum.bell import PairError, require_pair
from entsched.quantum.measurement import Measurement, require_measurement

#: Outcomes of at most this probability, which may be rounding, do not happen.
NEVER = 1e-12


class OneShotPair:
    """A pair whose halves can each be measured once, in either order, and that cannot be copied or pickled.

    The first measurement leaves the other half in Tr_measured[(E x 1) rho] / p, on which the second is made.

    Parameters
    ----------
    state : density matrix of two qubits

    Raises
    ------
    PairError
        If the state is no pair.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> from entsched.quantum.measurement import projective
    >>> pair = OneShotPair(phi_plus())
    >>> pair.measure_b(projective(0.3), 0.7), pair.measure_a(projective(0.3), 0.2)
    (1, 1)
    >>> pair.measure_a(projective(0.3), 0.2)
    Traceback (most recent call last):
    entsched.errors.NoCloningError: given a second measurement of half A, allowed: one of each half
    """

    __slots__ = ("_halves", "_state")

    def __init__(self, state: qutip.Qobj) -> None:
        require_pair(state)
        self._state = state.full().reshape(2, 2, 2, 2)
        self._halves = ["A", "B"]

    def measure_a(self, measurement: Measurement, draw: float) -> int:
        """The outcome of A's measurement; the half is consumed.

        Parameters
        ----------
        measurement : one effect on one qubit for each outcome
        draw : in [0, 1), picks the outcome by its cumulative probabilities

        Raises
        ------
        NoCloningError
            If A has measured before.
        PairError
            If the draw is outside [0, 1).
        ValueError
            If the measurement is not a POVM.

        Examples
        --------
        >>> from entsched.quantum.bell import phi_plus
        >>> from entsched.quantum.measurement import projective
        >>> OneShotPair(phi_plus()).measure_a(projective(0.0), 0.5)
        1
        """
        return self._measure("A", measurement, draw)

    def measure_b(self, measurement: Measurement, draw: float) -> int:
        """The outcome of B's measurement; the half is consumed. Parameters and errors are those of ``measure_a``.

        Examples
        --------
        >>> from entsched.quantum.bell import phi_plus
        >>> from entsched.quantum.measurement import projective
        >>> OneShotPair(phi_plus()).measure_b(projective(0.0), 0.4)
        0
        """
        return self._measure("B", measurement, draw)

    def _measure(self, half: str, measurement: Measurement, draw: float) -> int:
        if half not in self._halves:
            raise NoCloningError(f"given a second measurement of half {half}, allowed: one of each half")
        if not 0 <= draw < 1:
            raise PairError(f"given draw {draw}, allowed: at least 0 and less than 1")
        require_measurement(measurement)
        effects = np.array([effect.full() for effect in measurement])
        on_half = "abcb,kca->k" if half == "A" else "abac,kcb->k"
        probabilities = np.einsum(on_half, self._state, effects).real
        probabilities = np.where(probabilities > NEVER, probabilities, 0.0)
        cumulative = np.cumsum(probabilities / probabilities.sum())[:-1]
        outcome = int(np.searchsorted(cumulative, draw, side="right"))
        self._halves.remove(half)
        self._state = self._left(half, effects[outcome]) / probabilities[outcome]
        return outcome

    def _left(self, half: str, effect: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Tr_measured[(E x 1) rho], with a maximally mixed half in place of the one that is gone."""
        rest = np.einsum("abcd,ca->bd" if half == "A" else "abcd,db->ac", self._state, effect)
        gone = np.eye(2) / 2
        left: NDArray[np.complex128] = np.einsum("ac,bd->abcd", *((gone, rest) if half == "A" else (rest, gone)))
        return left

    def __copy__(self) -> NoReturn:
        raise NoCloningError("given a pair to copy, allowed: one measurement of each half")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise NoCloningError("given a pair to copy, allowed: one measurement of each half")

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise NoCloningError("given a pair to pickle, allowed: one measurement of each half")
