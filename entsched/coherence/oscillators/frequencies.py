"""Laws of the natural frequencies of oscillators, symmetric about zero, and their critical couplings."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field
from scipy.special import ndtri

from entsched.errors import EntschedError
from entsched.validation import Positive, Section

Floats = NDArray[np.float64]


class SymmetricLaw(Section, ABC):
    """A law of natural frequencies w, rad/s, with density g(w) = g(-w) that nowhere grows away from zero."""

    width_rad_s: Positive = 1.0

    @abstractmethod
    def density(self, w: ArrayLike) -> Floats:
        """g at frequencies in rad/s, in s/rad; the shape of ``w``."""

    @abstractmethod
    def quantile(self, probability: ArrayLike) -> Floats:
        """The frequencies, rad/s, below which these probabilities lie, each strictly between 0 and 1."""

    @property
    def density_at_zero(self) -> float:
        """g(0) in s/rad."""
        return float(self.density(0.0))

    @property
    def critical_coupling(self) -> float:
        """K_c = 2 / (pi g(0)) in rad/s: above it infinitely many all-to-all oscillators synchronise.

        Y. Kuramoto, Lecture Notes in Physics 39, 420 (1975).
        """
        return 2 / (math.pi * self.density_at_zero)

    @property
    def largest_rad_s(self) -> float:
        """No frequency is farther from zero than this, rad/s; infinity if there is no end."""
        return math.inf

    def draw(self, generator: np.random.Generator, n: int) -> Floats:
        """Independent frequencies, rad/s, shape (n,), n from 1."""
        _require_some(n)
        return self.quantile(generator.uniform(np.finfo(float).tiny, 1.0, n))

    def quantiles(self, n: int) -> Floats:
        """The quantiles of (i - 1/2) / n for i = 1 to n, rad/s, shape (n,), n from 1: the least disorder.

        Raises
        ------
        EntschedError
            If n is below 1.

        Examples
        --------
        >>> Uniform(width_rad_s=2.0).quantiles(4).tolist()
        [-1.5, -0.5, 0.5, 1.5]
        """
        _require_some(n)
        return self.quantile((np.arange(n) + 0.5) / n)


class Lorentzian(SymmetricLaw):
    """The Cauchy law; ``width_rad_s`` is half its width at half its height.

    Examples
    --------
    >>> round(Lorentzian(width_rad_s=0.5).critical_coupling, 12)
    1.0
    """

    law: Literal["lorentzian"] = "lorentzian"

    def density(self, w: ArrayLike) -> Floats:
        """g at frequencies in rad/s, in s/rad; the shape of ``w``."""
        return self.width_rad_s / (np.pi * (np.square(w) + self.width_rad_s**2))

    def quantile(self, probability: ArrayLike) -> Floats:
        """The frequencies, rad/s, below which these probabilities lie, each strictly between 0 and 1."""
        return self.width_rad_s * np.tan(np.pi * (np.asarray(probability) - 0.5))


class Gaussian(SymmetricLaw):
    """The normal law; ``width_rad_s`` is its standard deviation.

    Examples
    --------
    >>> round(Gaussian().critical_coupling, 6)
    1.595769
    """

    law: Literal["gaussian"] = "gaussian"

    def density(self, w: ArrayLike) -> Floats:
        """g at frequencies in rad/s, in s/rad; the shape of ``w``."""
        return np.exp(-np.square(np.asarray(w) / self.width_rad_s) / 2) / (math.sqrt(2 * math.pi) * self.width_rad_s)

    def quantile(self, probability: ArrayLike) -> Floats:
        """The frequencies, rad/s, below which these probabilities lie, each strictly between 0 and 1."""
        return self.width_rad_s * np.asarray(ndtri(np.asarray(probability, dtype=float)))


class Uniform(SymmetricLaw):
    """All frequencies from -``width_rad_s`` to ``width_rad_s`` alike.

    Examples
    --------
    >>> round(Uniform().critical_coupling, 6)
    1.27324
    """

    law: Literal["uniform"] = "uniform"

    @property
    def largest_rad_s(self) -> float:
        """No frequency is farther from zero than this, rad/s."""
        return self.width_rad_s

    def density(self, w: ArrayLike) -> Floats:
        """g at frequencies in rad/s, in s/rad; the shape of ``w``."""
        return np.where(np.abs(w) <= self.width_rad_s, 0.5 / self.width_rad_s, 0.0)

    def quantile(self, probability: ArrayLike) -> Floats:
        """The frequencies, rad/s, below which these probabilities lie, each strictly between 0 and 1."""
        return self.width_rad_s * (2 * np.asarray(probability) - 1)


FrequencyLaw = Annotated[Lorentzian | Gaussian | Uniform, Field(discriminator="law")]


def _require_some(n: int) -> None:
    if n < 1:
        raise EntschedError(f"oscillators: given {n}, allowed: 1 or more")
