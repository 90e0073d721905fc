"""A task: data with an identity and a pure evaluation."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from entsched import MODEL_VERSION, plugins
from entsched.deadline import patience_s, within
from entsched.strategies import registry
from entsched.strategies.choice import StrategyChoice
from entsched.validation import Section
from entsched.workload import Workload

Row = dict[str, Any]

#: How long the code of a plugin may take for each pair that is simulated, seconds.
PAIR_S = 1e-3


class Task(Section, ABC):
    """One unit of work. Two tasks with the same content have the same key and the same row."""

    kind: str

    @cached_property
    def key(self) -> str:
        """SHA-256 of the content: model version, workload (traces by content), and all settings."""
        content = self.model_dump_json(exclude={"workload"})
        workload: Workload | None = getattr(self, "workload", None)
        parts = (MODEL_VERSION, workload.digest if workload else "", content, self.origin)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def origin(self) -> str:
        """Where the code behind the task comes from, beyond this package."""
        choice: StrategyChoice | None = getattr(self, "strategy", None)
        return ", ".join([*([registry.origin(choice.name)] if choice else []), *plugins.origins(self)])

    @property
    def group(self) -> str:
        """Tasks of one group take about as long, and progress together: a strategy's, or a kind's."""
        return self.kind

    @property
    def label(self) -> str:
        """The task in a few words, for people."""
        splitting = getattr(self, "splitting", None)
        return self.group if splitting is None else f"{self.group} at p = {splitting:g}"

    @abstractmethod
    def evaluate(self) -> Row:
        """Compute the row; a pure function of the task."""


def evaluated(task: Task) -> Row:
    """The row of a task; where the code of a plugin takes part, it may take a minute and 1 ms for each pair.

    Raises
    ------
    DeadlineError
        If it takes longer.

    Examples
    --------
    >>> from entsched.tasks import BoundTask
    >>> workload = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> evaluated(BoundTask(workload=workload, splitting=0.5))["random_s"]
    0.5
    """
    if task.origin in ("", registry.ORIGIN):
        return task.evaluate()
    pairs: int = getattr(task, "pairs", 0)
    return within(patience_s() + PAIR_S * pairs, task.label, task.evaluate)
