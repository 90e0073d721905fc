"""Tasks: recorded rounds of one source with their Bell test, and entropies of Bell pairs with noise."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from entsched.coherence.consensus.observers import ConsensusScenario, observe
from entsched.coherence.consensus.rounds import Rounds
from entsched.coherence.part import CoherenceTask
from entsched.coherence.streams import generator
from entsched.tasks import Row
from entsched.validation import Probability

#: What exposes the plays of consensus nodes that are loopholes on purpose, by the name of the loophole.
PLAYS: Mapping[str, tuple[str, str]] = {
    "post-selecting": ("silence", "silence counted as an outcome"),
    "communicating": ("communication", "time stamps"),
}

LoopholeName = Literal["silence", "communication", "memory", "predictable questions"]
Level = Annotated[float, Field(ge=1e-11, lt=1)]
Questions = Annotated[int, Field(ge=1, le=16)]


class Recorded(NamedTuple):
    """Rounds and what a Bell test must know of them."""

    rounds: Rounds
    latency_s: float
    answers: int = 2
    questions: tuple[int, int] = (2, 2)


class SourceTask(CoherenceTask):
    """A source that is recorded and tested."""

    rounds: int
    significance: Level

    @property
    @abstractmethod
    def described(self) -> Row:
        """``source``, ``group`` and, if it is one, ``loophole`` with ``exposed_by``."""

    @abstractmethod
    def recorded(self) -> Recorded:
        """Play the rounds."""

    @property
    def label(self) -> str:
        """The source."""
        return f"correlations of {self.described['source']}"

    @property
    def cost_s(self) -> float:
        """Seconds: half of one for the program and its certificate, and the rounds."""
        return 0.5 + 1e-6 * self.rounds

    def evaluate(self) -> Row:
        """The counts, the figures of the Bell test, its certificate as JSON text, and what that proves."""
        from entsched.coherence.correlations.bell import BellTest, bell_test
        from entsched.coherence.correlations.counts import counted
        from entsched.games import checker

        recorded = self.recorded()
        counts = counted(recorded.rounds, recorded.answers, recorded.questions)
        test: BellTest = bell_test(
            recorded.rounds, self.significance, recorded.latency_s, recorded.answers, recorded.questions
        )
        document = test.certificate(self.described["source"])
        row = self.described | {"rounds": self.rounds, "significance": self.significance, "answers": recorded.answers}
        row |= {"questions_a": recorded.questions[0], "questions_b": recorded.questions[1]} | test.figures()
        row |= {"certificate": json.dumps(document) if document else ""}
        row |= {"proved": str(checker.check(document)).removeprefix("proved: ") if document else ""}
        return row | {"shape": list(counts.shape), "counts": counts.ravel().tolist()}


class ConsensusTask(SourceTask):
    """Two nodes of a replicated log."""

    kind: Literal["coherence-observed"] = "coherence-observed"
    scenario: ConsensusScenario

    @property
    def described(self) -> Row:
        """The scenario by its name."""
        loophole, exposed_by = PLAYS.get(self.scenario.play, ("", ""))
        return {"source": self.scenario.name, "group": "consensus", "loophole": loophole, "exposed_by": exposed_by}

    @property
    def cost_s(self) -> float:
        """Seconds: what the log sends and what the observers ask."""
        run_s = self.rounds * self.scenario.apart_s
        sent = self.scenario.nodes * (self.scenario.commands_per_s + 1 / self.scenario.heartbeat_s)
        asked = 20 if self.scenario.play == "communicating" else 1
        return 0.5 + 4e-5 * (run_s * sent + self.rounds * asked)

    def recorded(self) -> Recorded:
        """Run the cluster; news needs at least the least latency of its network."""
        scenario = self.scenario
        rounds = observe(scenario, self.rounds, generator(self.seed, "observed", scenario.content, self.rounds))
        return Recorded(rounds, scenario.minimum_latency_s, scenario.answers, scenario.numbers)


class PairTask(SourceTask):
    """Bell pairs with white noise, measured at the settings of the CHSH game.

    Attributes
    ----------
    questions : of A and of B; every second one has the same setting
    answers : of which 0 and 1 occur; more make the test as large as that of a scenario
    """

    kind: Literal["coherence-pair"] = "coherence-pair"
    visibility: Probability
    questions: Annotated[tuple[Questions, Questions], Field(strict=False)] = (2, 2)
    answers: Literal[2, 4] = 2

    @property
    def described(self) -> Row:
        """The pair by its visibility and the size of its test."""
        source = f"Bell pair {self.visibility!r}, {self.rounds} rounds"
        if self.questions != (2, 2):
            source += f", {self.questions[0]} x {self.questions[1]} questions"
        if self.answers != 2:
            source += f", {self.answers} answers"
        return {"source": source, "group": "pair", "loophole": "", "exposed_by": "", "visibility": self.visibility}

    def recorded(self) -> Recorded:
        """Measure a fresh pair each round."""
        from entsched.coherence.correlations.sources import LATENCY_S, pair_behavior, sampled

        random = generator(self.seed, "pair", self.visibility, self.rounds, *self.questions)
        rounds = sampled(pair_behavior(self.visibility), self.rounds, random, self.questions)
        return Recorded(rounds, LATENCY_S, self.answers, self.questions)


class LoopholeTask(SourceTask):
    """Nodes without entanglement that use a loophole."""

    kind: Literal["coherence-loophole"] = "coherence-loophole"
    loophole: LoopholeName

    @property
    def described(self) -> Row:
        """The loophole by its name."""
        from entsched.coherence.correlations.loopholes import LOOPHOLES

        exposed_by = LOOPHOLES[self.loophole].exposed_by
        return {
            "source": f"loophole: {self.loophole}",
            "group": "loophole",
            "loophole": self.loophole,
            "exposed_by": exposed_by,
        }

    def recorded(self) -> Recorded:
        """Play the loophole."""
        from entsched.coherence.correlations.loopholes import LOOPHOLES
        from entsched.coherence.correlations.sources import LATENCY_S

        random = generator(self.seed, "loophole", self.loophole, self.rounds)
        return Recorded(LOOPHOLES[self.loophole].rounds(self.rounds, random), LATENCY_S)


class WernerTask(CoherenceTask):
    """Entropies of Bell pairs with white noise, exact.

    Examples
    --------
    >>> row = WernerTask(seed=1, visibilities=(0.0, 1.0)).evaluate()
    >>> [round(value, 6) for value in row["conditional_entropy_bits"]], round(row["negative_above"], 4)
    ([1.0, -1.0], 0.7476)
    """

    kind: Literal["coherence-werner"] = "coherence-werner"
    visibilities: Annotated[tuple[Probability, ...], Field(strict=False)]

    @property
    def label(self) -> str:
        """What is computed."""
        return "entropies of Bell pairs"

    @property
    def cost_s(self) -> float:
        """Seconds: loading the library, and a few milliseconds a state."""
        return 1.0 + 0.005 * len(self.visibilities)

    def evaluate(self) -> Row:
        """Lists by visibility, in bits; also the mutual information of the answers to the best common question."""
        from entsched.quantum.bell import werner
        from entsched.quantum.entropy import (
            conditional_entropy_bits,
            measured_information_bits,
            mutual_information_bits,
            negative_above,
        )

        states = [werner(visibility) for visibility in self.visibilities]
        return {
            "visibility": list(self.visibilities),
            "conditional_entropy_bits": [conditional_entropy_bits(state) for state in states],
            "mutual_information_bits": [mutual_information_bits(state) for state in states],
            "measured_information_bits": [measured_information_bits(state) for state in states],
            "negative_above": negative_above(),
        }
