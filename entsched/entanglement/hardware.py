"""What the nodes of a network can do, by platform: published figures with ranges and sources, strict and cited."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from entsched.documents import document, read_document
from entsched.errors import ConfigError
from entsched.validation import Positive, Probability, Section, first_problem

Count = Annotated[int, Field(ge=0, le=1000)]
#: A fidelity below 1/4 is no white noise on a Bell pair.
Fidelity = Annotated[float, Field(ge=0.25, le=1, allow_inf_nan=False)]
Words = Annotated[str, Field(min_length=1, max_length=600)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]

MOST_BYTES = 100_000
LESS_IS_BETTER = {"dark_count", "readout_error"}


class Figure(Section):
    """A number from the literature: its value, the range of what is reported, where, and whether it was read there."""

    value: float
    range: tuple[float, float]
    source: Words
    checked: bool

    @model_validator(mode="after")
    def _is_inside(self) -> Figure:
        low, high = self.range
        if not low <= self.value <= high:
            raise ValueError(f"value: given {self.value:g}, allowed: inside its range [{low:g}, {high:g}]")
        return self


class PositiveFigure(Figure):
    """A rate or a time."""

    value: Positive
    range: Annotated[tuple[Positive, Positive], Field(strict=False)]


class ProbabilityFigure(Figure):
    """A probability or an efficiency."""

    value: Probability
    range: Annotated[tuple[Probability, Probability], Field(strict=False)]


class FidelityFigure(Figure):
    """A fidelity F, which white noise of visibility (4 F - 1) / 3 has.

    Examples
    --------
    >>> FidelityFigure(value=0.97, range=(0.9, 0.99), source="made up", checked=False).visibility
    0.96
    """

    value: Fidelity
    range: Annotated[tuple[Fidelity, Fidelity], Field(strict=False)]

    @property
    def visibility(self) -> float:
        """(4 F - 1) / 3: exact for a Werner pair, and for a depolarised two-qubit gate of mean fidelity F."""
        return round((4 * self.value - 1) / 3, 15)


class CountFigure(Figure):
    """A whole number."""

    value: Count
    range: Annotated[tuple[Count, Count], Field(strict=False)]


class Node(Section):
    """One node of a network; both ends of a link are alike.

    Parameters
    ----------
    carrier : what it emits, ``optical`` photons or ``microwave`` ones
    repetition_rate_hz : attempts per second at zero distance
    emission_efficiency : probability that an attempt puts a photon into the link, at the link's wavelength:
        collection and conversion included; for a source of pairs, that it puts a pair there
    detector_efficiency : probability that a photon that arrives is heralded
    dark_count : probability of a false click per detector and attempt
    pair_fidelity : of a pair at zero distance, without false heralds
    gate_fidelity : mean fidelity of the two-qubit gates that swap and purify
    readout_error : probability that an outcome is flipped
    t1_s, t2_s : relaxation and coherence time of a stored half; absent without memory
    slots : halves that can be stored

    Raises
    ------
    pydantic.ValidationError
        If a value is out of range, t2_s is above twice t1_s, or memory and times do not go together.

    Examples
    --------
    >>> node("trapped-ion").pair_fidelity.value
    0.96
    """

    name: Name
    platform: Words
    carrier: Literal["optical", "microwave"]
    repetition_rate_hz: PositiveFigure
    emission_efficiency: ProbabilityFigure
    detector_efficiency: ProbabilityFigure
    dark_count: ProbabilityFigure
    pair_fidelity: FidelityFigure
    gate_fidelity: FidelityFigure
    readout_error: ProbabilityFigure
    t1_s: PositiveFigure | None = None
    t2_s: PositiveFigure | None = None
    slots: CountFigure

    @model_validator(mode="after")
    def _is_physical(self) -> Node:
        has_memory = self.slots.value > 0
        if has_memory != (self.t1_s is not None) or has_memory != (self.t2_s is not None):
            raise ValueError(f"slots: given {self.slots.value}, allowed: 0 without t1_s and t2_s, or more with both")
        if self.t1_s and self.t2_s and self.t2_s.value > 2 * self.t1_s.value:
            raise ValueError(f"t2_s: given {self.t2_s.value:g}, allowed: at most 2 t1_s = {2 * self.t1_s.value:g}")
        return self

    @property
    def loss_rate_hz(self) -> float:
        """Rate at which a stored half costs its pair visibility, per second; 0 without memory.

        1 / t2_s, or (2/3) (1 / t2_s + 1 / (2 t1_s)) where that is more: white noise that is never too kind at first.
        """
        if self.t1_s is None or self.t2_s is None:
            return 0.0
        relaxed_hz, dephased_hz = 1 / self.t1_s.value, 1 / self.t2_s.value
        return max(dephased_hz, 2 / 3 * (dephased_hz + relaxed_hz / 2))

    @property
    def figures(self) -> dict[str, Figure]:
        """All figures of this node, by name."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Figure)}

    def at(self, end: Literal["best", "worst"]) -> Node:
        """The same node with every figure at the better or worse end of its range; hardly a device is all of that.

        Examples
        --------
        >>> node("trapped-ion").at("best").dark_count.value
        1e-09
        """
        ends = {name: int((end == "best") != (name in LESS_IS_BETTER)) for name in self.figures}
        moved = {
            name: figure.model_copy(update={"value": figure.range[ends[name]]}) for name, figure in self.figures.items()
        }
        return self.model_copy(update=moved)


