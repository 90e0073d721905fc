"""One YAML file is one experiment: read strictly, refused in one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from entsched.communication import Communication
from entsched.documents import anchored, document, read_document
from entsched.entanglement.choice import EntanglementChoice
from entsched.envelope.places import Setting, check
from entsched.envelope.section import Envelope
from entsched.errors import ConfigError, EntschedError
from entsched.reading.changes import changed as changed_data
from entsched.reading.keys import MAX_STRATEGIES, Axis, find_axes
from entsched.reading.ranges import MAX_POINTS, spread
from entsched.sim.task import Run, require_end
from entsched.static.game import GAP, MOST_BOXES, StaticGame
from entsched.strategies.choice import StrategyChoice
from entsched.validation import Positive, Probability, Section, first_problem
from entsched.workload import Baseline, Workload
from entsched.workload.service import ServiceLaw, TwoMomentLaw
from entsched.workload.trace import Trace

MAX_RUNS = 1_000_000
MAX_REPLICATIONS = 10_000


def _chosen(value: Any) -> Any:
    """A strategy written as its name, or as a mapping of its name and parameters."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and isinstance(value.get("name"), str) and all(isinstance(k, str) for k in value):
        return {"name": value["name"], "parameters": {k: v for k, v in value.items() if k != "name"}}
    if isinstance(value, StrategyChoice):
        return value
    raise ValueError(f"given {value!r}, allowed: a strategy's name, or {{name, parameters...}}")


Splittings = Annotated[tuple[Probability, ...], BeforeValidator(spread), Field(min_length=1, max_length=MAX_POINTS)]
Grid = Annotated[tuple[Positive, ...], BeforeValidator(spread), Field(min_length=1, max_length=200)]


class Simulation(Run):
    """How the model is simulated, beyond what one run needs.

    ``splitting`` picks the splitting probabilities that are simulated; by default all that are
    bounded. With ``precision``, replications are added until the 95 % intervals of mean wait and
    baseline rate are within that fraction of their means, up to ``most_replications``.
    """

    replications: Annotated[int, Field(ge=1, le=MAX_REPLICATIONS)] = 10
    precision: Annotated[float, Field(gt=0, lt=1)] | None = None
    most_replications: Annotated[int, Field(ge=2, le=MAX_REPLICATIONS)] = 1000
    splitting: Splittings | None = None

    @model_validator(mode="after")
    def _can_grow(self) -> Simulation:
        if self.precision is not None and self.replications > self.most_replications:
            raise ValueError(
                f"replications: given {self.replications}, allowed: at most most_replications {self.most_replications}"
            )
        return self

    def run(self) -> dict[str, Any]:
        """What one run needs of this, by name."""
        return {name: getattr(self, name) for name in Run.model_fields}


class Qos(Section):
    """A promise on quality of service: the mean wait may not exceed ``max_wait_s``."""

    max_wait_s: Positive


class GainMap(Section):
    """A map of the largest certified gain over load and squared coefficient of variation."""

    load: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], BeforeValidator(spread)]
    scv: Grid


class StaticBounds(Section):
    """Both ends of R - weight W over static routing, with and without entanglement, at several weights.

    ``gap`` is what may stay open, as a fraction of R + weight W; a proof ends after so many ``boxes`` as it is.
    """

    weights: Grid
    gap: Annotated[float, Field(ge=1e-7, le=0.5)] = GAP
    boxes: Annotated[int, Field(ge=1, le=1_000_000)] = MOST_BOXES


#: The name of an experiment or of a study.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Experiment(Section):
    """One experiment, as its YAML file states it.

    Raises
    ------
    pydantic.ValidationError
        If a key is unknown, missing or out of range; :func:`load_experiment` turns it into one line.
    """

    kind: Literal["scheduling"] = "scheduling"
    name: Name
    workload: Workload
    baseline: Baseline
    splitting: Splittings
    strategies: Annotated[
        tuple[Annotated[StrategyChoice, BeforeValidator(_chosen)], ...], Field(strict=False, max_length=MAX_STRATEGIES)
    ] = ()
    simulation: Simulation | None = None
    entanglement: EntanglementChoice = Field(default_factory=EntanglementChoice)
    communication: Communication = Field(default_factory=Communication)
    qos: Qos | None = None
    map: GainMap | None = None
    envelope: Envelope | None = None
    static: StaticBounds | None = None
    certificates: bool | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Experiment:
        pairs = self.entanglement.resolved
        if self.simulation is not None:
            require_end(pairs, self.workload)
        labels = [choice.label for choice in self.strategies]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"strategies: {twice[0]!r} stands twice, allowed: once")
        for values in (self.splitting, self.simulation.splitting if self.simulation else None):
            if values is not None and len(set(values)) < len(values):
                raise ValueError("splitting: a value stands twice, allowed: once")
        if self.simulation is not None:
            points = len(self.simulation.splitting or self.splitting)
            runs = len(self.strategies) * points * self.simulation.replications
            if runs > MAX_RUNS:
                raise ValueError(
                    f"simulation: {runs} runs (strategies x splitting x replications), allowed: {MAX_RUNS}"
                )
        if self.envelope is not None:
            check(self.setting(self.envelope))
        for weight in self.static.weights if self.static else ():
            StaticGame(self.workload, self.baseline, weight)
        if self.map is not None:
            if not isinstance(self.workload.service, TwoMomentLaw) or self.workload.joint is not None:
                raise ValueError(
                    f"map: service law {self.workload.service.law!r} has no scv to vary, "
                    "allowed: hyperexponential or lognormal, independent"
                )
            for scv in self.map.scv:
                self.cell(self.map.load[0], scv)
        return self

    def setting(self, envelope: Envelope) -> Setting:
        """The resources of this experiment, for an envelope."""
        return Setting(self.workload, self.splitting, self.entanglement, self.communication, envelope)

    def cell(self, load: float, scv: float) -> Workload:
        """The workload at another load and squared coefficient of variation."""
        law = self.workload.service
        service = law.model_dump() | {"scv": scv}
        return Workload(
            arrival_rate_hz=load / law.mean_service_s,
            service=service,  # type: ignore[arg-type]
            order=self.workload.order,
        )


