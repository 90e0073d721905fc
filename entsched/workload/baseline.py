"""Rewards T(t) of the baseline task for an uninterrupted stretch of t seconds."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import gammaln

from entsched.plugins import Kinds, Law, Open
from entsched.validation import Positive
from entsched.workload.quadrature import exponential_mean
from entsched.workload.soundness import require_shape

Floats = NDArray[np.float64]


class Expectation(NamedTuple):
    """A value and the bound on its numerical error; closed forms have error 0."""

    value: float
    error: float


class BaselineReward(Law, ABC):
    """The output T(t) of one uninterrupted stretch: T(0) = 0, T increasing."""

    kinds: ClassVar[Kinds] = Kinds(
        group="entsched.baseline_rewards",
        noun="baseline reward",
        plural="baseline rewards",
        base="entsched.workload.baseline:BaselineReward",
        built_in={
            "power": "entsched.workload.baseline:Power",
            "saturating": "entsched.workload.baseline:Saturating",
            "affine": "entsched.workload.baseline:Affine",
            "linear": "entsched.workload.baseline:Linear",
        },
    )

    @property
    @abstractmethod
    def convex(self) -> bool:
        """Whether T is convex on all of t >= 0: long stretches are worth at least as much a second as short ones."""

    @property
    def most(self) -> float:
        """The least upper bound of T."""
        return math.inf

    @property
    @abstractmethod
    def endless_rate(self) -> float:
        """The limit of T(t) / t for an endless stretch; infinite if T outgrows every line."""

    @property
    @abstractmethod
    def formula(self) -> str:
        """T(t) with its parameters, as mathematical text for figures."""

    @property
    def unit(self) -> str:
        """The unit of output per second, as text for figures."""
        return "output per s"

    @abstractmethod
    def output(self, stretch_s: Floats) -> Floats:
        """T(t) for an array of stretches in seconds."""

    def expected_output(self, rate_hz: float) -> Expectation:
        """E[T(I)] for a stretch I ~ Exp(rate_hz), rate_hz > 0; here by quadrature.

        The integral of exp(-z) T(z / rate_hz) is taken over [0, 700]; the error covers jumps and kinks of T, but not
        what T has beyond 700 / rate_hz, which is nothing unless T grows like an exponential.
        """
        return Expectation(*exponential_mean(lambda z: self.output(z / rate_hz)))

    def expected_rate(self, rate_hz: float) -> float:
        """Output per second of idle time when stretches are Exp(rate_hz): rate_hz E[T(I)]."""
        if rate_hz <= 0:
            return self.endless_rate
        return rate_hz * self.expected_output(rate_hz).value

    def require_sound(self) -> None:
        """Refuse outputs that contradict what is said of them, and expectations that are no numbers."""
        require_shape(self)
        for rate_hz in (1e-2, 1.0, 1e2):
            expected = self.expected_output(rate_hz)
            if not (isinstance(expected, Expectation) and 0 <= expected.value < math.inf and expected.error >= 0):
                raise ValueError(
                    f"given expected_output({rate_hz:g}) = {expected}, allowed: an Expectation(value, error), 0 or more"
                )


class Power(BaselineReward):
    """T(t) = t^exponent; E[T(Exp(L))] = Gamma(exponent + 1) / L^exponent.

    Examples
    --------
    >>> Power(law="power", exponent=2).expected_output(0.5)
    Expectation(value=8.0, error=0.0)
    """

    law: Literal["power"]
    exponent: Annotated[float, Field(gt=0, le=20, allow_inf_nan=False)]

    @property
    def convex(self) -> bool:
        return self.exponent >= 1

    @property
    def endless_rate(self) -> float:
        return math.inf if self.exponent > 1 else float(self.exponent == 1)

    @property
    def formula(self) -> str:
        return f"$T(t) = t^{{{self.exponent:g}}}$"

    @property
    def unit(self) -> str:
        return f"s$^{{{self.exponent:g}}}$ per s"

    def output(self, stretch_s: Floats) -> Floats:
        return stretch_s**self.exponent

    def expected_output(self, rate_hz: float) -> Expectation:
        return Expectation(math.gamma(self.exponent + 1) / rate_hz**self.exponent, 0.0)


class Saturating(BaselineReward):
    """T(t) = maximum (1 - exp(-t / time_constant_s))^exponent: convex at first, then bounded.

    With q = L time_constant_s, E[T(Exp(L))] = maximum Gamma(q + 1) Gamma(exponent + 1) /
    Gamma(q + exponent + 1), from Euler's beta integral.
    """

    law: Literal["saturating"]
    time_constant_s: Positive
    maximum: Positive = 1.0
    exponent: Annotated[float, Field(ge=1, le=20, allow_inf_nan=False)] = 2.0

    convex: ClassVar[bool] = False
    endless_rate: ClassVar[float] = 0.0

    @property
    def formula(self) -> str:
        power = f"^{{{self.exponent:g}}}"
        scale = "" if self.maximum == 1 else rf"{self.maximum:g}\,"
        return rf"$T(t) = {scale}(1 - e^{{-t/{self.time_constant_s:g}\,s}}){power}$"

    @property
    def most(self) -> float:
        return self.maximum

    def output(self, stretch_s: Floats) -> Floats:
        return self.maximum * (-np.expm1(-stretch_s / self.time_constant_s)) ** self.exponent

    def expected_output(self, rate_hz: float) -> Expectation:
        q, k = rate_hz * self.time_constant_s, self.exponent
        log_beta = gammaln(q + 1) + gammaln(k + 1) - gammaln(q + k + 1)
        return Expectation(self.maximum * math.exp(log_beta), 0.0)


class Affine(BaselineReward):
    """T(t) = max(0, t - setup_s): nothing until the set-up is done; E[T(Exp(L))] = exp(-L setup_s) / L.

    Convex but not strictly; its rate exp(-L setup_s) still falls strictly with L.
    """

    law: Literal["affine"]
    setup_s: Positive

    convex: ClassVar[bool] = True
    endless_rate: ClassVar[float] = 1.0

    @property
    def formula(self) -> str:
        return rf"$T(t) = \max(0, t - {self.setup_s:g}\,s)$"

    def output(self, stretch_s: Floats) -> Floats:
        return np.maximum(0.0, stretch_s - self.setup_s)

    def expected_output(self, rate_hz: float) -> Expectation:
        return Expectation(math.exp(-rate_hz * self.setup_s) / rate_hz, 0.0)


class Linear(BaselineReward):
    """T(t) = slope t: interruptions cost nothing, so routing cannot help the baseline."""

    law: Literal["linear"]
    slope: Positive = 1.0

    convex: ClassVar[bool] = True

    @property
    def endless_rate(self) -> float:
        return self.slope

    @property
    def formula(self) -> str:
        return f"$T(t) = {self.slope:g}\\,t$"

    def output(self, stretch_s: Floats) -> Floats:
        return self.slope * stretch_s

    def expected_output(self, rate_hz: float) -> Expectation:
        return Expectation(self.slope / rate_hz, 0.0)


#: Any baseline reward, told apart by its key ``law``.
Baseline = Annotated[BaselineReward, Open]
