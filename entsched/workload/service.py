"""Laws of the service requirement of a request, with the moments that queueing theory needs."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.optimize import elementwise
from scipy.special import ndtr, ndtri

from entsched.plugins import Kinds, Law
from entsched.validation import MAX_TYPES, Positive
from entsched.workload.soundness import require_lorenz, require_moments, require_positive

Floats = NDArray[np.float64]


class ServiceLaw(Law, ABC):
    """The law of one service requirement S in seconds.

    A law with ``bins`` is cut into that many equiprobable bins and *is* the discrete law of their
    conditional means: routers see the bin. A continuous law without bins is a single type:
    routers see that a request has come, not how long it is.
    """

    kinds: ClassVar[Kinds] = Kinds(
        group="entsched.service_laws",
        noun="service law",
        plural="service laws",
        base="entsched.workload.service:ServiceLaw",
        built_in={
            "discrete": "entsched.workload.service:Discrete",
            "deterministic": "entsched.workload.service:Deterministic",
            "exponential": "entsched.workload.service:Exponential",
            "hyperexponential": "entsched.workload.service:Hyperexponential",
            "lognormal": "entsched.workload.service:Lognormal",
            "trace": "entsched.workload.trace:Trace",
        },
    )

    bins: Annotated[int, Field(ge=1, le=MAX_TYPES)] | None = None

    @property
    @abstractmethod
    def mean_service_s(self) -> float:
        """E[S] in seconds."""

    @property
    @abstractmethod
    def second_moment_s2(self) -> float:
        """E[S^2] in seconds squared."""

    @property
    @abstractmethod
    def mean_minimum_s(self) -> float:
        """E[min(S, S')] of two independent requirements, in seconds."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw ``size`` independent requirements in seconds."""

    @abstractmethod
    def lorenz(self, u: Floats) -> Floats:
        """The integral of the quantile function from 0 to u, in seconds."""

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw as :meth:`sample` does, and refuse what are not as many positive numbers.

        Raises
        ------
        ConfigError
            If they are not.
        """
        drawn = self.sample(rng, size)
        require_positive(self, drawn, size)
        return drawn

    def require_sound(self) -> None:
        """Refuse moments that no positive requirement has, and draws or bins that are no requirements."""
        require_moments(self)
        self.draw(np.random.default_rng(0), 64)
        require_lorenz(self)

    def resolved(self) -> ServiceLaw:
        """The law that is simulated: the discrete law of the bins, if there are any.

        Examples
        --------
        >>> [round(s, 6) for s in Exponential(law="exponential", mean_s=1.0, bins=2).resolved().values_s]
        [0.306853, 1.693147]
        """
        if self.bins is None:
            return self
        means = np.diff(self.lorenz(np.linspace(0.0, 1.0, self.bins + 1))) * self.bins
        return Discrete(
            law="discrete",
            values_s=tuple(float(s) for s in means),
            probabilities=(1.0 / self.bins,) * self.bins,
        )


class Discrete(ServiceLaw):
    """Finitely many requirements; each value is a type that the routers see.

    Examples
    --------
    >>> law = Discrete(law="discrete", values_s=(0.1, 1.9), probabilities=(0.5, 0.5))
    >>> law.mean_service_s, round(law.second_moment_s2, 12)
    (1.0, 1.81)
    """

    law: Literal["discrete"]
    values_s: Annotated[tuple[Positive, ...], Field(strict=False, min_length=1, max_length=MAX_TYPES)]
    probabilities: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1)], ...],
        Field(strict=False, min_length=1, max_length=MAX_TYPES),
    ]
    bins: None = None

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Discrete:
        if len(self.values_s) != len(self.probabilities):
            raise ValueError(
                f"{len(self.values_s)} values_s but {len(self.probabilities)} probabilities, "
                "allowed: as many of one as of the other"
            )
        total = math.fsum(self.probabilities)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"probabilities sum to {total:.12g}, allowed: a sum of 1")
        return self

    @cached_property
    def values(self) -> Floats:
        """The requirements in seconds, as an array."""
        return np.array(self.values_s)

    @cached_property
    def weights(self) -> Floats:
        """Their probabilities, summing to one exactly up to rounding."""
        return np.array(self.probabilities) / math.fsum(self.probabilities)

    @property
    def mean_service_s(self) -> float:
        return float(self.weights @ self.values)

    @property
    def second_moment_s2(self) -> float:
        return float(self.weights @ self.values**2)

    @property
    def mean_minimum_s(self) -> float:
        return float(self.weights @ np.minimum.outer(self.values, self.values) @ self.weights)

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        return rng.choice(self.values, size=size, p=self.weights)

    def lorenz(self, u: Floats) -> Floats:
        order = np.argsort(self.values)
        mass = np.concatenate([[0.0], np.cumsum(self.weights[order])])
        area = np.concatenate([[0.0], np.cumsum((self.weights * self.values)[order])])
        return np.interp(u, mass, area)


class Deterministic(ServiceLaw):
    """Every request takes ``mean_s`` seconds."""

    law: Literal["deterministic"]
    mean_s: Positive
    bins: None = None

    @property
    def mean_service_s(self) -> float:
        return self.mean_s

    @property
    def second_moment_s2(self) -> float:
        return self.mean_s**2

    @property
    def mean_minimum_s(self) -> float:
        return self.mean_s

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        return np.full(size, self.mean_s)

    def lorenz(self, u: Floats) -> Floats:
        return self.mean_s * u


class Exponential(ServiceLaw):
    """Exponential with the given mean: P(S > s) = exp(-s / mean)."""

    law: Literal["exponential"]
    mean_s: Positive

    @property
    def mean_service_s(self) -> float:
        return self.mean_s

    @property
    def second_moment_s2(self) -> float:
        return 2 * self.mean_s**2

    @property
    def mean_minimum_s(self) -> float:
        return self.mean_s / 2

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        return rng.exponential(self.mean_s, size)

    def lorenz(self, u: Floats) -> Floats:
        tail = 1 - u
        log_tail = np.log(np.where(tail > 0, tail, 1.0))
        return self.mean_s * (u + tail * log_tail)


class TwoMomentLaw(ServiceLaw):
    """A law given by its mean and its squared coefficient of variation ``scv``."""

    mean_s: Positive
    scv: float

    @property
    def mean_service_s(self) -> float:
        return self.mean_s

    @property
    def second_moment_s2(self) -> float:
        return (1 + self.scv) * self.mean_s**2


class Hyperexponential(TwoMomentLaw):
    """Two exponential phases with balanced means, from mean and squared coefficient of variation.

    Phase i has probability p_i and mean m_i with p_1 m_1 = p_2 m_2 and
    p_1 = (1 + sqrt((scv - 1) / (scv + 1))) / 2.
    """

    law: Literal["hyperexponential"]
    scv: Annotated[float, Field(ge=1, le=1e6, allow_inf_nan=False)]

    @cached_property
    def phases(self) -> tuple[Floats, Floats]:
        """The probabilities and the means (seconds) of the two phases."""
        lean = math.sqrt((self.scv - 1) / (self.scv + 1))
        p = np.array([(1 + lean) / 2, (1 - lean) / 2])
        return p, self.mean_s / (2 * p)

    @property
    def mean_minimum_s(self) -> float:
        p, mean = self.phases
        return float(p @ (1 / np.add.outer(1 / mean, 1 / mean)) @ p)

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        p, mean = self.phases
        phase = (rng.random(size) >= p[0]).astype(int)
        return rng.exponential(1.0, size) * mean[phase]

    def lorenz(self, u: Floats) -> Floats:
        p, mean = self.phases
        inside = (u > 0) & (u < 1)

        def excess(s: Floats, level: Floats) -> Floats:
            return 1 - level - np.exp(-s[..., None] / mean) @ p

        level = u[inside]
        top = -mean.max() * np.log1p(-level)
        quantile = elementwise.find_root(excess, (np.zeros_like(level), top * 1.0001), args=(level,)).x
        z = quantile[:, None] / mean
        area = np.where(u >= 1, self.mean_s, 0.0)
        area[inside] = (1 - np.exp(-z) * (1 + z)) @ (p * mean)
        return area


class Lognormal(TwoMomentLaw):
    """Lognormal from mean and squared coefficient of variation; log S has variance log(1 + scv)."""

    law: Literal["lognormal"]
    scv: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]

    @property
    def sigma(self) -> float:
        """The standard deviation of log S."""
        return math.sqrt(math.log1p(self.scv))

    @property
    def mean_minimum_s(self) -> float:
        return 2 * self.mean_s * float(ndtr(-self.sigma / math.sqrt(2)))

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        return rng.lognormal(math.log(self.mean_s) - self.sigma**2 / 2, self.sigma, size)

    def lorenz(self, u: Floats) -> Floats:
        return self.mean_s * ndtr(ndtri(u) - self.sigma)
