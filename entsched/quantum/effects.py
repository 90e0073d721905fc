"""Any measurements of both routers on their pair, mixed by shared randomness; fixed answers are among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import qutip
from numpy.typing import ArrayLike, NDArray

from entsched.behavior import Behavior
from entsched.entanglement.readout import Readout
from entsched.quantum.bell import PairError
from entsched.quantum.detection import imperfect
from entsched.quantum.measurement import Measurement
from entsched.quantum.pairs import MeasuredPairs, PairMixture

#: For each question the effect of answer 0 on one qubit, array (questions, 2, 2); that of answer 1 is the rest.
Effects = NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class EffectMixture:
    """What two routers do with a pair: shared randomness picks effects for both; no coin flips their outcomes.

    Attributes
    ----------
    weights : probabilities of the parts
    parts : the effects of A and of B for each; 0 and the identity are fixed answers, which no detector can spoil

    Raises
    ------
    PairError
        If there is not one weight for each part.

    Examples
    --------
    >>> from entsched.quantum.bell import phi_plus
    >>> always_0 = fixed([0, 0])
    >>> mixture = EffectMixture((1.0,), ((always_0, along([[0, 0, 1], [1, 0, 0]])),))
    >>> mixture.behavior(phi_plus(), Readout()).p[0, :, 0, 1].round(12).tolist()
    [0.5, 0.5]
    """

    weights: tuple[float, ...]
    parts: tuple[tuple[Effects, Effects], ...]

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.parts) or not self.parts:
            raise PairError(f"given {len(self.weights)} weights for {len(self.parts)} parts, allowed: one for each")

    def behavior(self, state: qutip.Qobj, readout: Readout) -> Behavior:
        """P(a, b | x, y) on a state, by Born's rule."""
        return self.source(state, readout).behavior()

    def source(self, state: qutip.Qobj, readout: Readout) -> PairMixture:
        """The pairs, for runs that measure every one of them; a shared coin answers for detectors that stay silent."""
        silent = [(0.5, 0.5)] if readout.no_click == "coin" else [(1.0, 0.0), (0.0, 1.0)]
        return PairMixture(
            tuple(weight / len(silent) for weight in self.weights for _ in silent),
            tuple(
                MeasuredPairs(state, *(_measurements(side, readout, answer) for side in part))
                for part in self.parts
                for answer in silent
            ),
        )


def fixed(answers: ArrayLike) -> Effects:
    """Effects that need no pair: the answers themselves, 0 or 1, shape (questions,).

    Examples
    --------
    >>> fixed([0, 1])[:, 0, 0].real.tolist()
    [1.0, 0.0]
    """
    effects: Effects = (1 - np.asarray(answers))[:, None, None] * np.eye(2, dtype=complex)
    return effects


def along(directions: ArrayLike) -> Effects:
    """Effects of spins along unit vectors, shape (questions, 3).

    Examples
    --------
    >>> along([[0, 0, 1]])[0].real.tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    paulis = np.array([each.full() for each in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())], dtype=complex)
    return np.asarray((np.eye(2) + np.tensordot(np.asarray(directions, dtype=float), paulis, 1)) / 2, dtype=complex)


def _measurements(effects: Effects, readout: Readout, silent: tuple[float, float]) -> tuple[Measurement, ...]:
    return tuple(_measurement(effect, readout, silent) for effect in effects)


def _measurement(effect: NDArray[np.complex128], readout: Readout, silent: tuple[float, float]) -> Measurement:
    measurement = (qutip.Qobj(effect), qutip.Qobj(np.eye(2) - effect))
    if np.abs(effect - effect[0, 0] * np.eye(2)).max() < 1e-9:
        return measurement
    return imperfect(measurement, readout.error, readout.efficiency, silent)
