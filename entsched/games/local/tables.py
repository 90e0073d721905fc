"""The best answers in a game with any payoffs: enumeration in Gray-code order, and Russian-doll tree search."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.local.budget import Budget

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_STRATEGIES = 2**30
#: Suffixes with so few strategies are enumerated, and kernels run so many steps per call.
FEW_STRATEGIES = 2**10
CHUNK = 2**20
#: Beyond this part of all questions a suffix is only solved if the one before took few nodes.
SOLVED_PART = 0.62
FEW_NODES = 2**15
STARTS, SEED = 128, 20240229
EXHAUSTED, LEAF = 0, 1


class AnswerOptimum(NamedTuple):
    """max over answers a(x) of sum_y max_b sum_x w[x, a(x), b, y]: ``value`` is reached, ``upper`` is proved.

    The questions are decided in ``order``; ``suffix_optima[k]`` bounds the optimum of questions order[k:] alone.
    """

    value: int
    upper: int
    answers: Integers
    interrupted: bool
    order: Integers
    suffix_optima: Integers


@njit(cache=True)
def _walk(
    weights: Integers,
    sums: Integers,
    digits: Integers,
    steps: Integers,
    focus: Integers,
    found: Integers,
    state: Integers,
) -> bool:
    """Up to state[1] steps of the reflected mixed-radix Gray code; state[0] is the best value, of digits found."""
    questions, choices, replies, columns = weights.shape
    for _ in range(state[1]):
        x = focus[0]
        focus[0] = 0
        if x == questions:
            return True
        old = digits[x]
        digits[x] += steps[x]
        if digits[x] == 0 or digits[x] == choices - 1:
            steps[x] = -steps[x]
            focus[x] = focus[x + 1]
            focus[x + 1] = x + 1
        value = 0
        for y in range(columns):
            most = -(2**62)
            for b in range(replies):
                sums[b, y] += weights[x, digits[x], b, y] - weights[x, old, b, y]
                most = max(most, sums[b, y])
            value += most
        if value > state[0]:
            state[0] = value
            found[:] = digits
    return False


def enumerate_answers(weights: Integers, budget: Budget | None = None) -> tuple[int, Integers, bool]:
    """max over a of sum_y max_b sum_x weights[x, a(x), b, y], the answers a, and whether all were seen.

    Every answer function a is visited; one answer changes per step (Knuth, TAOCP 7.2.1.1, algorithm H).

    Parameters
    ----------
    weights : integers (x, a, b, y), sum of sizes below 2^62
    budget : when it is spent, the best so far is returned

    Raises
    ------
    GameError
        If there are more than 2^30 answer functions.

    Examples
    --------
    >>> enumerate_answers(np.array([[[[3, 0]], [[1, 1]]]]))
    (3, array([0]), True)
    """
    questions, choices = weights.shape[:2]
    if choices**questions > MAX_STRATEGIES:
        raise GameError(f"given {choices}^{questions} strategies to enumerate, allowed: at most 2^30")
    weights = np.ascontiguousarray(weights, dtype=np.int64)
    digits, steps = np.zeros(questions, dtype=np.int64), np.ones(questions, dtype=np.int64)
    focus, found = np.arange(questions + 1), np.zeros(questions, dtype=np.int64)
    sums = weights[:, 0].sum(axis=0)
    state = np.array([sums.max(axis=0).sum(), CHUNK])
    done = choices == 1
    while not done:
        if budget is not None and budget.spent():
            break
        done = bool(_walk(weights, sums, digits, steps, focus, found, state))
    return int(state[0]), found, done


@njit(cache=True)
def _search(
    weights: Floats, rest: Floats, least: Floats, sums: Floats, following: Integers, state: Integers, nodes: int
) -> int:
    """Depth-first search for answers of value above least[-1]; resumes from its arrays, stops after some nodes.

    sums[d] = sum_(x < d) weights[x, a(x)]. A child is entered if sum_y max_b sums > least[d] and
    sum_y max_b (sums + rest[d]) > least[-1]. following[d] is the next answer to try.
    """
    questions, choices, replies, columns = weights.shape
    depth, stop = state[0], state[1] + nodes
    while depth >= 0:
        a = following[depth]
        if a == choices:
            following[depth] = 0
            depth -= 1
            continue
        following[depth] = a + 1
        state[1] += 1
        alone = most = 0.0
        for y in range(columns):
            top = bound = -np.inf
            for b in range(replies):
                value = sums[depth, b, y] + weights[depth, a, b, y]
                sums[depth + 1, b, y] = value
                top = max(top, value)
                bound = max(bound, value + rest[depth + 1, b, y])
            alone += top
            most += bound
        if alone > least[depth + 1] and most > least[questions]:
            if depth == questions - 1:
                state[0] = depth
                return 1
            depth += 1
        if state[1] >= stop:
            state[0] = depth
            return 2
    return 0


class _Dolls:
    """The suffixes of one table, solved from the last question on."""

    def __init__(self, weights: Integers, budget: Budget, report: Callable[[int, int], None] | None) -> None:
        self.budget, self.report = budget, report
        spread = (weights.max(axis=(1, 2)) - weights.min(axis=(1, 2))).sum(axis=1)
        self.order = np.argsort(-spread, kind="stable")
        self.weights = np.ascontiguousarray(weights[self.order])
        self.real = self.weights.astype(np.float64)
        alone = self.weights.max(axis=2).sum(axis=2).max(axis=1)
        self.upper = np.concatenate([np.cumsum(alone[::-1])[::-1], [0]])
        most = self.real.max(axis=1)
        self.rest = np.concatenate([np.cumsum(most[::-1], axis=0)[::-1], np.zeros_like(most[:1])])
        self.ceiling = int(self.rest[0].max(axis=0).sum())
        self.best = _value_of(self.weights, np.zeros(len(weights), dtype=np.int64))
        self.nodes = 0

    def run(self) -> bool:
        """Solve suffix after suffix; whether all was done."""
        questions, choices = self.weights.shape[:2]
        if choices**questions > FEW_STRATEGIES:
            self.best = _good_answers(self.weights)
        for k in range(questions - 1, -1, -1):
            left = questions - k
            if choices**left <= FEW_STRATEGIES:
                optimum, answers, done = enumerate_answers(self.weights[k:], self.budget)
            elif k == 0 or left <= SOLVED_PART * questions or self.nodes < FEW_NODES:
                optimum, answers, done = self._solve(k)
            else:
                continue
            if not done:
                return False
            self.upper[: k + 1] += optimum - self.upper[k]
            if k == 0:
                self.best = optimum, answers
        return True

    def _solve(self, k: int) -> tuple[int, Integers, bool]:
        """The optimum of questions k, k + 1, ..., its answers, and whether the search was completed."""
        weights, rest = self.weights[k:], self.rest[k:]
        best, best_answers = self.best if k == 0 else _good_answers(weights)
        sums = np.zeros((len(rest), *rest.shape[1:]))
        following, state = np.zeros(len(weights), dtype=np.int64), np.zeros(2, dtype=np.int64)
        while not self.budget.spent():
            least = (best - self.upper[k:]).astype(np.float64)
            least[-1] = best
            outcome = _search(self.real[k:], rest, least, sums, following, state, CHUNK)
            if outcome == LEAF:
                best, best_answers = _value_of(weights, following - 1)
            elif outcome == EXHAUSTED:
                self.nodes = int(state[1])
                return best, best_answers, True
            if k == 0:
                self.best = best, best_answers
            if self.report is not None:
                self.report(self.best[0], self.proved())
        return best, best_answers, False

    def proved(self) -> int:
        """The least upper end that holds by now."""
        return min(int(self.upper[0]), self.ceiling)


def maximise_answers(
    weights: Integers, budget: Budget, report: Callable[[int, int], None] | None = None
) -> AnswerOptimum:
    """max over a of sum_y max_b sum_x weights[x, a(x), b, y], exact in integers.

    With f[b, y] the sums of the questions decided, the best continuation is at most sum_y max_b f plus
    the optimum of the questions to come, solved before (Russian-doll search), and at most
    sum_y max_b (f + sum over the questions to come of max_a). The search ends early, with both ends
    valid, when the budget is spent or by Ctrl-C.

    Parameters
    ----------
    weights : integers (x, a, b, y), sum of sizes below 2^53
    report : called now and then with the two ends proved so far

    Examples
    --------
    >>> best = maximise_answers(np.array([[[[3, 0]], [[1, 1]]]]), Budget(None))
    >>> best.value, best.upper, best.answers
    (3, 3, array([0]))
    """
    search = _Dolls(weights, budget, report)
    try:
        done = search.run()
    except KeyboardInterrupt:
        done = False
    value, ordered = search.best
    answers = np.empty_like(ordered)
    answers[search.order] = ordered
    return AnswerOptimum(value, search.proved(), answers, not done, search.order, search.upper)


def _value_of(weights: Integers, answers: Integers) -> tuple[int, Integers]:
    sums = weights[np.arange(len(weights)), answers].sum(axis=0)
    return int(sums.max(axis=0).sum()), answers.copy()


def _good_answers(weights: Integers) -> tuple[int, Integers]:
    """Answers to start from: from random answers on, each party answers the other's best in turns."""
    questions, choices = weights.shape[:2]
    rng = np.random.default_rng(SEED)
    best = _value_of(weights, np.zeros(questions, dtype=np.int64))
    x, y = np.arange(questions), np.arange(weights.shape[3])
    for answers in rng.integers(choices, size=(STARTS, questions)):
        value, reached = -(2**62), _value_of(weights, answers)
        while reached[0] > value:
            value, answers = reached
            replies = weights[x, answers].sum(axis=0).argmax(axis=0)
            reached = _value_of(weights, weights[:, :, replies, y].sum(axis=2).argmax(axis=1))
        best = max(best, (value, answers), key=lambda found: found[0])
    return best
