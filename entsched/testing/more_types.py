"""A strategy on a workload with more types: some keep their word only on two."""

from __future__ import annotations

from contextlib import suppress

from entsched.errors import EntschedError, StrategyError
from entsched.testing import declarations, maps, resources, sharing, tables
from entsched.testing.check import NotApplicableError
from entsched.testing.subject import THREE_TYPES, Subject

#: The quick parts of the contract.
QUICK = (
    declarations.require_compiling,
    tables.require_tables,
    maps.require_ranges,
    tables.require_no_signalling,
    sharing.require_nothing_shared,
    maps.require_timeless,
    tables.require_symmetry,
    resources.require_local,
    resources.require_quantum,
)


def require_three_types(subject: Subject) -> None:
    """The quick parts of the contract, for one splitting probability on three types."""
    subject.all_plans()
    more = Subject(subject.strategy, THREE_TYPES, splittings=(0.5,))
    _require_not_refused(more)
    for body in QUICK:
        with suppress(NotApplicableError):
            body(more)


def _require_not_refused(more: Subject) -> None:
    """A strategy may refuse three types by an error of its own, as one with parameters for two does."""
    try:
        for scenario in more.scenarios:
            more.compiled(scenario)
    except StrategyError as error:
        if error.__cause__ is None or isinstance(error.__cause__, EntschedError):
            raise NotApplicableError(f"it refuses three types: {error}") from error
        raise
