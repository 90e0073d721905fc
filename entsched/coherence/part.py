"""A part of a study of coherence: what it computes, what follows from the rows, and what they say of a prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from entsched.tasks import Row, Task
from entsched.validation import Section

#: Rows by the name of their table.
Tables = Mapping[str, Sequence[Row]]


class Verdict(StrEnum):
    """What a measurement says of a prediction."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    NOT_TESTABLE = "not testable as stated"


@dataclass(frozen=True)
class Finding:
    """One prediction and what came of its test.

    Attributes
    ----------
    section : of the draft that makes the prediction, such as ``5, 6.1``
    prediction : in one sentence
    test : what was measured
    null_hypothesis : what a classical network without the predicted property does
    result : the measured figures, with intervals
    entangled : what a genuinely entangled system gives in the same test
    """

    section: str
    prediction: str
    test: str
    null_hypothesis: str
    result: str
    entangled: str
    verdict: Verdict


class CoherenceTask(Task, ABC):
    """A task of a study of coherence; its random streams depend on ``seed`` and on its other content only."""

    seed: int

    @property
    @abstractmethod
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""


class Part(Section, ABC):
    """One section of a configuration of kind ``coherence``: the figure of the same name shows its tables."""

    @abstractmethod
    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """Everything to compute, in a fixed order."""

    @abstractmethod
    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """What follows from the rows of all tasks, in their order: tables of numbers and text."""

    def certificates(self, rows: Sequence[Row]) -> dict[str, str]:
        """What ``entsched verify`` can prove of the rows: documents in JSON by the name of their file."""
        return {}

    @abstractmethod
    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """What the tables say of the predictions."""