def load_experiment(path: str | Path) -> Experiment:
    """Read and check one experiment; a relative trace path counts from the configuration's folder.

    Raises
    ------
    ConfigError
        In one line: the file, the path of the key, what was given and what is allowed; also if a key
        that takes one value is given several.
    """
    axes, data = read_axes(path)
    for axis in axes:
        if len(axis.values) > 1:
            given = f"given {len(axis.values)} values for {axis.key}"
            raise ConfigError(f"{path}: {given}, allowed: one; entsched run takes lists")
    return validated(data, str(path))


def read_axes(path: str | Path) -> tuple[tuple[Axis, ...], dict[str, Any]]:
    """The keys of a configuration that are given several values, and the configuration with the first of each.

    Raises
    ------
    ConfigError
        In one line: if the file cannot be read, or an axis is malformed. Single values are not checked yet.
    """
    data = anchored(read_document(path), Path(path).parent.absolute())
    if data.get("kind", "scheduling") != "scheduling":
        raise ConfigError(f"{path}: kind: given {data['kind']!r}, allowed: 'scheduling'; entsched run takes others")
    try:
        return find_axes(data, Experiment)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def validated(data: dict[str, Any], place: str) -> Experiment:
    """The experiment that plain data describes.

    Raises
    ------
    ConfigError
        In one line that begins with ``place``: the path of the key, what was given and what is allowed.

    Examples
    --------
    >>> validated({}, "here")
    Traceback (most recent call last):
        ...
    entsched.errors.ConfigError: here: name: missing, allowed: a value for this key
    """
    try:
        return Experiment(**data)
    except ValidationError as error:
        raise ConfigError(f"{place}: {first_problem(error)}") from None
    except EntschedError as error:
        raise ConfigError(f"{place}: {error}") from None


def changed(experiment: Experiment, changes: Sequence[str]) -> Experiment:
    """The experiment with other values at dotted keys, each change ``KEY=VALUE`` in YAML.

    Raises
    ------
    ConfigError
        In one line: the key, what was given and what is allowed.

    Examples
    --------
    >>> experiment = load_experiment("configs/two-types.yaml")
    >>> changed(experiment, ["entanglement.pair={law: werner, visibility: 0.9}"]).entanglement.pair.visibility
    0.9
    """
    data = experiment.model_dump() | {"strategies": experiment.strategies}
    return validated(changed_data(data, changes), "--set") if changes else experiment


def to_yaml(experiment: Experiment) -> str:
    """The experiment as it was understood, defaults included, in YAML that reads back as the same.

    A trace with bins is written as its discrete law, with a comment on where it came from, so that
    the text stands alone.
    """
    data = experiment.model_dump(mode="json", exclude_none=True)
    origin, data["workload"]["service"] = standalone(experiment.workload.service)
    data["strategies"] = [{"name": choice.name, **choice.parameters} for choice in experiment.strategies]
    return origin + document(data)


def standalone(law: ServiceLaw) -> tuple[str, dict[str, Any]]:
    """A service law as data that needs no file if it has bins, and a comment on the file that it came from.

    Examples
    --------
    >>> from entsched.workload.service import Exponential
    >>> standalone(Exponential(law="exponential", mean_s=1.0))
    ('', {'law': 'exponential', 'mean_s': 1.0})
    """
    if not isinstance(law, Trace):
        return "", law.model_dump(mode="json", exclude_none=True)
    file = Path(law.path).name
    origin = f"# service: column {law.column!r} of {file!r}, {law.seconds_per_unit:g} s per unit, {law.bins} bins\n"
    return origin, law.resolved().model_dump(mode="json", exclude_none=True)
