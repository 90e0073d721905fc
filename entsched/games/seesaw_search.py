"""The see-saw search: batches of strategies climb together and the worse half is dropped on the way."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.games import seesaw_steps as steps
from entsched.games.seesaw_steps import Amplitudes, Coupling, Floats, Measurements
from entsched.games.value import Realisation

#: Sweeps before the answers of the basis vectors may change.
HEAD_START = 8
#: Answers may change, and strategies are compared, every so many sweeps.
PERIOD = 4
MAX_SWEEPS = 800
#: A strategy has settled when it gains less than this fraction of the scale in a period.
SETTLED = 1e-11
#: The target counts as reached at this fraction of the scale below it.
REACHED = 1e-10
#: Fewer strategies than this are not halved.
FEW = 2
#: Random deterministic strategies that the search for the best of them begins from.
LOCAL_STARTS = 64


class Strategies(NamedTuple):
    """Strategies s that climb together.

    Attributes
    ----------
    a, b : measurements
    states : density matrices, array (s or 1, d d, d d)
    """

    a: Measurements
    b: Measurements
    states: Amplitudes

    def take(self, rows: NDArray[np.int64]) -> Strategies:
        """Some of the strategies; a state that all share stays."""
        states = self.states if len(self.states) == 1 else self.states[rows]
        return Strategies(self.a.take(rows), self.b.take(rows), states)


class Search:
    """The best strategy so far for one table of weights, and the ways to look for a better one.

    Parameters
    ----------
    weights : array (a, b, x, y)
    dimension : of each party's space
    state : the density matrix to keep, or None to optimise it too
    """

    def __init__(
        self,
        weights: Floats,
        dimension: int,
        state: NDArray[np.complex128] | None,
        real: bool,
        rng: np.random.Generator,
        time_limit_s: float | None,
    ) -> None:
        self.weights, self.d, self.real, self.rng = weights, dimension, real, rng
        self.scale = float(np.abs(weights).max(axis=(0, 1)).sum()) or 1.0
        least = weights.min(axis=(0, 1))
        self.shift = float(least.sum())
        self.for_a = weights - least  # positive weights make positive scores, so that steps never lose
        self.for_b = np.ascontiguousarray(self.for_a.transpose(1, 0, 3, 2))
        self.given = None if state is None else state[None]
        self.deadline = np.inf if time_limit_s is None else time.monotonic() + time_limit_s
        self.best = -np.inf
        self.best_one = self._local()

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit has passed."""
        return time.monotonic() > self.deadline

    def reached(self, target: float | None) -> bool:
        """Whether the best value is at the target."""
        return target is not None and self.best >= target - REACHED * self.scale

    def begin(self, size: int, shake: bool) -> Strategies:
        """Random strategies, or the best one shaken with random strengths.

        Half of the states are maximally entangled, half are random.
        """
        answers_a, answers_b, x, y = self.weights.shape
        if shake:
            a, b, states = self.best_one.take(np.zeros(size, dtype=np.int64))
            strength = 10.0 ** self.rng.uniform(-1.5, 0, size)
            shaken = steps.shaken(a, self.rng, strength), steps.shaken(b, self.rng, strength)
            return Strategies(*shaken, np.broadcast_to(states, (size, *states.shape[1:])))
        a = steps.random_measurements(self.rng, (size, x, answers_a, self.d), self.real)
        b = steps.random_measurements(self.rng, (size, y, answers_b, self.d), self.real)
        if self.given is not None:
            return Strategies(a, b, self.given)
        vectors = np.tile(np.eye(self.d).reshape(-1), (size, 1))
        vectors[1::2] = self.rng.normal(size=vectors[1::2].shape)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Strategies(a, b, steps.projectors(vectors))

    def warm(self, initial: Realisation) -> Strategies:
        """A given strategy, its measurements rounded to projective ones."""
        a, b = (_projective(effects[None]) for effects in (initial.measurements_a, initial.measurements_b))
        if self.given is not None:
            return Strategies(a, b, self.given)
        _, vectors = np.linalg.eigh(initial.state)
        return Strategies(a, b, steps.projectors(vectors[None, :, -1]))

    def run(self, group: Strategies, target: float | None) -> None:
        """Let the strategies climb until they settle, and keep the best."""
        before = np.full(len(group.a.basis), -np.inf)
        for sweep in range(1, MAX_SWEEPS + 1):
            compare = sweep > HEAD_START and sweep % PERIOD == 0
            group, values = self._sweep(group, relabel=compare)
            if self.out_of_time or sweep == MAX_SWEEPS:
                break
            if not compare:
                continue
            settled = values - before < SETTLED * self.scale
            if settled.any():
                self._offer(group, np.where(settled, values, -np.inf))
            kept = _better_half(np.flatnonzero(~settled), values)
            if len(kept) == 0 or self.reached(target):
                return
            group, before, values = group.take(kept), values[kept], values[kept]
        self._offer(group, values)

    def result(self) -> Realisation:
        """The best strategy, its effects made to sum to the identity."""
        a, b, states = self.best_one
        return steps.cleaned(states[0], a.effects()[0], b.effects()[0])

    def _sweep(self, group: Strategies, relabel: bool) -> tuple[Strategies, Floats]:
        """Improve A's measurements, then B's, then the state; values include the constant shift."""
        coupling = Coupling.of(group.states, (self.d, self.d))
        a = _improve(group.a, steps.scores(self.for_a, group.b.effects(), coupling.to_a), relabel)
        effects_a = a.effects()
        scores_b = steps.scores(self.for_b, effects_a, coupling.to_b)
        b = _improve(group.b, scores_b, relabel)
        effects_b = b.effects()
        if self.given is not None:
            values = np.einsum("syaij,syaji->s", scores_b, effects_b).real
            return Strategies(a, b, group.states), values + self.shift
        values, vectors = steps.best_states(self.for_a, effects_a, effects_b)
        return Strategies(a, b, steps.projectors(vectors)), values + self.shift

    def _offer(self, group: Strategies, values: Floats) -> None:
        row = np.argmax(values)
        if values[row] > self.best:
            self.best, self.best_one = float(values[row]), group.take(np.array([row]))

    def _local(self) -> Strategies:
        """The best of some deterministic strategies, each answer in turn the best reply to the others."""
        answers_b, y = self.weights.shape[1], self.weights.shape[3]
        b = self.rng.integers(answers_b, size=(LOCAL_STARTS, y))
        values = np.full(LOCAL_STARTS, -np.inf)
        while True:
            of_a = np.einsum("abxy,sby->sxa", self.for_a, b[:, None] == np.arange(answers_b)[:, None], optimize=True)
            a = of_a.argmax(axis=2)
            of_b = np.einsum(
                "bayx,sax->syb", self.for_b, a[:, None] == np.arange(of_a.shape[2])[:, None], optimize=True
            )
            b, before, values = of_b.argmax(axis=2), values, of_b.max(axis=2).sum(axis=1)
            if np.all(values <= before + SETTLED * self.scale):
                break
        row = int(np.argmax(values))
        self.best = float(values[row]) + self.shift
        product = np.zeros((1, self.d**2))
        product[0, 0] = 1
        states = steps.projectors(product) if self.given is None else self.given
        return Strategies(self._fixed(a[row], of_a.shape[2]), self._fixed(b[row], answers_b), states)

    def _fixed(self, answer: NDArray[np.int64], answers: int) -> Measurements:
        """Trivial measurements that always give the stated answers, as a batch of one."""
        basis = np.broadcast_to(np.eye(self.d, dtype=float if self.real else complex), (1, len(answer), self.d, self.d))
        return Measurements(basis, np.repeat(answer[None, :, None], self.d, axis=2), answers)


def _improve(measurements: Measurements, scores: Amplitudes, relabel: bool) -> Measurements:
    if measurements.answers == 2:
        return steps.best_of_two(scores)
    if relabel:
        measurements = steps.relabel_step(measurements, scores)
    return steps.polar_step(measurements, scores)


def _better_half(rows: NDArray[np.int64], values: Floats) -> NDArray[np.int64]:
    keep = max(FEW, (len(rows) + 1) // 2)
    return rows[np.argsort(-values[rows], kind="stable")[:keep]]


def _projective(effects: Amplitudes) -> Measurements:
    """The eigenbasis of sum_a a E_a, every vector labelled by the nearest answer."""
    answers = effects.shape[2]
    values, vectors = np.linalg.eigh(np.einsum("a,sxaij->sxij", np.arange(answers), effects))
    return Measurements(vectors, np.clip(np.rint(values).astype(np.int64), 0, answers - 1), answers)
