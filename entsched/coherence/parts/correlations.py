"""Correlations of consensus nodes: joint distributions, entropies and Bell tests, beside Bell pairs and loopholes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from entsched.coherence.consensus.observers import ConsensusScenario
from entsched.coherence.correlations.names import certificate_file, refuse_names
from entsched.coherence.correlations.tasks import (
    ConsensusTask,
    LoopholeName,
    LoopholeTask,
    PairTask,
    SourceTask,
    WernerTask,
)
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import Probability

Visibilities = Annotated[tuple[Probability, ...], BeforeValidator(spread), Field(max_length=30)]
Curve = Annotated[tuple[Probability, ...], BeforeValidator(spread), Field(min_length=2, max_length=401)]
Significance = Annotated[float, Field(ge=1e-9, lt=1)]
RoundNumber = Annotated[int, Field(ge=100, le=1_000_000)]


def _default_scenarios() -> tuple[ConsensusScenario, ...]:
    """Nodes that read their logs in several ways, with and without faults, and the two plays that look entangled."""
    same = ({"settled_s": 0.05}, {"settled_s": 0.05})
    further = tuple({"back": back} for back in range(3))
    common = {"apart_s": 0.05}
    return tuple(
        ConsensusScenario.model_validate(common | changes)
        for changes in (
            {"name": "bit and parity"},
            {"name": "same settled bit", "questions_a": same, "questions_b": same},
            {"name": "crashes and partitions", "faults": {"down_share": 0.1, "divided_share": 0.2}},
            {"name": "three questions", "questions_a": further, "questions_b": further},
            {"name": "four answers", "answers": 4},
            {"name": "liars", "protocol": "byzantine", "nodes": 4, "liars": 1},
            {"name": "silence by question", "play": "post-selecting"},
            {"name": "questions through the log", "play": "communicating"},
        )
    )


class Correlations(Part):
    """Sources whose answers are recorded and tested.

    Attributes
    ----------
    scenarios : of consensus nodes
    rounds : of each scenario
    pair_rounds : of each Bell pair and each loophole
    significance : of all Bell tests of scenarios together; each gets its share
    visibilities : of the Bell pairs that are measured, with ``pair_rounds`` and with ``rounds``; 0.7071 is the limit of
        CHSH. Visibility 1 is always measured with ``rounds``, for each number of questions and answers of a scenario
    curve : visibilities at which entropies are computed, ascending
    loopholes : whether nodes that use loopholes are tested too

    Examples
    --------
    >>> small = Correlations(visibilities=[0.75], loopholes=False)
    >>> len(small.tasks(1)), small.tasks(1)[-2].kind
    (14, 'coherence-pair')
    """

    scenarios: Annotated[tuple[ConsensusScenario, ...], Field(strict=False, min_length=1, max_length=20)] = Field(
        default_factory=_default_scenarios
    )
    rounds: RoundNumber = 5_000
    pair_rounds: RoundNumber = 50_000
    significance: Significance = 0.01
    visibilities: Visibilities = (0.5, 0.7, 0.75, 0.9, 1.0)
    curve: Curve = Field(default_factory=lambda: tuple(round(0.01 * k, 2) for k in range(101)))
    loopholes: bool = True

    @field_validator("scenarios")
    @classmethod
    def _can_be_tested(cls, scenarios: tuple[ConsensusScenario, ...]) -> tuple[ConsensusScenario, ...]:
        from entsched.coherence.correlations.local_models import MAX_STRATEGIES

        refuse_names([scenario.name for scenario in scenarios])
        for scenario in scenarios:
            number = (scenario.answers + 1) ** sum(scenario.numbers)
            if number > MAX_STRATEGIES:
                raise ValueError(
                    f"given {number} deterministic strategies of {scenario.name!r}, allowed: at most {MAX_STRATEGIES}"
                )
        return scenarios

    @model_validator(mode="after")
    def _values_are_in_order(self) -> Correlations:
        if len(set(self.visibilities)) < len(self.visibilities):
            raise ValueError(f"visibilities: given {list(self.visibilities)}, allowed: each once")
        if any(left >= right for left, right in pairwise(self.curve)):
            raise ValueError("curve: given values that do not ascend, allowed: each above the one before")
        return self

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """Scenarios, loopholes, Bell pairs, also with as many rounds as scenarios, and the entropies of Bell pairs."""
        level = self.significance / len(self.scenarios)
        seen: list[SourceTask] = [
            ConsensusTask(seed=seed, rounds=self.rounds, significance=level, scenario=scenario)
            for scenario in self.scenarios
        ]
        if self.loopholes:
            seen += [
                LoopholeTask(seed=seed, rounds=self.pair_rounds, significance=level, loophole=name)
                for name in get_args(LoopholeName)
            ]
        pairs = [
            PairTask(seed=seed, rounds=self.pair_rounds, significance=level, visibility=visibility)
            for visibility in self.visibilities
        ]
        pairs += [task for task in self._pairs_at_size(seed, level) if task not in pairs]
        return (*seen, *pairs, WernerTask(seed=seed, visibilities=self.curve))

    def _pairs_at_size(self, seed: int, level: float) -> list[PairTask]:
        """Bell pairs in tests as large as those of scenarios: what these could have shown."""
        shapes = dict.fromkeys((scenario.numbers, scenario.answers) for scenario in self.scenarios)
        return [
            PairTask(
                seed=seed,
                rounds=self.rounds,
                significance=level,
                visibility=visibility,
                questions=questions,
                answers=answers,
            )
            for questions, answers in shapes
            for visibility in sorted({*(self.visibilities if (questions, answers) == ((2, 2), 2) else ()), 1.0})
        ]

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``joint``, ``entropies``, ``bell_tests``, ``werner``, ``loopholes`` and ``certificates``."""
        from entsched.coherence.correlations.tables import source_tables, werner_table

        *sources, werner = rows
        return source_tables(sources) | {"werner": werner_table(werner)}

    def certificates(self, rows: Sequence[Row]) -> dict[str, str]:
        """The certificate of each recorded source that has one."""
        return {certificate_file(row["source"]): row["certificate"] for row in rows if row.get("certificate")}

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """Of entropies, of Bell tests, and of loopholes if any were tested."""
        from entsched.coherence.correlations.words import bell_finding, entropy_finding, loophole_finding

        found = (entropy_finding(tables), bell_finding(tables), loophole_finding(tables))
        return tuple(finding for finding in found if finding is not None)
