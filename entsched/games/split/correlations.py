"""What a shared pair offers to symmetric routing: its two largest correlations, and what silent detectors add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError

Floats = NDArray[np.float64]

#: By how much computed numbers may miss their ranges, and below which two singular values count as equal.
ROUNDING = 1e-12


@dataclass(frozen=True)
class PairCorrelations:
    """The correlators E = first cos a cos b + second sin a sin b + constant of measurements at angles a and b.

    Angles are counted from the direction of the largest correlation, each router in its own plane of the
    two largest ones.

    Parameters
    ----------
    first, second : the two largest singular values of T_ij = Tr[rho sigma_i x sigma_j], times the probability
        that both detectors click; 0 <= second <= first
    constant : the probability that both are silent, and answer the same; first + constant <= 1

    Raises
    ------
    GameError
        If a number is out of its range by more than rounding.

    Examples
    --------
    >>> PairCorrelations(0.9, 0.7).correlator(np.array([0.0]), np.array([0.0, np.pi])).tolist()
    [[0.9, -0.9]]
    """

    first: float = 1.0
    second: float = 1.0
    constant: float = 0.0

    def __post_init__(self) -> None:
        ordered = -ROUNDING <= self.second <= self.first + ROUNDING
        if not (ordered and self.constant >= 0 and self.first + self.constant <= 1 + ROUNDING):
            raise GameError(
                f"pair correlations given first {self.first}, second {self.second}, constant {self.constant}, "
                "allowed: 0 <= second <= first, constant >= 0, first + constant <= 1"
            )

    @classmethod
    def werner(cls, visibility: float) -> PairCorrelations:
        """Those of a Werner pair, from 0 to 1: every correlator times the visibility.

        Examples
        --------
        >>> PairCorrelations.werner(0.9)
        PairCorrelations(first=0.9, second=0.9, constant=0.0)
        """
        return cls(visibility, visibility)

    @property
    def isotropic(self) -> bool:
        """Whether both correlations are equal, so that only the difference of angles counts."""
        return self.first - self.second <= ROUNDING

    @property
    def perfect(self) -> bool:
        """Whether no fixed answers can do better than measuring."""
        return self.first == self.second == 1

    def scaled(self, factor: float) -> PairCorrelations:
        """Those of the pair with white noise: both correlations times a factor from 0 to 1, the constant kept.

        Examples
        --------
        >>> PairCorrelations(1.0, 0.8, 0.0).scaled(0.5)
        PairCorrelations(first=0.5, second=0.4, constant=0.0)
        """
        return PairCorrelations(factor * self.first, factor * self.second, self.constant)

    def correlator(self, angles_a: Floats, angles_b: Floats) -> Floats:
        """E[x, y] for angles of shapes (x,) and (y,), in radians."""
        cosines, sines = (np.multiply.outer(wave(angles_a), wave(angles_b)) for wave in (np.cos, np.sin))
        return self.first * cosines + self.second * sines + self.constant


PERFECT = PairCorrelations()
