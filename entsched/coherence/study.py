"""A study of coherence: one YAML file of kind ``coherence`` names the parts to run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from entsched.coherence.part import Part
from entsched.coherence.parts.clocks import Clocks
from entsched.coherence.parts.consensus import Consensus
from entsched.coherence.parts.correlations import Correlations
from entsched.coherence.parts.graphs import Graphs
from entsched.coherence.parts.redundancy import Redundancy
from entsched.coherence.parts.scaling import Scaling
from entsched.coherence.parts.synchronisation import Synchronisation
from entsched.config import Name
from entsched.documents import document, read_document
from entsched.errors import ConfigError, EntschedError
from entsched.validation import Section, first_problem

#: The parts, in the order in which they are computed and shown.
PARTS = ("synchronisation", "graphs", "clocks", "consensus", "correlations", "redundancy", "scaling")


class CoherenceStudy(Section):
    """The predictions of distributed coherence that are put to the test, a section for each part.

    Raises
    ------
    pydantic.ValidationError
        If a key is unknown or out of range, or no part is named.
    """

    kind: Literal["coherence"]
    name: Name
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 1
    synchronisation: Synchronisation | None = None
    graphs: Graphs | None = None
    clocks: Clocks | None = None
    consensus: Consensus | None = None
    correlations: Correlations | None = None
    redundancy: Redundancy | None = None
    scaling: Scaling | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_empty_parts(cls, data: Any) -> Any:
        """A part that is named without keys has its defaults."""
        if not isinstance(data, dict):
            return data
        return {key: {} if value is None and key in PARTS else value for key, value in data.items()}

    @model_validator(mode="after")
    def _has_a_part(self) -> CoherenceStudy:
        if not self.parts():
            raise ValueError(f"no part, allowed: at least one of {', '.join(PARTS)}")
        return self

    def parts(self) -> dict[str, Part]:
        """The parts by name, in the order of the keys."""
        named = ((name, getattr(self, name)) for name in PARTS)
        return {name: part for name, part in named if isinstance(part, Part)}

    def to_yaml(self) -> str:
        """The study as it was understood, defaults included, in YAML that reads back as the same."""
        return document(self.model_dump(mode="json", exclude_none=True))


def load_coherence(path: str | Path) -> CoherenceStudy:
    """Read and check one study of coherence.

    Raises
    ------
    ConfigError
        In one line: the file, the path of the key, what was given and what is allowed.

    Examples
    --------
    >>> load_coherence("configs/two-types.yaml")
    Traceback (most recent call last):
        ...
    entsched.errors.ConfigError: configs/two-types.yaml: kind: given 'scheduling', allowed: 'coherence'
    """
    data: dict[str, Any] = {"kind": "scheduling"} | read_document(path)
    try:
        if data["kind"] != "coherence":
            raise ConfigError(f"kind: given {data['kind']!r}, allowed: 'coherence'")
        return CoherenceStudy(**data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {first_problem(error)}") from None
    except EntschedError as error:
        raise ConfigError(f"{path}: {error}") from None
