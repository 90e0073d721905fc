"""The rotated surface code under matching: one round with perfect measurements, and repeated rounds of noisy circuits.

A. Yu. Kitaev, Ann. Phys. 303, 2 (2003); E. Dennis, A. Kitaev, A. Landahl, J. Preskill, J. Math. Phys. 43, 4452 (2002).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.coherence.redundancy.batches import batches
from entsched.errors import EntschedError

#: Distances that take seconds.
MOST_DISTANCE = 15
#: Qubits, and detectors, that are sampled at once.
BATCH, DETECTORS = 5_000_000, 40_000_000


class Checks(NamedTuple):
    """Which data qubits (row by row) take part in each check, and in one operator that changes what is stored.

    Attributes
    ----------
    x_checks, z_checks : products of X or of Z, shape ((d^2 - 1) / 2, d^2), 0 or 1
    x_logical, z_logical : shape (d^2,)
    """

    x_checks: NDArray[np.uint8]
    z_checks: NDArray[np.uint8]
    x_logical: NDArray[np.uint8]
    z_logical: NDArray[np.uint8]


def checks(distance: int) -> Checks:
    """The rotated surface code of an odd distance d, 3 to 15.

    Raises
    ------
    EntschedError
        If the distance is out of range.

    Examples
    --------
    >>> [array.shape for array in checks(3)]
    [(4, 9), (4, 9), (9,), (9,)]
    """
    if distance % 2 == 0 or not 3 <= distance <= MOST_DISTANCE:
        raise EntschedError(f"distance: given {distance}, allowed: odd, 3 to {MOST_DISTANCE}")
    found: dict[bool, list[NDArray[np.uint8]]] = {True: [], False: []}
    for row in range(-1, distance):
        for column in range(-1, distance):
            of_x = (row + column) % 2 == 0
            if (row in (-1, distance - 1) and of_x) or (column in (-1, distance - 1) and not of_x):
                continue
            square = np.zeros((distance + 2, distance + 2), dtype=np.uint8)
            square[row + 1 : row + 3, column + 1 : column + 3] = 1
            inside = square[1:-1, 1:-1].ravel()
            if inside.sum() > 1:
                found[of_x].append(inside)
    across, down = np.zeros((2, distance, distance), dtype=np.uint8)
    across[0], down[:, 0] = 1, 1
    return Checks(np.array(found[True]), np.array(found[False]), across.ravel(), down.ravel())


class MemoryFailures(NamedTuple):
    """Shots in which the stored state was flipped, by a logical X, by a logical Z, and by any of them."""

    flipped: int
    phase_flipped: int
    any: int


def memory_failures(distance: int, error: float, shots: int, generator: np.random.Generator) -> MemoryFailures:
    """Shots in which one round of depolarising noise, perfectly measured, ends in another stored state.

    X and Z errors are matched separately (minimum weight), so correlations between them, Y errors, are not used.

    Parameters
    ----------
    distance : odd, 3 to 15
    error : probability of X, Y or Z on each qubit, a third each, 0 to 0.75

    Raises
    ------
    EntschedError
        If an argument is out of range.

    Examples
    --------
    >>> memory_failures(3, 0.0, 10, np.random.default_rng(1))
    MemoryFailures(flipped=0, phase_flipped=0, any=0)
    """
    import pymatching

    code = checks(distance)
    _require(error)
    parts = ((1, code.z_checks, code.z_logical), (2, code.x_checks, code.x_logical))
    matchings = [
        pymatching.Matching.from_check_matrix(matrix, faults_matrix=logical[None, :]) for _, matrix, logical in parts
    ]
    total = np.zeros(3, dtype=np.int64)
    for count in batches(shots, BATCH // distance**2):
        size = (count, distance**2)
        kind = generator.integers(1, 4, size) * (generator.random(size) < error)
        failed = []
        for (part, matrix, logical), matching in zip(parts, matchings, strict=True):
            errors = ((kind & part) > 0).astype(np.uint8)
            failed.append(matching.decode_batch(errors @ matrix.T % 2)[:, 0] != errors @ logical % 2)
        total += [failed[0].sum(), failed[1].sum(), (failed[0] | failed[1]).sum()]
    return MemoryFailures(*map(int, total))


def circuit_failures(distance: int, error: float, shots: int, seed: int) -> int:
    """Shots in which a stored Z value is lost in d rounds of measurements by noisy circuits.

    Every gate, idle step, reset and measurement fails with the same probability (stim's rotated memory experiment).

    Parameters
    ----------
    distance : odd, 3 to 15; also the number of rounds
    error : 0 to 0.75
    seed : of stim, 0 to 2^63

    Raises
    ------
    EntschedError
        If an argument is out of range.

    Examples
    --------
    >>> circuit_failures(3, 0.0, 10, 1)
    0
    """
    import pymatching
    import stim

    checks(distance)
    _require(error)
    circuit = stim.Circuit.generated(
        "surface_code:rotated_memory_z",
        distance=distance,
        rounds=distance,
        after_clifford_depolarization=error,
        after_reset_flip_probability=error,
        before_measure_flip_probability=error,
        before_round_data_depolarization=error,
    )
    matching = pymatching.Matching.from_detector_error_model(circuit.detector_error_model(decompose_errors=True))
    sampler, failed = circuit.compile_detector_sampler(seed=seed), 0
    for count in batches(shots, DETECTORS // circuit.num_detectors):
        detected, flipped = sampler.sample(count, separate_observables=True)
        failed += int(np.sum(np.any(matching.decode_batch(detected) != flipped, axis=1)))
    return failed


def _require(error: float) -> None:
    if not 0 <= error <= 0.75:
        raise EntschedError(f"error: given {error:g}, allowed: 0 to 0.75")
