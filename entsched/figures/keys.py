"""What swept keys are called in figures, with their units."""

from __future__ import annotations

from entsched.figures.style import plain

#: Keys with names of their own; all others are called by their dotted names.
LABELS = {
    "workload.arrival_rate_hz": "arrival rate (pairs per s)",
    "workload.service": "law of service",
    "workload.service.scv": "squared coefficient of variation of service",
    "workload.service.mean_s": "mean requirement (s)",
    "workload.service.bins": "types of requests (bins)",
    "workload.service.values_s": "requirements of the types (s)",
    "workload.order": "order inside a pair",
    "workload.joint": "joint law of the types",
    "baseline": "baseline reward $T$",
    "baseline.exponent": "exponent of the baseline reward",
    "baseline.time_constant_s": "time constant of the baseline reward (s)",
    "baseline.setup_s": "setup of the baseline task (s)",
    "splitting": "splitting probabilities",
    "entanglement": "entanglement",
    "entanglement.pair": "state of a new pair",
    "entanglement.pair.visibility": "visibility of a new pair",
    "entanglement.pair.coherence": "coherence of a new pair",
    "entanglement.pair.weights": "Bell-diagonal weights of a new pair",
    "entanglement.supply": "supply of Bell pairs",
    "entanglement.supply.rate_hz": "Bell pairs per second",
    "entanglement.supply.attempt_rate_hz": "attempts per second at a Bell pair",
    "entanglement.supply.success_probability": "probability that an attempt succeeds",
    "entanglement.memory": "memory",
    "entanglement.memory.slots": "slots of the memory",
    "entanglement.memory.use": "which stored pair is used",
    "entanglement.memory.when_full": "new pairs when the memory is full",
    "entanglement.memory.cutoff_s": "cut-off age of stored pairs (s)",
    "entanglement.memory.t1_s": "relaxation time of each half (s)",
    "entanglement.memory.t2_s": "coherence time of each half (s)",
    "entanglement.memory.depolarising_s": "depolarising time of each half (s)",
    "entanglement.memory.herald_s": "storage before the herald (s)",
    "entanglement.memory.age_classes": "classes of age",
    "entanglement.readout": "readout",
    "entanglement.readout.error": "probability that an outcome is flipped",
    "entanglement.readout.efficiency": "probability that a detector clicks",
    "entanglement.readout.no_click": "answer without a click",
    "entanglement.clocks": "clocks",
    "entanglement.clocks.frequency_hz": "relative precession of the qubits (Hz)",
    "entanglement.clocks.jitter_s": "rms error of each clock (s)",
    "entanglement.clocks.wander_s2_per_s": "wander of the clocks (s² per s)",
    "entanglement.fault": "fault of the source",
    "entanglement.fault.at_s": "time of the fault (s)",
    "entanglement.monitor": "monitor",
    "entanglement.monitor.test_fraction": "fraction of Bell pairs that are tested",
    "entanglement.monitor.windows": "windows of the monitor",
    "entanglement.monitor.significance": "significance of the monitor",
    "entanglement.monitor.required_chsh": "CHSH value that is required",
    "entanglement.hardware": "hardware",
    "entanglement.hardware.node": "node",
    "entanglement.hardware.link": "link",
    "entanglement.hardware.link.length_km": "length of each link (km)",
    "entanglement.hardware.link.attenuation_db_per_km": "attenuation of the fibre (dB per km)",
    "entanglement.hardware.link.refractive_index": "refractive index of the fibre",
    "entanglement.hardware.link.coupling_efficiency": "coupling efficiency",
    "entanglement.hardware.link.herald": "where pairs are heralded",
    "entanglement.hardware.link.modes": "attempts in parallel",
    "entanglement.hardware.link.altitude_km": "altitude of the satellite (km)",
    "entanglement.hardware.link.distance_km": "distance of the ground stations (km)",
    "entanglement.hardware.link.sender_radius_m": "radius of the sender's telescope (m)",
    "entanglement.hardware.link.receiver_radius_m": "radius of the receivers' telescopes (m)",
    "entanglement.hardware.link.wavelength_nm": "wavelength (nm)",
    "entanglement.hardware.link.zenith_loss_db": "loss in the atmosphere at zenith (dB)",
    "entanglement.hardware.link.pointing_loss_db": "pointing loss (dB)",
    "entanglement.hardware.chain": "chain of repeaters",
    "entanglement.hardware.chain.segments": "segments of the chain",
    "entanglement.hardware.chain.purification_rounds": "rounds of purification",
    "entanglement.hardware.chain.protocol": "protocol of purification",
    "entanglement.hardware.chain.swap_success": "probability that a swap succeeds",
    "entanglement.hardware.chain.swap_visibility": "visibility that a swap leaves",
    "communication.latency_s": "latency between the routers, one way (s)",
    "communication.distance_km": "distance between the routers (km)",
    "communication.refractive_index": "refractive index between the routers",
    "qos.max_wait_s": "promised mean wait (s)",
    "simulation.pairs": "simulated pairs",
    "simulation.replications": "replications",
    "simulation.seed": "seed",
    "simulation.warmup_fraction": "warm-up, fraction of the pairs",
    "simulation.precision": "relative precision asked for",
}
UNITS = {"_s": "s", "_hz": "per s", "_km": "km"}


def key_label(key: str) -> str:
    """A swept key as a label of an axis, with its unit.

    Examples
    --------
    >>> key_label("workload.arrival_rate_hz"), key_label("simulation.tail_s"), key_label("baseline.slope")
    ('arrival rate (pairs per s)', 'simulation.tail (s)', 'baseline.slope')
    """
    if key in LABELS:
        return LABELS[key]
    for suffix, unit in UNITS.items():
        if key.endswith(suffix):
            return f"{plain(key.removesuffix(suffix))} ({unit})"
    return plain(key)
