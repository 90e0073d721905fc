"""Repeater chains: what they deliver between their ends, and what costs fidelity there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field
from scipy.special import xlog1py

from entsched.entanglement.hardware import Node
from entsched.entanglement.link import Delivery, Fibre, Satellite, delivered, hashing_bound
from entsched.entanglement.waiting import MOST_SEGMENTS, mean_attempts, storage_decay
from entsched.errors import ConfigError
from entsched.validation import Section

#: Probabilities of Phi+, Psi-, Psi+, Phi-, the order of the DEJMPS recurrence.
Weights = tuple[float, float, float, float]
ERRORS = ("generation", "storage", "swapping", "measurement")


class Chain(Section):
    """A row of equal elementary links whose pairs are purified, kept until all are there, and swapped.

    Parameters
    ----------
    segments : elementary links in the row
    purification_rounds : each makes one pair of two, so that a segment takes 2^rounds pairs at least
    protocol : ``bbpssw`` makes the pairs white noise again after each round, ``dejmps`` keeps what noise they have
    swap_success : probability that a swap succeeds; where one fails all segments start again
    swap_visibility : that a swap leaves; absent: of the node's gates

    Examples
    --------
    >>> Chain(segments=4).pairs_per_segment
    1
    """

    segments: Annotated[int, Field(ge=1, le=MOST_SEGMENTS)]
    purification_rounds: Annotated[int, Field(ge=0, le=8)] = 0
    protocol: Literal["bbpssw", "dejmps"] = "bbpssw"
    swap_success: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    swap_visibility: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None

    @property
    def pairs_per_segment(self) -> int:
        """Pairs that a purified pair of a segment takes, if all rounds succeed."""
        return int(2**self.purification_rounds)


@dataclass(frozen=True)
class EndToEnd:
    """What a chain delivers between its ends: pairs per second, their visibility, and bits per second at least."""

    rate_hz: float
    visibility: float
    mean_attempts: float

    @property
    def fidelity(self) -> float:
        """(1 + 3 visibility) / 4."""
        return (1 + 3 * self.visibility) / 4

    @property
    def bits_per_s(self) -> float:
        """Entangled bits per second that one-way distillation gets out of the pairs, at least."""
        return self.rate_hz * hashing_bound(self.visibility)


@dataclass(frozen=True)
class _Noise:
    """What spoils pairs: visibility when made, rate of decay while stored, gates, swaps, and both readouts."""

    fresh: float
    loss_rate_hz: float
    gate: float
    swap: float
    readout: float


def purify(weights: Weights, protocol: str, gate_visibility: float = 1.0) -> tuple[Weights, float]:
    """One pair made of two equal Bell-diagonal ones, and the probability that it is kept.

    Bennett et al., PRL 76, 722 (1996) and Deutsch et al., PRL 77, 2818 (1996). A gate that fails, on either node,
    leaves white noise, of which half is kept.

    Parameters
    ----------
    weights : probabilities of Phi+, Psi-, Psi+, Phi-
    protocol : ``bbpssw`` or ``dejmps``
    gate_visibility : of the two-qubit gate on each node

    Examples
    --------
    >>> out, kept = purify((0.85, 0.05, 0.05, 0.05), "bbpssw")
    >>> round(out[0], 6), round(kept, 6)
    (0.884146, 0.82)
    """
    a, b, c, d = _white(weights[0]) if protocol == "bbpssw" else weights
    works = gate_visibility**2
    kept = works * ((a + b) ** 2 + (c + d) ** 2) + (1 - works) / 2
    parts = (a * a + b * b, 2 * c * d, c * c + d * d, 2 * a * b)
    first, second, third, fourth = ((works * part + (1 - works) / 8) / kept for part in parts)
    return (_white(first) if protocol == "bbpssw" else (first, second, third, fourth)), kept


def _white(fidelity: float) -> Weights:
    rest = (1 - fidelity) / 3
    return (fidelity, rest, rest, rest)


def end_to_end(chain: Chain, link: Fibre | Satellite, node: Node) -> EndToEnd:
    """What a chain of equal links delivers between its ends.

    Pairs count as white noise; stored ones lose visibility as exp(-time / t2_s) in each of both halves. Without
    purification this is exact. With it, the time of a purified pair counts as geometric with its true mean, and both
    pairs of a round as old as the older one.

    Raises
    ------
    ConfigError
        If the link never succeeds, or the nodes cannot store what the chain needs.

    Examples
    --------
    >>> from entsched.entanglement.hardware import node
    >>> pairs = end_to_end(Chain(segments=2), Fibre(length_km=10.0), node("trapped-ion"))
    >>> round(pairs.rate_hz, 3), round(pairs.visibility, 3)
    (1.078, 0.767)
    """
    made = _checked(chain, link, node)
    return _delivered(chain, link, made, _noise(chain, node, made, set(ERRORS)))


def error_budget(chain: Chain, link: Fibre | Satellite, node: Node) -> dict[str, float]:
    """The infidelity that measurements see, shared out to generation, storage, swapping and measurement.

    Each share is what its error adds, averaged over all orders in which the four are switched on (Shapley), so
    that the shares sum to the total. Swapping includes the gates of purification.

    Raises
    ------
    ConfigError
        As :func:`end_to_end`.

    Examples
    --------
    >>> from entsched.entanglement.hardware import node
    >>> shares = error_budget(Chain(segments=2), Fibre(length_km=10.0), node("trapped-ion"))
    >>> {name: round(share, 3) for name, share in shares.items()}
    {'generation': 0.077, 'storage': 0.077, 'swapping': 0.021, 'measurement': 0.003}
    """
    made = _checked(chain, link, node)

    def infidelity(active: set[str]) -> float:
        noise = _noise(chain, node, made, active)
        return 0.75 * (1 - _delivered(chain, link, made, noise).visibility * noise.readout)

    return {name: _share(name, infidelity) for name in ERRORS}


def _share(name: str, infidelity: Callable[[set[str]], float]) -> float:
    others = [each for each in ERRORS if each != name]
    total = 0.0
    for size in range(len(ERRORS)):
        weight = 1 / (len(ERRORS) * math.comb(len(others), size))
        total += weight * sum(infidelity({*some, name}) - infidelity({*some}) for some in combinations(others, size))
    return total


def _checked(chain: Chain, link: Fibre | Satellite, node: Node) -> Delivery:
    needed = chain.pairs_per_segment * (1 if chain.segments == 1 else 2)
    if needed > 1 and node.slots.value < needed:
        raise ConfigError(f"given node {node.name!r} with {node.slots.value} slots, allowed: {needed} for this chain")
    made = delivered(link, node)
    if made.success_probability * link.modes < 1e-100:
        raise ConfigError(f"given a link of success probability {made.success_probability:g}, allowed: 1e-100 or more")
    return made


def _noise(chain: Chain, node: Node, made: Delivery, active: set[str]) -> _Noise:
    gate = node.gate_fidelity.visibility if "swapping" in active else 1.0
    swap = gate if chain.swap_visibility is None or "swapping" not in active else chain.swap_visibility
    return _Noise(
        fresh=made.fresh_visibility if "generation" in active else 1.0,
        loss_rate_hz=node.loss_rate_hz if "storage" in active else 0.0,
        gate=gate,
        swap=swap,
        readout=(1 - 2 * node.readout_error.value) ** 2 if "measurement" in active else 1.0,
    )


def _delivered(chain: Chain, link: Fibre | Satellite, made: Delivery, noise: _Noise) -> EndToEnd:
    attempt_s = link.modes / made.attempt_rate_hz
    weights, success = _segment(chain, link, made, noise)
    swaps = chain.segments - 1
    attempts = mean_attempts(chain.segments, success)
    told_s = swaps * link.message_s()
    stored = storage_decay(chain.segments, success, 2 * attempt_s * noise.loss_rate_hz)
    each = (4 * weights[0] - 1) / 3
    return EndToEnd(
        rate_hz=chain.swap_success**swaps / (attempts * attempt_s + told_s),
        visibility=each**chain.segments * noise.swap**swaps * stored * math.exp(-2 * told_s * noise.loss_rate_hz),
        mean_attempts=attempts / chain.swap_success**swaps,
    )


def _segment(chain: Chain, link: Fibre | Satellite, made: Delivery, noise: _Noise) -> tuple[Weights, float]:
    """A purified pair of one segment, and the probability of an attempt to make it."""
    attempt_s = link.modes / made.attempt_rate_hz
    success = -math.expm1(float(xlog1py(link.modes, -made.success_probability)))
    weights = _white((1 + 3 * noise.fresh * math.exp(-made.waited_s * noise.loss_rate_hz)) / 4)
    told = math.exp(-2 * link.message_s() * noise.loss_rate_hz)
    for _ in range(chain.purification_rounds):
        aged = storage_decay(2, success, 2 * attempt_s * noise.loss_rate_hz)
        weights, kept = purify(_worn(weights, aged), chain.protocol, noise.gate)
        weights = _worn(weights, told)
        success = kept / (mean_attempts(2, success) + link.message_s() / attempt_s)
    return weights, success


def _worn(weights: Weights, share: float) -> Weights:
    """The pair with a share of it left and the rest white noise."""
    a, b, c, d = (share * weight + (1 - share) / 4 for weight in weights)
    return (a, b, c, d)
