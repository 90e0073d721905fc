"""The tasks of the part on redundancy: one code at one error, or one code with every set of losses."""

from __future__ import annotations

from math import comb
from typing import Literal

from entsched.coherence.part import CoherenceTask
from entsched.coherence.streams import generator
from entsched.tasks import Row
from entsched.validation import Probability


class WordsTask(CoherenceTask):
    """Words of a Reed-Solomon code whose symbols are changed with a probability, decoded by the library.

    Examples
    --------
    >>> WordsTask(seed=1, n=5, k=1, error=0.0, words=10).evaluate()["failures"]
    0
    """

    kind: Literal["coherence-words"] = "coherence-words"
    n: int
    k: int
    error: Probability
    words: int

    @property
    def cost_s(self) -> float:
        """About 0.2 ms for each short word, 0.2 s for one of 255 checks."""
        return 0.05 + self.words * _word_s(self.n, self.k)

    def evaluate(self) -> Row:
        """``failures`` of so many ``shots``."""
        from entsched.coherence.redundancy.erasure import word_failures

        stream = generator(self.seed, self.kind, self.n, self.k, self.error, self.words)
        failed = word_failures(self.n, self.k, self.error, self.words, stream)
        return self.model_dump(exclude={"seed", "words"}) | {"shots": self.words, "failures": failed}


class LossesTask(CoherenceTask):
    """A Reed-Solomon code with 0 to n lost symbols, decoded by the library.

    Examples
    --------
    >>> LossesTask(seed=1, n=3, k=1, patterns=10).evaluate()["restored"]
    [1, 3, 3, 0]
    """

    kind: Literal["coherence-losses"] = "coherence-losses"
    n: int
    k: int
    patterns: int

    @property
    def cost_s(self) -> float:
        """As of words for each set that can be restored; the others are refused at once, but encoded."""
        sets = [min(self.patterns, comb(self.n, lost)) for lost in range(self.n + 1)]
        return 0.05 + _word_s(self.n, self.k) * (sum(sets) + sum(sets[: self.n - self.k + 1])) / 2

    def evaluate(self) -> Row:
        """How many sets of each size are ``restored``, and how many were ``tried``."""
        from entsched.coherence.redundancy.erasure import restored

        stream = generator(self.seed, self.kind, self.n, self.k, self.patterns)
        found = [restored(self.n, self.k, lost, self.patterns, stream) for lost in range(self.n + 1)]
        sets = {"restored": [good for good, _ in found], "tried": [tried for _, tried in found]}
        return self.model_dump(exclude={"seed", "patterns"}) | sets


class ReadsTask(CoherenceTask):
    """Majority reads of copies that are wrong, or away, with a probability.

    Examples
    --------
    >>> ReadsTask(seed=1, replicas=3, error=1.0, reads=10).evaluate()["failures"]
    10
    """

    kind: Literal["coherence-reads"] = "coherence-reads"
    replicas: int
    error: Probability
    reads: int

    @property
    def cost_s(self) -> float:
        """About 20 ns for each copy that is read."""
        return 0.05 + 4e-8 * self.reads * self.replicas

    def evaluate(self) -> Row:
        """``failures``, wrong values, and ``unavailable``, reads without a majority, of so many ``shots`` each."""
        from entsched.coherence.redundancy.quorum import failed_reads

        stream = generator(self.seed, self.kind, self.replicas, self.error, self.reads)
        wrong, away = failed_reads(self.replicas, self.error, self.reads, stream)
        counts = {"shots": self.reads, "failures": wrong, "unavailable": away}
        return self.model_dump(exclude={"seed", "reads"}) | counts


class PauliTask(CoherenceTask):
    """One small quantum code, exactly; the seed plays no part.

    Examples
    --------
    >>> PauliTask(seed=1, code="repetition 3").evaluate()["flips"]
    [0, 0, 3, 1]
    """

    kind: Literal["coherence-pauli"] = "coherence-pauli"
    code: str

    @property
    def cost_s(self) -> float:
        """The time of nine qubits."""
        return 0.5

    def evaluate(self) -> Row:
        """Errors by weight that end in a wrong state, and the share of sets of losses that cannot be restored."""
        from entsched.coherence.redundancy.pauli_codes import CODES, failures, lost_share

        return {
            "kind": self.kind,
            "code": self.code,
            "n": CODES[self.code].n,
            "k": CODES[self.code].k,
            "flips": list(failures(self.code, "flips").counts),
            "depolarising": list(failures(self.code, "depolarising").counts),
            "lost_share": list(lost_share(self.code)),
        }


class PauliWordsTask(CoherenceTask):
    """Words of one small quantum code under sampled depolarising noise, decoded by lookup.

    Examples
    --------
    >>> PauliWordsTask(seed=1, code="five-qubit", error=0.0, words=10).evaluate()["failures"]
    0
    """

    kind: Literal["coherence-pauli-words"] = "coherence-pauli-words"
    code: str
    error: Probability
    words: int

    @property
    def cost_s(self) -> float:
        """About 40 ns for each qubit."""
        return 0.1 + 3e-7 * self.words

    def evaluate(self) -> Row:
        """``failures`` of so many ``shots``."""
        from entsched.coherence.redundancy.pauli_codes import sampled_failures

        stream = generator(self.seed, self.kind, self.code, self.error, self.words)
        failed = sampled_failures(self.code, self.error, self.words, stream)
        return self.model_dump(exclude={"seed", "words"}) | {"shots": self.words, "failures": failed}


class SurfaceTask(CoherenceTask):
    """The surface code at one distance and error: one round measured perfectly, or d rounds of noisy circuits.

    Examples
    --------
    >>> SurfaceTask(seed=1, distance=3, error=0.0, shots=10, noise="one round").evaluate()["failures"]
    0
    """

    kind: Literal["coherence-surface"] = "coherence-surface"
    distance: int
    error: Probability
    shots: int
    noise: Literal["one round", "circuit"]

    @property
    def cost_s(self) -> float:
        """Matching takes longest, and longer the more there is to match."""
        if self.noise == "one round":
            return 0.1 + (6e-8 + 8e-7 * self.error) * self.shots * self.distance**2
        return 0.1 + (2e-8 + 1e-5 * self.error) * self.shots * self.distance**3

    def evaluate(self) -> Row:
        """``failures`` of so many ``shots``."""
        from entsched.coherence.redundancy.surface import circuit_failures, memory_failures

        stream = generator(self.seed, self.kind, self.distance, self.error, self.shots, self.noise)
        if self.noise == "one round":
            failed = memory_failures(self.distance, self.error, self.shots, stream).any
        else:
            failed = circuit_failures(self.distance, self.error, self.shots, int(stream.integers(2**62)))
        return self.model_dump(exclude={"seed"}) | {"failures": failed}


def _word_s(n: int, k: int) -> float:
    """The time to encode and decode one Reed-Solomon word, seconds."""
    return 1e-4 + 3e-6 * n * (n - k)
