"""What other packages may add, each kind by entry points of its own: strategies, and laws in configurations."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Union, get_args

from pydantic import Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from entsched.errors import ConfigError, EntschedError
from entsched.validation import Section

#: The origin of what this package holds.
ORIGIN = "built in"


@dataclass(frozen=True, eq=False)
class Kinds:
    """Classes by name that can stand in the same place: those of this package, and plugins.

    Attributes
    ----------
    group : of the entry points
    noun, plural : what one of them and several are called in messages
    base : the class that all derive from, as ``module:Class``
    built_in : the classes of this package by name, as ``module:Class``
    tag : what holds the name in the class: an attribute, or a field that is a Literal
    error : what is raised
    """

    group: str
    noun: str
    plural: str
    base: str
    built_in: Mapping[str, str]
    tag: str = "law"
    error: type[EntschedError] = ConfigError

    def names(self) -> list[str]:
        """The names of all, built-in ones first.

        Raises
        ------
        EntschedError
            If two have the same name.
        """
        return [*self.built_in, *sorted(found(self, tuple(sys.path)))]

    def origin(self, name: str) -> str:
        """Where one comes from: ``built in``, or its distribution and version."""
        if name in self.built_in:
            return ORIGIN
        distribution = self._point(name).dist
        return f"{distribution.name} {distribution.version}" if distribution else "unknown distribution"

    def load(self, name: str) -> type[Any]:
        """The class of a name.

        Raises
        ------
        EntschedError
            If there is none, or its plugin cannot be loaded or is not what its entry point says.
        """
        if name in self.built_in:
            return _imported(self.built_in[name])
        point = self._point(name)
        try:
            loaded = point.load()
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise self.error(f"plugin {self.noun} {name!r} ({point.value}) cannot be loaded: {reason}") from error
        self._check(name, loaded)
        return loaded

    def _point(self, name: str) -> EntryPoint:
        points = found(self, tuple(sys.path))
        if name not in points:
            raise self.error(f"unknown {self.noun} {name!r}, allowed: {', '.join(self.names())}")
        return points[name]

    def _check(self, name: str, loaded: Any) -> None:
        """Refuse what is no complete class of this kind with the name of its entry point."""
        here = f"plugin {self.noun} {name!r}"
        if not (isinstance(loaded, type) and issubclass(loaded, _imported(self.base))):
            raise self.error(f"{here} is not a subclass of {self.base.replace(':', '.')}")
        own = _own_name(loaded, self.tag)
        if not isinstance(own, str):
            wanted = f"a field {self.tag}: Literal[{name!r}]" if self.tag == "law" else self.tag
            raise self.error(f"{here} does not declare {wanted}")
        if own != name:
            raise self.error(f"{here} calls itself {own!r}, allowed: its entry point's name")
        missing = sorted(getattr(loaded, "__abstractmethods__", ()))
        if missing:
            raise self.error(f"{here} does not define {', '.join(missing)}")


def _own_name(kind: type[Section], tag: str) -> Any:
    field = kind.model_fields.get(tag)
    return next(iter(get_args(field.annotation)), None) if field else getattr(kind, tag, None)


@lru_cache(maxsize=64)
def found(kinds: Kinds, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """The entry points of a kind on a path of modules, by name.

    Raises
    ------
    EntschedError
        If two have the same name, or one has that of a class of this package.
    """
    points: dict[str, EntryPoint] = {}
    for point in entry_points(group=kinds.group):
        if point.name in kinds.built_in or point.name in points:
            other = f"a built-in {kinds.noun}" if point.name in kinds.built_in else points[point.name].value
            raise kinds.error(f"two {kinds.plural} are named {point.name!r}: {other} and {point.value}")
        points[point.name] = point
    return points


@lru_cache(maxsize=256)
def _imported(place: str) -> type[Any]:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


class Law(Section):
    """A section of one of several kinds, which its key ``law`` tells apart; other packages may add kinds.

    Annotate fields that take any of them as ``Annotated[Base, Open]``.
    """

    kinds: ClassVar[Kinds]

    if TYPE_CHECKING:
        law: str

    @property
    def origin(self) -> str:
        """Where its class comes from: ``built in``, a distribution and version, or a module and class."""
        try:
            if type(self) is self.kinds.load(self.law):
                return self.kinds.origin(self.law)
        except EntschedError:
            pass
        return f"{type(self).__module__}:{type(self).__qualname__}"

    def require_sound(self) -> None:
        """Refuse what its code says of itself if that cannot be; asked once of every law from outside this package.

        Raises
        ------
        ValueError
            In words: what was given, and what is allowed.
        """


def origins(section: Section) -> list[str]:
    """Where the laws in a section come from that are not built in: its results are theirs, and of their version.

    Examples
    --------
    >>> from entsched.workload import Workload
    >>> origins(Workload(arrival_rate_hz=0.5, service={"law": "exponential", "mean_s": 1.0}))
    []
    """
    own = [section.origin] if isinstance(section, Law) and section.law not in section.kinds.built_in else []
    parts = [value for name in type(section).model_fields if isinstance(value := getattr(section, name), Section)]
    return sorted({*own, *(each for part in parts for each in origins(part))})


class Open:
    """Marks a field that takes any law of a base: built-in ones checked as a closed union, plugins when they are named.

    Nothing outside this package is looked for until a law is named that is not built in.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Law], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            partial(_validated, source),
            handler.generate_schema(_union(source)),
            serialization=core_schema.simple_ser_schema("any"),
        )


