"""Tasks that compute entangled systems: order and entanglement of the Ising chain."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from entsched.coherence.part import CoherenceTask
from entsched.tasks import Row

#: Beyond this field the order is read at more than 2048 sites.
MOST_FIELD = 0.995

Fields = Annotated[
    tuple[Annotated[float, Field(ge=0, le=MOST_FIELD)], ...], Field(strict=False, min_length=3, max_length=50)
]


class IsingOrderTask(CoherenceTask):
    """The order m of the infinite transverse-field Ising chain, and beta of m = (1 - h^2)^beta; the seed plays no part.

    Examples
    --------
    >>> row = IsingOrderTask(seed=1, fields=(0.5, 0.8, 0.9)).evaluate()
    >>> round(row["order"][0], 6), round(row["exponent"], 6)
    (0.964679, 0.125)
    """

    kind: Literal["coherence-ising-order"] = "coherence-ising-order"
    fields: Fields

    @field_validator("fields")
    @classmethod
    def _are_different(cls, fields: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError(f"given {list(fields)}, allowed: each field once")
        return fields

    @property
    def cost_s(self) -> float:
        """One transform and one determinant for each field, largest near 1."""
        return 0.1 + 0.15 * len(self.fields)

    def evaluate(self) -> Row:
        """``order`` at each field, and the fitted ``exponent`` with its 95 % interval."""
        from entsched.coherence.entangled.ising_chain import critical_exponent, order_parameter

        fit = critical_exponent(self.fields)
        return {
            "kind": self.kind,
            "fields": list(self.fields),
            "order": [order_parameter(field) for field in self.fields],
            "exponent": fit.exponent,
            "exponent_low": fit.low,
            "exponent_high": fit.high,
        }


class ChainTask(CoherenceTask):
    """Entanglement entropy of blocks of the infinite transverse-field Ising chain; the seed plays no part.

    Examples
    --------
    >>> round(ChainTask(seed=1, field=2.0, spins=[8]).evaluate()["entropy"][0], 6)
    0.256346
    """

    kind: Literal["coherence-chain"] = "coherence-chain"
    field: float
    spins: Annotated[tuple[int, ...], Field(strict=False)]

    @property
    def cost_s(self) -> float:
        """One transform, and a singular value decomposition for each block."""
        return 0.3 + sum(3e-10 * block**3 for block in self.spins)

    def evaluate(self) -> Row:
        """``entropy`` of each block, bits."""
        from entsched.coherence.entangled.ising_chain import block_entropy

        entropy = [block_entropy(self.field, block) for block in self.spins]
        return {"kind": self.kind, "field": self.field, "spins": list(self.spins), "entropy": entropy}
