"""What a source delivers: a Bell-diagonal state of two qubits, or something that only looks like one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from entsched.plugins import Kinds, Law, Open
from entsched.validation import Probability

#: Probabilities of Phi+, Phi-, Psi+, Psi-.
Weights = tuple[float, float, float, float]


class PairLaw(Law):
    """What a source delivers: a mixture of the Bell states Phi+, Phi-, Psi+, Psi- with probabilities ``weights``."""

    kinds: ClassVar[Kinds] = Kinds(
        group="entsched.pair_sources",
        noun="pair source",
        plural="pair sources",
        base="entsched.entanglement.pair:PairLaw",
        built_in={
            "werner": "entsched.entanglement.pair:Werner",
            "dephased": "entsched.entanglement.pair:Dephased",
            "bell_diagonal": "entsched.entanglement.pair:BellDiagonal",
            "shared_bits": "entsched.entanglement.pair:SharedBits",
        },
    )

    if TYPE_CHECKING:

        @property
        def weights(self) -> Weights:
            """Probabilities of Phi+, Phi-, Psi+, Psi-."""

    def require_sound(self) -> None:
        """Refuse weights that are not four probabilities."""
        weights = self.weights
        if len(weights) != 4 or not all(0 <= weight <= 1 for weight in weights) or abs(sum(weights) - 1) > 1e-9:
            raise ValueError(f"given weights {weights}, allowed: four probabilities with sum 1")


class Werner(PairLaw):
    """visibility |Phi+><Phi+| + (1 - visibility) / 4: white noise.

    Examples
    --------
    >>> Werner(visibility=0.8).weights
    (0.85, 0.05, 0.05, 0.05)
    """

    law: Literal["werner"] = "werner"
    visibility: Probability = 1.0

    @property
    def weights(self) -> Weights:
        """Probabilities of Phi+, Phi-, Psi+, Psi-."""
        rest = round((1 - self.visibility) / 4, 15)
        return (1 - 3 * rest, rest, rest, rest)


class Dephased(PairLaw):
    """Phi+ whose phase is lost but for ``coherence``: 1 is a Bell pair, 0 two equal classical bits."""

    law: Literal["dephased"] = "dephased"
    coherence: Probability

    @property
    def weights(self) -> Weights:
        """Probabilities of Phi+, Phi-, Psi+, Psi-."""
        return ((1 + self.coherence) / 2, (1 - self.coherence) / 2, 0.0, 0.0)


class BellDiagonal(PairLaw):
    """A mixture of the four Bell states Phi+, Phi-, Psi+, Psi-."""

    law: Literal["bell_diagonal"] = "bell_diagonal"
    weights: Annotated[tuple[Probability, Probability, Probability, Probability], Field(strict=False)]

    @model_validator(mode="after")
    def _is_distribution(self) -> BellDiagonal:
        if abs(sum(self.weights) - 1) > 1e-9:
            raise ValueError(f"weights: given a sum of {sum(self.weights):.12g}, allowed: 1")
        if sum(self.weights) > 1:  # by rounding: no state has more
            object.__setattr__(self, "weights", tuple(weight / sum(self.weights) for weight in self.weights))
        return self


class SharedBits(PairLaw):
    """An impostor: two equal random bits, (|00><00| + |11><11|) / 2, perfectly correlated and not entangled."""

    law: Literal["shared_bits"] = "shared_bits"

    @property
    def weights(self) -> Weights:
        """Probabilities of Phi+, Phi-, Psi+, Psi-."""
        return (0.5, 0.5, 0.0, 0.0)


#: Any pair source, told apart by its key ``law``.
PairState = Annotated[PairLaw, Open]
