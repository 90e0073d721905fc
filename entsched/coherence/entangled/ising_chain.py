"""The transverse-field Ising chain in its ground state, solved by free fermions: order, exponent, entanglement.

H = -sum sx_i sx_(i+1) - h sum sz_i: P. Pfeuty, Ann. Phys. 57, 79 (1970), and E. Barouch and B. McCoy, Phys. Rev. A 3,
786 (1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import toeplitz

from entsched.coherence.fits import PowerLaw, power_law
from entsched.errors import EntschedError

#: So many sites are the infinite chain: what is left is (n / sites)^2 at h = 1 and h^sites elsewhere.
INFINITE = 2**18
#: The most spins of a block, and the largest distance.
MOST_SPINS = 2048

#: How much of an order parameter's square may be left at the distance where it is read.
RESIDUE = 1e-8


def pair_correlation(field: float, distance: int, sites: int = INFINITE) -> float:
    """<sx_0 sx_n> in the ground state of a ring, as a Toeplitz determinant.

    Parameters
    ----------
    field : h, 0 to 100
    distance : n in sites, 1 to 2048, at most half of the ring
    sites : of the ring, even

    Raises
    ------
    EntschedError
        If an argument is out of range.

    Examples
    --------
    >>> round(pair_correlation(1.0, 1), 6)  # 2 / pi
    0.63662
    >>> round(pair_correlation(0.5, 60), 6)  # (1 - h^2)^(1/4)
    0.930605
    """
    _require(field, distance, sites)
    modes = _modes(field, sites)
    return float(np.linalg.det(_matrix(modes, distance, 0)))


def order_parameter(field: float) -> float:
    """m = lim sqrt(<sx_0 sx_n>) of the infinite chain, read where (h^2)^n is below 1e-8.

    Parameters
    ----------
    field : h, 0 to 0.9955, beyond which the distance would exceed 2048 sites

    Raises
    ------
    EntschedError
        If the field is out of range.

    Examples
    --------
    >>> round(order_parameter(0.9), 6)  # (1 - h^2)^(1/8)
    0.812539
    """
    distance = max(2, ceil(log(RESIDUE) / (2 * log(field)))) if 0 < field < 1 else 2
    if not 0 <= field < 1 or distance > MOST_SPINS:
        raise EntschedError(f"field: given {field:g}, allowed: 0 to {RESIDUE ** (0.5 / MOST_SPINS):.4f}")
    return sqrt(pair_correlation(field, distance))


def critical_exponent(fields: Sequence[float]) -> PowerLaw:
    """beta of m = (1 - h^2)^beta from order parameters at three or more fields, with a 95 % interval; 1/8.

    The interval is no narrower than what is left of each order, 1e-8 of it.

    Raises
    ------
    EntschedError
        If there are fewer than three fields, or one is out of range.

    Examples
    --------
    >>> round(critical_exponent([0.9, 0.95, 0.98]).exponent, 6)
    0.125
    """
    orders = [order_parameter(field) for field in fields]
    return power_law([1 - field**2 for field in fields], orders, [RESIDUE] * len(orders))


def block_entropy(field: float, spins: int, sites: int = INFINITE) -> float:
    """The entanglement entropy of a block with the rest of the ring, bits.

    G. Vidal, J. I. Latorre, E. Rico, A. Kitaev, Phys. Rev. Lett. 90, 227902 (2003): about (1/6) log2 of its length
    at h = 1, bounded elsewhere. The ground state of an ordered ring is the even superposition of both orders.

    Parameters
    ----------
    field : h, 0 to 100
    spins : of the block, 1 to 2048, at most half of the ring
    sites : of the ring, even

    Raises
    ------
    EntschedError
        If an argument is out of range.

    Examples
    --------
    >>> round(block_entropy(1.0, 64) - block_entropy(1.0, 32), 4)
    0.1667
    """
    _require(field, spins, sites)
    purities = np.linalg.svd(_matrix(_modes(field, sites), spins, 1), compute_uv=False)
    weights = np.clip(np.concatenate([1 + purities, 1 - purities]) / 2, 1e-300, 1)
    return float(max(0.0, -np.sum(weights * np.log2(weights))))


def central_charge(spins: ArrayLike, entropies: ArrayLike) -> PowerLaw:
    """c of S = (c / 3) log2 L + constant, with a 95 % interval; 1/2 at h = 1.

    Parameters
    ----------
    spins : lengths L of three or more blocks
    entropies : S of each, bits

    Raises
    ------
    EntschedError
        If there are fewer than three blocks.

    Examples
    --------
    >>> round(central_charge([32, 64, 128], [block_entropy(1.0, length) for length in (32, 64, 128)]).exponent, 3)
    0.5
    """
    return power_law(spins, 2 ** (3 * np.asarray(entropies)))


@lru_cache(maxsize=4)
def _modes(field: float, sites: int) -> NDArray[np.float64]:
    """Fourier coefficients of (1 - h e^ik) / |1 - h e^ik| over the momenta of the even sector; shape (sites,)."""
    momenta = (np.arange(sites) + 0.5) * (2 * np.pi / sites)
    symbol = 1 - field * np.exp(1j * momenta)
    turned = np.exp(-1j * np.pi / sites * np.arange(sites))
    return np.real(np.fft.fft(symbol / np.abs(symbol)) * turned) / sites


def _matrix(modes: NDArray[np.float64], size: int, first: int) -> NDArray[np.float64]:
    """The Toeplitz matrix of coefficients j - k + first; around the ring fermions change sign."""
    sites = len(modes)
    order = np.arange(1 - size, size) + first
    values = np.where(order < 0, -1.0, 1.0) * modes[order % sites]
    matrix: NDArray[np.float64] = toeplitz(values[size - 1 :], values[size - 1 :: -1])
    return matrix


def _require(field: float, spins: int, sites: int) -> None:
    if not 0 <= field <= 100:
        raise EntschedError(f"field: given {field:g}, allowed: 0 to 100")
    if sites % 2 or not 2 <= sites <= INFINITE:
        raise EntschedError(f"sites: given {sites}, allowed: even, 2 to {INFINITE}")
    if not 1 <= spins <= min(MOST_SPINS, sites // 2):
        raise EntschedError(f"spins: given {spins}, allowed: 1 to {min(MOST_SPINS, sites // 2)}")
