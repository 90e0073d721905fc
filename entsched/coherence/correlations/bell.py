"""Bell tests of recorded rounds: a local model that explains them, or an inequality that they violate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

import numpy as np

from entsched.coherence.consensus.rounds import Rounds
from entsched.coherence.correlations.chsh_forms import (
    FORMS,
    LOCAL_POINTS,
    ChshTest,
    chosen_and_tested,
    post_selected,
)
from entsched.coherence.correlations.counts import (
    LEVEL,
    Floats,
    Integers,
    compact,
    counted,
    is_silent_somewhere,
    with_silence_as_zero,
)
from entsched.coherence.correlations.local_models import (
    Inequality,
    Nearest,
    nearest,
)
from entsched.coherence.correlations.locality import in_time, signalling_p_value
from entsched.coherence.correlations.questions import freshness_p_value
from entsched.coherence.correlations.records import Json, model_certificate, violation_certificate
from entsched.errors import EntschedError
from entsched.games.bell_test import Chsh
from entsched.games.evidence import p_value_of_payoffs
from entsched.tasks import Row

#: The share of the rounds, the first ones, on which inequalities are chosen.
CHOOSING = 0.2
#: More rounds with late answers than this fail the timing condition.
MOST_LATE = 0.01
#: The share of answers up to which even S = 2 sqrt 2 after selection has a local model: A. Garg and N. D. Mermin,
#: Phys. Rev. D 35, 3831 (1987).
LEAST_DETECTED = 2 / (1 + sqrt(2))


class Outcome(StrEnum):
    """What a Bell test says."""

    LOCAL = "compatible with a local model"
    VIOLATION = "violation"
    NOT_ADMISSIBLE = "not admissible"
    UNDECIDED = "undecided"


class Evidence(NamedTuple):
    """How strongly rounds speak against every local strategy, with memory of former rounds.

    Attributes
    ----------
    chsh : the best form, if there are two questions and two answers each and the questions are uniform
    inequality : chosen on the first rounds, with silence as an outcome of its own if they had any
    inequality_p : of its test on the rest
    p_value : the smaller of both, times their number
    tested : counts of the rest, with silence as an outcome if the inequality has it
    """

    chsh: ChshTest | None
    inequality: Inequality
    inequality_p: float
    p_value: float
    tested: Integers


@dataclass(frozen=True, eq=False)
class BellTest:
    """A Bell test with everything that it depends on.

    Attributes
    ----------
    rounds : how many were recorded
    significance : of the test
    late : the share of rounds with an answer that came after news of the other's question could
    detected : the least share of rounds in which an observer got an answer
    post_selected : S of the rounds in which both answered, late or not; none without two questions and answers
    evidence : of the rounds with silence in place of late answers
    model : the local model nearest to the same rounds
    explained : whether it lies in the confidence region of the counts, and no inequality speaks against it
    counts : of all rounds with silence in place of late answers, an outcome of its own if there was any
    chances : declared, of each pair of questions
    signalling_p, questions_p : of the checks of marginals and of questions
    refusals : what is not admissible
    outcome : refused if anything is, else by ``evidence``, and then by ``explained``
    """

    rounds: int
    significance: float
    late: float
    detected: float
    post_selected: float | None
    evidence: Evidence
    model: Nearest
    explained: bool
    counts: Integers
    chances: Floats
    signalling_p: float
    questions_p: float
    refusals: tuple[str, ...]
    outcome: Outcome

    @property
    def chsh(self) -> Chsh:
        """S with its ends on the rounds that were not chosen on; no value if there was no such test."""
        return self.evidence.chsh.value if self.evidence.chsh else Chsh(None, -4.0, 4.0)

    def certificate(self, source: str) -> Json | None:
        """What ``entsched verify`` can prove of the outcome: a local model, or that a bound is exceeded; or nothing.

        Parameters
        ----------
        source : how the rounds are called in it

        Raises
        ------
        CertificateError
            If the proof fails in exact arithmetic.
        """
        if self.outcome == Outcome.LOCAL:
            return model_certificate(source, self.significance, self.counts, self.model)
        if self.outcome != Outcome.VIOLATION:
            return None
        chsh, inequality, tested = self.evidence.chsh, self.evidence.inequality, self.evidence.tested
        share = self.significance / 2 if chsh else self.significance
        if chsh and chsh.p_value <= share:
            inequality = Inequality(FORMS[chsh.form], LOCAL_POINTS)
            tested = with_silence_as_zero(tested) if len(tested) > 2 else tested
        return violation_certificate(source, share, tested, inequality, self.chances)

    def figures(self) -> Row:
        """The test as one flat row of plain numbers and text; what does not exist is left out."""
        row: Row = {
            "outcome": str(self.outcome),
            "refused": ", ".join(self.refusals),
            "late": self.late,
            "detected": self.detected,
            "least_detected": LEAST_DETECTED,
            "p_value": self.evidence.p_value,
            "inequality_p": self.evidence.inequality_p,
            "inequality_bound": self.evidence.inequality.bound,
            "signalling_p": self.signalling_p,
            "questions_p": self.questions_p,
            "local_model": int(self.explained),
            "distance": self.model.distance,
        }
        if self.evidence.chsh is not None and self.chsh.value is not None:
            row |= {"chsh": self.chsh.value, "chsh_low": self.chsh.low, "chsh_high": self.chsh.high}
            row |= {"chsh_form": self.evidence.chsh.form, "chsh_p": self.evidence.chsh.p_value}
        return row if self.post_selected is None else row | {"post_selected": self.post_selected}


def bell_test(
    rounds: Rounds,
    significance: float,
    latency_s: float,
    answers: int = 2,
    questions: tuple[int, int] = (2, 2),
    chances: Floats | None = None,
) -> BellTest:
    """Test recorded rounds: the verdict is ``violation`` with probability ``significance`` at most for local nodes.

    Parameters
    ----------
    rounds : in the order in which they were played
    significance : above 0, below 1
    latency_s : the least time in which a message passes between the nodes, seconds
    answers : of each observer
    questions : of A and of B
    chances : declared chances of each pair of questions, independent of everything before; default: uniform

    Raises
    ------
    EntschedError
        If there are fewer than 10 rounds, a number is out of range, or there are too many strategies to list.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> x, y, zero = random.integers(2, size=1000), random.integers(2, size=1000), np.zeros(1000)
    >>> cheating = Rounds(x, y, 0 * x, x & y, zero, zero, zero + 0.01, zero + 0.03)
    >>> str(bell_test(cheating, 0.01, latency_s=0.1).outcome), str(bell_test(cheating, 0.01, latency_s=0.02).outcome)
    ('not admissible', 'not admissible')
    """
    total = len(rounds.x)
    if total < 2 / CHOOSING:
        raise EntschedError(f"Bell test: given {total} rounds, allowed: at least {2 / CHOOSING:.0f}")
    chances = _declared(chances, questions)
    kept, late = in_time(rounds, latency_s)
    edge = int(CHOOSING * total)
    shares = (Rounds._make(each[part] for each in kept) for part in (slice(edge), slice(edge, None)))
    first, rest = (counted(share, answers, questions) for share in shares)
    recorded = counted(rounds, answers, questions)
    evidence = evidence_of(first, rest, significance, chances)
    counts = compact(first + rest)
    model = nearest(counts, significance)
    signalling, asked = signalling_p_value(recorded, chances), freshness_p_value(rounds.x, rounds.y, chances)
    checks = {"timing": late <= MOST_LATE, "signalling": signalling > significance, "questions": asked > significance}
    refusals = tuple(name for name, passed in checks.items() if not passed)
    violated = evidence.p_value <= significance
    explained = model.is_inside and not violated
    answered = total - max(recorded[-1].sum(), recorded[:, -1].sum())
    return BellTest(
        rounds=total,
        significance=significance,
        late=late,
        detected=float(answered / total),
        post_selected=post_selected(recorded) if recorded.shape == (3, 3, 2, 2) else None,
        evidence=evidence,
        model=model,
        explained=explained,
        counts=counts,
        chances=chances,
        signalling_p=signalling,
        questions_p=asked,
        refusals=refusals,
        outcome=_outcome(refusals, violated, explained),
    )


def evidence_of(first: Integers, rest: Integers, significance: float, chances: Floats) -> Evidence:
    """Inequalities chosen on the first rounds, tested on the rest.

    Parameters
    ----------
    first, rest : shape (answers + 1, answers + 1, questions of A, questions of B), silence last
    chances : declared chances of each pair of questions, shape (questions of A, questions of B)

    Raises
    ------
    EntschedError
        If there are no rounds to choose on, or too many strategies to list.
    """
    binary = first.shape == (3, 3, 2, 2) and bool(np.all(chances == 0.25))
    chsh = (
        chosen_and_tested(with_silence_as_zero(first), with_silence_as_zero(rest), (1 - LEVEL) / 2) if binary else None
    )
    if not is_silent_somewhere(first):
        first, rest = with_silence_as_zero(first), with_silence_as_zero(rest)
    inequality = nearest(first, significance).inequality
    p_value = inequality_p_value(inequality, rest, chances)
    least = min(1.0, 2 * min(p_value, chsh.p_value)) if chsh else p_value
    return Evidence(chsh, inequality, p_value, least, rest)


def inequality_p_value(inequality: Inequality, counts: Integers, chances: Floats) -> float:
    """At least the chance of local nodes, with memory, to reach the counts' value of an inequality.

    Each round pays the coefficient of what happened over the declared chance of its questions, so that its expected
    payoff is the value of the inequality, whatever happened before.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> wins = 1 * ((a ^ b) == (x & y))
    >>> uniform = np.full((2, 2), 0.25)
    >>> inequality_p_value(Inequality(wins, 3), 10 * wins, uniform) < 1e-6
    True
    """
    payoffs = inequality.coefficients / np.where(chances > 0, chances, np.inf)
    most, rounds = float(payoffs.max()), int(counts.sum())
    if most <= 0 or rounds == 0:
        return 1.0
    total = min(float(np.sum(counts * payoffs)), rounds * most)
    return p_value_of_payoffs(total, rounds, min(float(inequality.bound), most), (0.0, most))


def _declared(chances: Floats | None, questions: tuple[int, int]) -> Floats:
    """The declared chances of questions, or uniform ones."""
    if chances is None:
        return np.full(questions, 1 / (questions[0] * questions[1]))
    if chances.shape != questions or chances.min() < 0 or abs(chances.sum() - 1) > 1e-9:
        raise EntschedError(f"chances of questions given {chances.tolist()}, allowed: shape {questions} with sum 1")
    return chances


def _outcome(refusals: tuple[str, ...], violated: bool, explained: bool) -> Outcome:
    if refusals:
        return Outcome.NOT_ADMISSIBLE
    if violated:
        return Outcome.VIOLATION
    return Outcome.LOCAL if explained else Outcome.UNDECIDED
