"""One YAML file is one experiment: read strictly, refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from entsched.errors import ConfigError, EntschedError
from entsched.sim.task import Measurement
from entsched.strategies.choice import StrategyChoice
from entsched.validation import Positive, Probability, Section, first_problem
from entsched.workload import Baseline, Workload
from entsched.workload.service import TwoMomentLaw
from entsched.workload.trace import Trace

MAX_CONFIG_BYTES = 4_000_000
MAX_POINTS = 10_001
MAX_RUNS = 1_000_000


class Range(Section):
    """Evenly spaced values: ``{start: 0.0, stop: 1.0, num: 41}``."""

    start: Annotated[float, Field(allow_inf_nan=False)]
    stop: Annotated[float, Field(allow_inf_nan=False)]
    num: Annotated[int, Field(ge=1, le=MAX_POINTS)]

    @model_validator(mode="after")
    def _ascends(self) -> Range:
        if not self.start < self.stop or self.num < 2:
            raise ValueError(
                f"given start {self.start:g}, stop {self.stop:g}, num {self.num}, "
                "allowed: start below stop, and num of 2 or more"
            )
        return self

    def values(self) -> tuple[float, ...]:
        """The values, ends included, rounded to 12 digits so that 0.05 steps read as such."""
        return tuple(float(v) for v in np.linspace(self.start, self.stop, self.num).round(12))


def _spread(value: Any) -> Any:
    """A range as the tuple of its values; lists pass through."""
    if isinstance(value, dict):
        try:
            return Range(**value).values()
        except (ValidationError, TypeError) as error:
            raise ValueError(first_problem(error) if isinstance(error, ValidationError) else str(error)) from None
    if not isinstance(value, list | tuple):
        raise ValueError(f"given {value!r}, allowed: a list, or {{start, stop, num}}")
    return tuple(value)


def _chosen(value: Any) -> Any:
    """A strategy written as its name, or as a mapping of its name and parameters."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and isinstance(value.get("name"), str) and all(isinstance(k, str) for k in value):
        return {"name": value["name"], "parameters": {k: v for k, v in value.items() if k != "name"}}
    if isinstance(value, StrategyChoice):
        return value
    raise ValueError(f"given {value!r}, allowed: a strategy's name, or {{name, parameters...}}")


Splittings = Annotated[tuple[Probability, ...], BeforeValidator(_spread), Field(min_length=1, max_length=MAX_POINTS)]
Grid = Annotated[tuple[Positive, ...], BeforeValidator(_spread), Field(min_length=1, max_length=200)]


class Simulation(Section):
    """How the event model is run.

    ``splitting`` picks the splitting probabilities that are simulated; by default all that are
    bounded. ``measurement: pairs`` measures a qutip state for every single request pair.
    """

    engine: Literal["simpy"] = "simpy"
    pairs: Annotated[int, Field(ge=10, le=2_000_000)] = 50_000
    replications: Annotated[int, Field(ge=1, le=10_000)] = 10
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    warmup_fraction: Annotated[float, Field(ge=0, le=0.9)] = 0.1
    measurement: Measurement = "table"
    splitting: Splittings | None = None


class Qos(Section):
    """A promise on quality of service: the mean wait may not exceed ``max_wait_s``."""

    max_wait_s: Positive


class GainMap(Section):
    """A map of the largest certified gain over load and squared coefficient of variation."""

    load: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], BeforeValidator(_spread)]
    scv: Grid


class Experiment(Section):
    """One experiment, as its YAML file states it.

    Raises
    ------
    pydantic.ValidationError
        If a key is unknown, missing or out of range; :func:`load_experiment` turns it into one line.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    workload: Workload
    baseline: Baseline
    splitting: Splittings
    strategies: Annotated[
        tuple[Annotated[StrategyChoice, BeforeValidator(_chosen)], ...], Field(strict=False, max_length=100)
    ] = ()
    simulation: Simulation | None = None
    qos: Qos | None = None
    map: GainMap | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Experiment:
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
        if self.map is not None:
            if not isinstance(self.workload.service, TwoMomentLaw) or self.workload.joint is not None:
                raise ValueError(
                    f"map: service law {self.workload.service.law!r} has no scv to vary, "
                    "allowed: hyperexponential or lognormal, independent"
                )
            for scv in self.map.scv:
                self.cell(self.map.load[0], scv)
        return self

    def cell(self, load: float, scv: float) -> Workload:
        """The workload at another load and squared coefficient of variation."""
        law = self.workload.service
        service = law.model_dump() | {"scv": scv}
        return Workload(
            arrival_rate_hz=load / law.mean_service_s,
            service=service,  # type: ignore[arg-type]
            order=self.workload.order,
        )


class _StrictLoader(yaml.SafeLoader):
    """YAML without duplicate keys and without aliases, which can grow a file beyond all bounds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if not isinstance(key, str):
                raise yaml.YAMLError(f"key {key!r} is not text")
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"key {key!r} stands twice")
        return super().construct_mapping(node, deep)


def load_experiment(path: str | Path) -> Experiment:
    """Read and check one experiment; a relative trace path counts from the configuration's folder.

    Raises
    ------
    ConfigError
        In one line: the file, the path of the key, what was given and what is allowed.
    """
    text = _read(Path(path))
    try:
        data = yaml.load(text, _StrictLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{path}: not valid YAML: {_one_line(error)}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: given {type(data).__name__}, allowed: a mapping of keys such as name, workload")
    _anchor_trace(data, Path(path).parent)
    try:
        return Experiment(**data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {first_problem(error)}") from None
    except EntschedError as error:
        raise ConfigError(f"{path}: {error}") from None


def to_yaml(experiment: Experiment) -> str:
    """The experiment as it was understood, defaults included, in YAML that reads back as the same.

    A trace with bins is written as its discrete law, with a comment on where it came from, so that
    the text stands alone.
    """
    origin = ""
    data = experiment.model_dump(mode="json", exclude_none=True)
    if isinstance(law := experiment.workload.service, Trace):
        origin = (
            f"# service: column {law.column!r} of {law.path!r}, {law.seconds_per_unit:g} s per unit, {law.bins} bins\n"
        )
        data["workload"]["service"] = law.resolved().model_dump(mode="json", exclude_none=True)
    data["strategies"] = [{"name": choice.name, **choice.parameters} for choice in experiment.strategies]
    return origin + yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_CONFIG_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: cannot be read: not UTF-8 text") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _anchor_trace(data: dict[str, Any], folder: Path) -> None:
    workload = data.get("workload")
    service = workload.get("service") if isinstance(workload, dict) else None
    if isinstance(service, dict) and service.get("law") == "trace" and isinstance(service.get("path"), str):
        service["path"] = str(folder / service["path"])
