"""Two observers ask two nodes at the same instants, each a question that nobody else knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from entsched.coherence.consensus.events import expected_events, refusal
from entsched.coherence.consensus.questions import LocalState, Question, answer, settled
from entsched.coherence.consensus.rounds import SILENT, Rounds
from entsched.coherence.consensus.settings import NodeIndex, Replication
from entsched.errors import ConfigError
from entsched.validation import NonNegative, Positive

if TYPE_CHECKING:
    from entsched.coherence.consensus.cluster import Cluster
    from entsched.coherence.consensus.commands import Command

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

#: The most rounds of one call.
MOST_ROUNDS = 1_000_000

#: Questions that an observer may have.
MOST_QUESTIONS = 16

Questions = Annotated[tuple[Question, ...], Field(strict=False, min_length=1, max_length=MOST_QUESTIONS)]

#: The plays that have two questions for each observer, whatever the library says.
BELL_PLAYS = ("post-selecting", "communicating")


class ConsensusScenario(Replication):
    """A replicated log and the two observers of two of its nodes.

    Attributes
    ----------
    name : for people: letters, digits, spaces and ``. , : + - ( ) / % = _``, on one line
    play : how nodes answer. ``questions``: look up the question, in the own log. ``post-selecting``: two settled bits
        r, g of the own log; A answers r to question g and keeps silent to the other, B answers r xor (g and y), so
        that rounds with two answers always win the CHSH game. ``communicating``: both questions go through the log,
        A answers r, the bit before them, and B r xor (x and y), which always wins and is no test of anything
    observed : the nodes of A and B
    questions_a, questions_b : from which each observer draws one a round, all equally likely, for play ``questions``
    answers : 2 or 4
    apart_s : time between rounds
    warm_up_s : time before the first
    response_s : answers take half to all of this
    patience_s : for which an observer waits; unless given, 0.9 of the least latency, or ten rounds if questions go
        through the log; a configuration that is written down again leaves it out as long as it is not given
    settled_s : for ``post-selecting``, the age of the bits
    silent_without_leader : whether a node that knows no leader keeps silent

    Examples
    --------
    >>> scenario = ConsensusScenario(questions_a=[{}, {"back": 1}], questions_b=[{}])
    >>> scenario.numbers, round(scenario.longest_wait_s, 6)
    ((2, 1), 0.0009)
    """

    name: Annotated[str, Field(pattern=r"^[\p{L}\p{N}][\p{L}\p{N} .,:+\-()/%=_]{0,59}$")] = "consensus"
    play: Literal["questions", "post-selecting", "communicating"] = "questions"
    observed: Annotated[tuple[NodeIndex, NodeIndex], Field(strict=False)] = (0, 1)
    questions_a: Questions = (Question(), Question(reads="window-parity", window=2))
    questions_b: Questions = (Question(), Question(reads="window-parity", window=2))
    answers: Literal[2, 4] = 2
    apart_s: Positive = 0.02
    warm_up_s: NonNegative = 1.0
    response_s: Positive = 0.0004
    patience_s: Positive | None = None
    settled_s: NonNegative = 0.05
    silent_without_leader: bool = True

    @property
    def numbers(self) -> tuple[int, int]:
        """How many questions each observer has."""
        return (2, 2) if self.play in BELL_PLAYS else (len(self.questions_a), len(self.questions_b))

    @property
    def longest_wait_s(self) -> float:
        """After which an observer gives up, seconds."""
        if self.patience_s is not None:
            return self.patience_s
        return 10 * self.apart_s if self.play == "communicating" else 0.9 * self.minimum_latency_s

    def refusal(self, rounds: int) -> str | None:
        """Why so many rounds would take too long, if they would."""
        duration_s = self.warm_up_s + self.apart_s * rounds + self.longest_wait_s
        through_log = 2 / self.apart_s if self.play == "communicating" else 0.0
        loaded = self.model_copy(update={"commands_per_s": self.commands_per_s + through_log})
        ages_s = [self.settled_s, *(question.settled_s for question in (*self.questions_a, *self.questions_b))]
        looks = rounds * (1 + min(max(ages_s), duration_s) * self.commands_per_s / 200)
        return refusal(expected_events(loaded, duration_s) + looks)

    @model_validator(mode="after")
    def _can_be_asked(self) -> ConsensusScenario:
        first, second = self.observed
        honest = self.nodes - self.liars
        if first == second or max(first, second) >= honest:
            raise ValueError(f"observed: given {[first, second]}, allowed: two different nodes below {honest}")
        if self.response_s > self.longest_wait_s:
            raise ValueError(
                f"response_s: given {self.response_s:g}, allowed: at most the patience, {self.longest_wait_s:g}"
            )
        if self.play in BELL_PLAYS and self.answers != 2:
            raise ValueError(f"answers: given {self.answers}, allowed: 2 with play {self.play}")
        problem = self.refusal(1)
        if problem is not None:
            raise ValueError(problem)
        return self


def observe(scenario: ConsensusScenario, rounds: int, generator: np.random.Generator) -> Rounds:
    """Run a cluster and record what two observers ask and hear.

    Each observer draws its questions from a generator of its own. A node that is down, that knows no leader (if it is
    to keep silent then) or whose log is too short does not answer.

    Parameters
    ----------
    rounds : how many, 1 to 1,000,000
    generator : of everything random; its state decides all rounds

    Returns
    -------
    Rounds with arrays of shape (rounds,); times in seconds.

    Raises
    ------
    ConfigError
        If the number of rounds is out of range, or if they would take too long.

    Examples
    --------
    >>> seen = observe(ConsensusScenario(nodes=3), 50, np.random.default_rng(1))
    >>> seen.a.shape, set(seen.x.tolist()), set(seen.a.tolist()) <= {-1, 0, 1}
    ((50,), {0, 1}, True)
    """
    from entsched.coherence.consensus.cluster import Cluster

    if not 1 <= rounds <= MOST_ROUNDS:
        raise ConfigError(f"rounds: given {rounds}, allowed: 1 to {MOST_ROUNDS}")
    problem = scenario.refusal(rounds)
    if problem is not None:
        raise ConfigError(f"{scenario.name}, {rounds} rounds: {problem}")
    observers = [np.random.Generator(np.random.SFC64(generator.integers(2**63, size=4))) for _ in range(2)]
    asked_s: Floats = scenario.warm_up_s + scenario.apart_s * np.arange(1, rounds + 1, dtype=np.float64)
    questions, responses_s = np.empty((2, rounds), dtype=np.int64), np.empty((2, rounds))
    for place, observer in enumerate(observers):
        questions[place] = observer.integers(scenario.numbers[place], size=rounds)
        responses_s[place] = scenario.response_s * (0.5 + 0.5 * observer.random(rounds))
    until_s = float(asked_s[-1]) + scenario.longest_wait_s
    cluster = Cluster(scenario, until_s, generator)
    play = _play_through_log if scenario.play == "communicating" else _play_locally
    answers, ready_s = play(cluster, scenario, asked_s, questions)
    cluster.run(until_s)
    ready_s += responses_s
    answers[ready_s > asked_s + scenario.longest_wait_s] = SILENT
    answered_s = np.where(answers == SILENT, asked_s + scenario.longest_wait_s, ready_s)
    x, y = questions
    a, b = answers
    return Rounds(x, y, a, b, asked_s, asked_s.copy(), answered_s[0], answered_s[1])


def _play_locally(
    cluster: Cluster, scenario: ConsensusScenario, asked_s: Floats, questions: Integers
) -> tuple[Integers, Floats]:
    """Each node answers from its own state, its question and which of the two it is."""
    answers = np.full(questions.shape, SILENT, dtype=np.int64)
    numbers = questions.T.tolist()

    def ask(event: Any) -> None:
        place = event.value
        for observer, node in enumerate(scenario.observed):
            asked = cluster.honest[node]
            if asked.up and (asked.knows_leader or not scenario.silent_without_leader):
                state = LocalState(asked.commands, cluster.network.clock.now)
                answers[observer, place] = _local_answer(scenario, observer, numbers[place][observer], state)
        if place + 1 < len(numbers):
            cluster.network.after(scenario.apart_s, ask, place + 1)

    cluster.network.after(float(asked_s[0]), ask, 0)
    return answers, np.tile(asked_s, (2, 1))


def _local_answer(scenario: ConsensusScenario, observer: int, question: int, state: LocalState) -> int:
    if scenario.play == "questions":
        chosen = (scenario.questions_a, scenario.questions_b)[observer][question]
        return answer(chosen, state, scenario.answers)
    last = settled(state, scenario.settled_s)
    if last < 1:
        return SILENT
    guess, shared = state.commands[last - 1].bit, state.commands[last].bit
    if observer == 0:
        return shared if question == guess else SILENT
    return shared ^ (guess & question)


def _play_through_log(
    cluster: Cluster, scenario: ConsensusScenario, asked_s: Floats, questions: Integers
) -> tuple[Integers, Floats]:
    """Each node answers when it has committed both questions of the round."""
    answers = np.full(questions.shape, SILENT, dtype=np.int64)
    ready_s = np.full(questions.shape, np.inf)
    numbers = questions.T.tolist()

    def watch(observer: int, node: int) -> None:
        known: dict[int, dict[int, int]] = {}
        shared = 0

        def applied(command: Command) -> None:
            nonlocal shared
            if command.asked is None:
                shared = command.bit
                return
            place, asker = command.asked
            pair = known.setdefault(place, {})
            pair[asker] = command.bit
            if len(pair) == 2 and answers[observer, place] == SILENT:
                answers[observer, place] = shared ^ (pair[0] & pair[1] if observer == 1 else 0)
                ready_s[observer, place] = cluster.network.clock.now

        cluster.honest[node].applied = applied

    def ask(event: Any) -> None:
        place = event.value
        for observer, node in enumerate(scenario.observed):
            cluster.ask(node, numbers[place][observer], (place, observer))
        if place + 1 < len(numbers):
            cluster.network.after(scenario.apart_s, ask, place + 1)

    for observer, node in enumerate(scenario.observed):
        watch(observer, node)
    cluster.network.after(float(asked_s[0]), ask, 0)
    return answers, ready_s