def variants(base: Any, names: Sequence[Any]) -> list[Any]:
    """All laws that a base stands for; anything else stands for itself.

    Parameters
    ----------
    names : of laws whose plugins are looked for besides the built-in classes; unknown and broken ones are left out

    Examples
    --------
    >>> from entsched.workload import BaselineReward
    >>> [each.__name__ for each in variants(BaselineReward, [])], variants(float, ["linear"])
    (['Power', 'Saturating', 'Affine', 'Linear'], [<class 'float'>])
    """
    if not (isinstance(base, type) and issubclass(base, Law) and "kinds" in vars(base)):
        return [base]
    kinds: Kinds = base.kinds
    found = [kinds.load(name) for name in kinds.built_in]
    for name in names:
        if isinstance(name, str) and name not in kinds.built_in:
            try:
                found.append(kinds.load(name))
            except EntschedError:
                continue
    return found


def _union(base: type[Law], *more: type[Law]) -> Any:
    return Annotated[Union[(*variants(base, []), *more)], Field(discriminator="law")]


def _validated(base: type[Law], value: Any, closed: Any) -> Law:
    """A law from plain data, or as it is; ``closed`` takes the built-in ones and refuses what names none."""
    name = value.get("law") if isinstance(value, dict) else getattr(value, "law", None)
    if isinstance(value, base) and name not in base.kinds.built_in:
        return _sound(value)
    if not (isinstance(value, dict) and isinstance(name, str)) or name in base.kinds.built_in:
        return closed(value)
    if name not in base.kinds.names():
        allowed = ", ".join(map(repr, base.kinds.names()))
        raise PydanticKnownError("union_tag_invalid", {"discriminator": "'law'", "tag": name, "expected_tags": allowed})
    plugin: type[Law] = base.kinds.load(name)
    try:
        made = _adapter(base, plugin).validate_python(value)
    except (ValidationError, EntschedError):
        raise
    except Exception as error:
        raise _blamed(base, name, error) from error
    return _sound(made)


@lru_cache(maxsize=64)
def _adapter(base: type[Law], plugin: type[Law]) -> TypeAdapter[Law]:
    """The union with one plugin, so that its errors read as those of the others."""
    return TypeAdapter(_union(base, plugin))


@lru_cache(maxsize=1024)
def _sound(law: Law) -> Law:
    try:
        law.require_sound()
    except Exception as error:
        raise _blamed(type(law), law.law, error) from error
    return law


def _blamed(kind: type[Law], name: str, error: Exception) -> ConfigError:
    reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    return ConfigError(f"plugin {kind.kinds.noun} {name!r}: {' '.join(reason.split())}")
