"""What a strategy does where its pairs have no entanglement: no more than shared randomness can do."""

from __future__ import annotations

from collections.abc import Iterator

from entsched.entanglement import Entanglement
from entsched.errors import StrategyError
from entsched.strategies.base import Resource
from entsched.testing.check import NotApplicableError
from entsched.testing.resources import Part, compiled_with, is_listed, is_local, tables_of
from entsched.testing.running import SCARCE
from entsched.testing.subject import Subject

#: A pair that is separable: Werner's state is, up to a visibility of 1/3.
SEPARABLE = {"law": "werner", "visibility": 0.3}

#: Such pairs always, such pairs from a supply that runs out, and perfect ones from a source that fails.
POOR = Entanglement.model_validate({"pair": SEPARABLE})
POOR_AND_SCARCE = SCARCE.model_copy(update={"pair": POOR.pair})
FAILING = Entanglement.model_validate({**SCARCE.model_dump(), "fault": {"at_s": 1.0, "pair": SEPARABLE}})


def require_local_then(subject: Subject) -> None:
    """Without a pair, with pairs that are not entangled and with those of a source that failed, it is local."""
    if subject.strategy.resource is not Resource.ENTANGLED:
        raise NotApplicableError(f"it declares the resource {subject.strategy.resource}")
    subject.all_plans()
    parts = list(_parts(subject))
    if not parts:
        raise NotApplicableError("it refuses pairs of visibility 0.3, and a supply that runs out or fails")
    for table in tables_of(subject, parts, is_listed):
        if not is_local(table):
            raise StrategyError(
                f"{subject.title}: no local model fits its behavior without a pair, or with pairs that are not "
                "entangled (visibility 0.3), allowed: what follows from the pairs of the scenario"
            )


def _parts(subject: Subject) -> Iterator[Part]:
    for entanglement in (POOR, POOR_AND_SCARCE):
        for plan in compiled_with(subject, entanglement):
            yield plan, (plan.behavior, *plan.conditions)
    for plan in compiled_with(subject, FAILING):
        if plan.by_pair:
            yield plan, (plan.by_pair.without, *plan.by_pair.faulty)
