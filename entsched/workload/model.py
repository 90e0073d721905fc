"""The workload: pairs of requests, their types, and the numbers the routing problem needs."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from entsched.plugins import Open
from entsched.validation import Positive, Probability, Section
from entsched.workload.service import Deterministic, Discrete, ServiceLaw
from entsched.workload.trace import Trace

Floats = NDArray[np.float64]

#: Any service law, told apart by its key ``law``.
Service = Annotated[ServiceLaw, Open]

Order = Literal["random", "a_first", "shortest_first"]


class Workload(Section):
    """Poisson pairs of requests with their service law, joint types and order in a shared server.

    Parameters
    ----------
    arrival_rate_hz : pairs per second, lambda
    service : the law of a requirement; its types are what the routers see
    order : who is served first when a pair meets in one server
    joint : pi[x][y], the probability that router A gets type x and B type y; default independent.
        Its two marginals must average to the probabilities of the service law.

    Raises
    ------
    pydantic.ValidationError
        If a key is unknown or out of range, or the load lambda E[S] is 1 or more.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> two.load, round(two.alpha * two.second_moment_s2, 6)
    (0.5, 0.905)
    """

    arrival_rate_hz: Positive
    service: Service
    order: Order = "random"
    joint: (
        Annotated[tuple[Annotated[tuple[Probability, ...], Field(strict=False)], ...], Field(strict=False)] | None
    ) = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Workload:
        if self.joint is not None:
            self._check_joint(self.joint)
        if self.load >= 1:
            raise ValueError(
                f"load arrival_rate_hz * mean service = {self.load:.6g}, allowed: below 1 "
                f"(arrival_rate_hz below {1 / self.mean_s:.6g})"
            )
        return self

    def _check_joint(self, joint: tuple[tuple[float, ...], ...]) -> None:
        n = len(self.types)
        if len(joint) != n or any(len(row) != n for row in joint):
            raise ValueError(f"joint must have {n} rows of {n} probabilities, one for each type")
        total = np.array(joint).sum()
        if abs(total - 1) > 1e-9:
            raise ValueError(f"joint probabilities sum to {total:.12g}, allowed: a sum of 1")
        average = (self.pi.sum(axis=0) + self.pi.sum(axis=1)) / 2
        if np.max(abs(average - self.type_probabilities)) > 1e-9:
            raise ValueError(
                f"the marginals of joint average to {average.round(6).tolist()}, allowed: the "
                f"probabilities of the service law {self.type_probabilities.round(6).tolist()}"
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: bins count as the values they stand for, a trace as its requirements."""
        resolved = self.model_copy(update={"service": self.service.resolved()})
        law = resolved.service
        if isinstance(law, Trace):
            content = f"{self.model_dump_json(exclude={'service'})}{law.digest}"
        else:
            content = resolved.content
        return hashlib.sha256(content.encode()).hexdigest()

    @cached_property
    def types(self) -> tuple[ServiceLaw, ...]:
        """The law of each type: a point for each value, or the whole law if routers see no type."""
        law = self.service.resolved()
        if isinstance(law, Discrete):
            return tuple(Deterministic(law="deterministic", mean_s=s) for s in law.values_s)
        return (law,)

    @cached_property
    def type_probabilities(self) -> Floats:
        """The probability of each type for a customer chosen at random."""
        law = self.service.resolved()
        return law.weights if isinstance(law, Discrete) else np.ones(1)

    @cached_property
    def pi(self) -> Floats:
        """pi[x, y]: probability that A's request is of type x and B's of type y."""
        if self.joint is None:
            return np.outer(self.type_probabilities, self.type_probabilities)
        joint = np.array(self.joint)
        return joint / joint.sum()

    @cached_property
    def type_means_s(self) -> Floats:
        """Mean requirement of each type, seconds."""
        return np.array([law.mean_service_s for law in self.types])

    @cached_property
    def type_second_moments_s2(self) -> Floats:
        """Second moment of each type's requirement, seconds squared."""
        return np.array([law.second_moment_s2 for law in self.types])

    @cached_property
    def mean_s(self) -> float:
        """m = E[s] over all customers, seconds."""
        return float(self.type_probabilities @ self.type_means_s)

    @cached_property
    def second_moment_s2(self) -> float:
        """m2 = E[s^2] over all customers, seconds squared."""
        return float(self.type_probabilities @ self.type_second_moments_s2)

    @property
    def load(self) -> float:
        """rho = lambda m, the load of each server when both get half of the customers."""
        return self.arrival_rate_hz * self.mean_s

    @property
    def alpha(self) -> float:
        """alpha = lambda / (2 (1 - rho)), in 1 / seconds."""
        return self.arrival_rate_hz / (2 * (1 - self.load))

    @property
    def base_wait_s(self) -> float:
        """alpha m2: the mean wait of a customer when every pair is split fairly, seconds."""
        return self.alpha * self.second_moment_s2

    @cached_property
    def batch_delay_s(self) -> Floats:
        """D[x, y]: wait inside a coalesced pair, summed over its two customers, seconds."""
        s = self.type_means_s
        if self.order == "random":
            return np.add.outer(s, s) / 2
        if self.order == "a_first":
            return np.repeat(s[:, None], len(s), axis=1)
        if len(self.types) == 1:
            return np.array([[self.types[0].mean_minimum_s]])
        return np.minimum.outer(s, s)
