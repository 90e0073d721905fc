"""What it takes two routers to tell each other something: a latency, from a distance or as it is given."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from entsched.validation import NonNegative, Section

#: Metres per second in vacuum, exact by definition.
LIGHT_M_PER_S = 299_792_458.0


class Communication(Section):
    """The one-way latency between the routers: given, or that of light in a fibre and of processing.

    Examples
    --------
    >>> Communication(latency_s=0.01).one_way_s
    0.01
    >>> round(1e6 * Communication(distance_km=10.0).one_way_s, 2)
    48.97
    """

    latency_s: NonNegative | None = None
    distance_km: NonNegative | None = None
    refractive_index: Annotated[float, Field(ge=1, le=3, allow_inf_nan=False)] = 1.468

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Communication:
        if self.latency_s is not None and self.distance_km is not None:
            raise ValueError(
                f"given latency_s {self.latency_s} and distance_km {self.distance_km}, allowed: one of them"
            )
        return self

    @property
    def one_way_s(self) -> float:
        """How long a message takes, seconds."""
        if self.distance_km is not None:
            return self.distance_km * 1e3 * self.refractive_index / LIGHT_M_PER_S
        return self.latency_s or 0.0

    def length_km(self, latency_s: float) -> float:
        """How much fibre a latency is, km.

        Examples
        --------
        >>> round(Communication().length_km(1e-3), 1)
        204.2
        """
        return latency_s * LIGHT_M_PER_S / self.refractive_index / 1e3