def load_node(path: str | Path) -> Node:
    """The node that a YAML file describes, in the keys of :class:`Node`.

    Raises
    ------
    ConfigError
        In one line with the file, if it cannot be read or a key is unknown, missing or out of range.

    Examples
    --------
    >>> load_node("absent.yaml")
    Traceback (most recent call last):
        ...
    entsched.errors.ConfigError: absent.yaml: cannot be read: No such file or directory
    """
    try:
        return Node.model_validate(read_document(path))
    except ValidationError as error:
        raise ConfigError(f"{path}: {first_problem(error)}") from None


def presets() -> tuple[str, ...]:
    """The names of the nodes that come with the package.

    Examples
    --------
    >>> presets()
    ('colour-centre', 'neutral-atom', 'photonic', 'superconducting', 'trapped-ion')
    """
    folder = files("entsched.entanglement") / "presets"
    return tuple(sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml")))


def node(name: str) -> Node:
    """The node of this name that comes with the package.

    Raises
    ------
    ConfigError
        If there is none of this name.

    Examples
    --------
    >>> node("abacus")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    entsched.errors.ConfigError: given node 'abacus', allowed: colour-centre, neutral-atom, photonic, ...
    """
    if name not in presets():
        raise ConfigError(f"given node {name!r}, allowed: {', '.join(presets())}, or a file that ends in .yaml")
    with as_file(files("entsched.entanglement") / "presets" / f"{name}.yaml") as path:
        return load_node(path)


def find_node(name: str) -> Node:
    """A node by the name of a preset, or by its file, whose name ends in .yaml or .yml.

    Raises
    ------
    ConfigError
        If there is neither.

    Examples
    --------
    >>> find_node("photonic").slots.value
    0
    """
    return load_node(name) if name.endswith((".yaml", ".yml")) else node(name)


def _described(value: Any) -> Any:
    return find_node(value) if isinstance(value, str) else value


#: A node as configurations give it: a preset by name, a YAML file, or its figures.
GivenNode = Annotated[Node, BeforeValidator(_described)]


def as_yaml(made: Node) -> str:
    """A node as the file that :func:`load_node` reads.

    Examples
    --------
    >>> as_yaml(node("photonic")).splitlines()[:2]
    ['name: photonic', 'platform: parametric down-conversion at telecom wavelengths, without memory']
    """
    return document(made.model_dump(mode="json", exclude_none=True))


def table(nodes: tuple[Node, ...] | None = None) -> str:
    """All figures of some nodes, of the presets by default, as a table in Markdown.

    Examples
    --------
    >>> print(table().splitlines()[2])  # doctest: +ELLIPSIS
    | colour-centre | `repetition_rate_hz` | 180000 | 10000 to 1e+06 | no | P. C. Humphreys...
    """
    chosen = nodes if nodes is not None else tuple(node(name) for name in presets())
    rows = [
        f"| {each.name} | `{name}` | {figure.value:g} | {figure.range[0]:g} to {figure.range[1]:g} "
        f"| {'yes' if figure.checked else 'no'} | {figure.source} |"
        for each in chosen
        for name, figure in each.figures.items()
    ]
    return "\n".join(["| node | figure | value | range | read there | source |", "|---|---|---|---|---|---|", *rows])
