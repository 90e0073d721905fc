"""Whether times resolve oscillators: seconds mean nothing before they are compared with frequencies and couplings."""

from __future__ import annotations

from entsched.coherence.oscillators.frequencies import FrequencyLaw

#: The most that a step may turn by coupling, radians, and the shortest transient, in units of 1 / width.
MOST_TURN, LEAST_TRANSIENT = 0.5, 10.0

#: A step moves the onset by (K_c dt)^2 / 48 of itself, at most by this share of the least distance that matters.
ONSET_SHARE = 0.1


def require_resolution(
    law: FrequencyLaw, largest: float, transient_s: float, step_s: float, nearest: float | None = None
) -> None:
    """Refuse steps that are too long and transients that are too short for a law.

    Parameters
    ----------
    law : of the frequencies
    largest : coupling, in units of the critical one
    transient_s, step_s : seconds
    nearest : the least (K - K_c) / K that matters, if any does

    Raises
    ------
    ValueError
        In one line.

    Examples
    --------
    >>> from entsched.coherence.oscillators.frequencies import Lorentzian
    >>> require_resolution(Lorentzian(width_rad_s=100.0), 2.0, 80.0, 0.1)
    Traceback (most recent call last):
        ...
    ValueError: step_s: given 0.1 with lorentzian frequencies of width 100 rad/s, allowed: up to 0.00125
    """
    given = f"with {law.law} frequencies of width {law.width_rad_s:g} rad/s, allowed:"
    longest = MOST_TURN / (max(largest, 1.0) * law.critical_coupling)
    if nearest is not None:
        longest = min(longest, (48 * ONSET_SHARE * nearest) ** 0.5 / law.critical_coupling)
    if step_s > longest:
        raise ValueError(f"step_s: given {step_s:g} {given} up to {longest:.3g}")
    if transient_s * law.width_rad_s < LEAST_TRANSIENT:
        raise ValueError(f"transient_s: given {transient_s:g} {given} from {LEAST_TRANSIENT / law.width_rad_s:.3g}")
