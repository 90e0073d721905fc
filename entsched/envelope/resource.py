"""What routers see of stored pairs, in closed form: correlations, fidelity, and the law of the age at use."""

from __future__ import annotations

import math

from entsched.entanglement import Entanglement
from entsched.entanglement.supply import RARE, Geometric, Poisson
from entsched.entanglement.use import UseLaw, use_law
from entsched.errors import ConfigError
from entsched.games.split.correlations import PairCorrelations

#: Correlations are rounded to this many decimals, so that memories with the same decays share their optima.
DECIMALS = 12


def correlators(entanglement: Entanglement, age_s: float) -> tuple[float, float, float]:
    """The diagonal of T_ij = Tr[rho sigma_i x sigma_j], X, Y, Z, of a pair of an age in seconds since its herald.

    Bell-diagonal pairs stay diagonal in storage: relaxation, loss of phase, white noise and clocks act as in
    :func:`entsched.quantum.stored.stored_state`, without making the state.

    Examples
    --------
    >>> dephased = correlators(Entanglement(memory={"t2_s": 1.0}), age_s=0.5)
    >>> [round(value, 6) for value in dephased]
    [0.367879, -0.367879, 1.0]
    """
    memory, clocks = entanglement.memory, entanglement.clocks
    phi_plus, phi_minus, psi_plus, psi_minus = entanglement.pair.weights
    stored_s = memory.herald_s + age_s
    relaxation, decoherence, white = (0.0 if t is None else 1 / t for t in _times(entanglement))
    survival = math.exp(-stored_s * relaxation)
    noise = math.exp(-2 * stored_s * white)
    drift = clocks.coherence * math.exp(-clocks.dephasing_hz * stored_s)
    across = noise * drift * math.exp(-2 * stored_s * max(decoherence, relaxation / 2))
    along = phi_plus + phi_minus - psi_plus - psi_minus
    return (
        across * (phi_plus - phi_minus + psi_plus - psi_minus),
        across * (-phi_plus + phi_minus + psi_plus - psi_minus),
        noise * (survival**2 * along + (1 - survival) ** 2),
    )


def _times(entanglement: Entanglement) -> tuple[float | None, float | None, float | None]:
    memory = entanglement.memory
    return memory.t1_s, memory.t2_s, memory.depolarising_s


def pair_correlations(entanglement: Entanglement, age_s: float) -> PairCorrelations:
    """The two largest correlations that readout leaves of a pair of an age in seconds, and what silence adds.

    Examples
    --------
    >>> pair_correlations(Entanglement(pair={"law": "werner", "visibility": 0.9}, readout={"error": 0.05}), 0.0)
    PairCorrelations(first=0.729, second=0.729, constant=0.0)
    """
    readout = entanglement.readout
    sizes = sorted((abs(value) for value in correlators(entanglement, age_s)), reverse=True)
    first, second = (round(readout.gain * value, DECIMALS) for value in sizes[:2])
    return PairCorrelations(first, second, readout.constant)


def fidelity(entanglement: Entanglement, age_s: float) -> float:
    """<Phi+| rho |Phi+> of a pair of an age in seconds, before it is measured.

    Examples
    --------
    >>> round(fidelity(Entanglement(pair={"law": "werner", "visibility": 0.8}), 0.0), 12)
    0.85
    """
    x, y, z = correlators(entanglement, age_s)
    return (1 + x - y + z) / 4


def known_use(entanglement: Entanglement, arrival_rate_hz: float) -> UseLaw:
    """The law of the age at use; attempts that hardly ever succeed count as a Poisson source where only that has one.

    Parameters
    ----------
    arrival_rate_hz : requests per second

    Raises
    ------
    ConfigError
        If no exact law is known.

    Examples
    --------
    >>> attempts = {"law": "geometric", "attempt_rate_hz": 1000.0, "success_probability": 0.001}
    >>> round(known_use(Entanglement(supply=attempts, memory={"slots": 2}), 1.0).hit_probability, 6)
    0.666667
    """
    law = use_law(entanglement, arrival_rate_hz)
    rare = isinstance(entanglement.supply, Geometric) and entanglement.supply.success_probability < RARE
    if law is None and rare:
        supply = Poisson(rate_hz=entanglement.supply.mean_rate_hz)
        law = use_law(entanglement.model_copy(update={"supply": supply}), arrival_rate_hz)
    if law is None:
        memory = entanglement.memory
        raise ConfigError(
            f"envelope: given {memory.slots} slots, use {memory.use}, when_full {memory.when_full}, cutoff_s "
            f"{memory.cutoff_s}, allowed: a memory whose age at use has a formula (one slot; with a Poisson source "
            "also newest with overwrite, or no cut-off)"
        )
    return law
