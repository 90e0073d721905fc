"""Measurements by real devices: readout errors, and detectors that stay silent."""

from __future__ import annotations

import qutip

from entsched.quantum.bell import PairError, require_fraction
from entsched.quantum.measurement import Measurement, require_measurement


def imperfect(measurement: Measurement, error: float, efficiency: float, silent: tuple[float, float]) -> Measurement:
    """The measurement that a node makes with an imperfect device: again two effects that sum to the identity.

    M_a = efficiency ((1 - error) E_a + error E_(1 - a)) + (1 - efficiency) silent[a] 1.

    Parameters
    ----------
    measurement : two effects on one qubit
    error : probability in [0, 1] that the outcome is read as the other one
    efficiency : probability in [0, 1] that the detector gives an outcome
    silent : P(0) and P(1) of the answer given when it gives none

    Raises
    ------
    PairError
        If a probability is outside [0, 1], or the measurement or ``silent`` does not have two outcomes.
    ValueError
        If the measurement is not a POVM.

    Examples
    --------
    >>> from entsched.quantum.measurement import projective
    >>> imperfect(projective(0.0), 0.1, 0.5, (1.0, 0.0))[0].diag().round(12).tolist()
    [0.95, 0.55]
    """
    require_fraction("error", error)
    require_fraction("efficiency", efficiency)
    if len(measurement) != 2:
        raise PairError(f"given a measurement with {len(measurement)} outcomes, allowed: 2")
    if len(silent) != 2 or not min(silent) >= 0 or not abs(sum(silent) - 1) <= 1e-9:
        raise PairError(f"given answers {tuple(silent)} of a silent detector, allowed: two probabilities that sum to 1")
    require_measurement(measurement)
    first, second = (
        efficiency * ((1 - error) * effect + error * other) + (1 - efficiency) * share * qutip.qeye(2)
        for effect, other, share in zip(measurement, reversed(measurement), silent, strict=True)
    )
    return first, second
